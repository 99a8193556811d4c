"""What `check` says of this machine: when its clocks change, whether a time server sets them, and of the store."""

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.jobs.check_machine import clock_is_kept, next_change, store_facts, store_to_come
from monitor.store.store import Store, open_store
from monitor.store.there import file_to_come


@pytest.mark.parametrize(
    ("zone", "now", "change"),
    [
        ("Europe/London", "2026-11-22T12:00", "2027-03-28T01:00"),
        ("Europe/London", "2027-03-28T01:00", "2027-10-31T01:00"),
        ("America/New_York", "2026-10-31T12:00", "2026-11-01T06:00"),
        ("Australia/Lord_Howe", "2026-11-22T12:00", "2027-04-03T15:00"),
        ("Asia/Tokyo", "2026-11-22T12:00", None),
        ("UTC", "2026-11-22T12:00", None),
    ],
)
def test_the_next_change_of_clocks_is_found_to_the_minute(zone: str, now: str, change: str | None) -> None:
    wanted = datetime.fromisoformat(change).replace(tzinfo=UTC) if change else None
    assert next_change(ZoneInfo(zone), datetime.fromisoformat(now).replace(tzinfo=UTC)) == wanted


@pytest.mark.parametrize(("says", "kept"), [("yes", True), ("no", False), ("", None), ("; exit 1", None)])
def test_whether_a_time_server_sets_the_clock_is_asked_of_timedatectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, kept: bool | None
) -> None:
    program = tmp_path / "timedatectl"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert clock_is_kept(tmp_path / "none") is kept
    assert clock_is_kept(program) is True, "systemd-timesyncd leaves a file"


def test_without_timedatectl_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clock_is_kept(tmp_path / "none") is None


def test_a_store_to_come_is_told_and_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state/monitor.db"
    path = file_to_come(url)
    assert path == tmp_path / "state" / "monitor.db"
    assert store_to_come(path).mark == "ok"
    assert list(tmp_path.iterdir()) == []
    open_store(url).close()
    assert file_to_come(url) is None


def test_a_store_below_what_is_no_folder_is_told_with_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = store_to_come(tmp_path / "file" / "x" / "monitor.db")
    assert (one.mark, one.fault, "url under [store]" in one.fix) == ("fix", "store", True)


@pytest.mark.parametrize("url", ["postgresql://x/y", "sqlite://", "nonsense", ""])
def test_only_a_file_is_still_to_come(url: str) -> None:
    assert file_to_come(url) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_store_that_root_made_in_the_folder_of_the_service_is_told(store: Store, tmp_path: Path) -> None:
    assert [f.mark for f in store_facts(store)] == ["ok"]
    os.chown(tmp_path, 65534, -1)
    _, one = store_facts(store)
    assert (one.mark, one.fix) == ("look", f"chown nobody {tmp_path}/monitor.db*")
