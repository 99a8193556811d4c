"""ROOF. The command that writes the page for a screen on the wall: `board`."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.shared import STDOUT, fail, opened
from monitor.exits import BAD_CONFIG, USAGE
from monitor.jobs.board import board_page, mode_of, put_in_place
from monitor.jobs.knowledge import know
from monitor.outbox.letters import Letters
from monitor.screen.output import out


def board(
    context: typer.Context,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; - for stdout [default: [board] html].")
    ] = None,
    subjects: Annotated[
        bool | None, typer.Option("--subjects/--no-subjects", help="Show subjects [default: [board] subjects].")
    ] = None,
) -> None:
    """The page for a screen on the wall: who waits, oldest first by team; no names."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        set_up = settings.board
        to = html or (set_up.html if set_up else None)
        if to is None:
            fail(USAGE, 'where to? give --html FILE, or add [board] with html = "…"')
        if subjects and not settings.keeps_subjects:
            fail(BAD_CONFIG, "there are no subjects to show: [store] subjects is false")
        shows = bool(set_up and set_up.subjects) if subjects is None else subjects
        page = board_page(store, settings, know(store, settings, now), shows, now)
        text = Letters(settings.templates_dir).render_board(page)
    if to == STDOUT:
        out(text.rstrip("\n"))
        return
    try:
        put_in_place(to, text, mode_of(shows))
    except OSError as error:
        fail(USAGE, f"{to} cannot be written: {error.strerror}")
