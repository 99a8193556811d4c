"""FLOOR 2. One sweep of a mailbox: look at every folder, take in what is new, ask the flags of what waits.

No flow of work has a transaction open while it asks a server (law 4): where there is much mail, a thread that has no
store fetches and reads ahead (arriving.py), and the look's own thread stores.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.config import MailboxSettings
from monitor.core.cursor import Cursor, FolderState, Plan, plan
from monitor.core.house import House
from monitor.core.message import Message
from monitor.inbox.folders import choose
from monitor.inbox.reading_child import read_all
from monitor.inbox.source import OF_ONE_FOLDER, MailSource, RemoteFolder, SourceError, WatchedFolder
from monitor.jobs.ahead import ahead
from monitor.jobs.arriving import Arrived, Arriving
from monitor.jobs.heap import give_back
from monitor.jobs.knowledge import stale_after
from monitor.jobs.logged import event
from monitor.jobs.look import Progress, Sweep, at_the_edge, cursor_after, looked_into, new_mail
from monitor.jobs.reading_process import ReadAll, ReadingProcess
from monitor.jobs.sent import sent_by_share
from monitor.jobs.vanished import Vanished
from monitor.store.blind import lost_sent
from monitor.store.flags import flags_changed, forget_sightings, waiting_mails
from monitor.store.intake import Arrival, Look, take_in
from monitor.store.keeping import ForgottenMeanwhile, times_forgotten
from monitor.store.looks import looked_completely
from monitor.store.mailboxes import FolderRow, fold_put_off, watch
from monitor.store.store import RowError, Store

NAME_SENT = 'name the one used now with sent = "…", or say replies = "confirmed"'

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
) -> Sweep:
    """Look at one mailbox. Never raises for what a server does; StoreError passes, for then nothing can go on.

    `reading` is for looks that find much mail; without it all is read in this process.
    """
    looker = _Looker(store, source, mailbox, house, now, stopping, progress, reading)

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
    ) -> None:
        self.store, self.source, self.mailbox, self.house, self.now = store, source, mailbox, house, now
        self.stopping, self.progress, self.reading = stopping, progress, reading
        self.taken_in = 0
        self.read_all: ReadAll = read_all
        self.to_end = ExitStack()
        self.look_ = Look(now)
        self.forgotten = 0
        self.remote: Sequence[RemoteFolder] = ()
        self.watched: Sequence[WatchedFolder] = ()
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
        for row in watch(self.store, box.address, [(f.name, f.role) for f in wanted]):
            self._folder(row)
        fold_put_off(self.store, self.house)
        lost = None if box.replies_confirmed else lost_sent(self.store, box.address)
        if lost is not None:
            raise SourceError("folder", f'its Sent folder "{lost}" is gone, so its replies are unseen; {NAME_SENT}')

    def _folder(self, row: FolderRow) -> None:
        try:
            self._look_into(row)
        except SourceError as fault:
            if row.role != "sent" or fault.fault not in OF_ONE_FOLDER:
                raise
            said = f'its Sent folder "{row.name}" cannot be read, so its replies are unseen: {fault}'
            raise SourceError(fault.fault, said) from fault

    def _look_into(self, row: FolderRow) -> None:
        state = self.source.state(row.name)
        step = plan(row.cursor, state)
        if row.role == "sent" and step.forget_sightings and not self.mailbox.replies_confirmed:
            _expect_not_replaced(row, state)
        if step.forget_sightings:
            words = "%s: folder %d has a new uidvalidity; seen again from the lookback"
            again = event("uidvalidity changed", mailbox=self.mailbox.address, folder=row.id)
            log.info(words, self.mailbox.address, row.id, extra=again)
            forget_sightings(self.store, row.id, self.now)
        self.look_ = Look(self.now, row.looked_at, step.step in ("FIRST", "RESIGHT"), self.forgotten)
        reached = self._read(row, state, step)
        if step.ask_flags:
            self._ask_flags(row)
        if step.step == "NOTHING" and row.cursor == cursor_after(state, reached):
            self.unchanged.append(row.id)  # noted with all others, when the look is complete
        else:
            looked_into(self.store, row, state, reached, self.now)

    def _read(self, row: FolderRow, state: FolderState, step: Plan) -> int:
        """Take in all mails the plan asks for; returns the first uid not read."""
        reached = step.first_uid
        uids = new_mail(self.source, row.name, step, self.mailbox.lookback, self.now, self.stopping)
        with closing(ahead(self._arriving(row, state, step).batches(uids, state.uidnext), _more)) as batches:
            for batch in batches:
                if self.stopping():
                    raise SourceError("stopped", "asked to stop")
                self._compare_clocks(row, batch)
                reached = batch.reached
                unfinished = Cursor(state.uidvalidity, reached, complete=step.step == "NEW_FROM")
                self._take(row.id, batch.arrivals, unfinished)
                self.taken_in += len(batch.arrivals)
                self.progress(self.mailbox.address, len(batch.arrivals))
        return reached

    def _arriving(self, row: FolderRow, state: FolderState, step: Plan) -> Arriving:
        """Where much mail is to be read, from then on to the end of the look by the reading process."""
        if self.read_all is read_all and self.reading is not None and _to_fetch(state, step) >= MUCH:
            self.to_end.callback(give_back)
            self.read_all = self.to_end.enter_context(self.reading.in_use())
        folder = WatchedFolder(row.name, row.role)
        return Arriving(self.source, folder, self.mailbox, self.house, self.now, self.read_all)

    def _compare_clocks(self, row: FolderRow, batch: Arrived) -> None:
        """By the newest mail that lay in the first inbox when the look began; what came later is no evidence."""
        first = next((f.name for f in self.watched if f.role == "inbox"), None)
        if row.name == first and batch.newest is not None:
            self.ahead = batch.newest - self.now

    def _take(self, folder: int, arrivals: Sequence[Arrival], cursor: Cursor) -> None:
        """Store a batch; where the store does not take one mail of it, that one becomes a trouble row."""
        try:
            take_in(self.store, folder, arrivals, cursor, self.house, self.look_)
        except RowError as error:
            if len(arrivals) > 1:
                middle = len(arrivals) // 2
                # The cursor must not pass what is not stored yet.
                self._take(folder, arrivals[:middle], replace(cursor, uidnext=arrivals[middle].uid))
                self._take(folder, arrivals[middle:], cursor)
            elif arrivals and isinstance(arrivals[0].message, Message):
                self._take(folder, [arrivals[0]._replace(message=str(error))], cursor)
            else:
                raise

    def _ask_flags(self, row: FolderRow) -> None:
        known = waiting_mails(self.store, row.id)
        if not known:
            return
        uids = sorted(known)
        there = self.source.flags(row.name, uids)
        changed = {uid: flags for uid, flags in there.items() if flags != known[uid].flags}
        gone = [uid for uid in uids if uid not in there]
        if gone:
            # Looked for before it is noted that they are gone: if that fails, the next look does it again.
            vanished = Vanished(self.store, self.source, self.mailbox, self.house, self.look_)
            vanished.look_for([known[uid].message for uid in gone], row.name, self.remote, self.watched)
        if changed or gone:
            flags_changed(self.store, row.id, changed, gone, self.house, self.look_)


def _more(batch: Arrived) -> bool:
    return batch.more


def _to_fetch(state: FolderState, step: Plan) -> int:
    """At most so many mails are new; 0 where the server does not say."""
    new = (state.uidnext or 0) - step.first_uid
    return new if state.messages is None else min(new, state.messages)


def _expect_not_replaced(row: FolderRow, state: FolderState) -> None:
    """Where staff renamed it, many servers make a folder marked \\Sent anew: empty, while replies go elsewhere."""
    if row.cursor is not None and row.cursor.messages and not state.messages:
        raise SourceError("folder", f"it was replaced by an empty one; {NAME_SENT}")
