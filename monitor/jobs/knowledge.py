"""FLOOR 2. Silence is known only up to the last complete look (law 2): what we know of each mailbox, and up to when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.store.mailboxes import MailboxView, answering, views
from monitor.store.store import Store

GRACE = timedelta(minutes=10)
"""A view may be this much older than two polls before it is stale: a round over many mailboxes takes its time."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Our view of all configured mailboxes. Times in UTC."""

    views: Mapping[str, MailboxView]
    others: Mapping[str, frozenset[str]]
    poll_every: Mapping[str, timedelta]
    confirmed: frozenset[str]

    def as_of(self, mailbox: str) -> datetime | None:
        """Up to when we know of silence: the oldest view of the mailbox and of those that answer its mail."""
        needed = {mailbox, *self.others.get(mailbox, ())}
        looks = [self.views[m].as_of if m in self.views else None for m in needed]
        known = [look for look in looks if look is not None]
        return min(known) if len(known) == len(looks) else None

    def is_fresh(self, mailbox: str, now: datetime) -> bool:
        """Whether the last look at the mailbox, and at those that answer its mail, was complete and is recent."""
        return all(self.seen_recently(m, now) for m in {mailbox, *self.others.get(mailbox, ())})

    def replies_visible(self, mailbox: str) -> bool:
        """Whether an outgoing mail was ever seen, or the config says that replies are seen."""
        view = self.views.get(mailbox)
        return mailbox in self.confirmed or (view is not None and view.outgoing_seen_at is not None)

    def may_remind(self, mailbox: str, now: datetime) -> bool:
        """Whether anybody may be reminded about this mailbox."""
        return self.is_fresh(mailbox, now) and self.replies_visible(mailbox)

    def seen_recently(self, mailbox: str, now: datetime) -> bool:
        """Whether the last look at this one mailbox was complete and is recent."""
        view = self.views.get(mailbox)
        if view is None or view.as_of is None or view.fault is not None:
            return False
        return now - view.as_of <= 2 * self.poll_every[mailbox] + GRACE


def know(store: Store, settings: Settings, now: datetime) -> Knowledge:
    """Our view of the mailboxes of this config."""
    configured = {m.address: m for m in settings.mailboxes}
    others = answering(store, now)
    return Knowledge(
        views={address: view for address, view in views(store).items() if address in configured},
        others={m: frozenset(others.get(m, set()) & configured.keys()) for m in configured},
        poll_every={m.address: m.poll_every for m in configured.values()},
        confirmed=frozenset(m.address for m in configured.values() if m.replies_confirmed),
    )
