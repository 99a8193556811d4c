"""PostgreSQL stops, starts, ends our sessions and cuts a COMMIT: nothing is lost, nothing is doubled, it goes on."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from monitor.store.store import open_store
from tests.servers.available import need_postgres
from tests.servers.commit_proxy import CommitProxy, Kind
from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, ROOT, House, at
from tests.story.process import Process
from tests.story.undisturbed import come_to, twice, undisturbed

OPENED, NOW, LATER = at("Mon 12:00"), at("Tue 10:05"), at("Tue 11:30")
QUICK_LOOKS = 'poll_every = "1s"'
COMMITS = 48
"""More than a first look and a round with letters need, also where leases are renewed meanwhile on a slow machine; the
test that counts them holds this number."""


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL that may be stopped: nobody else uses it."""
    need_postgres()
    with Postgres(tmp_path_factory.mktemp("fragile")) as server:
        yield server


def busy(houses: Houses, url: str, mails: int = 30) -> House:
    """A desk with old mail, so that the first look has something to do, and letters follow from it."""
    house = houses(store=url, imap=QUICK_LOOKS)
    house.sends(at("Mon 07:00"), "Old Friend <friend@before.example>")
    house.put_many("info", "INBOX", [house.mail(BEN, house.address("info"), at("Sun 10:00")) for _ in range(mails)])
    house.asks(at("Mon 10:00"), ANN)
    return house


def through(proxy: CommitProxy, server: Postgres) -> str:
    """A new database, reached by the proxy."""
    return server.new_database().replace(f":{server.port}/", f":{proxy.port}/")


def end_sessions(server: Postgres) -> None:
    """What an administrator does before maintenance."""
    with psycopg.connect(
        host=server.host, port=server.port, user="monitor", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname LIKE 'test%'"
        ).fetchall()


def test_stopped_and_started_under_a_daemon_it_goes_on_by_itself(houses: Houses, fragile: Postgres) -> None:
    house = busy(houses, fragile.new_database())
    wanted = undisturbed(house, OPENED, NOW, LATER)
    house.round(OPENED)
    with Process(house, "--now", NOW.isoformat(), "run") as daemon:
        daemon.says("letters=1 took")
        fragile.stop()
        daemon.says("the store ")
        letters = len(house.sink.letters)
        fragile.start()
        daemon.says("round mailboxes=1 failed=0", since=daemon.mark())
        assert len(house.sink.letters) == letters
        assert daemon.ends(signal.SIGTERM) == 0
        assert "Traceback" not in daemon.said
    house.round(LATER)
    assert come_to(house, LATER) == wanted
    assert twice(house) == []


@pytest.mark.full
def test_stopped_in_the_middle_of_a_first_look_it_takes_it_up_again(houses: Houses, fragile: Postgres) -> None:
    with CommitProxy(fragile.port) as proxy:
        house = busy(houses, through(proxy, fragile), mails=1200)
        wanted = undisturbed(house, NOW, NOW)
        open_store(house.store_url).close()
        proxy.at(3, "call", fragile.stop)
        with Process(house, "--now", NOW.isoformat(), "run") as daemon:
            daemon.says("the store ")
            assert proxy.struck.is_set()
            assert house.sink.letters == []
            fragile.start()
            daemon.says("round mailboxes=1 failed=0")
            assert daemon.ends(signal.SIGTERM) == 0
        house.round(NOW)
        assert come_to(house, NOW) == wanted
        assert twice(house) == []


def at_a_commit(houses: Houses, server: Postgres, number: int, kind: Kind) -> bool:
    """One COMMIT of the rounds fails; whether there was such a COMMIT."""
    with CommitProxy(server.port) as proxy:
        house = busy(houses, through(proxy, server))
        wanted = undisturbed(house, NOW, LATER)
        proxy.at(number, kind, lambda: end_sessions(server))
        codes = [house.run(moment, "run", "--once").code for moment in (NOW, NOW, LATER, LATER)]
        struck = proxy.struck.is_set()
        assert codes.count(75) == struck, codes
        assert codes.count(0) == len(codes) - struck, codes
        assert come_to(house, LATER) == wanted
        assert len(twice(house)) <= struck
        house.windows += len(twice(house))  # the COMMIT that failed was the mark of a letter just sent
        return struck


SAMPLE = random.Random(20241111).sample([(n, k) for n in range(1, COMMITS) for k in ("lost", "unknown", "call")], 3)


@pytest.mark.parametrize(("number", "kind"), SAMPLE)
def test_a_commit_of_which_nobody_knows_whether_it_was_done(
    houses: Houses, fragile: Postgres, number: int, kind: Kind
) -> None:
    at_a_commit(houses, fragile, number, kind)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["lost", "unknown", "call"])
@pytest.mark.parametrize("number", range(1, COMMITS))
def test_every_commit_of_two_rounds(houses: Houses, fragile: Postgres, number: int, kind: Kind) -> None:
    at_a_commit(houses, fragile, number, kind)


def test_there_are_not_more_commits_than_are_tried(houses: Houses, fragile: Postgres) -> None:
    assert not at_a_commit(houses, fragile, COMMITS, "lost")


def test_a_daemon_whose_sessions_are_ended_keeps_its_mailboxes(houses: Houses, fragile: Postgres) -> None:
    house = busy(houses, fragile.new_database())
    with Process(house, "--now", NOW.isoformat(), "run") as daemon:
        for _ in range(3):
            daemon.says("round mailboxes=1 failed=0", since=daemon.mark())
            end_sessions(fragile)
        daemon.says("round mailboxes=1 failed=0", since=daemon.mark())
        assert house.run(NOW, "run", "--once").code == 75, "a lease does not hang on a session"
        assert daemon.ends(signal.SIGTERM) == 0
    assert twice(house) == []


OPEN = """
import sys
from monitor.store.store import StoreError, open_store
try:
    print(open_store(sys.argv[1]).letter_key.hex())
except StoreError as error:
    print(error, file=sys.stderr)
    sys.exit(75)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_programs_that_open_an_empty_database_at_once_agree_on_one_key(
    kind: str, tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.new_database() if kind == "postgresql" else f"sqlite:///{tmp_path}/new.db"
    command = [sys.executable, "-c", OPEN, url]
    pipe = subprocess.PIPE
    programs = [subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    said = [program.communicate(timeout=40) for program in programs]
    codes = [program.returncode for program in programs]
    assert set(codes) <= {0, 75}, said
    assert 0 in codes
    assert all("Traceback" not in errors for _, errors in said)
    store = open_store(url)
    assert {key.strip() for key, _ in said if key} == {store.letter_key.hex()}
    store.close()


def test_two_first_starts_at_once_give_one_daemon_and_one_that_says_75(houses: Houses, fragile: Postgres) -> None:
    house = busy(houses, fragile.new_database())
    words = ("--now", (NOW + timedelta(minutes=5)).isoformat(), "run", "--once")
    with Process(house, *words) as one, Process(house, *words) as other:
        assert sorted([one.ends(within=40), other.ends(within=40)])[0] == 0
        assert {one.ends(), other.ends()} <= {0, 75}
        assert "Traceback" not in one.said + other.said
    assert twice(house) == []
    assert [kind for kind, _ in come_to(house, NOW)[1]] == ["opening"]
