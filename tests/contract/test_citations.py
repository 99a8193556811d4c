"""What customers' mail tells of us, on SQLite and PostgreSQL alike: replies never seen, outsiders who answer for us."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.invisible import Invisible
from monitor.core.message import Address, Message, Role
from monitor.core.staff import Staff
from monitor.store.arrivals import Arrival, Look
from monitor.store.citations import StandIn, invisible_replies, stand_ins
from monitor.store.mailboxes import watch
from monitor.store.store import Store, open_store
from tests.contract.taking import take_in

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INFO, OPS, ANN, KIM = "info@ours.example", "ops@ours.example", "ann@reader.example", "kim@freemail.example"
STAFF = Staff(mailboxes=frozenset({INFO, OPS}), domains=("ours.example",))
HOUSE = House(staff=STAFF, desks={INFO: Desk(INFO, "Front desk"), OPS: Desk(OPS, "Operations")})
ROLES: Sequence[tuple[str, Role]] = (("INBOX", "inbox"), ("Sent", "sent"), ("Archive", "elsewhere"))


class Desks:
    """Two mailboxes, and what arrives in them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folders = {(m, row.name): row.id for m in (INFO, OPS) for row in watch(store, m, ROLES)}
        self.uid = 0

    def take(self, message: Message, when: datetime, at: str = INFO, folder: str = "INBOX") -> Message:
        self.uid += 1
        arrival = Arrival(self.uid, frozenset(), 1000, when, message)
        take_in(self.store, self.folders[at, folder], [arrival], Cursor(7, self.uid + 1), HOUSE, Look(NOW))
        return message

    def cites(self, name: str, when: datetime, at: str = INFO, *, seen: bool, folder: str = "INBOX") -> Message:
        """A customer asks, gets a reply that we see or not, and answers it at `when`; returns the last mail."""
        question = self.take(mail(f"{name}-1@reader.example", ANN, at), when - 2 * HOUR, at)
        reply = mail(f"{name}-2@ours.example", at, ANN, re=[question])
        if seen:
            self.take(reply, when - HOUR, at, "Sent")
        return self.take(mail(f"{name}-3@reader.example", ANN, at, re=[question, reply]), when, at, folder)

    def answered_by(self, who: str, name: str, when: datetime, *, again: bool = False, **from_: str) -> None:
        """Somebody answers the one who waits, with a copy to the desk; with `again` twice in one conversation."""
        question = self.take(mail(f"{name}-1@reader.example", ANN, INFO), when - HOUR)
        for number in range(1 + again):
            answer = mail(f"{name}-{number}@freemail.example", who, ANN, INFO, re=[question], **from_)
            self.take(answer, when + number * timedelta(minutes=1))


@pytest.fixture
def desks(url: str) -> Iterator[Desks]:
    """The two mailboxes; one mail of ours was seen, so that ids like ours are known."""
    store = open_store(url)
    found = Desks(store)
    found.take(mail("first@ours.example", INFO, "friend@before.example"), TEN - 40 * DAY, folder="Sent")
    yield found
    store.close()


def mail(name: str, from_: str, *to: str, re: Sequence[Message] = (), display: str = "", reply_to: str = "") -> Message:
    """A mail that answers the last of `re`, and names all of them."""
    return Message(
        identity=f"<{name}>",
        message_id=f"<{name}>",
        from_=Address(display, from_),
        recipients=tuple(Address("", address) for address in to),
        subject=f"Opening hours of {name.partition('-')[0]}",
        reply_to=(Address("", reply_to),) if reply_to else (),
        in_reply_to=tuple(m.message_id for m in re[-1:]),
        references=tuple(m.message_id for m in re),
    )


def measured(desks: Desks, start: datetime = TEN - DAY, end: datetime = TEN + DAY) -> dict[str, Invisible]:
    return invisible_replies(desks.store, start, end)


class TestInvisibleReplies:
    def test_nothing_is_measured_where_nobody_answered_us(self, desks: Desks) -> None:
        desks.take(mail("question@reader.example", ANN, INFO), TEN)
        assert measured(desks) == {}

    def test_each_mailbox_has_its_own_share(self, desks: Desks) -> None:
        for number in range(3):
            desks.cites(f"a{number}", TEN, seen=False)
        desks.cites("b", TEN, seen=True)
        desks.cites("c", TEN, OPS, seen=True)
        assert measured(desks) == {INFO: Invisible(3, 4), OPS: Invisible(0, 1)}

    def test_only_what_arrived_from_start_up_to_end_counts(self, desks: Desks) -> None:
        desks.cites("at", TEN, seen=False)
        second = timedelta(seconds=1)
        assert measured(desks, TEN, TEN + second) == {INFO: Invisible(1, 1)}
        assert measured(desks, TEN + second, TEN + DAY) == measured(desks, TEN - DAY, TEN) == {}

    def test_a_message_in_two_folders_counts_once_a_mailbox(self, desks: Desks) -> None:
        both = desks.cites("both", TEN, seen=False)
        desks.take(both, TEN)
        desks.take(both, TEN, folder="Archive")
        desks.take(both, TEN, OPS)
        assert measured(desks) == {INFO: Invisible(1, 1), OPS: Invisible(1, 1)}

    def test_a_reply_that_is_seen_later_is_no_longer_missed(self, desks: Desks) -> None:
        last = desks.cites("late", TEN, seen=False)
        assert measured(desks) == {INFO: Invisible(1, 1)}
        question, reply = last.references
        found = Message(reply, reply, Address("", INFO), (Address("", ANN),), "Re", in_reply_to=(question,))
        desks.take(found, TEN - HOUR, folder="Sent")
        assert measured(desks) == {INFO: Invisible(0, 1)}


class TestStandIns:
    def found(self, desks: Desks, since: datetime = TEN - DAY, fewest: int = 3) -> list[StandIn]:
        return stand_ins(desks.store, since, fewest, lambda message: STAFF.writer(message).address)

    def test_conversations_are_counted_not_messages(self, desks: Desks) -> None:
        for number in range(2):
            desks.answered_by(KIM, f"q{number}", TEN + number * HOUR, again=True)
        assert self.found(desks) == []
        desks.answered_by(KIM, "q2", TEN + 5 * HOUR)
        assert self.found(desks) == [StandIn(INFO, KIM, 3, TEN + 5 * HOUR)]

    def test_who_answered_last_stands_first(self, desks: Desks) -> None:
        for who, start in (("lee@freemail.example", 20), (KIM, 0)):
            for number in range(3):
                desks.answered_by(who, f"{who[:3]}{number}", TEN + (start + number) * timedelta(minutes=7))
        assert [one.address for one in self.found(desks)] == ["lee@freemail.example", KIM]

    def test_what_is_older_does_not_count(self, desks: Desks) -> None:
        for number in range(4):
            desks.answered_by(KIM, f"q{number}", TEN + number * DAY)
        assert [one.conversations for one in self.found(desks, TEN + DAY)] == [3]
        assert self.found(desks, TEN + 2 * DAY) == []

    def test_the_person_behind_a_group_counts(self, desks: Desks) -> None:
        for number in range(3):
            desks.answered_by(INFO, f"q{number}", TEN + number * HOUR, display="Kim via Info", reply_to=KIM)
        assert [one.address for one in self.found(desks)] == [KIM]
