"""GROUND. Is a mail from whom its From names? What the server that took it in says (RFC 8601).

Signatures are never checked here. Only the topmost Authentication-Results counts, and only that of a server we
trust: a sender can write what they like below it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from monitor.core.addresses import a_labels
from monitor.core.automatic import from_own_list
from monitor.core.house import House
from monitor.core.message import Message

Standing = Literal["pass", "fail", "none"]

_QUOTED = r'"(?:\\.|[^"\\])*"'
_PAIR = re.compile(
    rf"{_QUOTED}|(?<![A-Za-z0-9._-])(?P<name>[A-Za-z0-9._-]+)(?:/\d+)?\s*=\s*(?P<said>(?:{_QUOTED}|[^\s\"])+)"
)
_DMARC_FAIL = re.compile(r"\bdmarc(/\d+)?\s*=\s*fail\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result in a field: `dkim`, `pass`, and its properties (`header.d` → `ours.example`), lower case."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def domains(self, *names: str) -> Iterator[str]:
        """The domains in these properties."""
        for name, value in self.properties:
            if name in names:
                yield a_labels(value.strip('"').rpartition("@")[2])


_UNPLAIN = frozenset('()"\\')
"""Comments and quotes may hold semicolons; without them the first one ends the first part."""


def authserv_id(value: str) -> str:
    """Who wrote this Authentication-Results, lower case; empty where it names nobody, as Microsoft 365 writes it."""
    first = value.partition(";")[0].strip()
    return _writer(first if _UNPLAIN.isdisjoint(first) else _parts(value)[0])


@lru_cache(maxsize=256)  # a handful of servers takes in all mail
def _writer(first: str) -> str:
    return "" if _pairs(first) else first.partition(" ")[0].strip('"').lower()


def results(value: str) -> tuple[Result, ...]:
    """The results in the value of an Authentication-Results field, without what stands in comments and in quotes."""
    found = (_pairs(part) for part in _parts(value))
    return tuple(Result(*pairs[0], tuple(pairs[1:])) for pairs in found if pairs)


def standing(message: Message, house: House) -> Standing:
    """Whether the trusted server says that From is genuine.

    `pass`: DMARC passed, or DKIM or SPF did for the domain in From, one above it or one below (RFC 7489 §3.1).
    `fail`: DMARC failed. `none`: nothing trusted is said, or one of our own lists broke the signature.
    """
    values = message.headers.get("authentication-results", ())
    by = authserv_id(values[0]) if values else ""
    if not values or (house.authserv_ids and by not in house.authserv_ids):
        return "none"
    # Filters on one server write a field each. A `fail` in any of them is believed, wherever in it: an address may hold
    # `dmarc=pass`, but who writes `dmarc=fail` into their own mail only harms themselves.
    if any(_DMARC_FAIL.search(value) for value in values if authserv_id(value) == by):
        return "none" if from_own_list(message, house.staff) else "fail"
    domain = message.from_.address.rpartition("@")[2]
    return "pass" if any(_proves(result, domain) for result in results(values[0])) else "none"


def is_refuted(message: Message, house: House) -> bool:
    """Whether a server says that From is not genuine, for a mail that wants something done.

    Stricter than `standing`: through a list too, whose header anybody may write; also where the topmost field is of a
    server that is not trusted to say `pass`; and where SPF or DKIM failed, and nothing passed for From's domain.
    """
    values = message.headers.get("authentication-results", ())
    by = {authserv_id(values[0])} | house.authserv_ids if values else set()
    said = [value for value in values if authserv_id(value) in by]
    if any(_DMARC_FAIL.search(value) for value in said):
        return True
    domain, found = message.from_.address.rpartition("@")[2], [one for value in said for one in results(value)]
    failed = any(one.method in ("spf", "dkim") and one.result == "fail" for one in found)
    return failed and not any(_proves(one, domain) for one in found)


def _proves(result: Result, domain: str) -> bool:
    if result.result != "pass":
        return False
    names = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}
    said = tuple(result.domains(*names.get(result.method, ())))
    # All of them: an envelope address may hold ` smtp.mailfrom=ours.example `, and not every server puts it in quotes.
    return all(is_aligned(d, domain) for d in said) if said else result.method == "dmarc"


def is_aligned(one: str, other: str) -> bool:
    """Whether two domains are the same, or one lies above the other; a top-level domain lies above nobody's."""
    shorter, longer = sorted((one, other), key=len)
    return "." in shorter and (longer == shorter or longer.endswith(f".{shorter}"))


def _pairs(part: str) -> list[tuple[str, str]]:
    """`method=result` and the properties after it; none where the part does not begin so."""
    matches = list(_PAIR.finditer(part))
    if not matches or matches[0].start() or not matches[0]["name"]:
        return []
    return [(match["name"].lower(), match["said"].lower()) for match in matches if match["name"]]


def _parts(value: str) -> list[str]:
    """The value cut at its semicolons, without comments (they nest). A quote or comment without an end is no part."""
    parts, depth, quoted, escaped = [""], 0, False, False
    for char in value:
        plain = not (quoted or depth or escaped)
        if plain and char == ";":
            parts.append("")
        elif not depth:
            parts[-1] += " " if plain and char == "(" else char
        if escaped or char == "\\":
            escaped = not escaped and bool(quoted or depth)
        elif char == '"' and not depth:
            quoted = not quoted
        elif not quoted and char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
    return [part.strip() for part in ([*parts[:-1], ""] if quoted or depth else parts)]
