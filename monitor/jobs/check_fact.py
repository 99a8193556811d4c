"""FLOOR 2. One line of `check`: a fact, and the fix beside it."""

from dataclasses import dataclass
from typing import Literal

from monitor.inbox.source import Fault

Mark = Literal["ok", "look", "fix"]
Section = Literal["Configuration", "Mailboxes", "Letters", "Store"]


@dataclass(frozen=True, slots=True)
class Fact:
    """`mark`: fine, to look at, or to fix; `fault` is its kind, for the exit code. `changed`: it was made just now."""

    section: Section
    mark: Mark
    subject: str
    text: str
    fix: str = ""
    fault: Fault | Literal["smtp", "store", "config", ""] = ""
    changed: bool = False
