"""GROUND. The house as the rules see it: who is staff, which mailboxes there are, what they promise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core import calendar
from monitor.core.addresses import spellings
from monitor.core.calendar import Calendar
from monitor.core.promise import Promise
from monitor.core.staff import Staff

ALWAYS = Calendar(ZoneInfo("UTC"))
"""The clock on the wall: every hour counts."""
A_COLLEAGUE = "a colleague"
"""The team of somebody who is in none."""


@dataclass(frozen=True, slots=True)
class Target:
    """The promise: a reply within this time by the clock of `calendar`. `goal`: percent of waits to keep it."""

    reply_within: timedelta = timedelta(hours=24)
    goal: float = 90.0
    calendar: Calendar = ALWAYS

    @property
    def promise(self) -> Promise:
        """What of it is said to people."""
        return Promise(self.reply_within, self.calendar.mode)


@dataclass(frozen=True, slots=True)
class Desk:
    """A mailbox as the rules see it."""

    address: str
    team: str
    target: Target = Target()
    internal_customers: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """All that the rules need to know of the config. `desks` stand in its order, which decides homes."""

    staff: Staff
    desks: Mapping[str, Desk]
    letter_key: bytes = b""
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ignored_senders: tuple[str, ...] = ()
    ignored_subjects: tuple[str, ...] = ()
    id_domains: frozenset[str] = frozenset()
    """The domains (ids.id_domain) of the Message-IDs in our Sent folders: learnt from them."""
    authserv_ids: frozenset[str] = frozenset()
    """Whose Authentication-Results are trusted (RFC 8601 §2.5); empty: the topmost, whoever wrote it."""
    keeps_subjects: bool = True
    """Whether subjects are kept, or only what rules ask of them (core/topic.py)."""
    authenticated_replies: bool = False
    """Whether a copy only counts as an answer when it passed authentication."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The mailbox behind each of its further addresses."""
    people: frozenset[str] = frozenset()
    """Who gets letters, by the config, whether or not they own a team."""

    def rank(self, mailbox: str) -> int:
        """Where a mailbox stands in the config; one that is no longer in it comes last."""
        for position, address in enumerate(self.desks):
            if address == mailbox:
                return position
        return len(self.desks)

    def target(self, mailbox: str) -> Target:
        """The promise of a mailbox; the default one where the config no longer knows it."""
        desk = self.desks.get(mailbox)
        return desk.target if desk else Target()

    def team(self, mailbox: str) -> str:
        """The team that answers for a mailbox; the address itself where the config no longer knows it."""
        desk = self.desks.get(mailbox)
        return desk.team if desk else mailbox

    def mailbox_of(self, address: str) -> str:
        """The mailbox behind an address, also behind an alias or with a detail; else the address as it is."""
        names = [self.aliases.get(spelling, spelling) for spelling in spellings(address)]
        return next((name for name in names if name in self.desks), address)

    def team_of(self, address: str) -> str:
        """The team behind an address: its mailbox's, or the one it owns; else no more than "a colleague" (no names)."""
        mailbox = self.mailbox_of(address)
        if mailbox in self.desks:
            return self.desks[mailbox].team
        owning = (team for who in spellings(address) for team, owners in self.owners.items() if who in owners)
        return next(owning, A_COLLEAGUE)

    def person_of(self, address: str) -> str:
        """The address at which somebody gets letters; empty where the config does not name them."""
        return next((who for who in spellings(address) if who in self.people), "")


def due_at(opened_at: datetime, target: Target) -> datetime:
    """When the promise runs out, in UTC. Never raises: the fold is total.

    A calendar that counts nothing for a whole year from there, which no config can rule out for every year to come,
    counts by the clock on the wall: nobody may wait for ever unseen.
    """
    try:
        return calendar.due_at(opened_at, target.reply_within, target.calendar)
    except ValueError:
        return opened_at + target.reply_within


def opened_by(due: datetime, target: Target) -> datetime:
    """A moment by which whatever falls due at `due` or later may have been opened, and nothing that falls due before
    need be looked for: at most a day too early."""
    opened = due - target.reply_within
    while due_at(opened, target) > due:
        opened -= timedelta(days=1)
    return opened
