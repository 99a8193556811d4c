"""FLOOR 1. How one logs in to a mailbox: by what the config says, else by what the server offers."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from monitor.core import sasl
from monitor.core.sasl import Conversation
from monitor.inbox.cleaning import clean
from monitor.inbox.incoming import Incoming
from monitor.inbox.source import SourceError

Mechanism = Literal["plain", "login", "xoauth2", "oauthbearer"]
Way = Literal["LOGIN command", "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]
"""The command (RFC 3501 §6.2.3), or the mechanism of AUTHENTICATE (§6.2.2)."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach one mailbox. `username` is whose mailbox it is.

    `password` is asked for at each connect, so that a changed secret is picked up; so is `token`, where there is one
    instead: it is given the token that a server has refused, or "", and gives another one than that if it can. Both
    raise SourceError.
    """

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str
    password: Callable[[], str]
    ca_file: str | None = None
    login: str | None = None
    """Who logs in, where that is another than the username."""
    token: Callable[[str], str] | None = None
    mechanism: Mechanism | None = None

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def who(self) -> str:
        """Whose password or token is shown."""
        return self.login or self.username

    def secret(self, refused: str = "") -> str:
        """What opens the mailbox; a token other than `refused`, if one can be had."""
        return self.password() if self.token is None else self.token(refused)


class Imap(Incoming):
    """An imaplib connection that can say what SASL lets a client say with the command itself."""

    def authenticate(self, mechanism: str, authobject: Callable[[bytes], bytes | None]) -> tuple[str, Any]:
        """AUTHENTICATE. A Conversation begins at once where the server lets it (SASL-IR, RFC 4959).

        Raises imaplib.IMAP4.error, as the one it stands for does.
        """
        if not isinstance(authobject, Conversation):
            return super().authenticate(mechanism, authobject)
        first = authobject.at_once(sasl.MOST_IMAP) if "SASL-IR" in self.capabilities else None
        self.literal: Any = authobject.reply  # what answers the server's challenges
        coded = sasl.coded(first) if first is not None else None
        kind, said = self._simple_command("AUTHENTICATE", mechanism, coded)
        if kind != "OK":
            raise self.error(bytes(said[-1]).decode("utf-8", "replace"))
        self.state = "AUTH"
        return kind, said


def log_in(client: IMAPClient, login: Login, secret: str) -> None:
    """Log in. Raises LoginError where the server says no, and SourceError where it offers no way."""
    offered = {clean(word.decode("ascii", "replace"), 60).upper() for word in client.capabilities()}
    way = way_in(login, offered, (login.username + secret).isascii())
    if way == "LOGIN command":
        client.login(login.username, secret)
        return
    talk = _conversation(way, login, secret)
    try:
        client.sasl_login(talk.mechanism, talk)
    except LoginError as error:
        missing = "" if f"AUTH={way}" in offered else f"the server {_offers(offered)}"
        # The same error, for what lies behind it tells whether the server hung up.
        error.args = ("; ".join(word for word in (str(error), talk.told, missing) if word),)
        raise


def way_in(login: Login, offered: Collection[str], ascii_only: bool) -> Way:
    """The way to log in; `offered` are the server's capabilities, in capitals.

    LOGIN is never said to a server that forbids it (LOGINDISABLED, RFC 3501 §6.2.3), nor where name and password are
    not ASCII, as imaplib sends it so. A mechanism of the config is tried though the server does not offer it. Raises
    SourceError("refused") with what the server offers.
    """
    told, delegated = login.mechanism, login.login not in (None, login.username)
    commands: tuple[Way, ...] = () if "LOGINDISABLED" in offered or not ascii_only else ("LOGIN command",)
    if told in ("xoauth2", "oauthbearer", "plain"):
        return told.upper()  # type: ignore[return-value]
    if told == "login":
        wanted: tuple[Way, ...] = () if delegated else (*commands, "LOGIN")
    elif login.token is not None:
        wanted = "XOAUTH2", "OAUTHBEARER"
    else:
        wanted = ("PLAIN",) if delegated else (*commands, "PLAIN", "LOGIN")
    for way in wanted:
        if way == "LOGIN command" or f"AUTH={way}" in offered:
            return way
    if "LOGINDISABLED" not in offered and not ascii_only and login.token is None and told is None:
        return "PLAIN"  # an old server that does not say what it can; LOGIN cannot carry this
    raise SourceError("refused", f"{login.where}: {_nothing_fits(login, offered, delegated)}")


def _nothing_fits(login: Login, offered: Collection[str], delegated: bool) -> str:
    said = _offers(offered)
    if "LOGINDISABLED" in offered and login.security == "none":
        return f'the server {said} without encryption; use security = "tls" or "starttls"'
    if login.token is not None:
        return f"a token is taken by XOAUTH2 or OAUTHBEARER, and the server {said}; use a `password`, if it takes one"
    if delegated:
        return f"only PLAIN can say that {login.login} opens the mailbox of {login.username}, and the server {said}"
    return f"a password is taken by LOGIN or PLAIN, and the server {said}; use a `token`"


def _offers(offered: Collection[str]) -> str:
    """What the server says of ways in: "offers XOAUTH2, OAUTHBEARER"."""
    found = sorted(word.removeprefix("AUTH=") for word in offered if word.startswith("AUTH="))
    forbids = " and forbids LOGIN" if "LOGINDISABLED" in offered else ""
    return (f"offers {', '.join(found)}" if found else "names no mechanism") + forbids


def _conversation(way: Way, login: Login, secret: str) -> Conversation:
    if way == "XOAUTH2":
        return sasl.xoauth2(login.username, secret)
    if way == "OAUTHBEARER":
        return sasl.oauthbearer(login.username, secret, login.host, login.port)
    if way == "PLAIN":
        return sasl.plain(login.who, secret, login.username)
    return sasl.login(login.username, secret)
