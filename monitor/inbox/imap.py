"""FLOOR 1. One mailbox over IMAP, read-only (law 7). connection.py knows how to get there, commands.py what is said.

Nothing that comes from a mail enters a command here, but a Message-ID of printable ASCII, quoted (`find`): uids are
integers, part numbers are counted, folder names come from the server's own list.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from monitor.core.cursor import FolderState
from monitor.core.message import Message
from monitor.inbox import commands
from monitor.inbox.commands import peek, refusable, searched, status_items, uid_fetch
from monitor.inbox.connection import Connection, tls_context
from monitor.inbox.fetching import flags_of, handed_out, raw_mails
from monitor.inbox.fields import FIELDS
from monitor.inbox.login import Login
from monitor.inbox.parts import (
    RETURNED_LIMIT,
    STATUS_LIMIT,
    WITH_HEADER,
    Part,
    calendar_method,
    parts_of,
    report_pair,
    text_part,
    text_start,
)
from monitor.inbox.reading import clean, read
from monitor.inbox.source import (
    MOST_FOUND,
    TEXT_LIMIT,
    RawMail,
    RemoteFolder,
    ReportParts,
    SourceError,
    TextStart,
    is_clean_id,
)

SEARCH_WINDOW = 50_000
"""Messages a SEARCH may answer with: imaplib breaks at 1 MB a line, about 130,000 ids."""


class ImapSource(Connection):
    """A MailSource over one IMAP connection."""

    def folders(self) -> Sequence[RemoteFolder]:
        """LIST with the SPECIAL-USE marks (RFC 6154)."""
        idle, self._renewed = self._client is not None, False
        try:
            found = self._guarded("listing folders", lambda c: c.list_folders())
        except SourceError as fault:
            # A server ends what idles between two polls (RFC 3501 §5.4), or when a token expires ("BYE
            # AccessTokenExpired"); only a fresh connection can tell more. Who asks for a pause gets it.
            if not idle or self._aborted or fault.fault not in ("unreachable", "busy") or fault.wait:
                raise
            found = self._guarded("listing folders", lambda c: c.list_folders())
        return [
            RemoteFolder(commands.name_of(n), frozenset(commands.name_of(f).lower() for f in flags))
            for flags, _, n in found
        ]

    def state(self, folder: str) -> FolderState:
        """STATUS; where the server gives no UIDNEXT there, EXAMINE may.

        Of the folder that is open STATUS tells what was known when it was opened (seen with Dovecot 2.3; RFC 3501
        §6.3.10 warns of it): new mail would never be seen over a kept connection. So that one is left first.
        """
        if self._selected == folder:
            self._guarded("leaving a folder", commands.leave)
            self._selected = None
        status = self._of_folder(
            folder, "asking for the state of a folder", lambda c: c.folder_status(folder, status_items(c))
        )
        self._examined = None
        if b"UIDVALIDITY" not in status or b"UIDNEXT" not in status:
            status = {**self._select(folder), **status}
            status.setdefault(b"MESSAGES", status.get(b"EXISTS"))
        self._uidvalidity[folder] = int(status.get(b"UIDVALIDITY") or 0)
        return FolderState(
            self._uidvalidity[folder],
            status.get(b"UIDNEXT"),
            status.get(b"HIGHESTMODSEQ"),
            status.get(b"MESSAGES"),
        )

    def uids(self, folder: str, first_uid: int, since: datetime | None) -> Iterator[list[int]]:
        """SEARCH in windows of uids that hold at most SEARCH_WINDOW messages each, oldest first."""
        self._examine(folder)
        for low, high in self._windows(first_uid):
            criteria: list[object] = ["UID", f"{low}:{high}"]
            if since is not None:
                criteria += ["SINCE", since.date()]
            found = self._guarded("searching", searched(criteria))
            # "5:*" with nothing new answers with the last message, whatever its uid (RFC 3501 §6.4.8).
            yield sorted(uid for uid in found if uid >= low)

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        """One FETCH; mails that are gone are left out, unless the server refuses all for them."""
        self._examine(folder)
        wanted = set(uids)
        found = self._guarded("fetching headers", lambda c: handed_out(uid_fetch(c, uids, commands.mail_items(c))))
        return [mail for mail in found if mail.uid in wanted]

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        """BODY.PEEK[HEADER], the first 64 KB. NIL stands for what was expunged meanwhile (RFC 3501 §7.4.2)."""
        self._examine(folder)
        fetched = self._guarded("fetching headers", refusable(lambda c: c.fetch(list(uids), (commands.WHOLE_ITEM,))))
        told = {uid: commands.body_found(fetched[uid], b"BODY[HEADER]") for uid in uids if uid in fetched}
        return {uid: header for uid, header in told.items() if header is not None}

    def flags(self, folder: str, uids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """FETCH FLAGS of those that still exist."""
        self._examine(folder)
        wanted = set(uids)
        found = self._guarded("fetching flags", lambda c: list(flags_of(uid_fetch(c, uids, "(UID FLAGS)"))))
        return {uid: flags for uid, flags in found if uid in wanted}

    def find(self, folder: str, message_id: str) -> list[int]:
        """SEARCH HEADER Message-ID, always quoted: imapclient would send `{5}` and `%` as they stand."""
        if not is_clean_id(message_id):
            return []
        self._look_again(folder)
        quoted = message_id.replace("\\", "\\\\").replace('"', '\\"')
        return self._search(folder, f'HEADER Message-ID "{quoted}"')[-MOST_FOUND:]

    def arrived_between(self, folder: str, first_day: date, last_day: date) -> list[int]:
        """SEARCH SINCE BEFORE, in windows like `uids`, the newest first: a folder may have been filled in one day."""
        self._look_again(folder)
        found: list[int] = []
        for low, high in reversed(list(self._windows(1))):
            days = ["SINCE", first_day, "BEFORE", last_day + timedelta(days=1)]
            found = [uid for uid in self._search(folder, ["UID", f"{low}:{high}", *days]) if uid >= low] + found
            if len(found) >= MOST_FOUND:
                break
        return found[-MOST_FOUND:]

    def senders(self, folder: str, count: int) -> list[str]:
        """FETCH of the From field alone, by position: the newest stand last."""
        self._look_again(folder)
        if not self._exists:
            return []
        first = max(1, self._exists - count + 1)
        lines = self._guarded(
            "fetching senders", refusable(lambda c: commands.newest_fetch(c, first, commands.FROM_ITEMS))
        )
        messages = [read(mail.header) for mail in raw_mails(lines)]
        return [message.from_.address for message in messages if isinstance(message, Message)]

    def report_parts(self, folder: str, uid: int) -> ReportParts:
        """BODYSTRUCTURE says where they are; one more FETCH for both."""
        status, returned = report_pair(self._parts(folder, uid))
        wanted = [peek(status, STATUS_LIMIT)] if status else []
        if returned and returned.kind in WITH_HEADER:
            wanted.append(f"BODY.PEEK[{returned.number}.HEADER.FIELDS (MESSAGE-ID)]<0.{RETURNED_LIMIT}>")
        elif returned:
            wanted.append(peek(returned, RETURNED_LIMIT))
        item = self._asked(folder, uid, wanted)
        return ReportParts(
            commands.content(item, status, STATUS_LIMIT), commands.content(item, returned, RETURNED_LIMIT)
        )

    def text_start(self, folder: str, uid: int) -> TextStart | None:
        """BODYSTRUCTURE says which part; of it the first 2 KB."""
        parts = self._parts(folder, uid)
        part = text_part(parts)
        if part is None:
            return None
        item = self._asked(folder, uid, [peek(part, TEXT_LIMIT)])
        return text_start(part, parts, commands.body_of(item, f"BODY[{part.number}]".encode())) if item else None

    def calendar_method(self, folder: str, uid: int) -> str:
        """BODYSTRUCTURE has the parameters of each part's type."""
        return calendar_method(self._parts(folder, uid))

    def create(self, folder: str) -> None:
        """CREATE, and SUBSCRIBE: many clients show only subscribed folders, and the server need not subscribe it."""
        try:
            self._guarded("creating a folder", refusable(lambda c: c.create_folder(folder)))
        except SourceError as fault:
            if fault.fault != "message":
                raise
            if "exists" not in str(fault).lower():  # [ALREADYEXISTS] (RFC 5530 §3)
                text = f'{fault}; make the folder "{clean(folder, 120)}" in a mail client'
                raise SourceError("folder", text) from fault
        with suppress(SourceError):
            self._guarded("subscribing to a folder", refusable(lambda c: c.subscribe_folder(folder)))

    def _look_again(self, folder: str) -> None:
        """Open a folder; one that is open already may only tell of what came meanwhile when asked (RFC 3501 §5.2)."""
        self._examined = None
        self._examine(folder)

    def _search(self, folder: str, criteria: object) -> list[int]:
        self._examine(folder)
        return sorted(self._guarded("searching", refusable(searched(criteria))))

    def _parts(self, folder: str, uid: int) -> list[Part]:
        return parts_of(self._asked(folder, uid, ["BODYSTRUCTURE"]).get(b"BODYSTRUCTURE"))

    def _asked(self, folder: str, uid: int, items: Sequence[str]) -> Mapping[bytes, object]:
        """One FETCH about one mail; nothing where the server refuses or says what nobody understands."""
        if not items:
            return {}
        self._examine(folder)
        try:
            lines = self._guarded(
                "fetching a part", refusable(lambda c: uid_fetch(c, [uid], f"(UID {' '.join(items)})"))
            )
        except SourceError as fault:
            # Also an endless line: one bad mail must not stand in the way of its mailbox (law 8).
            if fault.fault not in ("message", "protocol"):
                raise
            return {}
        return commands.understood(lines).get(uid, {})

    def _windows(self, first_uid: int) -> Iterator[tuple[int, int | str]]:
        if self._exists <= SEARCH_WINDOW:
            yield first_uid, "*"
            return
        marks = list(range(SEARCH_WINDOW, self._exists, SEARCH_WINDOW))
        bounds = sorted(
            uid for uid in self._guarded("searching", lambda c: commands.uids_at(c, marks)) if uid >= first_uid
        )
        for bound in bounds:
            yield first_uid, bound
            first_uid = bound + 1
        yield first_uid, "*"


__all__ = ["FIELDS", "ImapSource", "Login", "SourceError", "tls_context"]
