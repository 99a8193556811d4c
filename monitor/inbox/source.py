"""FLOOR 1. What a source of mail must be able to say; imap.py and memory.py are the two there are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol

from monitor.core.cursor import FolderState
from monitor.core.message import Role

Fault = Literal["unreachable", "refused", "certificate", "folder", "busy", "protocol", "secret", "message", "stopped"]

_CLEAN_ID = re.compile(r"<[!-~]{1,250}>")

HEADER_LIMIT = 16_384
"""So much of the wanted fields is fetched: a 240 KB bomb of encoded words takes seconds to read."""
WHOLE_LIMIT = 65_536
"""So much of a whole header, where the wanted fields were not enough."""
REPORT_LIMIT = 16_384
"""So much of the parts of a delivery report, together (design.md, law 7)."""
TEXT_LIMIT = 2_048
"""So much of a text, for the opt-in look at closers."""
MOST_FOUND = 500
"""So many uids a question about one mail answers with: the newest."""


OF_ONE_FOLDER: frozenset[Fault] = frozenset({"folder", "message", "protocol"})
"""Faults of one folder or one question: where a mailbox is looked through, the next folder may well answer."""


class SourceError(Exception):
    """A mailbox could not be read. `fault` says what kind it is, the text what happened and what to do.

    `wait`: for so many seconds the server asked to be left alone, if it did.
    """

    def __init__(self, fault: Fault, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.fault = fault
        self.wait = wait


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder the server has: its name and its attributes, lower case (`\\sent`, `\\noselect`, …)."""

    name: str
    attributes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder we read, and the part it plays."""

    name: str
    role: Role


class RawMail(NamedTuple):
    """One mail as fetched; `header` holds the wanted fields only. `internaldate` is aware.

    `gmail` is (X-GM-MSGID, X-GM-THRID) in decimals, from servers that have X-GM-EXT-1 (Gmail's IMAP extensions).
    """

    uid: int
    flags: frozenset[str]
    internaldate: datetime | None
    size: int
    header: bytes
    gmail: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ReportParts:
    """Of a delivery report (RFC 3464) its delivery-status part, and the header of the mail it tells of; both decoded.

    Each is empty where it could not be had. Of the returned header at least the Message-ID field is there.
    """

    status: bytes
    returned: bytes


@dataclass(frozen=True, slots=True)
class TextStart:
    """How the text of a mail begins: at most 2 KB as sent, decoded, sanitised line by line, `\\n` between lines.

    `is_html`: it is HTML source, as there is no plain text. `has_attachment`: it has a part marked as one, or one that
    is neither text nor multipart. To be looked at and dropped, never to be stored.
    """

    text: str
    is_html: bool
    has_attachment: bool


def is_clean_id(message_id: str) -> bool:
    """Whether it may stand in a command, the only thing of a mail that ever does (failures.md §1)."""
    return _CLEAN_ID.fullmatch(message_id) is not None


class MailSource(Protocol):
    """One mailbox on one connection. All methods raise SourceError and nothing else. Only `create` changes a mailbox.

    SourceError("message") means that the server refused this one question; the connection is well.
    """

    def folders(self) -> Sequence[RemoteFolder]:
        """All folders of the mailbox."""

    def state(self, folder: str) -> FolderState:
        """What the server says of a folder, without reading it."""

    def uids(self, folder: str, first_uid: int, since: datetime | None) -> Iterator[list[int]]:
        """Ascending uids from `first_uid` on, in bounded windows; of mail that arrived since that day, or of all."""

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        """The mails of these uids that still exist. SourceError("message"): one of them is not to be had."""

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        """The whole headers (at most 64 KB each) of those of these uids that still exist."""

    def flags(self, folder: str, uids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """The flags of those of these uids that still exist."""

    def find(self, folder: str, message_id: str) -> list[int]:
        """The uids of mails with this Message-ID, ascending, the newest 500; of others too: servers match substrings.

        So fetch them (`mails`) and compare. Empty for an id that is not clean (`is_clean_id`): `arrived_between` is for
        those, and for servers that refuse to search for ids (SourceError "message").
        """

    def arrived_between(self, folder: str, first_day: date, last_day: date) -> list[int]:
        """The uids of mails with an INTERNALDATE of these days (both included), ascending, the newest 500.

        The day is the server's: a moment may lie on the day before or after in UTC (RFC 3501 §6.4.4 ignores the zone).
        """

    def senders(self, folder: str, count: int) -> list[str]:
        """The From addresses, lower case, of the newest `count` mails; those without one are left out."""

    def report_parts(self, folder: str, uids: Sequence[int]) -> Mapping[int, ReportParts]:
        """What these delivery reports say, at most 16 KB each, for each of these uids: empty for a mail that is none,
        is gone, or is not handed out."""

    def text_starts(self, folder: str, uids: Sequence[int]) -> Mapping[int, TextStart | None]:
        """How the texts of these mails begin, at most 2 KB each; None where there is no text, or it is not to be
        had."""

    def calendar_methods(self, folder: str, uids: Sequence[int]) -> Mapping[int, str]:
        """The method of each mail's calendar part, lower case (`request`, `reply`, …); empty where none is to be
        had."""

    def beside(self) -> AbstractContextManager["MailSource"]:
        """Another connection to this mailbox, to read a second folder over; this one itself where the server lets no
        more in. It knows the states that this one was told of."""

    def create(self, folder: str) -> None:
        """Make a folder. The one thing here that writes: for `check --fix`, never called by the daemon.

        No error where it is there already. SourceError("folder"): the server does not make it.
        """

    def abort(self) -> None:
        """Make a call that hangs in another thread end with a SourceError; the source is of no more use then."""

    def close(self) -> None:
        """Let the connection go; never raises."""
