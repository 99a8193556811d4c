"""FLOOR 2. Letters as samples, made of what the store holds: what `preview` shows. Nothing is sent or remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.config import Settings
from monitor.core.report.week import Week
from monitor.jobs.hearers import hearers
from monitor.jobs.knowledge import Knowledge, know
from monitor.jobs.pages import reminder_page
from monitor.jobs.remind import new_letter, tag_for
from monitor.jobs.report import make, report_letter
from monitor.outbox.letters import Letters
from monitor.store.rehearsal import rehearsal
from monitor.store.reminding import NewLetter, WaitRow, due_between, latest_waits
from monitor.store.store import Store

FEW = 3
"""So many lines show what a reminder looks like, where nobody is late."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter as it would be sent; `note` says what is not so in truth, empty where nothing is."""

    letter: NewLetter
    note: str = ""


def sample_reminder(store: Store, settings: Settings, letters: Letters, recipient: str, now: datetime) -> Sample | None:
    """The reminder for somebody, of who is late now; None where the store knows of nobody who ever waited."""
    with rehearsal(store) as stage:
        knowledge = know(stage, settings, now)
        waits, note = _whom(stage, settings, knowledge, recipient, now)
        if not waits:
            return None
        obligation = f"sample {now}"
        tag = tag_for(stage, settings, "reminder", recipient, obligation)
        reached = hearers(stage, settings, now)
        rendered = letters.render_reminder(
            reminder_page(settings, knowledge, recipient, waits, now, reached=reached, tag=tag)
        )
        return Sample(new_letter(stage, settings, "reminder", recipient, obligation, rendered, now), note)


def sample_report(
    store: Store, settings: Settings, letters: Letters, recipient: str, week: Week, now: datetime
) -> Sample | None:
    """The report of a week as it stands; None where no mailbox was ever read to its end."""
    with rehearsal(store) as stage:
        knowledge = know(stage, settings, now)
        if all(view.as_of is None for view in knowledge.views.values()):
            return None
        made = make(stage, settings, knowledge, week, now)
        note = "" if made.cohort else f"nobody's time ran out in {week.name}, so it has little to tell"
        return Sample(report_letter(stage, settings, letters, made, recipient, f"sample {now}", now), note)


def _whom(
    store: Store, settings: Settings, knowledge: Knowledge, recipient: str, now: datetime
) -> tuple[Sequence[WaitRow], str]:
    """Who stands in the sample, most overdue first, and what is to be said of that."""
    own = [m for m, desk in settings.desks.items() if recipient in settings.owners.get(desk.team, ())]
    mailboxes = set(own or settings.desks) & knowledge.views.keys()
    awake = [w for w in due_between(store, None, now) if w.snoozed_until is None or w.snoozed_until <= now]
    late = [w for w in awake if not mailboxes.isdisjoint(w.mailboxes)]
    if late:
        return late, ""
    few = latest_waits(store, mailboxes, FEW)
    return few, "nobody waits past the target; the sample shows who wrote last, answered or not"
