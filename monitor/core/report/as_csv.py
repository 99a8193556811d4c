"""GROUND. The waits behind a report as CSV, in English."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from monitor.core.calendar import Calendar, primary
from monitor.core.moments import utc
from monitor.core.report.figures import WaitFacts
from monitor.core.report.path import Held, path
from monitor.core.wait import is_met

CSV_HEADER = (
    "number",
    "team",
    "state",
    "opened_at",
    "due_at",
    "answered_at",
    "waited_hours",
    "met",
    "evidence",
    "counted_hours",
    "first_desk_hours",
    "elsewhere_hours",
    "decided_not_told_hours",
)


def report_csv_rows(
    waits: Sequence[WaitFacts], calendars: Mapping[str, Calendar] = MappingProxyType({})
) -> list[list[str]]:
    """A head and one row a wait: no subjects, no names; times ISO 8601 in UTC, empty where there is none.

    Hours waited are by the clock on the wall; those counted are what the calendar of its first mailbox counts.
    """
    return [list(CSV_HEADER), *(_csv_row(wait, calendars) for wait in waits)]


def report_csv(waits: Sequence[WaitFacts], calendars: Mapping[str, Calendar] = MappingProxyType({})) -> str:
    """The same as the text of a file (RFC 4180: commas, CRLF)."""
    text = io.StringIO()
    csv.writer(text).writerows(report_csv_rows(waits, calendars))
    return text.getvalue()


def _csv_row(wait: WaitFacts, calendars: Mapping[str, Calendar]) -> list[str]:
    met, length = is_met(wait.state, wait.answered_at, wait.due_at, wait.as_of), wait.length()
    return [
        str(wait.number),
        _cell(wait.team),
        _cell(wait.state),
        utc(wait.opened_at) or "",
        utc(wait.due_at) or "",
        utc(wait.answered_at) or "",
        "" if length is None else _hours(length[0]),
        "" if met is None else str(met).lower(),
        _cell(wait.evidence or ""),
        "" if length is None else _hours(_counted(wait, length[0], calendars)),
        *_held(wait),
    ]


def _held(wait: WaitFacts) -> list[str]:
    """How long it lay with its first desk, elsewhere, and decided: together the hours waited."""
    way: dict[Held, timedelta] = {"desk": timedelta(0), "elsewhere": timedelta(0), "decided": timedelta(0)}
    for stretch in path(wait):
        way[stretch.held] += stretch.length
    return ["" if wait.length() is None else _hours(length) for length in way.values()]


def _counted(wait: WaitFacts, length: timedelta, calendars: Mapping[str, Calendar]) -> timedelta:
    home = calendars.get(wait.mailboxes[0]) if wait.mailboxes else None
    return primary(wait.opened_at, wait.opened_at + length, home) if home else length


def _hours(length: timedelta) -> str:
    return f"{length.total_seconds() / 3600:.3f}"


def _cell(text: str) -> str:
    """A cell of text that no spreadsheet takes for a formula (OWASP, CSV injection); wide signs count in some too."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else text
