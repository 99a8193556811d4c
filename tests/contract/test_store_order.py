"""Law 1 as the store keeps it: however the mails of a house come in, the same conversations, verdicts and waits.

Any order of folders and mails, any split into batches, of one folder or of several side by side, mails seen twice,
copies that differ, flags, mails put away, answers that only a subject ties, replies that only their citation proves.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from monitor.core import inferring
from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.message import Address, Message, Role, Seen
from monitor.core.staff import Staff
from monitor.core.wait import Folded
from monitor.core.waits import fold, fold_ordered
from monitor.store import folding, tables
from monitor.store.arrivals import Arrival, Look, Part
from monitor.store.intake import take_in_together
from monitor.store.mailboxes import fold_put_off, watch
from monitor.store.store import Store, open_store
from monitor.store.stories import all_stories
from tests.contract.taking import take_in

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
START = datetime(2026, 11, 2, 10, tzinfo=UTC)
INFO, OPS = "info@ours.example", "ops@ours.example"
ANN, BEN, SUE, EVA = "ann@customer.example", "ben@customer.example", "sue@supplier.example", "eva@ours.example"
HOUSE = House(
    staff=Staff(mailboxes=frozenset({INFO, OPS}), domains=("ours.example",)),
    desks={INFO: Desk(INFO, "Front desk"), OPS: Desk(OPS, "Operations")},
)
FOLDERS: tuple[tuple[str, str, Role], ...] = (
    (INFO, "INBOX", "inbox"),
    (INFO, "Done", "done"),
    (INFO, "Junk", "junk"),
    (INFO, "Trash", "trash"),
    (INFO, "Archive", "elsewhere"),
    (INFO, "Sent", "sent"),
    (OPS, "INBOX", "inbox"),
    (OPS, "Sent", "sent"),
)
SUBJECTS = (
    "A broken lift",
    "Re: A broken lift",
    "[desk] Re: A broken lift",
    "The lost card",
    "Re: The lost card",
    "Hello",
)
MOMENTS = [START + timedelta(hours=h) for h in (0, 0, 1, 2, 5, 30, 13 * 24, 14 * 24, 20 * 24, 27 * 24)]


class Copy(NamedTuple):
    """One mail in one folder, with its flags."""

    uid: int
    folder: tuple[str, str]
    message: Message
    arrived_at: datetime
    flags: frozenset[str] = frozenset()


def id_of(number: int, writer: str) -> str:
    """Of the domain of whoever wrote it."""
    return f"<{number}@{writer.partition('@')[2]}>"


WRITERS = (ANN, INFO, BEN, INFO, ANN, OPS, SUE, EVA)
IDS = [id_of(n, WRITERS[n % len(WRITERS)]) for n in range(10)]
"""Eight of them mails, the last two never seen: one of Ann's, one of ours."""


def named(draw: st.DrawFn, most: int) -> tuple[str, ...]:
    """Some ids: of mails seen, of itself, of mails that nobody sees."""
    return tuple(dict.fromkeys(draw(st.lists(st.sampled_from(IDS), max_size=most))))


@st.composite
def mailings(draw: st.DrawFn) -> list[Copy]:
    """Up to eight mails, each in one or two folders; a copy may say more, or come through a list."""
    copies: list[Copy] = []
    ids = draw(st.booleans())
    for number in range(draw(st.integers(2, 8))):
        writer = WRITERS[number]
        people = st.lists(st.sampled_from((ANN, BEN, SUE, EVA, INFO, OPS)), max_size=2, unique=True)
        message = Message(
            identity=IDS[number],
            message_id=IDS[number],
            from_=Address("", writer),
            recipients=tuple(Address("", a) for a in draw(people)),
            subject=draw(st.sampled_from(SUBJECTS)),
            in_reply_to=named(draw, 1) if ids else (),
            references=named(draw, 2) if ids else (),
        )
        usual = "Sent" if writer in (INFO, OPS) else "INBOX"
        at_home = [f[:2] for f in FOLDERS if f[1] == usual and (usual == "INBOX" or f[0] == writer)]
        where = [draw(st.sampled_from(at_home)), *draw(st.lists(st.sampled_from([f[:2] for f in FOLDERS]), max_size=1))]
        when = draw(st.sampled_from(MOMENTS))
        flags = draw(
            st.sampled_from((frozenset[str](), frozenset[str](), frozenset({"\\Answered"}), frozenset({"\\Draft"})))
        )
        copies.append(Copy(len(copies), where[0], message, when, flags))
        for folder in where[1:]:
            copies.append(
                Copy(len(copies), folder, draw(st.sampled_from(other_copies(message))), when + timedelta(hours=1))
            )
    return copies


