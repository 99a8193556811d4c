"""FLOOR 1. The fast way for plain headers: pure ASCII, nothing encoded, nothing unusual.

Each function returns None where a header is not plain; mail-parser then judges it (reading.py). A differential
test holds that both ways give the same.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDR = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*)"
# Words and the single blanks between them share no character: nothing here can backtrack for long.
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_WORDS = rf"{_WORD}(?: {_WORD})*"
_MAILBOX = re.compile(
    rf" ?(?:(?:\"(?P<quoted>[^\"\\]*)\" ?|(?P<words>{_WORDS}) ?)?<(?P<angle>{_ADDR})>|(?P<bare>{_ADDR})) ?(?:,|$)"
)
_BLANKS = re.compile(r" +")
LONGEST = 4000
_MONTHS = dict(Jan=1, Feb=2, Mar=3, Apr=4, May=5, Jun=6, Jul=7, Aug=8, Sep=9, Oct=10, Nov=11, Dec=12)  # noqa: C408  # readable
_DATE = re.compile(
    r"\s*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)"
    r" ([+-])(\d\d)([0-5]\d)(?: \(\w+\))?\s*"
)


def is_plain(value: bytes) -> bool:
    """ASCII without encoded words, control characters or NULs."""
    return value.isascii() and b"=?" not in value and value.decode("ascii").isprintable()


def addresses(value: str) -> list[tuple[str, str]] | None:
    """(name, address) pairs of a plain address header; None where it is not plain."""
    found: list[tuple[str, str]] = []
    if len(value) > LONGEST:
        return None
    value, at = _BLANKS.sub(" ", value), 0
    while at < len(value):
        match = _MAILBOX.match(value, at)
        if not match or match.end() == at:
            return None
        name = match["quoted"] or match["words"] or ""
        found.append((name.strip(), match["angle"] or match["bare"]))
        at = match.end()
    # A trailing comma is an empty group to some and a defect to others: not plain.
    return found if found and not value.rstrip().endswith(",") else None


def date(value: str) -> datetime | None:
    """A plain RFC 5322 date in UTC; None where it is not plain."""
    match = _DATE.fullmatch(value)
    # A year like 0026 is two digits to some; mail-parser decides.
    if not match or match[2] not in _MONTHS or match[3] < "1900":
        return None
    day, year, hour, minute, second = (int(match[i]) for i in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == "-" else offset)
        return datetime(year, _MONTHS[match[2]], day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
