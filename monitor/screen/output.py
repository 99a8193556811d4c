"""FLOOR 3. Data goes to stdout, talk to stderr."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def as_json(value: object) -> None:
    """One JSON value, for people to read too."""
    out(json.dumps(value, indent=2, ensure_ascii=False))


def as_json_list(values: Iterable[Mapping[str, Any]]) -> None:
    """A JSON list as it comes, an element a line: a million conversations need no more memory than one."""
    sys.stdout.write("[")
    for place, value in enumerate(values):
        sys.stdout.write(("," if place else "") + "\n" + json.dumps(value, ensure_ascii=False))
    sys.stdout.write("\n]\n")


def out(text: str) -> None:
    """Text to stdout."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def talk(text: str) -> None:
    """A line to stderr."""
    sys.stderr.write(text + "\n")
