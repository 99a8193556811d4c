"""FLOOR 2. Who hears of a wait: its owners, those who hold the ball, whoever stands in for them; and when they may."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.config import Settings
from monitor.core import absence, sending
from monitor.core.wait import Handoff
from monitor.store.absences import automatic_replies
from monitor.store.store import Store

SOON = sending.EARLIEST + sending.LAST_HOUR
"""A warning may come so much before its moment."""


@dataclass(frozen=True, slots=True)
class Hearers:
    """Whom letters reach at `now` (UTC), by the config and by automatic replies (`replied`: when each of them came)."""

    settings: Settings
    now: datetime
    replied: Mapping[str, datetime] = field(default_factory=dict)

    def is_open(self, address: str) -> bool:
        """Whether a letter may go to them now."""
        return sending.is_open(self.settings.person(address).calendar, self.now)

    def opens(self, address: str, moment: datetime) -> datetime:
        """When a letter may next go to them, from `moment` on."""
        return sending.opens(self.settings.person(address).calendar, moment)

    def asleep(self) -> list[str]:
        """All whose window is closed now."""
        return [address for address in _everybody(self.settings) if not self.is_open(address)]

    def is_away(self, address: str, moment: datetime) -> bool:
        """Whether somebody is away at a moment, as far as is known now."""
        person = self.settings.person(address)
        return absence.is_away(person, self.settings.zone, self.replied.get(address), moment)

    def hears(self, recipients: Sequence[str]) -> dict[str, str]:
        """Who gets it now for each of them (absence.hearers)."""
        return self.hears_at(recipients, self.now)

    def hears_at(self, recipients: Sequence[str], moment: datetime) -> dict[str, str]:
        """The same at another moment."""
        return absence.hearers(recipients, self.settings.person, lambda address: self.is_away(address, moment))

    def warns(self, address: str, moment: datetime, due_at: datetime) -> datetime:
        """When a step that falls due at `moment` goes to them: before that only a warning that is soon due."""
        if not self.now < moment < min(due_at, self.now + SOON):
            return moment
        return sending.warns(self.settings.person(address).calendar, moment, due_at)

    def name(self, address: str) -> str:
        """What colleagues call them."""
        return self.settings.person(address).name or address


def hearers(store: Store, settings: Settings, now: datetime) -> Hearers:
    """Whom letters reach now."""
    house = settings.house(store.letter_key)
    return Hearers(settings, now, automatic_replies(store, _everybody(settings), house, now))


def _everybody(settings: Settings) -> list[str]:
    """Who may get letters about people who wait."""
    return sorted(settings.recipients["reminder"])


def owners_at(mailboxes: Iterable[str], handoff: Handoff | None, settings: Settings) -> list[str]:
    """Who is reminded of a wait in these mailboxes: their owners, and those who hold the ball."""
    owners = [o for m in mailboxes if m in settings.desks for o in settings.owners.get(settings.desks[m].team, ())]
    return list(dict.fromkeys([*owners, *holders(handoff, settings)]))


def holders(handoff: Handoff | None, settings: Settings) -> tuple[str, ...]:
    """Who has the ball after a handoff: the owners of the team, and the person by name; nobody new once decided."""
    if handoff is None or handoff.decided:
        return ()
    person = handoff.person if handoff.person and handoff.person in settings.recipients["reminder"] else ""
    return (*((person,) if person else ()), *settings.owners.get(handoff.to_team, ()))
