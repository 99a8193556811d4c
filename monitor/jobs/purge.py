"""FLOOR 2. Once a day what is older than [store] retention goes. Due is in the store (law 3)."""

import logging
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.jobs.logged import event
from monitor.store.past import Removed
from monitor.store.retention import is_due, purge
from monitor.store.store import Store
from monitor.store.wiping import is_small, wipe

EVERY = timedelta(days=1)

log = logging.getLogger("monitor.purge")


def purge_if_due(store: Store, settings: Settings, now: datetime) -> Removed:
    """Remove what is kept no longer, if a day has passed since the last time. Raises StoreError."""
    if settings.retention is None or not is_due(store, now, EVERY):
        return Removed()
    removed = purge(store, settings.retention, now)
    if removed:
        wiped = wipe(store, whole=is_small(store))
        said = event("purged", conversations=removed.conversations, messages=removed.messages, overwritten=wiped)
        log.info("purged %d conversations with %d messages", removed.conversations, removed.messages, extra=said)
        if not wiped:
            log.info("others read the store; what was purged is overwritten later", extra=event("overwritten later"))
    return removed
