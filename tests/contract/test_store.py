"""What the store must keep, on SQLite and on PostgreSQL alike: facts once, waits folded from them, letters claimed.

Ann asks, staff answer, things arrive twice, in any order and from several folders: the waits are always the same.
"""

import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select
from sqlalchemy.exc import StatementError

from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.ladder import Reminder
from monitor.core.message import Address, Message
from monitor.core.staff import Staff
from monitor.jobs.sharing import share_of
from monitor.store import mailboxes, tables
from monitor.store.arrivals import Arrival, Look
from monitor.store.flags import flags_changed, forget_sightings, waiting_mails
from monitor.store.lock import AlreadyRunning, only_daemon
from monitor.store.looks import looked_completely
from monitor.store.mailboxes import refold_if_rules_changed, views, watch
from monitor.store.outbox import begin_try, mark_sent, pending, try_later
from monitor.store.reminding import (
    NewLetter,
    Notice,
    already_claimed,
    claim,
    claim_notices,
    due_between,
    noticed,
    waits_of_letter,
)
from monitor.store.rows import fortnight_of
from monitor.store.shown import trouble_rows
from monitor.store.store import RowError, Store, StoreError, open_store
from monitor.store.stories import Story, StoryWait, all_stories, led_by, reminders_of, story_of
from monitor.store.withdrawing import withdraw_outdated, withdraw_waiting
from tests.contract.taking import take_in

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
INFO, OPS = "info@ours.example", "ops@ours.example"
ANN, BEN = "ann@reader.example", "ben@borrower.example"
HOUSE = House(
    staff=Staff(mailboxes=frozenset({INFO, OPS}), domains=("ours.example",)),
    desks={INFO: Desk(INFO, "Front desk"), OPS: Desk(OPS, "Operations")},
)
HOUR = timedelta(hours=1)


def flags_of(store: Store, folder: int) -> dict[int, frozenset[str]]:
    """The flags by uid of those who wait."""
    return {uid: mail.flags for uid, mail in waiting_mails(store, folder).items()}


