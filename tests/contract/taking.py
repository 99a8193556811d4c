"""What came into one folder, stored as a look stores it."""

from collections.abc import Sequence

from monitor.core.cursor import Cursor
from monitor.core.house import House
from monitor.store.arrivals import Arrival, Look, Part
from monitor.store.intake import take_in_together
from monitor.store.store import Store


def take_in(store: Store, folder: int, batch: Sequence[Arrival], cursor: Cursor, house: House, look: Look) -> None:
    """One batch of a folder, and its cursor."""
    take_in_together(store, [Part(folder, batch, cursor, look)], house)
