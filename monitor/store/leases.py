"""FLOOR 1. Several daemons on one PostgreSQL: who is there, who holds which place, and that nobody else writes there.

A lease holds while its daemon is heard of, by the database's clock, so that hosts whose clocks differ agree. Who holds
what changes only in the one writing transaction at a time, and each transaction of a look or of an act asks in itself
whether its lease is still the one it began with ("fencing"; Kleppmann, "How to do distributed locking", 2016): who was
suspended or cut off writes nothing when it is back.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, DateTime, Interval, cast, delete, func, insert, or_, select, update

from monitor.store.sharing_tables import daemons, leases
from monitor.store.store import Store, StoreError, among, inserting

ACTING = "acting"
"""The place of what must happen once: reminders, reports, letters, the purge, the board. No address looks like it."""


class LeaseLost(StoreError):  # noqa: N818  # it is a state of affairs, not an error of this program
    """Another daemon does this now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on a place: it stands until the place is claimed anew."""

    place: str
    daemon: str
    term: int

    def check(self, connection: Connection) -> None:
        """In a writing transaction, where it cannot change any more. Raises LeaseLost."""
        mine = (leases.c.place == self.place, leases.c.daemon == self.daemon, leases.c.term == self.term)
        if connection.execute(select(leases.c.term).where(*mine)).first() is None:
            raise LeaseLost(f"{self.place}: another daemon has it now")


@dataclass(frozen=True, slots=True)
class Fenced:
    """A lease as the store asks for it: the database where something is written, our clock where something is sent.

    `lasts`: whether it has not run out by our clock.
    """

    lease: Lease
    lasts: Callable[[], bool]

    def check(self, connection: Connection) -> None:
        """Raises LeaseLost."""
        self.lease.check(connection)

    def expect(self) -> None:
        """Raises LeaseLost."""
        if not self.lasts():
            raise LeaseLost(f"{self.lease.place}: our lease has run out")


@dataclass(frozen=True, slots=True)
class Hold:
    """Leases on several places, for what is written about each of them in one transaction; None: none can be lost."""

    leases: Mapping[str, Lease] | None = None

    def stands(self, connection: Connection, places: Collection[str]) -> set[str]:
        """Those of these places that are still held; asked in a writing transaction, none of them can be lost in it."""
        if self.leases is None:
            return set(places)
        query = select(leases.c.place, leases.c.daemon, leases.c.term).where(among(leases.c.place, places, connection))
        found = {Lease(row.place, row.daemon, row.term) for row in connection.execute(query)}
        return {place for place in places if self.leases.get(place) in found}


@dataclass(frozen=True, slots=True)
class Member:
    """A daemon as others see it. `alive`: what it holds cannot be taken over yet."""

    id: str
    host: str
    pid: int
    lasting: bool
    config: str
    started_at: datetime
    until: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is there, and who holds what (places by the id of a daemon, alive or not)."""

    members: Mapping[str, Member] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)

    def holder(self, place: str) -> Member | None:
        """Who has a place, also where it was not heard of for too long."""
        return self.members.get(self.held.get(place, ""))


def standing(store: Store) -> Standing:
    """How it stands. On SQLite there is one daemon, which needs no lease."""
    if store.is_sqlite:
        return Standing()
    with store.reading() as connection:
        return standing_in(connection)


def join(store: Store, host: str, pid: int, lasting: bool, config: str, length: timedelta) -> str:
    """A new daemon is there for `length`; returns its id."""
    daemon = secrets.token_hex(16)
    now = func.clock_timestamp()
    row = {"id": daemon, "host": host, "pid": pid, "lasting": lasting, "config": config}
    with store.alone() as connection:  # it waits for no writer: it takes nothing
        connection.execute(insert(daemons).values(**row, started_at=now, renewed_at=now, until=_after(length)))
    return daemon


def renew(store: Store, daemon: str, config: str, length: timedelta) -> bool:
    """It is still there; False where others took over what it had. Waits for no writer, however long one takes."""
    still = update(daemons).where(daemons.c.id == daemon)
    still = still.values(config=config, renewed_at=func.clock_timestamp(), until=_after(length))
    with store.alone() as connection:
        return connection.execute(still.returning(daemons.c.id)).first() is not None


def sweep(connection: Connection, but: str, ended: Collection[str] = ()) -> None:
    """Those who were not heard of for too long are gone, and those that `ended`; what they held is free."""
    late = or_(daemons.c.until < func.clock_timestamp(), among(daemons.c.id, ended, connection))
    connection.execute(delete(daemons).where(late, daemons.c.id != but))


def claim(connection: Connection, daemon: str, places: Iterable[str]) -> list[Lease]:
    """Those of these places that nobody holds are this daemon's now. Within a writing transaction."""
    wanted = list(places)
    query = select(leases.c.place).where(leases.c.daemon.is_not(None), among(leases.c.place, wanted, connection))
    taken = set(connection.execute(query).scalars())
    found = []
    for place in wanted:
        if place not in taken:
            row = {"place": place, "daemon": daemon, "term": 1, "claimed_at": func.clock_timestamp()}
            new = inserting(leases, connection).values(**row)
            again = {"daemon": daemon, "term": leases.c.term + 1, "claimed_at": func.clock_timestamp()}
            new = new.on_conflict_do_update(index_elements=["place"], set_=again)
            found.append(Lease(place, daemon, connection.execute(new.returning(leases.c.term)).scalar_one()))
    return found


def release(store: Store, daemon: str, places: Collection[str]) -> None:
    """These are free. It waits for no writer: what the daemon still writes there comes before the next claim."""
    with store.alone() as connection:
        held = (leases.c.daemon == daemon, among(leases.c.place, places, connection))
        connection.execute(update(leases).where(*held).values(daemon=None))


def leave(store: Store, daemon: str) -> None:
    """The daemon is gone, and what it held is free."""
    with store.alone() as connection:
        connection.execute(delete(daemons).where(daemons.c.id == daemon))


def standing_in(connection: Connection) -> Standing:
    """The same within a transaction."""
    columns = [daemons.c[name] for name in Member.__slots__ if name != "alive"]
    alive = (daemons.c.until >= func.clock_timestamp()).label("alive")
    rows = [Member(**row._mapping) for row in connection.execute(select(*columns, alive))]
    query = select(leases.c.place, leases.c.daemon).where(leases.c.daemon.is_not(None))
    held = {row.place: row.daemon for row in connection.execute(query)}
    return Standing({row.id: row for row in rows}, held)


def _after(length: timedelta) -> ColumnElement[datetime]:
    return cast(func.clock_timestamp() + cast(length, Interval), DateTime(timezone=True))
