"""FLOOR 1. What the brake asks of the store: where many are late at once, and when a mailbox last answered."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from monitor.core.report.figures import WaitFacts
from monitor.store.reporting import FACTS, facts_of
from monitor.store.store import Store, among
from monitor.store.tables import waits

_LATE = select(waits.c.mailbox).where(waits.c.state == "waiting")


def late_at(store: Store, now: datetime, fewest: int) -> list[str]:
    """The mailboxes where at least so many people wait past the target."""
    query = _LATE.where(waits.c.due_at <= now).group_by(waits.c.mailbox).having(func.count() >= fewest)
    with store.reading() as connection:
        return list(connection.execute(query.order_by(waits.c.mailbox)).scalars())


def last_reply(
    store: Store, mailbox: str, answering: Collection[str], since: datetime, until: datetime
) -> datetime | None:
    """When somebody of this mailbox was last answered in [since, until], from one of the mailboxes `answering`."""
    query = select(waits.c.answered_at).where(
        waits.c.mailbox == mailbox, waits.c.answered_at >= since, waits.c.answered_at <= until
    )
    with store.reading() as connection:
        query = query.where(among(waits.c.answered_in, answering, connection))
        return connection.execute(query.order_by(waits.c.answered_at.desc()).limit(1)).scalar()


def late_since(store: Store, mailbox: str, asked_after: datetime, as_of: datetime) -> int:
    """How many who asked this mailbox after a moment wait past the target."""
    query = select(func.count()).where(
        waits.c.state == "waiting",
        waits.c.due_at > asked_after,
        waits.c.due_at <= as_of,
        waits.c.mailbox == mailbox,
        waits.c.opened_at > asked_after,
    )
    with store.reading() as connection:
        return connection.execute(query).scalar_one()


def due_at_mailbox(store: Store, mailbox: str, start: datetime, end: datetime) -> list[WaitFacts]:
    """The waits of one mailbox whose promise ran out in (start, end], all judged as if known up to `end`."""
    query = select(*FACTS).where(waits.c.due_at > start, waits.c.due_at <= end, waits.c.mailbox == mailbox)
    with store.reading() as connection:
        return [facts_of(row, end) for row in connection.execute(query)]
