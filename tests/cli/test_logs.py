"""What the log says, and where: events for journald and files, words for a terminal, and never a line of a stranger."""

import ast
import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

import monitor
from monitor import logs
from monitor.jobs.logged import event
from monitor.screen.progress import progress_on

PACKAGE = Path(monitor.__file__).parent
LEVELS = ("debug", "info", "warning", "error", "exception", "critical", "log")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def log_to(
    stream: TextIO, patch: pytest.MonkeyPatch, verbose: bool = False, quiet: bool = False, **environment: str
) -> Iterator[logging.Logger]:
    patch.setattr("sys.stderr", stream)
    for name in ("JOURNAL_STREAM", "NO_COLOR", "FORCE_COLOR"):
        patch.delenv(name, raising=False)
    for name, value in environment.items():
        patch.setenv(name, value)
    ours = logging.getLogger("monitor")
    before = (ours.handlers, ours.level, ours.propagate)
    logs.set_up(verbose, quiet)
    try:
        yield logging.getLogger("monitor.test")
    finally:
        ours.handlers, ours.propagate = before[0], before[2]
        ours.setLevel(before[1])
        for name in logs.CHATTY:
            logging.getLogger(name).handlers = []


def inode(file: TextIO) -> str:
    there = os.fstat(file.fileno())
    return f"{there.st_dev}:{there.st_ino}"


# -- where it goes


def test_under_systemd_a_line_has_a_priority_and_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w+") as file:
        with log_to(file, monkeypatch, verbose=True, JOURNAL_STREAM=inode(file)) as log:
            log.debug("nothing", extra=event("looked", mailbox="info@ours.example", new=0))
            log.info("letter %d sent", 7, extra=event("letter sent", id=7, kind="reminder"))
            log.warning("it waits", extra=event("letters stay", error="nothing answers"))
            log.error("broken", extra=event("round failed"))
        file.seek(0)
        assert file.read().splitlines() == [
            "<7>looked mailbox=info@ours.example new=0",
            "<6>letter sent id=7 kind=reminder",
            '<4>letters stay error="nothing answers"',
            "<3>round failed msg=broken",
        ]


@pytest.mark.parametrize("told", ["8:1", "", "nonsense", "1:2:3"])
def test_who_only_inherited_the_variable_of_systemd_gets_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    with (tmp_path / "log").open("w+") as file:
        with log_to(file, monkeypatch, JOURNAL_STREAM=told) as log:
            log.info("ended", extra=event("stopped"))
        file.seek(0)
        stamp, rest = file.read().split(" ", 1)
    assert STAMP.fullmatch(stamp)
    assert rest == "info stopped\n"


def test_on_a_terminal_people_read_words_in_colour_unless_they_want_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for no_color, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        stream = Terminal()
        with log_to(stream, monkeypatch, TERM="xterm-256color", **no_color) as log:
            log.warning("letter %d: refused", 41, extra=event("letter failed", id=41))
        assert "letter 41: refused" in stream.getvalue()
        assert "id=41" not in stream.getvalue()
        assert ("\x1b[3" in stream.getvalue()) == coloured


def test_a_line_of_the_log_stands_above_the_bar_of_a_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    with log_to(stream, monkeypatch, TERM="xterm-256color") as log, progress_on(stream) as tell:
        tell("info@ours.example", 500)
        log.warning("planted words")
        tell("info@ours.example", 500)
    (line,) = [line for line in stream.getvalue().split("\n") if "planted words" in line]
    assert "messages" not in line.split("planted words")[1]


def test_where_nobody_looks_on_a_first_look_says_a_line_every_thousand_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    with log_to(stream, monkeypatch), progress_on(stream) as tell:
        for _ in range(5):
            tell("info@ours.example", 500)
    said = [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
    assert said == [f"info reading mailbox=info@ours.example messages={count}" for count in (1000, 2000)]


def test_verbose_says_more_and_quiet_says_less(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {}
    for verbose, quiet in ((False, False), (True, False), (False, True)):
        stream = io.StringIO()
        with log_to(stream, monkeypatch, verbose, quiet) as log:
            for level in ("debug", "info", "warning"):
                getattr(log, level)("words", extra=event("happened"))
        said[verbose, quiet] = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert said[False, False] == ["info", "warning"]
    assert said[True, False] == ["debug", "info", "warning"]
    assert said[False, True] == ["warning"]


@pytest.mark.parametrize("library", logs.CHATTY)
def test_verbose_does_not_open_the_log_of_a_library_that_prints_mails_and_tokens(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    stream = io.StringIO()
    with log_to(stream, monkeypatch, verbose=True):
        logging.getLogger(f"{library}.inner").info("planted secret")
        logging.getLogger(f"{library}.inner").warning("in trouble")
    assert stream.getvalue().split(" ", 1)[1] == f'warning {library}.inner msg="in trouble"\n'


# -- how a value is written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("info@ours.example", "info@ours.example"),
        (3, "3"),
        (timedelta(seconds=0.4213), "0.42s"),
        ("two words", '"two words"'),
        ("a=b", '"a=b"'),
        ('say "no"', r'"say \"no\""'),
        ("back\\slash", r'"back\\slash"'),
        ("a\nb", r'"a\nb"'),
        ("\x1b[31mred", r'"\x1b[31mred"'),
        ("\u202eevil", r'"\x202eevil"'),
        ("Zoë", "Zoë"),
        ("", '""'),
    ],
)
def test_a_value_is_quoted_where_it_must_be(value: object, written: str) -> None:
    assert logs.logfmt(value) == written


@given(st.text())
def test_no_value_can_end_its_quotes_or_its_line(value: str) -> None:
    written = logs.logfmt(value)
    assert written.isprintable()
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"|[^\s"=\\]+', written)


def test_what_is_not_known_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with log_to(stream, monkeypatch) as log:
        log.info("sent", extra=event("alarm sent", to=None, id=1))
    assert stream.getvalue().endswith(" info alarm sent id=1\n")


# -- all that is ever logged


def test_every_log_call_of_the_program_names_its_event() -> None:
    nameless, names = [], set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr in LEVELS and ast.unparse(call.func.value) == "log":
                names.add(path.name)
                if not any(word.arg == "extra" for word in call.keywords):
                    nameless.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")
    assert len(names) > 10
    assert nameless == [], "add extra=event(…) of jobs/logged.py"
