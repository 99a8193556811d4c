"""FLOOR 2. The quiet round: a glance at all mailboxes that are due at once, and those where nothing is new are done.

Only who was looked at to the end by this process, over a connection that is still open, is glanced at. Whatever a
glance does not prove is left to a look, which tells the fault, too.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import MailboxSettings
from monitor.core.message import Role
from monitor.inbox.folders import choose
from monitor.inbox.glance_lines import Glance, marks_only
from monitor.inbox.glances import Asking, glances
from monitor.inbox.glancing import Glancing, Missed
from monitor.inbox.source import MailSource, RemoteFolder
from monitor.jobs.hear import is_ear
from monitor.jobs.knowledge import stale_after
from monitor.jobs.logged import event
from monitor.jobs.look import Sweep
from monitor.jobs.sent import AGAIN
from monitor.jobs.share import Share
from monitor.store.mailboxes import folders_of
from monitor.store.quiet import Glanced, Noted, Unchanged, note_quiet, noted, unchanged
from monitor.store.store import Store

PAUSE = timedelta(hours=1)
"""So long who answers a glance too late, or as nobody else does, is looked at only."""

log = logging.getLogger("monitor.poll")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A mailbox as it was at its last look, over this connection. `watched`: all that is read; `wanted`: what the
    config, marks and names choose of it, and which part each plays. In no order: servers keep none."""

    source: Glancing
    folders: frozenset[RemoteFolder]
    wanted: Mapping[str, Role]
    watched: tuple[str, ...]


class Glances:
    """What is known of each mailbox for the next quiet round. Looks may end in any thread; `quiet` is for one."""

    def __init__(self, store: Store, source_of: Callable[[MailboxSettings], MailSource], share: Share) -> None:
        self._store, self._source_of, self._share = store, source_of, share
        self._seen: dict[str, _Seen] = {}
        self._not_before: dict[str, datetime] = {}

    def looked(self, mailbox: MailboxSettings, source: MailSource, sweep: Sweep) -> None:
        """A look has ended. Raises StoreError."""
        self._seen.pop(mailbox.address, None)
        if sweep.fault is not None or is_ear(mailbox) or not isinstance(source, Glancing) or not source.listed:
            return
        chosen = choose(source.listed, mailbox.inbox, mailbox.sent, mailbox.done, mailbox.watch == "all")
        wanted = {folder.name: folder.role for folder in chosen}
        watched = tuple(wanted) if "sent" in wanted.values() else self._by_share(mailbox)
        self._seen[mailbox.address] = _Seen(source, frozenset(marks_only(source.listed)), wanted, watched)

    def can_be_glanced_at(self, mailbox: MailboxSettings, now: datetime) -> bool:
        """Whether enough is known of it, and the connection it was known over is still the one to use."""
        address, source = mailbox.address, self._source_of(mailbox)
        seen: object = self._seen[address].source if address in self._seen else None
        if seen is not source or not self._share.holds(address):
            return False
        return not now < self._not_before.get(address, now) <= now + PAUSE  # the clock may have been set back

    def quiet(self, mailboxes: Iterable[MailboxSettings], now: datetime) -> list[Sweep]:
        """Glance at these: a complete look at each in which nothing is new; the others are to be looked at.

        Raises StoreError.
        """
        wanted = {mailbox.address: mailbox for mailbox in mailboxes}
        if not wanted:
            return []
        hold = self._share.hold()  # before anything is asked: what is lost and had again meanwhile is another claim
        seeking = [address for address in wanted if self._seeks_sent(address)]
        told: dict[str, Glance | Missed] = {}
        same: list[Unchanged] = []
        with glances(self._asking(mailbox) for mailbox in wanted.values()) as answers:
            known = noted(self._store, wanted, seeking)
            for address, one in answers:
                told[address] = one
                if isinstance(one, Glance):
                    same += self._unchanged(known, wanted[address], one, now)
        seen = {address: one for address, one in told.items() if isinstance(one, Glance)}
        self._not_before |= {address: now + PAUSE for address, one in told.items() if one == "odd"}
        found = note_quiet(self._store, same, now, hold)
        for address in seen.keys() - found:
            self._seen[address].source.keep_glance(seen[address])
        said = event("glanced", mailboxes=len(told), quiet=len(found))
        log.debug("%d mailboxes glanced at, %d are quiet", len(told), len(found), extra=said)
        return [Sweep(address) for address in found]

    def _asking(self, mailbox: MailboxSettings) -> Asking:
        seen = self._seen[mailbox.address]
        return Asking(mailbox.address, mailbox.host, seen.source, seen.watched)

    def _unchanged(self, known: Noted, mailbox: MailboxSettings, glance: Glance, now: datetime) -> list[Unchanged]:
        """This mailbox, where nothing is new in it."""
        address, seen = mailbox.address, self._seen[mailbox.address]
        if seen.folders != glance.there:
            return []
        seeks_since = now - AGAIN if self._seeks_sent(address) else None
        needs_sent, stale = not mailbox.replies_confirmed, stale_after(mailbox.poll_every)
        found = unchanged(known, Glanced(address, seen.wanted, glance.states, stale, seeks_since, needs_sent))
        return [found] if found else []

    def _seeks_sent(self, address: str) -> bool:
        """Whether none is known by its name or mark."""
        return "sent" not in self._seen[address].wanted.values()

    def _by_share(self, mailbox: MailboxSettings) -> tuple[str, ...]:
        """All that is watched, where the Sent folder was found by what lies in it."""
        return tuple(folder.name for folder in folders_of(self._store, mailbox.address))
