"""GROUND. Which mailing list or group sent a mail on: what its headers say."""

import re
from collections.abc import Iterator
from functools import lru_cache

from monitor.core.addresses import addresses_in, plain_address
from monitor.core.message import Message

LIST_FIELDS = ("list-id", "list-unsubscribe", "list-post", "x-beenthere", "x-mailing-list", "mailing-list")
"""What only lists and bulk senders write: RFC 2919, 2369, Mailman, Majordomo and SmartList, ezmlm and Google Groups."""

_OLDER = frozenset({"x-beenthere", "x-mailing-list", "mailing-list", "sender"})
_MAILTO = re.compile(r"mailto:([^>?,\s]+)", re.IGNORECASE)
_LONGEST_ID = 10
"""Labels of a List-Id that are looked at."""


def list_addresses(message: Message) -> frozenset[str]:
    """The addresses that List-Post and List-Id may name; empty where it has neither.

    List-Id has dots where the address has an @ (RFC 2919 §3), so `<a.b.example>` may be `a@b.example` or `a.b@example`.
    """
    headers = message.headers
    if "list-post" not in headers:
        ids = headers.get("list-id", ())
        return _of_id(ids[0]) if len(ids) == 1 else frozenset[str]().union(*map(_of_id, ids))
    from urllib.parse import unquote  # not above: the reading process seldom needs it

    found: set[str] = set()
    for value in headers["list-post"]:
        found.update(plain_address(unquote(uri).lower()) for uri in _MAILTO.findall(value))
    return frozenset(found).union(*map(_of_id, headers.get("list-id", ())))


def named_lists(message: Message) -> frozenset[str]:
    """Every address of a list that any header names, also those that anybody may have written by hand.

    X-BeenThere (Mailman), X-Mailing-List, Mailing-List (ezmlm: "contact users-help@…"), and a Sender that is one of the
    addresses that belong to a list (RFC 2142 §6): owner-users@, users-bounces@, users-request@ and the like.
    """
    found = list_addresses(message)
    return found if _OLDER.isdisjoint(message.headers) else found | {a for a in _in_older_fields(message) if a}


@lru_cache(maxsize=128)
def _of_id(value: str) -> frozenset[str]:
    name = value.rpartition("<")[2].partition(">")[0].strip().lower()
    if name.count(".") >= _LONGEST_ID:
        name = ".".join(name.split(".")[:_LONGEST_ID])
    found = []
    at = name.find(".")
    while at >= 0:
        found.append(f"{name[:at]}@{name[at + 1 :]}")
        at = name.find(".", at + 1)
    return frozenset(found)


def _in_older_fields(message: Message) -> Iterator[str]:
    for name in ("x-beenthere", "x-mailing-list"):
        for value in message.headers.get(name, ()):
            yield from map(plain_address, addresses_in(value))
    for value in message.headers.get("mailing-list", ()):
        for address in map(plain_address, addresses_in(value)):
            yield from (address, _of_servant(address))
    for address in addresses_in(message.first("sender")):
        yield _of_servant(plain_address(address))


def _of_servant(address: str) -> str:
    """The list that an address like `users-bounces@` or `owner-users@` serves; empty where it serves none."""
    local, at, domain = address.rpartition("@")
    served = local.removeprefix("owner-")
    for ending in ("-bounces", "-bounce", "-owner", "-admin", "-request", "-help", "-errors", "-return"):
        served = served.removesuffix(ending)
    return f"{served}{at}{domain}" if served and served != local else ""
