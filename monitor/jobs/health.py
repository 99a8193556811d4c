"""FLOOR 2. Is everything well? The facts behind `status`: views, who waits, the outbox, unreadable mails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.blind import Blind, clipped
from monitor.core.brake import Brake
from monitor.core.invisible import Invisible
from monitor.jobs.knowledge import Knowledge, blind_so_far, know, stale_after
from monitor.store.citations import StandIn, stand_ins
from monitor.store.hearing import ear_view
from monitor.store.outbox import counts, latched
from monitor.store.reporting import open_now
from monitor.store.room import Room, room
from monitor.store.shown import FolderHealth, Trouble, folder_health, trouble_rows
from monitor.store.store import Store

REFUSED_COUNTS = timedelta(days=7)
"""For so long a letter that was refused for good counts as something to look at."""
BLIND_SHOWN = timedelta(days=7)
SUGGESTED_FOR = timedelta(days=90)
"""As long as other mailboxes count that answered; who stopped answering before is no longer of interest."""
FEWEST_ANSWERED = 3
"""A customer may answer another one once, or twice; who does so for one mailbox again and again works there."""


@dataclass(frozen=True, slots=True)
class MailboxHealth:
    """One mailbox. `state` is `ok`, `new` (never seen whole), `stale`, or the fault; `fault_text` says what to do.

    `replies_visible`: some were seen, and not too many were not (`invisible`, of the last four weeks).
    """

    address: str
    team: str
    as_of: datetime | None
    looked_at: datetime | None
    state: str
    fault_text: str | None
    folders: Sequence[FolderHealth]
    replies_visible: bool
    invisible: Invisible
    waiting: int
    late: int
    blind: Sequence[Blind] = ()
    """When it could not be seen in the last seven days."""
    held: Brake | None = None
    """Why its reminders are held back, if they are."""
    ahead: timedelta | None = None
    """How far the server's clock runs before ours, where that is too much."""


@dataclass(frozen=True, slots=True)
class EarHealth:
    """The mailbox where commands are heard; `state` as that of a mailbox."""

    address: str
    state: str
    as_of: datetime | None
    fault_text: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """The whole house."""

    mailboxes: Sequence[MailboxHealth]
    outbox: Mapping[str, int]
    troubles: Sequence[Trouble]
    letters_stuck: bool
    suggestions: Sequence[StandIn] = ()
    """Who answered for us, but is not staff in the config."""
    latched: Mapping[str, datetime] = field(default_factory=dict)
    """Who gets no letter for now, because they got too many, and until when (core/flood.py)."""
    room: Room | None = None
    """Of the disk of the store; None where it is no file."""
    ear: EarHealth | None = None
    """None where no commands are heard."""

    @property
    def healthy(self) -> bool:
        """Every mailbox was seen whole not long ago, no reminders are held back, letters leave, the store has room."""
        seen = all(m.state == "ok" and m.held is None for m in self.mailboxes)
        heard = self.ear is None or self.ear.state == "ok"
        return seen and heard and not self.letters_stuck and not self.latched and not self.store_fault

    @property
    def store_fault(self) -> str | None:
        """What is wrong with the disk of the store, and what to do; None where nothing is."""
        if self.room is None or (self.room.writable and not self.room.is_short):
            return None
        if not self.room.writable:
            return "the store cannot be written; check the owner and the rights of its folder"
        return f"only {self.room.free // 1_000_000} MB are free on the disk of the store; make room"


def health(store: Store, settings: Settings, now: datetime) -> Health:
    """How everything is at `now`."""
    knowledge = know(store, settings, now)
    waiting = open_now(store, knowledge.as_of_all)
    folders = folder_health(store)
    blind = blind_so_far(store, knowledge, [m.address for m in settings.mailboxes], now - BLIND_SHOWN, now)
    outbox = counts(store, now - REFUSED_COUNTS)
    mailboxes = [
        MailboxHealth(
            address=m.address,
            team=m.team,
            as_of=view.as_of if (view := knowledge.views.get(m.address)) else None,
            looked_at=view.looked_at if view else None,
            state=_state(knowledge, m.address, now),
            fault_text=view.fault_text if view else None,
            folders=folders.get(m.address, []),
            replies_visible=knowledge.replies_visible(m.address) and not knowledge.replies_hidden(m.address),
            invisible=knowledge.invisible_replies(m.address),
            waiting=sum(w.mailboxes[:1] == (m.address,) for w in waiting),
            late=sum(w.mailboxes[:1] == (m.address,) and w.is_late for w in waiting),
            blind=clipped((s for s in blind if s.mailbox == m.address), now - BLIND_SHOWN, now),
            held=knowledge.held(m.address, now),
            ahead=timedelta(seconds=view.ahead_by) if view and view.ahead_by else None,
        )
        for m in settings.mailboxes
    ]
    stuck = outbox["tried"] > 0 or outbox["refused_lately"] > 0
    return Health(
        mailboxes,
        outbox,
        trouble_rows(store),
        stuck,
        suggestions(store, settings, now),
        latched(store, now),
        room(store),
        _ear(store, settings, now),
    )


def _ear(store: Store, settings: Settings, now: datetime) -> EarHealth | None:
    mailbox = settings.commands
    if mailbox is None:
        return None
    view = ear_view(store, mailbox.address)
    state = view.fault or ("new" if view.as_of is None else "ok")
    if state == "ok" and view.as_of is not None and now - view.as_of > stale_after(mailbox.poll_every):
        state = "stale"
    return EarHealth(mailbox.address, state, view.as_of, view.fault_text)


def suggestions(store: Store, settings: Settings, now: datetime) -> list[StandIn]:
    """Who answered for a mailbox of ours several times lately, but is not staff as the config stands; latest first."""
    staff = settings.staff
    found = stand_ins(store, now - SUGGESTED_FOR, FEWEST_ANSWERED, lambda message: staff.writer(message).address)
    return [one for one in found if one.mailbox in settings.desks and not staff.is_ours(one.address)]


def _state(knowledge: Knowledge, mailbox: str, now: datetime) -> str:
    view = knowledge.views.get(mailbox)
    if view is not None and view.fault is not None:
        return view.fault
    if view is None or view.as_of is None:
        return "new"
    return "ok" if knowledge.seen_recently(mailbox, now) else "stale"
