"""FLOOR 2. What came into a folder, batch by batch: fetched, read, and told apart from what is no mail any more.

All of it is said over one connection and none of it is written down, so that a thread may be ahead with it while
another one stores (law 4: it has no store).
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.config import MailboxSettings
from monitor.core.gist import Gist
from monitor.core.house import House
from monitor.core.message import EARLIEST_SANE_YEAR, LATER_THAN_RECEIVED, Message, arrival
from monitor.inbox.lines import whole_lines
from monitor.inbox.reading import Unreadable, last_hop, read
from monitor.inbox.source import HEADER_LIMIT, WHOLE_LIMIT, MailSource, RawMail, SourceError, WatchedFolder
from monitor.jobs.facts import with_more_facts
from monitor.jobs.handed_out import HandedOut
from monitor.jobs.look import BATCH, fitting, is_full
from monitor.jobs.reading_process import Asked, Reader
from monitor.store.arrivals import Arrival

SLOW_SECONDS = 2.0
"""A server that takes longer for a batch is slow: what it gave is not held back until it has given more."""
_LATE = LATER_THAN_RECEIVED - timedelta(hours=1)
"""A mail that arrives a day after it was written is rare; one that was imported looks just so."""


class _Fetched(NamedTuple):
    """Mails of these uids, and what stands for others, whose headers are being read; bytes of all these headers;
    whether the server took long, and whether more are likely to come."""

    uids: Sequence[int]
    mails: Sequence[RawMail]
    troubles: list[Arrival]
    asked: Asked
    weight: int
    slow: bool
    more: bool


_Found = tuple[Message | Unreadable, Gist | None]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A batch: what is to be stored, by uid; the first uid behind it; whether more are likely to come.

    `newest` is the INTERNALDATE of its newest mail of those below `known_below` (`Arriving.batches`). `weight`: bytes
    of the headers it was made of.
    """

    arrivals: Sequence[Arrival]
    reached: int
    more: bool
    newest: datetime | None
    weight: int = 0


