"""Who is "us", and which person wrote a mail (rules.md §1)."""

import pytest

from monitor.core.message import Address
from monitor.core.staff import Staff
from tests.core.situations import INFO, mail

UNIVERSITY = Staff(
    mailboxes=frozenset({INFO}),
    people=frozenset({"tutor@students.uni.example"}),
    domains=("uni.example", "*.uni.example"),
    customers=("*@students.uni.example", "s????@uni.example"),
    lists=frozenset({"users@lists.example"}),
    groups=frozenset({"team@uni.example"}),
)


@pytest.mark.parametrize(
    ("address", "why", "is_ours"),
    [
        (INFO, "staff.mailbox", True),
        ("tutor@students.uni.example", "staff.person", True),
        ("users@lists.example", "staff.list", True),
        ("team@uni.example", "staff.list", True),
        ("dean@uni.example", "staff.domain", True),
        ("dean@law.uni.example", "staff.domain", True),
        ("jane@students.uni.example", "staff.customer", False),
        ("s1234@uni.example", "staff.customer", False),
        ("dean@uni.example.evil.example", "staff.outside", False),
        ("dean@notuni.example", "staff.outside", False),
        ("uni.example", "staff.domain", True),
        ("", "staff.outside", False),
    ],
)
def test_who_is_us(address: str, why: str, is_ours: bool) -> None:
    assert UNIVERSITY.why(address) == why
    assert UNIVERSITY.is_ours(address) is is_ours


@pytest.mark.parametrize(
    ("what", "from_", "headers", "reply_to", "writer"),
    [
        ("a person", "Ann <ann@c.example>", {}, "", "ann@c.example"),
        ("a person with Reply-To", "Ann <ann@c.example>", {}, "a@home.example", "ann@c.example"),
        ("a list", "Ann via Users <users@lists.example>", {"x-original-from": "Ann@C.example"}, "", "ann@c.example"),
        ("a list, by sender", "Users <users@lists.example>", {"x-original-sender": "a@c.example"}, "", "a@c.example"),
        ("a list, Reply-To only", "Ann via Users <users@lists.example>", {}, "a@c.example", "a@c.example"),
        ("a list, Reply-To itself", "Users <users@lists.example>", {}, "users@lists.example", "users@lists.example"),
        ("a mailbox as a group", f"Ann via Info <{INFO}>", {"x-original-from": "Ann <a@c.example>"}, "", "a@c.example"),
        ("a mailbox that writes itself", f"Info <{INFO}>", {"x-original-from": "a@c.example"}, "", INFO),
        (
            "an outsider who claims it",
            "X <x@evil.example>",
            {"x-original-from": "dean@uni.example"},
            "",
            "x@evil.example",
        ),
    ],
)
def test_who_wrote_it(what: str, from_: str, headers: dict[str, str], reply_to: str, writer: str) -> None:
    name, _, address = from_.rstrip(">").partition(" <")
    answers_to = (Address("", reply_to),) if reply_to else ()
    message = mail("10:00 Ann → info", from_=Address(name, address), headers=headers, reply_to=answers_to).message
    assert UNIVERSITY.writer(message).address == writer, what
