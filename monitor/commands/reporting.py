"""ROOF. The command that shows, writes or sends the weekly report: `report`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.shared import Json, fail, opened, write
from monitor.core.report.as_json import report_json
from monitor.exits import BAD_CONFIG, USAGE
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.report import ask_for, make
from monitor.screen import arguments
from monitor.screen.output import as_json, out


def report(
    context: typer.Context,
    week: Annotated[str | None, typer.Option(help="An ISO week, like 2026-W46 [default: the last closed one].")] = None,
    month: Annotated[
        str | None, typer.Option(help="Instead the sheet of a month for the cross-team meeting, like 2026-10.")
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print it as text (the default).")] = False,
    html: Annotated[Path | None, typer.Option(help="Write it as HTML to this file; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the waits behind it as CSV; - for stdout.")] = None,
    json: Json = False,
    send: Annotated[bool, typer.Option("--send", help="Mail it now to the addresses under [report].")] = False,
) -> None:
    """The weekly SLA report, or a month's sheet for the cross-team meeting."""
    now = context.obj.clock()
    if week is not None and month is not None:
        fail(USAGE, "--week and --month are two reports: ask for one of them")
    with opened(context, logs_in=send) as (store, settings):
        if send and settings.report is None:
            fail(BAD_CONFIG, 'there is nobody to send it to: add [report] with to = ["…"]')
        if month is not None:
            from monitor.commands.month_sheet import Wanted, month_sheet

            raise typer.Exit(month_sheet(store, settings, month, Wanted(text, html, csv, json, send), now))
        try:
            chosen = arguments.week(week, settings.zone, now)
        except ValueError as error:
            fail(USAGE, str(error))
        if send and chosen.start > now:
            fail(USAGE, f"--send: {chosen.name} has not begun yet")
        with _without_sweeps():
            made = make(store, settings, know(store, settings, now), chosen, now)
        if csv:
            write(csv, made.csv())
        if json:
            as_json(report_json(made.facts))
        as_text = not json and (text or not (html or csv or send))
        if not (html or as_text or send):
            return
        # Not above: what draws and sends letters takes longer to import than all of the figures take.
        from monitor.commands.sending import delivered
        from monitor.outbox.letters import Letters

        letters = Letters(settings.templates_dir)
        if html:
            write(html, letters.render_report(made.facts).html)
        if as_text:
            out(letters.render_report(made.facts).text)
        if send:
            ask_for(store, settings, letters, OutboxClaims(store), made, now)
            raise typer.Exit(delivered(store, settings, now))


@contextmanager
def _without_sweeps() -> Iterator[None]:
    """Of a hundred thousand waits none refers back to itself: to look for such cycles takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
