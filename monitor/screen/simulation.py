"""FLOOR 3. `simulate` on the terminal and as JSON: what would have been sent and reported, beside what is so now."""

from collections.abc import Callable, Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from monitor.core.durations import words
from monitor.core.moments import short_day_and_time, utc
from monitor.core.report.as_json import share_json
from monitor.core.simulation_figures import Daily, FalseAlarm, Kept, Outcome, Span
from monitor.jobs.simulate import Simulated
from monitor.screen.output import Page

MOST_SHOWN = 20
"""Conversations in the list of false alarms; JSON has all of them."""
HEADS = ("With these settings", "Now")
CLOSED = {"no_reply_needed": "no reply needed", "spam": "moved to Junk", "deleted": "deleted"}


def simulation(done: Simulated) -> None:
    """The answer in one sentence, both sides beside each other, the false alarms, and what was taken as given."""
    page = Page()
    page.print(Text(headline(done), style="bold"), "")
    page.print(_table(done), "")
    if done.after.false_alarms:
        page.print(*_false_alarms(done.after, done.span), "")
    for line in _given(done):
        page.print(Text(line, style="dim"))


def headline(done: Simulated) -> str:
    """The sentence that answers."""
    after, before = done.after, done.before
    letters = _count(after.total.letters, "reminder letter")
    if not done.changed:
        return f"With the settings as they are {letters} would have gone out {_time(done)}; {_promise(after)}."
    if after == before:
        return f"These settings change nothing {_time(done)}: {letters}; {_promise(after)}."
    now = _kept(before.overall) if before.overall.rate.n else "none ran out"
    return (
        f"With these settings {letters} would have gone out {_time(done)} (now: {before.total.letters}); "
        f"{_promise(after)} (now: {now})."
    )


def _promise(outcome: Outcome) -> str:
    if not outcome.overall.rate.n:
        return "no promise would have run out"
    of = " of the" if outcome.overall.rate.percent is not None else ""
    return f"{_kept(outcome.overall)}{of} waits would have kept the promise"


def _time(done: Simulated) -> str:
    span = done.span
    days = len(span.days)
    if span.letters_from > span.start:
        return f"in the {_count(days, 'day')} since the first look"
    weeks = (days - 1) // 7
    return f"in {_count(weeks, 'week')}"


def _table(done: Simulated) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", overflow="fold")
    sides = (done.after, done.before) if done.changed else (done.before,)
    for head in HEADS if done.changed else HEADS[1:]:
        table.add_column(head, overflow="fold")

    def row(label: str, of: Callable[[Outcome], str], style: str = "") -> None:
        table.add_row(Text(label, style=style), *(of(side) for side in sides))

    def part(title: str) -> None:
        table.add_row("")
        table.add_row(Text(title, style="bold"))

    row("Letters", lambda o: str(o.total.letters), "bold")
    row("  on a typical day", lambda o: f"{o.total.typical:g}")
    row("  most on one day", lambda o: _most(o.total))
    part("Letters to")
    for who in _merged(sides, lambda o: [r.recipient for r in o.recipients]):
        row(f"  {who}", lambda o, who=who: _to(o, who))  # type: ignore[misc]
    part("Reminders by step")
    for step in _merged(sides, lambda o: [name for name, _ in o.steps]):
        row(f"  {step}", lambda o, step=step: str(dict(o.steps).get(step, 0)))  # type: ignore[misc]
    row("  false alarms", lambda o: f"{o.idle} of {o.reminders}" if o.reminders else "none")
    part("Kept the promise")
    for team in _merged(sides, lambda o: [kept.team for kept in o.teams]):
        row(f"  {team}", lambda o, team=team: _team(o, team))  # type: ignore[misc]
    row("  all", lambda o: _of(o.overall))
    row("  late", lambda o: str(o.overall.late))
    row("  waiting past it now", lambda o: str(o.overall.late_now))
    return table


def _merged(sides: tuple[Outcome, ...], names: Callable[[Outcome], list[str]]) -> list[str]:
    return list(dict.fromkeys(name for side in reversed(sides) for name in names(side)))


def _to(outcome: Outcome, recipient: str) -> str:
    found = next((r for r in outcome.recipients if r.recipient == recipient), None)
    return f"{found.letters}; typical day {found.typical:g}, most {_most(found)}" if found else "none"


def _most(daily: Daily) -> str:
    return f"{daily.most} ({daily.busiest:%a} {daily.busiest.day} {daily.busiest:%b})" if daily.busiest else "none"


def _team(outcome: Outcome, team: str) -> str:
    return next((_of(kept) for kept in outcome.teams if kept.team == team), "")


def _of(kept: Kept) -> str:
    """`91% (41 of 45)`; under ten only `5 of 7`."""
    rate = kept.rate
    if not rate.n:
        return "none due"
    counted = f"{rate.k} of {rate.n}"
    return counted if rate.percent is None else f"{rate.percent}% ({counted})"


