"""GROUND. The ladder played over stored history: which reminders these rules would have sent, and when.

It asks `ladder.due` of a wait only when something of it may have changed since it was last asked; what is due then is
held until a letter may go, and all that is held for one recipient goes with it. That is the same as to ask at every
look, as the daemon does, but costs by reminders and not by looks. Looks are taken to have been complete, and letters to
have left at once.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from monitor.core.ladder import SNOOZE, Reminder, Step, Told, due
from monitor.core.lived import Lived
from monitor.core.sending import EARLIEST, LAST_HOUR
from monitor.core.simulation_hearing import Hearing
from monitor.core.wait import Handoff

SETTLES = timedelta(days=14)
"""A replay that begins in the middle, and knows of no letter before, agrees with the truth after so long, and two
repeats: no window that anybody would want stays closed for longer."""


def settles(steps: Iterable[Step]) -> timedelta:
    """How long before the moments that count a replay has to begin."""
    return SETTLES + 2 * max((step.repeat for step in steps if step.repeat), default=timedelta(0))


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides who is reminded when. `teams`: the owners of each.

    `owners`: who is told of a wait while this handoff stands, at a moment; nobody where it never enters the ladder.
    `hears`: who gets it for each of them at a moment. `warns`: when a warning goes to an address, asked at a moment:
    (address, its moment, when the promise runs out, now). `opens`: when a letter may next go to an address. `turns`:
    when somebody leaves or is back; from one to the next `hears` says the same. `begins`: when a mailbox was first
    looked at; from one to the next `owners` says the same, but for handoffs. `pause`: between two letters to somebody.
    """

    steps: Sequence[Step]
    teams: Mapping[str, Sequence[str]]
    owners: Callable[[Lived, Handoff | None, datetime], Sequence[str]]
    hears: Callable[[Sequence[str], datetime], Mapping[str, str]]
    warns: Callable[[str, datetime, datetime, datetime], datetime]
    opens: Callable[[str, datetime], datetime]
    turns: Sequence[datetime] = ()
    begins: Sequence[datetime] = ()
    pause: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looks:
    """One look each `every`, the last one at `last` (UTC), none before `first`."""

    first: datetime
    last: datetime
    every: timedelta

    def at(self, moment: datetime) -> datetime:
        """The first look from a moment on; a later one than `last` where there is none."""
        return self.last - (self.last - max(moment, self.first)) // self.every * self.every


@dataclass(frozen=True, slots=True)
class Letter:
    """A reminder letter: the waits it tells of are those of its reminders (their places among the waits)."""

    at: datetime
    recipient: str
    reminders: tuple[Reminder, ...]


_NOTHING = Told({})


@dataclass(slots=True)
class _Heard:
    """What was told of one wait: what Told shows."""

    last: dict[str, datetime] = field(default_factory=dict)
    claimed: set[tuple[str, int, str]] = field(default_factory=set)
    heard: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def add(self, reminder: Reminder, at: datetime, keeps_all: bool) -> None:
        """`keeps_all`: else only claims that `last` does not stand for. A repeat's moment is always the same, that of
        a warning and of the end of a snooze is not."""
        who, key = reminder.recipient, (reminder.step, reminder.recipient)
        self.last[who] = max(reminder.moment, self.last.get(who, reminder.moment))
        if keeps_all or not reminder.occurrence or reminder.step == SNOOZE:
            self.claimed.add((reminder.step, reminder.occurrence, who))
        self.heard[key] = at


def replaying(waits: Sequence[Lived], rules: Rules, looks: Looks) -> Iterator[Letter]:
    """The reminder letters, oldest first, one by one: years of them need not be held together.

    `Reminder.wait` is the place of its wait in `waits`.
    """
    return _Replay(waits, rules, looks).run()


