"""FLOOR 2. One full round: poll every mailbox, then remind, report, deliver. Each part may be repeated any time."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

import monitor
from monitor.config import MailboxSettings, SecretError, Settings
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import MailSource, SourceError
from monitor.jobs.claims import Claims, OutboxClaims
from monitor.jobs.deliver import Delivery, deliver
from monitor.jobs.knowledge import know
from monitor.jobs.poll import Progress, Sweep, sweep
from monitor.jobs.remind import remind
from monitor.jobs.report import report_if_due
from monitor.jobs.watch import tell_operator
from monitor.outbox.letters import Letters
from monitor.store.mailboxes import refold_if_rules_changed
from monitor.store.store import Store

MOST_CONNECTIONS = 8
STALL_SECONDS = 600.0
"""A sweep that takes in nothing for so long, and does not end either, is given up until the next poll."""

log = logging.getLogger("monitor.round")


@dataclass(slots=True)
class Round:
    """What one round came to."""

    sweeps: list[Sweep] = field(default_factory=list)
    letters: int = 0
    delivery: Delivery = field(default_factory=Delivery)


class Connections:
    """One connection a mailbox, kept open from round to round (failures.md §3)."""

    def __init__(self) -> None:
        self._sources: dict[str, ImapSource] = {}
        self._lock = threading.Lock()

    def of(self, mailbox: MailboxSettings) -> MailSource:
        """The connection of a mailbox; it connects when it is first asked something."""
        with self._lock:
            source = self._sources.get(mailbox.address)
            if source is None or source.aborted:
                source = self._sources[mailbox.address] = ImapSource(login_of(mailbox))
            return source

    def abort(self) -> None:
        """Cut all of them, also under threads that read from them."""
        for source in list(self._sources.values()):
            source.abort()

    def close(self) -> None:
        """Log out of all of them."""
        for source in self._sources.values():
            source.close()


def login_of(mailbox: MailboxSettings) -> Login:
    """How to reach a mailbox."""

    def password() -> str:
        try:
            return mailbox.password()
        except SecretError as error:
            raise SourceError("secret", str(error)) from None

    return Login(mailbox.host, mailbox.port, mailbox.security, mailbox.username, password, mailbox.ca_file)


class Poller:
    """Looks at mailboxes, several at a time. A slow one goes on in the background while the others are acted upon."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        source_of: Callable[[MailboxSettings], MailSource],
        stopping: Callable[[], bool] = lambda: False,
        progress: Progress = lambda _mailbox, _count: None,
    ) -> None:
        self._store, self._settings, self._source_of = store, settings, source_of
        self._stopping, self._progress = stopping, progress
        self._house = settings.house(store.letter_key)
        self._pool = ThreadPoolExecutor(max_workers=MOST_CONNECTIONS, thread_name_prefix="poll")
        self._running: dict[str, Future[Sweep]] = {}

    def busy(self, mailbox: MailboxSettings) -> bool:
        """Whether the last look at it is still under way."""
        return mailbox.address in self._running

    def poll(self, mailboxes: Iterable[MailboxSettings], now: datetime, patience: float | None = None) -> list[Sweep]:
        """Look at these mailboxes; the looks that have ended after at most `patience` seconds (None: all)."""
        house, store = self._house, self._store
        if judged := refold_if_rules_changed(store, self._settings.rules_fingerprint(monitor.__version__), house):
            log.info("the rules have changed; %d conversations were judged again", judged)
        for mailbox in mailboxes:
            self._running[mailbox.address] = self._pool.submit(self._one, mailbox, now)
        ended = wait(self._running.values(), patience).done
        addresses = [address for address, future in self._running.items() if future in ended]
        return [future.result() for future in [self._running.pop(address) for address in addresses]]

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown()

    def _one(self, mailbox: MailboxSettings, now: datetime) -> Sweep:
        source = self._source_of(mailbox)
        stall = _Stall(source.abort)

        def tell(address: str, count: int) -> None:
            stall.progressed()
            self._progress(address, count)

        try:
            return sweep(self._store, source, mailbox, self._house, now, self._stopping, tell)
        finally:
            stall.over()


class _Stall:
    """Cuts a sweep that makes no progress: a server that drips a byte a minute never runs into the read timeout."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._timer = self._started()

    def progressed(self) -> None:
        self.over()
        self._timer = self._started()

    def over(self) -> None:
        self._timer.cancel()

    def _started(self) -> threading.Timer:
        timer = threading.Timer(STALL_SECONDS, self._cut)
        timer.daemon = True
        timer.start()
        return timer


def act(store: Store, settings: Settings, letters: Letters, now: datetime, dry: Claims | None = None) -> Round:
    """What follows from what is known: reminders, report, notices, and the outbox emptied (not so in a dry run)."""
    knowledge = know(store, settings, now)
    claims = dry or OutboxClaims(store)
    done = Round()
    done.letters += remind(store, settings, letters, knowledge, claims, now)
    done.letters += report_if_due(store, settings, letters, knowledge, claims, now) is not None
    done.letters += tell_operator(store, settings, letters, knowledge, claims, now)
    if dry is None:
        done.delivery = deliver(store, settings.smtp, knowledge, now)
    return done


def faults(sweeps: Sequence[Sweep]) -> list[Sweep]:
    """The looks that were not complete."""
    return [s for s in sweeps if s.fault is not None]
