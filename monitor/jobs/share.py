"""FLOOR 2. What a daemon may work at: all of it where it is alone (sharing.py knows of several)."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from monitor.config import Settings
from monitor.store.leases import Hold


@dataclass(frozen=True, slots=True)
class Change:
    """Places that are this daemon's since now, and no longer."""

    gained: Sequence[str] = ()
    gone: Sequence[str] = ()


class Share(Protocol):
    """What a daemon may work at. A place is the address of a mailbox, or ACTING."""

    lost: Callable[[Collection[str]], None]
    """Is called, by any thread, with mailboxes that are to be let alone at once."""
    company: bool
    """Whether others look at mailboxes too."""
    led: bool
    """Whether it acted (reminded, reported, delivered) when it last knew."""

    def holds(self, place: str) -> bool:
        """Whether it may work there now."""

    def under(self, place: str) -> AbstractContextManager[None]:
        """All that this thread writes within is written only while the place is held. Raises LeaseLost."""

    def hold(self) -> Hold:
        """What is held now, to ask of each place whether it still is where something is written about many."""

    def take(self, settings: Settings, busy: Collection[str] = ()) -> Change:
        """Take what is this daemon's, give what is others' and not `busy`. Raises StoreError."""

    def close(self) -> None:
        """Give all of it."""


class Alone:
    """The only daemon of its store holds all."""

    def __init__(self) -> None:
        self.lost: Callable[[Collection[str]], None] = lambda _places: None
        self.company, self.led = False, True

    def holds(self, place: str) -> bool:
        """Everything."""
        return True

    def under(self, place: str) -> AbstractContextManager[None]:
        """Nothing can be lost."""
        return nullcontext()

    def hold(self) -> Hold:
        """Nothing can be lost."""
        return Hold()

    def take(self, settings: Settings, busy: Collection[str] = ()) -> Change:
        """Nothing changes."""
        return Change()

    def close(self) -> None:
        """Nothing is held."""
