"""FLOOR 3. `explain`: one conversation, every decision with the name of its rule."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from monitor.core.durations import short, words
from monitor.core.moments import short_day_and_time, since
from monitor.screen.output import Page
from monitor.screen.shapes import mailboxes_of, subject_of
from monitor.screen.telling import Told
from monitor.store.stories import Story, StoryMessage, StoryReminder, StoryWait

Line = tuple[str, str, str]
"""What, which rule, why."""


def explain(story: Story, only: StoryMessage | None, told: Told) -> None:
    """The whole conversation, or one message of it."""
    page = Page()
    page.print(_headline(story, told))
    mailboxes = ", ".join(mailboxes_of(story, told.house))
    page.print(Text(f"{story.number}  {subject_of(story) or '(no subject)'} · {mailboxes}", style="dim"), "")
    reminders = told.reminders(story)
    for message in story.messages:
        if only is None or message.id == only.id:
            _block(page, _title(message, told), _lines(story, message, told))
    if only is None:
        for wait in story.waits:
            _wait(page, wait, [r for r in reminders if r.wait == wait.id], told)


def _headline(story: Story, told: Told) -> Text:
    waiting = [w for w in story.waits if w.state == "waiting"]
    if not waiting:
        return Text("Nobody is waiting here." if story.waits else "Nothing here wants a reply.", style="bold")
    wait = waiting[0]
    who = wait.who.name or wait.who.address
    past = f", {short(told.now - wait.due_at)} past the target." if told.is_late(wait) else ", still in time."
    waited = words(told.now - wait.opened_at)
    return Text.assemble(
        (f"{who} is waiting", "bold"),
        f" to hear from {wait.team}: ",
        (waited, "bold red" if told.is_late(wait) else "bold"),
        past,
    )


def _title(message: StoryMessage, told: Told) -> Text:
    at = short_day_and_time(message.seen.received_at, told.settings.zone, told.now)
    from_ = message.seen.message.from_
    return Text.assemble((at, "bold"), f"  {from_.name} <{from_.address}>" if from_.name else f"  {from_.address}")


def _lines(story: Story, message: StoryMessage, told: Told) -> list[Line]:
    staff = told.house.staff
    writer = staff.writer(message.seen.message).address
    ours = "is ours" if staff.is_ours(writer) else "is no address of ours"
    wants = "wants a reply" if message.wants_reply else "wants no reply"
    signals = "; ".join(message.signals) or "no sign of a machine"
    lines: list[Line] = [
        (message.direction, staff.why(writer), f"{writer} {ours}"),
        (wants, message.rule, signals),
        _joined(story, message),
    ]
    for wait in story.waits:
        if wait.opener == message.shown_id:
            due = since(wait.due_at, told.settings.zone, told.now)
            lines.append(
                (
                    "opens the wait",
                    "wait.oldest-unanswered",
                    f"due {due} (elapsed, {short(wait.due_at - wait.opened_at)})",
                )
            )
        if wait.answered_by == message.shown_id:
            kept = "in time" if told.met(wait) else "past the target"
            lines.append(("ends the wait", f"answer.{wait.evidence}", f"after {short(_length(wait))}, {kept}"))
    return lines


def _length(wait: StoryWait) -> timedelta:
    return (wait.answered_at or wait.opened_at) - wait.opened_at


def _joined(story: Story, message: StoryMessage) -> Line:
    rule = message.link
    what = "new conversation" if rule == "join.none" else "same conversation"
    names = message.seen.message.names
    why = {
        "join.none": "it names no message that we know of",
        "join.cited": "others name it",
    }.get(rule, f"names {names[0]}" if names else "")
    return what, rule, why


def _wait(page: Page, wait: StoryWait, reminders: Sequence[StoryReminder], told: Told) -> None:
    """What happened beside messages, in order of time."""
    events: list[tuple[datetime, Text, Line]] = []
    if wait.handoff:
        rule = "handoff.decided-not-told" if wait.handoff.decided else "handoff.other-team"
        title = Text(f"{wait.handoff.from_team} → {wait.handoff.to_team}", style="bold")
        events.append((wait.handoff.at, title, ("the ball moves", rule, "the clock does not")))
    if told.is_late(wait):
        look = since(told.as_of(wait) or told.now, told.settings.zone, told.now)
        line = ("past the target", "wait.due-before-as-of", f"known at the look of {look}")
        events.append((wait.due_at, Text("target passed", style="bold red"), line))
    for reminder in reminders:
        step = f"ladder.{reminder.step.partition('.')[0]}"
        line = (f"letter {reminder.letter_state}", step, f"to {reminder.recipient}")
        events.append((reminder.moment, Text("reminder", style="bold"), line))
    for moment, title, line in sorted(events, key=lambda event: event[0]):
        at = short_day_and_time(moment, told.settings.zone, told.now)
        _block(page, Text.assemble((f"{at}  ", "bold"), title), [line])


def _block(page: Page, title: Text, lines: Sequence[Line]) -> None:
    page.print(title)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=3)
    table.add_column(min_width=17, no_wrap=True)
    table.add_column(min_width=26, no_wrap=True)
    table.add_column(overflow="fold")
    for place, (what, rule, why) in enumerate(lines, 1):
        branch = "└──" if place == len(lines) else "├──"
        table.add_row(Text(branch, style="dim"), what, Text(rule, style="green"), Text(why, style="dim"))
    page.print(table, "")
