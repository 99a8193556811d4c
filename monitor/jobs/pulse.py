"""FLOOR 2. What others see of a daemon that lives: after each round its counts, the metrics file, and the ping."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from monitor.config import Settings
from monitor.jobs.health import health
from monitor.jobs.logged import event
from monitor.jobs.look import Sweep
from monitor.jobs.metrics import LastRound, metrics, note, without_store, write_metrics
from monitor.jobs.ping import Ping
from monitor.jobs.round import Round, faults
from monitor.store.store import Store

log = logging.getLogger("monitor.pulse")


class Pulse:
    """Of one daemon, or of one round alone (`once`), which says less. `seconds` is its monotonic clock."""

    def __init__(self, store: Store, seconds: Callable[[], float], once: bool = False) -> None:
        self._store, self._seconds, self._ping = store, seconds, Ping(seconds)
        self._once = once
        self._unwritten: str | None = None
        self._last: LastRound | None = None
        self._file: Path | None = None
        self._is_down = False
        self._told: tuple[Settings, float, int] | None = None
        """With which settings, when, and with how many failed looks a round was told last."""

    def beat(self, settings: Settings, sweeps: Sequence[Sweep], done: Round, began: float, now: datetime) -> None:
        """After each round, which began at these seconds: what its looks and its acting came to.

        A ping says that all is well: no news is what raises the alarm elsewhere. Raises StoreError.
        """
        note(self._store, sweeps, done)
        took, sent, failed = timedelta(seconds=self._seconds() - began), done.delivery.sent, len(faults(sweeps))
        if sweeps or sent:
            level = logging.INFO if self._is_news(settings, sweeps, failed, sent, began) else logging.DEBUG
            figures = event("round", mailboxes=len(sweeps), failed=failed, letters=sent, took=took)
            words = "round of %d mailboxes, %d failed, %d letters sent"
            log.log(level, words, len(sweeps), failed, sent, extra=figures)
        wanted = settings.health
        self._last, self._is_down = LastRound(now, took, len(done.broken)), False
        if wanted.metrics != self._file:
            self._take_away()
        if wanted.metrics is None and wanted.ping is None:
            return
        found = health(self._store, settings, now)
        last = self._last
        self._put(wanted.metrics, lambda: metrics(self._store, settings, found, last.ended, last))
        if wanted.ping is not None and found.healthy and not done.broken:
            self._ping.send(wanted.ping)

    def failed(self, settings: Settings) -> None:
        """The store cannot be used: what the file says must not look healthy for longer. Told once a spell."""
        if not self._is_down:
            self._is_down, self._told = True, None
            self._put(settings.health.metrics, lambda: without_store(self._last))

    def close(self) -> None:
        """Wait for what is under way, for a while."""
        self._ping.close()

    def _is_news(self, settings: Settings, sweeps: Sequence[Sweep], failed: int, sent: int, began: float) -> bool:
        """Rounds in which nothing came and nothing changed are told once in the time between two looks: where
        mailboxes fall due one by one there may be a round every few seconds."""
        if self._once:
            return False
        news = failed or sent or any(each.taken_in for each in sweeps) or self._told is None
        often = min(mailbox.poll_every.total_seconds() for mailbox in settings.mailboxes)
        if self._told is not None and not news:
            before, at, failed_then = self._told
            news = before is not settings or failed_then > 0 or began - at >= often
        if news:
            self._told = settings, began, failed
        return bool(news)

    def _put(self, file: Path | None, text: Callable[[], str]) -> None:
        if file is None:
            return
        try:
            write_metrics(file, text())
        except OSError as error:
            self._not_written(f"{file} cannot be written: {error.strerror}")
        else:
            self._file, self._unwritten = file, None

    def _take_away(self) -> None:
        """What a config before named: two files with the same figures are an error to the node exporter."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.unlink()

    def _not_written(self, fault: str) -> None:
        """Told when it begins, not with each round."""
        if self._unwritten is None:
            log.error("[health] metrics: %s", fault, extra=event("metrics unwritten", error=fault))
        self._unwritten = fault
