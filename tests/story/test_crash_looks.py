"""Killed at any point of a look: the next look brings the store to where an undisturbed one has it (failures.md §6)."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from monitor.store import tables
from monitor.store.store import open_store
from tests.servers.dovecot import Dovecot
from tests.servers.dying import POLL_POINTS
from tests.servers.postgres import Postgres
from tests.servers.smtp_sink import SmtpSink
from tests.story.house import BEN, CLEO, ROOT, House, at, kinds

PASSES = {"before-batch": 4, "in-batch": 4, "after-batch": 4, "between-folders": 2}
"""How many times a look passes each point before it is killed there, at most; a first look has six batches."""
CASES = [
    (point, passes, database)
    for point in POLL_POINTS
    for passes in range(PASSES[point])
    for database in ("sqlite", "postgresql")
]
SAMPLE = Random(5).sample(CASES, 1)
WHICH = [pytest.param(*case, marks=[] if case in SAMPLE else pytest.mark.full) for case in CASES]

Twins = Callable[[str], tuple[House, House]]


@pytest.fixture
def twins(
    tmp_path: Path,
    dovecot: Dovecot,
    smtp_sink: SmtpSink,
    mailboxes: Callable[[str], str],
    request: pytest.FixtureRequest,
) -> Twins:
    """Two monitors of the same mailbox, each with a store of its own: one will be killed, one is left in peace.

    One mailbox, because two are looked at side by side, and then the numbers of rows differ from run to run.
    """

    def build(database: str) -> tuple[House, House]:
        found = []
        for name in ("disturbed", "in-peace"):
            folder = tmp_path / name
            folder.mkdir()
            store = ""
            if database == "postgresql":
                postgres: Postgres = request.getfixturevalue("postgres")
                store = postgres.new_database()
            found.append(House(folder, dovecot, smtp_sink, mailboxes, store=store))
        return found[0], found[1]

    return build


def contents(house: House) -> dict[str, list[Any]]:
    """Everything the store holds, but for its key, who works, and the numbers of waits: folding makes new ones."""
    store = open_store(house.store_url)
    with store.reading() as connection:
        found = {}
        for table in tables.metadata.sorted_tables:
            if table.name not in ("settings", "daemons", "leases"):
                columns = [c for c in table.columns if f"{table.name}.{c.name}" not in ITS_OWN]
                rows = connection.execute(select(*columns))
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        of_wait = select(tables.waits.c.opener, tables.reminders.c.step, tables.reminders.c.recipient)
        rows = connection.execute(of_wait.join(tables.reminders, tables.reminders.c.wait == tables.waits.c.id))
        found["reminded"] = sorted(map(tuple, rows))
    store.close()
    return found


ITS_OWN = {"letters.message_id", "letters.token", "letters.body", "waits.id", "reminders.wait"}


def kill_in_the_look(house: House, point: str, passes: int, moment: str) -> None:
    """One `run --once` that ends at the point."""
    program = house.command(at(moment), "run", "--once")
    words = ["tests.servers.dying", point, str(passes), "--", *program[program.index("--config") :]]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, f"it never came to this point:\n{done.stderr}"


def a_morning_of(house: House) -> None:
    """Questions in the inbox, answers in Sent."""
    for n in range(8):
        house.asks(at(f"Mon 0{n}:10"), f"Reader {n} <r{n}@reader.example>")
    house.answers(house.asks(at("Mon 07:00"), BEN), at("Mon 07:30"))
    house.sends(at("Mon 07:40"), CLEO)


@pytest.mark.parametrize(("point", "passes", "database"), WHICH)
def test_killed_in_a_first_look_the_next_one_ends_where_an_undisturbed_one_does(
    twins: Twins, point: str, passes: int, database: str
) -> None:
    disturbed, in_peace = twins(database)
    a_morning_of(disturbed)
    kill_in_the_look(disturbed, point, passes, "Tue 09:00")
    assert kinds(disturbed.round(at("Tue 09:00"))) == kinds(in_peace.round(at("Tue 09:00")))
    assert contents(disturbed) == contents(in_peace)


@pytest.mark.parametrize(("point", "passes", "database"), WHICH)
def test_killed_in_a_later_look_with_all_kinds_of_news_nothing_is_lost_or_doubled(
    twins: Twins, point: str, passes: int, database: str
) -> None:
    disturbed, in_peace = twins(database)
    gone = disturbed.asks(at("Sun 20:00", week=-1))
    a_morning_of(disturbed)
    assert kinds(disturbed.round(at("Mon 08:00"))) == kinds(in_peace.round(at("Mon 08:00")))
    dovecot, info = disturbed.dovecot, disturbed.address("info")
    dovecot.move(info, "INBOX", 1, "Archive")
    dovecot.add_flags(info, "INBOX", 3, ["\\Answered"])
    for n in range(7):
        late = disturbed.asks(at(f"Mon 08:1{n}"), f"Reader {n} <r{n}@reader.example>")
        disturbed.answers(late, at(f"Mon 08:2{n}"))
    kill_in_the_look(disturbed, point, passes, "Tue 09:00")
    assert kinds(disturbed.round(at("Tue 09:00"))) == kinds(in_peace.round(at("Tue 09:00")))
    assert contents(disturbed) == contents(in_peace)
    assert len(disturbed.thread(gone, at("Tue 09:00"))["waits"]) == 1
