"""FLOOR 2. Who opens which mailbox by which token: one for all that may share it, renewed before it ends."""

import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields
from datetime import datetime, timedelta

from monitor.config import MailboxSettings, Settings, SmtpSettings
from monitor.config.settings import state_folder
from monitor.core.patience import Patience
from monitor.core.token import Clock, Token, TokenError, TokenSource
from monitor.jobs.logged import event
from monitor.jobs.signing_in import google_app, microsoft_app, readable
from monitor.store.outbox import LONGEST_PAUSE_OF_SERVER
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
        self._since = clock()
        self._failed: tuple[datetime, TokenError, object] | None = None
        self._refreshed: datetime | None = None
        self._told = ""

    def other_than(self, refused: str) -> Token:
        """A token that holds, and is not the one that a server has `refused`, if another one can be had.

        Where somebody else has renewed it meanwhile, that one. Raises TokenError.
        """
        with self._lock:
            now, held = self._clock(), self._token
            is_good = held is None or held.value != refused or self._just(self._refreshed, now)
            if held is not None and is_good and held.holds(now, self._since):
                return held
            if self._failed is not None and self._just(self._failed[0], now) and not self.mended:
                return self._to_its_end(refused, now, self._failed[1])
            fresh = refused != "" and (held is None or held.value == refused)
            try:
                self._token, self._since = self._asked(now, fresh), now
            except TokenError as error:
                return self._to_its_end(refused, now, error)
            self._refreshed = now if fresh else self._refreshed
            return self._token

    @property
    def mended(self) -> bool:
        """Whether it gave none because of what was kept of a sign-in, and something else is kept now."""
        failed = self._failed
        return failed is not None and failed[1].fault != "unreachable" and failed[2] != self._stamp()

    def _to_its_end(self, refused: str, now: datetime, error: TokenError) -> Token:
        """While nobody can be reached who gives another one, the last one does, as long as it holds at all."""
        held = self._token
        if held is None or held.value == refused or error.fault != "unreachable" or (held.ends and held.ends <= now):
            raise TokenError(error.fault, str(error))
        return held

    def _asked(self, now: datetime, fresh: bool) -> Token:
        stamp = self._stamp()  # before it is asked: who signs in meanwhile is not missed
        try:
            token = self._source.token(fresh=fresh)
        except TokenError as error:
            self._failed = now, error, stamp
            raise
        finally:
            self._tell()
        self._failed = None
        return token

    @staticmethod
    def _just(when: datetime | None, now: datetime) -> bool:
        """Whether that was a moment ago: the answer would be the same."""
        return when is not None and abs(now - when) < MOMENT

    def _stamp(self) -> object:
        return getattr(self._source, "stamp", None)

    def _tell(self) -> None:
        """What a source says of itself beside its tokens: that a refresh token could not be kept."""
        fault = str(getattr(self._source, "fault", ""))
        if fault and fault != self._told:
            log.error("%s", fault, extra=event("token not kept", why=fault))
        self._told = fault


class Refusals:
    """How often the mail server has refused our login in a row: then it is left alone, or it locks the account, and
    the provider, asked for another token each time, does so too. All moments are UTC."""

    def __init__(self) -> None:
        self._patience = Patience()
        self._last: tuple[datetime, str] | None = None

    def refused(self, now: datetime, text: str) -> None:
        """Once more, in these words."""
        self._patience, self._last = self._patience.after("refused"), (now, text)

    def accepted(self) -> None:
        """It let us in, or it was not the login that failed."""
        self._patience, self._last = Patience(), None

    def in_force(self, now: datetime) -> str:
        """The words of the last one, while no other login may be tried: a quarter of an hour, then an hour each."""
        if self._last is None:
            return ""
        at, text = self._last
        wait = min(timedelta(seconds=self._patience.wait or 0.0), LONGEST_PAUSE_OF_SERVER)
        return text if abs(now - at) < wait else ""


class Keyring:
    """A Key for each login of the config; made once and shared by the mailboxes and the mail server."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._keys: dict[Hashable, Key] = {}
        self._by_mail_server = Refusals()

    def change_to(self, settings: Settings) -> None:
        """A new config: its logins are made anew, also for connections that stay open."""
        with self._lock:
            self._settings = settings
            self._keys.clear()
            self._by_mail_server = Refusals()

    def refusals_of(self, smtp: SmtpSettings) -> Refusals:
        """How the mail server has refused us; forgotten by a reload, and when somebody has signed in."""
        with self._lock:
            key = self._keys.get(self._which(smtp)) if smtp.token is not None else None
        if key is not None and key.mended:
            self._by_mail_server.accepted()
        return self._by_mail_server

    def of(self, way: Way) -> Key | None:
        """The key that opens this mailbox, or this mail server; None where a password does. Raises TokenError."""
        if way.token is None:
            return None
        with self._lock:
            which = self._which(way)
            if which not in self._keys:
                self._keys[which] = Key(self._source(way), self._clock)
            return self._keys[which]

    def mended(self, mailboxes: Iterable[MailboxSettings]) -> list[str]:
        """The addresses of those that had no token, and for which somebody has signed in since."""
        with self._lock:
            keys = {m.address: self._keys.get(self._which(m)) for m in mailboxes if m.token is not None}
        return [address for address, key in keys.items() if key is not None and key.mended]

    def app_of(self, way: Way) -> tuple[object, ...]:
        """What its tokens are asked for with. Two readers of one secret differ, what they read from is the same."""
        app = {"microsoft": self._settings.microsoft, "google": self._settings.google}.get(str(way.token))
        if app is None:
            return ()
        return tuple(getattr(said := getattr(app, each.name), "__self__", said) for each in fields(app))

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
    return (way.login or way.username or "").lower()
