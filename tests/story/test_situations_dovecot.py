"""The situations of real desks, each through a real mail server and real letters, with the outcome that is right.

Numbers are those of the list of situations that must come out right; most stories begin with a monitor that has
been running since Monday 08:00, and one question from Ann on Monday at 10:00.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, Mail, at, kinds, text_of, utc

NO_LETTERS: list[tuple[str, str]] = []
LATER = at("Wed 18:00")


@pytest.fixture
def running(house: House) -> House:
    """A house whose monitor has been running since Monday 08:00."""
    house.opens(at("Mon 08:00"))
    return house


def test_1_who_writes_twice_waits_once_from_the_first_mail(running: House) -> None:
    first = running.asks(at("Mon 10:00"))
    running.asks(at("Mon 10:30"), answers=first)
    running.round(at("Mon 10:35"))
    wait = running.wait(at("Mon 10:35"))
    assert (wait["state"], wait["opened_by"], wait["opened_at"]) == ("waiting", first.id, utc(at("Mon 10:00")))
    assert (wait["chased_at"], wait["due_at"]) == (utc(at("Mon 10:30")), utc(at("Tue 10:00")))


def test_2_a_second_reply_changes_nothing_about_the_first(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    reply = running.answers(question, at("Mon 11:00"))
    running.round(at("Mon 12:00"))
    running.answers(question, at("Tue 15:00"))
    running.round(at("Tue 16:00"))
    wait = running.wait(at("Tue 16:00"))
    assert (wait["state"], wait["answered_by"], wait["evidence"]) == ("answered", reply.id, "sent")
    assert (wait["answered_at"], wait["met"]) == (utc(at("Mon 11:00")), True)


def test_3_who_writes_again_after_our_reply_waits_anew(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    reply = running.answers(question, at("Mon 11:00"))
    again = running.asks(at("Mon 15:00"), answers=reply)
    running.round(at("Mon 16:00"))
    first, second = running.thread(question, at("Mon 16:00"))["waits"]
    assert (first["state"], second["state"]) == ("answered", "waiting")
    assert (second["opened_by"], second["due_at"]) == (again.id, utc(at("Tue 15:00")))


def test_4_a_reply_to_the_third_mail_counts_from_the_first(running: House) -> None:
    first = running.asks(at("Mon 10:00"))
    second = running.asks(at("Mon 10:30"), answers=first)
    third = running.asks(at("Mon 11:00"), answers=second)
    reply = running.answers(third, at("Mon 12:00"))
    running.answers(first, at("Mon 12:30"))
    running.round(at("Mon 13:00"))
    wait = running.wait(at("Mon 13:00"))
    assert (wait["opened_at"], wait["answered_at"]) == (utc(at("Mon 10:00")), utc(at("Mon 12:00")))
    assert wait["answered_by"] == reply.id


def test_5_passing_a_question_on_moves_the_ball_never_the_clock(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.sends(at("Mon 11:00"), running.address("it"), answers=question, subject=f"Fwd: {question.subject}")
    assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]
    wait = running.wait(at("Tue 10:05"))
    assert (wait["state"], wait["met"], wait["due_at"]) == ("waiting", False, utc(at("Tue 10:00")))
    assert wait["handoff"] == {"at": utc(at("Mon 11:00")), "from": "Info desk", "to": "a colleague", "decided": False}


def test_6_a_colleague_tells_the_desk_but_nobody_tells_the_customer(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    passed = running.sends(at("Mon 11:00"), running.address("it"), answers=question)
    decided = running.mail(running.address("it"), running.address("info"), at("Mon 14:00"), answers=passed)
    running.put("info", "INBOX", decided)
    (letter,) = running.round(at("Tue 10:05"))
    assert running.wait(at("Tue 10:05"))["handoff"]["decided"] is True
    assert "has answered Info desk; the customer has not been told" in text_of(letter)


@pytest.mark.parametrize(
    ("stamp", "state", "evidence"),
    [
        (None, "answered", "copy-unverified"),
        ("mx.house.example; dmarc=none", "answered", "copy-unverified"),
        ("mx.house.example; dmarc=fail", "waiting", None),
    ],
)
def test_7_a_colleagues_copy_is_believed_unless_it_failed_the_check(
    running: House, stamp: str | None, state: str, evidence: str | None
) -> None:
    question = running.asks(at("Mon 10:00"))
    fields = {"Authentication-Results": stamp} if stamp else {}
    desk = running.address("info")
    copy = running.mail(running.address("jo"), ANN, at("Mon 12:00"), answers=question, cc=desk, **fields)
    running.put("info", "INBOX", copy)
    running.round(at("Mon 13:00"))
    wait = running.wait(at("Mon 13:00"))
    assert (wait["state"], wait["evidence"]) == (state, evidence)
    shown = running.thread(question, at("Mon 13:00"))["messages"][-1]
    assert (shown["message_id"], shown["rule"].startswith("claimed")) == (copy.id, state == "waiting")


def test_9_our_automatic_acknowledgement_answers_nobody(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.answers(question, at("Mon 10:00"), Auto_Submitted="auto-replied")
    assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]
    assert running.wait(at("Tue 10:05"))["state"] == "waiting"


def test_16_one_mail_to_two_desks_is_one_wait_that_one_answer_ends(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 08:00"))
    both = house.mail(ANN, f"{house.address('info')}, {house.address('ops')}", at("Mon 10:00"))
    house.put("info", "INBOX", both)
    house.put("ops", "INBOX", both)
    assert kinds(house.round(at("Tue 10:05"))) == [("reminder", house.lead("info")), ("reminder", house.lead("ops"))]
    assert house.wait(at("Tue 10:05"))["mailboxes"] == [house.address("info"), house.address("ops")]
    for desk in ("info", "ops"):
        shown = house.threads(at("Tue 10:05"), "--mailbox", house.address(desk))
        assert both.subject in [t["subject"] for t in shown]
    house.answers(both, at("Tue 11:00"), by="ops")
    assert kinds(house.round(at("Wed 10:05"))) == NO_LETTERS
    assert house.wait(LATER)["answered_at"] == utc(at("Tue 11:00"))


def test_18_whom_staff_write_to_waits_only_after_writing_back(running: House) -> None:
    letter = running.sends(at("Mon 10:00"), ANN, subject="Your reservation")
    running.round(at("Mon 11:00"))
    assert running.waits(at("Mon 11:00")) == []
    reply = running.asks(at("Mon 12:00"), answers=letter)
    running.round(at("Mon 13:00"))
    assert running.wait(at("Mon 13:00"))["opened_by"] == reply.id


@pytest.mark.parametrize("to", ["Archive", "Questions"])
def test_20_a_question_that_is_moved_between_polls_is_the_same_wait(houses: Houses, to: str) -> None:
    house = houses({"info": 'inbox = ["INBOX", "Questions"]'})
    with house.dovecot.client(house.address("info")) as client:
        client.create_folder("Questions")
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    assert kinds(house.round(at("Tue 10:05"))) == [("reminder", house.lead())]
    before = house.thread(question, at("Tue 10:05"))
    house.dovecot.move(house.address("info"), "INBOX", 1, to)
    assert kinds(house.round(at("Tue 10:10"))) == NO_LETTERS
    assert house.thread(question, at("Tue 10:05")) == before
    assert kinds(house.round(at("Wed 10:05"))) == [("reminder", house.lead())]
    house.answers(question, at("Wed 11:00"))
    house.round(at("Wed 12:00"))
    assert house.wait(at("Wed 12:00"))["state"] == "answered"


def test_24_a_rebuilt_mailbox_is_nothing_new(running: House) -> None:
    answered = running.asks(at("Mon 10:00"), BEN)
    running.answers(answered, at("Mon 11:00"))
    question = running.asks(at("Mon 12:00"))
    assert kinds(running.round(at("Tue 12:05"))) == [("reminder", running.lead())]
    before = running.threads(at("Tue 12:05"))
    for folder in ("INBOX", "Sent"):
        running.dovecot.lose_uid_list(running.address("info"), folder)
    assert kinds(running.round(at("Tue 13:10"))) == NO_LETTERS
    assert running.threads(at("Tue 12:05")) == before
    assert kinds(running.round(at("Wed 12:05"))) == [("reminder", running.lead())]
    running.answers(question, at("Wed 13:00"))
    assert kinds(running.round(at("Thu 12:05"))) == NO_LETTERS


def test_27_whoever_is_answered_before_the_letter_leaves_is_not_in_it(running: House) -> None:
    ann, ben = running.asks(at("Mon 10:00"), ANN), running.asks(at("Mon 10:00"), BEN)
    running.sink.answer("DATA", "451 4.3.0 later")
    assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
    running.answers(ann, at("Tue 10:20"))
    (letter,) = running.round(at("Tue 10:30"))
    assert "Ben Borrower" in text_of(letter)
    assert "Ann Reader" not in text_of(letter) + letter.message["Subject"]
    running.answers(ben, at("Tue 10:40"))
    assert kinds(running.round(at("Wed 10:05"))) == NO_LETTERS


def test_27_where_everybody_was_answered_meanwhile_no_letter_leaves(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.sink.answer("DATA", "451 4.3.0 later")
    assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
    running.answers(question, at("Tue 10:20"))
    for moment in ("Tue 10:30", "Tue 12:00", "Wed 10:05"):
        assert kinds(running.round(at(moment))) == NO_LETTERS
    assert running.status(LATER)["outbox"]["withdrawn"] == 1


def test_28_a_third_party_that_chases_is_in_the_same_wait(running: House) -> None:
    question = running.asks(at("Mon 10:00"), cc=CLEO)
    running.asks(at("Mon 15:00"), CLEO, answers=question, cc=ANN)
    running.round(at("Mon 16:00"))
    wait = running.wait(at("Mon 16:00"))
    assert (wait["opened_at"], wait["chased_at"]) == (utc(at("Mon 10:00")), utc(at("Mon 15:00")))
    running.sends(at("Mon 17:00"), CLEO, answers=question, cc=ANN)
    running.round(at("Mon 18:00"))
    assert running.wait(at("Mon 18:00"))["state"] == "answered"


def test_29_a_hundred_and_fifty_mails_are_one_conversation(running: House) -> None:
    asked: list[Mail] = []
    answered: list[Mail] = []
    last: Mail | None = None
    for number in range(75):
        when = at("Mon 09:00") + timedelta(hours=number)
        last = running.mail(ANN, running.address("info"), when, answers=last, subject="" if last else "Long story")
        asked.append(last)
        last = running.mail(running.address("info"), ANN, when + timedelta(minutes=20), answers=last)
        answered.append(last)
    # The middle comes last, so that the first look sees two ends that only the rest can tie together.
    running.put_many("info", "INBOX", asked[:30] + asked[45:])
    running.put_many("info", "Sent", answered[:30] + answered[45:])
    running.round(at("Thu 13:00"))
    running.put_many("info", "INBOX", asked[30:45])
    running.put_many("info", "Sent", answered[30:45])
    assert kinds(running.round(at("Thu 14:00"))) == NO_LETTERS
    thread = running.thread(asked[0], at("Thu 14:00"))
    assert [m["message_id"] for m in thread["messages"]] == [
        m.id for pair in zip(asked, answered, strict=True) for m in pair
    ]
    assert [w["answered_by"] for w in thread["waits"]] == [m.id for m in answered]
    assert {w["met"] for w in thread["waits"]} == {True}


def test_30_a_late_sent_copy_gives_the_same_waits_as_in_order(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    reply = running.mail(running.address("info"), ANN, at("Mon 11:00"), answers=question)
    again = running.asks(at("Mon 12:00"), answers=reply)
    running.round(at("Mon 12:05"))
    running.put("info", "Sent", reply)
    running.round(at("Mon 12:10"))
    first, second = running.waits(at("Mon 12:10"))
    assert (first["state"], first["answered_at"], first["chased_at"]) == ("answered", utc(at("Mon 11:00")), None)
    assert (second["state"], second["opened_by"]) == ("waiting", again.id)
    assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
    assert kinds(running.round(at("Tue 12:05"))) == [("reminder", running.lead())]


def old_unanswered(house: House, count: int) -> None:
    start = at("Mon 08:00") - timedelta(days=20)
    mails = [
        house.mail(f"Reader {n} <r{n}@reader.example>", house.address("info"), start + timedelta(minutes=4 * n))
        for n in range(count)
    ]
    house.put_many("info", "INBOX", mails)


@pytest.mark.parametrize("count", [300, pytest.param(5_000, marks=pytest.mark.full)])
@pytest.mark.parametrize("replies_seen", [True, False], ids=["replies-seen", "no-reply-ever-seen"])
def test_33_old_mail_is_told_once_and_never_reminded_about(houses: Houses, count: int, replies_seen: bool) -> None:
    house = houses(owners=("lead", "deputy"), config='[[reminder]]\nto = ["owners", "boss@chief.example"]')
    old_unanswered(house, count)
    if replies_seen:
        house.sends(at("Mon 07:00"), BEN)
    letters = house.round(at("Mon 08:00"))
    assert kinds(letters) == [("opening", owner) for owner in sorted(house.owners())]
    for letter in letters:
        text = text_of(letter)
        assert f"{count} messages had waited more than 24 hours when the monitor first looked" in text
        assert ("No reply sent from" in text) is not replies_seen
    for moment in (at("Mon 08:05"), at("Mon 20:00"), at("Tue 08:00"), at("Tue 20:00"), at("Wed 08:00")):
        assert kinds(house.round(moment)) == NO_LETTERS
    house.asks(at("Wed 09:00"), CLEO)
    after = [letter for moment in ("Thu 08:00", "Thu 09:05") for letter in house.round(at(moment))]
    if not replies_seen:
        assert kinds(after) == [("notice", house.operator)]
        return
    assert kinds(after) == [("reminder", to) for to in sorted(["boss@chief.example", *house.owners()])]
    assert all("Cleo is waiting to hear" in text_of(letter) for letter in after)


def test_33_a_desk_that_is_first_seen_later_has_an_opening_of_its_own(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.set_password("ops", "not known yet")
    house.sends(at("Mon 07:00"), CLEO, by="info")
    house.sends(at("Mon 07:00"), CLEO, by="ops")
    house.round(at("Mon 08:00"), code=77)
    house.asks(at("Mon 10:00"), ANN, to="ops")
    house.set_password("ops", house.dovecot.password)
    readable_again = ("notice", house.operator)
    assert kinds(house.round(at("Wed 08:00"))) == [readable_again, ("opening", house.lead("ops"))]
    house.asks(at("Wed 09:00"), BEN, to="ops")
    assert kinds(house.round(at("Thu 08:55"))) == NO_LETTERS
    (letter,) = house.round(at("Thu 09:05"))
    assert "Ben Borrower is waiting" in text_of(letter)


def test_34_asking_a_supplier_is_no_answer_to_the_customer(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    supplier = "Print shop <orders@printshop.example>"
    asked = running.sends(at("Mon 11:00"), supplier, answers=question, subject=f"Fwd: {question.subject}")
    running.asks(at("Mon 15:00"), supplier, answers=asked)
    assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]
    first = running.waits(at("Tue 10:05"))[0]
    assert (first["state"], first["opened_by"]) == ("waiting", question.id)


def test_34_answering_another_customer_leaves_the_first_one_waiting(running: House) -> None:
    ann = running.asks(at("Mon 10:00"), ANN, subject="Broken lift")
    ben = running.asks(at("Mon 11:00"), BEN, answers=ann)
    running.answers(ben, at("Mon 12:00"))
    running.round(at("Mon 13:00"))
    waits = running.thread(ann, at("Mon 13:00"))["waits"]
    assert [(w["opened_by"], w["state"]) for w in waits] == [(ann.id, "waiting"), (ben.id, "answered")]


@pytest.mark.parametrize("form", ["<{n}@{domain}>", "<im.reminder.{n:024x}.{n:020x}@{domain}>"])
def test_36_staff_mail_with_ids_of_the_letters_domain_answers_as_ever(running: House, form: str) -> None:
    question = running.asks(at("Mon 10:00"))
    reply = running.answers(question, at("Mon 11:00"), id=form.format(n=77, domain=running.domain))
    running.round(at("Mon 12:00"))
    wait = running.wait(at("Mon 12:00"))
    assert (wait["state"], wait["answered_by"]) == ("answered", reply.id)


def answered_from_ops(house: House) -> Mapping[str, datetime]:
    """Ops has answered info's mail before; now ops@ cannot be read."""
    house.opens(at("Mon 08:00"))
    earlier = house.asks(at("Mon 09:00"), BEN)
    house.answers(earlier, at("Mon 09:30"), by="ops")
    house.round(at("Mon 10:00"))
    house.set_password("ops", "forgotten")
    return {"asked": at("Mon 11:00"), "due": at("Tue 11:05")}


