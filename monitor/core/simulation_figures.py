"""GROUND. What a replay comes to: letters by person and day, how many kept the promise, which reminders were idle."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from monitor.core.lived import Lived
from monitor.core.report.figures import Rate, by_team
from monitor.core.report.intervals import wilson
from monitor.core.simulation import Letter
from monitor.core.wait import is_met

JUST_BEFORE = timedelta(hours=1)
"""Who answers within so long after a reminder was perhaps at it already: it changed nothing."""


@dataclass(frozen=True, slots=True)
class Span:
    """What counts, [start, end] in UTC. `days`: those of the house's clock in it, on which letters may have come."""

    start: datetime
    end: datetime
    letters_from: datetime
    zone: ZoneInfo

    @property
    def days(self) -> list[date]:
        """From the first look that counts to the last, both included."""
        first, last = self.day(self.letters_from), self.day(self.end)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def day(self, moment: datetime) -> date:
        """The day of a moment."""
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Daily:
    """Letters to one recipient, or to all: how many, on how many days, on a typical one, on the busiest one."""

    recipient: str
    letters: int
    days: int
    typical: float
    most: int
    busiest: date | None


@dataclass(frozen=True, slots=True)
class Kept:
    """How many kept the promise, of those whose time ran out. `late_now`: how many wait past it at the end."""

    team: str
    rate: Rate
    late_now: int

    @property
    def late(self) -> int:
        """How many were answered late, or wait past the promise."""
        return self.rate.n - self.rate.k

    @property
    def interval(self) -> tuple[int, int] | None:
        """Between which percentages the share lies in 95 of 100 such times (intervals.wilson); None under ten."""
        if self.rate.percent is None:
            return None
        low, high = wilson(self.rate.k, self.rate.n)
        return round(100 * low), round(100 * high)


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A wait of which somebody was reminded for nothing. `why`: `answered` within the hour, or closed later for
    `no_reply_needed` or `excused`; `evidence`: how that was known. `reminded`: each letter that was idle."""

    number: int
    team: str
    mailbox: str
    reminded: tuple[datetime, ...]
    ended_at: datetime
    why: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some settings come to. `reminders`: how many lines the letters have; `steps`: of these by step."""

    total: Daily
    recipients: tuple[Daily, ...]
    reminders: int
    steps: tuple[tuple[str, int], ...]
    overall: Kept
    teams: tuple[Kept, ...]
    false_alarms: tuple[FalseAlarm, ...]

    @property
    def idle(self) -> int:
        """How many of the reminders were false alarms."""
        return sum(len(alarm.reminded) for alarm in self.false_alarms)


def outcome(
    waits: Sequence[Lived],
    letters: Iterable[Letter],
    span: Span,
    teams: Sequence[str],
    goal: float,
    goals: Mapping[str, float],
) -> Outcome:
    """The figures of one replay. `goal`: percent that should be kept; `goals`: of a team that has another."""
    told = _Tally(waits, span)
    for letter in letters:
        if span.letters_from <= letter.at <= span.end:
            told.add(letter)
    facts = [wait.facts for wait in waits]
    cohort = by_team((f for f in facts if span.start <= f.due_at <= span.end), teams)
    late = Counter(f.team for f in facts if f.is_late and f.due_at <= span.end)
    kept = [
        Kept(team, _rate((is_met(f.state, f.answered_at, f.due_at, f.as_of) for f in found), goals.get(team, goal)), n)
        for team, found in cohort.items()
        if (n := late[team]) or found or team in teams
    ]
    n, k = sum(each.rate.n for each in kept), sum(each.rate.k for each in kept)
    return Outcome(
        total=_daily("", sum(told.days.values(), Counter()), span),
        recipients=tuple(_daily(who, told.days[who], span) for who in sorted(told.days)),
        reminders=told.steps.total(),
        steps=tuple(told.steps.items()),
        overall=Kept("", Rate(k, n, goal), late.total()),
        teams=tuple(kept),
        false_alarms=tuple(told.false_alarms()),
    )


def _rate(met: Iterable[bool | None], goal: float) -> Rate:
    counts = Counter(met)
    return Rate(counts[True], counts[True] + counts[False], goal)


def _daily(recipient: str, counts: Counter[date], span: Span) -> Daily:
    most = max(counts.values(), default=0)
    busiest = min((day for day, count in counts.items() if count == most), default=None)
    typical = median(counts[day] for day in span.days) if span.days else 0
    return Daily(recipient, counts.total(), len(counts), float(typical), most, busiest)


class _Tally:
    """What is kept of letters that come one by one: counts, and the reminders that were idle."""

    def __init__(self, waits: Sequence[Lived], span: Span) -> None:
        self.waits, self.span = waits, span
        self.days: dict[str, Counter[date]] = defaultdict(Counter)
        self.steps: Counter[str] = Counter()
        self.idle: dict[int, list[datetime]] = defaultdict(list)

    def add(self, letter: Letter) -> None:
        """Oldest first. Of a letter to two people about one wait both reminders count."""
        self.days[letter.recipient][self.span.day(letter.at)] += 1
        for reminder in letter.reminders:
            self.steps[reminder.step] += 1
            if _is_idle(self.waits[reminder.wait], letter.at):
                self.idle[reminder.wait].append(letter.at)

    def false_alarms(self) -> list[FalseAlarm]:
        """Oldest reminder first."""
        found = [_alarm(self.waits[n], moments) for n, moments in self.idle.items()]
        return sorted(found, key=lambda alarm: (alarm.reminded, alarm.number))


def _is_idle(wait: Lived, at: datetime) -> bool:
    if wait.ended_at is None or wait.facts.state == "waiting":
        return False
    return wait.facts.state != "answered" or at < wait.ended_at <= at + JUST_BEFORE


def _alarm(wait: Lived, moments: Sequence[datetime]) -> FalseAlarm:
    facts = wait.facts
    ended = wait.ended_at or moments[-1]
    return FalseAlarm(
        facts.number, facts.team, facts.mailboxes[0], tuple(moments), ended, facts.state, facts.evidence or ""
    )
