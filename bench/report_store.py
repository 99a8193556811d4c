"""A store with years of history, made by bulk inserts into the product's own tables: invented, and the same each time.

What no report reads is left empty or small: the nodes of conversations, letters, most header facts.
"""

import json
import random
import sqlite3
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Table
from sqlalchemy.schema import CreateIndex, DropIndex, ExecutableDDLElement

from monitor.core.ids import hash_of
from monitor.store.column_types import UtcDateTime
from monitor.store.store import Store, open_store
from monitor.store.tables import blind, conversations, folders, mailboxes, messages, sightings, waits

END = datetime(2026, 11, 16, 6, tzinfo=UTC)
"""A Monday; the last look."""
HOUR, WEEK = 3600.0, 7 * 86400.0
MAILBOXES = (
    ("info", "Front desk"), ("cards", "Front desk"), ("events", "Events & rooms"), ("rooms", "Events & rooms"),
    ("it", "IT"), ("digital", "IT"), ("shop", "Shop"), ("office", "Back office"),
)  # fmt: skip
TEAMS = tuple(dict.fromkeys(team for _, team in MAILBOXES))
ROLES = ("inbox", "sent")
PUBLIC = ("gmail.com", "outlook.com", "gmx.de", "yahoo.com", "web.de")
PARTNERS = 120
"""Domains that write every week; each tenth of them stopped some weeks ago."""
LEFT_OUT = ("bulk.list-header", "automatic.auto-submitted", "spam.marked", "closer.thanks")
SHARES = {"answered": 0.93, "no_reply_needed": 0.04, "excused": 0.0298, "waiting": 0.0002}
HEADERS = {
    "return-path": ["<bounces+{n}@mail.example>"],
    "authentication-results": ["mx.museum.example; dkim=pass header.d=mail.example; spf=pass smtp.mailfrom={n}"],
    "list-unsubscribe": ["<https://mail.example/leave/{n}>"],
    "x-mailer": ["Invented Mail 16.0, build {n}"],
}

Row = tuple[Any, ...]
Write = Callable[[Table, Sequence[Row]], None]


class Size(NamedTuple):
    """How much history."""

    waits: int
    years: int

    @property
    def weeks(self) -> int:
        """So many whole weeks."""
        return self.years * 52


def address(mailbox: int) -> str:
    """Of the n-th mailbox."""
    return f"{MAILBOXES[mailbox][0]}@museum.example"


def build(url: str, size: Size, seed: int = 1, say: Callable[[str], None] = print) -> None:
    """Fill an empty store. Indexes are made at the end, as a database that grew for years would have them."""
    store = open_store(url)
    indexes = [index for table in (messages, sightings, waits, conversations) for index in table.indexes]
    _change(store, map(DropIndex, indexes))
    with _writing(store) as write:
        write(mailboxes, _mailboxes())
        write(folders, _folders())
        write(blind, _blind(random.Random(seed), size))
        for number, week in enumerate(_Maker(random.Random(seed), size).weeks(), 1):
            for table, rows in week.items():
                write(table, rows)
            if number % 26 == 0:
                say(f"{number} of {size.weeks} weeks")
    _change(store, map(CreateIndex, indexes))
    with store.alone() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if store.is_sqlite else "VACUUM ANALYZE")
    store.close()


def _change(store: Store, statements: Iterable[ExecutableDDLElement]) -> None:
    with store.engine.connect().execution_options(writer=True) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


