"""Who is "us", and which person wrote a mail (rules.md §1)."""

from dataclasses import replace

import pytest

from monitor.core.addresses import ALSO_FROM
from monitor.core.message import Address
from monitor.core.staff import Staff
from tests.core.situations import INFO, mail

UNIVERSITY = Staff(
    mailboxes=frozenset({INFO}),
    people=frozenset({"tutor@students.uni.example", "helper@googlemail.com"}),
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
        ("info+permits@ours.example", "staff.mailbox", True),
        ("tutor+x@students.uni.example", "staff.person", True),
        ("users+owners@lists.example", "staff.list", True),
        ("team+x@uni.example", "staff.list", True),
        ("s1234+x@uni.example", "staff.customer", False),
        ("helper@gmail.com", "staff.person", True),
        ("helper+x@googlemail.com", "staff.person", True),
        ("x@evil.example@uni.example", "staff.outside", False),
        ("dean@xn--ni-ykc.example", "staff.outside", False),
        ("<>", "staff.outside", False),
        ("uni.example", "staff.domain", True),
        ("", "staff.outside", False),
    ],
)
def test_who_is_us(address: str, why: str, is_ours: bool) -> None:
    assert UNIVERSITY.why(address) == why
    assert UNIVERSITY.is_ours(address) is is_ours


DEAN = "dean@uni.example"
TALK = "<mailto:talk@l.example>"
GOOGLES = {"x-original-from": "Ann <a@c.example>", "x-original-sender": "a@c.example", "list-id": "<info.ours.example>"}


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
        ("a mailbox with a detail", "Ann via Info <info+x@ours.example>", {}, "a@c.example", "a@c.example"),
        ("a mailbox as Google's group", f"Info <{INFO}>", GOOGLES, "", "a@c.example"),
        (
            "a colleague through a list of ours",
            "D via Users <users@lists.example>",
            {"x-original-from": DEAN},
            "",
            DEAN,
        ),
        ("a foreign list", "Ann via Talk <talk@l.example>", {"list-post": TALK}, "a@c.example", "a@c.example"),
        (
            "a foreign list by its id",
            "A via T <talk@l.example>",
            {"list-id": "<talk.l.example>"},
            "a@c.example",
            "a@c.example",
        ),
        (
            "a foreign Mailman",
            "A via T <talk@l.example>",
            {"x-beenthere": "talk@l.example"},
            "a@c.example",
            "a@c.example",
        ),
        (
            "a foreign Google group",
            "T <talk@l.example>",
            {"list-post": TALK, "x-original-from": "a@c.example"},
            "",
            "a@c.example",
        ),
        ("groups.io", "Ann via groups.io <ann=c.example@groups.io>", {}, "talk@groups.io", "ann@c.example"),
        ("via, but no list", "Ann via Shop <shop@s.example>", {}, "a@c.example", "shop@s.example"),
        (
            "a list that is not the sender",
            "Ann <ann@c.example>",
            {"list-post": TALK},
            "talk@l.example",
            "ann@c.example",
        ),
        ("a mailbox that writes itself", f"Info <{INFO}>", {"x-original-from": "a@c.example"}, "", INFO),
        (
            "an outsider who claims it",
            "X <x@evil.example>",
            {"x-original-from": "dean@uni.example"},
            "",
            "x@evil.example",
        ),
        (
            "an outsider who calls their own address a list",
            "Dean via X <x@evil.example>",
            {"list-post": "<mailto:x@evil.example>", "x-original-from": DEAN},
            DEAN,
            "x@evil.example",
        ),
        (
            "an outsider behind a list of ours who names a colleague too",
            "Dean via Users <users@lists.example>",
            {"x-original-from": DEAN},
            "x@evil.example",
            "x@evil.example",
        ),
        (
            "an outsider at groups.io",
            "D via groups.io <dean=uni.example@groups.io>",
            {},
            "",
            "dean=uni.example@groups.io",
        ),
    ],
)
def test_who_wrote_it(what: str, from_: str, headers: dict[str, str], reply_to: str, writer: str) -> None:
    name, _, address = from_.rstrip(">").partition(" <")
    answers_to = (Address("", reply_to),) if reply_to else ()
    message = mail("10:00 Ann → info", from_=Address(name, address), headers=headers, reply_to=answers_to).message
    assert UNIVERSITY.writer(message).address == writer, what


@pytest.mark.parametrize(
    ("from_", "name"),
    [
        ("Ann Other via Users", "Ann Other"),
        ("'Ann Other' via Users", "Ann Other"),
        ("Ann VIA Users", "Ann"),
        ("Users", "Users"),
    ],
)
def test_the_person_behind_a_list_has_their_own_name(from_: str, name: str) -> None:
    address = Address(from_, "users@lists.example")
    rewritten = mail("10:00 Ann → info", from_=address, headers={"x-original-sender": "ann@c.example"}).message
    assert UNIVERSITY.writer(rewritten) == Address(name, "ann@c.example")


def test_mailman_may_leave_the_author_in_cc_where_replies_go_to_the_list() -> None:
    users = Address("", "users@lists.example")
    rewritten = mail("10:00 Ann → list, cc Bob, cc Ann", from_=Address("Ann Other via Users", users.address)).message
    assert UNIVERSITY.writer(replace(rewritten, reply_to=(users,))).address == "ann@customer.example"


@pytest.mark.parametrize(
    ("from_", "also", "writer"),
    [
        (DEAN, "x@evil.example", "x@evil.example"),
        ("x@evil.example", DEAN, "x@evil.example"),
        (DEAN, "tutor@students.uni.example", DEAN),
        (DEAN, "jane@students.uni.example", "jane@students.uni.example"),
    ],
)
def test_of_several_writers_one_from_outside_is_enough(from_: str, also: str, writer: str) -> None:
    together = mail("10:00 Ann → info", from_=Address("Dean", from_), headers={ALSO_FROM: also}).message
    assert UNIVERSITY.writer(together).address == writer


def test_a_rewritten_from_beside_another_address_is_an_outsiders() -> None:
    headers = {"x-original-from": DEAN, ALSO_FROM: "x@evil.example"}
    forged = mail("10:00 Ann → info", from_=Address("Dean via Info", INFO), headers=headers).message
    assert UNIVERSITY.writer(forged).address == "x@evil.example"
