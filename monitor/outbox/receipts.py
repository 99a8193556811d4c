"""FLOOR 1. What the receipt of a command shows: one line for each number, in words of the template's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.core.said import Text
from monitor.outbox.actions import Command, examples
from monitor.outbox.pages import shown_name, shown_title
from monitor.outbox.plain import cut, defang, isolated, tame

LONGEST_SAID = 40
MOST_MEANT = 3
Kind = Literal["done", "snooze", "assign", "reopen"]
Came = Literal["acted", "undone", "nothing", "help", "puzzled", "refuted", "expired", "too-many"]


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What became of one number. `state`: of its wait now; `already`: it was so before, and nothing was changed.

    `until`: of a snooze; `team`, `person`: whom it was assigned to; `wrote_again`: a later message there waits on.
    """

    position: int
    kind: Kind
    subject: str
    who: str
    address: str
    state: str
    already: bool = False
    until: datetime | None = None
    wrote_again: bool = False
    team: str = ""
    person: str = ""

    @property
    def title(self) -> Text:
        """The subject, with links made dead."""
        return shown_title(self.subject)

    @property
    def name(self) -> str:
        """The name the mail showed."""
        return shown_name(self.who)

    @property
    def is_now(self) -> Kind:
        """What is so of it: where nothing was changed, that may be something else than was said."""
        if not self.already:
            return self.kind
        if self.state != "waiting":
            return "done"
        waits = self.kind == "done" or (self.kind == "snooze" and self.until is None)
        return "reopen" if waits else self.kind

    @property
    def to(self) -> str:
        """Whom it was assigned to: `Digital help`, `anna@…`."""
        return tame(self.person or self.team)


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What came of one command. `why`: why it was not understood (core/acts.Why), and `said` what of it; else empty.

    `did_you_mean`: what would have been right. `tag`: a reply to the receipt is known by it.
    """

    organisation: str
    now: datetime
    zone: ZoneInfo
    came: Came
    tag: str
    lines: tuple[ReceiptLine, ...] = ()
    why: str = ""
    said: str = ""
    did_you_mean: tuple[str, ...] = ()
    hand_to: str = ""
    numbers: int = 3
    """How many there are in the letter that was answered: examples name no others."""
    undo: str | None = None
    """A mailto: link that opens a ready-made mail which takes it back."""
    language: str = "en"
    """That of who gets it (ISO 639-1)."""

    @property
    def quoted(self) -> str:
        """What was not understood, harmless and short."""
        return isolated(cut(defang(self.said), LONGEST_SAID))

    @property
    def meant(self) -> tuple[str, ...]:
        """The best of what would have been right."""
        return tuple(tame(one) for one in self.did_you_mean[:MOST_MEANT])

    @property
    def changed(self) -> tuple[ReceiptLine, ...]:
        """The lines of which something is different now."""
        return tuple(line for line in self.lines if not line.already)

    @property
    def is_all_one(self) -> bool:
        """Whether one sentence fits all lines that were changed."""
        return len({(line.kind, line.until, line.team, line.person) for line in self.changed}) == 1

    @property
    def commands(self) -> tuple[Command, ...]:
        """What one can say, by example."""
        *first, undo, _help = examples(self.numbers, self.hand_to)
        second = min(2, self.numbers)
        return (*first, Command("reopen", f"reopen {second}", second), undo)
