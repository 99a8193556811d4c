"""What `make bench` says is arithmetic over what it measured: shares, targets, and what they mean for a large house."""

import os
import socket
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench import process
from bench.archive import read, several
from bench.counting_proxy import CountingProxy
from bench.mails import END, SPAN, mails
from bench.scale import HOUSES, House, cost_at, figures, growth, joined, line_through, lines, table, with_tables
from bench.tables import markdown
from bench.targets import targets
from bench.ways import FIRST, READING, Case, cases
from tests.servers.scripted_imap import GMAIL, ScriptedImap

Json = dict[str, Any]
LOOK: Json = {
    "way": "one process", "store": "sqlite", "security": "none", "raw_per_second": 50_000.0, "per_second": 5_000.0,
    "share": 0.1, "times_floor": 12.0, "seconds": 21.0, "cpu_us_per_message": 200.0, "peak_mb": 79.0,
    "store_bytes_per_message": 2_000.0,
}  # fmt: skip
QUIET: Json = {
    "mailboxes": 500, "base_mb": 60.0, "connected_mb": 110.0, "kb_per_connection": 40.0, "login_ms": 5.0,
    "round_ms": 200.0, "round_cpu_ms": 150.0, "round_floor_ms": 90.0, "round_statements": 3.0, "round_bytes": 340_000,
    "round_trips": 500, "beat_ms": 260.0, "beat_cpu_ms": 200.0, "beat_statements": 50.0, "beat_commits": 4.0,
}  # fmt: skip
"""Of 500 mailboxes: 0.4 ms, 0.3 ms of CPU, 680 B, a tenth of a statement and 102.4 KB each."""


def size(messages: int, cost: float) -> Json:
    """As bench/sizes.py makes it."""
    process = {"seconds": 2.0, "cpu": 1.0, "peak_mb": 70.0}
    postgresql = LOOK | {"store": "postgresql", "store_bytes_per_message": 3_000.0}
    return {
        "messages": messages, "body_bytes": 6000, "cold_per_second": 10_000.0, "wire_bytes": 1_700.0, "start": process,
        "looks": {
            "one process, SQLite": LOOK | {"cpu_us_per_message": cost},
            "one process, PostgreSQL": postgresql,
        },
        "report": process, "rebuild": {**process, "cpu_us_per_message": 100.0},
        "quiet": QUIET | {"mailboxes": 1, "found_bytes": 900, "found_trips": 4},
        "held": {
            "sqlite": {"held": 5.0, "messages": 100_000, "statements": 20_000},
            "postgresql": {"held": 10.0, "messages": 100_000, "statements": 20_000},
        },
        "others": {
            "mbsync": {"rate": 1_000.0, "cpu_ms": 60.0, "note": ""},
            "notmuch new": {"rate": None, "cpu_ms": None, "note": "not installed: apt-get install notmuch"},
        },
    }  # fmt: skip


def run() -> Json:
    """As `python -m bench --json` writes it."""
    tls = {"store": "sqlite", "security": "tls", "quiet": QUIET}
    first = {f"first_look_{name}": 1.0 for name in ("seconds", "per_second", "cpu", "mb")} | {"raw_seconds": 1.0}
    return {
        "machine": "a machine", "measured_on": "2026-11-22", "load": 0.0,
        "sizes": [size(10_000, 160.0), size(100_000, 200.0)],
        "mailboxes": [
            {
                "mailboxes": 500, "each": 200, "folders": 5,
                "cases": {
                    "one process, SQLite": first | {"store": "sqlite", "security": "none", "quiet": QUIET},
                    "one process, SQLite, TLS": first | tls,
                },
            }
        ],
        "archive": None,
        "acting": [
            {"open_waits": 100, "ms": 30.0, "cpu_ms": 24.0, "statements": 60},
            {"open_waits": 10_100, "ms": 430.0, "cpu_ms": 424.0, "statements": 80},
        ],
        "purge": {"messages": 10_000, "seconds": 1.5, "cpu": 1.0},
    }  # fmt: skip


