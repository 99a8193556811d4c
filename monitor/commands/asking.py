"""ROOF. The commands that tell who waits, and why: `threads`, `explain`."""

from typing import Annotated, Any

import typer

from monitor.commands.completing import mailboxes
from monitor.commands.shared import Json, fail, opened
from monitor.exits import LATE, USAGE
from monitor.screen import pages, shapes, telling
from monitor.screen import story as story_page
from monitor.screen.output import as_json, as_json_list
from monitor.screen.telling import told
from monitor.store.stories import all_stories, waiting_stories


def threads(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(help="One conversation's story.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only where somebody waits past the target.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also conversations in which nobody waits.")] = False,
    mailbox: Annotated[str | None, typer.Option(help="Only this mailbox.", autocompletion=mailboxes)] = None,
    fail_if_late: Annotated[
        bool, typer.Option("--fail-if-late", help="Exit 1 if somebody waits past the target.")
    ] = False,
    json: Json = False,
) -> None:
    """Who waits, most overdue first; or one conversation's story."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        house = told(store, settings, now)
        if number is not None:
            story = _found(telling.find(store, str(number)), f"there is no conversation {number}")[0]
            as_json(shapes.thread(story, house)) if json else story_page.explain(story, None, house)
            return
        address = mailbox.lower() if mailbox else None
        if address and address not in settings.desks:
            fail(USAGE, f"{address} is not a mailbox of this config; there are {', '.join(settings.desks)}")
        stories = all_stories(store) if all_ else waiting_stories(store)
        chosen = telling.Chosen(stories, house, address, late)
        if json:
            as_json_list(shapes.thread(story, house) for story in chosen)
        else:
            pages.thread_list(chosen, house, all_)
        if fail_if_late and chosen.late:
            raise typer.Exit(LATE)


def explain(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="MESSAGE-ID|N", help="A Message-ID, or a conversation's number.")],
    json: Json = False,
) -> None:
    """Every decision about a message, with the rule that made it."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        house = told(store, settings, now)
        story, message = _found(telling.find(store, what), f"no message or conversation {what} is known")
        if json:
            as_json(shapes.explained(story, message, house) if message else shapes.explained_all(story, house))
        else:
            story_page.explain(story, message, house)


def _found(story: Any, text: str) -> Any:
    if story is None:
        fail(USAGE, text)
    return story
