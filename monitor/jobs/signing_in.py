"""FLOOR 2. The sign-ins of people that the config needs: whose, and where what is kept of each lies."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitor.config import SecretError, Settings
from monitor.core.token import TokenError
from monitor.tokens import google, microsoft
from monitor.tokens.signed_in import SignedIn, file_of, write_down

Provider = Literal["microsoft", "google"]
PROVIDERS: tuple[Provider, ...] = ("microsoft", "google")


@dataclass(frozen=True, slots=True)
class SignIn:
    """`user` has to sign in, so that what is listed in `opens` can be logged in to: mailboxes, or the mail server."""

    provider: Provider
    user: str
    opens: tuple[str, ...]

    @property
    def called(self) -> str:
        """The provider, as people call it."""
        return "Microsoft" if self.provider == "microsoft" else "Google"

    def file(self, state: Path) -> Path:
        """Where it is kept below the folder of the state."""
        return file_of(state / "tokens", self.provider, self.user)


def sign_ins(settings: Settings) -> list[SignIn]:
    """Every one that the config needs, in its order; an app that logs in by itself needs none."""
    ways = [(m.address, m.token, m.login or m.username) for m in settings.mailboxes]
    if ear := settings.commands:
        ways.append((ear.address, ear.token, ear.login or ear.username))
    ways.append((settings.smtp.where, settings.smtp.token, settings.smtp.login or settings.smtp.username or ""))
    found: dict[tuple[Provider, str], list[str]] = {}
    for opened, token, user in ways:
        for provider in PROVIDERS:
            if token == provider and _needs_person(settings, provider):
                found.setdefault((provider, user.lower()), []).append(opened)
    return [SignIn(provider, user, tuple(dict.fromkeys(opens))) for (provider, user), opens in found.items()]


def _needs_person(settings: Settings, provider: Provider) -> bool:
    if provider == "microsoft":
        return settings.microsoft is not None and microsoft_app(settings).needs_person
    return settings.google is not None and google_app(settings).needs_person


def microsoft_app(settings: Settings) -> microsoft.App:
    """The app of [microsoft]. Raises TokenError where there is none."""
    app = settings.microsoft
    if app is None:
        raise TokenError("secret", 'token = "microsoft" needs [microsoft] with `tenant` and `client`')
    secret = readable(app.secret) if app.secret else None
    return microsoft.App(app.tenant, app.client, secret, app.certificate, app.authority, app.ca_file)


def google_app(settings: Settings) -> google.GoogleApp:
    """The app of [google]. Raises TokenError where there is none."""
    app = settings.google
    if app is None:
        raise TokenError("secret", 'token = "google" needs [google] with `service_account` or `client`')
    account, client = app.service_account, app.client
    return google.GoogleApp(readable(account) if account else None, readable(client) if client else None)


def readable(read: Callable[[], str]) -> Callable[[], str]:
    """A secret for a source of tokens: what is wrong with it becomes a TokenError."""

    def asked() -> str:
        try:
            return read()
        except SecretError as error:
            raise TokenError("secret", str(error)) from None

    return asked


def keep(sign_in: SignIn, done: SignedIn, state: Path) -> Path:
    """Write it down as the user whom the folder of the state belongs to. Returns where. Raises TokenError."""
    path = sign_in.file(state)
    with _as_owner_of(state):
        write_down(path, done.text, sign_in.user)
    return path


def forget(sign_in: SignIn, state: Path) -> bool:
    """Remove what was kept of it; whether there was anything. Raises OSError."""
    path = sign_in.file(state)
    with _as_owner_of(state):
        there = path.exists()
        path.unlink(missing_ok=True)
    return there


@contextmanager
def _as_owner_of(folder: Path) -> Iterator[None]:
    """Root becomes the user of the service, who must be able to read the file, and whose folder may hold traps: a link
    there must not lead root elsewhere. Where the folder is not there yet, or is root's own, it stays root."""
    if os.geteuid() != 0 or not folder.is_dir():
        yield
        return
    owner, us = folder.stat(), (os.geteuid(), os.getegid())
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(us[0])
        os.setegid(us[1])
