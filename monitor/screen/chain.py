"""FLOOR 3. The chain of decisions in one conversation, as values: of these `explain` makes its page and its JSON."""

from datetime import datetime
from typing import Literal, NamedTuple

from monitor.core.considered import Considered, Refused
from monitor.core.message import Address, Place
from monitor.core.needs_reply import Verdict
from monitor.core.wait import Wait
from monitor.screen.telling import Told
from monitor.store.acts import StoryAct
from monitor.store.stories import Story, StoryMessage, StoryReminder, StoryWait

ENDED = {"closed": "closed.done", "deleted": "closed.deleted", "spam": "closed.spam"}
"""The rules of what ended a wait without answering it, by evidence."""


class Person(NamedTuple):
    """Somebody in a message. `part`: the writer, From where that is another, a recipient. `rule`: why `ours` or not."""

    part: Literal["writer", "from", "to"]
    who: Address
    ours: bool
    rule: str


class Part(NamedTuple):
    """What a message is to a wait, with the name of the rule."""

    kind: Literal["opened", "chased", "ended", "refused"]
    wait: StoryWait
    rule: str


class Lies(NamedTuple):
    """A place where a message lies or, if `gone`, lay; `since` (UTC): the look that first saw it there."""

    place: Place
    since: datetime
    gone: bool


class Chain:
    """One conversation with all that was decided about it; lives for one answer to `explain`."""

    def __init__(self, story: Story, told: Told) -> None:
        self.story, self.told = story, told
        self.reminders: list[StoryReminder] = told.reminders(story)
        self.considered = Considered(
            [m.seen for m in story.messages],
            told.house,
            {m.identity: Verdict(m.direction, m.wants_reply, m.rule, m.signals) for m in story.messages},
            [_folded(wait) for wait in story.waits],
            frozenset(m.identity for m in story.messages if m.link == "join.inferred"),
        )
        self.message = {m.identity: m for m in story.messages}
        self._refused: dict[int, list[Refused]] = {}

    def people(self, m: StoryMessage) -> list[Person]:
        """Everybody in a message: who wrote it first."""
        message, writer = m.seen.message, self.considered.people.writer(m.seen)
        found = [self._person("writer", writer)]
        if message.from_.address != writer.address:
            found.append(self._person("from", message.from_))
        return found + [self._person("to", each) for each in message.recipients]

    def _person(self, part: Literal["writer", "from", "to"], who: Address) -> Person:
        if who.address in self.considered.people.guests:
            return Person(part, who, False, "staff.guest")
        return Person(part, who, self.considered.people.ours(who.address), self.told.house.staff.why(who.address))

    def parts(self, m: StoryMessage) -> list[Part]:
        """What a message is to the waits of its conversation."""
        found = []
        for wait in self.story.waits:
            if m.identity == wait.members[0]:
                found.append(Part("opened", wait, "wait.oldest-unanswered"))
            elif m.identity in wait.members:
                found.append(Part("chased", wait, "wait.same-people"))
            elif m.identity == wait.answer:
                found.append(Part("ended", wait, ended_by(wait)))
            elif not (m.direction == "incoming" and m.wants_reply):
                rules = [rule for identity, rule in self.refused(wait) if identity == m.identity]
                found += [Part("refused", wait, rule) for rule in rules]
        return found

    def refused(self, wait: StoryWait) -> list[Refused]:
        """What was considered as the answer to a wait and did not end it."""
        if wait.id not in self._refused:
            self._refused[wait.id] = self.considered.refused(_folded(wait))
        return self._refused[wait.id]

    def reminders_of(self, wait: StoryWait) -> list[StoryReminder]:
        """The reminders about a wait, oldest first."""
        return [r for r in self.reminders if r.wait == wait.id]

    def acts_of(self, wait: StoryWait) -> list[StoryAct]:
        """What was said by hand of a wait, oldest first."""
        return [act for act in self.story.acts if act.message in wait.members]


def lies(m: StoryMessage) -> list[Lies]:
    """Where a message lies, then where it lay: each place once, since it was first seen there."""
    found: dict[Place, Lies] = {}
    for s in sorted(m.sightings, key=lambda s: (s.gone, s.seen_at, s.place)):
        had = found.get(s.place)
        if had is None:
            found[s.place] = Lies(s.place, s.seen_at, s.gone)
        elif s.seen_at < had.since:
            found[s.place] = had._replace(since=s.seen_at)
    return sorted(found.values(), key=lambda at: (at.gone, at.since, at.place))


def is_missing(story: Story, wait: StoryWait) -> bool:
    """Whether the message that opened a wait is in no folder any more."""
    return any(m.seen.missing for m in story.messages if m.identity == wait.members[0])


def wait_of(story: Story, m: StoryMessage) -> StoryWait | None:
    """The wait that a message belongs to, or that it ended; the first where it ended several."""
    return next((w for w in story.waits if m.identity in w.members or m.identity == w.answer), None)


def ended_by(wait: StoryWait) -> str:
    """The name of the rule that ended a wait."""
    return ENDED.get(wait.evidence or "", f"answer.{wait.evidence}")


def _folded(wait: StoryWait) -> Wait:
    """The wait as the core knows it."""
    return Wait(
        opener=wait.members[0],
        members=wait.members,
        who=wait.who,
        mailboxes=wait.mailboxes,
        state=wait.state,
        opened_at=wait.opened_at,
        due_at=wait.due_at,
        answered_by=wait.answer,
        answered_at=wait.answered_at,
        closed_at=wait.closed_at,
        evidence=wait.evidence,
    )
