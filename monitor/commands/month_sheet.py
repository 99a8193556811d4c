"""ROOF. `report --month`: shows, writes or sends the sheet for the cross-team meeting."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.commands.sending import delivered
from monitor.commands.shared import fail, write
from monitor.config import Settings
from monitor.core.report.month_json import month_json
from monitor.exits import OK, USAGE
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.month import ask_for_month, make_month
from monitor.outbox.letters import Letters
from monitor.screen import arguments
from monitor.screen.output import as_json, out
from monitor.store.store import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """The forms in which a report is wanted; none of them means as text."""

    text: bool
    html: Path | None
    csv: Path | None
    json: bool
    send: bool


def month_sheet(store: Store, settings: Settings, name: str, wanted: Wanted, now: datetime) -> int:
    """The sheet of the month `2026-10`, in each form that is wanted. The exit code."""
    try:
        month = arguments.month(name, settings.zone)
    except ValueError as error:
        fail(USAGE, str(error))
    if month.start > now:
        fail(USAGE, f"--month: {month.name} has not begun yet")
    letters = Letters(settings.templates_dir)
    made = make_month(store, settings, know(store, settings, now), month, now)
    if wanted.html:
        write(wanted.html, letters.render_month(made.facts).html)
    if wanted.csv:
        write(wanted.csv, made.csv())
    if wanted.json:
        as_json(month_json(made.facts))
    elif wanted.text or not (wanted.html or wanted.csv or wanted.send):
        out(letters.render_month(made.facts).text)
    if not wanted.send:
        return OK
    ask_for_month(store, settings, letters, OutboxClaims(store), made, now)
    return delivered(store, settings, now)
