"""Invented sheets for the cross-team meeting: Harbour City Libraries, October 2026."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Literal

from monitor.core.promise import Promise
from monitor.core.report.figures import WaitFacts
from monitor.core.report.month import Month
from monitor.core.report.month_sheet import MonthFacts, month_facts
from monitor.core.wait import Handoff
from tests.outbox.samples import DAY, HOUR, LONDON

OCTOBER = Month(2026, 10, LONDON)
MADE_AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
OPENED = datetime(2026, 10, 5, 9, 12, tzinfo=UTC)
TEAMS = ("Front desk", "Events & rooms", "Loans & collections", "Digital help", "Membership", "Local history")

Step = tuple[str, float] | tuple[str, float, Literal["decided"]]
"""A team, the hours it held the ball, and whether the answer was known by then."""


def wait(number: int, *steps: Step, state: str = "answered", opened: datetime = OPENED) -> WaitFacts:
    """A wait that went this way; one that is still open is known up to its end."""
    ends = [opened + timedelta(hours=hours) for hours in accumulate(step[1] for step in steps)]
    moved = [
        Handoff(at, before[0], after[0], len(after) > 2)
        for at, before, after in zip(ends, steps, steps[1:], strict=False)
    ]
    return WaitFacts(
        number=number,
        team=steps[0][0],
        state=state,
        opened_at=opened,
        due_at=opened + DAY,
        answered_at=ends[-1] if state == "answered" else None,
        evidence="direct" if state == "answered" else None,
        as_of=MADE_AT if state == "answered" else ends[-1],
        mailboxes=("info@harbourcity.example",),
        id=number,
        handoffs=tuple(moved),
    )


LONG = (
    wait(3182, ("Front desk", 5), ("Digital help", 74), ("Front desk", 138, "decided")),
    wait(3338, ("Events & rooms", 66), ("Front desk", 22), ("Events & rooms", 6), ("Digital help", 73),
         ("Events & rooms", 20, "decided")),
    wait(3413, ("Local history", 166)),
    wait(3554, ("Membership", 4), ("Digital help", 44), ("Membership", 76, "decided"), state="waiting"),
    wait(3590, ("Loans & collections", 23), ("Local history", 75), ("Loans & collections", 25, "decided")),
)  # fmt: skip


def month(cohort: Sequence[WaitFacts] | None = None, **other: Any) -> MonthFacts:
    """The sheet of October, a few days after it."""
    values: dict[str, Any] = {
        "organisation": "Harbour City Libraries",
        "month": OCTOBER,
        "made_at": MADE_AT,
        "as_of": MADE_AT - HOUR / 20,
        "promises": (Promise(DAY, "elapsed"),),
        "teams": TEAMS,
    }
    return month_facts(busy() if cohort is None else cohort, **values | other)


def busy(teams: tuple[str, ...] = TEAMS) -> list[WaitFacts]:
    """Some two hundred waits, of which forty changed hands, beside the five long ones."""
    count = len(teams)
    kept = [wait(4000 + n, (teams[n % count], 2 + n % 30)) for n in range(160)]
    passed = [
        wait(4200 + n, (teams[n % count], 1 + n % 9), (teams[(n + 1 + n % 2) % count], 3 + n % 17)) for n in range(24)
    ]
    inside = [
        wait(4300 + n, (teams[n % count], 2), (teams[(n + 3) % count], 5 + n), (teams[n % count], 1.25 + n * 2.4,
             "decided")) for n in range(14)
    ]  # fmt: skip
    return [*LONG, *kept, *passed, *inside]


FIFTEEN = tuple(f"The {name} department" for name in (
    "north", "south", "east", "west", "upper", "lower", "inner", "outer", "first", "second", "third", "fourth", "fifth",
    "sixth", "seventh",
))  # fmt: skip


def crowded() -> MonthFacts:
    """Fifteen teams, and waits that each went through eight hands."""
    through = [
        wait(9000 + n, *((FIFTEEN[(n + k) % 15], 30 + 3 * k + 9 * n) for k in range(7)), (FIFTEEN[n], 40, "decided"))
        for n in range(5)
    ]
    return month([*through, *busy(FIFTEEN)[len(LONG) :]], teams=FIFTEEN)


SHEETS = {"month": month(), "crowded month": crowded(), "quiet month": month([])}
"""A sheet in the ordinary case, with as much as a page takes, and with nothing to tell."""
