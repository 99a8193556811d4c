"""FLOOR 3. Data goes to stdout, talk to stderr. Whoever reads may go away: `| head` is no failure."""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDE = 120
"""Columns where stdout is no terminal."""

_TRAILING = re.compile(r"(?:[ \t]|\x1b\[[0-9;]*m)+$", re.MULTILINE)


class Page:
    """stdout for people: in colour where it is a terminal and NO_COLOR is not set; no blanks at the ends of lines."""

    def __init__(self) -> None:
        from rich.console import Console  # not above: JSON needs none of it

        self._console = Console(highlight=False, emoji=False, markup=False)
        if not self._console.is_terminal:
            width = max(self._console.width, WIDE)
            self._console = Console(highlight=False, emoji=False, markup=False, width=width)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks at it as it comes."""
        return self._console.is_terminal

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self._console.width

    def print(self, *parts: "RenderableType") -> None:
        """Each part on lines of its own; "" is an empty line."""
        with self._console.capture() as captured:
            for part in parts:
                self._console.print(part)
        write(_TRAILING.sub(lambda end: re.sub(r"[ \t]", "", end[0]), captured.get()))


def as_json(value: object) -> None:
    """One JSON value, for people to read too."""
    out(json.dumps(value, indent=2, ensure_ascii=False))


def as_json_list(values: Iterable[Mapping[str, Any]]) -> None:
    """A JSON list as it comes, an element a line: a million conversations need no more memory than one."""
    write("[")
    for place, value in enumerate(values):
        write(("," if place else "") + "\n" + json.dumps(value, ensure_ascii=False))
    write("\n]\n")


def out(text: str) -> None:
    """Text to stdout."""
    write(text.rstrip("\n") + "\n")


def talk(text: str) -> None:
    """A line to stderr; control characters are shown as what they are (law 9)."""
    shown = "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)
    sys.stderr.write(shown + "\n")


def write(text: str) -> None:
    """To stdout, as it is; ends the program quietly when nobody reads any more."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        _reader_gone()


def finish() -> None:
    """Everything said is handed over; an interpreter that ends would do it too, but complain to nobody's use."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _reader_gone()


def _reader_gone() -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)
