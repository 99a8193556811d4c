"""What is measured: how we read, where we keep, how we are connected."""

from collections.abc import Mapping
from typing import NamedTuple

WAYS: Mapping[str, str] = {"one process": ""}
"""What each way of reading is called, and the lines at the top of its config. The first one is that of every other row;
"a reading process" is the name that bench/targets.py judges by."""
READING = "a reading process"
FIRST = next(iter(WAYS))

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
    def tls(self) -> bool:
        """Whether over TLS."""
        return self.security == "tls"


def cases(stores: tuple[str, ...], securities: tuple[str, ...]) -> list[Case]:
    """Each way with the first store and security; the other stores and securities with the first way alone."""
    plain = [Case(way, stores[0], securities[0]) for way in WAYS]
    others = [Case(FIRST, stores[0], security) for security in securities[1:]]
    return plain + others + [Case(FIRST, store, securities[0]) for store in stores[1:]]