def other_copies(message: Message) -> list[Message]:
    """The same mail as another folder may have it: as it is, through a list, with a Bcc, with more ids."""
    return [
        message,
        replace(message, subject=f"[list] {message.subject}", headers={"list-id": ("<x.other.example>",)}),
        replace(message, recipients=(*message.recipients, Address("", BEN))),
        replace(message, in_reply_to=(*message.in_reply_to, IDS[0])) if message.names else message,
    ]


class Mailboxes:
    """An empty store, and what comes into it."""

    def __init__(self, store: Store, first: bool, house: House = HOUSE) -> None:
        self.store, self.first, self.house = store, first, house
        with store.writing() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                if table.name != "settings":
                    connection.execute(delete(table))
        self.folders: dict[tuple[str, str], int] = {}
        for mailbox in (INFO, OPS):
            rows = watch(store, mailbox, [(name, role) for m, name, role in FOLDERS if m == mailbox])
            self.folders |= {(mailbox, row.name): row.id for row in rows}

    def take(self, copies: Sequence[Copy], cuts: frozenset[int], side_by_side: bool = False) -> None:
        """In this order; a batch ends at `cuts`, and where the folder changes, or the mailbox if `side_by_side`."""
        parts: dict[tuple[str, str], list[Arrival]] = {}
        for number, copy in enumerate(copies):
            arrival = Arrival(copy.uid + 1, copy.flags, 1000, copy.arrived_at, copy.message)
            parts.setdefault(copy.folder, []).append(arrival)
            after = copies[number + 1].folder if number + 1 < len(copies) else ("", "")
            if number in cuts or after[0] != copy.folder[0] or (after != copy.folder and not side_by_side):
                take_in_together(self.store, [self._part(*each) for each in parts.items()], self.house)
                parts = {}

    def _part(self, folder: tuple[str, str], batch: Sequence[Arrival]) -> Part:
        return Part(self.folders[folder], batch, Cursor(7, batch[-1].uid + 1), Look(NOW, None, self.first))

    def told(self) -> Any:
        """What may not depend on the order: conversations, verdicts and waits, without any numbers."""
        return sorted(
            (
                (
                    sorted(
                        (m.shown_id, m.direction, m.wants_reply, m.rule, m.link, m.seen.received_at)
                        for m in story.messages
                    ),
                    sorted((replace(wait, id=0) for wait in story.waits), key=lambda w: (w.opened_at, w.opener)),
                )
                for story in all_stories(self.store)
            ),
            key=repr,
        )


def holds(store: Store, examples: int, house: House = HOUSE) -> None:
    """What comes in orderly, with its subjects, and what comes in anyhow, in this house, are the same."""

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        copies=mailings(),
        first=st.booleans(),
        chance=st.randoms(use_true_random=False),
        cuts=st.frozensets(st.integers(0, 15)),
        twice=st.booleans(),
        side_by_side=st.booleans(),
    )
    def any_order(
        copies: list[Copy], first: bool, chance: Any, cuts: frozenset[int], twice: bool, side_by_side: bool
    ) -> None:
        copies = list({(c.folder, c.message.identity): c for c in copies}.values())
        together = Mailboxes(store, first)
        together.take(sorted(copies, key=lambda c: c.folder), frozenset())
        expected = together.told()
        chance.shuffle(copies)
        apart = Mailboxes(store, first, house)
        apart.take(copies, cuts, side_by_side)
        if twice:
            apart.take(copies, frozenset())
        assert apart.told() == expected

    any_order()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    yield opened
    opened.close()


def test_any_order_and_any_batches_give_the_same_conversations_and_waits(lite: Store) -> None:
    holds(lite, 40)


def test_the_same_where_subjects_are_not_kept(lite: Store) -> None:
    holds(lite, 10, replace(HOUSE, keeps_subjects=False))


@pytest.mark.full
def test_a_thousand_times_over_where_subjects_are_not_kept(lite: Store) -> None:
    holds(lite, 1000, replace(HOUSE, keeps_subjects=False))


@pytest.mark.full
def test_a_thousand_times_over(lite: Store) -> None:
    holds(lite, 1000)


def test_on_postgresql_too(postgres_url: str) -> None:
    opened = open_store(postgres_url)
    holds(opened, 10)
    opened.close()


