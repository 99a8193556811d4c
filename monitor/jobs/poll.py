"""FLOOR 2. One sweep of a mailbox: look at every folder, take in what is new, ask the flags of what waits.

No flow of work has a transaction open while it asks a server (law 4): where there is much mail, a thread that has no
store fetches and reads ahead (arriving.py), and the look's own thread stores.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.config import MailboxSettings
from monitor.core.cursor import Cursor, FolderState, Plan, plan
from monitor.core.house import House
from monitor.core.message import Message
from monitor.inbox.folders import choose
from monitor.inbox.source import OF_ONE_FOLDER, MailSource, RemoteFolder, SourceError, WatchedFolder
from monitor.jobs.ahead import ahead
from monitor.jobs.arriving import Arrived, Arriving
from monitor.jobs.heap import give_back, rarely_walked
from monitor.jobs.knowledge import stale_after
from monitor.jobs.logged import event
from monitor.jobs.look import Progress, Sweep, at_the_edge, cursor_after, looked_into, new_mail
from monitor.jobs.reading_process import HERE, Reader, ReadingProcess
from monitor.jobs.sent import sent_by_share
from monitor.jobs.side_by_side import Side, side_by_side
from monitor.jobs.vanished import Vanished
from monitor.store.arrivals import Look, Part
from monitor.store.blind import lost_sent
from monitor.store.flags import flags_changed, forget_sightings, waiting_mails
from monitor.store.intake import take_in_together
from monitor.store.keeping import ForgottenMeanwhile, times_forgotten
from monitor.store.looks import looked_completely
from monitor.store.mailboxes import FolderRow, fold_put_off, watch
from monitor.store.store import RowError, Store

NAME_SENT = 'name the one used now with sent = "…", or say replies = "confirmed"'

MANY = 100
"""So many mails to fetch are worth to tell the collector."""
MUCH = 2_000
"""So many mails to fetch are worth a reading process, which takes a tenth of a second to start."""

log = logging.getLogger("monitor.poll")


def sweep(
    store: Store,
    source: MailSource,
    mailbox: MailboxSettings,
    house: House,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    progress: Progress = lambda _mailbox, _count: None,
    reading: ReadingProcess | None = None,
    roomy: Callable[[], bool] = lambda: False,
) -> Sweep:
    """Look at one mailbox. Never raises for what a server does; StoreError passes, for then nothing can go on.

    `reading` is for looks that find much mail; without it all is read in this process. `roomy`: whether the server may
    be asked for another connection now.
    """
    looker = _Looker(store, source, mailbox, house, now, stopping, progress, reading, roomy)

    def complete() -> None:
        looked_completely(store, mailbox.address, now, stale_after(mailbox.poll_every), looker.ahead, looker.unchanged)

    return at_the_edge(store, mailbox.address, looker, now, stopping, complete)


class _Looker:
    """One sweep of one mailbox; lives for a single call of `sweep`."""

    def __init__(
        self,
        store: Store,
        source: MailSource,
        mailbox: MailboxSettings,
        house: House,
        now: datetime,
        stopping: Callable[[], bool],
        progress: Progress,
        reading: ReadingProcess | None,
        roomy: Callable[[], bool],
    ) -> None:
        self.store, self.source, self.mailbox, self.house, self.now = store, source, mailbox, house, now
        self.stopping, self.progress, self.reading, self.roomy = stopping, progress, reading, roomy
        self.taken_in = 0
        self.reader: Reader = HERE
        self.to_end = ExitStack()
        self.forgotten = 0
        self.remote: Sequence[RemoteFolder] = ()
        self.watched: Sequence[WatchedFolder] = ()
        self.named: SourceError | None = None
        self.ahead: timedelta | None = None
        self.unchanged: list[int] = []

    def look(self) -> None:
        """To the end. Where somebody is forgotten meanwhile, their mail may be in its hands: it begins anew."""
        with self.to_end:
            while True:
                self.forgotten = times_forgotten(self.store)
                try:
                    return self._look()
                except ForgottenMeanwhile:
                    again = event("look begins anew", mailbox=self.mailbox.address)
                    log.info("%s: somebody was forgotten meanwhile; looked at again", self.mailbox.address, extra=again)

    def _look(self) -> None:
        """Every folder, Sent last: a reply seen there is then never older news than the mail it answers."""
        box, self.remote, self.unchanged = self.mailbox, self.source.folders(), []
        wanted = choose(self.remote, box.inbox, box.sent, box.done, box.watch == "all")
        if not any(f.role == "sent" for f in wanted):
            wanted += sent_by_share(self.store, self.source, self.remote, wanted, box, self.house, self.now)
        self.watched = wanted
        self._read_anew()
        for row in self._rows():
            with self._naming(row):
                self._look_into(row)
        fold_put_off(self.store, self.house)
        lost = None if box.replies_confirmed else lost_sent(self.store, box.address)
        if lost is not None:
            raise SourceError("folder", f'its Sent folder "{lost}" is gone, so its replies are unseen; {NAME_SENT}')

    def _rows(self) -> list[FolderRow]:
        return watch(self.store, self.mailbox.address, [(f.name, f.role) for f in self.watched])

    def _read_anew(self) -> None:
        """A Sent folder and another one that were never read to their end are read side by side, as far as they go.

        Then comes the look at every folder, which goes on behind that: so what a server says of one counts there.
        """
        anew = [row for row in self._rows() if row.cursor is None or not row.cursor.complete]
        if not any(row.role == "sent" for row in anew) or all(row.role == "sent" for row in anew):
            return
        opened = [self._opened(row) for row in anew]
        pair = [_largest(opened, sent) for sent in (False, True)]
        if all(each.step.step == "FIRST" for each in pair):
            much = min(_to_fetch(each.state, each.step) for each in pair) >= MUCH
            with self.source.beside() if much and self.roomy() else nullcontext(self.source) as other:
                self._read(pair, other)

    def _opened(self, row: FolderRow) -> "_Opened":
        with self._naming(row):
            state = self.source.state(row.name)
        return _Opened(row, state, plan(row.cursor, state))

    @contextmanager
    def _naming(self, row: FolderRow) -> Iterator[None]:
        """What is wrong with a Sent folder alone is said of it."""
        try:
            yield
        except SourceError as fault:
            if row.role != "sent" or fault.fault not in OF_ONE_FOLDER or fault is self.named:
                raise
            said = f'its Sent folder "{row.name}" cannot be read, so its replies are unseen: {fault}'
            self.named = SourceError(fault.fault, said)
            raise self.named from fault

    def _look_into(self, row: FolderRow) -> None:
        _, state, step = opened = self._opened(row)
        if row.role == "sent" and step.forget_sightings and not self.mailbox.replies_confirmed:
            _expect_not_replaced(row, state)
        if step.forget_sightings:
            words = "%s: folder %d has a new uidvalidity; seen again from the lookback"
            again = event("uidvalidity changed", mailbox=self.mailbox.address, folder=row.id)
            log.info(words, self.mailbox.address, row.id, extra=again)
            forget_sightings(self.store, row.id, self.now)
        reached = self._read([opened])
        if step.ask_flags:
            self._ask_flags(row, self._look_of(opened))
        if step.step == "NOTHING" and row.cursor == cursor_after(state, reached):
            self.unchanged.append(row.id)  # noted with all others, when the look is complete
        else:
            looked_into(self.store, row, state, reached, self.now)

    def _look_of(self, opened: "_Opened") -> Look:
        return Look(self.now, opened.row.looked_at, opened.step.step in ("FIRST", "RESIGHT"), self.forgotten)

    def _read(self, folders: Sequence["_Opened"], beside: MailSource | None = None) -> int:
        """Take in all mails the plans ask for; returns the first uid not read, of the last folder. `beside`: over what
        a second folder is read."""
        sources = (self.source, beside or self.source)
        reached = {n: each.step.first_uid for n, each in enumerate(folders)}
        self._expect(sum(_to_fetch(each.state, each.step) for each in folders))
        sides = [self._batches(each, source) for each, source in zip(folders, sources, strict=False)]
        with closing(ahead(side_by_side(sides), _more)) as together:
            for batches in together:
                if self.stopping():
                    raise SourceError("stopped", "asked to stop")
                self._take([self._part(folders[n], batch) for n, batch in batches])
                reached |= {n: batch.reached for n, batch in batches}
                count = sum(len(batch.arrivals) for _, batch in batches)
                self.taken_in += count
                self.progress(self.mailbox.address, count)
        return reached[len(folders) - 1]

    def _expect(self, new: int) -> None:
        """Where many mails are to be read, Python's collector walks seldom to the end of the look; where there is much
        mail, it is from then on read by the reading process."""
        if new >= MANY:
            self.to_end.enter_context(rarely_walked())
        if self.reader is HERE and self.reading is not None and new >= MUCH:
            self.to_end.callback(give_back, self.store)
            self.reader = self.to_end.enter_context(self.reading.in_use())

    def _batches(self, opened: "_Opened", source: MailSource) -> Iterator[Arrived]:
        row, state, step = opened
        if state.uidnext is not None and state.uidnext <= step.first_uid:
            return  # nothing is there: to open the folder again takes a server as long as hundreds of mails
        uids = new_mail(source, row.name, step, self.mailbox.lookback, self.now, self.stopping)
        folder = WatchedFolder(row.name, row.role)
        arriving = Arriving(source, folder, self.mailbox, self.house, self.now, self.reader)
        with self._naming(row):
            yield from arriving.batches(uids, state.uidnext)

    def _part(self, opened: "_Opened", batch: Arrived) -> Part:
        row, state, step = opened
        self._compare_clocks(row, batch)
        cursor = Cursor(state.uidvalidity, batch.reached, complete=step.step == "NEW_FROM")
        return Part(row.id, batch.arrivals, cursor, self._look_of(opened))

    def _compare_clocks(self, row: FolderRow, batch: Arrived) -> None:
        """By the newest mail that lay in the first inbox when the look began; what came later is no evidence."""
        first = next((f.name for f in self.watched if f.role == "inbox"), None)
        if row.name == first and batch.newest is not None:
            self.ahead = batch.newest - self.now

    def _take(self, parts: Sequence[Part]) -> None:
        """Store a batch; where the store does not take one mail of it, that one becomes a trouble row."""
        try:
            take_in_together(self.store, parts, self.house)
        except RowError as error:
            (part, *more), arrivals = parts, parts[0].arrivals
            if more:
                for each in parts:
                    self._take([each])
            elif len(arrivals) > 1:
                middle = len(arrivals) // 2
                # The cursor must not pass what is not stored yet.
                first = replace(part.cursor, uidnext=arrivals[middle].uid)
                self._take([part._replace(arrivals=arrivals[:middle], cursor=first)])
                self._take([part._replace(arrivals=arrivals[middle:])])
            elif arrivals and isinstance(arrivals[0].message, Message):
                self._take([part._replace(arrivals=[arrivals[0]._replace(message=str(error))])])
            else:
                raise

    def _ask_flags(self, row: FolderRow, look: Look) -> None:
        known = waiting_mails(self.store, row.id)
        if not known:
            return
        uids = sorted(known)
        there = self.source.flags(row.name, uids)
        changed = {uid: flags for uid, flags in there.items() if flags != known[uid].flags}
        gone = [uid for uid in uids if uid not in there]
        if gone:
            # Looked for before it is noted that they are gone: if that fails, the next look does it again.
            vanished = Vanished(self.store, self.source, self.mailbox, self.house, look)
            vanished.look_for([known[uid].message for uid in gone], row.name, self.remote, self.watched)
        if changed or gone:
            flags_changed(self.store, row.id, changed, gone, self.house, look)


class _Opened(NamedTuple):
    """A folder, what the server says of it, and what is to be done."""

    row: FolderRow
    state: FolderState
    step: Plan


def _largest(folders: Iterable[_Opened], sent: bool) -> _Opened:
    """Of the Sent folders, or of the others."""
    return max(
        (each for each in folders if (each.row.role == "sent") == sent), key=lambda each: each.state.messages or 0
    )


def _more(sides: Sequence[Side]) -> bool:
    return any(batch.more for _, batch in sides)


def _to_fetch(state: FolderState, step: Plan) -> int:
    """At most so many mails are new; 0 where the server does not say."""
    new = (state.uidnext or 0) - step.first_uid
    return new if state.messages is None else min(new, state.messages)


def _expect_not_replaced(row: FolderRow, state: FolderState) -> None:
    """Where staff renamed it, many servers make a folder marked \\Sent anew: empty, while replies go elsewhere."""
    if row.cursor is not None and row.cursor.messages and not state.messages:
        raise SourceError("folder", f"it was replaced by an empty one; {NAME_SENT}")
