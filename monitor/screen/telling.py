"""FLOOR 3. What the pages need beside a conversation: the house, what we know of it, the reminders, the moment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.calendar import Counted, Mode, Stretch, stretches
from monitor.core.house import House
from monitor.core.report import path
from monitor.core.wait import is_met
from monitor.jobs.knowledge import Knowledge, know
from monitor.store.store import Store
from monitor.store.stories import (
    Story,
    StoryMessage,
    StoryReminder,
    StoryWait,
    conversation_of,
    reminders_of,
    story_of,
)

LONGEST_NUMBER = 18
"""Digits: databases keep numbers in 64 bits."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How a wait is timed: elapsed time and primary time (what the target counts), None where its end is not known.

    `closed`: the stretches (UTC) in which the clock stood still; of one who waits also those to come until it is due.
    """

    mode: Mode
    reply_within: timedelta
    elapsed: timedelta | None
    primary: timedelta | None
    closed: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """The frame in which conversations are told."""

    store: Store
    settings: Settings
    house: House
    knowledge: Knowledge
    now: datetime
    _counted: dict[str, Counted] = field(default_factory=dict)

    def as_of(self, wait: StoryWait) -> datetime | None:
        """Up to when we know that nobody answered this wait: the oldest view of its mailboxes."""
        return self.knowledge.as_of_all(wait.mailboxes)

    def met(self, wait: StoryWait) -> bool | None:
        """Whether the promise was kept, as far as we know."""
        return is_met(wait.state, wait.answered_at, wait.due_at, self.as_of(wait))

    def is_late(self, wait: StoryWait) -> bool:
        """Whether somebody waits past the target."""
        return wait.state == "waiting" and self.met(wait) is False

    def clock(self, wait: StoryWait) -> Clock:
        """How the wait is timed, up to its end or to now."""
        target, end = self.house.target(wait.mailboxes[0]), self._end(wait)
        length, calendar = target.reply_within, target.calendar
        if end is None:
            return Clock(calendar.mode, length, None, None)
        until = max(end, wait.due_at) if wait.state == "waiting" else end
        closed = tuple(stretches(wait.opened_at, until, calendar))
        return Clock(calendar.mode, length, *self.lengths(wait), closed)

    def lengths(self, wait: StoryWait) -> tuple[timedelta | None, timedelta | None]:
        """Elapsed and primary time of a wait, up to its end or to now; None where its end is not known."""
        end, home = self._end(wait), wait.mailboxes[0]
        if end is None:
            return None, None
        counted = self._counted.setdefault(home, Counted(self.house.target(home).calendar))
        return max(end - wait.opened_at, timedelta(0)), counted.primary(wait.opened_at, end)

    def way(self, wait: StoryWait) -> tuple[path.Stretch, ...]:
        """Who held the wait for how long, up to its end or to now; nothing where its end is not known."""
        end = self._end(wait)
        return () if end is None else path.stretches(wait.team, wait.opened_at, end, wait.handoffs)

    def _end(self, wait: StoryWait) -> datetime | None:
        return self.now if wait.state == "waiting" else wait.answered_at or wait.closed_at

    def reminders(self, story: Story) -> list[StoryReminder]:
        """All reminders about the waits of a conversation."""
        return reminders_of(self.store, [w.id for w in story.waits])


def told(store: Store, settings: Settings, now: datetime) -> Told:
    """The frame at `now`."""
    return Told(store, settings, settings.house(store.letter_key), know(store, settings, now), now)


def find(store: Store, what: str) -> tuple[Story, StoryMessage | None] | None:
    """A conversation by its number, or by a message's id with the message; None if there is none."""
    text = what.encode("utf-8", "replace").decode().strip()  # an argument may hold bytes that are no text
    if text.isdecimal():
        story = story_of(store, int(text)) if len(text) <= LONGEST_NUMBER else None
        return (story, None) if story else None
    for wanted in (text, f"<{text.strip('<>')}>"):
        number = conversation_of(store, wanted)
        story = story_of(store, number) if number is not None else None
        if story:
            return story, next((m for m in story.messages if wanted in (m.shown_id, m.seen.message.identity)), None)
    return None


@dataclass
class Chosen:
    """The conversations of a list, filtered as they come; `late` is set when one of them has a late wait."""

    stories: Iterable[Story]
    frame: Told
    mailbox: str | None
    only_late: bool
    late: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[Story]:
        for story in self.stories:
            if self.mailbox and self.mailbox not in story.mailboxes():
                continue
            if not self.frame.knowledge.watches(story.mailboxes()):
                continue  # of a mailbox that was taken out of the config
            is_late = any(self.frame.is_late(w) for w in story.waits)
            self.late = self.late or is_late
            if is_late or not self.only_late:
                yield story
