"""FLOOR 2. One full round: poll every mailbox, then remind, report, deliver. Each part may be repeated any time."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
            return self._sources.setdefault(mailbox.address, ImapSource(login_of(mailbox)))

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


def poll(
    store: Store,
    settings: Settings,
    mailboxes: Iterable[MailboxSettings],
    source_of: Callable[[MailboxSettings], MailSource],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    progress: Progress = lambda _mailbox, _count: None,
) -> list[Sweep]:
    """Look at these mailboxes, several at a time; one broken mailbox never stops another."""
    house = settings.house(store.letter_key)
    if judged := refold_if_rules_changed(store, settings.rules_fingerprint(monitor.__version__), house):
        log.info("the rules have changed; %d conversations were judged again", judged)

    def one(mailbox: MailboxSettings) -> Sweep:
        return sweep(store, source_of(mailbox), mailbox, house, now, stopping, progress)

    with ThreadPoolExecutor(max_workers=MOST_CONNECTIONS, thread_name_prefix="poll") as pool:
        return list(pool.map(one, mailboxes))


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
