"""FLOOR 2. Silence is known only up to the last complete look (law 2): what we know of each mailbox, and up to when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.blind import Blind
from monitor.core.brake import FEWEST_LATE, HISTORY, Brake, brake
from monitor.core.invisible import WINDOW, Invisible
from monitor.store.blind import blind_spells
from monitor.store.braking import due_at_mailbox, last_reply, late_at, late_since
from monitor.store.citations import invisible_replies
from monitor.store.mailboxes import MailboxView, answering, done_folders, views
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
    brakes: Mapping[str, Brake] = field(default_factory=dict)
    """Mailboxes where an unusual share became late at once, also where the brake has let go again."""
    done_folders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The names of the folders of each where what is put needs no reply."""

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
        return all(self.silence_proves(m, now) for m in watched) and any(map(self.replies_visible, watched))

    def invisible_replies(self, mailbox: str) -> Invisible:
        """How many of those who answered us in the last four weeks answered a reply that we never saw."""
        return self.invisible.get(mailbox, Invisible())

    def held(self, mailbox: str, now: datetime) -> Brake | None:
        """The brake that holds the reminders of a mailbox back, if one does; not where the config confirms replies."""
        brake = self.brakes.get(mailbox)
        return brake if brake is not None and now < brake.until and mailbox not in self.confirmed else None

    def silence_proves(self, mailbox: str, now: datetime) -> bool:
        """Whether it may be said that nobody answered: seen whole lately, and nothing makes us doubt what we see."""
        return self.is_fresh(mailbox, now) and not self.replies_hidden(mailbox) and not self.held(mailbox, now)

    def is_stale(self, mailbox: str, now: datetime) -> bool:
        """Whether it was seen whole once, but not lately: longer ago than two polls and the grace."""
        view = self.views.get(mailbox)
        return bool(view and view.as_of) and not self._is_recent(mailbox, now)

    def _is_recent(self, mailbox: str, now: datetime) -> bool:
        """A look of the future, made while the clock was ahead, says nothing of now."""
        view = self.views.get(mailbox)
        return bool(view and view.as_of and -GRACE <= now - view.as_of <= stale_after(self.poll_every[mailbox]))

    def _oldest(self, looks: Iterable[datetime | None]) -> datetime | None:
        """The oldest look, never later than `now`; None if one was never complete."""
        found = list(looks)
        known = [look for look in found if look is not None]
        return min([*known, self.now]) if known and len(known) == len(found) else None

    def seen_recently(self, mailbox: str, now: datetime) -> bool:
        """Whether the last look at this one mailbox was complete and is recent."""
        view = self.views.get(mailbox)
        return view is not None and view.fault is None and self._is_recent(mailbox, now)


def stale_after(poll_every: timedelta) -> timedelta:
    """How old a view may grow: two polls and the grace."""
    return 2 * poll_every + GRACE


def know(store: Store, settings: Settings, now: datetime) -> Knowledge:
    """Our view of the mailboxes of this config."""
    configured = {m.address: m for m in settings.mailboxes}
    others = answering(store, now)
    knowledge = Knowledge(
        now=now,
        views={address: view for address, view in views(store).items() if address in configured},
        others={m: frozenset(others.get(m, set()) & configured.keys()) for m in configured},
        poll_every={m.address: m.poll_every for m in configured.values()},
        confirmed=frozenset(m.address for m in configured.values() if m.replies_confirmed),
        invisible=invisible_replies(store, now - WINDOW, now),
        done_folders=done_folders(store),
    )
    return replace(knowledge, brakes=_brakes(store, knowledge, now))


def blind_so_far(
    store: Store, knowledge: Knowledge, mailboxes: Collection[str], since: datetime, now: datetime
) -> list[Blind]:
    """The blind spells of these mailboxes since a moment, oldest first; what still goes on lasts up to `now`."""
    spells = [spell for spell in blind_spells(store, since, now) if spell.mailbox in mailboxes]
    for mailbox in mailboxes:
        view = knowledge.views.get(mailbox)
        if view and view.as_of and knowledge.is_stale(mailbox, now):
            spells.append(Blind(mailbox, view.as_of, now))
    return spells


def read_back_to(settings: Settings, knowledge: Knowledge) -> datetime | None:
    """How far back the mail of all mailboxes was read; None where it was read from its beginning."""
    starts = [
        view.first_as_of - mailbox.lookback
        for mailbox in settings.mailboxes
        if (view := knowledge.views.get(mailbox.address)) and view.first_as_of and mailbox.lookback is not None
    ]
    return max(starts, default=None)


def _brakes(store: Store, knowledge: Knowledge, now: datetime) -> dict[str, Brake]:
    """Judged for the few mailboxes where enough people have waited past the target since its last reply."""
    found: dict[str, Brake] = {}
    for mailbox in late_at(store, now, FEWEST_LATE):
        view, as_of = knowledge.views.get(mailbox), knowledge.as_of(mailbox)
        if view is None or view.first_as_of is None or as_of is None:
            continue
        answering_it = {mailbox, *knowledge.others.get(mailbox, ())}
        last = last_reply(store, mailbox, answering_it, as_of - HISTORY, as_of)
        if last is None or late_since(store, mailbox, last, as_of) < FEWEST_LATE:
            continue
        waits = due_at_mailbox(store, mailbox, as_of - HISTORY, as_of)
        spells = [(s.since, s.until) for s in blind_spells(store, as_of - HISTORY, now) if s.mailbox == mailbox]
        if one := brake(waits, last, view.first_as_of, as_of, spells):
            found[mailbox] = one
    return found
