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
from monitor.jobs.blindness import tell_blind
from monitor.jobs.board import renew_board
from monitor.jobs.claims import LetterFolder, OutboxClaims
from monitor.jobs.deadline import Deadline
from monitor.jobs.deliver import Delivery, deliver, would_send
from monitor.jobs.doubles import tell_doubles
from monitor.jobs.edge import Edge
from monitor.jobs.hear import is_ear, listen
from monitor.jobs.hearers import hearers
from monitor.jobs.knowledge import know
from monitor.jobs.look import Progress, Sweep
from monitor.jobs.poll import sweep
from monitor.jobs.purge import purge_if_due
from monitor.jobs.remind import remind
from monitor.jobs.report import report_anew, report_if_due, take_back_early
from monitor.jobs.watch import tell_operator
from monitor.outbox.letters import Letters
from monitor.store.mailboxes import refold_if_rules_changed
from monitor.store.rehearsal import rehearsal
from monitor.store.store import Store, StoreError
from monitor.store.subjects import keep_subjects_as_told
from monitor.store.withdrawing import withdraw_unwanted

MOST_CONNECTIONS = 8
"""So many mailboxes are looked at at once."""
MOST_ON_A_HOST = 4
"""And so many of one server: some let an address in no oftener (Courier's MAXPERIP)."""

log = logging.getLogger("monitor.round")


@dataclass(slots=True)
class Round:
    """What one round came to."""

    sweeps: list[Sweep] = field(default_factory=list)
    letters: int = 0
    delivery: Delivery = field(default_factory=Delivery)
    broken: Sequence[str] = ()
    """What could not be done by a fault of our own, or of an own template; the log says more."""


class Connections:
    """One connection a mailbox, kept open from round to round (failures.md §3)."""

    def __init__(self) -> None:
        self._sources: dict[str, ImapSource] = {}
        self._mailboxes: dict[str, MailboxSettings] = {}
        self._lock = threading.Lock()

    def of(self, mailbox: MailboxSettings) -> MailSource:
        """The connection of a mailbox; it connects when it is first asked something."""
        with self._lock:
            source = self._sources.get(mailbox.address)
            if source is not None and source.aborted:
                source.close()
                source = None
            if source is None:
                source = self._sources[mailbox.address] = ImapSource(login_of(mailbox))
                self._mailboxes[mailbox.address] = mailbox
            return source

    def abort(self, addresses: Iterable[str] | None = None) -> None:
        """Cut those of these mailboxes, or all, also under threads that read from them."""
        for address, source in list(self._sources.items()):
            if addresses is None or address in addresses:
                source.abort()

    def keep(self, mailboxes: Iterable[MailboxSettings]) -> list[str]:
        """Log out of all but these, and of those that are to be reached in another way now; tells which these were.

        None may be in use.
        """
        wanted = {mailbox.address: _way(mailbox) for mailbox in mailboxes}
        old = [address for address, mailbox in self._mailboxes.items() if wanted.get(address) != _way(mailbox)]
        for address in old:
            self._let_go(address)
        return old

    def make_room(self, host: str, in_use: Callable[[MailboxSettings], bool]) -> None:
        """Log out of what is not in use on a server that says that too many connections are open."""
        for address, mailbox in list(self._mailboxes.items()):
            if mailbox.host == host and not in_use(mailbox):
                self._let_go(address)

    def close(self) -> None:
        """Log out of all of them."""
        for address in list(self._sources):
            self._let_go(address)

    def _let_go(self, address: str) -> None:
        with self._lock:
            source = self._sources.pop(address)
            del self._mailboxes[address]
        source.close()


