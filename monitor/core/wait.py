"""GROUND. A wait as a value: who waits, since when, and what ended it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from monitor.core.message import Address
from monitor.core.needs_reply import Verdict

State = Literal["waiting", "answered", "no_reply_needed", "excused"]

LONGEST_SNOOZE = timedelta(days=7)
"""Nobody is out of sight for longer, whatever was said."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """An internal message of a wait that moved the ball, or that it was assigned by hand.

    `decided`: a colleague answered the desk, the customer was not told. `person`: the address of the one it was
    assigned to, if it was to one.
    """

    at: datetime
    from_team: str
    to_team: str
    decided: bool
    person: str = ""

    @property
    def says(self) -> tuple[str, str, bool, str]:
        """What it says, whenever that was."""
        return self.from_team, self.to_team, self.decided, self.person


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody said by hand at a moment (UTC) of the wait that has `message` (an identity) in it.

    `done`: it needs no reply. `reopen`: what ended it up to that moment, and was known when we heard of that, did not,
    and a snooze is over. `snooze`: quiet until `until`, or until they write again. `assign`: the ball is with `team`,
    and with `person` (an address) if it is named; the clock runs on. `order`: which came first of what was said at one
    moment. `heard_at`: the look that heard it; None: at once. `letter_at`: when the letter was made that it answers: of
    mail that was not known then it says nothing.
    """

    message: str
    kind: Literal["done", "reopen", "snooze", "assign"]
    at: datetime
    until: datetime | None = None
    team: str = ""
    person: str = ""
    order: int = 0
    heard_at: datetime | None = None
    letter_at: datetime | None = None

    @property
    def moment(self) -> tuple[datetime, int]:
        """When it was said, among other marks."""
        return self.at, self.order

    @property
    def known_at(self) -> datetime:
        """When we knew of it."""
        return self.heard_at or self.at


class Wait(NamedTuple):
    """One stretch of waiting. Times in UTC; `members`: the identities of its incoming messages, opener first.

    `evidence` says why it is over: a grade of answers.py, `cited`, `flag`, `closed`, `deleted` or `spam`.
    `answered_by` and `answered_at` are None where that is not known; `closed_at`: when it was closed or excused.
    `handoffs`: how the ball moved, oldest first. `party`: the addresses of those who wait. `low_urgency`: all of it may
    be no more than a thank-you. `snoozed_until`: till then nobody is reminded. `also_answered_by`: somebody else of us
    answered too, within minutes.
    """

    opener: str
    members: tuple[str, ...]
    who: Address
    mailboxes: tuple[str, ...]
    state: State
    opened_at: datetime
    due_at: datetime
    chased_at: datetime | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    answered_in: str | None = None
    closed_at: datetime | None = None
    evidence: str | None = None
    handoffs: tuple[Handoff, ...] = ()
    first: bool = True
    party: frozenset[str] = frozenset()
    low_urgency: bool = False
    snoozed_until: datetime | None = None
    also_answered_by: str | None = None

    @property
    def handoff(self) -> Handoff | None:
        """The latest: who holds the ball."""
        return self.handoffs[-1] if self.handoffs else None


@dataclass(frozen=True, slots=True)
class Folded:
    """What a conversation comes to: each message's verdict by identity, its waits oldest first.

    `cites`: of customers' messages that answer one of ours, whether that one was `seen` or `unseen`.
    `stand_ins`: outsiders' messages that answered a customer for us, with the mailbox.
    """

    verdicts: dict[str, Verdict]
    waits: tuple[Wait, ...]
    cites: dict[str, Literal["seen", "unseen"]] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)


def is_met(wait_state: str, answered_at: datetime | None, due: datetime, as_of: datetime | None) -> bool | None:
    """True: answered in time. False: answered late, or waiting past due at `as_of`. None: undecided or not counted."""
    if wait_state == "answered":
        return None if answered_at is None else answered_at <= due
    if wait_state == "waiting" and as_of is not None and due <= as_of:
        return False
    return None
