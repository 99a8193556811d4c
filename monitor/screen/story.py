"""FLOOR 3. `explain`: one conversation, every decision with the name of its rule."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from monitor.core.durations import short, words
from monitor.core.moments import short_day_and_time, since
from monitor.screen.chain import Chain, ended_by
from monitor.screen.output import Page
from monitor.screen.reasons import Line, act_line, message_lines, name_of, search_lines, wait_lines
from monitor.screen.shapes import mailboxes_of, subject_of
from monitor.screen.telling import Told
from monitor.screen.words import ENDED
from monitor.store.acts import StoryAct
from monitor.store.stories import Story, StoryMessage, StoryWait

MOST_WAITS = 3
"""So many waits are told with one message: a mail to a list may have been considered for many."""


class Block(NamedTuple):
    """Something that happened, and its lines; `at` None: no moment of the story."""

    at: datetime | None
    title: Text
    lines: Sequence[Line]


def explain(story: Story, only: StoryMessage | None, told: Told) -> None:
    """The whole conversation in order, or one message of it with its wait."""
    page, chain = Page(), Chain(story, told)
    page.print(_headline(story, told))
    page.print(Text(_below(story, told), style="dim"), "")
    if only is None:
        messages, waits = story.messages, story.waits
    else:
        messages = (only,)
        waits = tuple({part.wait.id: part.wait for part in chain.parts(only)}.values())[:MOST_WAITS]
    blocks = [Block(m.seen.received_at, _writer(m), message_lines(chain, m)) for m in messages]
    blocks += [event for wait in waits for event in _events(wait, chain)]
    blocks += [block for act in _said(chain, only, waits) for block in act_blocks(act, told)]
    blocks.sort(key=lambda block: block.at or told.now)
    for wait in waits:
        blocks.append(Block(None, _wait_title(wait), wait_lines(chain, wait, only is not None)))
        if wait.state == "waiting":
            title = Text("Looked for an answer, found none", style="bold")
            blocks.append(Block(None, title, search_lines(chain, wait)))
    _print(page, blocks, told)


def _headline(story: Story, told: Told) -> Text:
    waiting = [w for w in story.waits if w.state == "waiting"]
    if not waiting:
        return Text("Nobody is waiting here." if story.waits else "Nothing here wants a reply.", style="bold")
    wait, late = waiting[0], told.is_late(waiting[0])
    past = f", {short(told.now - wait.due_at)} past the target." if late else ", still in time."
    others = f" {len(waiting) - 1} more wait here." if len(waiting) > 1 else ""
    return Text.assemble(
        (f"{name_of(wait)} is waiting", "bold"),
        " to hear from ",
        (wait.team, "blue"),
        ": ",
        (words(told.now - wait.opened_at), "bold red" if late else "bold"),
        past + others,
    )


def _below(story: Story, told: Told) -> str:
    """Number, subject, mailboxes, and up to when we know."""
    said = [f"{story.number}  {subject_of(story) or '(no subject)'}", ", ".join(mailboxes_of(story, told.house))]
    looks = [told.as_of(wait) for wait in story.waits[-1:]]
    said += [f"known up to {since(look, told.settings.zone, told.now)}" for look in looks if look]
    return " · ".join(said)


def _writer(m: StoryMessage) -> Text:
    from_ = m.seen.message.from_
    return Text(f"{from_.name} <{from_.address}>" if from_.name else from_.address)


def _wait_title(wait: StoryWait) -> Text:
    state = wait.state.replace("_", " ")
    return Text.assemble((f"The wait of {name_of(wait)}", "bold"), f": {state}")


def _events(wait: StoryWait, chain: Chain) -> Iterable[Block]:
    """What happened to a wait beside messages."""
    told = chain.told
    if wait.state == "waiting" and told.is_late(wait):
        look = since(told.as_of(wait) or told.now, told.settings.zone, told.now)
        line = Line("past the target", "wait.due-before-as-of", f"known at the look of {look}")
        yield Block(wait.due_at, Text("target passed", style="bold red"), [line])
    if wait.answer is None and (ended := wait.answered_at or wait.closed_at):
        line = Line("ends the wait", ended_by(wait), ENDED.get(ended_by(wait), ""))
        yield Block(ended, Text(f"{name_of(wait)} waits no more"), [line])
    reminders = chain.reminders_of(wait)
    for moment in dict.fromkeys(r.moment for r in reminders):
        lines = [
            Line(f"letter {r.letter_state}", f"ladder.{r.step.partition('.')[0]}", f"to {r.recipient}")
            for r in reminders
            if r.moment == moment
        ]
        yield Block(moment, Text("reminder"), lines)


def _said(chain: Chain, only: StoryMessage | None, waits: Iterable[StoryWait]) -> Iterable[StoryAct]:
    """What was said by hand: of the whole conversation, or of the waits of one message."""
    return chain.story.acts if only is None else [act for wait in waits for act in chain.acts_of(wait)]


def act_blocks(act: StoryAct, told: Told) -> Iterable[Block]:
    """What somebody said by hand, and that it was taken back."""
    yield Block(act.at, Text(f"{act.who} said by hand"), [act_line(act, told)])
    if act.undone_at:
        line = Line("taken back", "act.undo", f"it counts no more: {act.kind} of {_at(act.at, told)}")
        yield Block(act.undone_at, Text(f"{act.undone_by} said by hand"), [line])


def _at(moment: datetime, told: Told) -> str:
    return since(moment, told.settings.zone, told.now)


def _print(page: Page, blocks: Sequence[Block], told: Told) -> None:
    """All blocks, their columns below each other."""
    lines = [line for block in blocks for line in block.lines]
    widths = [max((len(cell) for cell in column), default=0) for column in list(zip(*lines, strict=True))[:2]]
    for block in blocks:
        at = short_day_and_time(block.at, told.settings.zone, told.now) + "  " if block.at else ""
        page.print(Text.assemble((at, "bold"), block.title), _table(block.lines, widths), "")


def _table(lines: Sequence[Line], widths: Sequence[int]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=3)
    for width in widths:
        table.add_column(min_width=width, no_wrap=True)
    table.add_column(overflow="fold")
    for place, (what, rule, why) in enumerate(lines, 1):
        branch = "└──" if place == len(lines) else "├──"
        table.add_row(Text(branch, style="dim"), what, Text(rule, style="green"), Text(why, style="dim"))
    return table
