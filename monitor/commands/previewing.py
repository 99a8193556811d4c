"""ROOF. The command that shows what letters look like, on the operator's own data: `preview`."""

import os
import sys
import tempfile
import webbrowser
from datetime import datetime
from email import message_from_bytes, policy
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.shared import fail, opened
from monitor.config import Settings
from monitor.exits import BAD_CONFIG, LATE, USAGE
from monitor.jobs.claims import write_private
from monitor.jobs.samples import Sample, sample_reminder, sample_report
from monitor.outbox.letters import Letters
from monitor.screen import arguments
from monitor.screen.output import out, talk
from monitor.store.store import Store


class Kind(StrEnum):
    """The letters there are samples of."""

    REMINDER = "reminder"
    REPORT = "report"


def preview(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="Which letter.")],
    recipient: Annotated[
        str | None, typer.Option("--for", metavar="ADDRESS", help="As it goes to this address [default: the first].")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Put the files there [default: a new temporary folder].")
    ] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """A letter made of your own data, as HTML, text and mail; nothing is sent or remembered."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        whom = _recipient(settings, kind, recipient)
        sample = _sample(store, settings, kind, whom, now)
    if sample is None:
        fail(LATE, "the store holds nothing to show yet: `inbox-monitor run --once --dry-run DIR` reads the mailboxes")
    if sample.note:
        talk(f"note: {sample.note}")
    files = _written(_folder(to), kind, sample.letter.body)
    for file in files:
        out(str(file))
    if open_:
        _open(files[0])


def _recipient(settings: Settings, kind: Kind, asked: str | None) -> str:
    """Whom the sample is for: who was asked for, or the first who gets such letters."""
    owners = [owner for team in settings.teams for owner in settings.owners.get(team, ())]
    report = settings.report.to if settings.report and kind is Kind.REPORT else ()
    steps = [to for step in settings.steps for to in step.recipients(owners, settings.owners)]
    known = [*report, *owners, *steps, *([settings.operator] if settings.operator else [])]
    if asked is None:
        if not known:
            fail(BAD_CONFIG, 'there is nobody to write to: add [[team]] with owners = ["…"], or operator = "…"')
        return known[0]
    if asked.lower() not in known:
        fail(USAGE, f"{asked} gets no letters by this config; there are {', '.join(dict.fromkeys(known))}")
    return asked.lower()


def _sample(store: Store, settings: Settings, kind: Kind, whom: str, now: datetime) -> Sample | None:
    letters = Letters(settings.templates_dir)
    if kind is Kind.REMINDER:
        return sample_reminder(store, settings, letters, whom, now)
    return sample_report(store, settings, letters, whom, arguments.week(None, settings.zone, now), now)


def _folder(to: Path | None) -> Path:
    """A folder for nobody else (failures.md §7)."""
    try:
        if to is None:
            return Path(tempfile.mkdtemp(prefix="inbox-monitor-"))
        for each in reversed([f for f in (to, *to.parents) if not f.exists()]):
            each.mkdir(mode=0o700)  # `parents` would make those between by the umask
        to.mkdir(exist_ok=True)
        return to.resolve()
    except OSError as error:
        fail(USAGE, f"--to: {to} is no folder to write to: {error.strerror}")


def _written(folder: Path, kind: Kind, letter: bytes) -> list[Path]:
    """The HTML, the text and the whole mail; the HTML first."""
    mail = message_from_bytes(letter, policy=policy.default)
    parts = {part: mail.get_body((part,)) for part in ("html", "plain")}
    contents = {
        "html": (parts["html"].get_content() if parts["html"] else "").encode(),
        "txt": f"Subject: {mail['Subject']}\n\n{parts['plain'].get_content() if parts['plain'] else ''}".encode(),
        "eml": letter,
    }
    try:
        for ending, content in contents.items():
            write_private(folder / f"{kind}.{ending}", content)
    except OSError as error:
        fail(USAGE, f"--to: {error.filename} cannot be written: {error.strerror}")
    return [folder / f"{kind}.{ending}" for ending in contents]


def _open(file: Path) -> None:
    """In the browser, where there is a screen; the path was printed already."""
    on_screen = not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not on_screen or not webbrowser.open(file.as_uri()):
        talk("no browser here; open the file yourself")
