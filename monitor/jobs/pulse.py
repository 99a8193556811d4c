"""FLOOR 2. What others see of a daemon that lives: after each round its counts, the metrics file, and the ping."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.jobs.health import health
from monitor.jobs.logged import event
from monitor.jobs.look import Sweep
from monitor.jobs.metrics import LastRound, note, write_metrics
from monitor.jobs.ping import Ping
from monitor.jobs.round import Round, faults
from monitor.store.store import Store

log = logging.getLogger("monitor.pulse")


class Pulse:
    """Of one daemon, or of one round alone (`once`), which says less. `seconds` is its monotonic clock."""

    def __init__(self, store: Store, seconds: Callable[[], float], once: bool = False) -> None:
        self._store, self._seconds, self._ping = store, seconds, Ping(seconds)
        self._level = logging.DEBUG if once else logging.INFO
        self._unwritten: str | None = None

    def beat(self, settings: Settings, sweeps: Sequence[Sweep], done: Round, began: float, now: datetime) -> None:
        """After each round, which began at these seconds: what its looks and its acting came to.

        A ping says that all is well: no news is what raises the alarm elsewhere. Raises StoreError.
        """
        note(self._store, sweeps, done)
        took, sent, failed = timedelta(seconds=self._seconds() - began), done.delivery.sent, len(faults(sweeps))
        if sweeps or sent:
            figures = event("round", mailboxes=len(sweeps), failed=failed, letters=sent, took=took)
            words = "round of %d mailboxes, %d failed, %d letters sent"
            log.log(self._level, words, len(sweeps), failed, sent, extra=figures)
        wanted = settings.health
        if wanted.metrics is None and wanted.ping is None:
            return
        found = health(self._store, settings, now)
        try:
            write_metrics(self._store, settings, found, LastRound(now, took, len(done.broken)))
        except OSError as error:
            self._not_written(f"{wanted.metrics} cannot be written: {error.strerror}")
        else:
            self._unwritten = None
        if wanted.ping is not None and found.healthy and not done.broken:
            self._ping.send(wanted.ping)

    def close(self) -> None:
        """Wait for what is under way, for a while."""
        self._ping.close()

    def _not_written(self, fault: str) -> None:
        """Told when it begins, not with each round."""
        if self._unwritten is None:
            log.error("[health] metrics: %s", fault, extra=event("metrics unwritten", error=fault))
        self._unwritten = fault
