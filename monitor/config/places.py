"""FLOOR 1. Where in config.toml a setting stands, and how a mistake is shown there.

tomllib gives values but no positions, and no kept library gives both; so the lines are searched for the table
header and the key that a mistake names. That is only for showing: what the file means is tomllib's word alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"-]+)\s*\]\]?")
_KEY = re.compile(r"^(\s*)(\"?)([A-Za-z0-9_-]+)\2\s*=")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_SECRET_KEYS = {"password"}

Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: the path of the setting, what is wrong, and the names it may have been meant for."""

    path: tuple[str | int, ...]
    text: str
    candidates: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None


def show(mistake: Mistake, name: str, source: str) -> str:
    """The mistake as `file:line:col: text`, the line, a caret, and "did you mean". Never shows a secret."""
    lines = source.splitlines()
    line, column, width = _place(mistake, lines)
    head = f"{name}:{line}:{column}: {mistake.text}"
    if not lines or line > len(lines):
        return head
    key = str(mistake.path[-1]) if mistake.path else ""
    meant = get_close_matches(key, mistake.candidates, n=1) if mistake.candidates else []
    hint = f" did you mean `{meant[0]}`?" if meant else ""
    shown = _masked(lines[line - 1])
    return f"{head}\n{line:>6} | {shown}\n       | {' ' * (column - 1)}{'^' * width}{hint}"


def _masked(line: str) -> str:
    match = _KEY.match(line)
    return _STRING.sub('"…"', line) if match and match[3] in _SECRET_KEYS and "{" not in line else line


def _place(mistake: Mistake, lines: Sequence[str]) -> tuple[int, int, int]:
    """(line, column, width), from 1."""
    if mistake.line is not None:
        return mistake.line, mistake.column or 1, 1
    tables = [part for part in mistake.path if isinstance(part, str)]
    counts = [part for part in mistake.path if isinstance(part, int)]
    for depth in range(len(tables), 0, -1):
        found = _find(lines, tables[: depth - 1], counts[0] if counts else 0, tables[depth - 1])
        if found:
            return found
    return 1, 1, 1


def _find(lines: Sequence[str], table: Sequence[str], nth: int, key: str) -> tuple[int, int, int] | None:
    """The line of `key` in the nth table of that name; or of the header, where `key` names a table itself."""
    current, seen, header = "", -1 if table else 0, None
    wanted = ".".join(table)
    for number, line in enumerate(lines, 1):
        if match := _HEADER.match(line):
            current = match[2].replace('"', "")
            seen += current == wanted
            if current == wanted and seen == nth:
                header = (number, 1, len(line.strip()))
            if not table and current == key and header is None:
                header = (number, 1, len(line.strip()))
        elif (match := _KEY.match(line)) and current == wanted and seen == nth and match[3] == key:
            return number, len(match[1]) + 1, len(key)
    return header
