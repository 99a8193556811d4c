"""GROUND. The house as the rules see it: who is staff, which mailboxes there are, what they promise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from monitor.core.staff import Staff


@dataclass(frozen=True, slots=True)
class Target:
    """The promise: a reply within this time. `goal` is the percentage of waits that should keep it."""

    reply_within: timedelta = timedelta(hours=24)
    goal: float = 90.0
    clock: Literal["elapsed"] = "elapsed"


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

    def team_of(self, address: str) -> str:
        """The team behind an address: its mailbox's, or the one it owns; else no more than "a colleague" (no names)."""
        if address in self.desks:
            return self.desks[address].team
        return next((team for team, owners in self.owners.items() if address in owners), "a colleague")


def due_at(opened_at: datetime, target: Target) -> datetime:
    """When the promise runs out, in UTC. The `elapsed` clock never stops: nights and weekends count."""
    return opened_at + target.reply_within
