"""FLOOR 3. `check` on the terminal: a line a fact, grouped, the fix beside it. Colour is never the only sign."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.config import Settings
from monitor.jobs.check_fact import Fact
from monitor.screen.output import Page

MARKS = {"ok": ("✓", "green"), "look": ("!", "yellow"), "fix": ("✗", "bold red")}
TEXTS = {"ok": "", "look": "yellow", "fix": "bold red"}
MOST_SUBJECT = 34
"""Columns: a longer subject stands before the text, and takes part in no column."""
NARROW = 100
"""On a terminal of fewer columns subjects have no column of their own."""


def page(facts: Sequence[Fact], settings: Settings) -> None:
    """All of them, and how many there are of each kind."""
    out = Page()
    for section in dict.fromkeys(fact.section for fact in facts):
        of_it = [fact for fact in facts if fact.section == section]
        where = f"  {settings.path}" if section == "Configuration" else ""
        out.print(Text.assemble((section, "bold"), (where, "dim")))
        columns = out.is_terminal and out.width >= NARROW
        out.print(*(_in_columns(of_it) if columns else _in_lines(of_it)), "")
    out.print(_summary(facts))


def _in_lines(facts: Sequence[Fact]) -> Iterator[RenderableType]:
    """`✓ subject  text`; what does not fit into the line stands below the text, not below the mark."""
    for fact in facts:
        sign, colour = MARKS[fact.mark]
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        said = Text.assemble((fact.subject, "bold"), "  " if fact.subject else "", (fact.text, TEXTS[fact.mark]))
        grid.add_row(Text(sign, style=colour), said)
        yield Padding(grid, (0, 0, 0, 2))
        if fact.fix:
            yield Padding(Text.assemble(("→ ", "dim"), (fact.fix, "cyan")), (0, 0, 0, 6))


def _in_columns(facts: Sequence[Fact]) -> Iterator[RenderableType]:
    """Subjects in a column of their own, each named once."""
    widths = [len(fact.subject) for fact in facts if len(fact.subject) <= MOST_SUBJECT]
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    if most := max(widths, default=0):
        grid.add_column(no_wrap=True, min_width=most + 1)
    grid.add_column(overflow="fold")
    before = ""
    for fact in facts:
        sign, colour = MARKS[fact.mark]
        fits = bool(most) and len(fact.subject) <= MOST_SUBJECT
        shown = fact.subject if fact.subject != before else ""
        before = fact.subject
        text = Text(fact.text if fits or not most else f"{shown}  {fact.text}".strip(), style=TEXTS[fact.mark])
        cells = [Text(shown if fits else "", style="bold")] if most else []
        grid.add_row(Text(sign, style=colour), *cells, text)
        if fact.fix:
            grid.add_row("", *([""] if most else []), Text.assemble(("→ ", "dim"), (fact.fix, "cyan")))
    yield Padding(grid, (0, 0, 0, 2))


def _summary(facts: Sequence[Fact]) -> Text:
    counts = {mark: sum(f.mark == mark for f in facts) for mark in MARKS}
    made = sum(f.changed for f in facts)
    changed = f"{made} {'folder was' if made == 1 else 'folders were'} made" if made else "No mailbox was changed"
    colour = {"fix": "bold red", "look": "bold yellow", "ok": "green"}
    boxes = [f for f in facts if f.section == "Mailboxes"]
    read = {f.subject for f in boxes if f.mark == "ok"}
    unread = list(dict.fromkeys(f.subject for f in boxes if f.mark == "fix" and f.subject not in read))
    until = f"\nUntil that is fixed, nobody is reminded about {', '.join(unread)}." if unread else ""
    return Text.assemble(
        (f"{counts['fix']} to fix", colour["fix"] if counts["fix"] else ""),
        ", ",
        (f"{counts['look']} to look at", colour["look"] if counts["look"] else ""),
        ", ",
        (f"{counts['ok']} fine", colour["ok"]),
        (f". {changed}.", "bold"),
        (until, "dim"),
    )