def _way(mailbox: MailboxSettings) -> tuple[object, ...]:
    """What decides how a mailbox is reached. Two readers of one secret differ, what they read from is the same."""
    secret = getattr(mailbox.password, "__self__", mailbox.password)
    return mailbox.host, mailbox.port, mailbox.security, mailbox.ca_file, mailbox.username, secret


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
        house, store = self._house, self._store
        if changed := keep_subjects_as_told(store, house):
            log.info("subjects are not kept any more; %d messages lost theirs", changed)
        if judged := refold_if_rules_changed(store, self._settings.rules_fingerprint(monitor.__version__), house):
            log.info("the rules have changed; %d conversations were judged again", judged)
        for mailbox in mailboxes:
            self._running[mailbox.address] = self._pool(mailbox.host).submit(self._one, mailbox, now)
        self._gather(patience)
        ended, self._ended = self._ended, []
        return ended

    def settle(self, patience: float, cut: Callable[[Iterable[str]], None]) -> list[Sweep]:
        """End what is under way: looks stop at their next batch; who hangs longer than `patience` is `cut`.

        That is safe at any moment, and is held against nobody: their next look goes on where they were.
        """
        self._pausing.set()
        while self._running and not self._stopping():
            try:
                self._gather(patience)
            except StoreError as error:
                log.error("%s", error)
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

    def _gather(self, patience: float | None) -> None:
        """Note who has ended. Raises StoreError where one did so by that; the others are still noted."""
        done = wait(self._running.values(), patience).done
        errors = []
        for address in [address for address, future in self._running.items() if future in done]:
            try:
                self._ended.append(self._running.pop(address).result())
            except StoreError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _one(self, mailbox: MailboxSettings, now: datetime) -> Sweep:
        with self._slots:
            if self._ending():
                return _interrupted(mailbox.address)
            source = self._source_of(mailbox)
            limit = Deadline(source.abort)

            def tell(address: str, count: int) -> None:
                limit.progressed(count)
                self._progress(address, count)

            try:
                if is_ear(mailbox):
                    done = listen(self._store, source, mailbox, self._settings, now, self._ending, tell)
                else:
                    done = sweep(self._store, source, mailbox, self._house, now, self._ending, tell)
            finally:
                limit.over()
            return _interrupted(mailbox.address, done.taken_in) if done.fault and self._ending() else done

    def _ending(self) -> bool:
        return self._stopping() or self._pausing.is_set()


def _interrupted(address: str, taken_in: int = 0) -> Sweep:
    """A look that we ended: whatever came of that is no fault of the mailbox."""
    return Sweep(address, taken_in, SourceError("stopped", "asked to stop"))


def act(
    store: Store,
    settings: Settings,
    letters: Letters,
    now: datetime,
    dry: LetterFolder | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Round:
    """What follows from what is known: reminders, report, notices, and the outbox emptied.

    In a dry run all is done but the sending: what lies in the outbox then is written to the folder `dry`, and the store
    is left as it was.
    """
    if dry is None:
        return _act(store, settings, letters, now, None, stopping)
    with rehearsal(store) as stage:
        return _act(stage, settings, letters, now, dry, stopping)


def _act(
    store: Store,
    settings: Settings,
    letters: Letters,
    now: datetime,
    dry: LetterFolder | None,
    stopping: Callable[[], bool],
) -> Round:
    withdraw_unwanted(store, settings.recipients, settings.desks.keys(), now)
    take_back_early(store, settings, now)
    knowledge = know(store, settings, now)
    claims = OutboxClaims(store)
    done, edge = Round(), Edge()
    with edge.around("reminding"):
        done.letters += remind(store, settings, letters, knowledge, claims, now, edge)
    with edge.around("the letters of what cannot be seen"):
        done.letters += tell_blind(store, settings, letters, knowledge, claims, now)
    with edge.around("the letters of double answers"):
        done.letters += tell_doubles(store, settings, letters, knowledge, claims, now)
    with edge.around("the report"):
        done.letters += report_if_due(store, settings, letters, knowledge, claims, now) is not None
        done.letters += report_anew(store, settings, letters, knowledge, claims, now)
    with edge.around("the letter to the operator"):
        done.letters += tell_operator(store, settings, letters, knowledge, claims, now)
    if dry is None:
        with edge.around("sending"):
            reached = hearers(store, settings, now)
            done.delivery = deliver(store, settings.smtp, knowledge, now, stopping, reached.is_open)
        with edge.around("the purge"):
            purge_if_due(store, settings, now)
        with edge.around("the board"):
            renew_board(store, settings, letters, knowledge, now)
    else:
        dry.take(would_send(store, knowledge, now, hearers(store, settings, now).is_open))
    done.broken = edge.broken
    return done


def faults(sweeps: Sequence[Sweep]) -> list[Sweep]:
    """The looks that were not complete."""
    return [s for s in sweeps if s.fault is not None]
