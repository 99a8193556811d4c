"""FLOOR 1. FETCH answers, read as they come.

imaplib and imapclient take 70 to 200 µs of a mail for what their patterns and lexer do with the long echo of our field
list. Here the first answer of a FETCH is taken apart item by item, which shows in what order this server tells them;
those after it are matched by one pattern of that order, and what does not fit is taken apart like the first.
"""

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NamedTuple

from monitor.inbox.fetched import ITEMS, Answer, flags_of, moment, taken_apart
from monitor.inbox.incoming import MOST_LINE, Incoming
from monitor.inbox.source import WHOLE_LIMIT, RawMail


class FetchRefused(Exception):  # noqa: N818  # what the server did
    """A tagged NO or BAD to one question: the connection is well, but this is not to be had (RFC 3501 §7.1.2)."""


_FETCH = re.compile(rb"\* \d{1,19} FETCH ", re.IGNORECASE)
_LITERAL = re.compile(rb"\{(\d{1,10})\}\Z")
_COUNTED = re.compile(rb"(\d{1,10})\}\r\n").match
_ECHO = re.compile(rb"BODY(\[[^\]{]*\](?:<\d+>)? \{)\d+\}\Z")
_MOST_LITERALS = 100
_MOST_WAITED = 4 * WHOLE_LIMIT
"""Bytes of an answer that are waited for in one piece."""
_TELLS = len("* 1234567890123456789 FETCH ")


class Answers:
    """Takes every FETCH answer out of what comes, and leaves all else to imaplib. `wanted`: only those of these uids
    are kept; None: all."""

    def __init__(self, wanted: Collection[int] | None = None) -> None:
        self.told: list[Answer] = []
        self._wanted = wanted

    def __call__(self, incoming: Incoming) -> bool:
        """A Taker (incoming.py). Raises what imaplib does where a connection breaks."""
        if not _next_is_fetch(incoming):
            return False
        self._take(incoming)
        return True

    def _take(self, incoming: Incoming) -> bytes:
        """One answer, the general way; returns what comes before its header, where that is the last of it."""
        told, literals, last = b"", list[bytes](), b""
        line = _line(incoming)
        while size := _LITERAL.search(line):
            last = line
            # More is not asked for: of what a server sends all the same, so much is kept as of a whole header.
            literals.append(incoming.beginning(int(size[1]), WHOLE_LIMIT))
            told += line[: size.start()] + b"{%d}" % (len(literals) - 1)
            line = _line(incoming)
            if len(literals) > _MOST_LITERALS or len(told) > MOST_LINE:
                raise incoming.abort("unexpected response: a FETCH answer without an end")
        if not line.rstrip().endswith(b")"):
            raise incoming.abort(f"unexpected response: {line[:200]!r}")
        self._took(taken_apart(told + line, literals))
        return last if line == b")" and len(literals) == 1 else b""

    def _took(self, answer: Answer) -> None:
        if self._wanted is None or answer.uid in self._wanted:
            self.told.append(answer)


class Mails(Answers):
    """Takes mails with their headers; answers without a header, or without a uid, are passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[RawMail] = []
        self.nil = False
        """Whether a header was told not to be there."""
        self._shape: _Shape | None = None

    def __call__(self, incoming: Incoming) -> bool:
        took = self._shape is not None and self._alike(incoming, self._shape)
        if not _next_is_fetch(incoming):
            return took
        last = self._take(incoming)
        self._shape = _shape_of(self.told.pop().items, last) or self._shape
        return True

    def _took(self, answer: Answer) -> None:
        super()._took(answer)
        self.nil |= answer.nil
        if answer.uid is not None and "section" in answer.items:
            header, size = answer.header or b"", answer.size
            self.mails.append(RawMail(answer.uid, answer.flags, answer.arrived, size, header, answer.gmail))

    def _alike(self, incoming: Incoming, shape: "_Shape") -> bool:
        """Those that look like the one before; whether there was one."""
        match, echo = shape.match, shape.echo
        took = False
        while True:
            heard, at, wanted = incoming.heard, incoming.at, 0
            while (said := match(heard, at)) and heard.startswith(echo, said.end()):
                size = _COUNTED(heard, said.end() + len(echo))
                if size is None:
                    break
                begins = size.end()
                ends = begins + int(size[1])
                if not heard.startswith(b")\r\n", ends):
                    wanted = ends + 3
                    break
                self.mails.append(_mail_of(said, shape, heard[begins:ends]))
                at, took = ends + 3, True
            incoming.at = at
            cut = heard.find(b"\n", at) < 0 or len(heard) < wanted
            # An endless line, or a huge literal, is for those who read with a limit.
            if not cut or max(wanted, len(heard)) - at > _MOST_WAITED or not incoming.more():
                return took


class _Shape(NamedTuple):
    """How a server tells of a mail: the items before its header in their order, and the echo of what was asked."""

    match: Callable[[bytes, int], re.Match[bytes] | None]
    groups: tuple[int, ...]
    """Which groups hold uid, flags, date and size."""
    gmail: tuple[int, ...]
    """Which hold X-GM-MSGID and X-GM-THRID; empty where they were not told."""
    echo: bytes
    """From `[` up to the size of the literal."""


def _mail_of(said: re.Match[bytes], shape: _Shape, header: bytes) -> RawMail:
    uid, flags, date, size = said.group(*shape.groups)
    gmail = said.group(*shape.gmail) if shape.gmail else None
    numbers = (gmail[0].decode("ascii"), gmail[1].decode("ascii")) if gmail else None
    return RawMail(int(uid), flags_of(flags), moment(date), int(size), header, numbers)


def _shape_of(items: tuple[str, ...], last: bytes) -> _Shape | None:
    """Of an answer with these items, the header last. None: what this server tells is taken apart each time."""
    echo = _ECHO.search(last)
    if echo is None or items[-1] != "section" or not {"uid", "flags", "date", "size"} <= set(items):
        return None
    pattern = _pattern_of(items[:-1])
    gmail = ("msgid", "thrid") if {"msgid", "thrid"} <= set(items) else ()
    groups = pattern.groupindex
    wanted = tuple(groups[name] for name in ("uid", "flags", "date", "size"))
    return _Shape(pattern.match, wanted, tuple(groups[name] for name in gmail), echo[1])


@lru_cache(maxsize=32)
def _pattern_of(items: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(rb"\* \d{1,19} FETCH \(" + b" ".join(ITEMS[name] for name in items) + b" BODY")


def _next_is_fetch(incoming: Incoming) -> bool:
    """Whether a FETCH answer comes next; waits for so much of the line as tells."""
    while len(incoming.heard) - incoming.at < _TELLS and incoming.heard.find(b"\n", incoming.at) < 0:
        if not incoming.more():
            return False
    return _FETCH.match(incoming.heard, incoming.at) is not None


def _line(incoming: Incoming) -> bytes:
    """A line without its end. Raises imaplib.IMAP4.abort where the connection ends in it."""
    line = incoming.readline()
    if not line.endswith(b"\r\n"):
        raise incoming.abort("socket error: EOF" if not line else "socket error: unterminated line")
    return line[:-2]
