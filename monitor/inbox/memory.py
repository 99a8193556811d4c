"""FLOOR 1. The twin of imap.py that needs no server: a mailbox in memory, held to the same contract test."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes
from email.message import Message as Mime

from monitor.core.cursor import FolderState
from monitor.core.message import Message
from monitor.inbox.lines import split_fields
from monitor.inbox.parts import (
    RETURNED_LIMIT,
    STATUS_LIMIT,
    WITH_HEADER,
    Part,
    calendar_method,
    report_pair,
    text_part,
    text_start,
)
from monitor.inbox.reading import read
from monitor.inbox.source import MOST_FOUND, RawMail, RemoteFolder, ReportParts, SourceError, TextStart, is_clean_id

WINDOW = 1000


@dataclass(slots=True)
class MemoryFolder:
    """A folder one can put mail into."""

    name: str
    attributes: frozenset[str] = frozenset()
    uidvalidity: int = 1
    uidnext: int = 1
    modseq: int = 1
    mails: dict[int, RawMail] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)

    def deliver(
        self,
        header: bytes,
        when: datetime,
        flags: Sequence[str] = (),
        body: bytes = b"",
        gmail: tuple[str, str] | None = None,
    ) -> int:
        """Put a mail in: its header with the empty line, and what comes after it; returns its uid."""
        uid = self.uidnext
        self.mails[uid] = RawMail(uid, frozenset(flags), when, len(header) + len(body), header, gmail)
        self.bodies[uid] = body
        self.uidnext += 1
        self.modseq += 1
        return uid

    def remove(self, uid: int) -> RawMail:
        """Take a mail out, as an expunge does."""
        self.modseq += 1
        del self.bodies[uid]
        return self.mails.pop(uid)

    def move(self, uid: int, to: "MemoryFolder") -> int:
        """Put a mail into another folder; returns its uid there."""
        body = self.bodies[uid]
        mail = self.remove(uid)
        to.uidnext, to.modseq, new = to.uidnext + 1, to.modseq + 1, to.uidnext
        to.mails[new], to.bodies[new] = mail._replace(uid=new), body
        return new

    def flag(self, uid: int, *flags: str) -> None:
        """Set flags."""
        self.modseq += 1
        self.mails[uid] = self.mails[uid]._replace(flags=self.mails[uid].flags | set(flags))


class MemorySource:
    """A MailSource over MemoryFolders. `broken` makes every call fail, as a server that is gone does."""

    def __init__(self, *folders: MemoryFolder) -> None:
        self._folders = {f.name: f for f in folders}
        self.broken: SourceError | None = None

    def folders(self) -> Sequence[RemoteFolder]:
        """All folders."""
        self._may_break()
        return [RemoteFolder(f.name, f.attributes) for f in self._folders.values()]

    def state(self, folder: str) -> FolderState:
        """As a server with UIDNEXT and CONDSTORE answers."""
        f = self._folder(folder)
        return FolderState(f.uidvalidity, f.uidnext, f.modseq, len(f.mails))

    def uids(self, folder: str, first_uid: int, since: datetime | None) -> Iterator[list[int]]:
        """By the day of arrival, as SEARCH SINCE does."""
        mails = self._folder(folder).mails
        wanted = sorted(u for u, m in mails.items() if u >= first_uid and _since(m.internaldate, since))
        for at in range(0, len(wanted), WINDOW):
            yield wanted[at : at + WINDOW]

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        """Those that still exist."""
        mails = self._folder(folder).mails
        return [mails[u] for u in uids if u in mails]

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        """The same bytes as `mails`."""
        mails = self._folder(folder).mails
        return {u: mails[u].header for u in uids if u in mails}

    def flags(self, folder: str, uids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """Of those that still exist."""
        mails = self._folder(folder).mails
        return {u: mails[u].flags for u in uids if u in mails}

    def find(self, folder: str, message_id: str) -> list[int]:
        """By a part of the field, in any case, as servers do."""
        if not is_clean_id(message_id):
            return []
        mails = self._folder(folder).mails
        wanted = message_id.encode("ascii").lower()
        found = (uid for uid, mail in mails.items() if wanted in b" ".join(_ids(mail)).lower())
        return sorted(found)[-MOST_FOUND:]

    def arrived_between(self, folder: str, first_day: date, last_day: date) -> list[int]:
        """By the day of arrival."""
        mails = self._folder(folder).mails.values()
        days = ((mail.uid, mail.internaldate.date()) for mail in mails if mail.internaldate)
        return sorted(uid for uid, day in days if first_day <= day <= last_day)[-MOST_FOUND:]

    def senders(self, folder: str, count: int) -> list[str]:
        """As the header tells."""
        mails = self._folder(folder).mails
        messages = [read(mails[uid].header) for uid in sorted(mails)[-count:]]
        return [message.from_.address for message in messages if isinstance(message, Message)]

    def report_parts(self, folder: str, uids: Sequence[int]) -> dict[int, ReportParts]:
        """As the standard library takes the mails apart."""
        return {uid: _report_parts(self._leaves(folder, uid)) for uid in uids}

    def text_starts(self, folder: str, uids: Sequence[int]) -> dict[int, TextStart | None]:
        """As the standard library takes the mails apart."""
        return {uid: _text_start(self._leaves(folder, uid)) for uid in uids}

    def calendar_methods(self, folder: str, uids: Sequence[int]) -> dict[int, str]:
        """As the standard library takes the mails apart."""
        return {uid: calendar_method([part for part, _ in self._leaves(folder, uid)]) for uid in uids}

    def beside(self) -> AbstractContextManager["MemorySource"]:
        """This one: it has no folder open."""
        return nullcontext(self)

    def create(self, folder: str) -> None:
        """An empty folder."""
        self._may_break()
        self._folders.setdefault(folder, MemoryFolder(folder))

    def abort(self) -> None:
        """From now on every call fails."""
        self.broken = SourceError("unreachable", "cut off")

    def close(self) -> None:
        """Nothing to let go."""

    def _folder(self, name: str) -> MemoryFolder:
        self._may_break()
        if name not in self._folders:
            raise SourceError("folder", f'there is no folder "{name}"')
        return self._folders[name]

    def _leaves(self, folder: str, uid: int) -> list[tuple[Part, Mime]]:
        f = self._folder(folder)
        return _leaves(message_from_bytes(f.mails[uid].header + f.bodies[uid])) if uid in f.mails else []

    def _may_break(self) -> None:
        if self.broken:
            raise self.broken


def _since(when: datetime | None, since: datetime | None) -> bool:
    return since is None or when is None or when.date() >= since.date()


def _ids(mail: RawMail) -> list[bytes]:
    return split_fields(mail.header).get("message-id", [])


def _leaves(mime: Mime, number: str = "") -> list[tuple[Part, Mime]]:
    """The parts that hold no others, numbered as IMAP does (RFC 3501 §6.4.5)."""
    if mime.get_content_maintype() == "multipart" and mime.is_multipart():
        inner = enumerate(mime.get_payload(), 1)
        return [leaf for i, part in inner if isinstance(part, Mime) for leaf in _leaves(part, f"{number}.{i}")]
    part = Part(
        number.lstrip(".") or "1",
        mime.get_content_type(),
        charset=mime.get_content_charset(""),
        attached=mime.get_content_disposition() == "attachment",
        method=str(mime.get_param("method", "")).lower(),
    )
    return [(part, mime)]


def _report_parts(leaves: Sequence[tuple[Part, Mime]]) -> ReportParts:
    status, returned = report_pair([part for part, _ in leaves])
    return ReportParts(_content(leaves, status)[:STATUS_LIMIT], _content(leaves, returned)[:RETURNED_LIMIT])


def _text_start(leaves: Sequence[tuple[Part, Mime]]) -> TextStart | None:
    parts = [part for part, _ in leaves]
    part = text_part(parts)
    return text_start(part, parts, _content(leaves, part)) if part else None


def _content(leaves: Sequence[tuple[Part, Mime]], part: Part | None) -> bytes:
    raw = _decoded(dict(leaves)[part]) if part else b""
    return raw.partition(b"\n\n")[0] + b"\n\n" if part and part.kind in WITH_HEADER else raw


def _decoded(mime: Mime) -> bytes:
    """What a part holds, without its transfer encoding; the library has taken apart what is of the kind message/… ."""
    payload = mime.get_payload()
    if isinstance(payload, list):
        return b"".join(part.as_bytes() for part in payload if isinstance(part, Mime))
    content = mime.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
