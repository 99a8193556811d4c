"""ROOF. The commands that say something of a wait by hand: `done`, `snooze`, `assign`, `reopen`, and `undo`."""

import getpass
import os
import secrets
from typing import Annotated

import typer

from monitor.commands.completing import teams
from monitor.commands.shared import Json, fail, opened
from monitor.config import Settings
from monitor.core.acts import SNOOZE, Command, Puzzled, understand
from monitor.core.wait import LONGEST_SNOOZE
from monitor.exits import USAGE
from monitor.jobs import acting
from monitor.screen import acting as page
from monitor.screen.output import as_json, out, talk
from monitor.screen.telling import LONGEST_NUMBER

Numbers = Annotated[list[int], typer.Argument(metavar="N…", help="Numbers of conversations, as `threads` shows them.")]
Number = Annotated[int, typer.Argument(metavar="N", help="The number of a conversation, as `threads` shows it.")]


def done(context: typer.Context, numbers: Numbers, json: Json = False) -> None:
    """Nobody there needs a reply: no more reminders, until they write again. It is counted in the report."""
    _perform(context, Command("done", tuple(numbers)), json)


def reopen(context: typer.Context, numbers: Numbers, json: Json = False) -> None:
    """They wait again from their first mail: whatever ended that (done, moved, a false answer) did not."""
    _perform(context, Command("reopen", tuple(numbers)), json)


def snooze(
    context: typer.Context,
    number: Number,
    length: Annotated[str, typer.Argument(metavar="LENGTH", help="Like 4h or 2d; at most 7d.")] = "1d",
    json: Json = False,
) -> None:
    """No reminder for so long, or until they write again; the clock runs on."""
    found = understand(f"snooze {length}")
    if isinstance(found, Puzzled) and found.why == "too_long":
        fail(USAGE, page.puzzled(Puzzled("too_long", length, (f"snooze {number} {LONGEST_SNOOZE.days}d",)), ()))
    if isinstance(found, Puzzled) or found.numbers:
        fail(USAGE, page.puzzled(Puzzled("length", length), ()))
    _perform(context, Command("snooze", (number,), found.length or SNOOZE), json)


def assign(
    context: typer.Context,
    number: Number,
    to: Annotated[
        list[str],
        typer.Argument(metavar="TEAM", help="A team or a person, by name or address.", autocompletion=teams),
    ],
    json: Json = False,
) -> None:
    """Hand it over: the ball moves, the clock does not."""
    whom = to[1:] if to[0].casefold() == "to" and len(to) > 1 else to
    _perform(context, Command("assign", (number,), to=" ".join(whom)), json)


def undo(context: typer.Context, json: Json = False) -> None:
    """Take back what you said last on this command line."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        undone = acting.undo(store, settings, who=_who(), now=now)
        if json:
            as_json([page.act(act) for act in undone.acts])
        elif undone.acts:
            out("\n".join(page.lines(undone.acts, settings.zone, now, taken_back=True)))
        else:
            talk("there is nothing of yours to take back from the last seven days")


def _perform(context: typer.Context, command: Command, json: bool) -> None:
    now = context.obj.clock()
    with opened(context) as (store, settings):
        for number in command.numbers:
            if not 0 < number < 10**LONGEST_NUMBER:
                fail(USAGE, page.puzzled(Puzzled("number", str(number)), ()))
        on = acting.lines_of(store, command.numbers, command.word)
        _expect_known(settings, command, on)
        done_ = acting.perform(
            store, settings, command, on, who=_who(), via="cli", batch=f"cli:{secrets.token_hex(8)}", now=now
        )
        if isinstance(done_, Puzzled):
            fail(USAGE, page.puzzled(done_, settings.teams))
        if json:
            as_json([page.act(act) for act in done_.acts])
        else:
            out("\n".join(page.lines(done_.acts, settings.zone, now)))


def _expect_known(settings: Settings, command: Command, on: acting.Lines) -> None:
    """Numbers that nothing can be said of end the program here: it does all that was asked, or nothing."""
    for number in command.numbers:
        if number in on and not on[number]:
            fail(USAGE, f"nobody ever waited in conversation {number}; inbox-monitor explain {number} says why")
        if number not in on:
            fail(USAGE, page.puzzled(Puzzled("number", str(number)), settings.teams))


def _who() -> str:
    """The user of this command line, as far as the system knows a name: `cli:anna`. Who became another by sudo is
    named as they were."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have them
        name = str(os.getuid())
    return "cli:" + "".join(c for c in name if c.isprintable())[:64]
