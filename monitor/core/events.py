"""GROUND. What happens to a message beside mail: a mark by hand, the flag, that it was put away (rules.md §3)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import groupby

from monitor.core.marks import meant
from monitor.core.message import Away, Flag, Seen
from monitor.core.wait import Mark


@dataclass(frozen=True, slots=True)
class Event:
    """`message`: an identity. Moments in UTC."""

    at: datetime
    message: str
    what: Away | Flag | Mark

    @property
    def key(self) -> tuple[datetime, bool, int, str, str]:
        """Oldest first; of what happened at once the flag first: who answers and then tidies up has answered."""
        order = self.what.order if isinstance(self.what, Mark) else 0
        return self.at, isinstance(self.what, Away), order, repr(self.what), self.message


class Events:
    """The events of one conversation, taken off while its messages are walked over. An event waits for its message."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._ahead = [(event.key, event) for event in events]
        heapify(self._ahead)
        self._early: dict[str, list[Event]] = {}
        self._walked: set[str] = set()

    def __bool__(self) -> bool:
        """Whether anything is still to come."""
        return bool(self._ahead or self._early)

    def walked(self, identity: str) -> None:
        """This message has been walked over; what happened to it may now be taken off."""
        self._walked.add(identity)
        for event in self._early.pop(identity, ()):
            heappush(self._ahead, (event.key, event))

    def until(self, moment: datetime | None) -> Iterator[tuple[Away | Flag | Mark, set[str]]]:
        """What happened up to a moment (None: all there is): each thing with the messages it happened to at once."""
        now = []
        while self._ahead and (moment is None or self._ahead[0][1].at <= moment):
            event = heappop(self._ahead)[1]
            if event.message in self._walked:
                now.append(event)
            else:
                self._early.setdefault(event.message, []).append(event)
        for what, events in groupby(now, key=lambda e: e.what):
            yield what, {event.message for event in events}


NO_EVENTS = Events(())
"""Of a conversation in which nothing happened beside mail."""


def events(messages: Iterable[Seen], marks: Iterable[Mark], explained: set[str]) -> Events:
    """All that happened. `explained`: ids of messages whose flag comes from a message of ours that we see."""
    found = [Event(m.at, m.message, m) for m in marks if m.kind in ("done", "assign")]
    for seen in messages:
        identity, flag, away = seen.message.identity, seen.flag, seen.away
        if flag and flag.at and seen.message.message_id not in explained:
            found.append(Event(flag.at, identity, flag))
        if away:
            found.append(Event(away.at, identity, away))
    return Events(found)


def concerned(members: Sequence[Seen], messages: set[str], what: Away | Flag | Mark) -> list[Seen]:
    """Whose waiting ends of those who wait together when this happens to some of their messages."""
    if isinstance(what, Away):
        return [m for m in members if m.message.identity in messages]
    if isinstance(what, Mark):
        # The marked one counts whatever its stamp says: mail may be stamped some minutes ahead.
        return [m for m in members if m.message.identity in messages or meant(what, m)]
    # Whoever wrote after the flagged message, and after the look before the flag was seen, may not have been answered.
    last = max(at for at, m in enumerate(members) if m.message.identity in messages)
    return [m for at, m in enumerate(members) if at <= last or (what.after and m.received_at <= what.after)]
