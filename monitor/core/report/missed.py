"""GROUND. Who missed the promise in a week, by team: how many had been passed on, and how long they typically took."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.core.report.figures import WaitFacts
from monitor.core.report.path import passed_on
from monitor.core.report.survival import reached
from monitor.core.wait import is_met


@dataclass(frozen=True, slots=True)
class Missed:
    """The `n` waits of a team that missed the promise; `passed_on` of them had changed hands. `typical` elapsed, None:
    over half of them still wait; then it is over `longest_known`."""

    team: str
    n: int
    passed_on: int
    typical: timedelta | None
    longest_known: timedelta


def missed_by_team(cohort: Iterable[WaitFacts]) -> tuple[Missed, ...]:
    """Of each team of the cohort that missed any."""
    found: dict[str, list[WaitFacts]] = defaultdict(list)
    for wait in cohort:
        if is_met(wait.state, wait.answered_at, wait.due_at, wait.as_of) is False:
            found[wait.team].append(wait)
    return tuple(_missed(team, waits) for team, waits in found.items())


def _missed(team: str, waits: list[WaitFacts]) -> Missed:
    lengths = [length for wait in waits if (length := wait.length()) is not None]
    return Missed(
        team=team,
        n=len(waits),
        passed_on=sum(bool(passed_on(wait)) for wait in waits),
        typical=reached(lengths, 0.5),
        longest_known=max(length for length, _ in lengths),  # a miss is answered or waits as far as we know
    )
