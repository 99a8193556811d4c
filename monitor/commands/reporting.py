"""ROOF. The command that shows, writes or sends the weekly report: `report`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.shared import Json, fail, opened
from monitor.config import Settings
from monitor.core.report.as_json import report_json
from monitor.exits import BAD_CONFIG, OK, UNREACHABLE, USAGE
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.deliver import deliver
from monitor.jobs.knowledge import know
from monitor.jobs.report import ask_for, make
from monitor.outbox.letters import Letters
from monitor.screen import arguments
from monitor.screen.output import as_json, out, talk
from monitor.store.lock import AlreadyRunning, only_daemon
from monitor.store.store import Store


def report(
    context: typer.Context,
    week: Annotated[str | None, typer.Option(help="An ISO week, like 2026-W46 [default: the last closed one].")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print it as text (the default).")] = False,
    html: Annotated[Path | None, typer.Option(help="Write it as HTML to this file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the waits behind it as CSV to this file.")] = None,
    json: Json = False,
    send: Annotated[bool, typer.Option("--send", help="Mail it now to the addresses under [report].")] = False,
) -> None:
    """The weekly SLA report."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        try:
            chosen = arguments.week(week, settings.zone, now)
        except ValueError as error:
            fail(USAGE, str(error))
        if send and settings.report is None:
            fail(BAD_CONFIG, 'there is nobody to send it to: add [report] with to = ["…"]')
        letters = Letters(settings.templates_dir)
        knowledge = know(store, settings, now)
        made = make(store, settings, knowledge, chosen, now)
        if html:
            _write(html, letters.render_report(made.facts).html)
        if csv:
            _write(csv, made.csv())
        if json:
            as_json(report_json(made.facts))
        elif text or not (html or csv or send):
            out(letters.render_report(made.facts).text)
        if send:
            ask_for(store, settings, letters, OutboxClaims(store), made, now)
            raise typer.Exit(_delivered(store, settings, now))


def _delivered(store: Store, settings: Settings, now: datetime) -> int:
    """Empty the outbox, unless a daemon does that: two at once would send a letter twice."""
    try:
        with only_daemon(store):
            delivery = deliver(store, settings.smtp, know(store, settings, now), now)
    except AlreadyRunning:
        talk("put into the outbox; the daemon that runs sends it with its next round")
        return OK
    refused = f", {delivery.refused} refused for good: see status" if delivery.refused else ""
    talk(delivery.fault or f"{delivery.sent} letters sent{refused}")
    return UNREACHABLE if delivery.fault or delivery.refused else OK


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        fail(USAGE, f"{path} cannot be written: {error.strerror}")
