"""FLOOR 3. The pages on the terminal: who waits, one story, how everything is. Colour is never the only sign."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.config import Settings
from monitor.core.blind import said
from monitor.core.durations import short, words
from monitor.core.moments import since
from monitor.core.promise import the_one
from monitor.jobs.health import Health, MailboxHealth
from monitor.screen import sharing
from monitor.screen.chain import is_missing
from monitor.screen.output import Page
from monitor.screen.shapes import subject_of
from monitor.screen.telling import Chosen, Told
from monitor.store.stories import Story, StoryWait, closers

MARKS = {"ok": ("✓", "green"), "look": ("!", "yellow"), "fix": ("✗", "red")}
BAR = 12
SHOWN_IN_TIME = 8
MOST_THANKED = 12
RIGHT = ("No.", "Waiting", "When")
MOST = {"Ball with": 24, "From": 26}
"""Columns of text that anybody may choose the length of."""

ROOM_FOR = {"From": 120, "": 90}
"""What is left out on a terminal of fewer columns."""


def thread_list(stories: Chosen, told: Told, everything: bool) -> None:
    """`threads`: who is past the target first, then who is still in time, next due first."""
    page = Page()
    pairs = [(s, w) for s in stories for w in s.waits if w.state == "waiting"]
    late = sorted((p for p in pairs if told.is_late(p[1])), key=lambda p: p[1].due_at)
    in_time = sorted((p for p in pairs if not told.is_late(p[1])), key=lambda p: p[1].due_at)
    shown = in_time if everything else in_time[:SHOWN_IN_TIME]
    one = the_one(desk.target.promise for desk in told.house.desks.values())
    promise = one.words if one else "the target"
    page.print(_headline(len(pairs), len(late), promise), "")
    rows = [[_row(story, wait, told, page.width) for story, wait in part] for part in (late, shown)]
    widths = _widths([row for part in rows for row in part])
    if late:
        page.print(Text(f"Past {promise}", style="bold red"), _wait_table(rows[0], "Past by", widths), "")
    if in_time:
        page.print(Text("Still in time, next due first", style="bold"), _wait_table(rows[1], "Due", widths), "")
    if len(shown) < len(in_time):
        more = f"and {len(in_time) - len(shown)} more, due later: inbox-monitor threads --all"
        page.print(Text(more, style="dim"))
    if thanked := closers(told.store, stories.mailbox):
        page.print(Text(_thanked(thanked), style="dim"))
    if pairs:
        first = (late or in_time)[0][0].number
        page.print(Text.assemble(("one story: ", "dim"), (f"inbox-monitor explain {first}", "cyan")))
    page.print(Text(_known(told), style="dim"))


def _headline(waiting: int, late: int, promise: str) -> Text:
    if not waiting:
        return Text("Nobody is waiting.", style="bold")
    who = "1 person is waiting" if waiting == 1 else f"{waiting} people are waiting"
    if not late:
        return Text(f"{who}, nobody past {promise}.", style="bold")
    past = "past" if waiting == late == 1 else f"{late} of them past"
    return Text.assemble((f"{who}, ", "bold"), (f"{past} {promise}.", "bold red"))


def _row(story: Story, wait: StoryWait, told: Told, width: int) -> dict[str, Text]:
    """The cells of one wait, by their heads; fewer of them where there is little room."""
    late = told.is_late(wait)
    style = "red" if late else ""
    due = short(told.now - wait.due_at) if late else since(wait.due_at, told.settings.zone, told.now)
    about = Text(subject_of(story) or "(no subject)")
    for line in context(story, wait, told):
        about.append(f"\n{line}", style="yellow" if "not been told" in line else "dim")
    if claimed(story):
        about.append("\na reply in our name did not pass the sender check", style="yellow")
    row = {
        "No.": Text(str(story.number), style="bold"),
        "Waiting": Text(short(told.now - wait.opened_at), style=f"bold {style}".strip()),
        "": _bar(told.now - wait.opened_at, wait.due_at - wait.opened_at),
        "When": Text(due, style=style),
        "Ball with": Text(ball(wait), style="cyan"),
        "From": Text(wait.who.name or wait.who.address),
        "About": about,
    }
    hidden = [head for head, wanted in ROOM_FOR.items() if width < wanted]
    return {head: cell for head, cell in row.items() if head not in hidden}


def _widths(rows: Sequence[dict[str, Text]]) -> dict[str, int]:
    """How wide each column must be, so that both tables stand below each other."""
    heads = rows[0] if rows else {}
    return {head: min(max(row[head].cell_len for row in rows), MOST.get(head, 99)) for head in heads if head != "About"}


def _wait_table(rows: Sequence[dict[str, Text]], when: str, widths: dict[str, int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in rows[0]:
        title = when if head == "When" else head
        if head == "About":
            table.add_column(title, overflow="fold")
        else:
            side: Literal["left", "right"] = "right" if head in RIGHT else "left"
            table.add_column(
                title, justify=side, no_wrap=True, min_width=max(widths[head], len(title)), max_width=MOST.get(head)
            )
    for row in rows:
        table.add_row(*row.values())
    return table


def _bar(waited: timedelta, promise: timedelta) -> Text:
    """How much of the promise is used; what is past it is drawn in another sign too, not only in red."""
    share = waited / promise if promise else 1.0
    if share <= 1:
        used = int(share * BAR)
        return Text.assemble(("━" * used, "green"), ("─" * (BAR - used), "dim"))
    inside = max(1, int(BAR / share))
    return Text.assemble(("━" * inside, "green"), ("╍" * (BAR - inside), "red"))


def ball(wait: StoryWait) -> str:
    """The team that holds the question: its own, or the one it was passed to."""
    return wait.handoff.to_team if wait.handoff and not wait.handoff.decided else wait.team


def claimed(story: Story) -> bool:
    """Whether a reply in our name came that did not pass the sender check."""
    return any(m.rule == "claimed.dmarc-fail" for m in story.messages)


def context(story: Story, wait: StoryWait, told: Told) -> list[str]:
    """What happened since they wrote."""
    said = []
    if wait.chased_at:
        said.append(f"wrote again {since(wait.chased_at, told.settings.zone, told.now)}")
    if wait.handoff and wait.handoff.decided:
        said.append(f"{wait.handoff.from_team} has answered; the customer has not been told")
    elif wait.handoff:
        how = f"given to {wait.handoff.person}, by" if wait.handoff.person else "passed on from"
        said.append(f"{how} {wait.handoff.from_team} {since(wait.handoff.at, told.settings.zone, told.now)}")
    if wait.snoozed_until and wait.snoozed_until > told.now:
        said.append(f"snoozed: quiet until {since(wait.snoozed_until, told.settings.zone, told.now)}")
    if is_missing(story, wait):
        said.append("it is no longer in the mailbox")
    if wait.low_urgency:
        said.append("short: perhaps only a thank-you")
    return said


def _thanked(numbers: Sequence[int]) -> str:
    """The conversations that a word of thanks has probably closed, newest first."""
    named = ", ".join(map(str, numbers[:MOST_THANKED]))
    more = f" and {len(numbers) - MOST_THANKED} more" if len(numbers) > MOST_THANKED else ""
    return f"{len(numbers)} probably closed (only a thank-you): {named}{more}"


def _known(told: Told) -> str:
    looks = {m: told.knowledge.as_of(m) for m in told.settings.desks}
    unknown = [m for m, look in looks.items() if look is None]
    if unknown:
        was = "was" if len(unknown) == 1 else "were"
        return f"Not known yet: {', '.join(unknown)} {was} never seen whole. Run: inbox-monitor run --once"
    oldest = min(looks, key=lambda m: looks[m] or told.now)
    look = since(looks[oldest] or told.now, told.settings.zone, told.now)
    return f"Known up to {look}, the oldest complete look ({oldest})."


def status(health: Health, settings: Settings, now: datetime) -> None:
    """`status`."""
    page = Page()
    for m in health.mailboxes:
        known = f"known up to {since(m.as_of, settings.zone, now)}" if m.as_of else "never seen whole yet"
        line = f"{m.waiting} waiting, {m.late} late; {known}"
        line += sharing.read_by(health.standing.holder(m.address), settings.zone, now)
        page.print(_fact("ok" if m.state == "ok" and not m.held else "fix", m.address, Text(line)))
        if m.fault_text:
            page.print(_below(m.fault_text, "red"))
        if m.invisible.k:
            stopped = ", so nobody is reminded" if m.invisible.too_many and not m.replies_visible else ""
            said = f"{m.invisible.words} of the replies that people answered were never seen{stopped}"
            page.print(_below(said, "yellow"))
        if not m.replies_visible and not m.invisible.too_many:
            page.print(_below("no reply was ever seen here, so nobody is reminded", "yellow"))
        for line in _doubts(m, settings, now):
            page.print(_below(line, "yellow"))
    if health.ear:
        heard = f"heard up to {since(health.ear.as_of, settings.zone, now)}" if health.ear.as_of else "never heard yet"
        line = f"commands are heard here; {heard}"
        page.print(_fact("ok" if health.ear.state == "ok" else "fix", health.ear.address, Text(line)))
        if health.ear.fault_text:
            page.print(_below(health.ear.fault_text, "red"))
    for mark, who, does in sharing.lines(health.standing, settings.zone, now):
        page.print(_fact(mark, who, Text(does)))
    if health.store_fault:
        page.print(_fact("fix", "store", Text(health.store_fault)))
    box = health.outbox
    letters = (
        f"{box['pending']} letters wait, {box['sent']} sent, {box['withdrawn']} withdrawn, {box['refused']} refused"
    )
    page.print(_fact("fix" if health.letters_stuck else "ok", "outbox", Text(letters)))
    for who, end in health.latched.items():
        said = f"got too many letters for hours, so no more before {since(end, settings.zone, now)}"
        page.print(_fact("fix", who, Text(said)))
    for t in health.troubles[:10]:
        page.print(_fact("look", f"{t.mailbox} {t.folder} uid {t.uid}", Text(t.reason)))
    if len(health.troubles) > 10:
        more = f"  and {len(health.troubles) - 10} more mails that could not be read: status --json"
        page.print(Text(more, style="dim"))
    for s in health.suggestions[:10]:
        answered = f"{s.address} answered {s.conversations} conversations of {s.mailbox}: add to people under [staff]?"
        page.print(_fact("look", "", Text(answered)))


def _doubts(m: MailboxHealth, settings: Settings, now: datetime) -> Iterator[str]:
    if m.held:
        until = since(m.held.until, settings.zone, now)
        share = f"{m.held.late} of {m.held.n} became late at once, usually {m.held.usual_percent}%"
        yield f"{share}; its reminders are held until {until}, or until a reply is seen"
    if m.ahead:
        yield f"the clock of its server is {words(m.ahead)} ahead of ours: look at the clock of this machine"
    if m.blind and (sentence := said(m.blind, settings.zone)):
        yield f"in the last seven days {sentence}"


def _fact(mark: str, subject: str, text: Text) -> Table:
    """`✓ subject  text`; what does not fit into the line stands below the text, not below the mark."""
    sign, colour = MARKS[mark]
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(sign, style=colour), Text.assemble((subject, "bold"), "  " if subject else "", text))
    return grid


def _below(text: str, style: str, indent: int = 4) -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, indent))
