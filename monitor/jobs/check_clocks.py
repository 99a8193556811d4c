"""FLOOR 2. What `check` says of the promises: which hours count, what is closed next, how long that is for people."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.config.closed_days import Holidays
from monitor.core.calendar import DAYS, Calendar
from monitor.core.durations import canonical
from monitor.core.house import Target, due_at
from monitor.core.moments import day_and_time
from monitor.core.promise import COUNTED, a_week_of, working_days
from monitor.jobs.check_fact import Fact

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST_NEXT = 3
FAR = 366
"""Days: so far ahead closed days are looked for."""


def clock_facts(settings: Settings, now: datetime) -> Iterator[Fact]:
    """Of each promise that the mailboxes make: its clock, its closed days, and a warning where it is longer than it
    sounds."""
    found: list[tuple[Target, list[str]]] = []
    for address, desk in settings.desks.items():
        same = next((mailboxes for target, mailboxes in found if target == desk.target), None)
        if same is None:
            found.append((desk.target, [address]))
        else:
            same.append(address)
    for target, mailboxes in found:
        subject = ", ".join(mailboxes) if len(found) > 1 else ""
        text = f"target {target.promise.words}, goal {target.goal:g}%; {COUNTED[target.calendar.mode]}"
        yield Fact("Configuration", "ok", subject, text)
        if target.calendar.mode != "elapsed":
            yield Fact("Configuration", "ok", subject, _closed(target.calendar, now))
        yield from _longer_than_it_sounds(target, subject, now)


def _closed(calendar: Calendar, now: datetime) -> str:
    """`closed Saturday, Sunday and the holidays of GB-ENG, 2 own dates; next 25 December (Christmas Day)`."""
    idle = [n for n in range(7) if calendar.mode == "office-hours" and not calendar.hours.get(n)]
    said = [DAYS[n] for n in sorted({*calendar.closed, *idle})]
    holidays = calendar.holidays
    if not isinstance(holidays, Holidays) or not holidays.sources:
        return f"closed on {_listed(said) or 'no day'}; no holidays are named"
    named = f"holidays of {', '.join(holidays.sources)}"
    coming = _next(holidays, now.astimezone(calendar.zone))
    return f"closed on {_listed([*said, named])}; next {', '.join(coming) or 'none within a year'}"


def _next(holidays: Holidays, now: datetime) -> list[str]:
    """The next of them, with their names; those closed in part are said so."""
    found = []
    days = (now.date() + timedelta(days=n) for n in range(FAR))
    for day in days:
        if holidays.get(day):
            notes = [note for note in (holidays.name(day), "" if day in holidays else "in part") if note]
            found.append(f"{day.day} {day:%B}" + (f" ({', '.join(notes)})" if notes else ""))
        if len(found) == MOST_NEXT:
            break
    return found


def _longer_than_it_sounds(target: Target, subject: str, now: datetime) -> Iterator[Fact]:
    """Who writes "24h" or "2d" thinks of days on the wall; of opening hours that is several days of work."""
    within, calendar = target.reply_within, target.calendar
    if calendar.mode != "office-hours" or within % DAY or not a_week_of(calendar):
        return
    days = working_days(within, calendar)
    if days * DAY <= within:
        return
    due = day_and_time(due_at(now, target), calendar.zone, now)
    week = canonical(a_week_of(calendar))
    text = f"{target.promise.words} are about {days:.2g} working days ({week} a week): what arrives now is due {due}"
    one_day = canonical(max(within / days // HOUR, 1) * HOUR)
    fix = f'if one working day is meant, write reply_within = "{one_day}"; for whole days clock = "open-days"'
    yield Fact("Configuration", "look", subject, text, fix)


def _listed(said: Sequence[str]) -> str:
    return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else "".join(said)
