"""`run` begins anew in the same process once its config is understood, and keeps nothing of what that took."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from monitor import handing_on
from monitor.handing_on import Begun, begun, hand_on
from tests.cli.conftest import one_line
from tests.story.house import House, at

TOLD_AT_THE_END = """
import atexit, json, os, sys
names = ("pydantic", "tomllib", "typer")
def tell():
    kept = [name for name in names if name in sys.modules]
    print(json.dumps({"kept": kept, "pid": os.getpid(), "handed": "INBOX_MONITOR_HANDED_ON" in os.environ}))
atexit.register(tell)
from monitor.program import main
main()
"""
"""The program, that tells in the end which of these packages it has imported."""

ON_AND_ON = """
import signal
from monitor import handing_on
handed = handing_on.begun()
if handed is None:
    with handing_on.reload_held_back():
        signal.raise_signal(signal.SIGHUP)
        handing_on.hand_on(["what was found out"])
    print("has not begun anew")
else:
    signal.signal(signal.SIGHUP, lambda _number, _frame: print("told to reload"))
    print(handed.task)
    handing_on.let_through()
"""


def test_who_works_keeps_neither_the_command_line_nor_what_reads_a_config(house: House) -> None:
    house.opens(at("Mon 07:00"))
    house.asks(at("Mon 09:00"))
    words = ["--config", str(house.config), "--now", at("Tue 10:05").isoformat(), "run", "--once"]
    started = subprocess.Popen([sys.executable, "-c", TOLD_AT_THE_END, *words], stdout=subprocess.PIPE, text=True)
    out, _ = started.communicate(timeout=60)
    assert started.returncode == 0
    assert json.loads(out) == {"kept": [], "pid": started.pid, "handed": False}
    assert [str(letter.message["X-Inbox-Monitor"]) for letter in house.sink.letters] == ["reminder"]


@pytest.mark.parametrize("number", ["", "x", "0", "999"])
def test_what_is_no_handed_file_is_passed_over(house: House, number: str) -> None:
    """As where it was left in the environment: the program reads its config itself, and begins anew no more."""
    house.opens(at("Mon 07:00"))
    words = ["--config", str(house.config), "--now", at("Tue 10:05").isoformat(), "run", "--once"]
    done = subprocess.run(
        [sys.executable, "-c", TOLD_AT_THE_END, *words],
        env={**os.environ, "INBOX_MONITOR_HANDED_ON": number},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["kept"] == ["pydantic", "tomllib", "typer"]
    assert not told["handed"]


def test_a_reload_that_is_asked_for_meanwhile_comes_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", ON_AND_ON], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['what was found out']", "told to reload"]


def test_what_another_version_wrote_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (pickle.dumps(("0.0.0", "a task")), b"no pickle"):
        number = os.memfd_create("inbox-monitor")
        os.write(number, content)
        monkeypatch.setenv("INBOX_MONITOR_HANDED_ON", str(number))
        assert begun() == Begun(None)
        assert "INBOX_MONITOR_HANDED_ON" not in os.environ


def test_where_nothing_can_be_handed_on_it_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "execve", refused)
    hand_on("a task")
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr(handing_on, "_begin_anew", lambda _number: pytest.fail("there is nothing to hand it in"))
    hand_on("a task")


def test_what_is_wrong_with_the_store_is_told_as_ever(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = house.config.read_text().replace(house.store_url, f"sqlite:///{tmp_path / 'file' / 'store.db'}")
    house.config.write_text(text)
    one_line(house.run(at("Tue 10:05"), "run", "--once"), 75, "Not a directory")
    one_line(house.program(at("Tue 10:05"), "run", "--once"), 75, "Not a directory")