def test_the_arithmetic_of_a_large_house() -> None:
    house = House(10_000, 100_000_000, 5, 30_000, 300, 4)
    told = {line.what: line.result for line in lines(figures(run()), house)}
    assert told == {
        # 200 µs at 100,000, a quarter more for each ten times, three times: 200 × 1.25³
        "CPU of the first look, a message": "391 µs",
        "first look, one daemon": "10.9 hours",
        # 10.85 h ÷ 4 = 2.7 h; one writer: 10⁸ × 100 µs = 2.8 h, which is longer
        "first look, 4 daemons": "2.8 hours",
        "more daemons help up to": "3.9 daemons",
        "the mail server alone needs": "33.3 minutes",
        "rebuild, CPU": "2.8 hours",
        "store, sqlite": "200.0 GB",
        "store, postgresql": "300.0 GB",
        # 60 MB + 2,500 × 102.4 KB
        "memory of a daemon, idle": "310 MB",
        "connections of a daemon": "2,500",
        # the socket, and a handle of its own to cut it by
        "open files of a daemon": "5,100",
        "a quiet round of one daemon": "1.0 s",
        # 2,500 × 0.3 ms ÷ 300 s
        "of a core, for rounds": "0.2%",
        "poll_every of at least": "2 s",
        # 10,000 × 680 B × 8 ÷ 300 s
        "network, for rounds": "0.18 Mbit/s",
        "statements, for rounds": "3.3/s",
        "mail": "54,795 a day",
        # 54,795 ÷ 86,400 s × 4 × 391 µs
        "of a core, for new mail": "0.10%",
        # 20 ms, and 40 µs for each who waits
        "what follows from a round, CPU": "1,220 ms",
        "purge of a day's mail, CPU": "5.5 s",
    }


@pytest.mark.parametrize(
    ("costs", "factor", "at_a_million"),
    [
        ({10_000: 100.0}, 1.0, 100.0),  # one size: nothing is known of growth
        ({10_000: 100.0, 100_000: 110.0}, 1.1, 121.0),
        ({10_000: 100.0, 1_000_000: 121.0}, 1.1, 121.0),
        ({10_000: 100.0, 100_000: 90.0}, 1.0, 90.0),  # luck is not extrapolated
        ({10_000: 110.0, 100_000: 100.0, 1_000_000: 120.0}, 1.2, 120.0),  # nor what a small look takes anyway
    ],
)
def test_growth_is_carried_on_by_the_power_of_ten(costs: dict[int, float], factor: float, at_a_million: float) -> None:
    assert growth(costs) == pytest.approx(factor)
    assert cost_at(costs, 1_000_000) == pytest.approx(at_a_million)


def test_a_line_through_few_and_many() -> None:
    assert line_through([(100, 24.0), (1_000, 99.0), (10_100, 424.0)]) == pytest.approx((20.0, 0.04))


def test_runs_are_joined_by_their_sizes() -> None:
    million = {"sizes": [size(1_000_000, 220.0)], "mailboxes": [], "archive": None}
    both = joined([run(), million])
    assert [each["messages"] for each in both["sizes"]] == [10_000, 100_000, 1_000_000]
    assert figures(both).us_each == {10_000: 160.0, 100_000: 200.0, 1_000_000: 220.0}
    assert "acting" in both


def test_a_page_gets_other_tables_between_its_marks() -> None:
    page = Path("docs/scale.md").read_text()
    told = with_tables(page, table(figures(run()), HOUSES[0]))
    assert told.count("| store, sqlite |") == 1
    assert with_tables(told, "none").replace("none\n", "") == with_tables(page, "none").replace("none\n", "")
    with pytest.raises(ValueError, match="no place"):
        with_tables("a page", "a table")


def test_what_is_kept_and_what_is_not() -> None:
    found = run()
    found["sizes"][1]["looks"]["one process, SQLite"]["share"] = 0.079
    judged = {f"{target.name} {target.wanted}": target.sign for target in targets(found)}
    assert judged["first look of 100,000, one process: share of the raw fetch ≥ 8.0%"] == "✗"
    assert judged["first look of 100,000, a reading process: share of the raw fetch ≥ 12.0%"] == "–"
    assert judged["first look of 100,000: most memory ≤ 80 MB"] == "✓"
    assert judged["first look of 100,000 beside mbsync ≥ 4.0 ×"] == "✓"
    assert judged["first look of 100,000 beside notmuch new ≥ 25.0 ×"] == "–"
    assert judged["growth: cost of 10,000 by that of 100,000, a message ≥ 0.85"] == "✗"
    assert judged["quiet round of 500 mailboxes, one process, SQLite: all ≤ 250 ms"] == "✓"
    assert judged["quiet round of 500 mailboxes, one process, SQLite: each ≤ 1.0 round trips"] == "✓"
    assert "✗ |" in markdown(found, targets(found))


