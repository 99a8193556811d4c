"""ROOF. One full round, and then the end: `run --once`."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from monitor.config import Settings
from monitor.jobs.claims import LetterFolder
from monitor.jobs.connections import Connections
from monitor.jobs.hear import places
from monitor.jobs.logged import event
from monitor.jobs.logging_in import Keyring
from monitor.jobs.look import Progress
from monitor.jobs.poller import Poller
from monitor.jobs.pulse import Pulse
from monitor.jobs.round import Round, act
from monitor.jobs.share import Alone, Share
from monitor.outbox.letters import Letters
from monitor.store.leases import ACTING
from monitor.store.lock import AlreadyRunning
from monitor.store.store import Store

log = logging.getLogger("monitor.daemon")


def one_round(
    store: Store,
    settings: Settings,
    clock: Callable[[], datetime],
    dry: LetterFolder | None = None,
    progress: Progress = lambda _m, _c: None,
    share: Share | None = None,
) -> Round:
    """`run --once`: look at every mailbox, then act on it; in a dry run what the looks showed is all that is kept.

    Beside daemons that share the store: what none of them has. Raises AlreadyRunning where they have all of it.
    """
    keyring, share, began = Keyring(settings, clock), share or Alone(), time.monotonic()
    connections = Connections(keyring)
    share.lost = connections.abort
    share.take(settings)
    # What is said in a mail is done, and confirmed: a dry run leaves it for the next one.
    ours = [m for m in (settings.mailboxes if dry else places(settings)) if share.holds(m.address)]
    if not ours and not share.led:
        raise AlreadyRunning("other daemons read all mailboxes of this store; stop them first, or leave it to them")
    poller = Poller(store, settings, connections.of, progress=progress, share=share)
    try:
        sweeps = poller.poll(ours, clock())
    finally:
        poller.close()
        connections.close()
    done = Round()
    if share.led:
        with share.under(ACTING):
            done = act(store, settings, letters_of(settings), clock(), dry, keyring=keyring)
    done.sweeps = sweeps
    if dry is None:
        pulse = Pulse(store, time.monotonic, once=True)
        pulse.beat(settings, sweeps, done, began, clock())
        pulse.close()
    return done


def letters_of(settings: Settings) -> Letters:
    """The templates; what is wrong with own ones is logged."""
    letters = Letters(settings.templates_dir)
    for fault in letters.faults:
        log.error("templates_dir: %s", fault, extra=event("template refused", error=fault))
    return letters
