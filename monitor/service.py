"""ROOF. `run`, once its command line and its config are understood."""

import gc
import logging
import resource
import signal
import sys
import threading
from pathlib import Path

import monitor
from monitor.clock import clock_at
from monitor.collector import walk_seldom
from monitor.exits import LATE, OK, USAGE, Failed, exit_code
from monitor.handing_on import let_through
from monitor.jobs.check_machine import warn_of_open_secrets
from monitor.jobs.claims import LetterFolder
from monitor.jobs.heap import one_heap
from monitor.jobs.logged import event
from monitor.jobs.share import Share
from monitor.jobs.sharing import share_of
from monitor.once import one_round
from monitor.opening import store_of
from monitor.screen.output import talk
from monitor.screen.progress import progress_on
from monitor.store.room import expect_sound
from monitor.store.store import Store
from monitor.task import Task

MOST_FILES = 65_536

log = logging.getLogger("monitor.daemon")


def work(task: Task) -> int:
    """Do it. Returns the exit code."""
    reload_asked = threading.Event()
    if task.lasts:
        # Before the store is opened: who is told to reload meanwhile must not die of it.
        signal.signal(signal.SIGHUP, lambda _number, _frame: reload_asked.set())
        open_many_files()
    let_through()
    settle_memory()
    warn_of_open_secrets(task.settings)
    try:
        with store_of(task.settings) as store, share_of(store, task.lasts) as share:
            return _last(task, store, share, reload_asked) if task.lasts else _once(task, store, share)
    except Failed as failed:
        talk(str(failed))
        return failed.code


def settle_memory() -> None:
    """What was imported stays for good: the collector need not walk it with every batch of mails (12 % of a look)."""
    gc.collect()
    gc.freeze()
    walk_seldom()
    one_heap()


def open_many_files() -> None:
    """A connection that stays open takes two of the 1,024 open files that a service may have unless it asks for more
    (systemd.exec(5), LimitNOFILE: soft limit 1,024, hard limit 524,288)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _last(task: Task, store: Store, share: Share, reload_asked: threading.Event) -> int:
    from monitor.daemon import Daemon  # not above: a single round does without what waits and hears

    settings = task.settings
    if not expect_sound(store):
        log.info("the store is too large to be read through at the start", extra=event("store unchecked"))
    count = len(settings.mailboxes)
    said = event("started", version=monitor.__version__, mailboxes=count, config=settings.path)
    log.info("started: %d %s of %s", count, "mailbox" if count == 1 else "mailboxes", settings.path, extra=said)
    with progress_on(sys.stderr) as progress:
        Daemon(store, settings, clock_at(task.now), progress, reload_asked, share=share).run()
    return OK


def _once(task: Task, store: Store, share: Share) -> int:
    settings, dry = task.settings, _letter_folder(task.dry_run) if task.dry_run else None
    with progress_on(sys.stderr) as progress:
        done = one_round(store, settings, clock_at(task.now), dry, progress, share)
    if others := sum(not share.holds(mailbox.address) for mailbox in settings.mailboxes):
        talk(f"{others} mailboxes are read by other daemons, and were left to them")
    if dry:
        letters = "1 letter" if len(dry.written) == 1 else f"{len(dry.written)} letters"
        talk(f"{letters} written to {task.dry_run}; nothing was sent")
    if done.broken:
        talk(
            f"not done: {', '.join(dict.fromkeys(done.broken))}; the log above says why, and the next round tries again"
        )
    return exit_code(s.fault.fault for s in done.sweeps if s.fault) or (LATE if done.broken else OK)


def _letter_folder(folder: Path) -> LetterFolder:
    try:
        return LetterFolder(folder)
    except OSError as error:
        raise Failed(USAGE, f"--dry-run: {folder} is no folder to write to: {error.strerror}") from error
