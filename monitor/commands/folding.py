"""ROOF. The command that makes all again that is derived: `rebuild`."""

import sys
from dataclasses import asdict

import typer

import monitor
from monitor.commands.shared import Json, opened
from monitor.jobs.sharing import all_of_it
from monitor.screen.output import as_json, out
from monitor.screen.progress import share_on
from monitor.store.rebuilding import rebuild as rebuild_in


def rebuild(context: typer.Context, json: Json = False) -> None:
    """Throw away all that is derived (conversations, verdicts, waits) and make it again from the mail that is stored.

    For a store that somebody damaged, or doubts. It asks no mail server, sends nothing, and forgets no reminder that
    was sent. Stop the daemon first, on all hosts: beside one it ends with 75. Whoever is interrupted says it again.
    """
    with opened(context) as (store, settings), all_of_it(store, settings), share_on(sys.stderr) as tell:
        fingerprint = settings.rules_fingerprint(monitor.__version__)
        made = rebuild_in(store, fingerprint, settings.house(store.letter_key), tell)
    if json:
        as_json(asdict(made))
    else:
        out(
            f"Made again from {made.messages} messages: {made.conversations} conversations, {made.waits} waits, "
            f"{made.waiting} of them waiting."
        )
