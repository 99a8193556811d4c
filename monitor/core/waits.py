"""GROUND. waits = fold(messages, marks): a pure function of a *set* (law 1): any order gives the same waits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from monitor.core.addresses import plain_address
from monitor.core.answers import CLAIMED
from monitor.core.citing import Cites
from monitor.core.doubles import Doubles
from monitor.core.events import NO_EVENTS, concerned, events
from monitor.core.gist import Gist
from monitor.core.house import A_COLLEAGUE, House, due_at
from monitor.core.judging import judged
from monitor.core.marks import NO_MARKS, Ended, Marks, assigned
from monitor.core.message import Away, Flag, Seen
from monitor.core.needs_reply import Verdict, case
from monitor.core.order import in_order
from monitor.core.parties import Party, People, Waiting, guests
from monitor.core.replies import Replies
from monitor.core.wait import Folded, Handoff, Mark, State, Wait

CLOSED: dict[str, tuple[State, str]] = {
    "done": ("no_reply_needed", "closed"),
    "junk": ("excused", "spam"),
    "trash": ("excused", "deleted"),
}
"""What it means that a message was put away: the state of its wait, and the evidence."""


class End(NamedTuple):
    """How a wait ended. `answer`: the message of ours, if it was seen; `at` None: at an unknown time."""

    state: State
    evidence: str
    at: datetime | None = None
    answer: Seen | None = None


def fold(
    messages: Iterable[Seen], house: House, marks: Iterable[Mark] = (), by_subject: frozenset[str] = frozenset()
) -> Folded:
    """The verdicts and waits of one conversation; `by_subject`: identities that no id ties to it (inferring.py)."""
    return fold_ordered(in_order(messages), house, marks, by_subject)


def fold_ordered(
    ordered: Sequence[Seen],
    house: House,
    marks: Iterable[Mark] = (),
    by_subject: frozenset[str] = frozenset(),
    gists: Mapping[str, Gist] = MappingProxyType({}),
) -> Folded:
    """The same of messages as `in_order` gives them, for somebody who has them so already; `gists`, by identity: of
    those of which somebody has found them out."""
    guests_ = guests(ordered, house)
    cases = [case(seen, house, guests_, gist=gists.get(seen.message.identity)) for seen in ordered]
    verdicts = judged(cases)
    cites = Cites(ordered, verdicts, house)
    if not [verdict for verdict in verdicts.values() if verdict.wants_reply]:  # then nobody waits
        return Folded(verdicts, (), cites.found)
    people = People(house, guests_, {each.seen.message.identity: each.writer for each in cases})
    return _Walk(ordered, people, verdicts, cites, by_subject).run(list(marks))


class _Walk:
    """One walk over one conversation; lives for a single call of `fold`."""

    def __init__(
        self,
        messages: Sequence[Seen],
        people: People,
        verdicts: dict[str, Verdict],
        cites: Cites,
        by_subject: frozenset[str],
    ) -> None:
        self.messages, self.people, self.house = messages, people, people.house
        self.verdicts, self.cites = verdicts, cites
        self.replies = Replies(messages, verdicts, people, by_subject)
        self.doubles = Doubles(self.house)
        self.marks, self.events = NO_MARKS, NO_EVENTS
        self.explained: set[str] = set()
        self.open = Waiting(people)
        self.closed: list[Wait] = []
        self.first = True
        self.stand_ins: dict[str, str] = {}

    def run(self, marks: Sequence[Mark]) -> Folded:
        """Walks over messages and events in the order in which they happened."""
        if marks or any(seen.flag or seen.away for seen in self.messages):
            self.explained = self._explained()
            self.marks, self.events = Marks(marks), events(self.messages, marks, self.explained)
        for seen in self.messages:
            if self.events:
                self._happen(seen.received_at)
            verdict = self.verdicts[seen.message.identity]
            if verdict.rule != CLAIMED and not seen.draft:
                self._step(seen, verdict)
            if self.events:
                self.events.walked(seen.message.identity)
        if self.events:
            self._happen(None)
        waits = self.closed + [self._wait(party, party.members) for party in self.open]
        if second := self.doubles.found:
            waits = [w._replace(also_answered_by=second[w.opener]) if w.opener in second else w for w in waits]
        waits.sort(key=lambda w: (w.opened_at, w.opener))
        return Folded(self.verdicts, tuple(waits), self.cites.found, self.stand_ins)

    def _step(self, seen: Seen, verdict: Verdict) -> None:
        if verdict.direction == "incoming":
            self.replies.hear(seen)
            if verdict.wants_reply and (seen.in_role("inbox") or seen.in_role("done")):
                self._asks(seen)
        elif verdict.direction == "outgoing":
            self._answers(seen)
        elif verdict.direction == "internal":
            self._passes_on(seen)

    def _asks(self, seen: Seen) -> None:
        self._stands_in(seen)
        party = self.open.related(seen)
        cited = party is not None and self.cites.proves_answer(seen, party.opener)
        if party and cited and self._end(party, party.members, End("answered", "cited"), _ended_by(seen)):
            party = None
        party = party or self.open.begin()
        self.open.add(party, seen)
        if seen.flag is not None and seen.flag.at is None and seen.message.message_id not in self.explained:
            self._end(party, party.members, End("answered", "flag"), _ended_by(seen))

    def _stands_in(self, seen: Seen) -> None:
        """An outsider who answers the one who waits: perhaps one of us, whom the config does not know yet."""
        if not seen.message.names:
            return
        voices = self.people.voices(seen)
        to = [r.address for r in seen.message.recipients]
        for party in self.open.with_ids(seen.message.names):
            if not voices & party.addresses and party.is_reached(to, ()):
                self.stand_ins[seen.message.identity] = homes(party.members, self.house)[0]

    def _answers(self, seen: Seen) -> None:
        reply = self.replies.reply(seen)
        if reply.grade is None:
            return
        by, end = _ended_by(seen), End("answered", reply.grade, seen.received_at, seen)
        reached = list(self.open) if reply.to_list else self.open.reached(reply.left, reply.named)
        self.doubles.walk(reply, [party for party in reached if self._end(party, party.members, end, by)])

    def _passes_on(self, seen: Seen) -> None:
        """An internal message moves the ball of every open wait, never its clock."""
        house = self.house
        writer = house.mailbox_of(self.people.writer(seen).address)
        targets = [t for r in seen.message.recipients if (t := house.mailbox_of(r.address)) != writer]
        from_ = next((p.mailbox for p in sorted(seen.places) if p.role == "sent"), writer)
        passed: dict[tuple[str, ...], Handoff] = {}  # those who wait at the same desks are many
        for party in self.open if targets else ():
            desks = homes(party.members, self.house)
            if desks not in passed:
                passed[desks] = self._handoff(seen.received_at, writer, from_, targets, desks)
            handoff = passed[desks]
            if handoff.decided or handoff.person or handoff.from_team != handoff.to_team:
                party.hand_over(handoff)

    def _handoff(self, at: datetime, writer: str, from_: str, targets: Sequence[str], desks: Sequence[str]) -> Handoff:
        """What an internal message of `writer`, sent from `from_`, means for a wait of these desks."""
        house = self.house
        own = house.team_of(from_)
        # A copy to the writer's own team passes nothing on: who tells the desk, and copies their own mailbox, tells it.
        foreign = own not in (house.team(desks[0]), A_COLLEAGUE)
        elsewhere = [t for t in targets if t not in desks and not (foreign and house.team_of(t) == own)]
        told = [desk for desk in desks if desk in targets]
        decided = writer not in desks and not elsewhere and bool(told)
        # Of several colleagues the one who gets letters has the ball: of the others nobody would be reminded.
        to = min(elsewhere, key=self._reached_by) if elsewhere else told[0] if told else from_
        team = house.team_of(to)
        return Handoff(at, own, team, decided, house.person_of(to) if team == A_COLLEAGUE else "")

    def _reached_by(self, address: str) -> int:
        """0 for who is in a team, 1 for who gets letters, 2 for all others."""
        in_team = self.house.team_of(address) != A_COLLEAGUE
        return 0 if in_team else 1 if self.house.person_of(address) else 2

    def _explained(self) -> set[str]:
        """The ids that a visible message of ours answers or passes on: their flag is of that one.

        One that names nothing answers the latest mail of the people it was written to.
        """
        found: set[str] = set()
        latest: dict[str, str] = {}
        for seen in self.messages:
            message, verdict = seen.message, self.verdicts[seen.message.identity]
            if verdict.direction == "incoming":
                latest |= dict.fromkeys(self.people.voices(seen), message.message_id)
            elif verdict.direction in ("outgoing", "internal") and verdict.rule != CLAIMED and not seen.draft:
                found.update(message.in_reply_to + message.references[-1:])
                if not message.names:
                    to = (plain_address(r.address) for r in message.recipients)
                    found.update(latest[a] for a in to if a in latest)
        return found - {""}

    def _happen(self, until: datetime | None) -> None:
        """All events up to a moment (None: all there are) whose message has been walked over."""
        for what, messages in self.events.until(until):
            for party in self.open.with_messages(messages):
                if isinstance(what, Mark) and what.kind == "assign":
                    home = self.house.team(homes(party.members, self.house)[0])
                    before = party.handoffs[-1] if party.handoffs else None
                    party.hand_over(assigned(what, before, home, self.house))
                elif what.at is not None:
                    by = Ended(what.at, what.known_at, what.order) if isinstance(what, Mark) else Ended(None, what.at)
                    self._end(party, concerned(party.members, messages, what), _end_of(what), by)

    def _end(self, party: Party, gone: Sequence[Seen], end: End, by: Ended) -> bool:
        """The wait of these members is over; others of the party wait on.

        False: somebody has taken that back since, and nothing is over.
        """
        if self.marks.took_back(gone, by):
            return False
        self.closed.append(self._wait(party, gone, end))
        self.first = self.first and end.state != "answered"
        over = {m.message.identity for m in gone}
        rest = [m for m in party.members if m.message.identity not in over] if gone is not party.members else ()
        self.open.leave(party, rest)
        return True

    def _wait(self, party: Party, members: Sequence[Seen], end: End | None = None) -> Wait:
        mailboxes = homes(members, self.house)
        opener, verdicts = members[0], self.verdicts
        opened_at, answered = opener.received_at, end is not None and end.state == "answered"
        return Wait(
            opener=opener.message.identity,
            members=tuple([s.message.identity for s in members]),
            who=self.people.writer(opener),
            mailboxes=mailboxes,
            state=end.state if end else "waiting",
            opened_at=opened_at,
            due_at=due_at(opened_at, self.house.target(mailboxes[0])),
            chased_at=max(s.received_at for s in members) if len(members) > 1 else None,
            answered_by=end.answer.message.identity if end and end.answer else None,
            answered_at=max(end.at, opened_at) if end and end.at and answered else None,
            answered_in=answered_in(end.answer, self.house) if end and end.answer else None,
            closed_at=end.at if end and not answered else None,
            evidence=end.evidence if end else None,
            handoffs=party.handoffs,
            first=self.first,
            party=frozenset(party.addresses),
            low_urgency=all(verdicts[s.message.identity].low_urgency for s in members),
            snoozed_until=None if end else self.marks.snoozed_until(members),
        )


def answered_in(answer: Seen, house: House) -> str:
    """The mailbox that an answer was sent from, or seen in."""
    if len(answer.places) == 1:
        return next(iter(answer.places)).mailbox
    places = sorted(answer.places, key=lambda p: (p.role != "sent", house.rank(p.mailbox), p.mailbox))
    return places[0].mailbox


def homes(members: Iterable[Seen], house: House) -> tuple[str, ...]:
    """The mailboxes in whose inbox or done folder these messages were seen, in the order of the config."""
    seen_in = {p.mailbox for s in members for p in s.places if p.role == "inbox" or p.role == "done"}
    if len(seen_in) == 1:
        return tuple(seen_in)
    return tuple(sorted(seen_in, key=lambda m: (house.rank(m), m)))


def _ended_by(seen: Seen) -> Ended:
    """A message that ends a wait. One stamped ahead had happened when it was seen."""
    known_at = seen.known_at or seen.received_at
    return Ended(min(seen.received_at, known_at), known_at)


def _end_of(what: Away | Flag | Mark) -> End:
    """What an event means for those it concerns."""
    if isinstance(what, Away):
        state, evidence_ = CLOSED[what.kind]
        return End(state, evidence_, what.at)
    if isinstance(what, Mark):
        return End("no_reply_needed", "closed", what.at)
    return End("answered", "flag", what.at)
