"""FLOOR 2. The sheet for the cross-team meeting: a month's longest waits, and where their time went; on request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.config import Settings
from monitor.core.blind import clipped
from monitor.core.calendar import Calendar
from monitor.core.report.as_csv import report_csv
from monitor.core.report.figures import WaitFacts
from monitor.core.report.month import Month
from monitor.core.report.month_sheet import MonthFacts, month_facts
from monitor.core.said import say
from monitor.jobs.claims import Claims
from monitor.jobs.knowledge import Knowledge, blind_so_far
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import Attachment, Letters
from monitor.store.reminding import NewLetter, Notice
from monitor.store.reporting import due_in
from monitor.store.store import Store


@dataclass(frozen=True, slots=True)
class MadeMonth:
    """A sheet's facts, and the waits behind them."""

    facts: MonthFacts
    cohort: Sequence[WaitFacts]
    calendars: Mapping[str, Calendar]
    """By mailbox."""

    def csv(self) -> str:
        """Every wait whose target ran out in the month."""
        return report_csv(self.cohort, self.calendars)


def make_month(store: Store, settings: Settings, knowledge: Knowledge, month: Month, now: datetime) -> MadeMonth:
    """The sheet of a month as it stands at `now`; a month that is not over is told as far as it is known."""
    cohort = due_in(store, month.start, min(month.end, max(month.start, now)), knowledge.as_of_all)
    blind = clipped(blind_so_far(store, knowledge, settings.desks, month.start, now), month.start, month.end)
    facts = month_facts(
        cohort,
        organisation=settings.organisation,
        month=month,
        made_at=now,
        as_of=knowledge.as_of_all(settings.desks),
        promises=tuple(dict.fromkeys(desk.target.promise for desk in settings.desks.values())),
        teams=settings.teams,
        blind=blind,
    )
    return MadeMonth(facts, cohort, {address: desk.target.calendar for address, desk in settings.desks.items()})


def ask_for_month(
    store: Store, settings: Settings, letters: Letters, claims: Claims, made: MadeMonth, now: datetime
) -> None:
    """Put a sheet into the outbox for everybody who gets the report: somebody asked for it."""
    to = settings.report.to if settings.report else ()
    obligation = f"{made.facts.month.name} asked for at {now.isoformat()}"
    found = [(one, _letter(store, settings, letters, made, one, obligation, now)) for one in to]
    claims.notices([Notice("report", (obligation,), recipient, letter) for recipient, letter in found], now)


def _letter(
    store: Store, settings: Settings, letters: Letters, made: MadeMonth, recipient: str, obligation: str, now: datetime
) -> NewLetter:
    """The sheet as it goes to one recipient, with the waits behind it as a file."""
    name = f"{made.facts.month.name}.csv"
    why = say("You are on the list for the weekly report of %(organisation)s.", organisation=settings.organisation)
    rendered = letters.render_month(made.facts, why, name, settings.language_of(recipient))
    return new_letter(store, settings, "report", recipient, obligation, rendered, now, [Attachment(name, made.csv())])
