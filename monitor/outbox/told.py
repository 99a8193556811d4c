"""FLOOR 1. What letters tell about waits, as values: the words are in `templates/*.words.txt`, in every language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Context:
    """One thing that happened since they wrote, or that is known of it.

    `chased` (they wrote again, `at`), `passed on` (`at`, from one team to another), `assigned` (`at`, to a team, or to
    `person`), `decided` (`from_team` answered `to_team`, not the customer), `missing` (their message is in no folder),
    `low urgency` (perhaps only a thank-you), `more` (`count` more messages of the same sender).
    """

    kind: Literal["chased", "passed on", "assigned", "decided", "missing", "low urgency", "more"]
    at: datetime | None = None
    from_team: str = ""
    to_team: str = ""
    person: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes next, `at`: the list goes to `to` as well; to nobody else: the monitor stays quiet until then.

    `who`: the one who waits longest, by a name fit for our own sentences; empty: there is none.
    """

    at: datetime
    to: tuple[str, ...] = ()
    who: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody gets a letter: they look after these mailboxes, each with its team, `together` with colleagues.

    Without mailboxes: the reminders of the house come to them when somebody has waited long.
    """

    mailboxes: tuple[tuple[str, str], ...] = ()
    together: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """`info@… (Front desk), events@… (Events & rooms)`."""
        return ", ".join(f"{mailbox} ({team})" for mailbox, team in self.mailboxes)


@dataclass(frozen=True, slots=True)
class Gap:
    """When these mailboxes could not be seen while somebody's reminder fell due there."""

    mailboxes: tuple[str, ...]
    since: datetime
    until: datetime
