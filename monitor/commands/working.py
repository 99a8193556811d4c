"""ROOF. The command that works: `run`."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.shared import Global, settings_of
from monitor.handing_on import hand_on, reload_held_back
from monitor.task import Task


def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One full round, then exit.")] = False,
    dry_run: Annotated[Path | None, typer.Option(help="Write letters to this folder; send and remember none.")] = None,
) -> None:
    """The daemon: look at the mailboxes, remind, report."""
    asked: Global = context.obj
    lasts = not once and dry_run is None
    with reload_held_back() if lasts else nullcontext():
        settings = settings_of(context, logs_in=True, guarded=False)
        task = Task(settings, lasts, dry_run, asked.now, asked.verbose, asked.quiet)
        if asked.own_process:
            hand_on(task)
        from monitor.service import work  # not above: where the program begins anew it needs none of it here

        raise typer.Exit(work(task))
