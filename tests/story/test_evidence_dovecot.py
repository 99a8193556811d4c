"""What proves an answer, and what people do to mail, through a real mail server: flags, moves, bounces, citations.

A monitor has been running since Monday 08:00; Ann asks on Monday at 10:00. No story changes a flag or a message.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime

import pytest

from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, Json, Mail, at, kinds, utc

NO_LETTERS: list[tuple[str, str]] = []


@pytest.fixture
def running(house: House) -> Iterator[House]:
    """A house whose monitor has been running since Monday 08:00."""
    house.opens(at("Mon 08:00"))
    yield house
    before = house.flags()
    house.round(at("Fri 18:00"))
    assert house.flags() == before, "reading changes nothing"


def told(house: House, moment: str) -> list[tuple[str, str | None]]:
    """State and evidence of each wait after a look."""
    house.round(at(moment))
    return [(w["state"], w["evidence"]) for w in house.waits(at(moment))]


def wait(house: House, moment: str) -> Json:
    house.round(at(moment))
    return house.wait(at(moment))


def unnamed(house: House, mail: Mail, when: datetime, subject: str) -> Mail:
    """An answer whose program writes no ids."""
    return house.mail(house.address("info"), mail.from_, when, subject=subject)


def report(house: House, about: Mail, when: datetime, action: str) -> bytes:
    """A delivery report as mail servers write it (RFC 3464)."""
    parts = MIMEMultipart("report", report_type="delivery-status")
    parts["From"], parts["To"] = "Mail Delivery System <mailer-daemon@relay.example>", house.address("info")
    parts["Date"], parts["Message-ID"] = format_datetime(when), f"<{action}.{when:%H%M}@relay.example>"
    parts["Subject"] = "Delivery Status Notification"
    text = EmailMessage()
    text.set_content("About your mail.\n")
    status = MIMENonMultipart("message", "delivery-status")
    mta, recipient = Message(), Message()
    mta["Reporting-MTA"] = "dns; relay.example"
    recipient["Final-Recipient"], recipient["Action"] = "rfc822; ann@reader.example", action
    recipient["Status"] = "5.1.1" if action == "failed" else "4.4.1"
    status.set_payload([mta, recipient])
    header = MIMENonMultipart("text", "rfc822-headers")
    header.set_payload(about.raw.partition(b"\r\n\r\n")[0].decode() + "\r\n")
    for part in (text, status, header):
        parts.attach(part)
    return parts.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_08_a_reply_that_only_the_customer_shows_us_ends_the_wait_at_an_unknown_time(running: House) -> None:
    earlier = running.asks(at("Mon 09:00"), BEN)
    running.put(
        "info",
        "Sent",
        running.mail(running.address("info"), BEN, at("Mon 09:30"), answers=earlier, id=f"<known@{running.domain}>"),
    )
    question = running.asks(at("Mon 10:00"))
    unseen = running.mail(
        running.address("info"), ANN, at("Mon 12:00"), answers=question, id=f"<unseen@{running.domain}>"
    )
    again = running.asks(at("Tue 09:00"), answers=unseen)
    running.round(at("Tue 09:05"))
    first, second = running.thread(question, at("Tue 09:05"))["waits"]
    assert (first["state"], first["evidence"], first["answered_at"]) == ("answered", "cited", None)
    assert (second["state"], second["opened_by"]) == ("waiting", again.id)
    running.put("info", "Sent", unseen)
    running.round(at("Tue 09:30"))
    first = running.thread(question, at("Tue 09:30"))["waits"][0]
    assert (first["evidence"], first["answered_at"], first["met"]) == ("sent", utc(at("Mon 12:00")), True)


@pytest.mark.parametrize(("action", "state"), [("failed", "waiting"), ("delayed", "answered")])
def test_11_a_report_of_failure_opens_the_wait_again_one_of_a_delay_does_not(
    running: House, action: str, state: str
) -> None:
    question = running.asks(at("Mon 10:00"))
    reply = running.answers(question, at("Mon 11:00"))
    assert wait(running, "Mon 11:05")["state"] == "answered"
    running.dovecot.append(
        running.address("info"), "INBOX", report(running, reply, at("Mon 11:10"), action), at("Mon 11:10")
    )
    found = wait(running, "Mon 11:15")
    assert (found["state"], found["opened_at"], found["due_at"]) == (state, utc(at("Mon 10:00")), utc(at("Tue 10:00")))


def test_14_an_old_mail_used_for_a_new_topic_by_somebody_else_is_a_story_of_its_own(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    reply = running.answers(question, at("Mon 11:00"))
    recycled = running.mail(
        BEN, running.address("info"), at("Tue 09:00"), subject="The summer fair", References=reply.id
    )
    running.put("info", "INBOX", recycled)
    running.round(at("Tue 09:05"))
    assert running.thread(recycled, at("Tue 09:05"))["waits"][0]["state"] == "waiting"
    assert len(running.thread(question, at("Tue 09:05"))["messages"]) == 2


def test_20_archived_between_two_looks_and_answered_afterwards(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    running.dovecot.move(running.address("info"), "INBOX", 1, "Cabinet")
    assert wait(running, "Mon 11:00")["state"] == "waiting"
    running.answers(question, at("Mon 12:00"))
    found = wait(running, "Mon 12:05")
    assert (found["state"], found["evidence"], found["answered_at"]) == ("answered", "sent", utc(at("Mon 12:00")))


def test_20_gone_without_a_trace_it_still_waits(running: House) -> None:
    running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    running.dovecot.delete(running.address("info"), "INBOX", 1)
    assert wait(running, "Mon 11:00")["state"] == "waiting"
    assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]


@pytest.mark.parametrize(("folder", "evidence"), [("Trash", "deleted"), ("Junk", "spam")], ids=["21_trash", "22_junk"])
def test_21_and_22_deleted_or_marked_as_spam_nobody_is_reminded(running: House, folder: str, evidence: str) -> None:
    question = running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    running.dovecot.move(running.address("info"), "INBOX", 1, folder)
    found = wait(running, "Mon 11:00")
    assert (found["state"], found["evidence"], found["met"]) == ("excused", evidence, None)
    assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
    running.dovecot.move(running.address("info"), folder, 1, "INBOX")
    assert kinds(running.round(at("Wed 10:05"))) == [("reminder", running.lead())]
    assert wait(running, "Wed 10:10")["opened_by"] == question.id


def test_23_a_draft_is_no_answer_until_it_is_sent(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    reply = running.mail(running.address("info"), ANN, at("Mon 11:00"), answers=question)
    running.put("info", "Sent", reply, ["\\Draft"])
    running.put("info", "Drafts", reply, ["\\Draft"])
    assert told(running, "Mon 11:05") == [("waiting", None)]
    running.put("info", "Sent", reply._replace(when=at("Mon 15:00")), ["\\Seen"])
    found = wait(running, "Mon 15:05")
    assert (found["state"], found["answered_at"]) == ("answered", utc(at("Mon 15:00")))


def test_closed_by_a_move_to_the_done_folder_and_open_again_when_it_comes_back(running: House) -> None:
    running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    done = "No reply needed"
    running.dovecot.move(running.address("info"), "INBOX", 1, done)
    found = wait(running, "Mon 11:00")
    assert (found["state"], found["evidence"], found["answered_at"]) == ("no_reply_needed", "closed", None)
    assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
    running.dovecot.move(running.address("info"), done, 1, "INBOX")
    assert kinds(running.round(at("Tue 11:00"))) == [("reminder", running.lead())]
    running.dovecot.move(running.address("info"), "INBOX", 2, done)
    assert told(running, "Tue 12:00") == [("no_reply_needed", "closed")]


def test_15_closed_by_hand_and_then_the_customer_writes(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    running.dovecot.move(running.address("info"), "INBOX", 1, "No reply needed")
    running.round(at("Mon 11:00"))
    running.asks(at("Tue 09:00"), answers=question)
    assert told(running, "Tue 09:05") == [("no_reply_needed", "closed"), ("waiting", None)]


def test_the_flag_of_an_answer_that_nobody_kept_is_known_to_a_look(running: House) -> None:
    running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    running.dovecot.add_flags(running.address("info"), "INBOX", 1, ["\\Answered"])
    found = wait(running, "Mon 11:00")
    assert (found["state"], found["evidence"], found["answered_at"]) == ("answered", "flag", utc(at("Mon 11:00")))
    running.dovecot.add_flags(running.address("info"), "INBOX", 1, ["\\Flagged"])
    later = wait(running, "Mon 12:00")
    assert (later["state"], later["answered_at"]) == ("answered", found["answered_at"])


def test_one_set_before_the_first_look_says_neither_when_nor_whether_in_time(house: House) -> None:
    house.sends(at("Sun 09:00", week=-1), BEN)
    question = house.mail(ANN, house.address("info"), at("Sun 10:00", week=-1))
    house.put("info", "INBOX", question, ["\\Answered"])
    found = wait(house, "Mon 11:00")
    assert (found["state"], found["evidence"], found["answered_at"]) == ("answered", "flag", None)
    assert found["met"] is None
    house.dovecot.lose_uid_list(house.address("info"), "INBOX")
    again = wait(house, "Mon 12:00")
    assert (again["evidence"], again["answered_at"]) == ("flag", None)


def test_a_forward_sets_the_flag_too_and_answers_nobody(running: House) -> None:
    question = running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    running.sends(at("Mon 11:00"), running.address("it"), answers=question, subject=f"Fwd: {question.subject}")
    running.dovecot.add_flags(running.address("info"), "INBOX", 1, ["\\Answered"])
    assert told(running, "Mon 11:05") == [("waiting", None)]


def test_an_answer_without_ids_is_known_by_its_subject_and_its_recipient(running: House) -> None:
    question = running.asks(at("Mon 10:00"), subject="The lift of branch nine is broken")
    reply = unnamed(running, question, at("Mon 11:00"), "Re: The lift of branch nine is broken")
    running.put("info", "Sent", reply)
    running.round(at("Mon 11:05"))
    story = running.thread(question, at("Mon 11:05"))
    assert [m["message_id"] for m in story["messages"]] == [question.id, reply.id]
    (found,) = story["waits"]
    assert (found["evidence"], found["answered_by"], found["met"]) == ("inferred", reply.id, True)


def test_one_with_a_subject_that_says_nothing_is_tied_to_nobody(running: House) -> None:
    question = running.asks(at("Mon 10:00"), subject="Your invoice")
    running.put("info", "Sent", unnamed(running, question, at("Mon 11:00"), "Re: Your invoice"))
    assert told(running, "Mon 11:05") == [("waiting", None)]


def test_a_chase_whose_ids_a_gateway_stripped_belongs_to_its_own_question(running: House) -> None:
    question = running.asks(at("Mon 10:00"), subject="The lift of branch nine is broken")
    running.asks(at("Mon 15:00"), subject="Re: The lift of branch nine is broken")
    running.asks(at("Mon 16:00"), BEN, subject="Re: The lift of branch nine is broken")
    running.round(at("Mon 16:05"))
    waits = running.thread(question, at("Mon 16:05"))["waits"]
    assert [(w["opened_by"], w["chased_at"]) for w in waits] == [(question.id, utc(at("Mon 15:00")))]
    assert len(running.waits(at("Mon 16:05"))) == 2


def test_what_came_to_info_is_answered_from_ops(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    house.answers(question, at("Mon 11:00"), by="ops")
    found = wait(house, "Mon 11:05")
    assert (found["state"], found["evidence"], found["mailboxes"]) == ("answered", "sent", [house.address("info")])


def test_of_a_mailbox_watched_for_its_sent_mail_nothing_else_is_read(houses: Houses) -> None:
    house = houses({"info": "", "jo": 'watch = "sent"'})
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    private = house.asks(at("Mon 10:30"), BEN, to="jo")
    house.put("jo", "No reply needed", private)
    house.answers(question, at("Mon 11:00"), by="jo")
    found = wait(house, "Mon 11:05")
    assert (found["state"], found["evidence"]) == ("answered", "sent")
    stored = {m["message_id"] for t in house.threads(at("Mon 11:05")) for m in t["messages"]}
    assert private.id not in stored
    with closing(sqlite3.connect(house.folder / "monitor.db")) as store:
        known = store.execute("SELECT name FROM folders WHERE mailbox = ?", [house.address("jo")]).fetchall()
    assert known == [("Sent",)], "its INBOX was never asked for"
