"""The process that reads headers: it reads as this one does, gets nothing but headers, and is missed by nobody."""

import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from monitor.config import Settings
from monitor.core.gist import gist_of
from monitor.core.message import Message
from monitor.core.staff import Staff
from monitor.inbox import reading_child
from monitor.inbox.memory import MemorySource
from monitor.inbox.reading_child import Read, read_all, with_gists
from monitor.jobs import look as looks
from monitor.jobs import poll, reading_process
from monitor.jobs.poll import sweep
from monitor.jobs.reading_process import Reader, ReadingProcess
from monitor.store.store import Store
from tests.jobs.test_poll import GUARD_SECONDS, TEN, header, inbox, known, settings

__all__ = ["settings"]  # the fixture

STAFF = Staff(domains=("ours.example",))
LETTERS = Path(__file__).parent.parent / "letters"
HEADERS = [header(n) for n in range(3)] + [b"", b"\xff\x00", b"From: =?utf-8?q?J=C3=B6rg?= <j@reader.example>\r\n\r\n"]
ASKS = """
import sys
from monitor.jobs.reading_process import ReadingProcess
with ReadingProcess(2).in_use():
    print([line for line in open(f"/proc/self/task/{__import__('os').getpid()}/children")][0], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def reading() -> Iterator[ReadingProcess]:
    """As on two cores."""
    one = ReadingProcess(2)
    yield one
    assert one.pid is None, "it outlives nobody who needs it"


def listening(one: ReadingProcess) -> int:
    """Wait until it has imported what it needs; its number."""
    assert one._child is not None
    assert select.select([one._child._line], [], [], GUARD_SECONDS)[0]
    return one._child.process.pid


def is_gone(number: int) -> bool:
    """Whether a process ends within a while (pidfd_open(2)); one that we did not start ourselves, too."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(number)
        try:
            return bool(select.select([handle], [], [], GUARD_SECONDS)[0])
        finally:
            os.close(handle)
    return True


def asked(reader: Reader, headers: Sequence[bytes], staff: Staff = STAFF) -> Read:
    """What it makes of them."""
    return reader.end(reader.begin(headers, staff))


def is_lost(reader: Reader) -> None:
    """What is asked now is read all the same."""
    assert asked(reader, HEADERS)[0] == read_all(HEADERS, STAFF)[0]


def test_it_reads_as_this_process_does(reading: ReadingProcess) -> None:
    letters = [path.read_bytes() for path in sorted(LETTERS.rglob("*.eml"))]
    assert len(letters) > 10
    with reading.in_use() as read:
        listening(reading)
        for headers in (HEADERS, letters, [], [b"Subject: " + b"x" * 200_000 + b"\r\n"] * 20):
            messages, gists = asked(read, headers)
            assert messages == read_all(headers, STAFF)[0]
            assert gists == [gist_of(m, STAFF) if isinstance(m, Message) else None for m in messages]


def test_many_come_back_whole_and_in_their_order(reading: ReadingProcess) -> None:
    many = [b"Message-ID: <%d@x.example>\r\n" % number + HEADERS[0] for number in range(1234)]
    with reading.in_use() as read:
        listening(reading)
        assert asked(read, many) == with_gists(many, STAFF)


def test_of_a_message_that_no_store_takes_there_is_no_gist(monkeypatch: pytest.MonkeyPatch) -> None:
    (message,) = read_all(HEADERS[:1], STAFF)[0]
    assert isinstance(message, Message)
    naive = replace(message, sent_at=datetime(2026, 11, 16))  # noqa: DTZ001  # that is the point
    monkeypatch.setattr(reading_child, "read", lambda _header: naive)
    assert with_gists(HEADERS[:1], STAFF) == ([naive], [None])


def test_it_is_told_who_is_staff_and_told_again_when_that_changes(reading: ReadingProcess) -> None:
    (message,), (gist,) = with_gists(HEADERS[:1], STAFF)
    assert isinstance(message, Message)
    others = Staff(people=frozenset({message.from_.address}))
    with reading.in_use() as read:
        listening(reading)
        for staff in (STAFF, others, others, STAFF):
            (found,) = asked(read, HEADERS[:1], staff)[1]
            assert (found == gist) == (staff is STAFF)


def test_what_two_looks_ask_at_once_comes_to_each_of_them(reading: ReadingProcess) -> None:
    with reading.in_use() as one, reading.in_use() as other:
        listening(reading)
        first, second = one.begin(HEADERS[:1], STAFF), other.begin(HEADERS[1:3], STAFF)
        dropped = one.begin(HEADERS, STAFF)
        assert other.end(second) == with_gists(HEADERS[1:3], STAFF)
        assert one.end(first) == with_gists(HEADERS[:1], STAFF)
        assert asked(other, HEADERS[:2]) == with_gists(HEADERS[:2], STAFF), "not what nobody waits for any more"
        assert dropped.read == with_gists(HEADERS, STAFF)


