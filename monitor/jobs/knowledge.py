"""FLOOR 2. Silence is known only up to the last complete look (law 2): what we know of each mailbox, and up to when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.invisible import WINDOW, Invisible
from monitor.store.citations import invisible_replies
from monitor.store.mailboxes import MailboxView, answering, views
from monitor.store.store import Store

GRACE = timedelta(minutes=10)
"""A view may be this much older than two polls before it is stale: a round over many mailboxes takes its time."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Our view of all configured mailboxes. Times in UTC."""

    now: datetime
    views: Mapping[str, MailboxView]
    others: Mapping[str, frozenset[str]]
    poll_every: Mapping[str, timedelta]
    confirmed: frozenset[str]
    invisible: Mapping[str, Invisible] = field(default_factory=dict)
    """Of the last four weeks."""

    def as_of(self, mailbox: str) -> datetime | None:
        """Up to when we know of silence: the oldest view of the mailbox and of those that answer its mail."""
        needed = {mailbox, *self.others.get(mailbox, ())}
        return self._oldest(self.views[m].as_of if m in self.views else None for m in needed)

    def as_of_all(self, mailboxes: Iterable[str]) -> datetime | None:
        """The same for what was seen in several mailboxes: those that are still watched; None if none is."""
        return self._oldest(self.as_of(m) for m in mailboxes if m in self.poll_every)

    def watches(self, mailboxes: Iterable[str]) -> bool:
        """Whether any of these mailboxes is still in the config."""
        return any(m in self.poll_every for m in mailboxes)

    def is_fresh(self, mailbox: str, now: datetime) -> bool:
        """Whether the last look at the mailbox, and at those that answer its mail, was complete and is recent."""
        return all(self.seen_recently(m, now) for m in {mailbox, *self.others.get(mailbox, ())})

    def replies_visible(self, mailbox: str) -> bool:
        """Whether an outgoing mail was ever seen, or the config says that replies are seen."""
        view = self.views.get(mailbox)
        return mailbox in self.confirmed or (view is not None and view.outgoing_seen_at is not None)

    def replies_hidden(self, mailbox: str) -> bool:
        """Whether too many replies are never seen for silence to prove anything; not where the config confirms them."""
        return mailbox not in self.confirmed and self.invisible_replies(mailbox).too_many

    def silence_proved(self, mailboxes: Iterable[str], now: datetime) -> bool:
        """Whether silence there means that nobody answered (law 2).

        Each of these mailboxes that is still watched was seen just now and hides no replies; one of them shows some.
        """
        watched = [m for m in mailboxes if m in self.poll_every]
        seen = all(self.is_fresh(m, now) and not self.replies_hidden(m) for m in watched)
        return seen and any(map(self.replies_visible, watched))

    def invisible_replies(self, mailbox: str) -> Invisible:
        """How many of those who answered us in the last four weeks answered a reply that we never saw."""
        return self.invisible.get(mailbox, Invisible())

    def _oldest(self, looks: Iterable[datetime | None]) -> datetime | None:
        """The oldest look, never later than `now`; None if one was never complete."""
        found = list(looks)
        known = [look for look in found if look is not None]
        return min([*known, self.now]) if known and len(known) == len(found) else None

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
        now=now,
        views={address: view for address, view in views(store).items() if address in configured},
        others={m: frozenset(others.get(m, set()) & configured.keys()) for m in configured},
        poll_every={m.address: m.poll_every for m in configured.values()},
        confirmed=frozenset(m.address for m in configured.values() if m.replies_confirmed),
        invisible=invisible_replies(store, now - WINDOW, now),
    )
