"""GROUND. What was sent stands; what has changed a week's figures since is said, with the reason."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from monitor.core.report.figures import Rate
from monitor.core.report.week import Week

Reason = Literal[
    "reply-later",
    "seen-later",
    "earlier",
    "known-later",
    "conversation",
    "calendar",
    "by-hand",
    "put-away",
    "put-back",
    "team",
    "rules",
]
"""Why a wait is counted otherwise than when it was told.

Since then: the reply to it was seen; it was; an earlier message of the one who waits was; the mailbox could be seen far
enough; other messages of the conversation were; the promise or its calendar was changed; somebody said so by hand; it
was put away, or back; it belongs to another team; a rule or a setting was changed, which is what is left.
"""
GONE = "gone"
"""The state of a wait that is none any more."""


class Tally(NamedTuple):
    """k of n kept the promise."""

    k: int = 0
    n: int = 0

    def __add__(self, other: object) -> "Tally":
        """Both together."""
        return Tally(self.k + other.k, self.n + other.n) if isinstance(other, Tally) else NotImplemented


@dataclass(frozen=True, slots=True)
class Told:
    """What was last said of a week, by its own report or by the later one `told_in`; moments in UTC.

    `known_at`: up to when all mailboxes were known then; what was seen later was news. `is_kept`: which waits it
    counted was kept, if it counted any; older versions did not.
    """

    week: str
    told_in: str
    told_at: datetime
    known_at: datetime
    overall: Tally
    teams: Mapping[str, Tally]
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class WeekRate:
    """One of the last weeks as it was last told; None: nothing came due, or it lies before all that was read.

    `blind`: for how long not everything could be seen, the longest of any mailbox. `restated`: with this report.
    """

    week: Week
    rate: Rate | None
    blind: timedelta = timedelta(0)
    restated: bool = False


@dataclass(frozen=True, slots=True)
class Restated:
    """A week that was told otherwise: `before` as it was last told, at `told_at` (UTC), and `now`; how many waits are
    counted otherwise, by reason, the most frequent first: none where it was not recorded which waits were counted."""

    week: Week
    told_at: datetime
    before: Rate
    now: Rate
    reasons: tuple[tuple[Reason, int], ...]

    @property
    def differs(self) -> bool:
        """Whether the figures of all together are others; else only those of teams are."""
        return (self.before.k, self.before.n) != (self.now.k, self.now.n)


@dataclass(frozen=True, slots=True)
class Counted:
    """A wait as a week counts it, then or now. `week`: the name of the one in which it is due. Moments in UTC."""

    wait: int
    week: str
    team: str
    opened_at: datetime
    due_at: datetime
    state: str
    met: bool | None
    opener: int | None = None
    """Which message opened it; None where it is not kept any more."""

    def counts_in(self, week: str) -> bool | None:
        """Whether it kept the promise; None where it is not in the percentage of that week."""
        return self.met if self.week == week else None


@dataclass(frozen=True, slots=True)
class News:
    """What the store knows of a wait that is counted otherwise; each in UTC, None where there was no such thing.

    First seen: its `opener`, its `answer`, and the latest message of its `conversation`; `placed`: its opener where it
    was put last. Said by hand last: `acted`.
    """

    answered_at: datetime | None = None
    closed_at: datetime | None = None
    opener: datetime | None = None
    placed: datetime | None = None
    answer: datetime | None = None
    conversation: datetime | None = None
    acted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A wait before and now, of which at least one counts in `week`. `before` None: no report counted it; `now` None:
    there is no such wait any more."""

    week: str
    before: Counted | None
    now: Counted | None
    news: News

    @property
    def is_one(self) -> bool:
        """Whether the figures of the week, or of a team in it, are others by it."""
        before = self.before.counts_in(self.week) if self.before else None
        now = self.now.counts_in(self.week) if self.now else None
        moved = bool(self.before and self.now and self.before.team != self.now.team)
        return before is not now or (now is not None and moved)

    @property
    def after(self) -> Counted | None:
        """How it is to be told from now on; None only where there is neither."""
        return self.now or (self.before and replace(self.before, state=GONE, met=None))


def reasons(changes: Iterable[Change], told: Told) -> tuple[tuple[Reason, int], ...]:
    """How many waits of a week are counted otherwise for each reason, the most frequent first."""
    found = [(change, reason(change, told)) for change in changes if change.is_one]
    moved = any(why == "calendar" for _, why in found)
    # A wait that a changed promise brought into this week was told nowhere yet: its neighbours show what happened.
    counts = Counter("calendar" if moved and c.before is None and why == "rules" else why for c, why in found)
    return tuple(counts.most_common())


def reason(change: Change, told: Told) -> Reason:
    """Why this one is counted otherwise than it was told: the first that holds."""
    before, now, news = change.before, change.now, change.news
    if before and now and before.counts_in(change.week) is now.counts_in(change.week):
        return "team"
    if _after(news.acted, told.told_at):
        return "by-hand"
    if now and now.state in ("no_reply_needed", "excused") and _after(news.closed_at, told.told_at):
        return "put-away"
    if _is_back(change, told):
        return "put-back"
    if before is None or now is None:
        return _came_or_went(change, told)
    if _by_its_due(change):
        return "calendar"
    if now.opened_at < before.opened_at and _after(news.opener, told.known_at):
        return "earlier"
    if now.state == "answered" and _after(news.answer, told.known_at):
        return "reply-later"
    if (before.state, before.met, now.state) == ("waiting", None, "waiting") and now.met is False:
        return "known-later"
    return "conversation" if _after(news.conversation, told.known_at) else "rules"


def _came_or_went(change: Change, told: Told) -> Reason:
    if change.before is None and _after(change.news.opener, told.known_at):
        return "seen-later"
    return "conversation" if _after(change.news.conversation, told.known_at) else "rules"


def _is_back(change: Change, told: Told) -> bool:
    """Whether somebody counts again since the message that was put away, or was taken for spam, lies elsewhere."""
    before, now, news = change.before, change.now, change.news
    was_away = before is None or before.state in ("no_reply_needed", "excused")
    is_there = now is not None and now.state in ("waiting", "answered")
    return was_away and is_there and _after(news.placed, told.known_at) and not _after(news.opener, told.known_at)


def _by_its_due(change: Change) -> bool:
    """Whether it would count as before, were it due when it was due then."""
    before, now, answered = change.before, change.now, change.news.answered_at
    if before is None or now is None or before.opened_at != now.opened_at or before.due_at == now.due_at:
        return False
    if now.state == "answered":
        kept = None if answered is None else answered <= before.due_at
        return kept is before.met or before.week != now.week
    return before.state == now.state and before.week != now.week  # in one week it is what was known that differs


def _after(moment: datetime | None, told: datetime) -> bool:
    return moment is not None and moment > told
