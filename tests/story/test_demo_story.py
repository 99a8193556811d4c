"""The demo's story: every mail can be read, nothing in it points at a real place, and time runs forwards."""

import re
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest

from monitor.demo.story import FIRST_LOOK, MAILBOXES, MONDAY, SATURDAY, StoryMail, mails, mails_after, mails_between
from monitor.demo.story import mails_until as until
from monitor.demo.story_mails import MAILS
from monitor.demo.story_mails_later import MAILS as LATER


def parsed(mail: StoryMail) -> EmailMessage:
    return message_from_bytes(mail.raw, policy=default)


ALL = [(mail, parsed(mail)) for mail in mails()]


@pytest.mark.parametrize(("mail", "message"), ALL)
def test_every_mail_can_be_read(mail: StoryMail, message: EmailMessage) -> None:
    assert not message.defects
    assert not [header.defects for name in ("From", "To", "Date") if (header := message[name]).defects]
    assert message["Subject"].strip()
    assert mail.user in MAILBOXES
    assert mail.folder in ("INBOX", "Sent")


@pytest.mark.parametrize(("mail", "message"), ALL)
def test_every_address_is_invented(mail: StoryMail, message: EmailMessage) -> None:
    domains = re.findall(rb"@([\w.-]+)", mail.raw) + re.findall(rb"(?:from|by|://) ?([\w-]+\.[\w.-]+)", mail.raw)
    assert all(domain.rstrip(b".").endswith(b".example") for domain in domains)
    assert message["From"].addresses[0].domain.endswith(".example")


def test_ids_are_unique_but_for_copies_of_one_mail() -> None:
    rows = MAILS + LATER
    assert len({row.key for row in rows}) == len(rows)
    copies = Counter(message["Message-ID"] for _, message in ALL)
    assert len(copies) == len(rows)
    assert max(Counter((mail.user, mail.folder, message["Message-ID"]) for mail, message in ALL).values()) == 1


def test_what_is_answered_came_before() -> None:
    arrived = {message["Message-ID"].strip("<>"): mail.arrived for mail, message in reversed(ALL)}
    for mail, message in ALL:
        for named in message.get("References", "").split():
            assert arrived[named.strip("<>")] < mail.arrived


@pytest.mark.parametrize(("mail", "message"), ALL)
def test_the_topmost_stamp_is_the_arrival(mail: StoryMail, message: EmailMessage) -> None:
    if mail.folder == "INBOX":
        assert parsedate_to_datetime(message["Received"].rpartition(";")[2]) == mail.arrived
    assert message["Date"].datetime == mail.arrived


def test_it_is_told_in_order_and_in_instalments() -> None:
    times = [mail.arrived for mail in mails()]
    assert times == sorted(times)
    assert times[-1] < MONDAY
    assert times[-1] - times[0] < timedelta(days=11)
    parts = until(FIRST_LOOK) + mails_between(FIRST_LOOK, SATURDAY) + mails_between(SATURDAY, MONDAY)
    assert parts == mails() == until(SATURDAY) + mails_after(SATURDAY)
    assert MAILS[-1].when < "12 10:00" < LATER[0].when


def test_names_and_subjects_of_the_world_are_in_it() -> None:
    names = {message["From"].addresses[0].display_name for _, message in ALL}
    assert {"Zoë Lindqvist", "田中 健二"} <= names
    assert {"Antw: Vraag over een lidmaatschap", "Réf. : votre lettre du 3 novembre"} <= {m["Subject"] for _, m in ALL}
    assert all(mail.raw.isascii() or b"8bit" in mail.raw for mail, _ in ALL)