class Desks:
    """Two watched mailboxes and what arrives in them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folders: dict[tuple[str, str], int] = {}
        self.uid = 0
        for mailbox in (INFO, OPS):
            for row in watch(store, mailbox, [("INBOX", "inbox"), ("Sent", "sent")]):
                self.folders[mailbox, row.name] = row.id

    def arrival(self, message: Message, when: datetime, flags: Sequence[str] = ()) -> Arrival:
        self.uid += 1
        return Arrival(self.uid, frozenset(flags), 1000, when, message)

    def take(self, where: tuple[str, str], *batch: Arrival, uidvalidity: int = 7) -> None:
        cursor = Cursor(uidvalidity, max((a.uid for a in batch), default=0) + 1)
        take_in(self.store, self.folders[where], batch, cursor, HOUSE, Look(NOW))

    def asked(self, message: Message, when: datetime = TEN, at: str = INFO) -> Arrival:
        arrival = self.arrival(message, when)
        self.take((at, "INBOX"), arrival)
        return arrival

    def answered(self, message: Message, when: datetime, at: str = INFO) -> None:
        self.take((at, "Sent"), self.arrival(message, when))

    def waits(self) -> list[StoryWait]:
        return sorted((w for s in self.stories() for w in s.waits), key=lambda w: (w.opened_at, w.opener))

    def stories(self) -> list[Story]:
        return list(all_stories(self.store))


@pytest.fixture
def desks(store: Store) -> Desks:
    """The two mailboxes, empty."""
    return Desks(store)


def mail(
    name: str, from_: str, *to: str, re: Sequence[str] = (), subject: str = "Opening hours", **more: Any
) -> Message:
    return Message(
        identity=f"<{name}>",
        message_id=f"<{name}>",
        from_=Address(from_.partition("@")[0].title(), from_),
        recipients=tuple(Address("", address) for address in to),
        subject=subject,
        in_reply_to=tuple(f"<{i}>" for i in re),
        **more,
    )


def dump(store: Store) -> dict[str, list[Any]]:
    """Everything the store holds, but for its own key."""
    with store.reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
            if table.name != "settings"
        }


def letter(name: str, recipient: str = "lead@ours.example") -> NewLetter:
    return NewLetter("reminder", f"<{name}@ours.example>", recipient, "Ann is waiting", b"From: x\r\n\r\n")


def reminder(wait: int, occurrence: int = 0, recipient: str = "lead@ours.example") -> Reminder:
    return Reminder(wait, "0h.owners", occurrence, recipient, TEN + 24 * HOUR * (1 + occurrence))


class TestTheSchema:
    def test_a_new_store_has_the_tables_of_the_program(self, store: Store) -> None:
        with store.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []

    def test_opening_it_again_changes_nothing_and_keeps_its_key(self, store: Store, url: str) -> None:
        again = open_store(url)
        assert again.letter_key == store.letter_key
        assert len(again.letter_key) == 32
        again.close()

    def test_moments_come_back_as_utc_and_naive_ones_are_refused(self, store: Store) -> None:
        east = TEN.astimezone(timezone(timedelta(hours=5)))
        with store.writing() as connection:
            connection.execute(insert(tables.mailboxes).values(address=INFO, as_of=east))
        found = views(store)[INFO].as_of
        assert (found, found.utcoffset() if found else None) == (TEN, timedelta(0))
        naive = TEN.replace(tzinfo=None)
        with pytest.raises((StoreError, StatementError), match="without a time zone"), store.writing() as connection:
            connection.execute(insert(tables.mailboxes).values(address=OPS, as_of=naive))
        assert OPS not in views(store)

    def test_the_file_is_its_owners_alone(self, tmp_path: Path, desks: Desks) -> None:
        if not desks.store.is_sqlite:
            pytest.skip("PostgreSQL keeps its own files")
        desks.asked(mail("1", ANN, INFO))
        files = [file for file in tmp_path.iterdir() if file.name.startswith("monitor.db")]
        assert {file.name for file in files} >= {"monitor.db"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    def test_a_half_written_batch_leaves_nothing(self, desks: Desks) -> None:
        before = dump(desks.store)
        broken = mail("1", ANN, INFO, sent_at=TEN.replace(tzinfo=None))
        with pytest.raises(RowError):
            desks.take((INFO, "INBOX"), desks.arrival(mail("0", BEN, INFO), TEN), desks.arrival(broken, TEN))
        assert dump(desks.store) == before


class TestTakingIn:
    def test_the_same_batch_twice_changes_nothing(self, desks: Desks) -> None:
        batch = [
            desks.arrival(mail("1", ANN, INFO), TEN),
            desks.arrival(mail("2", BEN, INFO), TEN, ["\\Seen"]),
            Arrival(99, frozenset(), 10, TEN, "no sender can be read in its header"),  # type: ignore[arg-type]
        ]
        desks.take((INFO, "INBOX"), *batch)
        before = dump(desks.store)
        desks.take((INFO, "INBOX"), *batch)
        assert dump(desks.store) == before
        (trouble,) = trouble_rows(desks.store)
        assert (trouble.mailbox, trouble.folder, trouble.uid) == (INFO, "INBOX", 99)

    @pytest.mark.parametrize("order", [(0, 2), (2, 0), (500, 0)])
    def test_received_at_is_the_earliest_sighting(self, desks: Desks, order: tuple[int, int]) -> None:
        for mailbox, hours in zip((INFO, OPS), order, strict=True):
            desks.asked(mail("1", ANN, INFO, OPS), TEN + hours * HOUR, at=mailbox)
        (wait,) = desks.waits()
        assert (wait.opened_at, wait.due_at, wait.mailboxes) == (TEN, TEN + 24 * HOUR, (INFO, OPS))
        with desks.store.reading() as connection:
            assert connection.scalar(select(tables.messages.c.fortnight)) == fortnight_of(TEN)

    @pytest.mark.parametrize("folders", [("INBOX", "Sent"), ("Sent", "INBOX")])
    def test_a_copy_that_names_more_recipients_counts_whichever_is_read_first(
        self, desks: Desks, folders: tuple[str, str]
    ) -> None:
        """To the desk itself, with the customer in Bcc: only the copy in Sent shows that she was answered."""
        desks.asked(mail("1", ANN, INFO))
        copies = {"INBOX": mail("2", INFO, INFO, re=["1"]), "Sent": mail("2", INFO, INFO, ANN, re=["1"])}
        for folder in folders:
            desks.take((INFO, folder), desks.arrival(copies[folder], TEN + HOUR))
        (wait,) = desks.waits()
        assert (wait.state, wait.answered_by, wait.evidence) == ("answered", "<2>", "sent")

    def test_one_id_on_two_different_mails_keeps_both(self, desks: Desks) -> None:
        first = mail("same", ANN, INFO, subject="A broken lift", sent_at=TEN)
        other = mail("same", BEN, INFO, subject="A lost card", sent_at=TEN + HOUR)
        for message, when in ((first, TEN), (other, TEN + HOUR)):
            desks.asked(message, when)
        before = dump(desks.store)
        assert [(w.who.address, w.state) for w in desks.waits()] == [(ANN, "waiting"), (BEN, "waiting")]
        assert {m.shown_id for s in desks.stories() for m in s.messages} == {"<same>"}
        desks.asked(other, TEN + HOUR)
        assert [m for t in ("messages", "waits") for m in dump(desks.store)[t]] == [
            m for t in ("messages", "waits") for m in before[t]
        ]

    def test_a_mail_that_a_list_rewrote_is_the_same_mail(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO, sent_at=TEN))
        rewritten = mail("1", "list@lists.example", INFO, subject="[list] Opening hours", sent_at=TEN)
        desks.asked(rewritten, at=OPS)
        (wait,) = desks.waits()
        assert (wait.who.address, wait.mailboxes) == (ANN, (INFO, OPS))

    def test_on_a_merge_the_lowest_number_leads_and_the_others_lead_to_it(self, desks: Desks) -> None:
        for name in ("1", "2", "3"):
            desks.asked(mail(name, ANN, INFO))
        assert [story.number for story in desks.stories()] == [1, 2, 3]
        desks.asked(mail("4", ANN, INFO, re=["3", "2"]), TEN + HOUR)
        assert [story.number for story in desks.stories()] == [1, 2]
        desks.asked(mail("5", ANN, INFO, re=["4", "1"]), TEN + 2 * HOUR)
        assert [led_by(desks.store, number) for number in (1, 2, 3)] == [1, 1, 1]
        found = [story_of(desks.store, number) for number in (1, 2, 3)]
        assert found[0] is not None
        assert found == [found[0]] * 3
        assert len(found[0].messages) == 5
        desks.asked(mail("6", ANN, INFO))
        assert max(story.number for story in desks.stories()) == 4, "a number is never given twice"

    def test_an_id_that_nobody_saw_ties_those_who_name_it(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO, re=["phantom"]))
        desks.asked(mail("2", ANN, INFO, re=["phantom"]), TEN + HOUR)
        (wait,) = desks.waits()
        assert (wait.opener, wait.chased_at) == ("<1>", TEN + HOUR)


Step = tuple[tuple[str, str], Message, datetime]

STORY: tuple[Step, ...] = (
    ((INFO, "INBOX"), mail("ask", ANN, INFO, OPS), TEN),
    ((OPS, "INBOX"), mail("ask", ANN, INFO, OPS), TEN + timedelta(seconds=30)),
    ((INFO, "INBOX"), mail("chase", ANN, INFO, re=["ask"]), TEN + HOUR),
    ((INFO, "Sent"), mail("pass", INFO, OPS, re=["ask"]), TEN + 2 * HOUR),
    ((OPS, "INBOX"), mail("pass", INFO, OPS, re=["ask"]), TEN + 2 * HOUR),
    ((OPS, "Sent"), mail("answer", OPS, ANN, re=["pass", "ask"]), TEN + 3 * HOUR),
    ((INFO, "INBOX"), mail("again", ANN, INFO, re=["answer"]), TEN + 5 * HOUR),
    ((INFO, "INBOX"), mail("other", BEN, INFO, re=["ask"]), TEN + 6 * HOUR),
    ((INFO, "Sent"), mail("to-ben", INFO, BEN, re=["other"]), TEN + 7 * HOUR),
    ((INFO, "INBOX"), mail("alone", BEN, INFO, subject="A lost card"), TEN + 8 * HOUR),
    ((INFO, "INBOX"), mail("unseen", BEN, INFO, re=["nobody", "alone"]), TEN + 9 * HOUR),
)


def told(desks: Desks) -> Any:
    """What may not depend on the order: conversations, verdicts and waits, without any numbers."""
    return sorted(
        (
            sorted((m.shown_id, m.direction, m.wants_reply, m.rule, m.seen.received_at) for m in story.messages),
            [replace(wait, id=0) for wait in story.waits],
        )
        for story in desks.stories()
    )


def play(desks: Desks, steps: Sequence[Step], cuts: set[int]) -> None:
    """Take the steps in, in this order, in batches that end at `cuts` and wherever the folder changes."""
    batch: list[Arrival] = []
    for number, (where, message, when) in enumerate(steps):
        batch.append(desks.arrival(message, when))
        last = number + 1 == len(steps)
        if last or number in cuts or steps[number + 1][0] != where:
            desks.take(where, *batch)
            batch = []


def wiped(store: Store) -> Desks:
    with store.writing() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name != "settings":
                connection.execute(delete(table))
    return Desks(store)


class TestAnyOrder:
    def test_any_order_and_any_batches_give_the_same_waits(self, store: Store) -> None:
        in_order = wiped(store)
        play(in_order, STORY, set())
        expected = told(in_order)
        states = [(w.opener, w.state, w.evidence) for w in in_order.waits()]
        assert states == [
            ("<ask>", "answered", "sent"),
            ("<again>", "waiting", None),
            ("<other>", "answered", "sent"),
            ("<alone>", "waiting", None),
        ]

        @settings(
            max_examples=25 if store.is_sqlite else 8,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(order=st.permutations(STORY), cuts=st.sets(st.integers(0, len(STORY))), twice=st.booleans())
        def shuffled(order: Sequence[Step], cuts: set[int], twice: bool) -> None:
            desks = wiped(store)
            play(desks, order, cuts)
            if twice:
                play(desks, order, set())
            assert told(desks) == expected

        shuffled()

    def test_backwards_and_one_by_one_too(self, store: Store) -> None:
        in_order, backwards = wiped(store), STORY[::-1]
        play(in_order, STORY, set())
        expected = told(in_order)
        desks = wiped(store)
        play(desks, backwards, set(range(len(STORY))))
        assert told(desks) == expected


class TestLetters:
    def test_claim_send_mark(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        (row,) = pending(desks.store, NOW)
        assert (row.message_id, row.recipient, row.body, row.tries) == (
            "<a@ours.example>",
            "lead@ours.example",
            b"From: x\r\n\r\n",
            0,
        )
        assert [w.id for w in waits_of_letter(desks.store, row.id)] == [wait.id]
        assert already_claimed(desks.store, [wait.id]) == {wait.id: [reminder(wait.id)]}
        begin_try(desks.store, row.id)
        mark_sent(desks.store, row.id, "250 OK", NOW)
        assert pending(desks.store, NOW + 9 * HOUR) == []
        (told_of,) = reminders_of(desks.store, [wait.id])
        assert (told_of.letter_state, told_of.settled_at, told_of.letter) == ("sent", NOW, "<a@ours.example>")

    def test_an_obligation_exists_at_most_once_and_a_claim_is_whole_or_not_at_all(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        before = dump(desks.store)
        with pytest.raises(StoreError):
            claim(desks.store, letter("b"), [reminder(wait.id, 1), reminder(wait.id)], NOW)
        with pytest.raises(StoreError):
            claim(desks.store, letter("a"), [reminder(wait.id, 1)], NOW)
        assert dump(desks.store) == before

    def test_notices_are_told_once_all_or_none(self, desks: Desks) -> None:
        first = Notice("opening", (INFO, OPS), "lead@ours.example", letter("a"))
        claim_notices(desks.store, [first, Notice("opening", (INFO,), "deputy@ours.example", None)], NOW)
        assert noticed(desks.store, "opening") == {
            (INFO, "lead@ours.example"),
            (OPS, "lead@ours.example"),
            (INFO, "deputy@ours.example"),
        }
        assert len(pending(desks.store, NOW)) == 1
        with pytest.raises(StoreError):
            claim_notices(desks.store, [Notice("opening", (OPS,), "x@ours.example", letter("c")), first], NOW)
        assert len(pending(desks.store, NOW)) == 1

    def test_a_letter_is_withdrawn_when_all_in_it_were_answered(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        assert withdraw_outdated(desks.store, NOW) == 0
        desks.answered(mail("2", INFO, ANN, re=["1"]), TEN + HOUR)
        assert withdraw_outdated(desks.store, NOW) == 1
        assert pending(desks.store, NOW) == []
        assert reminders_of(desks.store, [wait.id]) == []

    @pytest.mark.parametrize(("tried", "left"), [(False, 0), (True, 1)], ids=["untried", "perhaps-arrived"])
    def test_with_one_of_two_answered_it_is_made_anew_unless_it_may_have_arrived(
        self, desks: Desks, tried: bool, left: int
    ) -> None:
        desks.asked(mail("1", ANN, INFO))
        desks.asked(mail("2", BEN, INFO))
        ann, ben = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(ann.id), reminder(ben.id)], NOW)
        if tried:
            begin_try(desks.store, pending(desks.store, NOW)[0].id)
        desks.answered(mail("3", INFO, ANN, re=["1"]), TEN + HOUR)
        withdraw_outdated(desks.store, NOW)
        assert len(pending(desks.store, NOW)) == left
        assert bool(already_claimed(desks.store, [ben.id])) is tried, "else Ben falls due again, in a letter of his own"

    @pytest.mark.parametrize(("tried", "left"), [(False, 0), (True, 1)], ids=["untried", "perhaps-arrived"])
    def test_a_letter_that_surely_never_left_can_make_way_for_a_newer_one(
        self, desks: Desks, tried: bool, left: int
    ) -> None:
        desks.asked(mail("1", ANN, INFO))
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        if tried:
            begin_try(desks.store, pending(desks.store, NOW)[0].id)
        assert withdraw_waiting(desks.store, ["somebody@ours.example"], NOW) == 0
        assert withdraw_waiting(desks.store, ["lead@ours.example"], NOW) == 1 - left
        assert len(pending(desks.store, NOW)) == len(already_claimed(desks.store, [wait.id])) == left

    def test_a_letter_about_nobody_is_withdrawn(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        # The config now says that this is no person.
        refold_if_rules_changed(desks.store, "other rules", replace(HOUSE, ignored_senders=(ANN,)))
        assert desks.waits() == []
        assert withdraw_outdated(desks.store, NOW) == 1

    def test_what_is_not_taken_is_tried_later_and_later(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        now = NOW
        for pause in (5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440):
            (row,) = pending(desks.store, now)
            begin_try(desks.store, row.id)
            try_later(desks.store, row, "451 later", False, now)
            assert pending(desks.store, now + timedelta(minutes=pause - 1)) == []
            now += timedelta(minutes=pause)

    def test_reminders_go_with_a_wait_that_becomes_part_of_another(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO), TEN)
        desks.asked(mail("2", ANN, INFO), TEN + HOUR)
        first, second = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(first.id)], NOW)
        claim(desks.store, letter("b"), [reminder(second.id), reminder(second.id, 1)], NOW)
        desks.asked(mail("3", ANN, INFO, re=["1", "2"]), TEN + 2 * HOUR)
        (wait,) = due_between(desks.store, None, NOW)
        assert wait.id == first.id
        found = {(r.occurrence, r.letter) for r in reminders_of(desks.store, [wait.id])}
        assert found == {(0, "<a@ours.example>"), (1, "<b@ours.example>")}
        assert {r.moment for r in already_claimed(desks.store, [wait.id])[wait.id]} == {
            TEN + 24 * HOUR,
            TEN + 48 * HOUR,
        }

    def test_a_wait_keeps_its_reminders_when_an_earlier_opener_turns_up(self, desks: Desks) -> None:
        desks.asked(mail("2", ANN, INFO, re=["1"]), TEN + HOUR)
        (before,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(before.id)], NOW)
        desks.asked(mail("1", ANN, INFO), TEN)
        (after,) = due_between(desks.store, None, NOW)
        assert (after.id, after.opened_at) == (before.id, TEN)
        assert len(reminders_of(desks.store, [after.id])) == 1


class TestARebuiltFolder:
    def test_forgetting_its_uids_keeps_places_waits_and_reminders(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        desks.answered(mail("0", INFO, BEN), TEN)
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        before = told(desks)
        folder = desks.folders[INFO, "INBOX"]
        assert list(waiting_mails(desks.store, folder)) == [1]
        forget_sightings(desks.store, folder, NOW)
        assert flags_of(desks.store, folder) == {}
        assert told(desks) == before
        assert watch(desks.store, INFO, [("INBOX", "inbox"), ("Sent", "sent")])[0].cursor is None
        desks.uid = 40
        desks.take((INFO, "INBOX"), desks.arrival(mail("1", ANN, INFO), TEN + 9 * HOUR), uidvalidity=8)
        assert told(desks) == before
        assert list(waiting_mails(desks.store, folder)) == [41]
        assert len(reminders_of(desks.store, [wait.id])) == 1

    def test_a_folder_that_is_rebuilt_twice_under_the_same_number(self, desks: Desks) -> None:
        folder = desks.folders[INFO, "INBOX"]
        for hours, name in enumerate(("1", "2", "3")):
            desks.uid = 0
            desks.take((INFO, "INBOX"), desks.arrival(mail(name, ANN, INFO), TEN))
            forget_sightings(desks.store, folder, NOW + hours * HOUR)
        assert refold_if_rules_changed(desks.store, "other rules", HOUSE) == 3
        assert len(desks.waits()) == 3, "each is still known to have lain in the inbox"

    def test_a_folder_whose_part_changes_while_all_is_folded_has_all_folded_once_more(
        self, desks: Desks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another daemon's look, or a slow one of ours, finds it between two batches."""
        desks.asked(mail("1", ANN, INFO))
        real = mailboxes.fold_put_off

        def meanwhile(store: Store, house: House) -> None:
            real(store, house)
            watch(store, OPS, [("INBOX", "done"), ("Sent", "sent")])

        monkeypatch.setattr(mailboxes, "fold_put_off", meanwhile)
        assert refold_if_rules_changed(desks.store, "new rules", HOUSE) == 1
        monkeypatch.undo()
        assert refold_if_rules_changed(desks.store, "new rules", HOUSE) == 1
        assert refold_if_rules_changed(desks.store, "new rules", HOUSE) == 0

    def test_what_is_gone_from_its_folder_still_waits(self, desks: Desks) -> None:
        desks.asked(mail("1", ANN, INFO))
        folder = desks.folders[INFO, "INBOX"]
        flags_changed(desks.store, folder, {1: frozenset({"\\Seen"})}, [], HOUSE, Look(NOW))
        assert flags_of(desks.store, folder) == {1: frozenset({"\\Seen"})}
        flags_changed(desks.store, folder, {}, [1], HOUSE, Look(NOW))
        assert flags_of(desks.store, folder) == {}
        assert [w.state for w in desks.waits()] == ["waiting"]


