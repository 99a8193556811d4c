"""GROUND. Whom to remind, and when: steps relative to the moment a wait's promise runs out."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from monitor.core.durations import canonical

SNOOZE = "snooze"
"""The name of the step at the end of a snooze; other names begin with a length of time."""

Hears = Callable[[Sequence[str]], Mapping[str, str]]
"""Of those a step is for: who gets it for each of them now (absence.hearers); who is not in it gets nothing."""
Early = Callable[[str, datetime, datetime], datetime]
"""When a warning goes to somebody: their address, its moment, and when the promise runs out (sending.warns)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One `[[reminder]]`: `after` due (negative warns before), to addresses, teams or "owners", again every `repeat`.

    Teams stand in it by name: whoever owns one is told, and the step stays the same step when owners change.
    """

    after: timedelta = timedelta(0)
    to: tuple[str, ...] = ("owners",)
    repeat: timedelta | None = timedelta(hours=24)

    @property
    def name(self) -> str:
        """`0h.owners`: the step's name in the store and in `explain`."""
        return _name(self.after, self.to)

    def recipients(self, owners: Iterable[str], teams: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
        """The addresses this step is for, each once. `owners`: of this wait; `teams`: the owners of each team."""
        named = {**(teams or {}), "owners": tuple(owners)}
        return tuple(dict.fromkeys(a for to in self.to for a in named.get(to, (to,))))


@lru_cache(maxsize=256)
def _name(after: timedelta, to: tuple[str, ...]) -> str:
    """Asked a million times of a few steps by `simulate`."""
    return f"{canonical(after)}.{'+'.join(to)}"[:200]


@dataclass(frozen=True, slots=True)
class Reminder:
    """Wait × step × occurrence × recipient: an obligation that exists at most once. `moment` (UTC): its due time.

    `via`: who gets the letter; not the recipient where somebody stands in for them. Empty: the recipient.
    """

    wait: int
    step: str
    occurrence: int
    recipient: str
    moment: datetime
    via: str = ""


def each_their_own(recipients: Sequence[str]) -> dict[str, str]:
    """Nobody is away."""
    return {r: r for r in recipients}


def as_it_falls(_recipient: str, moment: datetime, _due_at: datetime) -> datetime:
    """A warning goes at its moment."""
    return moment


@dataclass(frozen=True, slots=True)
class Told:
    """What there is already about a wait: `last`, the moment of each recipient's latest reminder, and `claimed`, every
    (step, occurrence, recipient). `heard`: when the latest letter was made, by step and recipient."""

    last: Mapping[str, datetime]
    claimed: Collection[tuple[str, int, str]] = ()
    heard: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    def has(self, reminder: Reminder) -> bool:
        """Whether this one was told, or a later one; also to who would get it for somebody else."""
        key = (reminder.step, reminder.occurrence, reminder.recipient)
        heard = [m for who in {reminder.recipient, reminder.via} if (m := self.last.get(who)) is not None]
        return key in self.claimed or any(reminder.moment <= m for m in heard)

    def just_now(self, step: Step, recipient: str, as_of: datetime) -> bool:
        """Whether the last letter of a step came late, so that its repeat would be the same letter again so soon."""
        at = self.heard.get((step.name, recipient))
        return at is not None and step.repeat is not None and as_of < at + step.repeat / 2


def due(
    wait: int,
    due_at: datetime,
    steps: Iterable[Step],
    owners: Iterable[str],
    as_of: datetime,
    told: Told,
    *,
    teams: Mapping[str, Sequence[str]] | None = None,
    snoozed_until: datetime | None = None,
    hears: Hears = each_their_own,
    early: Early = as_it_falls,
) -> list[Reminder]:
    """The reminders of one wait that are due at `as_of` and not told yet: at most one a recipient, the latest.

    After downtime only the highest step is due, and what lies before it never fires later. A target made longer moves
    the moments of what is claimed, but it stays at most once. A repeat comes half its time after the last letter at
    the earliest: what waited for a window to open is not said again the same day. While a wait is snoozed nothing is
    due; at the end of it all who had been reminded, or would have been meanwhile, are reminded, whether or not a step
    repeats.
    """
    if snoozed_until is not None and as_of < snoozed_until:
        return []
    latest: dict[str, Reminder] = {}
    owners = tuple(owners)
    rungs = [(step, step.recipients(owners, teams)) for step in steps]
    for step, recipients in rungs:
        for recipient, via in hears(recipients).items():
            fallen = _fallen(step, due_at, as_of, early(via, due_at + step.after, due_at), snoozed_until)
            if fallen and not (fallen[1] and told.just_now(step, recipient, as_of)):
                _offer(latest, Reminder(wait, step.name, fallen[1], recipient, fallen[0], via), told)
    if snoozed_until is not None:
        climbed = dict.fromkeys(r for step, to in rungs if due_at + step.after <= snoozed_until for r in to)
        for recipient, via in hears(tuple(climbed)).items():
            _offer(latest, Reminder(wait, SNOOZE, _minute(snoozed_until), recipient, snoozed_until, via), told)
    return list(latest.values())


def _offer(latest: dict[str, Reminder], reminder: Reminder, told: Told) -> None:
    best = latest.get(reminder.recipient)
    if not told.has(reminder) and (best is None or reminder.moment > best.moment):
        latest[reminder.recipient] = reminder


def _fallen(
    step: Step, due_at: datetime, as_of: datetime, first: datetime, snoozed_until: datetime | None
) -> tuple[datetime, int] | None:
    """The moment and the number of the latest occurrence of a step; `first`: when its first one goes."""
    moment = due_at + step.after
    if as_of < moment:
        return (first, 0) if first <= as_of else None
    if not step.repeat:
        return moment, 0
    occurrence = (as_of - moment) // step.repeat
    moment += occurrence * step.repeat
    return None if occurrence and _just_woken(moment, step.repeat, snoozed_until) else (moment, occurrence)


def _just_woken(moment: datetime, repeat: timedelta, snoozed_until: datetime | None) -> bool:
    """Whether the end of a snooze was told just before a repeat, which would be the same letter again."""
    return snoozed_until is not None and snoozed_until <= moment < snoozed_until + repeat / 2


def _minute(moment: datetime) -> int:
    """A number for a moment that fits into 32 bits: its minute since 1970."""
    return int(moment.timestamp()) // 60


def coming(
    due_at: datetime, steps: Iterable[Step], as_of: datetime, snoozed_until: datetime | None = None
) -> Iterator[tuple[datetime, Step]]:
    """When each step of this ladder next falls due after `as_of`, and after a snooze that was told at its end."""
    for step in steps:
        moment = due_at + step.after
        if moment <= as_of and step.repeat:
            moment += ((as_of - moment) // step.repeat + 1) * step.repeat
            if _just_woken(moment, step.repeat, snoozed_until):
                moment += step.repeat
        if moment > as_of:
            yield moment, step
