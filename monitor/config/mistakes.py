"""FLOOR 1. What is wrong with a config, in words: syntax, types, unknown keys; and all that clashes, gathered."""

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.config import clocks, ladders
from monitor.config.clashes import clashing, lacking
from monitor.config.kinds import AS_TEXT, IN_A_TABLE
from monitor.config.model import ConfigModel
from monitor.config.places import Mistake
from monitor.config.places import Path as Place
from monitor.config.secret_files import not_to_be_had

_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)|\s*\(at end of document\)")
_TWICE = re.compile(r"Cannot declare \('(.*)',?\) twice")
_LISTS = {"mailbox", "team", "reminder", "person"}
_CALLED = {
    "host": ("server", "hostname", "imap_server", "smtp_server", "smarthost"),
    "security": ("ssl", "tls", "starttls", "encryption", "use_tls", "use_ssl"),
    "tls": ("ssl", "imaps", "smtps", "ssl/tls"),
    "address": ("email", "mail", "mailbox"),
    "idle": ("push", "notify", "imap_idle"),
    "poll_every": ("interval", "poll_interval", "every"),
    "lookback": ("days", "since", "history"),
}
"""What other tools call these keys and words."""
_LOGIN = {"password", "token", "mechanism", "login", "microsoft", "google"}
"""A mistake at one of them may explain one at another."""
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
    return Mistake((), f"this is not TOML: {_plainly(words, source, at)}", at=at)


def _plainly(words: str, source: str, at: int) -> str:
    """What tomllib says, in words that tell what to do, where it speaks of its own workings."""
    line, before = source[at:].partition("\n")[0], source[:at].rpartition("\n")[2]
    if twice := _TWICE.search(words):
        return f"[{'.'.join(twice[1].split(chr(39) + ', ' + chr(39)))}] is there twice; put both together"
    if words == "Illegal character '\\n'":
        return "the closing quote is missing"
    if words == "Cannot overwrite a value":
        return f"`{before.partition('=')[0].strip()}` is there twice; take one out"
    if words in ("Unescaped '\\' in a string", "Invalid hex value"):
        return "within \"…\" a \\ must be doubled; within '…' it stands for itself"
    if words == "Invalid initial character for a key part" and "{" in before:
        return "a table in { } must stand on one line, without a comma before the }"
    return _no_value(line) if words == "Invalid value" else words


def _no_value(line: str) -> str:
    if line[:1] in tuple("“”„‟«»‘’‚"):
        return 'a text must stand in straight quotes, like "…"'
    if re.match(r"(?i)(true|false)\b", line):
        return "true and false are written in small letters"
    if not line.strip() or line.startswith("#"):
        return "the value behind the = is missing"
    return 'this is no value; a text must stand in quotes, like "…"'


def understood(
    table: dict[str, Any], folder: Path, logs_in: bool = False, guarded: bool = True
) -> tuple[ConfigModel | None, list[Mistake]]:
    """The model of a config, and all that is wrong with it; `folder` is where the file lies. `logs_in`: its secrets are
    looked at, too; `guarded`: and whether they are kept from others (secret_files.py)."""
    try:
        model = ConfigModel.model_validate(table, context={"folder": folder})
    except ValidationError as error:
        errors = [{**e, "loc": _located(e["loc"])} for e in error.errors(include_url=False)]
        found = [_mistake(e) for e in errors if not _is_echo(e, errors)]
        try:
            rest = ConfigModel.model_validate(_without(table, errors), context={"folder": folder})
        except ValidationError:
            return None, found
        secrets = not_to_be_had(rest, folder, guarded) if logs_in else ()
        return None, [*found, *_not_explained_by(found, rest, folder), *secrets]
    secrets = not_to_be_had(model, folder, guarded) if logs_in else ()
    fitting = (lacking(model), clashing(model, folder), ladders.clashes(model), clocks.misfits(model))
    return model, [*(m for mistakes in fitting for m in mistakes), *secrets]


def _located(loc: tuple[str | int, ...]) -> Place:
    """Where an error is, without the branches of a key that may be text or a table."""
    return tuple(part for part in loc if part not in (AS_TEXT, IN_A_TABLE))


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
    for mistake in lacking(rest):
        if mistake.path[:2] not in tables and ("imap",) not in tables and ("smtp",) not in tables:
            yield mistake
    for mistake in clashing(rest, folder):
        if not _LOGIN.intersection(map(str, mistake.path)):
            if mistake.path[-1] not in ("team", "to") or ("team",) not in tables:
                yield mistake
        elif not any(_LOGIN.intersection(map(str, m.path)) for m in found):
            yield mistake
    if not any({"reminder", "reply_within", "clock"}.intersection(map(str, m.path)) for m in found):
        yield from ladders.clashes(rest)
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
        return _unknown_key(path, key)
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
        return Mistake(path, f"`{key}` must be {text}", tuple(allowed), word=_meant(str(error["input"]), allowed))
    return Mistake(path, f"`{key}` {_words(kind, key, context, error['msg'])}")


def _unknown_key(path: Place, key: str) -> Mistake:
    """With the keys that may have been meant here; else with the table in which there is such a key."""
    here = _keys_at(path[:-1])
    within = [part for part in path[:-1] if isinstance(part, str)]
    meant = _meant(key, here)
    homes = [name for name in ConfigModel.model_fields if key in _keys_at((name,))]
    if len(within) > 1 or (get_close_matches(meant, here, n=1) and not homes):
        return Mistake(path, f"`{key}` is not a setting here", here, word=meant, unknown=True)
    if key not in ConfigModel.model_fields:
        stands = f"; it stands under {' or '.join(map(_header, homes[:2]))}" if homes else ""
    elif _keys_at((key,)):
        stands = f"; it is a table of its own: {_header(key)}"
    else:
        stands = "; it stands at the top, before any [table]"
    known = bool(homes) or key in ConfigModel.model_fields
    return Mistake(path, f"`{key}` is not a setting here{stands}", unknown=not known)


def _meant(word: str, candidates: Iterable[str]) -> str:
    """The candidate that other tools call so; else the word itself."""
    return next((each for each in candidates if word.lower() in _CALLED.get(each, ())), word.lower())


def _header(name: str) -> str:
    return f"[[{name}]]" if name in _LISTS else f"[{name}]"


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