def _kept(kept: Kept) -> str:
    return f"{kept.rate.k} of {kept.rate.n}" if kept.rate.percent is None else f"{kept.rate.percent}%"


def _false_alarms(outcome: Outcome, span: Span) -> Iterator[Text | Table]:
    alarms = outcome.false_alarms
    yield Text("False alarms: answered within an hour after the reminder, or closed later", style="bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("No.", "Team", "Reminded", "Then"):
        table.add_column(head, justify="right" if head == "No." else "left", overflow="fold")
    for alarm in alarms[:MOST_SHOWN]:
        table.add_row(str(alarm.number), alarm.team, _reminded(alarm, span), _then(alarm, span))
    yield table
    if len(alarms) > MOST_SHOWN:
        yield Text(f"and {len(alarms) - MOST_SHOWN} more: simulate --json", style="dim")


def _reminded(alarm: FalseAlarm, span: Span) -> str:
    first = short_day_and_time(alarm.reminded[0], span.zone, span.end)
    more = len(alarm.reminded) - 1
    return f"{first} (+{more})" if more else first


def _then(alarm: FalseAlarm, span: Span) -> str:
    how = CLOSED.get(alarm.evidence) or CLOSED.get(alarm.why, alarm.why)
    return f"{how} {short_day_and_time(alarm.ended_at, span.zone, span.end)}"


def _given(done: Simulated) -> Iterator[str]:
    """What the figures rest on."""
    span = done.span
    start, end = (short_day_and_time(moment, span.zone, span.end) for moment in (span.start, span.end))
    other = f" ({words(done.looks_every_after)} with these settings)"
    rhythm = words(done.looks_every) + (other if done.looks_every_after != done.looks_every else "")
    yield (
        f"Played over what the store holds from {start} to {end}, a look every {rhythm}. "
        "Every look is taken to have been complete, and every reply to have been seen when it came."
    )
    if span.letters_from > span.start:
        look = short_day_and_time(done.first_look, span.zone, span.end)
        yield f"The first complete look was on {look}: letters count from there, and who was overdue then is left out."
    if done.history_from is not None:
        back = short_day_and_time(done.history_from, span.zone, span.end)
        yield f"Mail was read back to {back}; nothing is known before."
    yield f"Really sent in that time, by the settings and the looks of the day: {_count(done.really_sent, 'letter')}."
    if done.changed and done.after == done.before:
        yield "Played are reminders and the promise; when the report goes out and what letters look like are not."
    if done.unwatched:
        yield f"No reply was ever seen from {', '.join(done.unwatched)}, so nobody is reminded of its mail."
    if done.hidden:
        hidden = ", ".join(done.hidden)
        yield f"Too many replies from {hidden} are not seen now: in truth nobody is reminded of its mail."


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def simulation_json(done: Simulated) -> dict[str, Any]:
    """Every figure, with k and n beside each percentage."""
    return {
        "from": utc(done.span.start),
        "to": utc(done.span.end),
        "letters_from": utc(done.span.letters_from),
        "first_look": utc(done.first_look),
        "history_from": utc(done.history_from),
        "looks_every_seconds": int(done.looks_every.total_seconds()),
        "looks_every_seconds_after": int(done.looks_every_after.total_seconds()),
        "changed": done.changed,
        "really_sent": done.really_sent,
        "no_reply_ever_seen": list(done.unwatched),
        "replies_hidden": list(done.hidden),
        "before": _outcome_json(done.before),
        "after": _outcome_json(done.after),
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    return {
        **_daily_json(outcome.total),
        "recipients": [{"recipient": each.recipient, **_daily_json(each)} for each in outcome.recipients],
        "reminders": outcome.reminders,
        "steps": [{"step": step, "reminders": count} for step, count in outcome.steps],
        "kept": _kept_json(outcome.overall),
        "teams": [{"team": kept.team, **_kept_json(kept)} for kept in outcome.teams],
        "false_alarms": {
            "k": outcome.idle,
            "n": outcome.reminders,
            "conversations": [_alarm_json(alarm) for alarm in outcome.false_alarms],
        },
    }


def _daily_json(daily: Daily) -> dict[str, Any]:
    return {
        "letters": daily.letters,
        "days": daily.days,
        "typical_a_day": daily.typical,
        "most_a_day": daily.most,
        "busiest_day": daily.busiest.isoformat() if daily.busiest else None,
    }


def _kept_json(kept: Kept) -> dict[str, Any]:
    return {
        **share_json(kept.rate),
        "interval": list(kept.interval) if kept.interval else None,
        "goal": kept.rate.goal,
        "late": kept.late,
        "late_now": kept.late_now,
    }


def _alarm_json(alarm: FalseAlarm) -> dict[str, Any]:
    return {
        "number": alarm.number,
        "team": alarm.team,
        "mailbox": alarm.mailbox,
        "reminded": [utc(moment) for moment in alarm.reminded],
        "ended_at": utc(alarm.ended_at),
        "state": alarm.why,
        "evidence": alarm.evidence,
    }
