"""GROUND. Whom a message of ours reaches, and on what evidence: for the fold, and for considered.py, which explains."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitor.core.answers import Proof, evidence, failures, without_failed
from monitor.core.message import Address, Message, Seen
from monitor.core.needs_reply import Verdict
from monitor.core.parties import Party, People


class Reply(NamedTuple):
    """A message of ours as an answer. `grade`: its evidence, None: it stops no clock.

    `outside`: the people outside, and the lists they read, that it was written to; `left`: those of them to whom it
    could be delivered; `to_list`: everybody outside reads it.
    """

    seen: Seen
    grade: str | None
    outside: frozenset[str]
    left: frozenset[str]
    to_list: bool

    def reaches(self, party: Party) -> bool:
        """Whether one of those who wait got it."""
        return self.to_list or party.is_reached(self.left, self.named)

    def was_for(self, party: Party) -> bool:
        """Whether it was written to one of them, delivered or not."""
        return self.to_list or party.is_reached(self.outside, self._named(self.outside))

    @property
    def named(self) -> list[Address]:
        """Those of its recipients to whom it could be delivered, with their names."""
        return self._named(self.left)

    def _named(self, addresses: frozenset[str]) -> list[Address]:
        return [r for r in self.seen.message.recipients if r.address in addresses]


class Replies:
    """Lives for one walk over a conversation: whom a Sent copy without recipients reaches, what came before it says.

    What only some replies ask for is found out when the first one asks.
    """

    def __init__(
        self, messages: Sequence[Seen], verdicts: Mapping[str, Verdict], people: People, by_subject: frozenset[str]
    ) -> None:
        self.messages, self.verdicts, self.people, self.by_subject = messages, verdicts, people, by_subject
        self.heard: dict[str, Seen] = {}
        self.reach: dict[str, frozenset[str]] = {}
        self._failed: dict[str, frozenset[str]] | None = None
        self._answered_by: dict[str, frozenset[str]] | None = None

    def hear(self, seen: Seen) -> None:
        """A message of somebody outside."""
        self.heard[seen.message.message_id] = seen

    def reply(self, seen: Seen) -> Reply:
        """A message of ours that goes out."""
        message, people = seen.message, self.people
        self.reach[message.message_id] = to = self._reached(message)
        is_list = people.house.staff.is_outsiders_list
        outside = frozenset([a for a in to if not people.ours(a) or is_list(a)])
        if self._failed is None:
            self._failed = failures(each.message for each in self.messages)
        left = without_failed(outside, self._failed.get(message.message_id, frozenset())) if self._failed else outside
        grade = evidence(Proof(seen, people.house, message.identity in self.by_subject))
        return Reply(seen, grade, outside, left, any(map(is_list, left)))

    def _reached(self, message: Message) -> frozenset[str]:
        """Whom a message of ours reaches, by address.

        Its recipients; a Sent copy without recipient headers reaches those who stand behind the message it names: its
        writer (with Reply-To), or whom it reached if it is an earlier one of ours. If it names none, those whom it
        surely reached, as they answered it.
        """
        if message.recipients:
            return frozenset([r.address for r in message.recipients])
        if not message.names:
            if self._answered_by is None:
                self._answered_by = _answered_by(self.messages, self.verdicts, self.people)
            return self._answered_by.get(message.message_id, frozenset())
        for name in message.in_reply_to + message.references[-1:]:
            if name in self.heard:
                return self.people.voices(self.heard[name])
            if name in self.reach:
                return self.reach[name]
        return frozenset()


def _answered_by(
    messages: Sequence[Seen], verdicts: Mapping[str, Verdict], people: People
) -> dict[str, frozenset[str]]:
    """By id, the outsiders who name a message in In-Reply-To."""
    found: dict[str, frozenset[str]] = {}
    for seen in messages:
        if seen.message.in_reply_to and verdicts[seen.message.identity].direction == "incoming":
            for name in seen.message.in_reply_to:
                found[name] = found.get(name, frozenset()) | people.voices(seen)
    return found
