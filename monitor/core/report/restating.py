"""GROUND. What was sent stands; what has changed a week's figures since is said, with the reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.core.report.figures import Rate
from monitor.core.report.week import Week

Reason = Literal["seen-later", "reply-later", "calendar", "by-hand", "put-away", "rules"]
"""Why a wait is counted otherwise than when the report was sent: it, or the reply to it, was seen only later; the
promise or its calendar was changed; somebody said so by hand; it was put away; a rule was changed."""


@dataclass(frozen=True, slots=True)
class WeekRate:
    """One of the last weeks as it was last told; None: nothing came due, or it lies before all that was read.

    `blind`: for how long not everything could be seen, the longest of any mailbox. `restated`: with this report.
    """

    week: Week
    rate: Rate | None
    blind: timedelta = timedelta(0)
    restated: bool = False


@dataclass(frozen=True, slots=True)
class Restated:
    """A week that was told otherwise: `before` as it was last told, at `told_at` (UTC), and `now`; how many waits are
    counted otherwise, by reason, the most frequent first."""

    week: Week
    told_at: datetime
    before: Rate
    now: Rate
    reasons: tuple[tuple[Reason, int], ...]
