"""FLOOR 2. What came into a folder, batch by batch: fetched, read, and told apart from what is no mail any more.

All of it is said over one connection and none of it is written down, so that a thread may be ahead with it while
another one stores (law 4: it has no store).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import MailboxSettings
from monitor.core.house import House
from monitor.core.message import EARLIEST_SANE_YEAR, LATER_THAN_RECEIVED, Message, arrival
from monitor.inbox.lines import whole_lines
from monitor.inbox.reading import Unreadable, last_hop, read
from monitor.inbox.source import HEADER_LIMIT, WHOLE_LIMIT, MailSource, RawMail, WatchedFolder
from monitor.jobs.facts import with_more_facts
from monitor.jobs.handed_out import HandedOut
from monitor.jobs.look import is_full
from monitor.jobs.reading_process import ReadAll
from monitor.store.arrivals import Arrival

_LATE = LATER_THAN_RECEIVED - timedelta(hours=1)
"""A mail that arrives a day after it was written is rare; one that was imported looks just so."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A batch: what is to be stored, by uid; the first uid behind it; whether more are likely to come.

    `newest` is the INTERNALDATE of its newest mail of those below `known_below` (`Arriving.batches`).
    """

    arrivals: Sequence[Arrival]
    reached: int
    more: bool
    newest: datetime | None


class Arriving:
    """What one folder hands out at `now`; lives for one look at it."""

    def __init__(
        self,
        source: MailSource,
        folder: WatchedFolder,
        mailbox: MailboxSettings,
        house: House,
        now: datetime,
        read_all: ReadAll,
    ) -> None:
        self.source, self.folder, self.mailbox, self.house, self.now = source, folder, mailbox, house, now
        self.read_all = read_all
        self.handing = HandedOut(source, mailbox.host, now)

    def batches(self, uids: Iterable[Sequence[int]], known_below: int | None) -> Iterator[Arrived]:
        """The mails of these uids, one batch for each. Raises SourceError."""
        for batch in uids:
            yield self._arrived(batch, known_below)  # what it was made of is gone while it is stored

    def _arrived(self, batch: Sequence[int], known_below: int | None) -> Arrived:
        mails, troubles = self.handing.mails(self.folder.name, batch)
        arrivals = sorted(troubles + self._arrivals(mails), key=lambda a: a.uid)
        return Arrived(arrivals, batch[-1] + 1, is_full(batch), _newest(mails, known_below))

    def _arrivals(self, mails: Sequence[RawMail]) -> list[Arrival]:
        """Read each mail; where the wanted fields leave identity or arrival open, the whole header is asked for."""
        messages = dict(zip((m.uid for m in mails), self.read_all([m.header for m in mails]), strict=True))
        open_ = [mail.uid for mail in mails if _needs_more(messages[mail.uid], mail, self.now)]
        whole = self.handing.whole_headers(self.folder.name, open_) if open_ else {}
        # What was expunged between the two questions has no identity: it must not get that of a part of its header.
        gone = set(open_) - whole.keys()
        gone -= set(self.handing.still_there(self.folder.name, sorted(gone)))
        there = [mail for mail in mails if mail.uid not in gone]
        hops = self._with_whole_headers(there, messages, whole)
        self._with_more_facts(there, messages)
        return [_arrival(mail, messages[mail.uid], hops.get(mail.uid), self.now) for mail in there]

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


def _arrival(mail: RawMail, message: Message | Unreadable, hop: datetime | None, now: datetime) -> Arrival:
    if isinstance(message, Unreadable):
        return Arrival(mail.uid, mail.flags, mail.size, arrival(mail.internaldate, hop, None, now), message.reason)
    when = arrival(mail.internaldate, hop, message.sent_at, now)
    return Arrival(mail.uid, mail.flags, mail.size, when, message)


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
