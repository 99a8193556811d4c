"""FLOOR 1. What the letter of what cannot be seen says, as values: who waited when a mailbox was last seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.outbox.pages import MOST_OPENING_LINES, WaitingLine, WaitingPage
from monitor.outbox.told import Why

Trouble = Literal["login", "secret", "certificate", "folder", "unreachable", "late"]
"""Why a mailbox cannot be seen, as far as its owners can do something about it. `late`: no look at it ends in time."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A mailbox about which silence says nothing since its last complete look.

    `mailbox` is whose owners are told; `dark` is what cannot be read: itself, or another one that its people answer
    from.
    """

    mailbox: str
    since: datetime
    dark: str
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class BlindLine:
    """One who waited when the mailbox was last seen, at `seen_at`; `line` is as it was then."""

    line: WaitingLine
    seen_at: datetime

    @property
    def wrote_since(self) -> bool:
        """Whether their mail was seen after the last look that was complete."""
        return self.line.arrived > self.seen_at

    def ran_out(self, now: datetime) -> bool:
        """Whether the promise has run out between the last look and `now`."""
        return not self.line.is_past and self.line.due <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindPage(WaitingPage):
    """To the owners of mailboxes that could not be seen for a day. `lines` are those of `waited`."""

    unseen: tuple[Unseen, ...]
    waited: tuple[BlindLine, ...]
    total: int
    """How many messages waited then."""
    wrote: int
    """How many were seen to arrive after the last look that was complete."""
    operator_told: bool
    why: Why | None
    instead_of: tuple[str, ...] = ()
    """Who is away, for whom the recipient gets this: a name, or an address."""

    @property
    def shown(self) -> tuple[BlindLine, ...]:
        """The lines that are drawn."""
        return self.waited[:MOST_OPENING_LINES]

    @property
    def hidden(self) -> int:
        """How many more messages waited."""
        return max(0, self.total + self.wrote - _messages(self.shown))

    @property
    def people(self) -> int:
        """How many people waited: one with two questions is one."""
        then = [one for one in self.waited if not one.wrote_since]
        return len({one.line.address for one in then}) + max(0, self.total - _messages(then))

    @property
    def dark(self) -> tuple[str, ...]:
        """What cannot be read, each once."""
        return tuple(dict.fromkeys(one.dark for one in self.unseen))

    @property
    def answered_elsewhere(self) -> tuple[Unseen, ...]:
        """Mailboxes that are read themselves, but whose people are answered from one that is not."""
        return tuple(one for one in self.unseen if one.dark != one.mailbox)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Why, each once."""
        return tuple(dict.fromkeys(one.trouble for one in self.unseen))

    @property
    def each_dark(self) -> tuple[Unseen, ...]:
        """The same, with their moments."""
        return tuple({one.dark: one for one in reversed(self.unseen)}.values())[::-1]

    @property
    def is_one_moment(self) -> bool:
        """Whether all of them were last seen in the same minute."""
        return len({one.since.replace(second=0, microsecond=0) for one in self.unseen}) == 1

    @property
    def first(self) -> datetime:
        """Since when the first of them cannot be seen."""
        return min(one.since for one in self.unseen)


def _messages(lines: Sequence[BlindLine]) -> int:
    return sum(1 + one.line.more for one in lines)
