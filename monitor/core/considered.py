"""GROUND. Which messages of ours came while somebody waited and did not end the wait, each with one named reason.

Made of the pieces that the fold uses (replies.py, parties.py), so that what is told is what was decided. A wait that is
over is asked no more once the next one of the conversation has begun.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from monitor.core.answers import CLAIMED
from monitor.core.house import House
from monitor.core.message import Seen
from monitor.core.needs_reply import Verdict
from monitor.core.order import in_order
from monitor.core.parties import Party, People, guests
from monitor.core.replies import Replies, Reply
from monitor.core.staff import was_sent
from monitor.core.wait import Wait


class Refused(NamedTuple):
    """A message (by identity) that did not end a wait, and the rule that says why: one of REASONS."""

    message: str
    rule: str


REASONS = {
    "refused.draft": "it is a draft",
    "refused.claimed": "it did not pass the sender check: perhaps not from us at all",
    "refused.automatic": "a machine wrote it, no person",
    "refused.spam": "it is marked as spam",
    "refused.internal": "it goes only to us; the question was passed on, nobody outside got it",
    "refused.no-recipients": "it does not say to whom it goes",
    "refused.other-people": "it goes to people who do not wait here",
    "refused.bounced": "it could not be delivered to the one who waits",
    "refused.unverified": "nothing proves that it is from us, and the config asks for proof (authenticated_replies)",
    "refused.elsewhere": "it lies in no folder that we read for replies",
    "refused.taken-back": "somebody said by hand, after it, that they still wait",
    "refused.after-answer": "they had been answered already",
    "refused.after-close": "the wait was over already",
}
"""Every reason, in plain words."""


class Considered:
    """One conversation, its verdicts by identity and its waits; `by_subject` as for `fold`."""

    def __init__(
        self,
        messages: Iterable[Seen],
        house: House,
        verdicts: Mapping[str, Verdict],
        waits: Sequence[Wait],
        by_subject: frozenset[str] = frozenset(),
    ) -> None:
        self.messages, self.house, self.verdicts = in_order(messages), house, verdicts
        self.people = People(house, guests(self.messages, house))
        self.places = {seen.message.identity: at for at, seen in enumerate(self.messages)}
        self._openers = sorted(self.places[wait.opener] for wait in waits)
        self._replies = self._replied(by_subject)

    def refused(self, wait: Wait) -> list[Refused]:
        """What was considered as the answer to this wait and did not end it, in order."""
        found, party = [], Party()
        members, over = set(wait.members), self._over(wait)
        until = next((place for place in self._openers if place >= over), len(self.messages))
        for place in range(self.places[wait.opener], until):
            seen = self.messages[place]
            identity = seen.message.identity
            if identity in members:
                self.people.add(party, seen)
            elif identity != wait.answered_by and self._is_ours(seen):
                rule = (self._why(seen, party) or "refused.taken-back") if place < over else _late(wait)
                found.append(Refused(identity, rule))
        return found

    def _replied(self, by_subject: frozenset[str]) -> dict[str, Reply]:
        replies, found = Replies(self.messages, self.verdicts, self.people, by_subject), {}
        for seen in self.messages:
            verdict = self.verdicts[seen.message.identity]
            if verdict.rule == CLAIMED or seen.draft:
                continue
            if verdict.direction == "incoming":
                replies.hear(seen)
            elif verdict.direction == "outgoing":
                found[seen.message.identity] = replies.reply(seen)
        return found

    def _is_ours(self, seen: Seen) -> bool:
        """Written by us, or in our name."""
        verdict = self.verdicts[seen.message.identity]
        if verdict.direction in ("outgoing", "internal"):
            return True
        writer = self.people.writer(seen).address
        return not verdict.wants_reply and (was_sent(seen, self.house.staff) or self.people.ours(writer))

    def _why(self, seen: Seen, party: Party) -> str | None:
        """Why it does not end the wait of a party that is open; None if it would."""
        verdict = self.verdicts[seen.message.identity]
        if seen.draft:
            return "refused.draft"
        if verdict.rule == CLAIMED:
            return "refused.claimed"
        if verdict.direction in ("automatic", "internal"):
            return f"refused.{verdict.direction}"
        if verdict.direction == "incoming":
            return "refused.spam"
        return self._missed(self._replies[seen.message.identity], party)

    def _missed(self, reply: Reply, party: Party) -> str | None:
        if not reply.outside:
            return "refused.no-recipients"
        if not reply.was_for(party):
            return "refused.other-people"
        if not reply.reaches(party):
            return "refused.bounced"
        if reply.grade is not None:
            return None
        return "refused.unverified" if self.house.authenticated_replies else "refused.elsewhere"

    def _over(self, wait: Wait) -> int:
        """The first place in the conversation at which the wait was over."""
        if wait.state == "waiting":
            return len(self.messages)
        if wait.answered_by is not None:
            return self.places[wait.answered_by] + 1
        after = max(self.places[m] for m in wait.members) + 1
        if wait.evidence == "cited":  # the message that proves it has opened the next wait
            return next((place for place in self._openers if place >= after), len(self.messages))
        at = wait.answered_at or wait.closed_at
        if at is None:
            return after
        rest = range(after, len(self.messages))
        return next((place for place in rest if self.messages[place].received_at >= at), len(self.messages))


def _late(wait: Wait) -> str:
    return "refused.after-answer" if wait.state == "answered" else "refused.after-close"
