"""FLOOR 2. This daemon's part of the work, where several daemons share one PostgreSQL; all of it where none do.

A small thread renews what is held, also during a look of an hour and behind a slow database. Where it cannot, this
daemon goes by its own monotonic clock, which began before the database's: it ends its looks before others begin them.
"""

import hashlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta

import monitor
from monitor.config import Settings
from monitor.core.sharing import Move, move
from monitor.jobs.hear import places
from monitor.jobs.logged import event
from monitor.jobs.share import Alone, Change, Share
from monitor.store.leases import (
    ACTING,
    Fenced,
    Hold,
    Lease,
    LeaseLost,
    Member,
    Standing,
    claim,
    join,
    leave,
    release,
    renew,
    standing,
    standing_in,
    sweep,
)
from monitor.store.lock import AlreadyRunning, only_daemon
from monitor.store.store import Store, StoreError

SHORTEST, LONGEST = timedelta(seconds=15), timedelta(seconds=60)
"""Of a lease. It lasts for half of the time between two looks, so that the next but one is another daemon's."""
BEATS = 5
"""So often a lease is renewed while it lasts: nobody notices when the database is away for less than four of them."""
LAST_SECONDS = 2.0
"""So long the end waits for who renews."""
_GOES_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The clock that a machine's sleep does not stop (clock_gettime(2)): leases run out meanwhile."""

log = logging.getLogger("monitor.sharing")


def awake_and_asleep() -> float:
    """Seconds of the one clock that neither a sleep of the machine nor who sets its time can hold up."""
    return time.clock_gettime(_GOES_ON)


class Shared:
    """One of several daemons, by leases. `lost` is told at once what may be read no longer, by whoever notices.

    Only the thread that takes changes what is held; the one that renews knows only how long it lasts.
    """

    def __init__(
        self, store: Store, lasting: bool = True, looks: bool = True, seconds: Callable[[], float] = awake_and_asleep
    ) -> None:
        self._store, self._lasting, self._looks, self._seconds = store, lasting, looks, seconds
        self.lost: Callable[[Collection[str]], None] = lambda _places: None
        self.company = self.led = False
        self._me, self._config, self._length = "", "", LONGEST
        self._leases: Mapping[str, Lease] = {}
        self._ends = 0.0
        self._back_at: float | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def holds(self, place: str) -> bool:
        """Whether its lease is this daemon's, and has not run out by our clock."""
        return place in self._leases and self._lasts()

    def under(self, place: str) -> AbstractContextManager[None]:
        """The lease as it is now, not one of a later claim."""
        lease = self._leases.get(place)
        if lease is None:
            raise LeaseLost(f"{place}: another daemon has it now")
        return self._store.fenced(Fenced(lease, self._lasts))

    def hold(self) -> Hold:
        """The leases as they are now, not those of later claims."""
        return Hold(dict(self._leases))

    def take(self, settings: Settings, busy: Collection[str] = ()) -> Change:
        """One question where nothing is to be done, one writing transaction where something is."""
        wanted = [place.address for place in places(settings)] if self._looks else []
        self._configure(settings, wanted)
        before = set(self._leases)
        if not self._lasts():
            self._begin_again()
        self._settle(wanted, busy)
        mine = set(self._leases)
        self.led = ACTING in mine
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)
            self._thread.start()
        change = Change(sorted(mine - before), sorted(before - mine))
        if change.gained or change.gone:
            counts = len(change.gained), len(change.gone), len(mine)
            told = event("leases", gained=counts[0], gone=counts[1], held=counts[2])
            log.info("%d more, %d fewer are ours now; we hold %d", *counts, extra=told)
        return change

    def close(self) -> None:
        """Free at once for others; where the database cannot be told, when the lease has run out."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)
        me, self._me, self._leases = self._me, "", {}
        if me:
            with suppress(StoreError):
                leave(self._store, me)

    def _lasts(self) -> bool:
        return self._seconds() < self._ends

    def _configure(self, settings: Settings, wanted: Sequence[str]) -> None:
        often = min(mailbox.poll_every for mailbox in settings.mailboxes)
        self._length = min(max(often / 2, SHORTEST), LONGEST)
        rules = f"{settings.rules_fingerprint(monitor.__version__)} {sorted(wanted)}"
        self._config = hashlib.sha256(rules.encode()).hexdigest()

    def _begin_again(self) -> None:
        """Go on where nobody took over; else as a new daemon, and what was begun before writes nothing."""
        if self._me and self._renewed():
            return
        began, self._leases = self._seconds(), {}
        me = join(self._store, socket.gethostname(), os.getpid(), self._lasting, self._config, self._length)
        with self._lock:
            self._me, self._ends = me, began + self._length.total_seconds()

    def _renewed(self) -> bool:
        """Whether we are still known. Raises StoreError where that cannot be asked."""
        me, began = self._me, self._seconds()
        known = renew(self._store, me, self._config, self._length)
        with self._lock:
            if me != self._me:
                return True  # we have become another one meanwhile
            if known and began >= self._ends:
                self._back_at = began
            self._ends = began + self._length.total_seconds() if known else 0.0
        return known

    def _settle(self, wanted: Sequence[str], busy: Collection[str]) -> None:
        now = standing(self._store)
        self.company = any(one.alive and one.lasting and one.id != self._me for one in now.members.values())
        gone = [place for place in self._leases if place != ACTING and place not in wanted]
        if leaving := [*self._move(now, wanted, busy).release, *gone]:
            self._leases = {place: lease for place, lease in self._leases.items() if place not in leaving}
            release(self._store, self._me, leaving)
        ended = [one.id for one in now.members.values() if one.id != self._me and _has_ended_here(one)]
        dead = ended or (not self._is_back() and any(not one.alive for one in now.members.values()))
        if dead or self._wanted(now, wanted, busy):
            with self._store.writing() as connection:
                if dead:
                    sweep(connection, self._me, ended)
                # Read again: nobody else can claim or sweep until this is written.
                found = claim(connection, self._me, self._wanted(standing_in(connection), wanted, busy))
            self._leases = {**self._leases, **{lease.place: lease for lease in found}}

    def _wanted(self, now: Standing, wanted: Sequence[str], busy: Collection[str]) -> list[str]:
        acting = [] if ACTING in now.held else [ACTING]
        return [*acting, *self._move(now, wanted, busy).claim]

    def _move(self, now: Standing, wanted: Sequence[str], busy: Collection[str]) -> Move:
        # Who reads other mailboxes, or by other rules, is nobody to share with evenly: each takes what is free.
        alike = {one.id for one in now.members.values() if one.alive and one.lasting and one.config == self._config}
        return move(self._me, wanted, now.held, alike, busy)

    def _is_back(self) -> bool:
        """After the database was away all leases have run out: who is back first must not take all of the others'."""
        return self._back_at is not None and self._seconds() - self._back_at < self._length.total_seconds()

    def _keep(self) -> None:
        """Renew till the end. That it has run out, or was taken over, is told once."""
        told = False
        while not self._over.wait(self._length.total_seconds() / BEATS):
            try:
                self._renewed()
            except StoreError as error:
                log.warning("our leases could not be renewed: %s", error, extra=event("leases unrenewed", error=error))
            lasts = self._lasts()
            if not lasts and not told and not self._over.is_set():
                words = "our leases have run out: what we read is left to other daemons"
                log.warning(words, extra=event("leases lost"))
                self.lost([place for place in self._leases if place != ACTING])
            told = not lasts


