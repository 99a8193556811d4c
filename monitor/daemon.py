"""ROOF. The daemon: `schedule` is a heartbeat and only says "tick"; the store decides what must happen (law 3)."""

import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

import schedule

from monitor.config import MailboxSettings, Settings
from monitor.jobs.claims import Claims
from monitor.jobs.poll import Progress
from monitor.jobs.round import Connections, Poller, Round, act, faults
from monitor.outbox.letters import Letters
from monitor.store.store import Store, StoreError

TICK_SECONDS = 5
PATIENCE_SECONDS = 30.0
"""So long a round waits for slow mailboxes before it acts on what the others showed."""
LAST_MOMENT_SECONDS = 8.0
"""After SIGTERM everything in flight has this long. Then the process just ends: at any point that is safe (law 4)."""

Clock = Callable[[], datetime]

log = logging.getLogger("monitor.daemon")


def settle_memory() -> None:
    """What was imported stays for good: the collector need not walk it with every batch of mails (12 % of a look)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def wall_clock() -> datetime:
    """The moment it is, in UTC."""
    return datetime.now(UTC)


def one_round(
    store: Store, settings: Settings, clock: Clock, dry: Claims | None = None, progress: Progress = lambda _m, _c: None
) -> Round:
    """`run --once`: look at every mailbox, then act on it."""
    connections = Connections()
    poller = Poller(store, settings, connections.of, progress=progress)
    try:
        sweeps = poller.poll(settings.mailboxes, clock())
    finally:
        poller.close()
        connections.close()
    done = act(store, settings, Letters(settings.templates_dir), clock(), dry)
    done.sweeps = sweeps
    return done


class Daemon:
    """Runs until SIGTERM or SIGINT. A round that fails is logged and tried again at the next tick."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, progress: Progress) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._letters = Letters(settings.templates_dir)
        self._connections = Connections()
        self._stop = threading.Event()
        self._poller = Poller(store, settings, self._connections.of, self._stop.is_set, progress)
        # Intervals are on the monotonic clock: a wall clock set back three hours delays nothing.
        self._looked: dict[str, float] = {}

    def run(self) -> None:
        """Tick until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        scheduler = schedule.Scheduler()
        scheduler.every(TICK_SECONDS).seconds.do(self._tick)
        self._tick()
        while not self._stop.wait(1.0):
            scheduler.run_pending()
        self._poller.close()
        self._connections.close()
        log.info("stopped")

    def _tick(self) -> None:
        due = [m for m in self._settings.mailboxes if self._is_due(m)]
        slow = any(self._poller.busy(m) for m in self._settings.mailboxes)
        if self._stop.is_set() or not (due or slow):
            return
        for mailbox in due:
            self._looked[mailbox.address] = time.monotonic()
        try:
            sweeps = self._poller.poll(due, self._clock(), PATIENCE_SECONDS)
            if not sweeps or self._stop.is_set():
                return
            done = act(self._store, self._settings, self._letters, self._clock())
        except StoreError as error:
            # State cannot be recorded, so nothing may be sent; the cursor has not moved (failures.md §6).
            log.error("%s", error)
        except Exception:
            # The edge of a job: one broken round must not end the daemon.
            log.exception("the round failed; tried again at the next poll")
        else:
            failed, sent = len(faults(sweeps)), done.delivery.sent
            log.info("round of %d mailboxes, %d failed, %d letters sent", len(sweeps), failed, sent)

    def _is_due(self, mailbox: MailboxSettings) -> bool:
        last = self._looked.get(mailbox.address)
        if self._poller.busy(mailbox):
            return False
        return last is None or time.monotonic() - last >= mailbox.poll_every.total_seconds()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stop.is_set():
            self._stop.set()
            timer = threading.Timer(LAST_MOMENT_SECONDS, os._exit, (0,))
            timer.daemon = True
            timer.start()
            threading.Thread(target=self._connections.abort, daemon=True).start()
