"""What the tests of reading share: the slow way alone, what no text of a mail may hold, mails of a folder."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.message import Message
from monitor.inbox import plain
from monitor.inbox.reading import Unreadable, read

UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters with CR and LF, line and paragraph separators, bidi overrides and isolates, lone surrogates."""

_HEADER_END = re.compile(rb"\r?\n\r?\n|\r\r")
_MBOX_LINE = re.compile(rb"(?:\A|\n)From [^\r\n]*\r?\n")
FETCHED = 16384
"""As much of a header as is asked for."""


def read_slowly(header: bytes) -> Message | Unreadable:
    """The same mail, read by mail-parser alone: nothing counts as plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "is_plain", lambda value: False)
        patch.setattr(plain, "date", lambda value: None)
        return read(header)


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
