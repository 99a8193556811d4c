"""FLOOR 1. One mailbox over IMAP, read-only (law 7). connection.py knows how to get there, commands.py what is said.

Nothing that comes from a mail enters a command here, but a Message-ID of printable ASCII, quoted (`find`): uids are
integers, part numbers are counted, folder names come from the server's own list.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta

from monitor.core.cursor import FolderState
from monitor.core.message import Message
from monitor.inbox import commands
from monitor.inbox.cleaning import clean
from monitor.inbox.commands import peek, refusable, report_items, searched, status_items, uid_fetch
from monitor.inbox.fields import FIELDS
from monitor.inbox.flagging import Flagging
from monitor.inbox.flags import Opened
from monitor.inbox.login import Login
from monitor.inbox.parts import Part, calendar_method, parts_of, report_pair, text_part, text_start
from monitor.inbox.reading import read
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

SEARCH_WINDOW = 10_000
"""Messages a SEARCH may answer with: imaplib breaks at 1 MB a line, about 130,000 ids; and to take an answer of 50,000
apart takes 5 MB, for each folder that is read."""
MOST_CONTENTS = 50
"""Mails of which parts are fetched in one question: at 16 KB each (REPORT_LIMIT) the answer stays below 1 MB."""
FEW = 100
"""So many new mails need not be searched for."""


class ImapSource(Flagging):
    """A MailSource over one IMAP connection."""

    def __init__(self, login: Login) -> None:
        super().__init__(login)
        self._searched: dict[str, Opened] = {}
        self._in_this_look: set[str] = set()
        self._beside: ImapSource | None = None

    def folders(self) -> Sequence[RemoteFolder]:
        """LIST with the SPECIAL-USE marks (RFC 6154)."""
        idle, self._renewed = self._client is not None, False
        self._in_this_look.clear()
        if (glanced := self._as_glanced()) is not None:
            self.listed = glanced
            return glanced
        try:
            found = self._guarded("listing folders", lambda c: c.list_folders())
        except SourceError as fault:
            # A server ends what idles between two polls (RFC 3501 §5.4), or when a token expires ("BYE
            # AccessTokenExpired"); only a fresh connection can tell more. Who asks for a pause gets it.
            if not idle or self._aborted or fault.fault not in ("unreachable", "busy") or fault.wait:
                raise
            found = self._guarded("listing folders", lambda c: c.list_folders())
        self.listed = [
            RemoteFolder(commands.name_of(n), frozenset(commands.name_of(f).lower() for f in flags))
            for flags, _, n in found
        ]
        return self.listed

    def state(self, folder: str) -> FolderState:
        """STATUS; where the server gives no UIDNEXT there, EXAMINE may.

        Of the folder that is open STATUS tells what was known when it was opened (seen with Dovecot 2.3; RFC 3501
        §6.3.10 warns of it): new mail would never be seen over a kept connection. So that one is left first.
        """
        self.end_hints()  # it may have opened the folder
        if (glanced := self._states.pop(folder, None)) is not None:
            self._uidvalidity[folder] = glanced.uidvalidity
            return glanced
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
        """SEARCH in windows of uids that hold at most SEARCH_WINDOW messages each, oldest first.

        Not where the numbers tell the same. Who asks twice in a look doubts what was told, and is not given it again.
        """
        self._examine(folder)
        if since is None and (new := self._by_the_numbers(folder, first_uid)):
            yield new
            return
        for low, high in self._windows(first_uid):
            criteria: list[object] = ["UID", f"{low}:{high}"]
            if since is not None:
                criteria += ["SINCE", since.date()]
            self._examine(folder)  # another one may have been opened meanwhile
            found = self._guarded("searching", searched(criteria))
            # "5:*" with nothing new answers with the last message, whatever its uid (RFC 3501 §6.4.8).
            yield sorted(uid for uid in found if uid >= low)

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        """One FETCH; mails that are gone are left out, unless the server refuses all for them."""
        self._examine(folder)
        wanted = set(uids)
        found = self._guarded("fetching headers", lambda c: commands.fetch_mails(c, uids))
        mails = [mail for mail in found if mail.uid in wanted]
        self._keep_fetched(mails)
        return mails

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        """BODY.PEEK[HEADER], the first 64 KB. NIL stands for what was expunged meanwhile (RFC 3501 §7.4.2)."""
        if not uids:
            return {}
        self._examine(folder)
        question = refusable(lambda c: commands.fetch_answers(c, uids, commands.WHOLE_ITEMS))
        told = {answer.uid: answer.header for answer in self._guarded("fetching headers", question)}
        return {uid: header for uid in uids if (header := told.get(uid)) is not None}

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
        if not self._opened.exists:
            return []
        first = max(1, self._opened.exists - count + 1)
        answers = self._guarded(
            "fetching senders", refusable(lambda c: commands.newest_fetch(c, first, commands.FROM_ITEMS))
        )
        messages = [read(answer.header) for answer in answers if answer.header is not None]
        return [message.from_.address for message in messages if isinstance(message, Message)]

    def report_parts(self, folder: str, uids: Sequence[int]) -> dict[int, ReportParts]:
        """BODYSTRUCTURE says where they are; one more FETCH for all that have them in the same places."""
        pairs = {uid: report_pair(parts) for uid, parts in self._parts(folder, uids).items()}
        told = self._asked_of_each(folder, {uid: report_items(*pair) for uid, pair in pairs.items()})
        return {uid: commands.report_parts(told.get(uid, {}), *pair) for uid, pair in pairs.items()}

    def text_starts(self, folder: str, uids: Sequence[int]) -> dict[int, TextStart | None]:
        """BODYSTRUCTURE says which part; of it the first 2 KB."""
        parts = self._parts(folder, uids)
        texts = {uid: part for uid, found in parts.items() if (part := text_part(found))}
        told = self._asked_of_each(folder, {uid: (peek(part, TEXT_LIMIT),) for uid, part in texts.items()})
        starts: dict[int, TextStart | None] = dict.fromkeys(uids)
        for uid, part in texts.items():
            if uid in told:
                raw = commands.body_of(told[uid], f"BODY[{part.number}]".encode())
                starts[uid] = text_start(part, parts[uid], raw)
        return starts

    def calendar_methods(self, folder: str, uids: Sequence[int]) -> dict[int, str]:
        """BODYSTRUCTURE has the parameters of each part's type."""
        return {uid: calendar_method(parts) for uid, parts in self._parts(folder, uids).items()}

    @contextmanager
    def beside(self) -> Iterator["ImapSource"]:
        """Whoever reads two folders in turn over one connection has the server open each of them anew for each batch:
        with Dovecot's Maildir of 30,000 mails that takes it longer than the batch."""
        other = self._beside = ImapSource(self._login)
        other._uidvalidity.update(self._uidvalidity)
        try:
            if self._aborted:
                other.abort()
            yield other if other._is_let_in() else self
        finally:
            self._beside = None
            other.close()

    def abort(self) -> None:
        """With what is open beside it."""
        super().abort()
        if (other := self._beside) is not None:
            other.abort()

    def _is_let_in(self) -> bool:
        with suppress(SourceError):
            self._guarded("connecting", lambda _: None)
            return True
        return False

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

    def _parts(self, folder: str, uids: Sequence[int]) -> dict[int, list[Part]]:
        """The parts of each; none where they are not to be had."""
        told = self._asked(folder, uids, ("BODYSTRUCTURE",))
        return {uid: parts_of(told.get(uid, {}).get(b"BODYSTRUCTURE")) for uid in uids}

    def _asked_of_each(self, folder: str, wanted: Mapping[int, Sequence[str]]) -> dict[int, Mapping[bytes, object]]:
        """One FETCH for all of which the same is asked, of a bounded number at once."""
        alike: dict[tuple[str, ...], list[int]] = {}
        for uid, items in wanted.items():
            alike.setdefault(tuple(items), []).append(uid)
        told: dict[int, Mapping[bytes, object]] = {}
        for items, uids in alike.items():
            for at in range(0, len(uids), MOST_CONTENTS):
                told |= self._asked(folder, uids[at : at + MOST_CONTENTS], items)
        return told

    def _asked(self, folder: str, uids: Sequence[int], items: Sequence[str]) -> dict[int, Mapping[bytes, object]]:
        """One FETCH; one mail for which the server refuses all, or says what nobody understands, is left out."""
        if not items or not uids:
            return {}
        self._examine(folder)
        try:
            lines = self._guarded(
                "fetching a part", refusable(lambda c: uid_fetch(c, uids, f"(UID {' '.join(items)})"))
            )
        except SourceError as fault:
            # Also an endless line: one bad mail must not stand in the way of its mailbox (law 8).
            if fault.fault not in ("message", "protocol"):
                raise
            middle = len(uids) // 2
            halves = (uids[:middle], uids[middle:]) if middle else ()
            return {uid: item for half in halves for uid, item in self._asked(folder, half, items).items()}
        return {uid: item for uid, item in commands.understood(lines).items() if uid in uids}

    def _by_the_numbers(self, folder: str, first_uid: int) -> list[int]:
        """The uids from this one on, where the folder only grew since it was searched last, and by a few."""
        opened = self._opened
        was = self._searched.get(folder, opened)
        self._searched[folder] = opened
        known = folder not in self._in_this_look and was.uidnext <= first_uid and opened.only_grew(was)
        self._in_this_look.add(folder)
        return list(range(first_uid, opened.uidnext)) if known and opened.uidnext <= first_uid + FEW else []

    def _windows(self, first_uid: int) -> Iterator[tuple[int, int | str]]:
        exists, uidnext = self._opened.exists, self._opened.uidnext
        if exists <= SEARCH_WINDOW or 0 < uidnext <= first_uid + SEARCH_WINDOW:
            yield first_uid, "*"
            return
        marks = list(range(SEARCH_WINDOW, exists, SEARCH_WINDOW))
        bounds = sorted(
            uid for uid in self._guarded("searching", lambda c: commands.uids_at(c, marks)) if uid >= first_uid
        )
        for bound in bounds:
            yield first_uid, bound
            first_uid = bound + 1
        yield first_uid, "*"


__all__ = ["FIELDS", "ImapSource", "Login", "SourceError"]