def _has_ended_here(one: Member) -> bool:
    """Whether a `run --once` of this host was killed: the next one need not wait until its lease has run out.

    Where two containers bear one name this may be wrong, and what it then still writes is refused. So it is not asked
    of daemons, which would go on to take from each other.
    """
    if one.lasting or one.host != socket.gethostname():
        return False
    with suppress(PermissionError):  # it lives, as another user's
        try:
            os.kill(one.pid, 0)
        except ProcessLookupError:
            return True
    return False


@contextmanager
def share_of(store: Store, lasting: bool = False, looks: bool = True) -> Iterator[Share]:
    """This daemon's part, given back in the end. `lasting`: it goes on until it is stopped. Not `looks`: it only acts.

    Raises AlreadyRunning where the store is for one daemon, and has it.
    """
    if store.is_sqlite:
        with only_daemon(store):
            yield Alone()
        return
    share = Shared(store, lasting, looks)
    try:
        yield share
    finally:
        share.close()


@contextmanager
def all_of_it(store: Store, settings: Settings) -> Iterator[None]:
    """Nobody else works on the store meanwhile: all that this thread writes within is written only while that is so.

    Who starts meanwhile finds nothing free. Raises AlreadyRunning.
    """
    with share_of(store) as share:
        share.take(settings)
        now = standing(store)
        if others := {now.holder(place) for place in now.held if not share.holds(place)}:
            who = ", ".join(sorted(f"{one.host} (pid {one.pid})" for one in others if one))
            hint = "stop them first, and wait a minute for one that was killed"
            raise AlreadyRunning(f"other daemons work on this store: {who}; {hint}")
        with share.under(ACTING):
            yield
