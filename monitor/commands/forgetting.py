"""ROOF. The command that removes every trace of a person: `forget`."""

from dataclasses import asdict
from typing import Annotated

import typer

from monitor.commands.shared import Json, fail, opened
from monitor.exits import USAGE
from monitor.jobs.knowledge import know
from monitor.screen.output import as_json, out, talk
from monitor.store.forgetting import forget as forget_in
from monitor.store.past import Removed
from monitor.store.wiping import wipe

STILL_THERE = (
    "Their mail itself still lies in the mailbox, if nobody has deleted it there: this program never deletes mail. "
    "Then it is read again when the server rebuilds the mailbox. Backups of the store are yours to look after."
)


def forget(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address of somebody outside.")],
    json: Json = False,
) -> None:
    """Remove every trace of a person outside; the report's figures stay.

    Conversations with nobody else outside go whole; in the others nothing is left that says who it was. Letters not
    sent yet that may speak of them are made anew without them. One address at a time; address+detail is the same one.
    Delete their mail in the mailbox first. Exit 0, also where nothing is known of the address.
    """
    address, now = address.strip().lower(), context.obj.clock()
    local, _, domain = address.rpartition("@")
    if not (local and domain) or any(c.isspace() for c in address):
        fail(USAGE, f'"{address}" is not a mail address')
    with opened(context) as (store, settings):
        if settings.staff.is_ours(address):
            fail(USAGE, f"{address} is one of us, by [staff] or as a mailbox; only people outside can be forgotten")
        knowledge = know(store, settings, now)
        removed = forget_in(store, address, settings.house(store.letter_key), knowledge.as_of_all, now)
        wiped = wipe(store, whole=True)
        as_json(asdict(removed)) if json else out(_told(removed, address))
        if removed:
            talk(STILL_THERE)
        if not wiped:
            talk("The files of the store could not be tidied while others read it; say it again to do so.")


def _told(removed: Removed, address: str) -> str:
    if not removed:
        return f"Nothing is known of {address}."
    return (
        f"Messages removed: {removed.messages}. Whole conversations removed: {removed.conversations}. "
        f"Messages of others that no longer name them: {removed.scrubbed}. "
        f"Letters taken back before they were sent: {removed.letters}. "
        f"Waits that count on in the reports, without a name: {removed.waits}."
    )
