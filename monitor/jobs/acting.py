"""FLOOR 2. What staff say by hand is done: the one code behind `done 2` in a mail and `inbox-monitor done 4180`.

    perform(store, settings, command, on, who=…, via=…, batch=…, now=…)   → Performed, or Puzzled and nothing is done
    undo(store, settings, who=…, now=…)                                   → Undone: what this person said last is not so

`on` says which messages a number stands for: the line of a letter, or the number of a conversation. Every act can be
taken back, no mailbox is touched, and the conversations are folded again in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.acts import Command, Puzzled
from monitor.core.holders import Holder, who_is
from monitor.core.message import Address
from monitor.core.wait import State
from monitor.store.acting import Acted, act, act_back
from monitor.store.acts import Kind, Target, waits_of
from monitor.store.store import Store
from monitor.store.tables import AnyRow

Lines = Mapping[int, Sequence[int]]
"""What people's numbers stand for: row ids of messages, of a letter's line exactly one."""

KINDS: dict[str, Kind] = {"done": "done", "snooze": "snooze", "assign": "assign", "reopen": "reopen"}
UNDONE_WITHIN = timedelta(days=7)
"""What was said longer ago is not what `undo` means."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one number came to. `message`: row id of the mail it hangs on; `state`: of the wait now. Moments in UTC.

    `already`: it was so before, and nothing has changed. `wrote_again`: somebody waits there since a later message, of
    which nothing was said. `team` is empty for a `person` (an address) in no team.
    """

    number: int
    conversation: int
    kind: Kind
    message: int
    who_waits: Address
    subject: str
    state: State
    already: bool
    until: datetime | None = None
    team: str = ""
    person: str = ""
    opened_at: datetime | None = None
    wrote_again: bool = False


@dataclass(frozen=True, slots=True)
class Performed:
    """What a command did, in the order of its numbers; `repeated`: it had been done before, and nothing was changed."""

    batch: str
    acts: tuple[Act, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back; nothing where there was nothing to take back."""

    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """A command with its words resolved."""

    kind: Kind
    until: datetime | None
    holder: Holder


def perform(
    store: Store,
    settings: Settings,
    command: Command,
    on: Lines,
    *,
    who: str,
    via: str,
    batch: str,
    now: datetime,
    said_at: datetime | None = None,
    letter_at: datetime | None = None,
) -> Performed | Puzzled:
    """Do what a command says: for all its numbers, or for none. The same `batch` twice changes nothing.

    Without a number it means the one line, where there is but one. `who`: an address, or the user of the command line.
    `said_at`: when it was said, where that was before `now`: it says nothing of who wrote after that; nor of mail that
    was not known at `letter_at`, when the letter was made that it answers.
    Raises StoreError; ValueError for `undo` and `help`.
    """
    if command.word not in KINDS:
        raise ValueError(command.word)
    numbers = command.numbers or (tuple(on) if len(on) == 1 else ())
    if not numbers:
        return Puzzled("which", command.word)
    said = _said(settings, command, who, now)
    if isinstance(said, Puzzled):
        return said
    pairs = [(n, m) for n in numbers for m in on.get(n, ())]
    missing: list[int] = []

    def decide(before: Mapping[int, Target]) -> list[dict[str, object]] | None:
        missing.extend(n for n in numbers if not any(m in before for m in on.get(n, ())))
        new = {m for _, m in pairs if m in before and not _is_so(said, before[m], now)}
        row: dict[str, object] = {
            "at": min(said_at or now, now),
            "heard_at": now if said_at else None,
            "letter_at": letter_at,
        }
        row |= {"who": who, "via": via, "batch": batch, "kind": said.kind, "until": said.until}
        row |= {"team": said.holder.team, "person": said.holder.person}
        return None if missing else [row | {"message": m} for m in sorted(new)]

    done = act(store, settings.house(store.letter_key), [m for _, m in pairs], decide, batch)
    if isinstance(done, Acted):
        now_are = [(n, done.now_are[m]) for n, m in pairs if m in done.now_are]
        acts = [_act(n, said, each, each.message not in done.new or not _holds(said, each)) for n, each in now_are]
        return Performed(batch, tuple(acts))
    return Performed(batch, repeated=True) if done == "repeated" else Puzzled("number", str(missing[0]))