class _Maker:
    """Weeks of mail, one after the other."""

    def __init__(self, chance: random.Random, size: Size) -> None:
        self.chance, self.size = chance, size
        self.start = END.timestamp() - size.weeks * WEEK - 6 * HOUR
        self.wait = self.message = self.uid = 0
        # Weekdays from eight to six bring six times the mail of nights and weekends.
        hours = [6 if h // 24 < 5 and 8 <= h % 24 < 18 else 1 for h in range(168)]
        self.hours = list(accumulate(hours))

    def weeks(self) -> Iterator[dict[Table, list[Row]]]:
        """The rows of each week."""
        for number in range(self.size.weeks):
            count = self.size.waits * (number + 1) // self.size.weeks - self.size.waits * number // self.size.weeks
            yield self._week(number, count)

    def _week(self, number: int, count: int) -> dict[Table, list[Row]]:
        rows: dict[Table, list[Row]] = {conversations: [], messages: [], sightings: [], waits: []}
        moments = sorted(self.start + number * WEEK + self._moment() for _ in range(count))
        people = [self._who() for _ in range(count)]
        partners = min(PARTNERS, count)
        for partner in range(partners):
            if self._still_writes(partner, self.size.weeks - number):
                people[partner * count // partners] = f"orders@partner{partner}.example"
        for at, who in zip(moments, people, strict=True):
            self._conversation(at, who, rows)
            if self.chance.random() < 0.25:
                self._left_out(at, rows)
        return rows

    def _still_writes(self, partner: int, weeks_ago: int) -> bool:
        return partner % 10 != 0 or weeks_ago > 4 + partner // 20

    def _moment(self) -> float:
        hour = bisect(self.hours, self.chance.random() * self.hours[-1])
        return (hour + self.chance.random()) * HOUR

    def _who(self) -> str:
        person = int(self.chance.paretovariate(0.7)) % 400_000
        domain = PUBLIC[person % 5] if person % 3 else f"house{person % 40_000}.example"
        return f"person{person}@{domain}"

    def _conversation(self, at: float, who: str, rows: dict[Table, list[Row]]) -> None:
        chance, end = self.chance, END.timestamp()
        self.wait += 1
        box = min(int(chance.expovariate(0.45)), len(MAILBOXES) - 1)
        (state,) = chance.choices(list(SHARES), list(SHARES.values()))
        length = min(chance.lognormvariate(1.9, 1.2), 2000) * HOUR
        if at + length > end:
            state = "waiting"
        rows[conversations].append((self.wait, None, None, False))
        opener = self._mail(at, who, address(box), "incoming", True, "person.writes", box, "inbox", rows)
        answer = None
        if state == "answered":
            answer = self._mail(at + length, address(box), who, "outgoing", False, "staff.mailbox", box, "sent", rows)
        ended = {"answered": (answer, at + length, address(box), None, "ids")}.get(
            state, (None, None, None, None if state == "waiting" else at + length, None)
        )
        handoffs = self._handoffs(at, min(length, end - at), box) if chance.random() < 0.1 else None
        rows[waits].append(
            (self.wait, self.wait, opener, address(box), f'["{address(box)}"]', MAILBOXES[box][1], "Ann Other", who,
             state, at, at + 24 * HOUR, None, *ended, handoffs, True, f"[{opener}]", False, None, None)
        )  # fmt: skip

    def _handoffs(self, at: float, length: float, box: int) -> str:
        """Passed on to another team, which tells the desk, or passes it on once more, or never says anything."""
        desk = MAILBOXES[box][1]
        holder = self.chance.choice([team for team in TEAMS if team != desk])
        told = [(0.3, desk, holder, False)]
        (then,) = self.chance.choices(("tells", "passes on", "silent"), (0.5, 0.2, 0.3))
        if then == "tells":
            told.append((0.7, holder, desk, True))
        elif then == "passes on":
            third = self.chance.choice([team for team in TEAMS if team not in (desk, holder)])
            told.append((0.6, holder, third, False))
        moments = (datetime.fromtimestamp(at + part * length, UTC).isoformat() for part, *_ in told)
        return json.dumps([[moment, *rest, ""] for moment, (_, *rest) in zip(moments, told, strict=True)])

    def _left_out(self, at: float, rows: dict[Table, list[Row]]) -> None:
        rule = self.chance.choice(LEFT_OUT)
        direction = "automatic" if rule.startswith("automatic") else "incoming"
        who, box = f"news@sender{self.chance.randrange(2000)}.example", self.chance.randrange(len(MAILBOXES))
        self._mail(at + 60, who, address(box), direction, False, rule, box, "inbox", rows)

    def _mail(
        self, at: float, from_: str, to: str, direction: str, wants: bool, rule: str, box: int, role: str,
        rows: dict[Table, list[Row]],
    ) -> int:  # fmt: skip
        self.message += 1
        n = self.message
        identity = f"<{self.chance.getrandbits(96):024x}@{from_.partition('@')[2]}>"
        cites = ("unseen" if self.chance.random() < 0.02 else "seen") if wants and self.chance.random() < 0.2 else None
        answers = "[]" if direction != "outgoing" or n % 10 == 0 else f'["{identity[:9]}.answered@mail.example>"]'
        headers = json.dumps({name: [v.format(n=n) for v in values] for name, values in HEADERS.items()})
        rows[messages].append(
            (n, identity, hash_of(identity), identity, self.wait, self.wait, at, at, "Ann Other", from_,
             f"About the visit of group {n}", f'[["", "{to}"]]', "[]", answers, "[]", headers, direction, wants, rule,
             "[]", "own-id", None, f"about the visit of group {n}", int(at // (2 * WEEK)), False, cites, None)
        )  # fmt: skip
        folder = 2 * box + ROLES.index(role) + 1
        rows[sightings].append((folder, 7, n, n, at, 9000, '["\\\\seen"]', at + 300, None, None, None))
        return n


def _mailboxes() -> list[Row]:
    first, end = (END - timedelta(days=3650)).timestamp(), END.timestamp()
    seen = (first, end, end, first, None, None, None, None, first, None, None)
    return [(address(n), *seen) for n in range(len(MAILBOXES))]


def _folders() -> list[Row]:
    at = END.timestamp()
    return [
        (2 * n + r + 1, address(n), role.title(), role, 7, 1, None, None, True, at, True)
        for n in range(len(MAILBOXES))
        for r, role in enumerate(ROLES)
    ]


def _blind(chance: random.Random, size: Size) -> list[Row]:
    """A few hours, two times in three weeks."""
    starts = sorted(END.timestamp() - chance.random() * size.weeks * WEEK for _ in range(size.weeks * 2 // 3))
    return [(address(n % len(MAILBOXES)), at, at + chance.random() * 4 * HOUR) for n, at in enumerate(starts)]


@contextmanager
def _writing(store: Store) -> Iterator[Write]:
    """Rows straight to the driver: a hundred times as fast as one INSERT after the other."""
    if store.is_sqlite:
        with closing(sqlite3.connect(str(store.engine.url.database))) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -200000")
            yield partial(_to_sqlite, connection)
    else:
        url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with closing(psycopg.connect(url)) as server:
            yield partial(_to_postgresql, server)


def _to_sqlite(connection: sqlite3.Connection, table: Table, rows: Sequence[Row]) -> None:
    form = ", ".join("?" * len(table.columns))
    with connection:
        connection.executemany(
            f"INSERT INTO {table.name} ({_names(table)}) VALUES ({form})", _told(table, rows, _stamp)
        )


def _to_postgresql(connection: psycopg.Connection, table: Table, rows: Sequence[Row]) -> None:
    with connection.cursor().copy(f"COPY {table.name} ({_names(table)}) FROM STDIN") as copy:
        for row in _told(table, rows, _moment):
            copy.write_row(row)
    connection.commit()


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _told(table: Table, rows: Sequence[Row], moment: Callable[[float], Any]) -> Iterator[Row]:
    """Seconds as the database has moments."""
    dates = [isinstance(column.type, UtcDateTime) for column in table.columns]
    for row in rows:
        yield tuple(
            moment(value) if date and value is not None else value for value, date in zip(row, dates, strict=True)
        )


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
