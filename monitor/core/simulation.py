"""GROUND. The ladder played over stored history: which reminders these rules would have sent, and when.

It asks `ladder.due` at every look at which something may have fallen due, as the daemon does, with what was known then.
Looks are taken to have been complete, and letters to have left at once.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from monitor.core.ladder import Reminder, Step, Told, due
from monitor.core.lived import Lived
from monitor.core.sending import EARLIEST, LAST_HOUR
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
    when somebody leaves or is back, or a mailbox was first looked at. `pause`: between two letters to one recipient.
    """

    steps: Sequence[Step]
    teams: Mapping[str, Sequence[str]]
    owners: Callable[[Lived, Handoff | None, datetime], Sequence[str]]
    hears: Callable[[Sequence[str], datetime], Mapping[str, str]]
    warns: Callable[[str, datetime, datetime, datetime], datetime]
    opens: Callable[[str, datetime], datetime]
    turns: Sequence[datetime] = ()
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


@dataclass(slots=True)
class _Heard:
    """What was told of one wait: what Told shows."""

    last: dict[str, datetime] = field(default_factory=dict)
    claimed: set[tuple[str, int, str]] = field(default_factory=set)
    heard: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def told(self) -> Told:
        return Told(self.last, self.claimed, self.heard)

    def add(self, reminder: Reminder, at: datetime) -> None:
        who, key = reminder.recipient, (reminder.step, reminder.recipient)
        self.last[who] = max(reminder.moment, self.last.get(who, reminder.moment))
        self.claimed.add((reminder.step, reminder.occurrence, who))
        self.heard[key] = at


def replay(waits: Sequence[Lived], rules: Rules, looks: Looks) -> list[Letter]:
    """The reminder letters, oldest first. `Reminder.wait` is the place of its wait in `waits`."""
    return list(_Replay(waits, rules, looks).run())


class _Replay:
    """One replay: at each look only those waits are asked for which something may have changed since they last were."""

    def __init__(self, waits: Sequence[Lived], rules: Rules, looks: Looks) -> None:
        self.waits, self.rules, self.looks = waits, rules, looks
        self.heard: dict[int, _Heard] = defaultdict(_Heard)
        self.written: dict[str, datetime] = {}
        self.turns = sorted(rules.turns)
        earliest = min((step.after for step in rules.steps), default=timedelta(0))
        self.ahead = earliest - (EARLIEST + LAST_HOUR if earliest < timedelta(0) else timedelta(0))
        self.agenda = [
            (max(looks.first, wait.facts.opened_at, wait.facts.due_at + self.ahead), n) for n, wait in enumerate(waits)
        ]
        heapify(self.agenda)

    def run(self) -> Iterator[Letter]:
        """One look after the other."""
        while self.agenda and (look := self.looks.at(self.agenda[0][0])) <= self.looks.last:
            asked = set()
            while self.agenda and self.agenda[0][0] <= look:
                asked.add(heappop(self.agenda)[1])
            yield from self._look(look, sorted(n for n in asked if self._goes_on(n, look)))

    def _goes_on(self, n: int, moment: datetime) -> bool:
        wait = self.waits[n]
        known = wait.facts.as_of is not None and moment <= wait.facts.as_of
        return known and (wait.ended_at is None or moment < wait.ended_at)

    def _look(self, look: datetime, asked: Sequence[int]) -> Iterator[Letter]:
        by_recipient: dict[str, list[Reminder]] = defaultdict(list)
        for n in asked:
            for reminder in self._due(n, look):
                by_recipient[reminder.via].append(reminder)
        for recipient, found in sorted(by_recipient.items()):
            if (free := self._free(recipient, look)) > look:
                for reminder in found:
                    self._ask(reminder.wait, free)
                continue
            found.sort(key=lambda r: (self.waits[r.wait].facts.due_at, r.wait))
            for reminder in found:
                self.heard[reminder.wait].add(reminder, look)
            self.written[recipient] = look
            yield Letter(look, recipient, tuple(found))
        for n in asked:
            if coming := min((m for m in self._changes(n, look) if m > look), default=None):
                self._ask(n, coming)

    def _ask(self, n: int, moment: datetime) -> None:
        if moment <= self.looks.last and self._goes_on(n, moment):
            heappush(self.agenda, (moment, n))

    def _free(self, recipient: str, look: datetime) -> datetime:
        """When they may get their next letter."""
        last = self.written.get(recipient)
        return self.rules.opens(recipient, look if last is None else max(look, last + self.rules.pause))

    def _due(self, n: int, look: datetime) -> list[Reminder]:
        wait, rules = self.waits[n], self.rules
        owners = rules.owners(wait, wait.handoff(look), look)
        if not owners or not wait.is_waiting(look):
            return []
        return due(
            n,
            wait.facts.due_at,
            rules.steps,
            owners,
            look,
            self.heard[n].told(),
            teams=rules.teams,
            snoozed_until=wait.snoozed_until(look),
            hears=lambda recipients: rules.hears(recipients, look),
            early=lambda address, moment, due_at: rules.warns(address, moment, due_at, look),
        )

    def _changes(self, n: int, look: datetime) -> Iterator[datetime]:
        """Moments at which something may be due that is not at this look; rather too many than too few."""
        wait, due_at = self.waits[n], self.waits[n].facts.due_at
        for step in self.rules.steps:
            moment = due_at + step.after
            if moment > look:
                yield moment
                yield from self._warnings(n, step, moment, look)
            elif step.repeat:
                yield moment + ((look - moment) // step.repeat + 1) * step.repeat
        repeats = {step.name: step.repeat for step in self.rules.steps}
        for (name, _), at in self.heard[n].heard.items():
            if repeat := repeats.get(name):
                yield at + repeat / 2
        yield from wait.turns()
        yield from self.turns[(place := bisect_right(self.turns, look)) : place + 1]

    def _warnings(self, n: int, step: Step, moment: datetime, look: datetime) -> Iterator[datetime]:
        """When a warning would go that may come before its moment: it is asked for hours ahead, when that is known."""
        if step.after < timedelta(0):
            soon = moment - EARLIEST - LAST_HOUR
            if look <= soon:
                yield soon + timedelta(microseconds=1)
                return
            owners = self.rules.owners(self.waits[n], self.waits[n].handoff(look), look)
            for via in self.rules.hears(step.recipients(owners, self.rules.teams), look).values() if owners else ():
                yield self.rules.warns(via, moment, self.waits[n].facts.due_at, look)
