"""ROOF. The command by which a person signs in, where the app does not log in by itself: `login`."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from monitor.commands.shared import fail, settings_of
from monitor.config import Settings
from monitor.config.settings import state_folder
from monitor.core.durations import words
from monitor.core.token import TokenError
from monitor.exits import USAGE, exit_code
from monitor.jobs import signing_in
from monitor.jobs.signing_in import SignIn
from monitor.screen.output import out, talk
from monitor.tokens import google, microsoft
from monitor.tokens.signed_in import SignedIn

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def login(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Argument(metavar="ADDRESS", help="A mailbox, or who logs in to it; needed where there are several."),
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Remove what was kept of a sign-in.")] = False,
) -> None:
    """Let a person sign in to Microsoft 365 or Google, once; what is needed to go on is kept for the service.

    The browser may be on another machine. Apps with a secret, a certificate or a service account log in by themselves.
    """
    settings, state = settings_of(context), state_folder()
    wanted = _chosen(settings, (address or "").strip().lower())
    if forget:
        _forgotten(wanted, state)
        return
    try:
        done = _by_code(settings, wanted) if wanted.provider == "microsoft" else _by_address(settings, wanted)
        path = signing_in.keep(wanted, done, state)
    except TokenError as error:
        fail(exit_code([error.fault]), str(error))
    except KeyboardInterrupt:
        fail(INTERRUPTED, "Interrupted; nothing was kept.")
    out(f"Signed in to {wanted.called} as {done.who}, for {', '.join(wanted.opens)}.")
    talk(f"Kept in {path}, for {_name_of_owner(path)} alone. It is renewed by use.")
    if done.who != wanted.user:
        talk(f"The config says {wanted.user}: {done.who} must have access to it, or it cannot be opened.")
    talk("Now run: inbox-monitor check (a monitor that runs already takes it up by itself)")


def _chosen(settings: Settings, address: str) -> SignIn:
    """The sign-in that is meant; ends the program where none is, or several could be."""
    needed = signing_in.sign_ins(settings)
    if not needed:
        fail(USAGE, "Nobody has to sign in: every mailbox is logged in to by a password, a secret, or a key.")
    meant = [one for one in needed if address in (one.user, *one.opens)] if address else needed
    if len(meant) != 1:
        known = ", ".join(one.user for one in needed)
        fail(USAGE, f"Say who signs in: {known}" if not address else f"{address} has not to sign in; {known} has")
    return meant[0]


def _by_code(settings: Settings, wanted: SignIn) -> SignedIn:
    def show(url: str, code: str, lasts: timedelta) -> None:
        talk(f"Open {url} in any browser, sign in as {wanted.user}, and type this code: {code}")
        talk(f"Waiting for up to {words(lasts)}; Ctrl+C ends it.")

    return microsoft.sign_in(signing_in.microsoft_app(settings), wanted.user, show)


def _by_address(settings: Settings, wanted: SignIn) -> SignedIn:
    app = signing_in.google_app(settings)
    begun = google.consent(app, wanted.user)
    talk(f"Open this in any browser, sign in as {wanted.user}, and allow everything that is asked:\n\n{begun.url}\n")
    talk(f"At the end the browser cannot show {google.REDIRECT}: that is as it should be.")
    talk("Copy the whole address it shows then, paste it here, and press Enter:")
    pasted = sys.stdin.readline()
    if not pasted.strip():
        raise KeyboardInterrupt
    return google.redeem(app, wanted.user, begun, pasted)


def _forgotten(wanted: SignIn, state: Path) -> None:
    try:
        there = signing_in.forget(wanted, state)
    except OSError as error:
        fail(USAGE, f"{wanted.file(state)} cannot be removed: {error.strerror}")
    if not there:
        _nothing(wanted)
    where = "myaccount.microsoft.com" if wanted.provider == "microsoft" else "myaccount.google.com"
    out(f"What was kept of the sign-in of {wanted.user} is removed.")
    talk(f"{wanted.called} still knows that the app was allowed in; take that away at {where} too.")


def _nothing(wanted: SignIn) -> NoReturn:
    fail(0, f"Nothing is kept of {wanted.user}.")


def _name_of_owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):
        return "its owner"