class TestOneDaemon:
    def test_a_second_daemon_on_sqlite_is_turned_away_until_the_first_has_ended(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'monitor.db'}"
        first, second = open_store(url), open_store(url)
        turned_away = pytest.raises(AlreadyRunning, match="another inbox-monitor already works on")
        with only_daemon(first), turned_away, only_daemon(second):
            pass
        with only_daemon(second):
            pass
        first.close()
        second.close()

    def test_readers_are_not_turned_away(self, desks: Desks, url: str) -> None:
        with share_of(desks.store), desks.store.writing():
            reader = open_store(url)
            assert list(all_stories(reader)) == []
            reader.close()


def statements(store: Store, work: Callable[[], None]) -> list[str]:
    """What was sent to the database meanwhile."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    return sent


def batch_of(desks: Desks, count: int, round_: int) -> list[Arrival]:
    """New questions, chasers of old ones, and one in five that ties two old conversations together."""
    batch = []
    for n in range(count):
        names = [f"{count}.{round_ - 1}.{n}"] if round_ and n % 2 else []
        names += [f"{count}.{round_ - 1}.{(n + 1) % count}"] if round_ and n % 5 == 1 else []
        message = mail(f"{count}.{round_}.{n}", f"r{n}@reader.example", INFO, re=names)
        batch.append(desks.arrival(message, TEN + round_ * HOUR))
    return batch


class TestLaw10:
    def test_a_batch_costs_a_constant_number_of_statements_whatever_its_size(self, desks: Desks) -> None:
        costs: dict[int, list[int]] = {}
        for count in (10, 500):
            costs[count] = []
            for round_ in range(3):
                batch = batch_of(desks, count, round_)
                for _ in range(2):  # the second time all is known
                    sent = statements(desks.store, lambda batch=batch: desks.take((INFO, "INBOX"), *batch))  # type: ignore[misc]
                    costs[count].append(len(sent))
        assert costs[10] == costs[500]
        assert max(costs[500]) <= 39

    def test_a_complete_look_costs_a_constant_number_too(self, desks: Desks) -> None:
        few = statements(desks.store, lambda: looked_completely(desks.store, INFO, NOW))
        desks.take((INFO, "INBOX"), *batch_of(desks, 200, 0))
        many = statements(desks.store, lambda: looked_completely(desks.store, INFO, NOW))
        assert len(few) == len(many)

    def test_flags_cost_a_constant_number_however_many_have_changed(self, desks: Desks) -> None:
        folder = desks.folders[INFO, "INBOX"]
        desks.take((INFO, "INBOX"), *batch_of(desks, 400, 0))
        costs = []
        for count, seen in ((2, "\\Seen"), (400, "\\Flagged")):
            changed = {uid: frozenset({seen}) for uid in range(1, count // 2 + 1)}
            gone = range(401 - count // 2, 401)
            work = lambda c=changed, g=gone: flags_changed(desks.store, folder, c, g, HOUSE, Look(NOW))  # noqa: E731  # as above
            costs.append(len(statements(desks.store, work)))
        assert costs[0] == costs[1] <= 11
        assert flags_of(desks.store, folder) == dict.fromkeys(range(1, 201), frozenset({"\\Flagged"}))


def test_a_url_that_is_none_is_told_with_what_would_be_right(tmp_path: Path) -> None:
    for url in ("not a url", "nosuchdialect://x", f"sqlite:///{tmp_path}"):
        with pytest.raises(StoreError):
            open_store(url)
