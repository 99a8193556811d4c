"""FLOOR 1. What no type can say: what is lacking, names that must fit each other, letters that would loop."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from monitor.config import logins
from monitor.config.kinds import beside
from monitor.config.model import ConfigModel, MailboxPart
from monitor.config.places import Mistake
from monitor.config.places import Path as Place
from monitor.config.servers import ImapKeys
from monitor.core.addresses import plain_address
from monitor.core.durations import words


def lacking(model: ConfigModel) -> Iterator[Mistake]:
    """What no mailbox can be without, wherever it is said."""
    for n, m in enumerate(model.mailbox):
        if m.team is None and m.watch == "all":
            text = f"{m.address} has no `team`, so nobody would be reminded; add team = …"
            yield Mistake(("mailbox", n, "address"), text)
    yield from logins.lacking(model)


def clashing(model: ConfigModel, folder: Path) -> Iterator[Mistake]:
    """What no type can say: names that must fit each other, and letters that would loop."""
    addresses = [m.address for m in model.mailbox]
    # What comes for info+any@ lies in the inbox of info@ (RFC 5233), whichever of the two is watched.
    ours = {plain_address(a) for m in model.mailbox for a in (m.address, *m.aliases)}
    teams = tuple(t.name for t in model.team)
    for n, mailbox in enumerate(model.mailbox):
        yield from _mailbox_clashes(n, mailbox, addresses, teams)
        yield from _aliases(n, model.mailbox)
    for n, team in enumerate(model.team):
        if team.name in teams[:n]:
            yield Mistake(("team", n, "name"), f'there are two teams "{team.name}"')
        yield from _recipients(("team", n, "owners"), team.owners, ours)
    for n, step in enumerate(model.reminder):
        for place, to in enumerate(step.to):
            if to != "owners" and "@" not in to and to not in teams:
                text = f'"{to}" is neither "owners", nor a team, nor a mail address'
                yield Mistake(("reminder", n, "to", place), text, ("owners", *teams), word=to)
        yield from _recipients(("reminder", n, "to"), step.to, ours)
    yield from _recipients(("report", "to"), model.report.to if model.report else (), ours)
    yield from _loops(("operator",), (model.operator,) if model.operator else (), ours)
    for n, person in enumerate(model.person):
        if person.address in [p.address for p in model.person[:n]]:
            yield Mistake(("person", n, "address"), f"{person.address} is there twice")
        if person.substitute == person.address:
            yield Mistake(("person", n, "substitute"), f"{person.address} cannot stand in for itself; name another one")
        yield from _loops(("person", n, "address"), (person.address,), ours)
        yield from _loops(("person", n, "substitute"), (person.substitute,) if person.substitute else (), ours)
    yield from _too_far_back(model)
    yield from _on_the_wall(model, folder)
    yield from logins.clashes(model, folder)


def _too_far_back(model: ConfigModel) -> Iterator[Mistake]:
    """What is not kept any more must not be read again as if it were new."""
    kept = model.store.retention
    parts: list[tuple[Place, ImapKeys]] = [(("imap",), model.imap)]
    parts += [(("mailbox", n), m) for n, m in enumerate(model.mailbox)]
    for path, part in parts:
        if kept and "lookback" in part.model_fields_set and (part.lookback is None or part.lookback > kept):
            text = f"`lookback` goes further back than is kept: [store] retention is {words(kept)}"
            yield Mistake((*path, "lookback"), text)


def _on_the_wall(model: ConfigModel, folder: Path) -> Iterator[Mistake]:
    """What can never be written, or shown. Whether there is a folder is for `check`: no screen may stop reminders."""
    board = model.board
    file = Path(beside(folder, board.html) or folder) if board else None
    if file and os.path.isdir(file):  # Path.is_dir() raises where the name is too long
        yield Mistake(("board", "html"), f"`html` must name a file: {file} is a folder", word=file.name)
    if board and board.subjects and not model.store.subjects:
        text = "`subjects` cannot be shown where they are not kept: [store] subjects is false"
        yield Mistake(("board", "subjects"), text)


def _mailbox_clashes(n: int, mailbox: MailboxPart, addresses: list[str], teams: tuple[str, ...]) -> Iterator[Mistake]:
    if mailbox.address in addresses[:n]:
        yield Mistake(("mailbox", n, "address"), f"{mailbox.address} is there twice")
    if mailbox.team is not None and mailbox.team not in teams:
        known = ", ".join(f'"{t}"' for t in teams) or "none yet; add a [[team]] with this name and its owners"
        text = f'there is no [[team]] named "{mailbox.team}" (teams: {known})'
        yield Mistake(("mailbox", n, "team"), text, teams, word=mailbox.team)


def _aliases(n: int, mailboxes: Sequence[MailboxPart]) -> Iterator[Mistake]:
    mailbox, others = mailboxes[n], {m.address for m in mailboxes} - {mailboxes[n].address}
    for place, alias in enumerate(mailbox.aliases):
        at = ("mailbox", n, "aliases", place)
        elsewhere = next((m.address for m in mailboxes[:n] if alias in m.aliases), None)
        if alias in others:
            yield Mistake(at, f"{alias} is a mailbox of its own; an alias is a further address of one mailbox")
        elif elsewhere:
            yield Mistake(at, f"{alias} is an alias of {elsewhere} too; its mail can lie in one mailbox only")
        elif alias in mailbox.aliases[:place]:
            yield Mistake(at, f"{alias} is there twice")


def _recipients(path: Place, recipients: Sequence[str], ours: set[str]) -> Iterator[Mistake]:
    for place, to in enumerate(recipients):
        if to in recipients[:place]:
            yield Mistake((*path, place), f"{to} is there twice; was another one meant?")
    yield from _loops(path, recipients, ours)


def _loops(path: Place, recipients: Iterable[str], ours: set[str]) -> Iterator[Mistake]:
    for place, address in enumerate(recipients):
        if plain_address(address.lower()) in ours:
            text = f"{address} is a watched mailbox: letters to it would come round again; name a person"
            yield Mistake((*path, place), text)