def test_what_it_was_reading_when_it_died_is_read_here(reading: ReadingProcess) -> None:
    with reading.in_use() as read:
        number = listening(reading)
        under_way = read.begin(HEADERS, STAFF)
        os.kill(number, signal.SIGKILL)
        later = read.begin(HEADERS[:1], STAFF)
        assert read.end(later)[0] == read_all(HEADERS[:1], STAFF)[0]
        assert read.end(under_way)[0] == read_all(HEADERS, STAFF)[0]
        assert under_way.read is not None


def test_what_it_was_reading_when_the_last_look_went_is_read_here(reading: ReadingProcess) -> None:
    with reading.in_use() as read:
        listening(reading)
        under_way = read.begin(HEADERS, STAFF)
    assert reading.end(under_way)[0] == read_all(HEADERS, STAFF)[0]


def test_all_looks_share_one_and_the_last_one_ends_it(reading: ReadingProcess) -> None:
    with reading.in_use():
        first = reading.pid
        with reading.in_use():
            assert reading.pid == first
        assert reading.pid == first
    assert first is not None
    assert is_gone(first)


def test_on_one_core_there_is_none() -> None:
    alone = ReadingProcess(1)
    with alone.in_use() as read:
        assert alone.pid is None
        is_lost(read)


def test_it_gets_nothing_but_a_line(reading: ReadingProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "geheim")
    secret = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(secret, True)
    with reading.in_use():
        process = Path(f"/proc/{listening(reading)}")
        assert b"geheim" not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        assert sorted(os.readlink(handle).partition(":")[0] for handle in (process / "fd").iterdir()) == [
            "/dev/null",
            "/dev/null",
            "socket",
        ]
    os.close(secret)


def test_where_memory_runs_out_it_goes_first_and_not_the_one_that_asks(reading: ReadingProcess) -> None:
    with reading.in_use():
        assert Path(f"/proc/{listening(reading)}/oom_score_adj").read_text() == "1000\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_all_processes_of_the_service_does_not_end_it(
    reading: ReadingProcess, number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    with reading.in_use() as read:
        os.kill(listening(reading), number)
        is_lost(read)
        assert reading.pid is not None
    assert caplog.records == []


def test_who_kills_it_loses_no_mail_and_finds_one_line_in_the_log(
    reading: ReadingProcess, caplog: pytest.LogCaptureFixture
) -> None:
    with reading.in_use() as read:
        os.kill(listening(reading), signal.SIGKILL)
        for _ in range(3):
            is_lost(read)
        assert reading.pid is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    with reading.in_use():
        assert reading.pid is not None, "the next one who needs it starts another one"


def test_one_that_hangs_is_given_up(
    reading: ReadingProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reading_process, "PATIENCE_SECONDS", 0.2)
    with reading.in_use() as read:
        number = listening(reading)
        os.kill(number, signal.SIGSTOP)
        is_lost(read)
        assert is_gone(number)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("READY", b"another version\n"), ("_SERVE", "import no_such_module")], ids=["other", "broken"]
)
def test_one_that_does_not_say_our_version_is_not_asked(
    reading: ReadingProcess,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: object,
) -> None:
    """Somebody has updated the program under a running daemon."""
    monkeypatch.setattr(reading_process, name, value)
    with reading.in_use() as read:
        listening(reading)
        is_lost(read)
        assert reading.pid is None
    assert len(caplog.records) == 1


def test_where_no_process_may_be_started_this_one_reads(
    reading: ReadingProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with reading.in_use() as read:
        is_lost(read)
    assert len(caplog.records) == 1


def test_it_ends_with_a_monitor_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ASKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as monitor:
        assert monitor.stdout is not None
        number = int(monitor.stdout.readline())
        monitor.kill()
    assert is_gone(number)


@pytest.mark.parametrize(("mails", "asked"), [(5, False), (30, True)], ids=["quiet day", "first look"])
def test_only_a_look_that_finds_much_mail_asks_it(
    store: Store,
    settings: Settings,
    reading: ReadingProcess,
    monkeypatch: pytest.MonkeyPatch,
    mails: int,
    asked: bool,
) -> None:
    monkeypatch.setattr(looks, "BATCH", 3)
    monkeypatch.setattr(looks, "STORED_AT_ONCE", 3)
    monkeypatch.setattr(poll, "MUCH", 10)
    numbers: set[int | None] = set()
    house = settings.house(store.letter_key)
    told = {"progress": lambda *_: numbers.add(reading.pid), "reading": reading}
    assert sweep(store, MemorySource(inbox(mails)), settings.mailboxes[0], house, TEN, **told).fault is None  # type: ignore[arg-type]
    assert len(known(store)) == mails
    assert (numbers != {None}) == asked
