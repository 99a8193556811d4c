"""FLOOR 1. What a letter offers to do about those who wait: links that open a ready-made mail, and lines to type."""

from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from monitor.outbox.plain import tame


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done about a line by one press: `url` is a mailto: link that opens a ready-made mail."""

    kind: Literal["done", "snooze", "assign"]
    url: str

    @property
    def mailto(self) -> str | None:
        """The link, if all it does is open a mail: a web link would be followed by scanners, and so act by itself."""
        return self.url if urlsplit(self.url).scheme == "mailto" else None


class Command(NamedTuple):
    """A line of command as it can be typed, about the line at `position` of the letter, if about one."""

    kind: Literal["done", "snooze", "assign", "reopen", "undo", "help"]
    line: str
    position: int = 0


def examples(lines: int, hand_to: str) -> tuple[Command, ...]:
    """What can be typed in answer to a letter of so many lines, with numbers that it has."""
    second, third = min(2, lines), min(3, lines)
    assign = Command("assign", f"assign {third} {tame(hand_to)}", third)
    return (
        Command("done", f"done {second}", second),
        Command("snooze", "snooze 1 2d", 1),
        *((assign,) if hand_to else ()),
        Command("undo", "undo"),
        Command("help", "help"),
    )
