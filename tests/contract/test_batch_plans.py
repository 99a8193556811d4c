"""A batch of mail, a look and what is due are found by indexes: no statement reads a growing table from end to end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Select, event, select, text

from bench.report_store import END, Size, address, build
from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.message import Address, Message
from monitor.core.staff import Staff
from monitor.store import tables
from monitor.store.arrivals import Arrival, Look
from monitor.store.flags import flags_changed, waiting_mails
from monitor.store.looks import looked_completely
from monitor.store.mailboxes import fold_put_off
from monitor.store.reminding import due_between
from monitor.store.store import Store, open_store
from tests.contract.taking import take_in
from tests.contract.test_report_plans import Statement, scanned, unbounded

BOX = address(0)
HOUSE = House(staff=Staff(mailboxes=frozenset({BOX})), desks={BOX: Desk(BOX, "Front desk")})
PLANNED = ("SELECT", "UPDATE", "DELETE", "WITH")

ONCE = "lower(nodes.id) LIKE"
"""Asked when a mail of ours first shows a domain of ids, and never again for that one."""

FEW = ("ix_conversations_stale", "ix_messages_seeks")
EMPTY = ("past_waits", "counted")
"""Of what holds nothing here PostgreSQL's plan says nothing; SQLite's does."""


@pytest.fixture(params=["sqlite", "postgresql"])
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of some thousand conversations."""
    url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'monitor.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    build(url, Size(2000, 1), say=lambda _: None)
    opened = open_store(url)
    yield opened
    opened.close()


def batch(store: Store, first_uid: int) -> list[Arrival]:
    """Somebody new, answers to what is known by In-Reply-To and by References, and one that ties two conversations."""
    with store.reading() as connection:
        newest = select(tables.messages.c.identity, tables.messages.c.from_address, tables.messages.c.subject)
        known = connection.execute(newest.order_by(tables.messages.c.id.desc()).limit(4)).all()
    named = [(), (known[0].identity,), (known[1].identity, known[2].identity)]
    mails = [
        Message(f"<{first_uid}.{n}@plans.example>", f"<{first_uid}.{n}@plans.example>",
                Address("Ann", known[0].from_address), (Address("", BOX),), f"Re: {known[0].subject}",
                in_reply_to=ids[:2], references=(known[3].identity,))
        for n, ids in enumerate(named)
    ]  # fmt: skip
    return [Arrival(first_uid + n, frozenset({"\\Answered"}), 9, END, mail) for n, mail in enumerate(mails)]


def a_look(store: Store, batches: Mapping[int, Sequence[Arrival]]) -> None:
    """Two batches, each twice: the second time all is known. Then what a quiet round asks, and a reminding one."""
    for folder, mails in batches.items():
        for first in (True, False):
            take_in(
                store, folder, mails, Cursor(7, mails[-1].uid + 1), HOUSE, Look(END, END - timedelta(hours=1), first)
            )
    waiting_mails(store, 1)
    flags_changed(store, 1, {10_000_000: frozenset({"\\Seen"})}, [10_000_001], HOUSE, Look(END, END, first=False))
    fold_put_off(store, HOUSE)
    looked_completely(store, BOX, END)
    due_between(store, END - timedelta(days=2), END)


def asked(store: Store) -> list[Statement]:
    """The different statements of a look, but for plain inserts."""
    found: dict[str, Statement] = {}

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, _context: object, many: bool
    ) -> None:
        one = parameters[0] if many and isinstance(parameters, list) else parameters
        found.setdefault(statement, (statement, one))

    batches = {1: batch(store, 10_000_000), 2: batch(store, 20_000_000)}
    event.listen(store.engine, "before_cursor_execute", note)
    a_look(store, batches)
    event.remove(store.engine, "before_cursor_execute", note)
    return [each for each in found.values() if each[0].lstrip().startswith(PLANNED) and not once(store, each[0])]


def once(store: Store, statement: str) -> bool:
    """SQLite finds the ids together, and is held to that."""
    return ONCE in statement and not store.is_sqlite


def test_no_growing_table_is_read_through_for_a_batch_a_look_or_a_reminder(grown: Store) -> None:
    statements = asked(grown)
    assert len(statements) > 30
    wrong = on_sqlite(grown, statements) if grown.is_sqlite else on_postgresql(grown, statements)
    assert wrong == [], "\n".join(wrong)


def test_what_may_be_tied_by_its_subject_is_looked_for_in_its_weeks_alone(grown: Store) -> None:
    """A subject that comes again and again would make each batch a little slower than the one before."""
    seekers = select(tables.messages.c.strand).where(tables.SEEKS, tables.messages.c.subject_key == "key")
    some = tables.messages.c.fortnight.in_((1420, 1421)), tables.messages.c.subject_key == "key"
    hosts = select(tables.messages.c.conversation).where(*some)
    for query in (seekers, hosts):
        # A time so long that nobody would look by that alone.
        since = tables.messages.c.received_at >= END - timedelta(days=3650)
        bounded = query.where(since, tables.messages.c.received_at <= END)
        by = searched(grown, bounded)
        assert ("subject_key" in by, "received_at" in by) == (True, True), by


def searched(store: Store, query: Select[Any]) -> str:
    """By which columns a query on messages finds its rows."""
    if store.is_sqlite:
        with store.reading() as connection:
            return str(connection.execute(text("EXPLAIN QUERY PLAN " + said(store, query))).one()[3])
    with store.writing() as connection:
        connection.execute(text("ANALYZE messages"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(text("EXPLAIN " + said(store, query))).scalars()
        return " ".join(line for line in plan if "Index Cond" in line)


def said(store: Store, query: Select[Any]) -> str:
    return str(query.compile(store.engine, compile_kwargs={"literal_binds": True})).replace(":", "\\:")


def on_sqlite(store: Store, statements: list[Statement]) -> list[str]:
    with store.reading() as connection:
        plans = [
            (statement, [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()])
            for statement, given in statements
        ]
    return [f"{scans}: {statement}" for statement, plan in plans if (scans := scanned(plan))]


def on_postgresql(store: Store, statements: list[Statement]) -> list[str]:
    url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    wrong = []
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        # So few rows are read fastest from end to end: it may not, so that we see whether it would have to.
        for way in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(f"SET enable_{way} = off")
        for statement, given in statements:
            ((plan,),) = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", given).fetchall()
            wrong += [f"{scan}: {statement}" for scan in read_through(plan[0]["Plan"])]
    return wrong


def read_through(plan: dict[str, Any], limited: bool = False) -> list[str]:
    """The nodes of a plan that read a growing table: but for a highest id, and all of an index that holds few rows."""
    few = limited or plan["Node Type"] == "ModifyTable" or plan.get("Index Name") in FEW
    few = few or plan.get("Relation Name") in EMPTY
    found = (
        [] if few else unbounded({**plan, "Plans": [p for p in plan.get("Plans", ()) if "Bitmap" in p["Node Type"]]})
    )
    below = () if plan["Node Type"] == "Bitmap Heap Scan" else plan.get("Plans", ())
    return [*found, *(one for each in below for one in read_through(each, plan["Node Type"] == "Limit"))]