def undo(
    store: Store,
    settings: Settings,
    *,
    who: str,
    now: datetime,
    batch: str | None = None,
) -> Undone:
    """Take back what this person said last, or that `batch` of theirs; all that one line said, at once.

    The number of each act is that of its conversation. Raises StoreError.
    """
    house = settings.house(store.letter_key)
    taken = act_back(store, house, who, now - UNDONE_WITHIN, now, batch)
    acts = [
        _act(is_now.conversation, _Said(each.kind, each.until, Holder(each.team, each.person)), is_now, already=False)
        for each, is_now in taken
    ]
    return Undone(tuple(acts))


def lines_of(store: Store, numbers: Sequence[int], word: str) -> Lines:
    """What the numbers of conversations stand for: everybody who waits there, or waited last.

    A number that no conversation has is left out; one with nobody who ever waited stands for nothing.
    """
    found = waits_of(store, numbers)
    return {number: [row.opener for row in _meant(rows, word)] for number, rows in found.items()}


def _meant(rows: Sequence[AnyRow], word: str) -> Sequence[AnyRow]:
    """Of the waits of a conversation those that a command means.

    To reopen is meant what was put off or put away by hand; where nobody waits also what was answered. One that is
    answered while the same people wait on must not pull their clock back.
    """
    open_ = [row for row in rows if row.state == "waiting"]
    if word != "reopen":
        return open_ or rows[-1:]
    asleep = [row for row in open_ if row.snoozed_until]
    over = [row for row in rows if row.state not in ("waiting", "answered") or (row.state == "answered" and not open_)]
    return asleep or sorted(over, key=_ended_at)[-1:] or open_


def _ended_at(row: AnyRow) -> datetime:
    """When a wait was over, as far as that is known."""
    ended: datetime = row.closed_at or row.answered_at or row.opened_at
    return ended


def _said(settings: Settings, command: Command, who: str, now: datetime) -> _Said | Puzzled:
    kind = KINDS[command.word]
    if kind != "assign":
        until = now + command.length if kind == "snooze" and command.length else None
        return _Said(kind, until, Holder(""))
    people = {address: person.name for address, person in settings.people.items()}
    teams = [*settings.teams, *(desk.team for desk in settings.desks.values())]
    owners = dict.fromkeys(teams, ()) | dict(settings.owners)
    holder = who_is(who if command.to.casefold() in ME else command.to, owners, people)
    return holder if isinstance(holder, Puzzled) else _Said(kind, None, holder)


ME = ("me", "mir", "mich", "moi")


def _is_so(said: _Said, target: Target, now: datetime) -> bool:
    """Whether it is so without anybody saying it: what is over can be neither put off nor handed over."""
    asleep = target.snoozed_until is not None and target.snoozed_until > now
    if said.kind == "reopen":
        return target.opened_at is None or (target.state == "waiting" and not asleep)
    if target.state != "waiting" or said.kind == "done":
        return target.state != "waiting"
    if said.kind == "snooze":
        return target.snoozed_until == said.until
    handed = target.handoff if target.handoff and not target.handoff.decided else None
    holder = Holder(handed.to_team, handed.person) if handed else Holder(target.team)
    return holder == said.holder


def _holds(said: _Said, target: Target) -> bool:
    """Whether what was said is so now: who wrote again, or was answered, after it was said is not as it says."""
    if said.kind == "snooze":
        return target.snoozed_until is not None
    return (target.state == "waiting") == (said.kind != "done")


def _act(number: int, said: _Said, now_is: Target, already: bool) -> Act:
    return Act(
        number=number,
        conversation=now_is.conversation,
        kind=said.kind,
        message=now_is.message,
        who_waits=now_is.who_waits,
        subject=now_is.subject,
        state=now_is.state,
        already=already,
        until=now_is.snoozed_until if said.kind == "snooze" else None,
        team=said.holder.team,
        person=said.holder.person,
        opened_at=now_is.opened_at,
        wrote_again=now_is.wrote_again,
    )
