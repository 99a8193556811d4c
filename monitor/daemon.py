"""ROOF. The daemon: `schedule` is a heartbeat and only says "tick"; the store decides what must happen (law 3)."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from random import SystemRandom

import schedule

from monitor.config import ConfigError, MailboxSettings, Settings, load
from monitor.inbox.faults import is_crowded
from monitor.jobs.agenda import Agenda
from monitor.jobs.alarm import StoreAlarm
from monitor.jobs.claims import LetterFolder
from monitor.jobs.connections import Connections
from monitor.jobs.hear import places
from monitor.jobs.logged import event
from monitor.jobs.logging_in import Keyring
from monitor.jobs.look import Progress, Sweep
from monitor.jobs.poller import Poller
from monitor.jobs.pulse import Pulse
from monitor.jobs.round import Round, act
from monitor.jobs.standing import standing
from monitor.notify import listens, notify, reloading, status
from monitor.outbox.letters import Letters
from monitor.store.lock import AlreadyRunning
from monitor.store.store import Store, StoreError

TICK_SECONDS = 5
PATIENCE_SECONDS = 30.0
"""So long a round waits for slow mailboxes before it acts on what the others showed."""
ACT_SECONDS = 300
"""So often what follows from what is known is looked at, whether a look has ended or not."""
RELOAD_SECONDS = 30.0
"""So long a new config waits for the looks under way, before their connections are cut."""
JUMP_SECONDS = 600.0
"""The wall clock may go so far off between two ticks before that counts as downtime."""
ALIVE = "WATCHDOG=1"
LAST_MOMENT_SECONDS = 8.0
"""After SIGTERM everything in flight has this long. Then the process just ends: at any point that is safe (law 4)."""

_DICE = SystemRandom()

Clock = Callable[[], datetime]

log = logging.getLogger("monitor.daemon")


def one_round(
    store: Store,
    settings: Settings,
    clock: Clock,
    dry: LetterFolder | None = None,
    progress: Progress = lambda _m, _c: None,
) -> Round:
    """`run --once`: look at every mailbox, then act on it; in a dry run what the looks showed is all that is kept."""
    keyring, began = Keyring(settings, clock), time.monotonic()
    connections = Connections(keyring)
    poller = Poller(store, settings, connections.of, progress=progress)
    try:
        # What is said in a mail is done, and confirmed: a dry run leaves it for the next one.
        sweeps = poller.poll(settings.mailboxes if dry else places(settings), clock())
    finally:
        poller.close()
        connections.close()
    done = act(store, settings, _letters(settings), clock(), dry, keyring=keyring)
    done.sweeps = sweeps
    if dry is None:
        pulse = Pulse(store, time.monotonic, once=True)
        pulse.beat(settings, sweeps, done, began, clock())
        pulse.close()
    return done


def _letters(settings: Settings) -> Letters:
    letters = Letters(settings.templates_dir)
    for fault in letters.faults:
        log.error("templates_dir: %s", fault, extra=event("template refused", error=fault))
    return letters


class Daemon:
    """Runs until SIGTERM or SIGINT. A round that fails is logged and tried again at the next tick.

    `reload_asked`: set by SIGHUP. `monotonic` and `chance` (in [0, 1)) are the clock of all intervals and the dice.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        progress: Progress,
        reload_asked: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = _DICE.random,
    ) -> None:
        self._store, self._settings, self._clock, self._progress = store, settings, clock, progress
        self._monotonic, self._reload_asked = monotonic, reload_asked
        self._letters = _letters(settings)
        self._keyring = Keyring(settings, clock)
        self._connections = Connections(self._keyring)
        self._stop = threading.Event()
        self._poller = self._new_poller(settings)
        self._agenda = Agenda(chance)
        self._alarm = StoreAlarm(store, settings, self._letters, self._keyring)
        self._acted: float | None = None
        self._pulse = Pulse(store, monotonic)
        self._clocks = clock(), monotonic()

    def run(self) -> None:
        """Tick until told to stop."""
        with self._hearing():
            try:
                self._beat()
            except AlreadyRunning:
                # Our lock went with the database's connection, and somebody else has it now: two must not work.
                self._stop.set()
                self._connections.abort()
                raise
            finally:
                self.close()
        log.info("stopped", extra=event("stopped"))

    def _beat(self) -> None:
        scheduler = self._heartbeat()
        notify("READY=1")
        self.tick()
        while not self._stop.wait(1.0):
            if self._reload_asked.is_set():
                self.tick()
            scheduler.run_pending()
            if (scheduler.idle_seconds or 0) > TICK_SECONDS:
                # It goes by the local wall clock: in autumn, or set back by hand, it would be silent for hours.
                scheduler = self._heartbeat()

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Signals are heard in a thread of their own.

        A handler runs in the main thread, which may be deep in the database for half a minute, waiting for another
        one's lock, or hold the very lock of `_stop` that the handler then wants.
        """
        here, there = socket.socketpair()
        there.setblocking(False)
        before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: None)
        thread = threading.Thread(target=self._hear, args=(here,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            there.close()
            thread.join()
            here.close()

    def _hear(self, line: socket.socket) -> None:
        while numbers := line.recv(64):
            if signal.SIGHUP in numbers:
                self._reload_asked.set()
            if signal.SIGTERM in numbers or signal.SIGINT in numbers:
                self._asked_to_stop()

    def close(self) -> None:
        """Let everything go."""
        self._poller.close()
        self._connections.close()

    def _heartbeat(self) -> schedule.Scheduler:
        scheduler = schedule.Scheduler()
        scheduler.every(TICK_SECONDS).seconds.do(self.tick)
        return scheduler

    def tick(self) -> None:
        """One beat: the config if asked for, a look at what is due, and what follows from that."""
        try:
            self._look_around()
        except AlreadyRunning:
            raise
        except Exception:
            # The edge of a beat: neither a config that cannot be read nor a template of the alarm ends the daemon.
            log.exception("the beat failed; the next one tries again", extra=event("beat failed"))

    def _look_around(self) -> None:
        if self._reload_asked.is_set() and not self._stop.is_set():
            self._reload()
        self._look_at_the_clocks()
        now = self._monotonic()
        due = [m for m in places(self._settings) if not self._poller.busy(m) and self._agenda.is_due(m, now)]
        if self._stop.is_set():
            return
        ended = self._round(due, now) if due or self._poller.under_way or self._must_act(now) else []
        if ended or not self._poller.under_way:
            notify(ALIVE)  # a look that hangs is no progress, and neither is a beat that only waited for it

    def _round(self, due: Sequence[MailboxSettings], now: float) -> list[Sweep]:
        for mailbox in due:
            self._agenda.began(mailbox, now)
        sweeps: list[Sweep] = []
        try:
            self._store.keep()
            sweeps = self._poller.poll(due, self._clock(), PATIENCE_SECONDS)
            self._ended(sweeps)
            if self._stop.is_set() or not (sweeps or self._must_act(now)):
                return sweeps
            self._acted = now
            told = self._clock(), None, self._stop.is_set, self._keyring
            done = act(self._store, self._settings, self._letters, *told)
            self._pulse.beat(self._settings, sweeps, done, now, self._clock())
            if listens():
                status(standing(self._store, self._settings, self._clock()))
        except AlreadyRunning:
            raise
        except StoreError as error:
            # State cannot be recorded, so nothing may be sent; the cursor has not moved (failures.md §6).
            log.error("%s", error, extra=event("store failed", error=error))
            status(f"nothing is sent: {error}")
            self._alarm.failed(str(error), self._monotonic(), self._clock())
        except Exception:
            # The edge of a job: one broken round must not end the daemon.
            log.exception("the round failed; tried again at the next poll", extra=event("round failed"))
        else:
            self._alarm.worked(self._monotonic(), self._clock())
        return sweeps

    def _must_act(self, now: float) -> bool:
        """Letters wait for no mailbox: a report falls due, and the outbox is tried again, while all of them fail."""
        return self._acted is not None and now - self._acted >= ACT_SECONDS

    def _ended(self, sweeps: Iterable[Sweep]) -> None:
        now, hosts = self._monotonic(), {m.address: m.host for m in places(self._settings)}
        for each in sweeps:
            self._agenda.ended(each, now)
            if each.fault is not None and is_crowded(each.fault):
                self._connections.make_room(hosts[each.mailbox], self._poller.busy)

    def _look_at_the_clocks(self) -> None:
        """The wall clock against the monotonic one: a jump is a suspended machine, or a clock that was set."""
        (wall, monotonic), self._clocks = self._clocks, (self._clock(), self._monotonic())
        jump = (self._clocks[0] - wall).total_seconds() - (self._clocks[1] - monotonic)
        if abs(jump) > JUMP_SECONDS:
            log.warning(
                "the clock jumped by %+.0f minutes: every mailbox is looked at over a new connection",
                jump / 60,
                extra=event("clock jumped", seconds=round(jump)),
            )
            self._ended(self._poller.settle(0.0, self._connections.abort))
            self._connections.abort()
            self._agenda.all_due()

    def _reload(self) -> None:
        """SIGHUP: the whole new config is valid, or the old one stays."""
        self._reload_asked.clear()
        reloading()
        try:
            settings = load(self._settings.path)
        except ConfigError as error:
            for line in str(error).replace("; nothing was started.", "").splitlines():
                log.error("%s", line, extra=event("config mistake", error=line))
            log.error("the config has mistakes; the old one stays", extra=event("config refused"))
        else:
            self._change_to(settings)
        notify("READY=1")

    def _change_to(self, settings: Settings) -> None:
        """What is under way ends first: no look may begin under the old rules and end under the new ones."""
        if settings.store_url != self._settings.store_url:
            log.error("[store] url: another store needs a restart; the old one stays", extra=event("store unchanged"))
            settings = replace(settings, store_url=self._settings.store_url)
        self._ended(self._poller.settle(RELOAD_SECONDS, self._connections.abort))
        if self._stop.is_set():
            return
        self._poller.close()
        self._agenda.pardon()
        self._agenda.forget(self._connections.keep(places(settings)))
        self._settings, self._letters = settings, _letters(settings)
        self._keyring.change_to(settings)
        self._alarm.settings, self._alarm.letters = settings, self._letters
        self._poller = self._new_poller(settings)
        said = event("config reloaded", mailboxes=len(settings.mailboxes))
        log.info("the config was read again: %d mailboxes", len(settings.mailboxes), extra=said)

    def _new_poller(self, settings: Settings) -> Poller:
        return Poller(self._store, settings, self._connections.of, self._stop.is_set, self._tell)

    def _tell(self, mailbox: str, count: int) -> None:
        self._progress(mailbox, count)
        if count:
            notify(ALIVE)

    def _asked_to_stop(self) -> None:
        if not self._stop.is_set():
            self._stop.set()
            notify("STOPPING=1")
            timer = threading.Timer(LAST_MOMENT_SECONDS, os._exit, (0,))
            timer.daemon = True
            timer.start()
            threading.Thread(target=self._connections.abort, daemon=True).start()
