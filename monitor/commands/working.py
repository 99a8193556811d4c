"""ROOF. The command that works: `run`."""

import gc
import logging
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.commands.shared import fail, opened
from monitor.exits import LATE, OK, USAGE, exit_code
from monitor.jobs.claims import LetterFolder
from monitor.jobs.heap import one_heap
from monitor.jobs.logged import event
from monitor.jobs.sharing import share_of
from monitor.once import one_round
from monitor.screen.output import talk
from monitor.screen.progress import progress_on
from monitor.store.room import expect_sound

MOST_FILES = 65_536

log = logging.getLogger("monitor.daemon")


def settle_memory() -> None:
    """What was imported stays for good: the collector need not walk it with every batch of mails (12 % of a look)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    one_heap()


def open_many_files() -> None:
    """A connection that stays open takes two of the 1,024 open files that a service may have unless it asks for more
    (systemd.exec(5), LimitNOFILE: soft limit 1,024, hard limit 524,288)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One full round, then exit.")] = False,
    dry_run: Annotated[Path | None, typer.Option(help="Write letters to this folder; send and remember none.")] = None,
) -> None:
    """The daemon: look at the mailboxes, remind, report."""
    clock = context.obj.clock
    reload_asked = threading.Event()
    lasts = not once and dry_run is None
    if lasts:
        # From the very start: who is told to reload while it opens its store must not die of it.
        signal.signal(signal.SIGHUP, lambda _number, _frame: reload_asked.set())
        open_many_files()
    settle_memory()
    with (
        opened(context, logs_in=True) as (store, settings),
        share_of(store, lasts) as share,
        progress_on(sys.stderr) as progress,
    ):
        if lasts:
            from monitor.daemon import Daemon  # not above: a single round does without what waits and hears

            if not expect_sound(store):
                words = "the store is too large to be read through at the start"
                log.info(words, extra=event("store unchecked"))
            count = len(settings.mailboxes)
            said = event("started", version=monitor.__version__, mailboxes=count, config=settings.path)
            log.info("started: %d %s of %s", count, "mailbox" if count == 1 else "mailboxes", settings.path, extra=said)
            Daemon(store, settings, clock, progress, reload_asked, share=share).run()
            return
        dry = _letter_folder(dry_run) if dry_run else None
        done = one_round(store, settings, clock, dry, progress, share)
        if others := sum(not share.holds(mailbox.address) for mailbox in settings.mailboxes):
            talk(f"{others} mailboxes are read by other daemons, and were left to them")
    if dry:
        letters = "1 letter" if len(dry.written) == 1 else f"{len(dry.written)} letters"
        talk(f"{letters} written to {dry_run}; nothing was sent")
    if done.broken:
        talk(
            f"not done: {', '.join(dict.fromkeys(done.broken))}; the log above says why, and the next round tries again"
        )
    raise typer.Exit(exit_code(s.fault.fault for s in done.sweeps if s.fault) or (LATE if done.broken else OK))


def _letter_folder(folder: Path) -> LetterFolder:
    try:
        return LetterFolder(folder)
    except OSError as error:
        fail(USAGE, f"--dry-run: {folder} is no folder to write to: {error.strerror}")
