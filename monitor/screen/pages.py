"""FLOOR 3. The pages on the terminal: who waits, one story, how everything is. Colour is never the only sign."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.config import Settings
from monitor.core.durations import short, words
from monitor.core.moments import since
from monitor.jobs.check import Fact
from monitor.jobs.health import Health
from monitor.screen.shapes import subject_of
from monitor.screen.telling import Told
from monitor.store.stories import Story, StoryWait

MARKS = {"ok": ("✓", "green"), "look": ("!", "yellow"), "fix": ("✗", "red")}
BAR = 12
SHOWN_IN_TIME = 8


def console() -> Console:
    """stdout, in colour where it is a terminal and NO_COLOR is not set; at least 100 columns where it is not one."""
    found = Console(highlight=False, emoji=False, markup=False)
    return (
        found if found.is_terminal else Console(highlight=False, emoji=False, markup=False, width=max(found.width, 120))
    )


def thread_list(stories: Iterable[Story], told: Told, everything: bool) -> None:
    """`threads`: who is past the target first, then who is still in time, next due first."""
    out = console()
    pairs = [(s, w) for s in stories for w in s.waits if w.state == "waiting"]
    late = sorted((p for p in pairs if told.is_late(p[1])), key=lambda p: p[1].due_at)
    in_time = sorted((p for p in pairs if not told.is_late(p[1])), key=lambda p: p[1].due_at)
    promise = words(told.settings.target.reply_within)
    out.print(_headline(len(pairs), len(late), promise), "")
    if late:
        out.print(Text(f"Past {promise}", style="bold red"))
        out.print(_wait_table(late, told, "Past by"), "")
    if in_time:
        out.print(Text("Still in time, next due first", style="bold"))
        out.print(_wait_table(in_time if everything else in_time[:SHOWN_IN_TIME], told, "Due"), "")
    more = 0 if everything else len(in_time) - SHOWN_IN_TIME
    if more > 0:
        out.print(Text(f"and {more} more, due later: inbox-monitor threads --all", style="dim"))
    out.print(Text(_known(told), style="dim"))


def _headline(waiting: int, late: int, promise: str) -> Text:
    if not waiting:
        return Text("Nobody is waiting.", style="bold")
    who = "1 person is waiting" if waiting == 1 else f"{waiting} people are waiting"
    if not late:
        return Text(f"{who}, nobody past {promise}.", style="bold")
    past = "past" if waiting == late == 1 else f"{late} of them past"
    return Text.assemble((f"{who}, ", "bold"), (f"{past} {promise}.", "bold red"))


def _wait_table(pairs: Sequence[tuple[Story, StoryWait]], told: Told, when: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("No.", justify="right", no_wrap=True)
    table.add_column("Waiting", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column(when, justify="right", no_wrap=True)
    table.add_column("Ball with", no_wrap=True, max_width=24)
    table.add_column("From", no_wrap=True, max_width=26)
    table.add_column("About", overflow="fold")
    for story, wait in pairs:
        late = told.is_late(wait)
        style = "red" if late else ""
        due = short(told.now - wait.due_at) if late else since(wait.due_at, told.settings.zone, told.now)
        about = Text(subject_of(story) or "(no subject)")
        for line in context(wait, told):
            about.append(f"\n{line}", style="yellow" if "not been told" in line else "dim")
        if claimed(story):
            about.append("\na reply in our name did not pass the sender check", style="yellow")
        waited = Text(short(told.now - wait.opened_at), style=f"bold {style}".strip())
        table.add_row(
            Text(str(story.number), style="bold"),
            waited,
            _bar(told.now - wait.opened_at, wait.due_at - wait.opened_at),
            Text(due, style=style),
            Text(ball(wait), style="cyan"),
            Text(wait.who.name or wait.who.address),
            about,
        )
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


def context(wait: StoryWait, told: Told) -> list[str]:
    """What happened since they wrote."""
    said = []
    if wait.chased_at:
        said.append(f"wrote again {since(wait.chased_at, told.settings.zone, told.now)}")
    if wait.handoff and wait.handoff.decided:
        said.append(f"{wait.handoff.from_team} has answered; the customer has not been told")
    elif wait.handoff:
        said.append(f"passed on from {wait.handoff.from_team} {since(wait.handoff.at, told.settings.zone, told.now)}")
    return said


def _known(told: Told) -> str:
    looks = {m: told.knowledge.as_of(m) for m in told.settings.desks}
    unknown = [m for m, look in looks.items() if look is None]
    if unknown:
        return f"Not known yet: {', '.join(unknown)} was never seen whole. Run: inbox-monitor run --once"
    oldest = min(looks, key=lambda m: looks[m] or told.now)
    look = since(looks[oldest] or told.now, told.settings.zone, told.now)
    return f"Known up to {look}, the oldest complete look ({oldest})."


def status(health: Health, settings: Settings, now: datetime) -> None:
    """`status`."""
    out = console()
    for m in health.mailboxes:
        mark, colour = MARKS["ok"] if m.state == "ok" else MARKS["fix"]
        known = f"known up to {since(m.as_of, settings.zone, now)}" if m.as_of else "never seen whole yet"
        line = f"{m.waiting} waiting, {m.late} late; {known}"
        out.print(Text.assemble((f"{mark} ", colour), (m.address, "bold"), f"  {line}"))
        if m.fault_text:
            out.print(Text(f"    {m.fault_text}", style="red"))
        if not m.replies_visible:
            out.print(Text("    no reply was ever seen here, so nobody is reminded", style="yellow"))
    box = health.outbox
    letters = (
        f"{box['pending']} letters wait, {box['sent']} sent, {box['withdrawn']} withdrawn, {box['refused']} refused"
    )
    mark, colour = MARKS["fix"] if health.letters_stuck else MARKS["ok"]
    out.print(Text.assemble((f"{mark} ", colour), ("outbox", "bold"), f"  {letters}"))
    for t in health.troubles[:10]:
        where = f"{t.mailbox} {t.folder} uid {t.uid}"
        out.print(Text.assemble(("! ", "yellow"), (where, "bold"), f"  {t.reason}"))
    if len(health.troubles) > 10:
        out.print(
            Text(f"  and {len(health.troubles) - 10} more mails that could not be read: status --json", style="dim")
        )


def check(facts: Sequence[Fact], settings: Settings) -> None:
    """`check`: a line a fact, the fix beside it."""
    out = console()
    section = ""
    for fact in facts:
        if fact.section != section:
            section = fact.section
            where = str(settings.path) if section == "Configuration" else ""
            out.print(
                Text.assemble(("\n" if fact is not facts[0] else "", ""), (section, "bold"), ("  " + where, "dim"))
            )
        mark, colour = MARKS[fact.mark]
        subject = f"{fact.subject}  " if fact.subject else ""
        out.print(Text.assemble((f"  {mark} ", colour), (subject, "bold"), fact.text))
        if fact.fix:
            out.print(Text(f"      {fact.fix}", style="yellow"))
    counts = {mark: sum(f.mark == mark for f in facts) for mark in MARKS}
    said = f"\n{counts['fix']} to fix, {counts['look']} to look at, {counts['ok']} fine. No mailbox was changed."
    out.print(Text(said, style="bold"))
