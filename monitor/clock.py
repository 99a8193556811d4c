"""ROOF. The clock: that on the wall, or one that stands where `--now` put it."""

from collections.abc import Callable
from datetime import UTC, datetime


def clock_at(now: datetime | None) -> Callable[[], datetime]:
    """Tells `now` whenever it is asked; the moment it is, in UTC, where that is None."""
    return (lambda: now) if now else wall_clock


def wall_clock() -> datetime:
    """The moment it is, in UTC."""
    return datetime.now(UTC)
