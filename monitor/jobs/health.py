"""FLOOR 2. Is everything well? The facts behind `status`: views, who waits, the outbox, unreadable mails."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.config import Settings
from monitor.core.blind import Blind, clipped
from monitor.core.brake import Brake
from monitor.core.invisible import Invisible
from monitor.core.report.figures import WaitFacts
from monitor.core.report.week import Week, last_closed
from monitor.jobs.knowledge import Knowledge, blind_so_far, know, stale_after
from monitor.store.citations import StandIn, stand_ins
from monitor.store.hearing import ear_view
from monitor.store.leases import Standing, standing
from monitor.store.outbox import counts, latched
from monitor.store.reporting import open_now, stored
from monitor.store.room import Room, room, size
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
    oldest: datetime | None = None
    """When the one wrote who waits longest."""
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
    size: int | None = None
    """Bytes of the store; None where it is not kept."""
    next_report: datetime | None = None
    """When the next weekly report is due, in the past where it is overdue; None where none is wanted."""
    standing: Standing = field(default_factory=Standing)
    """Which daemons there are, and who reads what; nobody where the store is for one daemon."""

    @property
    def healthy(self) -> bool:
        """Every mailbox was seen whole not long ago, no reminders are held back, letters leave, the store has room."""
        return not self.problems

    @property
    def problems(self) -> Sequence[str]:
        """What is wrong, a line each; for who watches many programs, and has the details from the log."""
        found = [f"{m.address}: {m.fault_text or m.state}" for m in self.mailboxes if m.state != "ok"]
        found += [f"{m.address}: reminders are held back" for m in self.mailboxes if m.held is not None]
        if self.ear is not None and self.ear.state != "ok":
            found.append(f"{self.ear.address}: {self.ear.fault_text or self.ear.state}; no commands are heard")
        if self.letters_stuck:
            tried, refused = self.outbox["tried"], self.outbox["refused_lately"]
            found.append(f"the mail server did not take {tried} letters so far, and refused {refused} for good lately")
        found += [f"{who}: got too many letters for hours" for who in self.latched]
        return [*found, *([self.store_fault] if self.store_fault else [])]

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
    at_home: dict[str, list[WaitFacts]] = defaultdict(list)
    for wait in open_now(store, knowledge.as_of_all):
        at_home["".join(wait.mailboxes[:1])].append(wait)
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
            waiting=len(theirs := at_home[m.address]),
            late=sum(w.is_late for w in theirs),
            oldest=min((w.opened_at for w in theirs), default=None),
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
        size(store),
        _next_report(store, settings, knowledge, now),
        standing(store),
    )


def _next_report(store: Store, settings: Settings, knowledge: Knowledge, now: datetime) -> datetime | None:
    """That of the last closed week, if it was watched and is not told yet; else that of the week after it."""
    if settings.report is None:
        return None
    on, week = settings.report.on, last_closed(now, settings.report.on, settings.zone)
    watched = any(view.first_as_of and view.first_as_of < week.end for view in knowledge.views.values())
    owed = watched and stored(store, week.name) is None
    return on.after(week if owed else Week.of(week.end, settings.zone)).astimezone(UTC)


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
