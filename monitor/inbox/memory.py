"""FLOOR 1. The twin of imap.py that needs no server: a mailbox in memory, held to the same contract test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.cursor import FolderState
from monitor.inbox.source import RawMail, RemoteFolder, SourceError

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

    def deliver(self, header: bytes, when: datetime, flags: Sequence[str] = ()) -> int:
        """Put a mail in; returns its uid."""
        uid = self.uidnext
        self.mails[uid] = RawMail(uid, frozenset(flags), when, len(header), header)
        self.uidnext += 1
        self.modseq += 1
        return uid

    def remove(self, uid: int) -> RawMail:
        """Take a mail out, as an expunge or a move does."""
        self.modseq += 1
        return self.mails.pop(uid)

    def flag(self, uid: int, *flags: str) -> None:
        """Set flags."""
        self.modseq += 1
        self.mails[uid] = replace(self.mails[uid], flags=self.mails[uid].flags | set(flags))


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

    def _may_break(self) -> None:
        if self.broken:
            raise self.broken


def _since(when: datetime | None, since: datetime | None) -> bool:
    return since is None or when is None or when.date() >= since.date()
