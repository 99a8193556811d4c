"""FLOOR 2. When each mailbox is due for a look. All moments are seconds on the caller's monotonic clock."""

from collections.abc import Callable, Collection, Iterable

from monitor.config import MailboxSettings
from monitor.core.patience import Outcome, Patience
from monitor.jobs.look import Sweep

HINT_SECONDS = 5.0
"""So soon after a look began a hint may bring about the next one. It is twice as long after each look of that kind that
found nothing, up to `poll_every`: no server makes us look without end by what it says."""


class Agenda:
    """What is known of the last look at each mailbox; a mailbox never looked at is due.

    `chance` is the jitter's dice, in [0, 1).
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._looked: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._patience: dict[str, Patience] = {}
        self._hinted: set[str] = set()
        self._brought: set[str] = set()
        self._in_vain: dict[str, int] = {}

    def hinted(self, addresses: Collection[str]) -> None:
        """Their servers say that something may have come."""
        self._hinted.update(addresses)

    def is_hinted(self, mailbox: MailboxSettings) -> bool:
        """Whether that is so, and no look has begun since."""
        return mailbox.address in self._hinted

    def is_due(self, mailbox: MailboxSettings, now: float) -> bool:
        """After a complete look its own interval counts from when it began, or less with a hint; else the wait, from
        when it failed: a hint shortens no patience."""
        address = mailbox.address
        if address not in self._looked:
            return True
        wait = self._patience.get(address, Patience()).wait
        if wait is None:
            return now - self._looked[address] >= self._interval(mailbox)
        return now - self._ended[address] >= wait

    def began(self, mailbox: MailboxSettings, now: float) -> None:
        """A look at it begins. One of which no end is ever told, as the store failed, waits as the one before it."""
        address = mailbox.address
        if address in self._hinted:
            self._hinted.discard(address)
            self._brought.add(address)
        self._looked[address] = self._ended[address] = now

    def ended(self, sweep: Sweep, now: float) -> None:
        """A look has ended."""
        address, fault = sweep.mailbox, sweep.fault
        asked = fault.wait if fault is not None else None
        before = self._patience.get(address, Patience())
        self._patience[address] = before.after(_outcome(sweep), sweep.taken_in, asked, self._chance())
        self._ended[address] = now
        if sweep.taken_in:
            self._in_vain.pop(address, None)
        elif address in self._brought and fault is None:
            self._in_vain[address] = self._in_vain.get(address, 0) + 1
        self._brought.discard(address)

    def all_due(self) -> None:
        """Every mailbox is due at once but for refused logins: a clock that jumps must not lock an account."""
        self._looked = {a: at for a, at in self._looked.items() if a in self._patience and self._patience[a].refusals}

    def pardon(self, addresses: Iterable[str] | None = None) -> None:
        """What failed of these, or of all, is due at once, and nothing is held against it."""
        for address in list(self._patience) if addresses is None else addresses:
            if self._patience.pop(address, Patience()).wait is not None:
                self._looked.pop(address, None)

    def forget(self, addresses: Iterable[str]) -> None:
        """These were never looked at."""
        for address in addresses:
            self._looked.pop(address, None)

    def _interval(self, mailbox: MailboxSettings) -> float:
        every = mailbox.poll_every.total_seconds()
        if mailbox.address not in self._hinted:
            return every
        return min(every, HINT_SECONDS * 2.0 ** min(self._in_vain.get(mailbox.address, 0), 16))


def _outcome(sweep: Sweep) -> Outcome:
    if sweep.fault is None:
        return "complete"
    if sweep.fault.fault == "stopped":
        return "interrupted"
    return "refused" if sweep.fault.fault == "refused" else "failed"
