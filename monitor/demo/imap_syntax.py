"""ROOF. The demo's IMAP server: how commands and answers are written (RFC 3501 §9)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime
from typing import TypeAlias

Word: TypeAlias = "str | list[Word]"
"""An atom or a string, or a list in parentheses."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LARGEST_LITERAL = 65_536

_TOKEN = re.compile(r'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|((?:\[[^\]]*\]|[^\s()"\[\]])+))', re.DOTALL)
_LITERAL = re.compile(rb"\{(\d{1,9})\}\r?\n\Z")
_DATE = re.compile(r"([0-3]?\d)-([A-Za-z]{3})-(\d{4})")


class Refused(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """A command that gets no OK. The text starts with NO (understood, not done) or BAD (not understood)."""


def words(line: str) -> list[Word]:
    """The words of a command, lists nested. Raises Refused where quotes or parentheses do not match."""
    open_lists: list[list[Word]] = [[]]
    for kind, text in _tokens(line):
        if kind == "(":
            inner: list[Word] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif kind == ")":
            open_lists.pop()
            if not open_lists:
                raise Refused("BAD Unmatched )")
        else:
            open_lists[-1].append(text)
    if len(open_lists) > 1:
        raise Refused("BAD Unmatched (")
    return open_lists[0]


def _tokens(line: str) -> Iterator[tuple[str, str]]:
    line, position = line.rstrip(), 0
    while position < len(line):
        match = _TOKEN.match(line, position)
        if not match:
            raise Refused("BAD Cannot read this command")
        position = match.end()
        bracket, quoted, atom = match.groups()
        if bracket:
            yield bracket, ""
        else:
            yield "word", atom if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def text_of(word: Word) -> str:
    """A word that must not be a list."""
    if isinstance(word, str):
        return word
    raise Refused("BAD A list stands where a word belongs")


def literal_size(line: bytes) -> int | None:
    """How many bytes of a literal the client announces at the end of this line; None without one."""
    match = _LITERAL.search(line)
    return int(match[1]) if match else None


def without_literal(line: bytes) -> bytes:
    """The line without the announcement of its literal."""
    return _LITERAL.sub(b"", line)


def quoted(text: str) -> str:
    """A quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def literal(content: bytes) -> bytes:
    """A literal: its size, then its bytes as they are."""
    return b"{%d}\r\n%s" % (len(content), content)


def internal_date(moment: datetime) -> str:
    """`"16-Nov-2026 08:00:00 +0000"`, whatever the locale says."""
    return f'"{moment.day:2d}-{MONTHS[moment.month - 1]}-{moment.year} {moment:%H:%M:%S %z}"'


def parse_date(text: str) -> date:
    """The date of a search key, `1-Nov-2026`."""
    match = _DATE.fullmatch(text)
    if not match or match[2].title() not in MONTHS:
        raise Refused(f"BAD {text} is not a date")
    try:
        return date(int(match[3]), MONTHS.index(match[2].title()) + 1, int(match[1]))
    except ValueError:
        raise Refused(f"BAD {text} is not a date") from None


def is_number_set(text: str) -> bool:
    """Whether this looks like `1:5,7,9:*`."""
    return re.fullmatch(r"(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*", text) is not None


def in_set(text: str, known: list[int]) -> list[int]:
    """Those of `known` (ascending) that a set like `1:5,7,9:*` names; `*` is the largest, and `9:*` always names it."""
    if not is_number_set(text):
        raise Refused(f"BAD {text} is not a set of numbers")
    largest = known[-1] if known else 0
    named: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition(":")
        ends = sorted(largest if end == "*" else int(end) for end in (first, last or first))
        named.update(known[bisect_left(known, ends[0]) : bisect_right(known, ends[1])])
    return sorted(named)
