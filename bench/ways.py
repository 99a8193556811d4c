"""What is measured: how we read, where we keep, how we are connected."""

from collections.abc import Mapping
from typing import NamedTuple

FIRST, READING = "one process", "a reading process"
WAYS: Mapping[str, int | None] = {FIRST: 1, READING: None}
"""What each way of reading is called, and how many cores our command gets; None: all there are. No key of the config
asks for the reading process: it comes of itself where there are two cores and much mail (jobs/reading_process.py). The
first way is that of every other row."""

STORES = ("sqlite", "postgresql")
SECURITIES = ("none", "tls")


class Case(NamedTuple):
    """One way to do a first look."""

    way: str
    store: str = "sqlite"
    security: str = "none"

    @property
    def name(self) -> str:
        """As the tables and the JSON call it."""
        words = [self.way, {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.store]]
        return ", ".join(words + (["TLS"] if self.security == "tls" else []))

    @property
    def cores(self) -> int | None:
        """How many our command gets; None: all there are."""
        return WAYS[self.way]

    @property
    def tls(self) -> bool:
        """Whether over TLS."""
        return self.security == "tls"


def cases(stores: tuple[str, ...], securities: tuple[str, ...]) -> list[Case]:
    """Each way with the first store and security; the other stores and securities with the first way alone."""
    plain = [Case(way, stores[0], securities[0]) for way in WAYS]
    others = [Case(FIRST, stores[0], security) for security in securities[1:]]
    return plain + others + [Case(FIRST, store, securities[0]) for store in stores[1:]]
