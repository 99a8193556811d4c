"""The report reads the weeks it needs by indexes: no statement of it looks through a table that grows for years."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from bench.report import QUIET, config
from bench.report_store import END, Size, build
from monitor.config import load
from monitor.core.report.week import Week
from monitor.jobs.knowledge import know
from monitor.jobs.report import make
from monitor.store.store import Store, open_store

GROWING = (
    "conversations", "counted", "letters", "messages", "nodes", "past_mail", "past_waits", "reminders", "sightings",
    "waits",
)  # fmt: skip
Statement = tuple[str, Any]


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'monitor.db'}"
    build(url, Size(3000, 1), say=lambda _: None)
    return url


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    build(postgres_url, Size(3000, 1), say=lambda _: None)
    opened = open_store(postgres_url)
    yield opened
    opened.close()


def statements(store: Store, folder: Path) -> list[Statement]:
    """What a report asks of the store, with every section that can be asked for."""
    path = folder / "config.toml"
    path.write_text(config(str(store.engine.url)) + QUIET)
    settings, asked = load(path), list[Statement]()

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    made = make(store, settings, know(store, settings, END), Week.of(END, settings.zone).before(), END)
    event.remove(store.engine, "before_cursor_execute", note)
    assert len(made.cohort) > 30
    assert made.facts.gone_quiet, "the plans of what was not asked would prove nothing"
    return [(statement, parameters) for statement, parameters in asked if statement.lstrip().startswith("SELECT")]


def scanned(details: list[str]) -> list[str]:
    """SQLite reads a table, or the whole of an index, from one end to the other: it says SCAN, else SEARCH."""
    return [d for d in details if d.split()[0] == "SCAN" and d.split()[1].strip('"') in GROWING]


def test_on_sqlite_no_growing_table_is_read_through(sqlite: Store, tmp_path: Path) -> None:
    asked = statements(sqlite, tmp_path)
    assert len(asked) > 15
    with sqlite.reading() as connection:
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert scanned([row[3] for row in rows]) == [], statement


def test_a_statement_without_an_index_would_be_found(sqlite: Store) -> None:
    with sqlite.reading() as connection:
        for where in ("subject = 'x'", "rule = 'x'"):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT id FROM messages WHERE {where}").all()
            assert len(scanned([row[3] for row in rows])) == 1


def unbounded(plan: dict[str, Any]) -> list[str]:
    """The nodes of a plan that read a growing table without a condition on an index."""
    table = plan.get("Relation Name", "")
    found = [f"{plan['Node Type']} on {table}"] if table in GROWING and not _is_bounded(plan) else []
    return [*found, *(one for below in plan.get("Plans", ()) for one in unbounded(below))]


def _is_bounded(plan: dict[str, Any]) -> bool:
    if plan["Node Type"] == "Bitmap Heap Scan":
        return all("Index Cond" in below or below["Node Type"].startswith("Bitmap") for below in plan["Plans"])
    return "Index Cond" in plan


def test_on_postgresql_every_growing_table_can_be_read_by_an_index(postgres_store: Store, tmp_path: Path) -> None:
    asked = statements(postgres_store, tmp_path)
    url = postgres_store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        # So few rows are read fastest from end to end: it may not, so that we see whether it would have to.
        for way in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(f"SET enable_{way} = off")
        for statement, parameters in asked:
            ((plan,),) = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchall()
            assert unbounded(plan[0]["Plan"]) == [], statement
