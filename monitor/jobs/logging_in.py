"""FLOOR 2. Who opens which mailbox by which token: one for all that may share it, renewed before it ends."""

import logging
import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

from monitor.config import MailboxSettings, Settings, SmtpSettings
from monitor.config.settings import state_folder
from monitor.core.token import Clock, Token, TokenError, TokenSource
from monitor.jobs.logged import event
from monitor.jobs.signing_in import google_app, microsoft_app, readable
from monitor.tokens import command, google, microsoft

MOMENT = timedelta(seconds=20)
"""For so long a provider that gave no token, or none but the refused one, is not asked again: sixty mailboxes may want
the same one in the same round."""

log = logging.getLogger("monitor.login")

Way = MailboxSettings | SmtpSettings


class Key:
    """The tokens of one login, for all who log in with it; asks for one at a time."""

    def __init__(self, source: TokenSource, clock: Clock) -> None:
        self._source, self._clock = source, clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._failed: tuple[datetime, TokenError] | None = None
        self._refreshed: datetime | None = None
        self._told = ""

    def token(self, *, fresh: bool = False) -> Token:
        """As a TokenSource does."""
        return self.other_than(self._token.value if fresh and self._token else "")

    def other_than(self, refused: str) -> Token:
        """A token that holds, and is not the one that a server has `refused`, if another one can be had.

        Where somebody else has renewed it meanwhile, that one. Raises TokenError.
        """
        with self._lock:
            now, held = self._clock(), self._token
            if held is not None and held.holds(now) and (held.value != refused or self._just(self._refreshed, now)):
                return held
            if self._failed is not None and self._just(self._failed[0], now):
                raise TokenError(self._failed[1].fault, str(self._failed[1]))
            fresh = refused != "" and (held is None or held.value == refused)
            self._token = self._asked(now, fresh)
            self._refreshed = now if fresh else self._refreshed
            return self._token

    def _asked(self, now: datetime, fresh: bool) -> Token:
        try:
            token = self._source.token(fresh=fresh)
        except TokenError as error:
            self._failed = now, error
            raise
        finally:
            self._tell()
        self._failed = None
        return token

    @staticmethod
    def _just(when: datetime | None, now: datetime) -> bool:
        """Whether that was a moment ago: the answer would be the same."""
        return when is not None and abs(now - when) < MOMENT

    def _tell(self) -> None:
        """What a source says of itself beside its tokens: that a refresh token could not be kept."""
        fault = str(getattr(self._source, "fault", ""))
        if fault and fault != self._told:
            log.error("%s", fault, extra=event("token not kept", why=fault))
        self._told = fault


class Keyring:
    """A Key for each login of the config; made once and shared by the mailboxes and the mail server."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._keys: dict[Hashable, Key] = {}

    def change_to(self, settings: Settings) -> None:
        """A new config: its logins are made anew, also for connections that stay open."""
        with self._lock:
            self._settings = settings
            self._keys.clear()

    def of(self, way: Way) -> Key | None:
        """The key that opens this mailbox, or this mail server; None where a password does. Raises TokenError."""
        if way.token is None:
            return None
        with self._lock:
            which = self._which(way)
            if which not in self._keys:
                self._keys[which] = Key(self._source(way), self._clock)
            return self._keys[which]

    def _which(self, way: Way) -> Hashable:
        """An app that logs in by itself has one token for all; else each who logs in has their own."""
        if callable(way.token):
            return getattr(way.token, "__self__", way.token)
        app = self._settings.microsoft
        if way.token == "microsoft" and app and (app.secret or app.certificate):  # noqa: S105  # the provider's name
            return way.token
        return way.token, _user(way)

    def _source(self, way: Way) -> TokenSource:
        if callable(way.token):
            return command.source(readable(way.token), self._clock)
        kept = state_folder() / "tokens"
        if way.token == "microsoft":  # noqa: S105
            return microsoft.source(microsoft_app(self._settings), _user(way), kept, self._clock)
        return google.source(google_app(self._settings), _user(way), kept, self._clock)


def token_of(keyring: Keyring | None, way: Way) -> Callable[[str], str] | None:
    """What gives tokens for one login: told the one a server has refused, or "". None where a password opens it.

    What it gives comes from the keyring as it is when it is asked. It raises TokenError.
    """
    if way.token is None:
        return None

    def token(refused: str) -> str:
        key = keyring.of(way) if keyring else None
        if key is None:
            raise TokenError("secret", "there is nothing here that gives tokens")
        return key.other_than(refused).value

    return token


def _user(way: Way) -> str:
    """Whose token it is."""
    return (getattr(way, "login", None) or way.username or "").lower()
