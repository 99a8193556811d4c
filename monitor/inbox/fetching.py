"""FLOOR 1. Reads FETCH answers a line at a time. imapclient's own lexer takes each byte of the long echo of our field
list one by one, 200 µs a mail; imaplib has already split literals from lines, and these few patterns do the rest.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone

from monitor.inbox.source import RawMail

Part = bytes | tuple[bytes, bytes] | None
"""What imaplib gives: a line that ends in a literal with that literal, or a line without one."""


class FetchRefused(Exception):  # noqa: N818  # what the server did
    """A tagged NO or BAD to one question: the connection is well, but this is not to be had (RFC 3501 §7.1.2)."""


_SECTION = re.compile(rb"BODY\[[^\]]*\](?:<\d+>)?", re.IGNORECASE)
_NIL = re.compile(_SECTION.pattern + rb" NIL", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(
    rb"\bINTERNALDATE \"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\"", re.IGNORECASE
)
_GMAIL = re.compile(rb"\bX-GM-(MSGID|THRID) (\d{1,20})\b", re.IGNORECASE)
_MONTHS = {m: i for i, m in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


def handed_out(parts: Sequence[Part]) -> list[RawMail]:
    """The mails of one FETCH answer. Raises FetchRefused where one of them comes without its header.

    NIL stands for what is not there (RFC 3501 §7.4.2): Dovecot 2.3 says so of a mail expunged meanwhile.
    """
    if any(_NIL.search(line) for line, _ in _answers(parts)):
        raise FetchRefused("a header is NIL")
    return list(raw_mails(parts))


def raw_mails(parts: Iterable[Part]) -> Iterator[RawMail]:
    """The mails of one FETCH answer; untagged FETCH lines the server throws in without a header are passed over."""
    for line, header in _answers(parts):
        about = _SECTION.sub(b"", line)
        uid, flags, size = _UID.search(about), _FLAGS.search(about), _SIZE.search(about)
        if uid is not None and len(about) != len(line):
            yield RawMail(
                uid=int(uid[1]),
                flags=_flags(flags),
                internaldate=_internaldate(about),
                size=int(size[1]) if size else 0,
                header=header,
                gmail=_gmail(about),
            )


def flags_of(parts: Iterable[Part]) -> Iterator[tuple[int, frozenset[str]]]:
    """(uid, its flags) of one FETCH answer.

    Lines without a uid are passed over: a server may throw in news by sequence number (RFC 3501 §7.4.2), and imapclient
    takes such a number for a uid.
    """
    for line, _ in _answers(parts):
        uid, flags = _UID.search(line), _FLAGS.search(line)
        if uid is not None and flags is not None:
            yield int(uid[1]), _flags(flags)


def _flags(match: re.Match[bytes] | None) -> frozenset[str]:
    return frozenset(f.decode("ascii", "replace")[:100] for f in match[1].split()) if match else frozenset()


def _answers(parts: Iterable[Part]) -> Iterator[tuple[bytes, bytes]]:
    """(all lines of one answer, its literal); an empty header may come as a quoted string, without a literal."""
    line, header = b"", b""
    for part in parts:
        if isinstance(part, tuple):
            line, header = line + part[0], part[1]
        elif part is not None:
            yield line + part, header
            line, header = b"", b""


def _gmail(line: bytes) -> tuple[str, str] | None:
    numbers = {match[1].upper(): match[2].decode("ascii") for match in _GMAIL.finditer(line)}
    return (numbers[b"MSGID"], numbers[b"THRID"]) if len(numbers) == 2 else None


def _internaldate(line: bytes) -> datetime | None:
    match = _DATE.search(line)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == b"-" else offset)
        moment = datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
