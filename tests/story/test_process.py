"""The daemon as a process: told to stop, killed, started twice. Nothing is lost and nothing is said twice."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.servers.chaos import Blow, Chaos
from tests.story.house import ROOT, House, Json, at, kinds

NOW = at("Tue 10:05")
TERM, KILL = signal.SIGTERM, signal.SIGKILL


@contextmanager
def started(house: House, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A program of its own, with its talk to be read; whatever happens, it does not outlive the test."""
    command = house.command(NOW, *words)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], words: str) -> str:
    """Everything it says until it says this."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended without saying {words!r}:\n{said}")


def late_house(house: House) -> House:
    """Ann's question of Monday is late on Tuesday."""
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    return house


def test_told_to_stop_it_ends_at_once_and_the_next_one_goes_on(house: House) -> None:
    late_house(house)
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        assert kinds(house.sink.letters) == [("reminder", house.lead())]
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10) == 0
    house.asks(at("Mon 10:02"), "Ben Borrower <ben@borrower.example>")
    assert kinds(house.round(at("Tue 10:10"))) == []
    assert kinds(house.round(at("Tue 11:10"))) == [("reminder", house.lead())]
    assert len(house.waits(at("Tue 11:10"))) == 2


def test_a_second_daemon_is_turned_away_and_disturbs_nothing(house: House) -> None:
    late_house(house)
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        for words in (("run", "--once"), ("run",)):
            told = house.program(at("Tue 12:00"), *words)
            assert (told.code, "another inbox-monitor already works on" in told.err) == (75, True)
        assert house.program(at("Tue 12:00"), "threads").code == 0, "looking is always allowed"
        daemon.send_signal(signal.SIGINT)
        assert daemon.wait(10) == 0
    assert len(house.sink.letters) == 1
    assert kinds(house.round(at("Wed 10:05"))) == [("reminder", house.lead())]


@pytest.mark.parametrize(
    ("after", "blow"),
    [
        (5_000, TERM),
        (100_000, KILL),
        *(
            pytest.param(after, blow, marks=pytest.mark.full)
            for after, blow in [(400, TERM), (400, KILL), (5_000, KILL), (100_000, TERM)]
        ),
    ],
)
def test_ended_in_the_middle_of_a_first_look_it_takes_it_up_where_it_stopped(
    house: House, blow: signal.Signals, after: int
) -> None:
    mails = [
        house.mail(f"Reader {n} <r{n}@reader.example>", house.address("info"), at("Mon 07:00")) for n in range(900)
    ]
    house.put_many("info", "INBOX", mails)
    house.sends(at("Mon 07:00"), "Ben <ben@borrower.example>")
    flags = house.flags()
    with Chaos(house.dovecot.port) as chaos:
        chaos.strike(Blow("stall", after))
        house.write_config(imap_port=chaos.port)
        with started(house, "run") as daemon:
            assert chaos.struck.wait(20)
            daemon.send_signal(blow)
            assert daemon.wait(6) == (0 if blow == signal.SIGTERM else -signal.SIGKILL)
    house.write_config(imap_port=house.dovecot.port)
    assert house.sink.letters == []
    assert kinds(house.round(NOW)) == [("opening", house.lead())]
    seen = [m["message_id"] for t in house.threads(NOW) for m in t["messages"] if m["direction"] == "incoming"]
    assert sorted(seen) == sorted(mail.id for mail in mails)
    assert house.status(NOW)["troubles"] == []
    assert house.flags() == flags
    assert kinds(house.round(at("Tue 11:30"))) == []


def takes_until(listener: socket.socket, last: str) -> socket.socket:
    """A mail server that does as it should, until the client has said `last`; then it stays silent."""
    connection, _ = listener.accept()
    if last == "nothing":
        return connection
    with connection.makefile("rb") as lines:
        connection.sendall(b"220 slow.example\r\n")
        in_letter = False
        for line in lines:
            word = line.strip().decode("ascii", "replace").upper()
            if word.startswith(last) or (last == "." and word == "."):
                break
            in_letter = in_letter or word == "DATA"
            if not in_letter:
                connection.sendall(b"250 OK\r\n")
            elif word == "DATA":
                connection.sendall(b"354 go on\r\n")
    return connection


def claimed(house: House, question: str) -> Json:
    """The one reminder about a mail, as `explain` tells it."""
    told = house.run(NOW, "explain", question, "--json")
    assert told.code == 0, told.err

    (reminder,) = json.loads(told.out)["reminders"]
    found: Json = reminder
    return found


@pytest.mark.parametrize(
    "last", ["DATA", ".", *(pytest.param(last, marks=pytest.mark.full) for last in ("nothing", "MAIL"))]
)
def test_killed_after_the_claim_the_next_run_sends_that_very_letter_once(house: House, last: str) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    with socket.create_server(("127.0.0.1", 0)) as slow:
        slow.settimeout(20)
        house.write_config(smtp_port=slow.getsockname()[1])
        with started(house, "run", "--once") as daemon, takes_until(slow, last):
            daemon.kill()
            assert daemon.wait(10) == -signal.SIGKILL
    house.write_config(smtp_port=house.sink.port)
    before = claimed(house, question.id)
    assert before["state"] == "pending"
    (letter,) = house.round(at("Tue 10:15"))
    assert letter.message["Message-ID"] == before["letter"]
    assert claimed(house, question.id)["state"] == "sent"
    assert kinds(house.round(at("Tue 11:30"))) == []


def test_killed_after_the_claim_and_answered_meanwhile_nothing_is_sent(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    with socket.create_server(("127.0.0.1", 0)) as slow:
        slow.settimeout(20)
        house.write_config(smtp_port=slow.getsockname()[1])
        with started(house, "run", "--once") as daemon, takes_until(slow, "nothing"):
            daemon.kill()
            daemon.wait(10)
    house.write_config(smtp_port=house.sink.port)
    house.answers(question, at("Tue 10:10"))
    assert kinds(house.round(at("Tue 10:15"))) == []


def naps(pid: int) -> int:
    """How often the main thread of a process has gone to sleep by itself (proc(5))."""
    return int(re.findall(r"^voluntary_ctxt_switches:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[0])


@pytest.mark.full
def test_told_to_stop_while_it_waits_for_another_ones_lock_it_is_out_in_ten_seconds(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_house(house)
    house.configure('[ignore]\nsenders = ["nobody@else.example"]')  # so it begins with judging all again
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with closing(sqlite3.connect(house.store_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with started(house, "run") as daemon:
                assert manager.recv(100) == b"READY=1"
                before, until = naps(daemon.pid), time.monotonic() + 30
                while naps(daemon.pid) < before + 15 and time.monotonic() < until:
                    pass  # it sleeps between two tries to get the lock
                daemon.send_signal(signal.SIGTERM)
                assert daemon.wait(10) == 0
    assert kinds(house.round(NOW)) == [("reminder", house.lead())]
