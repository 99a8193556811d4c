"""GROUND. The weekly report as values: all that it says, in no language and no form yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core.blind import Blind
from monitor.core.calendar import Mode
from monitor.core.invisible import Invisible
from monitor.core.promise import Promise, the_one
from monitor.core.report.figures import Figures, Rate
from monitor.core.report.gone_quiet import GoneQuiet
from monitor.core.report.missed import Missed
from monitor.core.report.path import ChangedHands
from monitor.core.report.restating import Restated, WeekRate
from monitor.core.report.spread import HourCell, Within
from monitor.core.report.week import Week
from monitor.core.said import Text


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
    weeks: tuple[WeekRate, ...] = ()
    """The last 13 weeks, this one last."""
    within: tuple[Within, ...] = ()
    """Of this week's waits."""
    hours: tuple[HourCell, ...] = ()
    """Of the last 13 weeks."""
    missed: tuple[Missed, ...] = ()
    """Of this week's waits, those that missed the promise, by team."""
    teams_before: tuple[tuple[str, Rate], ...] = ()
    """Each team's 12 weeks before this one, taken together, as they stand now."""
    changed_hands: ChangedHands | None = None
    """Of the last 13 weeks; None where there is only one team."""
    restated: tuple[Restated, ...] = ()
    """Earlier weeks that were told otherwise, oldest first; each is said once."""
    gone_quiet: tuple[GoneQuiet, ...] | None = None
    """None: nobody asked for it."""
    sent: Restated | None = None
    """How this week was sent, if it was, and why it stands otherwise now."""
    sent_at: datetime | None = None
    """When the report of this week was sent first, if it was."""
    is_repeat: bool = False
    """Whether this is sent because somebody asked for it, after or beside the one of the week."""

    @property
    def promise(self) -> Promise | None:
        """What all promise; None where they differ."""
        return the_one(self.promises or (Promise(self.reply_within, "elapsed"),))

    @property
    def modes(self) -> frozenset[Mode]:
        """The clocks by which they count."""
        return frozenset(promise.mode for promise in self.promises) or frozenset({"elapsed"})
