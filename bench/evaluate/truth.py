"""What is true of an archive, known from its headers alone, and how far what somebody else says agrees with it.

Nothing here knows the product. The archive is that of a public list: mail to it reaches everybody. So a message of a
customer opens a wait where none is open, and the first message of staff after it in the same conversation answers.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.servers.archive import ArchiveMail

PROMISE = timedelta(hours=24)


class Said(NamedTuple):
    """One wait as somebody sees it; `opener` and `answered_by` are Message-IDs without brackets.

    `late`: it was not answered when its 24 hours were over.
    """

    opener: str
    opened_at: datetime
    answered: bool
    answered_by: str | None
    late: bool


class View(NamedTuple):
    """What somebody says of an archive: the conversation of every message, and the waits by opener."""

    conversation: Mapping[str, Hashable]
    waits: Mapping[str, Said]


def by_headers(groups: Iterable[Collection[str]], mails: Iterable[ArchiveMail], staff: Collection[str]) -> View:
    """The view of whoever knows which messages belong together, and who is staff."""
    known = {mail.message_id: mail for mail in mails}
    groups = list(groups)
    waits = [said for group in groups for said in waits_of([known[each] for each in group], staff)]
    places = {name: number for number, group in enumerate(groups) for name in group}
    return View(places, {said.opener: said for said in waits})


def waits_of(conversation: Iterable[ArchiveMail], staff: Collection[str]) -> list[Said]:
    """The waits of one conversation, oldest first."""
    waits: list[Said] = []
    open_ = None
    for mail in in_order(conversation):
        if mail.sender not in staff:
            open_ = open_ or mail
        elif open_ is not None:
            late = mail.when - open_.when > PROMISE
            waits.append(Said(open_.message_id, open_.when, True, mail.message_id, late))
            open_ = None
    if open_ is not None:
        waits.append(Said(open_.message_id, open_.when, False, None, True))
    return waits


def in_order(mails: Iterable[ArchiveMail]) -> list[ArchiveMail]:
    """By arrival, but each after those it names: people's clocks are wrong by hours, what they name is not."""
    left = sorted(mails, key=lambda mail: (mail.when, mail.message_id))
    coming = {mail.message_id for mail in left}
    ordered: list[ArchiveMail] = []
    while left:
        following = next((mail for mail in left if not mail.refers_to & coming), left[0])
        left.remove(following)
        coming.remove(following.message_id)
        ordered.append(following)
    return ordered


class Pairs(NamedTuple):
    """Pairs of messages in one conversation: how many are true, how many were found, how many are both."""

    true: int
    found: int
    both: int

    @property
    def precision(self) -> float:
        """Of those found, the share that is true."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Of those that are true, the share that was found."""
        return self.both / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.both / (self.true + self.found) if self.true + self.found else 1.0


def pairs(truth: Mapping[str, Hashable], said: Mapping[str, Hashable]) -> Pairs:
    """How two partitions agree on the messages of the first; what `said` does not know is alone."""
    found = {name: said.get(name, ("alone", name)) for name in truth}
    both = Counter((truth[name], found[name]) for name in truth)
    return Pairs(_pairs_in(truth.values()), _pairs_in(found.values()), _pairs_in(both.elements()))


class Answers(NamedTuple):
    """The openers of waits by what was said of them.

    `found`: answered by the message that did. `wrong`: answered by another one, or where nobody answered, or where
    nobody waited. `missed`: somebody answered, and it was not seen.
    """

    found: tuple[str, ...]
    wrong: tuple[str, ...]
    missed: tuple[str, ...]


def answers(truth: View, said: View) -> Answers:
    """How the answers were found in the conversations that truth knows."""
    found: list[str] = []
    wrong: list[str] = []
    for opener, wait in said.waits.items():
        if wait.answered and opener in truth.conversation:
            true = truth.waits.get(opener)
            (found if true and true.answered and true.answered_by == wait.answered_by else wrong).append(opener)
    named = {*found, *wrong}
    missed = [opener for opener, wait in truth.waits.items() if wait.answered and opener not in named]
    return Answers(tuple(found), tuple(wrong), tuple(missed))


class Late(NamedTuple):
    """Waits that are overdue, by opener: how many truly, how many were said to be, how many both; and the others."""

    true: int
    found: int
    both: int
    wrong: tuple[str, ...]


def late(truth: View, said: View) -> Late:
    """How "this is overdue" agrees, in the conversations that truth knows."""
    true = {wait.opener for wait in truth.waits.values() if wait.late}
    found = {wait.opener for wait in said.waits.values() if wait.late and wait.opener in truth.conversation}
    return Late(len(true), len(found), len(true & found), tuple(sorted(true ^ found)))


class Stripped(NamedTuple):
    """Replies that lost the ids they named: `found` again, of those in `ending` (they ended a wait); `wrong` ones."""

    ending: tuple[str, ...]
    found: tuple[str, ...]
    wrong: tuple[str, ...]


def stripped_replies(truth: View, said: View, whole: Mapping[str, Hashable], replies: Sequence[str]) -> Stripped:
    """What became of `replies`; `whole` is the true conversation of every message, also of those not in `truth`.

    Found: the reply answers a wait that was open when the true wait opened, in the same true conversation (a reply
    missed before leaves an older wait open, of which the true opener is a part). Wrong: it ends a wait of another one.
    """
    ended = {wait.answered_by: wait for wait in truth.waits.values() if wait.answered_by}
    named: dict[str, list[Said]] = {}
    for wait in said.waits.values():
        named.setdefault(wait.answered_by or "", []).append(wait)
    ending = tuple(reply for reply in replies if reply in ended)
    found = tuple(
        reply
        for reply in ending
        if any(whole[w.opener] == whole[reply] and w.opened_at <= ended[reply].opened_at for w in named.get(reply, ()))
    )
    wrong = tuple(r for r in replies if any(whole[w.opener] != whole[r] for w in named.get(r, ())))
    return Stripped(ending, found, wrong)


def _pairs_in(groups: Iterable[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())
