"""FLOOR 1. What is wrong with a config, in words: syntax, types, unknown keys, and names that do not fit each other."""

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.config import clocks
from monitor.config.kinds import beside
from monitor.config.model import ConfigModel, ImapKeys, MailboxPart
from monitor.config.places import Mistake
from monitor.core.addresses import plain_address
from monitor.core.durations import words

_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)|\s*\(at end of document\)")
_TWICE = re.compile(r"Cannot declare \('(.*)',?\) twice")
_LISTS = {"mailbox", "team", "reminder", "person"}
_TYPES = {
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def not_toml(error: tomllib.TOMLDecodeError, source: str) -> Mistake:
    """What tomllib says, and where."""
    place = _TOML_PLACE.search(str(error))
    words = _TOML_PLACE.sub("", str(error)).strip()
    if place and place[1]:
        lines = source.split("\n")
        at = sum(len(line) + 1 for line in lines[: int(place[1]) - 1]) + int(place[2]) - 1
    else:
        at = max(source.rfind('"""'), source.rfind("'''"), len(source.rstrip()) - 1, 0)
        at = next((opened for q in ('"""', "'''") if source.count(q) % 2 and (opened := source.rfind(q)) >= 0), at)
    if twice := _TWICE.search(words):
        words = f"[{'.'.join(twice[1].split(chr(39) + ', ' + chr(39)))}] is there twice; put both together"
    elif words == "Illegal character '\\n'":
        words = "the closing quote is missing"
    return Mistake((), f"this is not TOML: {words}", at=at)


def understood(table: dict[str, Any], folder: Path) -> tuple[ConfigModel | None, list[Mistake]]:
    """The model of a config, and all that is wrong with it; `folder` is where the file lies."""
    try:
        model = ConfigModel.model_validate(table, context={"folder": folder})
    except ValidationError as error:
        errors = error.errors(include_url=False)
        found = [_mistake(e) for e in errors if not _is_echo(e, errors)]
        try:
            rest = ConfigModel.model_validate(_without(table, errors), context={"folder": folder})
        except ValidationError:
            return None, found
        return None, [*found, *_not_explained_by(found, rest, folder)]
    return model, [*_lacking(model), *_clashing(model, folder), *clocks.misfits(model)]


def _is_echo(error: Any, errors: Sequence[Any]) -> bool:
    """A list is called too short when all that is in it was refused, and a misspelt key is called missing too."""
    loc = error["loc"]
    if error["type"] == "missing":
        here = [str(e["loc"][-1]) for e in errors if e["type"] == "extra_forbidden" and e["loc"][:-1] == loc[:-1]]
        return bool(get_close_matches(str(loc[-1]), here))
    return error["type"] == "too_short" and any(e["loc"][: len(loc)] == loc and e is not error for e in errors)


def _not_explained_by(found: Sequence[Mistake], rest: ConfigModel, folder: Path) -> Iterator[Mistake]:
    """Mistakes of the rest; not that something is lacking where a misspelt key may have meant it."""
    tables = {m.path[:2] if m.path[:1] == ("mailbox",) else m.path[:1] for m in found}
    for mistake in _lacking(rest):
        if mistake.path[:2] not in tables and ("imap",) not in tables and ("smtp",) not in tables:
            yield mistake
    for mistake in _clashing(rest, folder):
        if mistake.path[-1] not in ("team", "to") or ("team",) not in tables:
            yield mistake
    if not any(clocks.KEYS.intersection(m.path) for m in found):
        yield from clocks.misfits(rest)


def _without(table: dict[str, Any], errors: Sequence[Any]) -> dict[str, Any]:
    """The config without its wrong values; what a table must have is made up."""
    rest = copy.deepcopy(table)
    for n, error in sorted(enumerate(errors), key=lambda pair: [str(p) for p in pair[1]["loc"]], reverse=True):
        made_up = {"address": f"{n}@made-up.invalid", "name": f"made up {n}", "owners": [f"{n}@made-up.invalid"]}
        here: Any = rest
        last: Any
        *way, last = _removable(error["loc"])
        for part in way:
            here = here.get(part) if isinstance(here, dict) else _element(here, part)
        if isinstance(here, dict) and last in made_up:
            here[last] = made_up[last]
        elif isinstance(here, dict):
            here.pop(last, None)
        elif isinstance(here, list) and _element(here, last) is not None:
            here[last] = f"{n}@made-up.invalid"
    return rest


def _removable(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The whole key where a part of it is wrong: nothing can be made up for a part of a calendar."""
    return next((loc[: n + 1] for n, part in enumerate(loc) if part in clocks.KEYS), loc)


def _element(values: object, n: object) -> Any:
    return values[n] if isinstance(values, list) and isinstance(n, int) and n < len(values) else None


def _mistake(error: Any) -> Mistake:
    path, kind, context = tuple(error["loc"]), error["type"], error.get("ctx", {})
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        return Mistake(path, f"`{key}` is not a setting here", _keys_at(path[:-1]))
    if kind == "missing" and path == ("mailbox",):
        return Mistake(path, "there is no [[mailbox]]; add one, with its `address` and its `team`")
    if kind == "missing":
        where = f"[[{path[0]}]]" if len(path) > 2 else f"[{path[0]}]"
        return Mistake(path, f"`{key}` is missing in {where}")
    if kind == "unknown_word":
        return Mistake(path, f"`{key}` {context['said']}", tuple(context["candidates"]), word=context["word"])
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        text = " or ".join([", ".join(f'"{a}"' for a in allowed[:-1])] * (len(allowed) > 1) + [f'"{allowed[-1]}"'])
        return Mistake(path, f"`{key}` must be {text}", tuple(allowed), word=str(error["input"]))
    return Mistake(path, f"`{key}` {_words(kind, key, context, error['msg'])}")


def _words(kind: str, key: str, context: dict[str, Any], otherwise: str) -> str:
    if kind == "less_than_equal":
        return f"must be at most {context['le']:g}"
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']:g}"
    if kind in ("tuple_type", "model_type", "dict_type", "model_attributes_type"):
        if key in _LISTS:
            return f"is a list of tables: write [[{key}]], with two brackets"
        return 'must be a list, like ["…", "…"]' if kind == "tuple_type" else f"must be a table: [{key}]"
    return _TYPES.get(kind) or otherwise.removeprefix("Value error, ")


def _keys_at(path: Iterable[str | int]) -> tuple[str, ...]:
    model: Any = ConfigModel
    for part in path:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            model = _model_in(model.model_fields[part].annotation) if part in model.model_fields else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for part in getattr(annotation, "__args__", ()) if (m := _model_in(part))), None)


def _lacking(model: ConfigModel) -> Iterator[Mistake]:
    """What no mailbox can be without, wherever it is said."""
    for n, m in enumerate(model.mailbox):
        at = ("mailbox", n, "address")
        if m.team is None and m.watch == "all":
            yield Mistake(at, f"{m.address} has no `team`, so nobody would be reminded; add team = …")
        if not (m.host or model.imap.host):
            yield Mistake(at, f"{m.address} has no IMAP server; add `host` under [imap]")
        if not (m.password or m.token or model.imap.password or model.imap.token):
            yield Mistake(at, f'{m.address} has no password; add password = {{ file = "…" }} under [imap]')
    if model.commands:
        watched = [m for m in model.mailbox if m.address == model.commands.address]
        parts = (model.commands, *watched, model.imap)
        if not any(part.host for part in parts):
            yield Mistake(("commands",), "[commands] has no IMAP server; add `host`, there or under [imap]")
        if not any(part.password or part.token for part in parts):
            yield Mistake(
                ("commands",), '[commands] has no password; add password = { file = "…" }, there or in [imap]'
            )
    if model.smtp and model.smtp.username and not (model.smtp.password or model.smtp.token):
        yield Mistake(("smtp", "username"), '`username` needs a password beside it: password = { file = "…" }')


def _clashing(model: ConfigModel, folder: Path) -> Iterator[Mistake]:
    """What no type can say: names that must fit each other, and letters that would loop."""
    addresses = [m.address for m in model.mailbox]
    # What comes for info+any@ lies in the inbox of info@ (RFC 5233), whichever of the two is watched.
    ours = {plain_address(a) for m in model.mailbox for a in (m.address, *m.aliases)}
    teams = tuple(t.name for t in model.team)
    for n, mailbox in enumerate(model.mailbox):
        yield from _mailbox_clashes(n, mailbox, addresses, teams)
    for n, team in enumerate(model.team):
        if team.name in teams[:n]:
            yield Mistake(("team", n, "name"), f'there are two teams "{team.name}"')
        yield from _loops(("team", n, "owners"), team.owners, ours)
    for n, step in enumerate(model.reminder):
        for place, to in enumerate(step.to):
            if to != "owners" and "@" not in to and to not in teams:
                text = f'"{to}" is neither "owners", nor a team, nor a mail address'
                yield Mistake(("reminder", n, "to", place), text, ("owners", *teams), word=to)
        yield from _loops(("reminder", n, "to"), step.to, ours)
    yield from _loops(("report", "to"), model.report.to if model.report else (), ours)
    yield from _loops(("operator",), (model.operator,) if model.operator else (), ours)
    for n, person in enumerate(model.person):
        if person.address in [p.address for p in model.person[:n]]:
            yield Mistake(("person", n, "address"), f"{person.address} is there twice")
        if person.substitute == person.address:
            yield Mistake(("person", n, "substitute"), f"{person.address} cannot stand in for itself; name another one")
        yield from _loops(("person", n, "substitute"), (person.substitute,) if person.substitute else (), ours)
    yield from _too_far_back(model)
    yield from _on_the_wall(model, folder)
    places = [("imap",), *(("mailbox", n) for n in range(len(addresses))), ("smtp",), ("commands",)]
    for path, part in zip(places, (model.imap, *model.mailbox, model.smtp, model.commands), strict=True):
        ca_file = beside(folder, part.ca_file) if part else None
        if ca_file and not Path(ca_file).is_file():
            yield Mistake((*path, "ca_file"), f"`ca_file`: there is no file {ca_file}")


def _too_far_back(model: ConfigModel) -> Iterator[Mistake]:
    """What is not kept any more must not be read again as if it were new."""
    kept = model.store.retention
    parts: list[tuple[tuple[str | int, ...], ImapKeys]] = [(("imap",), model.imap)]
    parts += [(("mailbox", n), m) for n, m in enumerate(model.mailbox)]
    for path, part in parts:
        if kept and "lookback" in part.model_fields_set and (part.lookback is None or part.lookback > kept):
            text = f"`lookback` goes further back than is kept: [store] retention is {words(kept)}"
            yield Mistake((*path, "lookback"), text)


def _on_the_wall(model: ConfigModel, folder: Path) -> Iterator[Mistake]:
    """What can never be written, or shown. Whether there is a folder is for `check`: no screen may stop reminders."""
    board = model.board
    file = Path(beside(folder, board.html) or folder) if board else None
    if file and file.is_dir():
        yield Mistake(("board", "html"), f"`html` must name a file: {file} is a folder", word=file.name)
    if board and board.subjects and not model.store.subjects:
        text = "`subjects` cannot be shown where they are not kept: [store] subjects is false"
        yield Mistake(("board", "subjects"), text)


def _mailbox_clashes(n: int, mailbox: MailboxPart, addresses: list[str], teams: tuple[str, ...]) -> Iterator[Mistake]:
    if mailbox.address in addresses[:n]:
        yield Mistake(("mailbox", n, "address"), f"{mailbox.address} is there twice")
    for place, alias in enumerate(mailbox.aliases):
        if alias in addresses and alias != mailbox.address:
            text = f"{alias} is a mailbox of its own; an alias is a further address of one mailbox"
            yield Mistake(("mailbox", n, "aliases", place), text)
    if mailbox.team is not None and mailbox.team not in teams:
        known = ", ".join(f'"{t}"' for t in teams) or "none yet; add a [[team]] with this name and its owners"
        text = f'there is no [[team]] named "{mailbox.team}" (teams: {known})'
        yield Mistake(("mailbox", n, "team"), text, teams, word=mailbox.team)


def _loops(path: tuple[str | int, ...], recipients: Iterable[str], ours: set[str]) -> Iterator[Mistake]:
    for place, address in enumerate(recipients):
        if plain_address(address.lower()) in ours:
            text = f"{address} is a watched mailbox: letters to it would come round again; name a person"
            yield Mistake((*path, place), text)
