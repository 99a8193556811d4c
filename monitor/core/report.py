"""GROUND. The weekly report as values: what is counted (ReportFacts), as JSON and as CSV, both in English."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from monitor.core.blind import Blind
from monitor.core.calendar import Calendar, Mode, primary
from monitor.core.invisible import Invisible, total
from monitor.core.promise import Promise, the_one
from monitor.core.said import Text
from monitor.core.wait import is_met
from monitor.core.week import Figures, Rate, WaitFacts, Week


@dataclass(frozen=True, slots=True)
class Longest:
    """One of those who wait longest: no subject, no name."""

    team: str
    number: int
    opened_at: datetime
    waited: timedelta


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Everything the weekly report says. Times in UTC; `as_of` is the oldest complete look, None before the first."""

    organisation: str
    week: Week
    made_at: datetime
    as_of: datetime | None
    reply_within: timedelta
    overall: Figures
    previous: Rate | None
    teams: tuple[tuple[str, Figures], ...]
    longest: tuple[Longest, ...]
    left_out: tuple[tuple[Text, int], ...]
    """What was left out and how many: (plain words, count)."""
    unseen: tuple[Text, ...]
    """Mailboxes whose view is older than the week's end, or whose replies cannot be seen: one sentence each."""
    history_from: datetime | None
    """The earliest moment we have read back to; None when it lies before the week."""
    invisible: Mapping[str, Invisible] = field(default_factory=dict)
    """Of the week, by mailbox: how many of those who answered us answered a reply that we never saw."""
    blind: tuple[Blind, ...] = ()
    """What of the week could not be seen, oldest first; what still goes on lasts up to now."""
    promises: tuple[Promise, ...] = ()
    """What the mailboxes promise, each in the order of the config; without any it is `reply_within` by the clock."""

    @property
    def promise(self) -> Promise | None:
        """What all promise; None where they differ."""
        return the_one(self.promises or (Promise(self.reply_within, "elapsed"),))

    @property
    def modes(self) -> frozenset[Mode]:
        """The clocks by which they count."""
        return frozenset(promise.mode for promise in self.promises) or frozenset({"elapsed"})


def report_json(facts: ReportFacts) -> dict[str, Any]:
    """Every figure the report prints, with `k` and `n` beside each percentage; instants in UTC, `to` is exclusive."""
    return {
        "week": facts.week.name,
        "from": _utc(facts.week.start),
        "to": _utc(facts.week.end),
        "timezone": facts.week.zone.key,
        "made_at": _utc(facts.made_at),
        "as_of": _utc(facts.as_of),
        "history_from": _utc(facts.history_from),
        "organisation": facts.organisation,
        "goal": facts.overall.rate.goal,
        "reply_within_seconds": int(facts.reply_within.total_seconds()),
        "promises": [{"reply_within_seconds": _seconds(within), "clock": mode} for within, mode in facts.promises],
        "overall": _figures(facts.overall),
        "previous": None if facts.previous is None else _rate(facts.previous),
        "teams": [{"team": team, **_figures(figures)} for team, figures in facts.teams],
        "longest": [_longest(longest) for longest in facts.longest],
        "left_out": [{"what": str(what), "count": count} for what, count in facts.left_out],
        "invisible_replies": {
            **_invisible(total(facts.invisible.values())),
            "mailboxes": [{"mailbox": mailbox, **_invisible(one)} for mailbox, one in facts.invisible.items()],
        },
        "unseen": [str(one) for one in facts.unseen],
        "blind": [blind_json(one) for one in facts.blind],
    }


def blind_json(one: Blind) -> dict[str, Any]:
    """A spell, with its length in hours."""
    return {"mailbox": one.mailbox, "since": _utc(one.since), "until": _utc(one.until), "hours": one.hours}


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


def _rate(rate: Rate) -> dict[str, Any]:
    return {"k": rate.k, "n": rate.n, "percent": rate.percent}


def _invisible(invisible: Invisible) -> dict[str, Any]:
    return {"k": invisible.k, "n": invisible.n, "percent": invisible.percent}


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        **_rate(figures.rate),
        "goal_met": figures.rate.goal_met,
        "median_seconds": _seconds(figures.median),
        "p90_seconds": _seconds(figures.p90),
        "longest_known_seconds": _seconds(figures.longest_known),
        "waiting": figures.waiting,
        "late": figures.late,
        "late_answers": figures.late_answers,
        "open_misses": figures.open_misses,
        "unknown": figures.unknown,
        "no_reply_needed": figures.no_reply_needed,
        "no_reply_needed_after_due": figures.closed_late,
        "excused": figures.excused,
        "excused_deleted": figures.deleted,
        "excused_spam": figures.spam,
    }


def _longest(longest: Longest) -> dict[str, Any]:
    return {
        "team": longest.team,
        "number": longest.number,
        "opened_at": _utc(longest.opened_at),
        "waited_seconds": _seconds(longest.waited),
    }


def _csv_row(wait: WaitFacts, calendars: Mapping[str, Calendar]) -> list[str]:
    met, length = is_met(wait.state, wait.answered_at, wait.due_at, wait.as_of), wait.length()
    return [
        str(wait.number),
        _cell(wait.team),
        _cell(wait.state),
        _utc(wait.opened_at) or "",
        _utc(wait.due_at) or "",
        _utc(wait.answered_at) or "",
        "" if length is None else _hours(length[0]),
        "" if met is None else str(met).lower(),
        _cell(wait.evidence or ""),
        "" if length is None else _hours(_counted(wait, length[0], calendars)),
    ]


def _counted(wait: WaitFacts, length: timedelta, calendars: Mapping[str, Calendar]) -> timedelta:
    home = calendars.get(wait.mailboxes[0]) if wait.mailboxes else None
    return primary(wait.opened_at, wait.opened_at + length, home) if home else length


def _hours(length: timedelta) -> str:
    return f"{length.total_seconds() / 3600:.3f}"


def _cell(text: str) -> str:
    """A cell of text that no spreadsheet takes for a formula (OWASP, CSV injection); wide signs count in some too."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else text


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())
