"""ROOF. The command that moves the store: `migrate`."""

import sys
from typing import Annotated

import typer

from monitor.commands.shared import opened
from monitor.jobs.sharing import share_of
from monitor.screen.output import out, talk
from monitor.screen.progress import share_on
from monitor.store.moving import as_config, move


def migrate(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(help="The empty database: postgresql://user@host/name. Leave the password to ~/.pgpass."),
    ],
) -> None:
    """Move the store into another, empty database. The daemon must be stopped; the old store stays as it is."""
    with opened(context) as (store, _settings), share_of(store, looks=False), share_on(sys.stderr) as tell:
        moved = move(store, to, tell)
    rows, tables = sum(moved.rows.values()), len(moved.rows)
    talk(f"{rows} rows of {tables} tables were moved, counted and compared. Now say in the config:")
    out(f'[store]\nurl = "{as_config(to)}"\n')
    talk("The old store is as it was: keep it until the next round is over, then delete it.")
