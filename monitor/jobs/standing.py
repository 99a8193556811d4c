"""FLOOR 2. How everything stands, in one line for `systemctl status`: the mailboxes, who waits, the last round."""

from datetime import datetime

from monitor.config import Settings
from monitor.jobs.knowledge import know
from monitor.store.reporting import open_now
from monitor.store.store import Store


def standing(store: Store, settings: Settings, now: datetime) -> str:
    """`12 mailboxes, 2 of them unread; 7 wait, 3 of them late; last round 14:05 UTC`. Raises StoreError.

    Unread are those whose last look ended in a fault, or that were never seen whole.
    """
    knowledge = know(store, settings, now)
    waiting = open_now(store, knowledge.as_of_all)
    views = [knowledge.views.get(m.address) for m in settings.mailboxes]
    unread = sum(view is None or view.as_of is None or view.fault is not None for view in views)
    late = sum(wait.is_late for wait in waiting)
    mailboxes = "1 mailbox" if len(views) == 1 else f"{len(views)} mailboxes"
    parts = [
        mailboxes + (f", {unread} of them unread" if unread else ""),
        f"{len(waiting) or 'nobody'} {'wait' if len(waiting) > 1 else 'waits'}"
        + (f", {late} of them late" if late else ""),
        f"last round {now.astimezone(settings.zone):%H:%M %Z}",
    ]
    return "; ".join(parts)
