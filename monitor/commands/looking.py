"""ROOF. The commands that tell how everything is: `status`, `check`."""

import sys
from typing import Annotated

import typer

from monitor.commands.shared import Json, fail, opened, settings_of
from monitor.exits import LATE, USAGE, exit_code
from monitor.jobs import check as checking
from monitor.jobs.health import health
from monitor.screen import checked, pages, shapes
from monitor.screen.output import as_json
from monitor.screen.progress import waiting_on


def status(context: typer.Context, json: Json = False) -> None:
    """Mailboxes, last complete look, who waits, outbox. Exit 1 if something is unhealthy."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        found = health(store, settings, now)
        as_json(shapes.status(found)) if json else pages.status(found, settings, now)
    if not found.healthy:
        raise typer.Exit(LATE)


def check(
    context: typer.Context,
    json: Json = False,
    fix: Annotated[
        bool, typer.Option("--fix", help='Create the folder "No reply needed", or the one that `done` names.')
    ] = False,
    send_test: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Also send one test letter there.")] = None,
) -> None:
    """Config, connect, log in, folders, SMTP: one line a fact, with the fix. Unasked it sends and changes nothing."""
    settings, now = settings_of(context, logs_in=True), context.obj.clock()
    if send_test and "@" not in send_test:
        fail(USAGE, f'--send-test: "{send_test}" is not a mail address')
    count = len(settings.mailboxes)
    boxes = "the mailbox" if count == 1 else f"{count} mailboxes"
    with waiting_on(sys.stderr, f"asking {boxes} and the mail server (a silent one takes 20 seconds)"):
        facts = list(checking.check(settings, now, fix))
        if send_test:
            facts.append(checking.send_test(settings, send_test, now))
    as_json([shapes.fact(f) for f in facts]) if json else checked.page(facts, settings)
    raise typer.Exit(exit_code(f.fault for f in facts if f.mark == "fix"))
