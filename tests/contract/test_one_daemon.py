"""One daemon on one SQLite, by whatever name its file is called; what a dead one leaves behind locks nobody out."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.store.lock import AlreadyRunning, only_daemon
from monitor.store.store import StoreError, open_store

HOLD = """
import sys
from monitor.store.lock import only_daemon
from monitor.store.store import open_store
with only_daemon(open_store(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def by_a_link(file: Path) -> str:
    link = file.parent / "other" / "link.db"
    link.parent.mkdir()
    link.symlink_to(file)
    return f"sqlite:///{link}"


def by_a_linked_folder(file: Path) -> str:
    link = file.parent / "folder"
    link.symlink_to(file.parent)
    return f"sqlite:///{link / file.name}"


def by_a_relative_path(file: Path) -> str:
    return f"sqlite:///{os.path.relpath(file)}"


def by_a_detour(file: Path) -> str:
    (file.parent / "detour").mkdir()
    return f"sqlite:///{file.parent}/detour/../{file.name}"


@pytest.mark.parametrize("name", [by_a_link, by_a_linked_folder, by_a_relative_path, by_a_detour])
def test_another_name_of_the_same_file_is_the_same_store(tmp_path: Path, name: Callable[[Path], str]) -> None:
    first = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    second = open_store(name(tmp_path / "monitor.db"))
    with only_daemon(first), pytest.raises(AlreadyRunning), only_daemon(second):
        pass
    with only_daemon(second), pytest.raises(AlreadyRunning), only_daemon(first):
        pass
    first.close()
    second.close()


def test_a_file_with_two_names_is_refused_because_sqlite_would_damage_it(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    store = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    os.link(tmp_path / "monitor.db", tmp_path / "b" / "monitor.db")
    with pytest.raises(StoreError, match="several names"), only_daemon(store):
        pass
    (tmp_path / "b" / "monitor.db").unlink()
    with only_daemon(store):
        pass
    store.close()


def test_the_lock_file_of_a_killed_daemon_is_no_lock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        store = open_store(url)
        with pytest.raises(AlreadyRunning), only_daemon(store):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait(20)
        assert (tmp_path / "monitor.db.lock").exists()
        with only_daemon(store):
            pass
        store.close()


def test_an_error_in_the_daemons_work_is_not_taken_for_a_lock(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    with pytest.raises(BlockingIOError), only_daemon(store):
        raise BlockingIOError
    store.close()


def test_who_reads_and_then_writes_waits_for_another_writer_instead_of_failing(tmp_path: Path) -> None:
    file = tmp_path / "monitor.db"
    store = open_store(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as raw:
        raw.execute("BEGIN")
        raw.execute("SELECT count(*) FROM settings").fetchall()
        with store.writing() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            # This is what a transaction that begins by reading comes to, whatever its patience.
            raw.execute("INSERT INTO settings VALUES ('c', 'd')")
        raw.execute("ROLLBACK")
        with store.writing() as connection:
            assert connection.exec_driver_sql("SELECT value FROM settings WHERE name = 'a'").scalar() == "b"
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                raw.execute("BEGIN IMMEDIATE")
            connection.exec_driver_sql("INSERT INTO settings VALUES ('e', 'f')")
    store.close()
