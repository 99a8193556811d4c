"""FLOOR 1. What a source of mail must be able to say; imap.py and memory.py are the two there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from monitor.core.cursor import FolderState
from monitor.core.message import Role

Fault = Literal["unreachable", "refused", "certificate", "folder", "busy", "protocol", "secret", "message", "stopped"]


HEADER_LIMIT = 16_384
"""So much of the wanted fields is fetched: a 240 KB bomb of encoded words takes seconds to read."""
WHOLE_LIMIT = 65_536
"""So much of a whole header, where the wanted fields were not enough."""


class SourceError(Exception):
    """A mailbox could not be read. `fault` says what kind it is, the text what happened and what to do."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


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


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as fetched; `header` holds the wanted fields only. `internaldate` is aware."""

    uid: int
    flags: frozenset[str]
    internaldate: datetime | None
    size: int
    header: bytes


class MailSource(Protocol):
    """One mailbox on one connection. All methods raise SourceError and nothing else. Nothing here changes a mailbox."""

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

    def abort(self) -> None:
        """Make a call that hangs in another thread end with a SourceError; the source is of no more use then."""

    def close(self) -> None:
        """Let the connection go; never raises."""
