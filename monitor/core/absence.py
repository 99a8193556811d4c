"""GROUND. Who is away, and who gets their reminders meanwhile. Nobody is missed: in doubt they go to who is away."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.people import Person

LONGEST = timedelta(days=7)
"""How long an automatic reply proves an absence. A responder answers the same sender again after seven days (RFC 5230
§4.1, the default of :days), so who is written to and still away says so again; longer silence says nothing."""

_RULES = ("auto-submitted", "autoreply-field", "precedence", "null-return-path", "weak-signs", "quick-reply")
RESPONDERS = frozenset({"automatic.answers-letter", *(f"automatic.{rule}" for rule in _RULES)})
_NO_ABSENCE = ("calendar ", "content-class: calendar", "content-type: multipart/report")
"""Signs of a machine that answers for somebody at their desk: invitations accepted, receipts of what was read."""


def says_away(rule: str, signals: Collection[str], answers: bool) -> bool:
    """Whether an automatic mail in a person's name, judged by `rule`, says that they are away.

    It must answer something (RFC 3834 §3.1.5: a response names what it answers) or call itself a reply (§5); what a
    script sends in their name does neither.
    """
    seen = [signal.lower() for signal in signals]
    if rule not in RESPONDERS or any(signal.startswith(_NO_ABSENCE) for signal in seen):
        return False
    return answers or "auto-submitted: auto-replied" in seen


def is_away(person: Person, zone: ZoneInfo, replied: datetime | None, moment: datetime) -> bool:
    """Whether somebody is away at a moment: by their calendar's days, else the house's `zone`.

    `replied`: when their last automatic reply came that no mail by their own hand has followed.
    """
    day = moment.astimezone(person.calendar.zone if person.calendar else zone).date()
    if any(away.first <= day <= away.last for away in person.away):
        return True
    return replied is not None and replied <= moment < replied + LONGEST


def hearers(recipients: Sequence[str], person: Callable[[str], Person], away: Callable[[str], bool]) -> dict[str, str]:
    """Of those who are to hear of something: who gets it for each of them, themselves or a substitute.

    Who is away and has no substitute at work is left out, for they shall hear on their return; but where nobody would
    be left, all of them get it.
    """
    found = {r: via for r in recipients if (via := _at_work(r, person, away)) is not None}
    return found or {r: r for r in recipients}


def _at_work(address: str, person: Callable[[str], Person], away: Callable[[str], bool]) -> str | None:
    """They themselves, or the first of their substitutes who is not away; substitutes may go round in a ring."""
    asked: set[str] = set()
    at: str | None = address
    while at is not None and at not in asked and away(at):
        asked.add(at)
        at = person(at).substitute
    return None if at in asked else at
