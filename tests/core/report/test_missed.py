"""Who missed the promise: how many had been passed on, and how long they typically took, open ones included."""

from dataclasses import replace

from monitor.core.report.missed import missed_by_team
from monitor.core.wait import Handoff
from tests.core.report.test_statistics import AS_OF, HOUR, answered_after, open_for


def test_misses_are_told_with_what_was_passed_on_and_how_long_they_took() -> None:
    late = [answered_after(hours) for hours in (25, 46, 47)]
    waits = [
        *late,
        replace(answered_after(30), handoffs=(Handoff(AS_OF - 239 * HOUR, "Desk", "b", False),)),
        answered_after(3),
    ]
    (found,) = missed_by_team(waits)
    assert (found.team, found.n, found.passed_on, found.typical) == ("Desk", 4, 1, 30 * HOUR)
    (still,) = missed_by_team([open_for(30), open_for(50), answered_after(25)])
    assert (still.typical, still.longest_known) == (None, 50 * HOUR)
    assert missed_by_team([answered_after(3), open_for(2)]) == ()
