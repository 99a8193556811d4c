"""GROUND. A wait as it was lived: not only what became of it, but what stood at each moment on the way."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.house import House
from monitor.core.marks import Marks
from monitor.core.message import Seen
from monitor.core.report.figures import WaitFacts
from monitor.core.wait import Handoff, Mark, Wait
from monitor.core.waits import fold


@dataclass(frozen=True, slots=True)
class Said:
    """A mark with when it was taken back, if it was (UTC)."""

    mark: Mark
    undone_at: datetime | None = None

    def stands(self, moment: datetime) -> bool:
        """Whether it was known at a moment, and not taken back yet."""
        return self.mark.known_at <= moment and (self.undone_at is None or moment < self.undone_at)


@dataclass(frozen=True, slots=True)
class Lived:
    """`ended_at`: from then on it was known that nobody waits; None: they still do. `snoozes`: from each of these
    moments on the wait was snoozed until the other one, or not at all (None). `pauses`: spells [from, to) in which it
    was over, until somebody took that back."""

    facts: WaitFacts
    ended_at: datetime | None = None
    snoozes: tuple[tuple[datetime, datetime | None], ...] = ()
    pauses: tuple[tuple[datetime, datetime], ...] = ()

    def is_waiting(self, moment: datetime) -> bool:
        """Whether they were known to wait."""
        over = self.ended_at is not None and self.ended_at <= moment
        return not over and not any(start <= moment < end for start, end in self.pauses)

    def handoff(self, moment: datetime) -> Handoff | None:
        """Who held the ball, as far as it was handed over."""
        return next((h for h in reversed(self.facts.handoffs) if h.at <= moment), None)

    def snoozed_until(self, moment: datetime) -> datetime | None:
        """The snooze that stood, also one that was over."""
        place = bisect_right(self.snoozes, moment, key=lambda each: each[0])
        return self.snoozes[place - 1][1] if place else None

    def turns(self) -> Iterator[datetime]:
        """The moments at which something of it changes but its end."""
        yield from (h.at for h in self.facts.handoffs)
        for pause in self.pauses:
            yield from pause
        for at, until in self.snoozes:
            yield at
            if until is not None:
                yield until


def snoozes(members: Sequence[Seen], said: Sequence[Said]) -> tuple[tuple[datetime, datetime | None], ...]:
    """What was snoozed when, by the word of each moment (marks.Marks.snoozed_until)."""
    if not any(each.mark.kind == "snooze" for each in said):
        return ()
    moments = {each.mark.known_at for each in said} | {each.undone_at for each in said if each.undone_at}
    found: list[tuple[datetime, datetime | None]] = []
    for moment in sorted(moments | {m.received_at for m in members}):
        there = [m for m in members if m.received_at <= moment]
        until = Marks(s.mark for s in said if s.stands(moment)).snoozed_until(there) if there else None
        if until != (found[-1][1] if found else None):
            found.append((moment, until))
    return tuple(found)


def pauses(
    wait: Wait, messages: Sequence[Seen], house: House, said: Sequence[Said], by_subject: frozenset[str] = frozenset()
) -> tuple[tuple[datetime, datetime], ...]:
    """When a wait was over for a while: it was said to be done, which was taken back; or it was reopened."""
    found = []
    for each in said:
        mark, back = each.mark, each.undone_at
        if mark.message not in wait.members:
            continue
        if mark.kind == "done" and back is not None and back > mark.known_at:
            found.append((mark.known_at, back))
        elif mark.kind == "reopen" and (ended := _ended_before(mark, messages, house, said, by_subject)):
            found.append((ended, mark.known_at))
    return tuple(sorted(found))


def _ended_before(
    mark: Mark, messages: Sequence[Seen], house: House, said: Sequence[Said], by_subject: frozenset[str]
) -> datetime | None:
    """Since when it had been over what was reopened."""
    known = [m for m in messages if (m.known_at or m.received_at) <= mark.known_at]
    before = [s.mark for s in said if s.stands(mark.known_at) and s.mark.moment < mark.moment]
    waits = fold(known, house, before, by_subject).waits
    of_it = [w for w in waits if mark.message in w.members and w.state != "waiting"]
    ends = [end for w in of_it if (end := ended_at(w)) is not None and end < mark.known_at]
    return min(ends, default=None)


def ended_at(wait: Wait, cites: Sequence[datetime] = ()) -> datetime | None:
    """From when on it was known that nobody waits; None: they do. Of an answer at an unknown time, when we heard of it:
    with the mail that cites it (`cites`: when such mails came), else at the first look."""
    if wait.state == "waiting":
        return None
    return known_end(wait.answered_at or wait.closed_at, wait.opened_at, cites)


def known_end(at: datetime | None, opened_at: datetime, cites: Sequence[datetime] = ()) -> datetime:
    """The same, of a wait that is over."""
    return at or min((moment for moment in cites if moment > opened_at), default=opened_at)
