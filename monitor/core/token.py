"""GROUND. What opens a mailbox where passwords are not taken: a bearer token (RFC 6750) that holds for a while."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

EARLY = timedelta(minutes=5)
"""A token is renewed so long before it ends: a login begun with it must not be overtaken by its end."""

TokenFault = Literal["refused", "unreachable", "secret"]


class TokenError(Exception):
    """No token can be had. The text says why and what to do, and holds no secret.

    `fault`: the provider refuses (a person must do something); it cannot be reached (tried again); or what the config
    names cannot be read.
    """

    def __init__(self, fault: TokenFault, text: str) -> None:
        super().__init__(text)
        self.fault: TokenFault = fault


@dataclass(frozen=True, slots=True)
class Token:
    """`value` goes on the wire and nowhere else. `ends`: when it is taken no more (UTC); None where nobody said."""

    value: str = field(repr=False)
    ends: datetime | None = None

    def holds(self, now: datetime, since: datetime) -> bool:
        """Whether a login may begin with it at `now`; it is ours `since` then (both UTC).

        Of a short life no more than a quarter is given away: Keycloak's tokens live five minutes as it comes.
        """
        return self.ends is None or now < self.ends - min(EARLY, (self.ends - since) / 4)


class TokenSource(Protocol):
    """Who gives tokens for one login; used by several threads."""

    def token(self, *, fresh: bool = False) -> Token:
        """A token that holds; `fresh`: not the last one, which a server has refused. Raises TokenError."""


Clock = Callable[[], datetime]
