"""FLOOR 2. Looks at mailboxes, several at a time; each mailbox by its own thread and connection."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial

import monitor
from monitor.config import MailboxSettings, Settings
from monitor.inbox.source import MailSource, SourceError
from monitor.jobs.deadline import Deadline
from monitor.jobs.glance import Glances
from monitor.jobs.hear import is_ear, listen
from monitor.jobs.logged import event
from monitor.jobs.look import Progress, Sweep
from monitor.jobs.poll import sweep
from monitor.jobs.reading_process import ReadingProcess
from monitor.jobs.share import Alone, Share
from monitor.store.leases import ACTING, LeaseLost
from monitor.store.mailboxes import refold_if_rules_changed
from monitor.store.store import Store, StoreError
from monitor.store.subjects import is_as_told, keep_subjects_as_told

MOST_CONNECTIONS = 8
"""So many mailboxes are looked at at once."""
MOST_ON_A_HOST = 4
"""And so many of one server: some let an address in no oftener (Courier's MAXPERIP)."""

log = logging.getLogger("monitor.round")


class Poller:
    """Looks at mailboxes, several at a time. A slow one goes on in the background while the others are acted upon."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        source_of: Callable[[MailboxSettings], MailSource],
        stopping: Callable[[], bool] = lambda: False,
        progress: Progress = lambda _mailbox, _count: None,
        share: Share | None = None,
    ) -> None:
        self._store, self._settings, self._source_of = store, settings, source_of
        self._stopping, self._progress = stopping, progress
        self._share: Share = share or Alone()
        self._house = settings.house(store.letter_key)
        self._rules = settings.rules_fingerprint(monitor.__version__)
        self._glances = Glances(store, source_of, self._share)
        self._reading = ReadingProcess()
        # A pool for each server: the mailboxes of one that hangs do not take up the threads of the others.
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._slots = threading.Semaphore(MOST_CONNECTIONS)
        self._pausing = threading.Event()
        self._running: dict[str, Future[Sweep]] = {}
        self._ended: list[Sweep] = []

    @property
    def under_way(self) -> bool:
        """Whether any look is."""
        return bool(self._running)

    def busy(self, mailbox: MailboxSettings) -> bool:
        """Whether the last look at it is still under way."""
        return mailbox.address in self._running

    def poll(self, mailboxes: Iterable[MailboxSettings], now: datetime, patience: float | None = None) -> list[Sweep]:
        """Look at these mailboxes; the looks that have ended after at most `patience` seconds (None: all)."""
        if self._share.holds(ACTING):
            with self._share.under(ACTING):
                self._as_told()
        wanted = list(mailboxes)
        # What is said in a mail is done to what is known: the mailboxes come first, or a receipt promises what a mail
        # that lies there already has overtaken.
        self._begin_boxes([mailbox for mailbox in wanted if not is_ear(mailbox)], now)
        self._gather(patience)
        if ears := [mailbox for mailbox in wanted if is_ear(mailbox)]:
            self._begin(ears, now)
            self._gather(patience, [ear.address for ear in ears])
        ended, self._ended = self._ended, []
        return ended

    def _as_told(self) -> None:
        """What is known already follows a new config."""
        house, store = self._house, self._store
        if is_as_told(store, self._rules, house):
            return
        if changed := keep_subjects_as_told(store, house):
            words = "subjects are not kept any more; %d messages lost theirs"
            log.info(words, changed, extra=event("subjects dropped", messages=changed))
        if judged := refold_if_rules_changed(store, self._rules, house):
            words = "the rules have changed; %d conversations were judged again"
            log.info(words, judged, extra=event("rules changed", conversations=judged))

    def settle(self, patience: float, cut: Callable[[Iterable[str]], None]) -> list[Sweep]:
        """End what is under way: looks stop at their next batch; who hangs longer than `patience` is `cut`.

        That is safe at any moment, and is held against nobody: their next look goes on where they were.
        """
        self._pausing.set()
        while self._running and not self._stopping():
            try:
                self._gather(patience)
            except StoreError as error:
                log.error("%s", error, extra=event("store failed", error=error))
            cut(list(self._running))
            patience = 1.0
        self._pausing.clear()
        ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        """Wait for what is under way; what has not begun is dropped."""
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def _pool(self, host: str) -> ThreadPoolExecutor:
        if host not in self._pools:
            self._pools[host] = ThreadPoolExecutor(MOST_ON_A_HOST, thread_name_prefix="poll")
        return self._pools[host]

    def _begin_boxes(self, mailboxes: Sequence[MailboxSettings], now: datetime) -> None:
        """A look at each but those of which a glance tells that nothing is new there: they are done."""
        known = {m.address: m for m in mailboxes if self._glances.can_be_glanced_at(m, now)}
        self._begin([mailbox for mailbox in mailboxes if mailbox.address not in known], now)
        quiet = self._glances.quiet(known.values(), now)
        self._ended += quiet
        done = {each.mailbox for each in quiet}
        self._begin([mailbox for address, mailbox in known.items() if address not in done], now)

    def _begin(self, mailboxes: Iterable[MailboxSettings], now: datetime) -> None:
        for mailbox in mailboxes:
            self._running[mailbox.address] = self._pool(mailbox.host).submit(self._one, mailbox, now)

    def _gather(self, patience: float | None, of: Iterable[str] | None = None) -> None:
        """Note who has ended, of these or of all. Raises StoreError where one did so by that; the others are noted."""
        done = wait([self._running[address] for address in (self._running if of is None else of)], patience).done
        errors = []
        for address in [address for address, future in self._running.items() if future in done]:
            try:
                self._ended.append(self._running.pop(address).result())
            except StoreError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _one(self, mailbox: MailboxSettings, now: datetime) -> Sweep:
        try:
            with self._slots, self._share.under(mailbox.address):
                return self._look(mailbox, now)
        except LeaseLost as lost:
            log.info("%s", lost, extra=event("lease lost", msg=lost))
            return _interrupted(mailbox.address)

    def _is_roomy(self, host: str) -> bool:
        """Whether each look at this server's mailboxes may have a second connection, and none has to wait for it."""
        under_way = [m for m in self._settings.mailboxes if m.host == host and m.address in self._running]
        return 2 * len(under_way) <= MOST_ON_A_HOST

    def _look(self, mailbox: MailboxSettings, now: datetime) -> Sweep:
        def ending() -> bool:
            return self._stopping() or self._pausing.is_set() or not self._share.holds(mailbox.address)

        if ending():
            return _interrupted(mailbox.address)
        source = self._source_of(mailbox)
        limit = Deadline(source.abort)

        def tell(address: str, count: int) -> None:
            limit.progressed(count)
            self._progress(address, count)

        try:
            if is_ear(mailbox):
                done = listen(self._store, source, mailbox, self._settings, now, ending, tell)
            else:
                roomy = partial(self._is_roomy, mailbox.host)
                done = sweep(self._store, source, mailbox, self._house, now, ending, tell, self._reading, roomy)
        finally:
            limit.over()
        self._glances.looked(mailbox, source, done)
        return _interrupted(mailbox.address, done.taken_in) if done.fault and ending() else done


def _interrupted(address: str, taken_in: int = 0) -> Sweep:
    """A look that we ended: whatever came of that is no fault of the mailbox."""
    return Sweep(address, taken_in, SourceError("stopped", "asked to stop"))
