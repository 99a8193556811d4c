"""FLOOR 1. Settings said on the command line, KEY=VALUE, laid over a config as it was read: for `simulate`."""

import copy
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.config.places import Mistake, Path, Places, hint_of

NAMES = {"mailbox": "address", "team": "name", "person": "address"}
"""Lists of tables whose elements have a name, and the key it stands under."""
LISTS = (*NAMES, "reminder")
LIKE = "write it like target.reply_within=8h"

_SPLIT = re.compile(r"((?:\"[^\"]*\"|'[^']*'|[^\"'=])*)=(.*)", re.DOTALL)
_QUOTED = re.compile(r"\"([^\"]*)\"(?:\.|$)|'([^']*)'(?:\.|$)")


class OverrideError(Exception):
    """What was said cannot be laid over this config; the text shows every mistake in it, and never a value."""


@dataclass(frozen=True, slots=True)
class Override:
    """One KEY=VALUE. `path`: the setting it came to stand at."""

    key: str
    value: Any
    path: Path = ()


def laid_over(table: dict[str, Any], said: Sequence[str]) -> tuple[dict[str, Any], list[Override]]:
    """The TOML table with these settings changed, one after the other; the table itself stays as it is.

    A key is dotted as in TOML. Elements of a list of tables are named: `team.Front desk.reply_within`,
    `mailbox.info@x.example.team`, `"…"` around a name that would be misread; or counted from 1: `reminder.1.after`,
    where the number after the last adds one. A value is TOML where it is TOML, else text. Raises OverrideError.
    """
    result, laid, wrong = copy.deepcopy(table), [], []
    for each in said:
        try:
            one = _read(each)
            laid.append(Override(one.key, one.value, _set(result, one)))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise OverrideError("\n".join(wrong))
    return result, laid


def shown(mistakes: Sequence[Mistake], laid: Sequence[Override], places: Places) -> list[str]:
    """Each mistake of the config that came of it: by the override it belongs to, else by its place in the file."""
    lines = []
    for mistake in sorted(mistakes, key=places.order):
        own = [one for one in laid if _same_or_below(mistake.path, one.path) or _same_or_below(one.path, mistake.path)]
        # The last word counts, and what was said of this very setting before what was said of one around it.
        best = max(reversed(own), key=lambda one: _shared(one.path, mistake.path), default=None)
        hint = f";{hint}" if (hint := hint_of(mistake)) else ""
        lines.append(f"--set {best.key}: {mistake.text}{hint}" if best else places.show(mistake))
    return list(dict.fromkeys(lines))


def _read(said: str) -> Override:
    match = _SPLIT.fullmatch(said)
    if not match or not match[1].strip():
        raise ValueError(f"--set needs KEY=VALUE: {LIKE}")
    return Override(match[1].strip(), _value(match[2].strip()))


def _value(text: str) -> Any:
    try:
        read = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return read["value"] if read.keys() == {"value"} else text


def _set(table: dict[str, Any], one: Override) -> Path:
    """Changes the table; the path at which that was. Raises ValueError."""
    path: Path = ()
    here: Any = table
    names = list(_names(one.key, table))
    for name in names[:-1]:
        here = _within(here, name, one.key)
        path = (*path, name)
    last = names[-1]
    if isinstance(here, list):
        _expect_place(here, last, one.key)
        here[int(last) :] = [one.value, *here[int(last) + 1 :]]
    elif isinstance(here, dict):
        here[str(last)] = one.value
    else:
        raise ValueError(f"--set {one.key}: `{path[-1]}` holds no settings of its own; set it whole")
    return (*path, last)


def _within(here: Any, name: str | int, key: str) -> Any:
    if isinstance(here, list):
        _expect_place(here, name, key)
        if name == len(here):
            here.append({})
        return here[int(name)]
    if isinstance(here, dict):
        return here.setdefault(str(name), [] if name in LISTS else {})
    raise ValueError(f"--set {key}: `{name}` stands in no table; set what is around it whole")


def _expect_place(here: Sequence[Any], name: str | int, key: str) -> None:
    if not isinstance(name, int):
        raise ValueError(f"--set {key}: `{name}` is no number; count from 1")
    if not 0 <= name <= len(here):
        raise ValueError(f"--set {key}: there is no number {name + 1}; there are {len(here)}, and the next adds one")


def _names(key: str, table: dict[str, Any]) -> Iterator[str | int]:
    """The names of a key one by one; the element of a list of tables as its place, from 0. Raises ValueError."""
    first, rest = _next(key, key)
    yield first
    if first in LISTS and rest:
        place, rest = _element(first, rest, table.get(first, []), key)
        yield place
    while rest:
        name, rest = _next(rest, key)
        yield name


def _next(text: str, key: str) -> tuple[str, str]:
    if quoted := _QUOTED.match(text):
        return quoted[1] or quoted[2] or "", text[quoted.end() :]
    name, dot, rest = text.partition(".")
    if not name.strip() or (dot and not rest):
        raise ValueError(f"--set {key}: a name is missing between two dots; {LIKE}")
    return name.strip(), rest


def _element(kind: str, text: str, there: Any, key: str) -> tuple[int, str]:
    """Which table of a list the text begins with, and what follows. Names may hold dots: the longest one wins."""
    name_key = NAMES.get(kind, "")
    tables = [t if isinstance(t, dict) else {} for t in there] if isinstance(there, list) else []
    names = [str(t.get(name_key, "")) for t in tables]
    if quoted := _QUOTED.match(text):
        word, rest = quoted[1] or quoted[2] or "", text[quoted.end() :]
        found = [n for n, name in enumerate(names) if name.lower() == word.lower()]
        if found:
            return found[0], rest
        raise ValueError(_nobody(kind, word, names, key))
    fitting = [n for n, name in enumerate(names) if name and f"{text}.".lower().startswith(f"{name}.".lower())]
    if fitting:
        place = max(fitting, key=lambda n: len(names[n]))
        return place, text[len(names[place]) + 1 :]
    word, _, rest = text.partition(".")
    if word.strip().isdecimal() and word.isascii():
        return int(word) - 1, rest
    raise ValueError(_nobody(kind, text, names, key))


def _nobody(kind: str, text: str, names: Sequence[str], key: str) -> str:
    if kind not in NAMES:
        return f"--set {key}: which [[{kind}]]? Count from 1, as in {kind}.1.after"
    close = hint_of(Mistake((), "", tuple(names), word=_begun(text, names)))
    hint = f";{close}" if close else ""
    known = ", ".join(f'"{name}"' for name in names if name) or "none yet"
    return f"--set {key}: which [[{kind}]]? It is named by its `{NAMES[kind]}`, or counted from 1 ({known}){hint}"


def _begun(text: str, names: Sequence[str]) -> str:
    """As many parts of the text as the names have at most: what follows is the key below it."""
    most = max((name.count(".") for name in names), default=0) + 1
    parts = text.split(".")
    return ".".join(parts[: min(most, max(1, len(parts) - 1))])


def _same_or_below(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def _shared(path: Path, other: Path) -> int:
    return sum(a == b for a, b in zip(path, other, strict=False))