Told = tuple[str, float, str, str]
"""Who wrote, on which day, under which subject, and in answer to which of these, by its place from 0."""
LIFT, RE, CARD = SUBJECTS[0], SUBJECTS[1], SUBJECTS[4]


def history(told: Sequence[Told]) -> list[Copy]:
    """Mails of Ann and info@ to each other. `x`: in answer to one that nobody has."""
    ids = [id_of(n, writer) for n, (writer, *_) in enumerate(told)]
    copies = []
    for number, (writer, day, subject, answers) in enumerate(told):
        to, folder = (ANN, "Sent") if writer == INFO else (INFO, "INBOX")
        names = (ids[int(answers)] if answers.isdecimal() else id_of(99, INFO),) if answers else ()
        people = (Address("", to),)
        message = Message(ids[number], ids[number], Address("", writer), people, subject, (), None, names, names)
        copies.append(Copy(number, (INFO, folder), message, START + timedelta(days=day)))
    return copies


@pytest.mark.parametrize(
    ("lesson", "told"),
    [
        (
            "the last to come opens the conversation: later ones, far from it, find it too",
            [(INFO, 30, RE, ""), (INFO, 35, RE, ""), (INFO, 25, RE, "x"), (ANN, 16, RE, ""), (INFO, 13, RE, "x")],
        ),
        (
            "what the reply seemed to be the first of has another first: what was tied to it is judged from there",
            [(INFO, 26, LIFT, ""), (ANN, 17, RE, "3"), (ANN, 11, LIFT, ""), (ANN, 29, RE, "")],
        ),
        (
            "an answer stamped weeks before what it answers: between them, the tie does not hold yet",
            [(INFO, 12, LIFT, ""), (ANN, 38, RE, ""), (ANN, 31, RE, ""), (ANN, 2, RE, "1"), (ANN, 17, RE, "")],
        ),
        (
            "the same, where the answer is ours",
            [(INFO, 38, LIFT, ""), (INFO, 29, RE, "0"), (ANN, 24, LIFT, ""), (ANN, 30, RE, ""), (INFO, 35, RE, "")],
        ),
    ],
)
def test_ties_by_subject_that_came_one_by_one_are_those_of_all_at_once(
    lite: Store, lesson: str, told: Sequence[Told]
) -> None:
    copies = history(told)
    together = Mailboxes(lite, True)
    together.take(copies, frozenset(), side_by_side=True)
    expected = together.told()
    apart = Mailboxes(lite, True)
    apart.take(copies, frozenset(range(len(copies))))
    assert apart.told() == expected, lesson


LONG = 6_000


@pytest.mark.full
def test_one_conversation_of_6_000_mails_is_folded_a_few_times_not_with_each_batch(
    lite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve batches of one look; each mail names the one before it."""
    given_to_fold: list[int] = []

    def counted(folds: Callable[..., Folded]) -> Callable[..., Folded]:
        def fold_these(messages: Sequence[Seen], *more: Any, **named: Any) -> Folded:
            given_to_fold.append(len(messages))
            return folds(messages, *more, **named)

        return fold_these

    monkeypatch.setattr(folding, "fold_ordered", counted(fold_ordered))
    monkeypatch.setattr(inferring, "fold", counted(fold))
    boxes = Mailboxes(lite, first=True)
    info, sent = boxes.folders[INFO, "INBOX"], boxes.folders[INFO, "Sent"]
    for start in range(0, LONG, 1000):
        for folder, odd in ((info, 0), (sent, 1)):
            batch = [chained(n) for n in range(start + odd, start + 1000, 2)]
            take_in(lite, folder, batch, Cursor(7, start + 1001), HOUSE, Look(NOW))
    fold_put_off(lite, HOUSE)
    assert sum(given_to_fold) <= 4 * LONG, "each batch anew would be seven times"
    (story,) = all_stories(lite)
    assert len(story.messages) == LONG
    assert {w.state for w in story.waits} == {"answered"}
    assert len(story.waits) == LONG // 2


def chained(number: int) -> Arrival:
    """Ann and info@ in turn, a minute between."""
    from_, to = (ANN, INFO) if number % 2 == 0 else (INFO, ANN)
    message = Message(
        identity=f"<{number}@long.example>",
        message_id=f"<{number}@long.example>",
        from_=Address("", from_),
        recipients=(Address("", to),),
        subject="Re: A broken lift",
        in_reply_to=(f"<{number - 1}@long.example>",),
    )
    return Arrival(number + 1, frozenset(), 1000, START + timedelta(minutes=number), message)
