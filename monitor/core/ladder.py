"""GROUND. Whom to remind, and when: steps relative to the moment a wait's promise runs out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.durations import canonical


@dataclass(frozen=True, slots=True)
class Step:
    """One `[[reminder]]`: `after` due (negative warns before), to addresses or "owners", again every `repeat`."""

    after: timedelta = timedelta(0)
    to: tuple[str, ...] = ("owners",)
    repeat: timedelta | None = timedelta(hours=24)

    @property
    def name(self) -> str:
        """`0h.owners`: the step's name in the store and in `explain`."""
        return f"{canonical(self.after)}.{'+'.join(self.to)}"[:200]

    def recipients(self, owners: Iterable[str]) -> tuple[str, ...]:
        """The addresses this step writes to, each once."""
        return tuple(dict.fromkeys(a for to in self.to for a in (owners if to == "owners" else (to,))))


@dataclass(frozen=True, slots=True)
class Reminder:
    """Wait × step × occurrence × recipient: an obligation that exists at most once. `moment` (UTC): its due time."""

    wait: int
    step: str
    occurrence: int
    recipient: str
    moment: datetime


def due(
    wait: int,
    due_at: datetime,
    steps: Iterable[Step],
    owners: Iterable[str],
    as_of: datetime,
    last: Mapping[str, datetime],
    claimed: Collection[tuple[str, int, str]] = (),
) -> list[Reminder]:
    """The reminders of one wait that are due at `as_of` and not yet claimed: at most one a recipient, the latest.

    `last` gives the moment of the latest reminder each recipient already has about this wait. After downtime only the
    highest step is due, and what lies before it never fires later. `claimed` are the (step, occurrence, recipient)
    there are already: a target made longer moves their moments, but they stay at most once.
    """
    latest: dict[str, Reminder] = {}
    for step in steps:
        moment, occurrence = due_at + step.after, 0
        if moment > as_of:
            continue
        if step.repeat:
            occurrence = (as_of - moment) // step.repeat
            moment += occurrence * step.repeat
        for recipient in step.recipients(owners):
            if (step.name, occurrence, recipient) in claimed:
                continue
            already, best = last.get(recipient), latest.get(recipient)
            if (already is None or moment > already) and (best is None or moment > best.moment):
                latest[recipient] = Reminder(wait, step.name, occurrence, recipient, moment)
    return list(latest.values())


def next_after(due_at: datetime, steps: Iterable[Step], as_of: datetime) -> tuple[datetime, Step] | None:
    """The next moment after `as_of` at which a step of this ladder falls due, with the step; None where none does."""
    moments: list[tuple[datetime, Step]] = []
    for step in steps:
        moment = due_at + step.after
        if moment <= as_of and step.repeat:
            moment += ((as_of - moment) // step.repeat + 1) * step.repeat
        if moment > as_of:
            moments.append((moment, step))
    return min(moments, key=lambda pair: pair[0], default=None)
