"""GROUND. The brake: where an unusual share becomes late at once, the view is suspected before the people are.

Somebody renamed Sent, or a mail program keeps replies elsewhere now: then everybody looks unanswered, all of a sudden.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.report.figures import WaitFacts
from monitor.core.report.intervals import change
from monitor.core.wait import is_met

DAY = timedelta(hours=24)
HOLDS = DAY
"""Long enough for somebody to look into it on a working day, short enough that nobody is forgotten."""
WEEKS = 4
HISTORY = WEEKS * timedelta(days=7) + 3 * DAY
"""So far back waits are judged by when they fell due."""
FEWEST_LATE = 10
"""Fewer may be one bad morning."""
LATE_SHARE = 0.75
FEWEST_USUAL = 20
USUAL_SHARE = 0.5
"""A desk that answers fewer than half in time surprises nobody by being late (situation 38)."""


@dataclass(frozen=True, slots=True)
class Brake:
    """Reminders of a mailbox are held in [since, until): `late` of the `n` due in a day are late.

    `usually_late` of `usually` were, on the same day of the four weeks before.
    """

    since: datetime
    until: datetime
    late: int
    n: int
    usually_late: int
    usually: int

    @property
    def usual_percent(self) -> int:
        """How many of a hundred were late usually."""
        return round(100 * self.usually_late / self.usually)


def brake(
    waits: Iterable[WaitFacts],
    last_reply: datetime,
    first_look: datetime,
    as_of: datetime,
    blind: Sequence[tuple[datetime, datetime]] = (),
) -> Brake | None:
    """The brake of one mailbox since its `last_reply`; None where nothing is unusual.

    A pure function of what happened, so that restarts change nothing: the first moment of this silence at which, of
    all that fell due within a day, three in four were late, ten of them asked after the last reply, while the same
    hours of the four weeks before were another picture beyond chance. By the same hours, because weekends repeat.
    Where that moment lies in a `blind` spell it begins with the look that ended it. A reply ends the silence.
    """
    facts = list(waits)
    silent = sorted(w.due_at for w in facts if _is_silent(w, last_reply, first_look, as_of))
    if len(silent) < FEWEST_LATE:
        return None
    judged = [(w.due_at, met) for w in facts if (met := is_met(w.state, w.answered_at, w.due_at, as_of)) is not None]
    every, kept = sorted(due for due, _ in judged), sorted(due for due, met in judged if met)
    for moment in silent[FEWEST_LATE - 1 :]:
        n, met_now = _in_day(every, moment), _in_day(kept, moment)
        if _in_day(silent, moment) < FEWEST_LATE or n - met_now < LATE_SHARE * n:
            continue
        days = [moment - timedelta(days=7 * week) for week in range(1, WEEKS + 1)]
        usual, usually_met = sum(_in_day(every, day) for day in days), sum(_in_day(kept, day) for day in days)
        if usual < FEWEST_USUAL or usually_met < USUAL_SHARE * usual:
            continue
        if change((met_now, n), (usually_met, usual)) == -1:
            since = next((until for start, until in blind if start < moment <= until), moment)
            return Brake(since, since + HOLDS, n - met_now, n, usual - usually_met, usual)
    return None


def _is_silent(wait: WaitFacts, last_reply: datetime, first_look: datetime, as_of: datetime) -> bool:
    """Whether somebody who asked after the last reply is late, and was not so at the first look already."""
    return wait.state == "waiting" and wait.opened_at > last_reply and first_look < wait.due_at <= as_of


def _in_day(moments: Sequence[datetime], end: datetime) -> int:
    """How many of these sorted moments lie in the 24 hours up to `end`."""
    return bisect_right(moments, end) - bisect_right(moments, end - DAY)
