"""GROUND. How long to wait before the next look at a mailbox, and how long a look may take (failures.md §3).

Values only: what the last looks came to goes in, seconds come out. Whoever asks keeps them on a monotonic clock.
"""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["complete", "failed", "refused", "interrupted"]
"""`complete`: everything was seen. `refused`: the server does not accept the login, which only a person can mend.
`failed`: anything else went wrong. `interrupted`: we ended it ourselves, which says nothing of the server."""

FIRST_RETRY = 30.0
LONGEST_RETRY = 30 * 60.0
JITTER = 0.25
"""Up to so large a part is added, so that the mailboxes of a server that was down do not all come back at once."""

AFTER_REFUSAL = (15 * 60.0, 60 * 60.0, 6 * 60 * 60.0, 24 * 60 * 60.0)
"""The login breaker: servers lock an account after a handful of wrong passwords, or block our address."""

LONGEST_ASKED = 24 * 60 * 60.0
"""No server's wish for a pause is heeded beyond a day."""

STALL = 600.0
"""So long a look may go without taking in a mail."""
WHOLE_LOOK = 1800.0
SECONDS_A_MAIL = 1.2
"""A look has half an hour, and these more for each mail it takes in: 50 mails a minute are slow, but honest."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What the last looks at one mailbox came to. `wait`: seconds to the next; None: as the config says."""

    failures: int = 0
    refusals: int = 0
    wait: float | None = None

    def after(self, outcome: Outcome, took_in: int = 0, asked: float | None = None, chance: float = 0.0) -> "Patience":
        """After one more look that took in so many mails.

        `asked`: for so many seconds the server wants to be left alone; `chance` in [0, 1) is the jitter's dice.
        A look that failed after taking in mails does not lengthen the wait: a server that ends every connection after
        a while is read to its end all the same. A refused login counts until one is accepted.
        """
        if outcome == "complete":
            return Patience()
        if outcome == "interrupted":
            return Patience(self.failures, self.refusals, 0.0)
        if outcome == "refused":
            wait = AFTER_REFUSAL[min(self.refusals, len(AFTER_REFUSAL) - 1)]
            return Patience(0, self.refusals + 1, _spread(wait, chance))
        failures = max(1, self.failures) if took_in else self.failures + 1
        wait = min(FIRST_RETRY * 2 ** min(failures - 1, 16), LONGEST_RETRY)
        return Patience(failures, self.refusals, _spread(max(wait, min(asked or 0.0, LONGEST_ASKED)), chance))


def _spread(wait: float, chance: float) -> float:
    return wait * (1 + JITTER * chance)


def deadline(started: float, progressed: float, taken_in: int) -> float:
    """When a look is cut: it stalls, or is slower than any honest server, on the clock that `started` is of.

    `progressed`: when it last took in something, or `started`. A server that drips never runs into a read timeout.
    """
    return min(progressed + STALL, started + WHOLE_LOOK + SECONDS_A_MAIL * taken_in)
