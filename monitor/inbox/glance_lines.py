"""FLOOR 1. The answers to LIST and STATUS, taken apart line by line: imapclient's lexer takes them byte by byte.

Only what every server sends is understood here. Anything else is an Unusual, and imapclient is asked instead.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.core.cursor import FolderState
from monitor.inbox.commands import folder_named
from monitor.inbox.source import RemoteFolder

MARKS = frozenset(
    (r"\all", r"\archive", r"\drafts", r"\flagged", r"\junk", r"\sent", r"\trash", r"\noselect", r"\nonexistent")
)
"""The attributes that decide which part a folder plays (folders.py). Of the others a server tells more or fewer,
depending on how it is asked (RFC 5258 §3.1)."""

_NAME = rb'("(?:[^"\\]|\\["\\])*"|[^\s"(){}%*\\\[\]]+)'
_LIST = re.compile(rb'\* LIST \(([^()"{}%\[\]]*)\) (?:"(?:[^"\\]|\\.)"|NIL) ' + _NAME, re.IGNORECASE)
_STATUS = re.compile(rb"\* STATUS " + _NAME + rb" \(([A-Z0-9 -]*)\) *", re.IGNORECASE)
_OF_NO_INTEREST = re.compile(rb"\* (?:OK|NO|\d+ (?:EXISTS|RECENT|EXPUNGE|FETCH)|FLAGS|CAPABILITY)\b", re.IGNORECASE)
_LITERAL = re.compile(rb"\{(\d{1,4})\}\r\n")


class Unusual(Exception):  # noqa: N818  # nothing is wrong with it, but that this reader does not know it
    """An answer that this reader does not understand, or that says no."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a server says of a mailbox in one breath: all its folders, and the state of those it was asked about.

    The attributes of `folders` are their MARKS only; `there` are the same in no order.
    """

    folders: Sequence[RemoteFolder]
    states: Mapping[str, FolderState]
    there: frozenset[RemoteFolder] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "there", frozenset(self.folders))


def read_glance(answer: bytes, tags: Sequence[bytes]) -> Glance:
    """Of whole lines, in which each command of these `tags` is answered with OK. Raises Unusual.

    What is told twice of a folder counts as it is told last.
    """
    folders: list[RemoteFolder] = []
    items: dict[str, dict[bytes, int]] = {}
    done: list[bytes] = []
    for line in _inline(answer).split(b"\r\n"):
        if found := _LIST.fullmatch(line):
            folders.append(_folder(*found.groups()))
        elif found := _STATUS.fullmatch(line):
            items.setdefault(_name(found[1]), {}).update(_numbers(found[2]))
        elif line.startswith(b"* "):
            if not _OF_NO_INTEREST.match(line):
                raise Unusual
        elif line:
            done.append(_done(line))
    if done != list(tags):
        raise Unusual
    return Glance(folders, {name: state for name, told in items.items() if (state := _state(told))})


def untagged(answer: bytes, tags: Sequence[bytes]) -> bytes | None:
    """What an answer tells beside that each of these commands is done; None where this is not certain.

    `answer` begins with a line end.
    """
    pieces, at = list[bytes](), 0
    for tag in tags:
        done = answer.find(b"\r\n%s OK " % tag, at)
        if done < 0 or b"{" in answer:
            return None
        pieces.append(answer[at:done])
        at = answer.find(b"\r\n", done + 2)
    return b"".join((*pieces, answer[at:]))


def same_lines(one: bytes, other: bytes) -> bool:
    """Whether they are the same, in whatever order: Dovecot lists folders as they lie in its directory."""
    return one == other or (len(one) == len(other) and sorted(one.split(b"\r\n")) == sorted(other.split(b"\r\n")))


def marks_only(folders: Sequence[RemoteFolder]) -> list[RemoteFolder]:
    """The same folders with their MARKS alone: as a glance tells them, however they were listed."""
    return [RemoteFolder(folder.name, folder.attributes & MARKS) for folder in folders]


def _inline(answer: bytes) -> bytes:
    """With literals (RFC 3501 §4.3) put in as quoted strings, so that a line is a line."""
    return b"".join(_pieces(answer)) if b"{" in answer else answer


def _pieces(answer: bytes) -> Iterator[bytes]:
    at = 0
    while found := _LITERAL.search(answer, at):
        end = found.end() + int(found[1])
        literal = answer[found.end() : end]
        if b"\r" in literal or b"\n" in literal:
            raise Unusual
        yield answer[at : found.start()]
        yield b'"' + literal.replace(b"\\", rb"\\").replace(b'"', rb"\"") + b'"'
        at = end
    yield answer[at:]


@lru_cache(maxsize=4096)
def _folder(flags: bytes, name: bytes) -> RemoteFolder:
    """Cached: mailboxes of one server bear the same names."""
    marks = MARKS.intersection(flags.decode("utf-8", "replace").lower().split())
    return RemoteFolder(_name(name), frozenset(marks))


def _name(raw: bytes) -> str:
    if raw.upper() == b"NIL":
        raise Unusual
    if raw.startswith(b'"'):
        raw = re.sub(rb"\\(.)", rb"\1", raw[1:-1])
    try:
        return folder_named(raw)
    except ValueError:
        raise Unusual from None


def _numbers(told: bytes) -> dict[bytes, int]:
    words = told.upper().split()
    if len(words) % 2 or not all(word.isdigit() for word in words[1::2]):
        raise Unusual
    return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}


def _state(told: Mapping[bytes, int]) -> FolderState | None:
    """None where too little is told: then EXAMINE may tell more (imap.py)."""
    if b"UIDVALIDITY" not in told or b"UIDNEXT" not in told:
        return None
    return FolderState(told[b"UIDVALIDITY"], told[b"UIDNEXT"], told.get(b"HIGHESTMODSEQ"), told.get(b"MESSAGES"))


def _done(line: bytes) -> bytes:
    tag, _, result = line.partition(b" ")
    if result[:3].upper() != b"OK " and result.upper() != b"OK":
        raise Unusual
    return tag
