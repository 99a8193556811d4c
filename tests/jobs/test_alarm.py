"""A store that cannot be written: the operator is told past the outbox, once a spell, and never by a restart loop."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from monitor.config import Settings, load
from monitor.daemon import Daemon
from monitor.jobs.alarm import PAUSE, StoreAlarm
from monitor.outbox.letters import Letters
from monitor.store.room import expect_sound, room
from monitor.store.store import Store, StoreError, open_store
from tests.servers.smtp_sink import SmtpSink

NOW = datetime(2024, 11, 11, 9, 0, tzinfo=UTC)
WHY = "the disk of the store is full (database or disk is full); make room"
MINUTE = 60.0


@pytest.fixture
def config(tmp_path: Path, smtp_sink: SmtpSink) -> Settings:
    """One mailbox on a port where nothing answers, and a mail server that works."""
    (tmp_path / "password").write_text("x")
    (tmp_path / "config.toml").write_text(
        'organisation = "Harbour City Libraries"\noperator = "it@operator.example"\n'
        f'[imap]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\npassword = {{ file = "{tmp_path}/password" }}\n'
        '[[mailbox]]\naddress = "info@ours.example"\nteam = "Desk"\n'
        '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
        f'[smtp]\nhost = "{smtp_sink.host}"\nport = {smtp_sink.port}\nsecurity = "none"\nfrom = "m@ours.example"\n'
        f'[store]\nurl = "sqlite:///{tmp_path}/monitor.db"\n'
    )
    return load(tmp_path / "config.toml")


@pytest.fixture
def opened(config: Settings) -> Iterator[Store]:
    """The store of that house."""
    store = open_store(config.store_url)
    yield store
    store.close()


def alarm_of(store: Store, config: Settings) -> StoreAlarm:
    return StoreAlarm(store, config, Letters(None))


def moment(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_it_is_told_after_ten_minutes_once_and_once_more_when_it_works(
    config: Settings, opened: Store, smtp_sink: SmtpSink
) -> None:
    alarm = alarm_of(opened, config)
    told = [minute for minute in range(30) if alarm.failed(WHY, minute * MINUTE, moment(minute * MINUTE))]
    assert told == [10]
    told = [minute for minute in range(30, 60) if alarm.worked(minute * MINUTE, moment(minute * MINUTE))]
    assert told == [40]
    first, second = (letter.message for letter in smtp_sink.letters)
    assert "cannot write down" in first["Subject"]
    assert "again" in second["Subject"]
    assert first["Message-ID"] != second["Message-ID"]


def test_a_restart_loop_tells_nothing(config: Settings, opened: Store, smtp_sink: SmtpSink) -> None:
    for start in range(200):
        alarm = alarm_of(opened, config)
        for minute in range(10):
            assert not alarm.failed(WHY, minute * MINUTE, moment(start * 600 + minute * MINUTE))
    assert smtp_sink.letters == []


def test_a_letter_that_is_not_taken_is_tried_again_and_bears_the_same_id(
    config: Settings, opened: Store, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer("DATA", "451 4.3.0 later", "451 4.3.0 later")
    alarm = alarm_of(opened, config)
    told = [minute for minute in range(60) if alarm.failed(WHY, minute * MINUTE, moment(minute * MINUTE))]
    assert told == [20], "five minutes after each refusal"
    other = alarm_of(opened, config)
    assert [other.failed(WHY, s, moment(s)) for s in (0.0, 600.0)] == [False, True]
    assert len({letter.message["Message-ID"] for letter in smtp_sink.letters}) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=5, max_size=40))
def test_however_it_comes_and_goes_a_failure_is_told_once_an_hour_at_most(
    config: Settings, opened: Store, rounds: list[tuple[bool, int]]
) -> None:
    alarm, seconds, told = alarm_of(opened, config), 0.0, []
    for works, minutes in rounds:
        seconds += minutes * MINUTE
        if works:
            alarm.worked(seconds, moment(seconds))
        elif alarm.failed(WHY, seconds, moment(seconds)):
            told.append(seconds)
    assert all(later - earlier >= PAUSE for earlier, later in itertools.pairwise(told))


@contextmanager
def not_to_be_written(store: Store) -> Iterator[None]:
    """SQLite says of every write what it says on a file system that became read-only."""

    def refuse(raw: Any, _record: object) -> None:
        raw.execute("PRAGMA query_only = 1").close()

    store.engine.dispose()
    event.listen(store.engine, "connect", refuse)
    try:
        yield
    finally:
        event.remove(store.engine, "connect", refuse)
        store.engine.dispose()


def test_the_daemon_says_that_it_cannot_write_and_then_that_it_can_again(
    config: Settings, opened: Store, smtp_sink: SmtpSink
) -> None:
    """The real daemon and the real database; only the clock is ours."""
    seconds = [0.0]
    asked = threading.Event()
    clock, monotonic = lambda: moment(seconds[0]), lambda: seconds[0]
    daemon = Daemon(opened, config, clock, lambda _mailbox, _count: None, asked, monotonic)

    def rounds(count: int) -> list[str]:
        before = len(smtp_sink.letters)
        for _ in range(count):
            daemon.tick()
            seconds[0] += 5 * MINUTE
        return [str(letter.message["Subject"]) for letter in smtp_sink.letters[before:]]

    assert rounds(3) == []
    with not_to_be_written(opened):
        assert rounds(2) == []
        assert rounds(5) == ["The monitor cannot write down what it knows"]
    assert rounds(4) == ["The monitor can write down what it knows again"]


def test_a_letter_that_cannot_be_made_ends_no_daemon(
    config: Settings, opened: Store, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    (tmp_path / "notice.txt").write_text("{{ nothing.at.all }}")
    seconds = [0.0]
    broken = replace(config, templates_dir=tmp_path)
    daemon = Daemon(
        opened,
        broken,
        lambda: moment(seconds[0]),
        lambda _mailbox, _count: None,
        threading.Event(),
        monotonic=lambda: seconds[0],
    )
    with not_to_be_written(opened):
        for _ in range(5):
            daemon.tick()
            seconds[0] += 5 * MINUTE
    assert smtp_sink.letters == []
    (tmp_path / "notice.txt").unlink()
    with not_to_be_written(opened):
        daemon.tick()
    assert [str(letter.message["Subject"]) for letter in smtp_sink.letters] == [
        "The monitor cannot write down what it knows"
    ]


def test_a_database_with_a_damaged_page_is_found_at_the_start_and_a_large_one_is_not_waited_for(
    config: Settings, opened: Store, tmp_path: Path
) -> None:
    with opened.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) "
            "SELECT randomblob(900) AS a FROM n"
        )
    assert expect_sound(opened)
    assert not expect_sound(opened, 0.001)
    opened.close()
    file = tmp_path / "monitor.db"
    whole = bytearray(file.read_bytes())
    whole[-40 * 4096 : -38 * 4096] = b"\x7fgarbage" * 1024
    file.write_bytes(whole)
    damaged = open_store(config.store_url)
    with pytest.raises(StoreError, match=r"the store is damaged .*put a backup in its place"):
        expect_sound(damaged)
    damaged.close()


def test_the_room_of_the_disk_is_known(opened: Store) -> None:
    found = room(opened)
    assert found is not None
    assert found.writable
    assert found.free > 0
