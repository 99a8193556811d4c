"""What the tests of reading share: the slow way alone, what no text of a mail may hold, mails of a folder."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import mailparser
import pytest

from monitor.core import ids
from monitor.core.message import Message
from monitor.inbox import plain, reading
from monitor.inbox.lines import split_fields
from monitor.inbox.reading import Unreadable, read

UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters with CR and LF, line and paragraph separators, bidi overrides and isolates, lone surrogates."""

_HEADER_END = re.compile(rb"\r?\n\r?\n|\r\r")
_MBOX_LINE = re.compile(rb"(?:\A|\n)From [^\r\n]*\r?\n")
FETCHED = 16384
"""As much of a header as is asked for."""
PEOPLE = ("from", "sender", "reply-to", "to", "cc", "bcc")


def read_slowly(header: bytes) -> Message | Unreadable:
    """The same mail, read by mail-parser alone: nothing counts as plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "fields", lambda header, names: None)
        patch.setattr(plain, "subject", lambda value: None)
        patch.setattr(plain, "date", lambda value: None)
        patch.setattr(ids, "_plain_ids", lambda value: None)
        patch.setattr(plain, "names_nobody", lambda value: False)
        patch.setattr(reading, "plain_people", not_cached(lambda value: None))
        patch.setattr(reading, "judged_people", not_cached(reading.judged_people.__wrapped__))
        patch.setattr(reading, "_judge", lambda field, value: judged(header))
        return read(header)


not_cached = functools.lru_cache(maxsize=0)


@functools.lru_cache(maxsize=1)
def judged(header: bytes) -> mailparser.MailParser:
    """mail-parser's reading of the whole header at once, its repeated address fields as one."""
    fields = split_fields(header)
    lines = [f"{name}: {_value(name, fields[name])}" for name in (*PEOPLE, "subject", "date") if name in fields]
    return mailparser.parse_from_bytes(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace"))


def _value(name: str, values: list[bytes]) -> str:
    texts_ = [reading._text(value) for value in values]
    return ", ".join(filter(None, texts_)) if name in PEOPLE else texts_[0]


def texts(message: Message) -> Iterator[str]:
    """Every piece of text that a mail brought."""
    yield from (message.identity, message.message_id, message.subject, *message.names)
    for person in (message.from_, *message.recipients, *message.reply_to):
        yield from person
    for name, values in message.headers.items():
        yield from (name, *values)


def mails_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The header of every mail in every file, whatever the file is, with a name to find it by."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        parts = [part for part in _MBOX_LINE.split(path.read_bytes()) if part.strip()]
        for number, part in enumerate(parts, 1):
            yield (
                f"{path.relative_to(folder)} #{number}",
                _HEADER_END.split(part.lstrip(b"\r\n"), maxsplit=1)[0][:FETCHED],
            )