class Arriving:
    """What one folder hands out at `now`; lives for one look at it."""

    def __init__(
        self,
        source: MailSource,
        folder: WatchedFolder,
        mailbox: MailboxSettings,
        house: House,
        now: datetime,
        reader: Reader,
    ) -> None:
        self.source, self.folder, self.mailbox, self.house, self.now = source, folder, mailbox, house, now
        self.reader = reader
        self.handing = HandedOut(source, mailbox.host, now)

    def batches(self, uids: Iterable[Sequence[int]], known_below: int | None) -> Iterator[Arrived]:
        """The mails of these uids, one batch for each. Raises SourceError once all that came before is handed on.

        While the reading process reads one the next one is fetched, but not from a slow server.
        """
        coming = self._fetched(uids)
        fetched: _Fetched | None = None
        while True:
            fault: SourceError | None = None
            try:
                following = next(coming, None)
            except SourceError as error:
                following, fault = None, error
            if fetched is not None:
                yield self._arrived(fetched, known_below)
            if fault is not None:
                raise fault
            if following is None:
                return
            fetched, following = following, None  # what it was made of is gone while it is stored
            if fetched.asked.read is not None or fetched.slow:
                arrived, fetched = self._arrived(fetched, known_below), None
                yield arrived

    def _fetched(self, uids: Iterable[Sequence[int]]) -> Iterator["_Fetched"]:
        """Fewer at once where those before were heavy."""
        most = BATCH
        for batch in uids:
            at = 0
            while at < len(batch):
                part = batch[at : at + most]
                at += len(part)
                fetched = self._fetch(part, at < len(batch) or is_full(batch))
                most = fitting(len(fetched.mails), fetched.weight)
                yield fetched

    def _fetch(self, uids: Sequence[int], more: bool) -> "_Fetched":
        began = time.monotonic()
        mails, troubles = self.handing.mails(self.folder.name, uids)
        slow = time.monotonic() - began > SLOW_SECONDS
        headers = [m.header for m in mails]
        asked = self.reader.begin(headers, self.house.staff)
        return _Fetched(uids, mails, troubles, asked, sum(map(len, headers)), slow, more)

    def _arrived(self, fetched: "_Fetched", known_below: int | None) -> Arrived:
        mails = fetched.mails
        arrivals = sorted(fetched.troubles + self._arrivals(mails, fetched.asked), key=lambda a: a.uid)
        return Arrived(arrivals, fetched.uids[-1] + 1, fetched.more, _newest(mails, known_below), fetched.weight)

    def _arrivals(self, mails: Sequence[RawMail], asked: Asked) -> list[Arrival]:
        """Where the wanted fields of a mail leave identity or arrival open, the whole header is asked for."""
        found = dict(zip((m.uid for m in mails), zip(*self.reader.end(asked), strict=True), strict=True))
        messages = {uid: message for uid, (message, _) in found.items()}
        open_ = [mail.uid for mail in mails if _needs_more(messages[mail.uid], mail, self.now)]
        whole = self.handing.whole_headers(self.folder.name, open_) if open_ else {}
        # What was expunged between the two questions has no identity: it must not get that of a part of its header.
        gone = set(open_) - whole.keys()
        gone -= set(self.handing.still_there(self.folder.name, sorted(gone)))
        there = [mail for mail in mails if mail.uid not in gone]
        hops = self._with_whole_headers(there, messages, whole)
        self._with_more_facts(there, messages)
        return [_arrival(mail, messages[mail.uid], found[mail.uid], hops.get(mail.uid), self.now) for mail in there]

    def _with_whole_headers(
        self, mails: Sequence[RawMail], messages: dict[int, Message | Unreadable], whole: dict[int, bytes]
    ) -> dict[int, datetime | None]:
        """Read again, with its whole header, what wants it; returns when our side took each of these."""
        hops: dict[int, datetime | None] = {}
        for mail in mails if whole else ():
            if (raw := whole.get(mail.uid)) is not None:
                message, lines = messages[mail.uid], whole_lines(raw, WHOLE_LIMIT)
                if len(mail.header) >= HEADER_LIMIT:
                    messages[mail.uid] = read(lines, raw)
                elif isinstance(message, Message) and not message.message_id:
                    messages[mail.uid] = read(mail.header, raw)
                hops[mail.uid] = last_hop(lines) if lines else None
        return hops

    def _with_more_facts(self, mails: Sequence[RawMail], messages: dict[int, Message | Unreadable]) -> None:
        """What is not in the header."""
        batch = [(mail, message) for mail in mails if isinstance(message := messages[mail.uid], Message)]
        told = with_more_facts(self.source, self.folder.name, self.folder.role, batch, self.mailbox, self.house)
        messages.update(told)


def _arrival(
    mail: RawMail, message: Message | Unreadable, found: _Found, hop: datetime | None, now: datetime
) -> Arrival:
    """`found`: what was read of it first; where more was found out, the gist is that of another message."""
    if isinstance(message, Unreadable):
        return Arrival(mail.uid, mail.flags, mail.size, arrival(mail.internaldate, hop, None, now), message.reason)
    when = arrival(mail.internaldate, hop, message.sent_at, now)
    first, gist = found
    return Arrival(mail.uid, mail.flags, mail.size, when, message, gist if message is first else None)


def _newest(mails: Sequence[RawMail], known_below: int | None) -> datetime | None:
    there = [m for m in mails if m.internaldate and known_below is not None and m.uid < known_below]
    newest = max(there, key=lambda m: m.uid, default=None)
    return newest.internaldate if newest else None


def _needs_more(message: Message | Unreadable, mail: RawMail, now: datetime) -> bool:
    """No Message-ID: its identity is a digest of the whole header. A doubtful INTERNALDATE: only Received can say."""
    internaldate = mail.internaldate
    if len(mail.header) >= HEADER_LIMIT:
        return True
    if isinstance(message, Unreadable):
        return False
    if not message.message_id or internaldate is None or message.sent_at is None:
        return True
    if internaldate.year < EARLIEST_SANE_YEAR or internaldate > now:
        return True
    return internaldate - message.sent_at > _LATE
