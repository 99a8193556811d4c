"""Which list or group sent a mail on, strictly and leniently (rules.md §4, own lists and groups)."""

import pytest

from monitor.core.automatic import from_own_list, through_own_list
from monitor.core.lists import list_addresses, named_lists
from tests.core.situations import HOUSE, INFO, mail

USERS, GROUP = "users@lists.example", "everybody@ours.example"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("list-id", "Users <users.lists.example>", USERS),
        ("list-id", "users.lists.example", USERS),
        ("list-id", "<first.second.lists.example>", "first.second@lists.example"),
        ("list-post", "<mailto:Users@Lists.example>", USERS),
        ("list-post", "<https://groups.example/post>, <mailto:users@lists.example?subject=x>", USERS),
        ("list-post", "<mailto:users%40lists.example>", USERS),
    ],
)
def test_the_list_in_the_headers_of_the_standards(field: str, value: str, named: str) -> None:
    assert named in list_addresses(mail("10:00 Ann → info", headers={field: value}).message)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x-beenthere", USERS),
        ("x-mailing-list", "<users@lists.example> archive/latest/7"),
        ("mailing-list", "contact users-help@lists.example; run by ezmlm"),
        ("mailing-list", "list users@lists.example; contact users+owners@lists.example"),
        ("sender", "users-bounces@lists.example"),
        ("sender", "Users <users-bounces+ann=customer.example@lists.example>"),
        ("sender", "owner-users@lists.example"),
        ("sender", "users-owner@lists.example"),
        ("sender", "users-admin@lists.example"),
        ("sender", "users-request@lists.example"),
    ],
)
def test_older_headers_name_a_list_too_but_prove_nothing(field: str, value: str) -> None:
    seen = mail("10:00 Ann → info", headers={field: value})
    assert USERS in named_lists(seen.message)
    assert through_own_list(seen.message, HOUSE.staff)
    assert not from_own_list(seen.message, HOUSE.staff)


@pytest.mark.parametrize(
    ("what", "row", "headers", "own"),
    [
        ("nothing said", "10:00 Ann → info", {}, False),
        ("a group of ours", "10:00 Ann → info", {"list-id": "<everybody.ours.example>"}, True),
        ("a mailbox that is a group", "10:00 Ann → info", {"list-id": "<info.ours.example>"}, True),
        ("with a detail", "10:00 Ann → info", {"list-post": "<mailto:info+x@ours.example>"}, True),
        ("another's", "10:00 Ann → info", {"list-id": "<users.other.example>"}, False),
        ("another's, to ours as well", "10:00 Ann → info, list", {"list-id": "<users.other.example>"}, False),
        ("Sender is the group", "10:00 Ann → info", {"sender": GROUP, "list-unsubscribe": "<https://x>"}, True),
        ("Sender is a person of ours", "10:00 Ann → info", {"sender": "it@ours.example"}, False),
        ("no header names a list, a recipient is one", "10:00 Ann → list", {"precedence": "bulk"}, True),
        ("a newsletter to a group of ours", "10:00 Ann → group", {"list-unsubscribe": "<https://x>"}, False),
        ("a newsletter to a mailbox", "10:00 Ann → info", {"list-unsubscribe": f"<mailto:{INFO}>"}, False),
    ],
)
def test_whose_list_it_came_through(what: str, row: str, headers: dict[str, str], own: bool) -> None:
    assert through_own_list(mail(row, headers=headers).message, HOUSE.staff) is own, what
