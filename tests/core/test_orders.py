"""Who may say what: each check on a mail to the commands mailbox, at its edges."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.addresses import ALSO_FROM
from monitor.core.house import Desk, House
from monitor.core.message import Address, Message
from monitor.core.orders import MOST_AN_HOUR, VALID, Order, refusal, speaker
from monitor.core.staff import Staff

NOW = datetime(2026, 11, 14, 10, tzinfo=UTC)
STAFF = Staff(mailboxes=frozenset({"info@ours.example"}), domains=("ours.example",))
HOUSE = House(STAFF, {"info@ours.example": Desk("info@ours.example", "Desk")}, b"key")
LEAD = "lead@ours.example"
PEOPLE = {LEAD, "jo@gmail.com"}


def message(from_: str = LEAD, **headers: str) -> Message:
    facts = {name.replace("_", "-"): (value,) for name, value in headers.items()}
    return Message("<1@x>", "<1@x>", Address("Lead", from_), (), "Re: done", headers=facts)


def order(mail: Message | None = None, who: str = LEAD, age: timedelta = timedelta(0), lately: int = 0) -> Order:
    return Order(mail or message(), NOW + age, NOW, LEAD, who, lately, HOUSE)


@pytest.mark.parametrize(
    ("from_", "who"),
    [
        (LEAD, LEAD),
        ("lead+phone@ours.example", LEAD),
        ("jo@googlemail.com", "jo@gmail.com"),
        ("info@ours.example", LEAD),
        ("info+desk@ours.example", LEAD),
        ("other@ours.example", ""),
        ("lead@evil.example", ""),
        ("lead@ours.example.evil.example", ""),
        ("", ""),
    ],
)
def test_who_speaks_is_an_address_of_the_config(from_: str, who: str) -> None:
    assert speaker(message(from_), LEAD, PEOPLE, STAFF) == who


def test_of_several_in_from_nobody_speaks() -> None:
    mail = Message("<1@x>", "<1@x>", Address("", LEAD), (), "", headers={ALSO_FROM: ("jo@gmail.com",)})
    assert speaker(mail, LEAD, PEOPLE, STAFF) == ""


def test_who_writes_as_the_mailbox_is_nobody_when_the_one_who_got_the_letter_left_the_config() -> None:
    assert speaker(message("info@ours.example"), "left@ours.example", PEOPLE, STAFF) == ""


@pytest.mark.parametrize(
    ("what", "one", "name"),
    [
        ("all is well", order(), None),
        ("on its last day", order(age=VALID), None),
        ("a moment too late", order(age=VALID + timedelta(seconds=1)), "expired"),
        ("one more than there may be", order(lately=MOST_AN_HOUR), "too-many"),
        ("the last there may be", order(lately=MOST_AN_HOUR - 1), None),
        ("nobody we know", order(who=""), "stranger"),
        ("a machine", order(message(auto_submitted="auto-replied")), "automatic"),
        ("not from them", order(message(authentication_results="mx; dmarc=fail")), "refuted"),
        ("spf failed, nothing passed", order(message(authentication_results="mx; spf=fail")), "refuted"),
        ("spf failed on the way, dkim passed",
         order(message(authentication_results="mx; spf=fail; dkim=pass header.d=ours.example")), None),
        ("soft failures prove nothing", order(message(authentication_results="mx; spf=softfail; dkim=none")), None),
        ("a machine that nobody knows is a machine first", order(message(precedence="bulk"), who=""), "automatic"),
    ],
)  # fmt: skip
def test_the_first_check_that_a_mail_does_not_pass_decides(what: str, one: Order, name: str | None) -> None:
    assert refusal(one) == name, what
