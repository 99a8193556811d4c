"""GROUND. What was said by hand of a wait beside that it is done: taken back, put off, handed over (wait.Mark)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from monitor.core.house import House
from monitor.core.message import Seen
from monitor.core.wait import LONGEST_SNOOZE, Handoff, Mark


class Ended(NamedTuple):
    """When something ended a wait, and when we knew of it (UTC); `order` as in Mark. `at` None: by then at latest."""

    at: datetime | None
    known_at: datetime
    order: int = 0


class Marks:
    """The marks of one conversation by their messages; in which order they are given does not matter."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._reopened: dict[str, list[Mark]] = {}
        self._snoozed: dict[str, Mark] = {}
        for mark in marks:
            if mark.kind == "reopen":
                self._reopened.setdefault(mark.message, []).append(mark)
            elif mark.kind == "snooze":
                self._snoozed[mark.message] = max(mark, self._snoozed.get(mark.message, mark), key=_latest)

    def took_back(self, members: Iterable[Seen], ended: Ended) -> bool:
        """Whether somebody said since that what ended the waiting of these messages did not.

        They can have meant only what had happened when they said it, and what was known when it was heard: a reply that
        came to light later still is one.
        """
        if not self._reopened:
            return False
        said = (mark for m in members for mark in self._reopened.get(m.message.identity, ()))
        return any(_takes_back(mark, ended) for mark in said)

    def snoozed_until(self, members: Sequence[Seen]) -> datetime | None:
        """Until when those who wait together with these messages are quiet: as the latest word has it, seven days at
        most. Who writes again after it was said, or is reopened, is quiet no more.
        """
        if not self._snoozed:
            return None
        found = [m for s in members if (m := self._snoozed.get(s.message.identity))]
        if not found:
            return None
        last = max(found, key=_latest)
        wrote_again = any(not meant(last, s) and s.message.identity != last.message for s in members)
        if wrote_again or self.took_back(members, Ended(last.at, last.known_at, last.order)):
            return None
        longest = last.at + LONGEST_SNOOZE
        return min(last.until or longest, longest)


NO_MARKS = Marks(())
"""Of a conversation of which nothing was said."""


def meant(mark: Mark, seen: Seen) -> bool:
    """Whether somebody who said this can have meant a message, too."""
    known_at = seen.known_at or seen.received_at
    return seen.received_at <= mark.at and (mark.letter_at is None or known_at <= mark.letter_at)


def assigned(mark: Mark, before: Handoff | None, home: str, house: House) -> Handoff:
    """The handoff of a mark: from who held the ball `before`, or `home`, the team of the wait's own mailbox."""
    holder = before.to_team if before and not before.decided else home
    return Handoff(mark.at, holder, mark.team or house.team_of(mark.person), False, mark.person)


def _takes_back(reopen: Mark, ended: Ended) -> bool:
    happened = ended.at is None or (ended.at, ended.order) <= reopen.moment
    return happened and ended.known_at <= reopen.known_at


def _latest(mark: Mark) -> tuple[datetime, int, str]:
    return mark.at, mark.order, repr(mark)
