"""What two weeks of mail say before anything is stored: questions, those with a reply, mails that were sent."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.house import Desk, House
from monitor.core.lately import Copy, Lately, lately
from monitor.core.message import Address, Message, Place, Role
from monitor.core.sightings import Sighting
from monitor.core.staff import Staff

NOW = datetime(2024, 11, 11, 8, tzinfo=UTC)
INFO, OPS = "info@ours.example", "ops@ours.example"
HOUSE = House(Staff(mailboxes=frozenset({INFO, OPS}), domains=("ours.example",)), {a: Desk(a, a) for a in (INFO, OPS)})
BEGIN = {INFO: NOW - timedelta(days=14), OPS: NOW - timedelta(days=14)}


def copy(
    number: int, from_: str, to: str, hours: float, *, box: str = INFO, role: Role = "inbox", answers: int = 0
) -> Copy:
    ids = (f"<{answers}@x.example>",) if answers else ()
    own = f"<{number}@x.example>"
    subject = f"{'Re: ' if answers else ''}Opening hours {answers or number}"
    message = Message(own, own, Address("", from_), (Address("", to),), subject, in_reply_to=ids)
    at = NOW - timedelta(hours=hours)
    return Copy(message, at, Sighting(Place(box, role), frozenset(), False, 2000, NOW))


ANN, BEN = "ann@reader.example", "ben@reader.example"
ASKED, ANSWERED = copy(1, ANN, INFO, 9), copy(2, INFO, ANN, 8, role="sent", answers=1)
OPEN = copy(3, BEN, INFO, 7)


def test_a_question_with_a_reply_and_one_without() -> None:
    found = lately([ASKED, ANSWERED, OPEN], HOUSE, BEGIN)
    assert found == {INFO: Lately(2, 1, 1, ANSWERED.received_at), OPS: Lately()}


def test_a_reply_that_left_from_another_mailbox_counts_for_the_one_that_was_asked() -> None:
    reply = copy(2, OPS, ANN, 8, box=OPS, role="sent", answers=1)
    assert lately([ASKED, reply], HOUSE, BEGIN) == {
        INFO: Lately(1, 1, 0, None),
        OPS: Lately(0, 0, 1, reply.received_at),
    }


def test_a_reply_without_any_id_is_found_by_its_subject() -> None:
    reply = copy(2, INFO, ANN, 8, role="sent", answers=1)
    bare = reply._replace(
        message=Message(
            "<2@x.example>", "<2@x.example>", *(reply.message.from_,), reply.message.recipients, reply.message.subject
        )
    )
    assert lately([ASKED, bare], HOUSE, BEGIN)[INFO].answered == 1


def test_what_came_before_the_beginning_is_not_counted_but_known() -> None:
    early = copy(1, ANN, INFO, 24 * 15)
    assert lately([early, ANSWERED], HOUSE, BEGIN)[INFO] == Lately(0, 0, 1, ANSWERED.received_at)


def test_a_mail_in_two_mailboxes_is_one_question() -> None:
    twice = ASKED._replace(seen=Sighting(Place(OPS, "inbox"), frozenset(), False, 2000, NOW))
    found = lately([ASKED, twice], HOUSE, BEGIN)
    assert sum(each.questions for each in found.values()) == 1


@given(
    st.permutations([ASKED, ANSWERED, OPEN, copy(4, ANN, OPS, 6, box=OPS), copy(5, OPS, ANN, 5, box=OPS, role="sent")])
)
def test_the_order_in_which_mails_are_found_does_not_matter(copies: list[Copy]) -> None:
    found = lately(copies, HOUSE, BEGIN)
    assert (found[INFO].questions, found[INFO].answered, found[OPS].questions, found[OPS].sent) == (2, 1, 1, 1)
