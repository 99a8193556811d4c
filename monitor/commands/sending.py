"""ROOF. What the commands that mail letters on request share."""

from datetime import datetime

from monitor.config import Settings
from monitor.exits import OK, UNREACHABLE
from monitor.jobs.deliver import deliver
from monitor.jobs.knowledge import know
from monitor.jobs.logging_in import Keyring
from monitor.jobs.sharing import share_of
from monitor.screen.output import talk
from monitor.store.leases import ACTING, LeaseLost
from monitor.store.lock import AlreadyRunning
from monitor.store.store import Store


def delivered(store: Store, settings: Settings, now: datetime) -> int:
    """Empty the outbox, unless a daemon does that: two at once would send a letter twice. The exit code."""
    try:
        with share_of(store, looks=False) as share:
            share.take(settings)
            with share.under(ACTING):
                keyring = Keyring(settings, lambda: now)
                delivery = deliver(store, settings.smtp, know(store, settings, now), now, keyring=keyring)
    except (AlreadyRunning, LeaseLost):
        talk("put into the outbox; the daemon that runs sends it with its next round")
        return OK
    refused = f", {delivery.refused} refused for good: see status" if delivery.refused else ""
    sent = f"{delivery.sent} letter{'' if delivery.sent == 1 else 's'} sent"
    talk(delivery.fault or f"{sent}{refused}")
    return UNREACHABLE if delivery.fault or delivery.refused else OK
