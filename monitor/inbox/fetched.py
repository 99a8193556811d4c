"""FLOOR 1. One FETCH answer taken apart: its items in any order and case (RFC 3501 §7.4.2), and what they say."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

ITEMS: Mapping[str, bytes] = {
    "uid": rb"UID (?P<uid>\d{1,19})",
    "flags": rb"FLAGS \((?P<flags>[^)]*)\)",
    "size": rb"RFC822\.SIZE (?P<size>\d{1,19})",
    "date": rb"INTERNALDATE \"(?P<date>[^\"]*)\"",
    "msgid": rb"X-GM-MSGID (?P<msgid>\d{1,20})\b",
    "thrid": rb"X-GM-THRID (?P<thrid>\d{1,20})\b",
    "modseq": rb"MODSEQ \((?P<modseq>\d{1,19})\)",
}
"""The items that are read, as they stand in an answer; `modseq` comes unasked for where CONDSTORE is on (RFC 7162)."""

_QUOTED = rb"\"(?:[^\"\\]|\\.)*\""
_SECTION = (
    rb"BODY\[(?P<section>[^\]]*)\](?:<\d+>)? (?:(?P<nil>NIL)|~?\{(?P<literal>\d+)\}|(?P<quoted>" + _QUOTED + rb"))"
)
_ITEM = re.compile(
    rb"\b(?:"
    + b"|".join(b"(?P<is_%s>%s)" % (name.encode(), item) for name, item in ITEMS.items())
    + rb"|(?P<is_section>"
    + _SECTION
    + rb"))|"
    + _QUOTED,
    re.IGNORECASE | re.DOTALL,
)
"""An item, or a quoted string: what stands in one is none."""
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_DATE = re.compile(rb"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {m: i for i, m in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_HOURS = {b"%02d" % hour: 3600 * hour for hour in range(24)}
_MINUTES = {b":%02d" % minute: 60 * minute for minute in range(60)}
_SECONDS = {b":%02d" % second: second for second in range(60)}
_KEPT_FLAGS = 200
"""Longer lists of flags are not kept to be recognised: a server could fill our memory with them."""


class Answer(NamedTuple):
    """What one FETCH answer says. `items`: their names in the order in which they came, a section as `section`.

    `uid` is None where it is not told: news by sequence number (RFC 3501 §7.4.2). `flags` and `size` are empty and 0
    where they are not told, `arrived` is None then. `header` is the content of the section, None without one, and where
    it is NIL: that stands for what is not there, as Dovecot 2.3 says of a mail expunged meanwhile.
    """

    items: tuple[str, ...]
    uid: int | None = None
    flags: frozenset[str] = frozenset()
    arrived: datetime | None = None
    size: int = 0
    header: bytes | None = None
    gmail: tuple[str, str] | None = None

    @property
    def nil(self) -> bool:
        """Whether its section is told not to be there."""
        return "section" in self.items and self.header is None


def taken_apart(text: bytes, literals: Sequence[bytes]) -> Answer:
    """An answer; in its text each literal's size is replaced by its place in `literals`."""
    found: dict[str, re.Match[bytes]] = {}
    for match in _ITEM.finditer(text):
        if match.lastgroup is not None:
            found.setdefault(match.lastgroup.removeprefix("is_"), match)
    said = {name: match[name] for name, match in found.items() if name != "section"}
    return Answer(
        tuple(found),
        int(said["uid"]) if "uid" in said else None,
        flags_of(said.get("flags", b"")),
        moment(said.get("date", b"")),
        int(said.get("size", 0)),
        _content(found["section"], literals) if "section" in found else None,
        (said["msgid"].decode("ascii"), said["thrid"].decode("ascii")) if {"msgid", "thrid"} <= said.keys() else None,
    )


def _content(section: re.Match[bytes], literals: Sequence[bytes]) -> bytes | None:
    if section["nil"]:
        return None
    if section["quoted"]:
        return _ESCAPED.sub(rb"\1", section["quoted"][1:-1])
    number = int(section["literal"])
    return literals[number] if number < len(literals) else b""


def flags_of(told: bytes) -> frozenset[str]:
    """The flags of a list, as it stands between its parentheses; each is cut at 100 characters."""
    return _flags_of(told) if len(told) <= _KEPT_FLAGS else _flags_of.__wrapped__(told)


@lru_cache(maxsize=1024)
def _flags_of(told: bytes) -> frozenset[str]:
    return frozenset(flag.decode("ascii", "replace")[:100] for flag in told.split())


def moment(date: bytes) -> datetime | None:
    """An INTERNALDATE (`11-Nov-2024 12:00:00 +0100`) in UTC; None where it is none."""
    try:
        seconds = _HOURS[date[12:14]] + _MINUTES[date[14:17]] + _SECONDS[date[17:20]]
        return datetime.fromtimestamp(_midnight(date[:12] + date[20:]) + seconds, UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return _at(date)


@lru_cache(maxsize=1024)
def _midnight(day: bytes) -> int:
    """When a day (`11-Nov-2024  +0100`) began, in seconds since 1970: mail comes many to a day. Raises ValueError."""
    midnight = _at(day[:12] + b"00:00:00" + day[12:])
    if midnight is None:
        raise ValueError("no such day")
    return int(midnight.timestamp())


def _at(date: bytes) -> datetime | None:
    match = _DATE.fullmatch(date)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == b"-" else offset)
        at = datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
