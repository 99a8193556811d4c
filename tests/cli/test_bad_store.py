"""The store is full, read-only, damaged, away or in use: exit 75, nothing is sent, nothing is lost."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from monitor.config import load
from monitor.jobs.sharing import share_of
from monitor.store.lock import only_daemon
from monitor.store.store import open_store
from tests.cli.conftest import one_line
from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import BEN, House, Json, at, kinds

NOW, LATER = at("Tue 10:05"), at("Tue 10:10")
TRY_LATER, BAD_CONFIG = 75, 78
MAILS = 400


@pytest.fixture
def full_house(house: House) -> House:
    """A house with more mail than fits into a small disk."""
    house.sends(at("Sun 12:00"), "Old Friend <friend@before.example>")
    house.put_many("info", "INBOX", [house.mail(BEN, house.address("info"), at("Mon 09:00")) for _ in range(MAILS)])
    house.answers(house.asks(at("Mon 08:00")), at("Mon 08:30"))
    return house


def known(house: House) -> list[Json]:
    """All that is known, whatever the conversations are numbered."""
    found = house.threads(LATER)
    return sorted(({**t, "number": 0} for t in found), key=lambda t: str(t["messages"][0]["message_id"]))


def undisturbed(house: House) -> list[Json]:
    """What a store knows in which nothing ever went wrong."""
    old, house.store_url = house.store_url, f"sqlite:///{house.folder / 'undisturbed.db'}"
    house.write_config()
    assert house.run(NOW, "run", "--once", "--dry-run", str(house.folder / "dry")).code == 0
    assert house.run(LATER, "run", "--once", "--dry-run", str(house.folder / "dry")).code == 0
    try:
        return known(house)
    finally:
        house.store_url = old
        house.write_config()


@contextmanager
def no_room(pages: int) -> Iterator[None]:
    """Databases may not grow beyond so many pages: what SQLite then says is what it says on a full disk."""

    def limit(raw: Any, _record: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages}").close()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def pages(file: Path) -> int:
    store = open_store(f"sqlite:///{file}")
    with store.reading() as connection:
        count = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    store.close()
    return count


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of its own; skips where nobody may make one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", folder]
    made = subprocess.run(command, check=False, capture_output=True)
    if made.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("room", [0, 2, 20, 40])
def test_without_room_nothing_is_lost(full_house: House, room: int) -> None:
    with no_room(pages(full_house.folder / "monitor.db") + room):
        told = full_house.run(NOW, "run", "--once")
    one_line(told, TRY_LATER, "the disk of the store is full (", "make room: nothing was lost")
    assert full_house.sink.letters == []
    assert full_house.run(NOW, "run", "--once").code == 0
    first = full_house.sink.letters
    assert full_house.run(LATER, "run", "--once").code == 0
    assert full_house.sink.letters == first, "and nothing is said twice"
    assert known(full_house) == undisturbed(full_house)


def test_a_full_disk_is_told_and_when_there_is_room_again_all_goes_on(full_house: House) -> None:
    with small_disk(full_house.folder / "disk", 4096) as disk:
        full_house.store_url = f"sqlite:///{disk / 'monitor.db'}"
        full_house.write_config()
        assert full_house.run(NOW, "status").code == 1
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                while room_in(disk) >= size + 65536:
                    file.write(b"x" * size)
        one_line(full_house.program(NOW, "run", "--once"), TRY_LATER, "is full (", "make room: nothing was lost")
        assert full_house.sink.letters == []
        filler.unlink()
        assert full_house.program(NOW, "run", "--once").code == 0
        assert full_house.run(LATER, "run", "--once").code == 0
        assert known(full_house) == undisturbed(full_house)


def room_in(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_a_state_folder_that_is_read_only(full_house: House) -> None:
    with small_disk(full_house.folder / "disk", 4096) as disk:
        full_house.store_url = f"sqlite:///{disk / 'monitor.db'}"
        full_house.write_config()
        assert full_house.run(NOW, "status").code == 1
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        line = one_line(full_house.program(NOW, "run", "--once"), TRY_LATER, "ead-only file system")
        assert "the service needs to write there" in line
    assert full_house.sink.letters == []


def test_a_state_folder_below_something_that_is_no_folder(house: House) -> None:
    (house.folder / "file").touch()
    house.store_url = f"sqlite:///{house.folder}/file/monitor.db"
    house.write_config()
    one_line(house.run(NOW, "run", "--once"), TRY_LATER, "monitor.db: ", "needs to write there, or set [store] url")
    assert house.run(NOW, "check").code == TRY_LATER


@pytest.mark.parametrize("kept", [0, 100, 4096])
def test_a_damaged_database(full_house: House, kept: int) -> None:
    full_house.round(NOW)
    file = full_house.folder / "monitor.db"
    for beside in full_house.folder.glob("monitor.db-*"):
        beside.unlink()
    whole = file.read_bytes()
    file.write_bytes(whole[:kept] + b"\x00garbage" * ((len(whole) - kept) // 8))
    before = len(full_house.sink.letters)
    for words in (("run", "--once"), ("status",), ("threads", "--json")):
        told = full_house.run(LATER, *words)
        one_line(told, TRY_LATER, "the store is damaged (", "put a backup in its place")
        assert told.out in ("", "[")
    assert full_house.run(LATER, "check").code == TRY_LATER
    assert len(full_house.sink.letters) == before


@pytest.mark.parametrize("url", ["/var/lib/x", "mysql://x/y", "nonsense://", "postgresql://u:p@h:port/x", ""])
def test_an_address_that_is_no_database(house: House, url: str) -> None:
    house.store_url = url
    house.write_config()
    if not url:
        house.config.write_text(house.config.read_text().replace('url = ""', 'url = " "'))
    line = one_line(house.run(NOW, "run", "--once"), BAD_CONFIG, "[store] url", 'write "sqlite:////path/to/file" or ')
    assert ":p@" not in line
    assert house.run(NOW, "check").code == BAD_CONFIG


def test_a_postgresql_that_is_not_there(house: House) -> None:
    house.store_url = "postgresql://monitor:planted@127.0.0.1:1/monitor"
    house.write_config()
    line = one_line(house.run(NOW, "run", "--once"), TRY_LATER, "the store cannot be reached (", "check [store] url")
    assert "planted" not in line
    assert house.sink.letters == []


def test_a_database_of_postgresql_that_is_not_there(houses: Houses, postgres: Postgres) -> None:
    house = houses(store=postgres.new_database() + "x")
    one_line(house.run(NOW, "run", "--once"), TRY_LATER, "there is no such database (", "createdb --owner=USER NAME")


def test_every_command_works_on_postgresql(houses: Houses, postgres_url: str) -> None:
    house = houses(store=postgres_url)
    house.opens(at("Mon 12:00"))
    house.asks(at("Mon 09:00"))
    assert kinds(house.round(NOW)) == [("reminder", house.lead())]
    checked = house.run(NOW, "check")
    assert checked.code == 0
    assert "✓ PostgreSQL  postgresql" in checked.out
    for words in (("status",), ("threads",), ("explain", "1"), ("report",)):
        assert house.run(NOW, *words).code == 0


def test_a_second_daemon_waits_for_the_first(house: House) -> None:
    store = open_store(house.store_url)
    with only_daemon(store):
        for words in (("run",), ("run", "--once")):
            one_line(house.program(NOW, *words), TRY_LATER, "another inbox-monitor already works on", "stop it first")
        assert house.run(NOW, "status").code == 1, "to look is allowed"
    store.close()
    assert house.run(NOW, "run", "--once").code == 0


def test_one_round_beside_a_daemon_on_postgresql_leaves_it_all(houses: Houses, postgres_url: str) -> None:
    house = houses(store=postgres_url)
    store = open_store(postgres_url)
    with share_of(store, lasting=True) as share:
        share.take(load(house.config))
        one_line(house.run(NOW, "run", "--once"), TRY_LATER, "other daemons read all mailboxes of this store")
        said, who = house.run(NOW, "status").out, f"(pid {os.getpid()})"
        words = " ".join(said.split())
        assert f"{who} until " in words
        assert f"{who} reads 1 mailbox, reminds and reports, since" in words
    assert house.run(NOW, "run", "--once").code == 0
    store.close()
