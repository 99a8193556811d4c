"""FLOOR 1. Tokens of any provider, from whatever the operator names: what a command prints, or what a file holds."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.token import Clock, Token, TokenError, TokenSource

UNSAID = timedelta(minutes=5)
"""So long a token is used of which nobody says how long it holds."""
_BEARER = re.compile(r"[!-~]{1,16384}")
"""What a token is made of (RFC 6749 appendix A.12, without the space)."""
_ERROR = re.compile(r"[a-z_]{1,60}")
"""The name of an error (RFC 6749 §5.2); what stands beside it is the provider's own, and is not shown."""
_LONGEST = 10 * 365 * 86_400
"""Seconds: more than that is a mistake."""


class NamedSource:
    """Asks each time it is asked; who shares it among several logins keeps what it gives, until that holds no more."""

    def __init__(self, read: Callable[[], str], clock: Clock) -> None:
        self._read, self._clock = read, clock

    def token(self, *, fresh: bool = False) -> Token:
        """What there is now; nothing is kept, so that it is as fresh as can be."""
        del fresh
        return token_in(self._read(), self._clock())


def source(read: Callable[[], str], clock: Clock) -> TokenSource:
    """Tokens from what `read` gives, which raises TokenError: the bare token, or the JSON of RFC 6749 §5.1."""
    return NamedSource(read, clock)


def token_in(text: str, now: datetime) -> Token:
    """The token that was printed at `now`. It ends as it says itself: `expires_in`, or `exp` of a JWT (RFC 7519).

    Where nobody says when it ends it is used for UNSAID. Raises TokenError, which shows nothing of the text.
    """
    said = text.strip()
    answer = _json(said)
    if answer is None:
        return _token(said, None, now)
    if "access_token" not in answer:
        error = answer.get("error")
        named = f' but the error "{error}"' if isinstance(error, str) and _ERROR.fullmatch(error) else ""
        raise TokenError(
            "refused" if named else "secret", f"what `token` names gives JSON without an `access_token`{named}"
        )
    return _token(str(answer["access_token"]), _seconds(answer.get("expires_in")), now)


def _token(value: str, seconds: float | None, now: datetime) -> Token:
    if not value:
        raise TokenError("secret", "what `token` names gives nothing; it must print a token, or the provider's JSON")
    if not _BEARER.fullmatch(value):
        raise TokenError(
            "secret",
            "what `token` names gives more than a token; it must print the bare token, or the provider's JSON "
            '{"access_token": "…", "expires_in": …}',
        )
    if seconds is not None:
        return Token(value, now + timedelta(seconds=seconds))
    return Token(value, _end_of_jwt(value) or now + UNSAID * 4 / 3)  # a quarter is given away


def _json(said: str) -> Mapping[str, Any] | None:
    if not said.startswith("{"):
        return None
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _seconds(said: object) -> float | None:
    """`expires_in`, which some send as a text."""
    try:
        seconds = float(said) if isinstance(said, int | float | str) else -1.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= _LONGEST else None


def _end_of_jwt(value: str) -> datetime | None:
    """`exp`, read without checking the signature: it is for the server to believe, we only ask when to come again."""
    parts = value.split(".")
    if len(parts) != 3:
        return None
    try:
        said = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(said["exp"]), UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