def test_37_nobody_is_called_late_while_the_desk_that_answers_cannot_be_read(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    when = answered_from_ops(house)
    house.asks(when["asked"])
    assert kinds(house.round(when["due"], code=77)) == [("notice", house.operator)]
    assert house.waits(when["due"])[-1]["met"] is None
    house.set_password("ops", house.dovecot.password)
    assert kinds(house.round(at("Tue 12:00"))) == [("reminder", house.lead("info"))]


def test_37_what_was_answered_there_meanwhile_was_never_late(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    when = answered_from_ops(house)
    question = house.asks(when["asked"])
    house.answers(question, at("Mon 12:00"), by="ops")
    assert kinds(house.round(when["due"], code=77)) == [("notice", house.operator)]
    house.set_password("ops", house.dovecot.password)
    assert kinds(house.round(at("Tue 12:00"))) == NO_LETTERS
    assert house.waits(at("Tue 12:00"))[-1]["met"] is True


def test_38_one_outgoing_mail_ever_seen_is_enough(houses: Houses) -> None:
    house = houses()
    house.sends(at("Mon 08:00") - timedelta(days=25), CLEO)
    house.round(at("Mon 08:00"))
    house.asks(at("Mon 09:00"), BEN)
    assert kinds(house.round(at("Tue 09:05"))) == [("reminder", house.lead())]