class _Replay:
    """One replay. `agenda`: when to ask of which wait next; `held`: what is due to somebody but may not go yet, and
    `post`: when it may; `due`: the same by wait."""

    def __init__(self, waits: Sequence[Lived], rules: Rules, looks: Looks) -> None:
        self.waits, self.rules, self.looks = waits, rules, looks
        self.hearing = Hearing(rules.steps, rules.teams, rules.hears, rules.turns)
        self.begins = sorted(rules.begins)
        self.named = [(step.name, step) for step in rules.steps]
        self.alike = len(dict(self.named)) < len(self.named)
        self.heard: dict[int, _Heard] = {}
        self.written: dict[str, datetime] = {}
        self.held: dict[str, dict[tuple[int, str], Reminder]] = defaultdict(dict)
        self.due: dict[int, list[Reminder]] = {}
        self.post: list[tuple[datetime, str]] = []
        self.free: dict[str, datetime] = {}
        earliest = min((step.after for step in rules.steps), default=timedelta(0))
        self.ahead = earliest - (EARLIEST + LAST_HOUR if earliest < timedelta(0) else timedelta(0))
        self.agenda: list[tuple[datetime, int]] = []
        self.next: dict[int, datetime] = {}
        for n, wait in enumerate(waits):
            first = max(looks.first, wait.facts.opened_at, wait.facts.due_at + self.ahead)
            if self._goes_on(n, first):
                self.next[n] = first
                self.agenda.append((first, n))
        heapify(self.agenda)

    def run(self) -> Iterator[Letter]:
        """One look after the other."""
        while (look := self._next_look()) <= self.looks.last:
            asked, writable = set(), set()
            while self.agenda and self.agenda[0][0] <= look:
                moment, n = heappop(self.agenda)
                if self.next.get(n) == moment:
                    asked.add(n)
            while self.post and self.post[0][0] <= look:
                moment, via = heappop(self.post)
                if self.free.get(via) == moment:
                    writable.add(via)
            for n in sorted(asked):
                writable.update(self._ask(n, look))
            for via in sorted(writable):
                yield from self._write(via, look)

    def _next_look(self) -> datetime:
        coming = [queue[0][0] for queue in (self.agenda, self.post) if queue]
        return self.looks.at(min(coming)) if coming else self.looks.last + self.looks.every

    def _goes_on(self, n: int, moment: datetime) -> bool:
        wait = self.waits[n]
        known = wait.facts.as_of is not None and moment <= wait.facts.as_of
        return known and (wait.ended_at is None or moment < wait.ended_at)

    def _ask(self, n: int, look: datetime) -> Iterator[str]:
        """Holds what is due of a wait, and says to whom."""
        del self.next[n]
        for old in self.due.pop(n, ()):
            del self.held[old.via][n, old.recipient]
        if not self._goes_on(n, look):
            self.heard.pop(n, None)
            return
        wait = self.waits[n]
        handoff = wait.handoff(look)
        owners = tuple(self.rules.owners(wait, handoff, look)) if wait.is_waiting(look) else ()
        found = self._due(n, owners, look) if owners else []
        if found:
            self.due[n] = found
        for reminder in found:
            self.held[reminder.via][n, reminder.recipient] = reminder
            if self.free.get(reminder.via, look) <= look:
                yield reminder.via
        for moment in self._changes(n, owners, look):
            if moment > look:
                self._ask_at(n, moment)

    def _ask_at(self, n: int, moment: datetime) -> None:
        planned = self.next.get(n)
        if moment <= self.looks.last and (planned is None or moment < planned) and self._goes_on(n, moment):
            self.next[n] = moment
            heappush(self.agenda, (moment, n))

    def _write(self, via: str, look: datetime) -> Iterator[Letter]:
        """The letter to somebody of all that is due to them, or when it may go."""
        self.free.pop(via, None)
        if not self.held[via]:
            return
        last = self.written.get(via)
        free = self.rules.opens(via, look if last is None else max(look, last + self.rules.pause))
        if free > look:
            self.free[via] = free
            heappush(self.post, (free, via))
            return
        reminders = list(self.held.pop(via).values())
        for reminder in reminders:
            self.due[reminder.wait].remove(reminder)
        found = [r for r in reminders if self._goes_on(r.wait, look)]
        found.sort(key=lambda r: (self.waits[r.wait].facts.due_at, r.wait))
        for reminder in found:
            self._tell(reminder, look)
        if found:
            self.written[via] = look
            yield Letter(look, via, tuple(found))

    def _tell(self, reminder: Reminder, look: datetime) -> None:
        n = reminder.wait
        self.heard.setdefault(n, _Heard()).add(reminder, look, self.alike)
        for moment in self._repeats_held_up(n, reminder.step, look):
            self._ask_at(n, moment)
        if any(other.via == reminder.recipient for other in self.due[n]):
            self._ask_at(n, look + timedelta.resolution)

    def _due(self, n: int, owners: Sequence[str], look: datetime) -> list[Reminder]:
        wait, rules, heard = self.waits[n], self.rules, self.heard.get(n)
        return due(
            n,
            wait.facts.due_at,
            rules.steps,
            owners,
            look,
            Told(heard.last, heard.claimed, heard.heard) if heard else _NOTHING,
            teams=rules.teams,
            snoozed_until=wait.snoozed_until(look),
            hears=lambda recipients: self.hearing.hears(recipients, look),
            early=lambda via, moment, due_at: rules.warns(via, moment, due_at, look) if moment < due_at else moment,
        )

    def _changes(self, n: int, owners: tuple[str, ...], look: datetime) -> Iterator[datetime]:
        """Moments at which something else may be due than at this look; rather too many than too few."""
        wait = self.waits[n]
        yield from wait.turns()
        yield from self.begins[(place := bisect_right(self.begins, look)) : place + 1]
        if not owners:
            return
        for step in self.rules.steps:
            moment = wait.facts.due_at + step.after
            if moment > look:
                yield moment
                yield from self._warnings(n, step, owners, look)
            elif step.repeat:
                yield moment + ((look - moment) // step.repeat + 1) * step.repeat
        if heard := self.heard.get(n):
            for (name, _), at in heard.heard.items():
                yield from self._repeats_held_up(n, name, at)
        if turn := self.hearing.turn(owners, look):
            yield turn

    def _repeats_held_up(self, n: int, name: str, at: datetime) -> Iterator[datetime]:
        """When a repeat may be told that falls due too soon after a letter that went at `at` (Told.just_now)."""
        for other, step in self.named:
            if other == name and step.repeat:
                moment, free = self.waits[n].facts.due_at + step.after, at + step.repeat / 2
                if self.alike or (free - moment) // step.repeat > (at - moment) // step.repeat:
                    yield free

    def _warnings(self, n: int, step: Step, owners: Sequence[str], look: datetime) -> Iterator[datetime]:
        """When a warning would go that may come before its moment: it is asked for hours ahead, when that is known."""
        if step.after < timedelta(0):
            due_at = self.waits[n].facts.due_at
            soon = due_at + step.after - EARLIEST - LAST_HOUR
            if look <= soon:
                yield soon + timedelta.resolution
                return
            for via in self.hearing.hears(step.recipients(owners, self.rules.teams), look).values():
                yield self.rules.warns(via, due_at + step.after, due_at, look)
