"""GROUND. waits = fold(messages): a pure function of a *set* (law 1). Any order of arrival gives the same waits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from monitor.core.answers import CLAIMED, evidence, is_claimed, reached
from monitor.core.house import House, due_at
from monitor.core.message import Address, Seen
from monitor.core.needs_reply import Verdict, case, judge
from monitor.core.order import in_order
from monitor.core.staff import was_sent

State = Literal["waiting", "answered", "no_reply_needed", "excused"]


@dataclass(frozen=True, slots=True)
class Handoff:
    """The latest internal message of a wait. `decided`: a colleague answered the desk, the customer was not told."""

    at: datetime
    from_team: str
    to_team: str
    decided: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """One stretch of waiting. Times in UTC; `members`: the identities of its incoming messages, opener first."""

    opener: str
    members: tuple[str, ...]
    who: Address
    mailboxes: tuple[str, ...]
    state: State
    opened_at: datetime
    due_at: datetime
    chased_at: datetime | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    answered_in: str | None = None
    evidence: str | None = None
    handoff: Handoff | None = None
    first: bool = True


@dataclass(frozen=True, slots=True)
class Folded:
    """What a conversation comes to: each message's verdict by identity, its waits oldest first."""

    verdicts: dict[str, Verdict]
    waits: tuple[Wait, ...]


@dataclass(slots=True)
class _Open:
    """A wait that still runs while the fold walks on."""

    opener: Seen
    who: Address
    members: list[Seen] = field(default_factory=list)
    party: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    handoff: Handoff | None = None


def is_met(wait_state: str, answered_at: datetime | None, due: datetime, as_of: datetime | None) -> bool | None:
    """True: answered in time. False: answered late, or waiting past due at `as_of`. None: undecided or not counted."""
    if wait_state == "answered":
        return None if answered_at is None else answered_at <= due
    if wait_state == "waiting" and as_of is not None and due <= as_of:
        return False
    return None


def fold(messages: Iterable[Seen], house: House) -> Folded:
    """The verdicts and waits of one conversation."""
    return _Fold(in_order(messages), house).run()


