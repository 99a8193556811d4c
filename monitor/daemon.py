"""ROOF. The daemon: `schedule` is a heartbeat and only says "tick"; the store decides what must happen (law 3)."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from random import SystemRandom

import schedule

from monitor.config import ConfigError, MailboxSettings, Settings, load
from monitor.inbox.faults import is_crowded
from monitor.jobs.agenda import Agenda
from monitor.jobs.alarm import StoreAlarm
from monitor.jobs.check_machine import warn_of_open_secrets
from monitor.jobs.connections import Connections
from monitor.jobs.hear import places
from monitor.jobs.hints import Hints
from monitor.jobs.logged import event
from monitor.jobs.logging_in import Keyring
from monitor.jobs.look import Progress, Sweep
from monitor.jobs.poller import Poller
from monitor.jobs.pulse import Pulse
from monitor.jobs.round import Round, act
from monitor.jobs.share import Alone, Share
from monitor.jobs.standing import standing
from monitor.notify import listens, notify, reloading, status
from monitor.once import letters_of
from monitor.signals import hearing
from monitor.store.leases import ACTING, LeaseLost
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
        share: Share | None = None,
    ) -> None:
        self._store, self._settings, self._clock, self._progress = store, settings, clock, progress
        self._monotonic, self._reload_asked = monotonic, reload_asked
        self._letters = letters_of(settings)
        self._keyring = Keyring(settings, clock)
        self._connections = Connections(self._keyring)
        self._share: Share = share or Alone()
        self._share.lost = self._connections.abort
        self._stop = threading.Event()
        self._poller = self._new_poller(settings)
        self._agenda = Agenda(chance)
        self._hints = Hints(store)
        self._alarm = StoreAlarm(store, settings, self._letters, self._keyring)
        self._acted: float | None = None
        self._pulse = Pulse(store, monotonic)
        self._clocks = clock(), monotonic()

    def run(self) -> None:
        """Tick until told to stop."""
        with hearing(self._asked_to_stop, self._reload_asked.set):
            try:
                self._beat()
            finally:
                self.close()
        log.info("stopped", extra=event("stopped"))

    def _beat(self) -> None:
        scheduler = self._heartbeat()
        notify("READY=1")
        self.tick()
        while not self._stop.wait(1.0):
            if self._reload_asked.is_set() or self._is_urgent():
                self.tick()
            scheduler.run_pending()
            if (scheduler.idle_seconds or 0) > TICK_SECONDS:
                # It goes by the local wall clock: in autumn, or set back by hand, it would be silent for hours.
                scheduler = self._heartbeat()

    def close(self) -> None:
        """Let everything go. What is read ends before it is anybody else's to read."""
        self._poller.close()
        self._hints.close()
        self._connections.close()
        self._share.close()

    def _heartbeat(self) -> schedule.Scheduler:
        scheduler = schedule.Scheduler()
        scheduler.every(TICK_SECONDS).seconds.do(self.tick)
        return scheduler

    def tick(self) -> None:
        """One beat: the config if asked for, a look at what is due, and what follows from that."""
        try:
            self._look_around()
        except Exception:
            # The edge of a beat: neither a config that cannot be read nor a template of the alarm ends the daemon.
            log.exception("the beat failed; the next one tries again", extra=event("beat failed"))

    def _is_urgent(self) -> bool:
        """Whether a mailbox can be looked at whose server says that something has come."""
        self._agenda.hinted(self._hints.heard())
        now = self._monotonic()
        return any(self._agenda.is_hinted(m) and self._is_ours_and_due(m, now) for m in places(self._settings))

    def _look_around(self) -> None:
        if self._reload_asked.is_set() and not self._stop.is_set():
            self._reload()
        self._look_at_the_clocks()
        now = self._monotonic()
        self._take_our_part()
        self._agenda.pardon(self._keyring.mended(places(self._settings)))
        self._agenda.hinted(self._hints.heard())
        due = [m for m in places(self._settings) if self._is_ours_and_due(m, now)]
        if self._stop.is_set():
            return
        ended = self._round(due, now) if due or self._poller.under_way or self._must_act(now) else []
        if ended or not self._poller.under_way:
            notify(ALIVE)  # a look that hangs is no progress, and neither is a beat that only waited for it

    def _is_ours_and_due(self, mailbox: MailboxSettings, now: float) -> bool:
        ours = self._share.holds(mailbox.address) and not self._poller.busy(mailbox)
        return ours and self._agenda.is_due(mailbox, now)

    def _take_our_part(self) -> None:
        """Of the mailboxes, where others read some. What another daemon reads now is not kept open here."""
        try:
            busy = [m.address for m in places(self._settings) if self._poller.busy(m)]
            change = self._share.take(self._settings, busy)
        except StoreError as error:
            self._failed(error)
            return
        self._agenda.forget(change.gone)
        self._connections.abort(set(change.gone).intersection(busy))
        self._connections.let_go(set(change.gone).difference(busy))

    def _failed(self, error: StoreError) -> None:
        """State cannot be recorded, so nothing may be sent; the cursor has not moved (failures.md §6)."""
        log.error("%s", error, extra=event("store failed", error=error))
        status(f"nothing is sent: {error}")
        self._pulse.failed(self._settings)
        self._alarm.failed(str(error), self._monotonic(), self._clock(), self._share.led)

    def _round(self, due: Sequence[MailboxSettings], now: float) -> list[Sweep]:
        for mailbox in due:
            self._agenda.began(mailbox, now)
        sweeps: list[Sweep] = []
        try:
            sweeps = self._poller.poll(due, self._clock(), PATIENCE_SECONDS)
            self._ended(sweeps)
            if self._stop.is_set() or not (sweeps or self._must_act(now)):
                return sweeps
            self._acted = now
            done = self._act()
            self._pulse.beat(self._settings, sweeps, done, now, self._clock())
            if listens():
                status(standing(self._store, self._settings, self._clock()))
        except LeaseLost as lost:
            log.info("%s", lost, extra=event("lease lost", msg=lost))
        except StoreError as error:
            self._failed(error)
        except Exception:
            # The edge of a job: one broken round must not end the daemon.
            log.exception("the round failed; tried again at the next poll", extra=event("round failed"))
        else:
            self._alarm.worked(self._monotonic(), self._clock())
        return sweeps

    def _act(self) -> Round:
        """By one of all daemons."""
        if not self._share.holds(ACTING):
            return Round()
        with self._share.under(ACTING):
            told = self._clock(), None, self._must_stop_acting, self._keyring
            return act(self._store, self._settings, self._letters, *told)

    def _must_stop_acting(self) -> bool:
        return self._stop.is_set() or not self._share.holds(ACTING)

    def _must_act(self, now: float) -> bool:
        """Letters wait for no mailbox: a report falls due, and the outbox is tried again, while all of them fail.

        Where others look too, what they saw is acted upon as often as mailboxes are looked at; and who has nothing to
        look at shows that it lives.
        """
        often = float(ACT_SECONDS)
        if self._share.company and self._share.holds(ACTING):
            often = min(often, *(m.poll_every.total_seconds() for m in self._settings.mailboxes))
        return self._share.company if self._acted is None else now - self._acted >= often

    def _ended(self, sweeps: Iterable[Sweep]) -> None:
        now, wanted = self._monotonic(), {m.address: m for m in places(self._settings)}
        for each in sweeps:
            self._agenda.ended(each, now)
            mailbox, source = wanted[each.mailbox], self._connections.kept(each.mailbox)
            if each.fault is None and source is not None and mailbox.idle and not self._poller.busy(mailbox):
                self._hints.listen(each.mailbox, source, changed=each.taken_in > 0)
            if each.fault is not None and is_crowded(each.fault):
                self._connections.make_room(mailbox.host, self._poller.busy)

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
            settings = load(self._settings.path, logs_in=True, guarded=False)
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
        self._hints.pardon()
        self._keyring.change_to(settings)
        self._agenda.forget(self._connections.keep(places(settings)))
        self._settings, self._letters = settings, letters_of(settings)
        self._alarm.settings, self._alarm.letters = settings, self._letters
        self._poller = self._new_poller(settings)
        warn_of_open_secrets(settings)
        said = event("config reloaded", mailboxes=len(settings.mailboxes))
        log.info("the config was read again: %d mailboxes", len(settings.mailboxes), extra=said)

    def _new_poller(self, settings: Settings) -> Poller:
        return Poller(self._store, settings, self._connections.of, self._stop.is_set, self._tell, self._share)

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