def test_one_process_is_what_has_one_core(tmp_path: Path) -> None:
    said = tmp_path / "said"
    ask = [sys.executable, "-c", "from monitor.jobs.reading_process import cores; print(cores())"]
    for way, there in ((FIRST, 1), (READING, len(os.sched_getaffinity(0)))):
        process.run(ask, out=said, cores=Case(way).cores)
        assert int(said.read_text()) == there
    assert [case.name for case in cases(("sqlite",), ("none",))] == ["one process, SQLite", "a reading process, SQLite"]


def test_invented_mail_is_alike_in_any_number() -> None:
    few, many = list(mails(1_000, 10)), list(mails(2_000, 10, seed=2, mailbox="shop@museum.example"))
    for letters in (few, many):
        ids = Counter(line for mail in letters for line in mail.raw.split(b"\r\n") if line.startswith(b"Message-ID"))
        assert set(ids.values()) == {1}
        assert sum(mail.folder == "Sent" for mail in letters) / len(letters) == pytest.approx(0.3, abs=0.01)
        bulk = sum(b"\r\nPrecedence: bulk" in mail.raw for mail in letters)
        assert bulk / len(letters) == pytest.approx(0.4, abs=0.01)
        subjects = Counter(line for mail in letters for line in mail.raw.split(b"\r\n") if line.startswith(b"Subject"))
        assert max(subjects.values()) > len(letters) / 100
    assert not {mail.raw for mail in few} & {mail.raw for mail in many}
    assert b"info@museum" not in many[0].raw
    assert min(mail.when for mail in few) - (END - SPAN) < SPAN / 50


def test_a_round_trip_is_what_is_said_before_anything_is_heard() -> None:
    with (
        ScriptedImap(GMAIL) as server,
        CountingProxy(server.host, server.port) as proxy,
        socket.create_connection((proxy.host, proxy.port)) as line,
        line.makefile("rb") as answers,
    ):
        assert answers.readline().startswith(b"* OK")
        proxy.taken()
        line.sendall(b"a NOOP\r\n")
        answered = len(answers.readline())
        line.sendall(b"b NOOP\r\n")
        answers.readline()
        trips = proxy.taken()
    assert [trip.said for trip in trips] == [b"a NOOP\r\n", b"b NOOP\r\n"]
    assert trips[0].octets == len(b"a NOOP\r\n") + answered


def test_an_archive_is_mbox_files_or_maildir_folders(tmp_path: Path) -> None:
    letter = "From: anna@mail.example\nMessage-ID: <{}@mail.example>\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n\nHello\n"
    (tmp_path / "list.mbox").write_text(f"From anna@mail.example Mon Nov  2 10:00:00 2026\n{letter.format(1)}\n")
    (tmp_path / "box" / "cur").mkdir(parents=True)
    (tmp_path / "box" / "cur" / "1:2,S").write_text(letter.format(2))
    (tmp_path / "box" / "cur" / "2:2,S").write_text("Subject: without an id\n\n")
    assert {mail.message_id for mail in read(tmp_path).mails} == {"1@mail.example", "2@mail.example"}
    with pytest.raises(FileNotFoundError, match="holds neither"):
        read(tmp_path / "box" / "cur")


def test_an_archive_several_times_over_has_other_ids_and_later_dates(tmp_path: Path) -> None:
    """So that no copy is tied to another one, and none is the same message."""
    (tmp_path / "cur").mkdir()
    lines = ["Message-ID: <2@x.example>", "Date: Mon, 2 Mar 2026 10:00:00 +0100", "From: Ann <ann@x.example>"]
    lines += [
        "In-Reply-To: Ann's of Monday <1@x.example>",
        "References: <0@x.example>",
        "\t<1@x.example>",
        "Subject: a@b",
    ]
    (tmp_path / "cur" / "1").write_text("\n".join([*lines, "", "Message-ID: <2@x.example>", ""]))
    first, second = several(read(tmp_path), 2).mails
    assert first == read(tmp_path).mails[0]
    assert second.when - first.when == timedelta(days=31)
    assert second.raw.decode().split("\r\n") == [
        "Message-ID: <1.2@x.example>",
        "Date: Thu, 02 Apr 2026 09:00:00 +0000",
        "From: Ann <ann@x.example>",
        "In-Reply-To: Ann's of Monday <1.1@x.example>",
        "References: <1.0@x.example>",
        "\t<1.1@x.example>",
        "Subject: a@b",
        "",
        "Message-ID: <2@x.example>",
        "",
    ]