class _Fold:
    """One walk over one conversation; lives for a single call of `fold`."""

    def __init__(self, messages: Sequence[Seen], house: House) -> None:
        self.messages, self.house = messages, house
        self.guests = _guests(messages, house)
        self.ours = {s.message.message_id for s in messages if self._is_ours(s)}
        self.writers: dict[str, frozenset[str]] = {}
        self.reach: dict[str, frozenset[str]] = {}
        self.open: list[_Open] = []
        self.closed: list[Wait] = []

    def run(self) -> Folded:
        verdicts: dict[str, Verdict] = {}
        for seen in self.messages:
            answers_ours = any(name in self.ours for name in seen.message.names)
            verdict = judge(case(seen, self.house, self.guests, answers_ours))
            verdicts[seen.message.identity] = verdict
            self._step(seen, verdict)
        waits = self.closed + [self._wait(o, "waiting") for o in self.open]
        waits.sort(key=lambda w: (w.opened_at, w.opener))
        return Folded(verdicts, tuple(waits))

    def _step(self, seen: Seen, verdict: Verdict) -> None:
        if verdict.rule == CLAIMED:
            return
        if verdict.direction == "incoming":
            self.writers[seen.message.message_id] = self._voices(seen)
            if verdict.wants_reply and seen.in_role("inbox"):
                self._asks(seen)
        elif verdict.direction == "outgoing":
            self._answers(seen)
        elif verdict.direction == "internal":
            self._passes_on(seen)

    def _asks(self, seen: Seen) -> None:
        voices, writer = self._voices(seen), self.house.staff.writer(seen.message)
        wait = next((o for o in self.open if _relates(seen, voices, writer.name, o, self.house)), None)
        if wait is None:
            wait = _Open(seen, writer)
            self.open.append(wait)
        wait.members.append(seen)
        wait.party |= voices
        wait.names.add(_full_name(writer.name))
        wait.mentioned |= {r.address for r in seen.message.recipients if not self._ours(r.address)}

    def _answers(self, seen: Seen) -> None:
        to = reached(seen.message, self.writers, self.reach)
        self.reach[seen.message.message_id] = to
        grade = evidence(seen)
        if grade is None:
            return
        to_list = bool(to & self.house.staff.lists)
        for wait in [o for o in self.open if to_list or to & o.party]:
            self.open.remove(wait)
            self.closed.append(self._wait(wait, "answered", seen, grade))

    def _passes_on(self, seen: Seen) -> None:
        """An internal message moves the ball of every open wait, never its clock."""
        writer = self.house.staff.writer(seen.message).address
        for wait in self.open:
            desks = self._mailboxes(wait)
            targets = [r.address for r in seen.message.recipients if r.address != writer]
            elsewhere = [t for t in targets if t not in desks]
            decided = writer not in desks and not elsewhere and bool(targets)
            to = elsewhere[0] if elsewhere else desks[0]
            from_ = next((p.mailbox for p in sorted(seen.places) if p.role == "sent"), writer)
            from_team, to_team = self.house.team_of(from_), self.house.team_of(to)
            if decided or from_team != to_team:
                wait.handoff = Handoff(seen.received_at, from_team, to_team, decided)

    def _wait(self, o: _Open, state: State, answer: Seen | None = None, grade: str | None = None) -> Wait:
        mailboxes = self._mailboxes(o)
        opened_at = o.opener.received_at
        return Wait(
            opener=o.opener.message.identity,
            members=tuple(s.message.identity for s in o.members),
            who=o.who,
            mailboxes=mailboxes,
            state=state,
            opened_at=opened_at,
            due_at=due_at(opened_at, self.house.target(mailboxes[0])),
            chased_at=max(s.received_at for s in o.members) if len(o.members) > 1 else None,
            answered_by=answer.message.identity if answer else None,
            answered_at=max(answer.received_at, opened_at) if answer else None,
            answered_in=self._answered_in(answer) if answer else None,
            evidence=grade,
            handoff=o.handoff,
            first=not any(w.state == "answered" for w in self.closed),
        )

    def _answered_in(self, answer: Seen) -> str:
        rank = self.house.rank
        places = sorted(answer.places, key=lambda p: (p.role != "sent", rank(p.mailbox), p.mailbox))
        return places[0].mailbox

    def _mailboxes(self, o: _Open) -> tuple[str, ...]:
        seen_in = {p.mailbox for s in o.members for p in s.places if p.role == "inbox"}
        return tuple(sorted(seen_in, key=lambda m: (self.house.rank(m), m)))

    def _voices(self, seen: Seen) -> frozenset[str]:
        """The addresses that stand for the writer: From, the person behind it, Reply-To; not those of ours."""
        message = seen.message
        all_ = (self.house.staff.writer(message), message.from_, *message.reply_to)
        outside = frozenset(a.address for a in all_ if a.address and not self._ours(a.address))
        return outside or frozenset(a.address for a in all_[:1])

    def _ours(self, address: str) -> bool:
        return self.house.staff.is_ours(address) and address not in self.guests

    def _is_ours(self, seen: Seen) -> bool:
        if is_claimed(seen, self.house.staff):
            return False
        return was_sent(seen, self.house.staff) or self._ours(self.house.staff.writer(seen.message).address)


def _relates(seen: Seen, voices: frozenset[str], name: str, o: _Open, house: House) -> bool:
    """Whether this message belongs to the wait of `o`, rather than to another customer in the same conversation.

    The same person, somebody they copied, somebody who copies them; a full name written twice; or mail of a list,
    where everybody reads everything: to a list of ours, or without recipients (list archives leave them out).
    """
    recipients = {r.address for r in seen.message.recipients}
    opener_to = {r.address for r in o.opener.message.recipients}
    if not (recipients or opener_to) or (recipients & opener_to & house.staff.lists):
        return True
    full = _full_name(name)
    return bool(voices & (o.party | o.mentioned) or recipients & o.party or (full and full in o.names))


def _full_name(name: str) -> str:
    folded = " ".join(name.casefold().split())
    return folded if " " in folded else ""


def _guests(messages: Sequence[Seen], house: House) -> frozenset[str]:
    """Staff who wrote to a desk as its customer: they opened the conversation, and the desk serves its own house."""
    if not messages:
        return frozenset()
    first = messages[0]
    writer = house.staff.writer(first.message).address
    desks = [house.desks[p.mailbox] for p in first.places if p.role == "inbox" and p.mailbox in house.desks]
    if first.in_role("sent") or writer in house.staff.mailboxes:
        return frozenset()
    served = any(d.internal_customers and writer not in house.owners.get(d.team, frozenset()) for d in desks)
    return frozenset({writer}) if served and house.staff.is_ours(writer) else frozenset()
