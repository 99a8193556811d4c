"""GROUND. Whom a message of ours reaches, and on what evidence: for the fold, and for considered.py, which explains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.core.answers import Proof, evidence, failures, reached, without_failed
from monitor.core.message import Address, Seen
from monitor.core.needs_reply import Verdict
from monitor.core.parties import Party, People


@dataclass(frozen=True, slots=True)
class Reply:
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
    """Lives for one walk over a conversation: whom a Sent copy without recipients reaches, what came before it says."""

    def __init__(
        self, messages: Sequence[Seen], verdicts: Mapping[str, Verdict], people: People, by_subject: frozenset[str]
    ) -> None:
        self.people, self.by_subject = people, by_subject
        self.failed = failures(seen.message for seen in messages)
        self.answered_by = _answered_by(messages, verdicts, people)
        self.writers: dict[str, frozenset[str]] = {}
        self.reach: dict[str, frozenset[str]] = {}

    def hear(self, seen: Seen) -> None:
        """A message of somebody outside."""
        self.writers[seen.message.message_id] = self.people.voices(seen)

    def reply(self, seen: Seen) -> Reply:
        """A message of ours that goes out."""
        message, people = seen.message, self.people
        to = reached(message, self.writers, self.reach, self.answered_by)
        self.reach[message.message_id] = to
        is_list = people.house.staff.is_outsiders_list
        outside = frozenset(a for a in to if not people.ours(a) or is_list(a))
        left = without_failed(outside, self.failed.get(message.message_id, frozenset()))
        grade = evidence(Proof(seen, people.house, message.identity in self.by_subject))
        return Reply(seen, grade, outside, left, any(is_list(a) for a in left))


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
