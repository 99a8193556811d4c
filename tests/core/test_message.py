"""When a mail arrived, and whether two mails with one id are one mail (rules.md §1)."""

import pickle
from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.message import NOBODY, Address, Message, arrival, same_mail
from tests.core.situations import MONDAY, at, mail

NOW = at("Fri 12:00")
YEARS_AGO = datetime.fromisoformat("1985-01-01T00:00+00:00")
UNIX_ZERO = datetime.fromisoformat("1970-01-01T00:00+00:00")


def moment(text: str) -> datetime | None:
    """A weekday and time, or one of the insane."""
    return {"": None, "1985": YEARS_AGO, "1970": UNIX_ZERO}.get(text) if text in ("", "1985", "1970") else at(text)


@pytest.mark.parametrize(
    ("what", "internaldate", "received", "date", "arrived"),
    [
        ("all agree", "Mon 10:00", "Mon 10:00", "Mon 09:59", "Mon 10:00"),
        ("the Date header is no clock", "Mon 10:00", "Mon 10:00", "Thu 10:00", "Mon 10:00"),
        ("no Received was read", "Mon 10:00", "", "", "Mon 10:00"),
        ("a day after the last hop is allowed", "Tue 10:00", "Mon 10:00", "", "Tue 10:00"),
        ("more than a day is an import", "Tue 10:01", "Mon 10:00", "", "Mon 10:00"),
        ("the last hop may be later", "Mon 10:00", "Mon 11:00", "", "Mon 10:00"),
        ("before 1990", "1985", "Mon 10:00", "", "Mon 10:00"),
        ("before 1990, no Received", "1985", "", "Mon 09:00", "Mon 09:00"),
        ("no INTERNALDATE", "", "Mon 10:00", "Mon 09:00", "Mon 10:00"),
        ("ten minutes ahead", "Fri 12:10", "", "", "Fri 12:10"),
        ("eleven minutes ahead", "Fri 12:11", "Fri 11:00", "", "Fri 11:00"),
        ("a Received in the future says nothing", "Mon 10:00", "Sun 10:00", "", "Mon 10:00"),
        ("a Received of 1970 says nothing", "Mon 10:00", "1970", "", "Mon 10:00"),
        ("all insane", "1970", "1985", "Sun 12:00", "Fri 12:00"),
        ("nothing known", "", "", "", "Fri 12:00"),
    ],
)
def test_when_a_mail_arrived(what: str, internaldate: str, received: str, date: str, arrived: str) -> None:
    assert arrival(moment(internaldate), moment(received), moment(date), NOW) == at(arrived), what


@given(*[st.none() | st.integers(-20_000, 400).map(lambda d: MONDAY + timedelta(days=d))] * 3)
def test_nothing_arrives_in_the_future_or_before_1990(
    internaldate: datetime | None, received: datetime | None, date: datetime | None
) -> None:
    arrived = arrival(internaldate, received, date, NOW)
    assert arrived.year >= 1990
    assert arrived <= NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("what", "change", "same"),
    [
        ("nothing differs", {}, True),
        ("a list tagged the subject and rewrote From", {"subject": "[users] x", "from_": NOBODY}, True),
        ("another Date alone", {"sent_at": at("Tue 10:00")}, True),
        ("another Date and subject, the same sender", {"sent_at": at("Tue 10:00"), "subject": "x"}, True),
        ("another Date, sender and subject", {"sent_at": at("Tue 10:00"), "subject": "x", "from_": NOBODY}, False),
        ("one has no Date", {"sent_at": None, "subject": "x", "from_": Address("", "x@y.example")}, True),
    ],
)
def test_whether_two_mails_with_one_id_are_one(what: str, change: dict[str, object], same: bool) -> None:
    one = mail("10:00 Ann → info", sent_at=at("10:00")).message
    other = replace(one, **change)  # type: ignore[arg-type]
    assert same_mail(one, other) is same, what
    assert same_mail(other, one) is same, what


def test_another_process_is_told_every_field_in_its_place() -> None:
    ann, values = Address("Ann", "ann@customer.example"), ("<1@customer.example>", "<2@customer.example>")
    message = Message("<1>", "<2>", ann, (ann, NOBODY), "Hello", (NOBODY,), MONDAY, values, values[1:], {"a": values})
    there = pickle.loads(pickle.dumps(message))
    assert there == message
    assert [type(getattr(there, each.name)) for each in fields(Message)] == [
        type(getattr(message, each.name)) for each in fields(Message)
    ]
    assert type(there.recipients[0]) is Address
