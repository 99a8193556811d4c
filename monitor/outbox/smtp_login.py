"""FLOOR 1. How one logs in to the mail server: by what the config says, else by what the server offers."""

import smtplib
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from monitor.core import sasl
from monitor.core.sasl import Conversation

Mechanism = Literal["plain", "login", "xoauth2", "oauthbearer"]

_BY_PASSWORD = ("PLAIN", "LOGIN", "CRAM-MD5")
_BY_TOKEN = ("XOAUTH2", "OAUTHBEARER")


class NotOfferedError(Exception):
    """The server offers no way to log in that fits; the text says what it offers and what to do."""


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes our letters, and how to log in to it, if there is a `username`.

    `token`, where there is one instead of a password, is given the token that the server has refused, or "", and gives
    another one than that if it can. Both raise SendError.
    """

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str | None = None
    password: Callable[[], str] = str
    ca_file: str | None = None
    token: Callable[[str], str] | None = None
    mechanism: Mechanism | None = None
    login: str | None = None
    """Who logs in, where that is another than the username."""

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    def secret(self, refused: str = "") -> str:
        """What the login is proved by; a token other than `refused`, if one can be had."""
        return self.password() if self.token is None else self.token(refused)


def log_in(smtp: smtplib.SMTP, relay: Relay, username: str, secret: str) -> None:
    """AUTH (RFC 4954), after EHLO. A mechanism of the config is tried though the server does not offer it.

    Raises NotOfferedError, and what smtplib raises: SMTPAuthenticationError where the server says no, UnicodeError
    where name or secret are not ASCII.
    """
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    by_password = ("PLAIN",) if relay.login not in (None, username) else _BY_PASSWORD
    way = relay.mechanism.upper() if relay.mechanism else _first(_BY_TOKEN if relay.token else by_password, offered)
    if way is None:
        raise NotOfferedError(_nothing_fits(relay, offered))
    if way == "CRAM-MD5":
        smtp.login(username, secret)
    else:
        _authenticate(smtp, _conversation(way, relay, username, secret))


def _authenticate(smtp: smtplib.SMTP, talk: Conversation) -> None:
    says: Any = _spoken(talk)
    try:
        smtp.auth(talk.mechanism, says)
    except smtplib.SMTPAuthenticationError as error:
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        told = f"; {talk.told}" if talk.told else ""
        raise smtplib.SMTPAuthenticationError(error.smtp_code, said + told.encode()) from None
    except NotBase64 as error:
        raise smtplib.SMTPException(f"a challenge that is not base64: {error}") from None


def _spoken(talk: Conversation) -> Callable[..., str | None]:
    """As smtplib wants it: asked for nothing, it may begin. It cannot give up there, and says nothing then."""

    def says(challenge: bytes | None = None) -> str | None:
        said = talk.at_once(sasl.MOST_SMTP) if challenge is None else talk(challenge) or b""
        return None if said is None else said.decode("utf-8")

    return says


def _first(ways: Sequence[str], offered: Sequence[str]) -> str | None:
    return next((way for way in ways if way in offered), None)


def _nothing_fits(relay: Relay, offered: Sequence[str]) -> str:
    said = f"offers {', '.join(offered)}" if offered else "offers no login"
    if relay.security == "none" and not offered:
        return f'the server {said} without encryption; use security = "starttls" or "tls", or take `username` away'
    if relay.token is not None:
        return f"a token is taken by XOAUTH2 or OAUTHBEARER, and the server {said}; use a `password`, if it takes one"
    if relay.login not in (None, relay.username):
        return f"only PLAIN can say that {relay.login} sends for {relay.username}, and the server {said}"
    return f"a password is taken by {', '.join(_BY_PASSWORD)}, and the server {said}; use a `token`"


def _conversation(way: str, relay: Relay, username: str, secret: str) -> Conversation:
    if way == "XOAUTH2":
        return sasl.xoauth2(username, secret)
    if way == "OAUTHBEARER":
        return sasl.oauthbearer(username, secret, relay.host, relay.port)
    return sasl.login(username, secret) if way == "LOGIN" else sasl.plain(relay.login or username, secret, username)
