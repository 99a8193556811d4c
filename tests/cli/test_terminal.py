"""How the program behaves where it is used: pipes, colours, logs, options in any place."""

import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import monitor
from monitor import logs
from monitor.screen.arguments import options_first
from monitor.screen.output import talk
from tests.story.house import BEN, ROOT, House, Told, at

NOW = at("Tue 10:05")


@pytest.fixture
def late(house: House) -> House:
    """A house in which somebody waits, with a mark of the world in the name and an escape in the subject."""
    house.opens(at("Mon 07:00"))
    house.asks(at("Mon 09:00"), "Zoë Lindqvist <zoe@reader.example>", subject="=?utf-8?q?red_=1B[31m_r=C3=A9d?=")
    house.asks(at("Tue 09:00"), BEN)
    assert house.run(NOW, "run", "--once").code == 0
    return house


def program(*words: str, **environment: str) -> Told:
    """The program itself, wherever options stand."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Told(done.returncode, done.stdout, done.stderr)


def on_a_terminal(house: House, *words: str, columns: int = 100, **environment: str) -> str:
    """What the program writes to a terminal."""
    us, them = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **environment}
    if "NO_COLOR" not in environment:
        env.pop("NO_COLOR", None)
    with subprocess.Popen(house.command(NOW, *words), cwd=ROOT, env=env, stdout=them, stdin=them) as process:
        os.close(them)
        said = b""
        try:
            while part := os.read(us, 65536):
                said += part
        except OSError:  # how Linux says that the other end is closed
            pass
        finally:
            os.close(us)
    assert process.returncode == 0
    return said.decode().replace("\r\n", "\n")


# -- pipes


@pytest.mark.parametrize(
    "words", [("threads", "--all", "--json"), ("threads", "--all"), ("explain", "2"), ("status", "--json")]
)
def test_a_reader_that_goes_away_is_no_failure(late: House, words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        late.command(NOW, *words), cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_head_of_many_conversations(house: House) -> None:
    mails = [house.mail(f"c{n}@reader.example", house.address("info"), at("Mon 09:00")) for n in range(300)]
    house.put_many("info", "INBOX", mails)
    assert house.run(NOW, "run", "--once").code == 0
    with subprocess.Popen(
        house.command(NOW, "threads", "--all", "--json"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"[\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert len(house.threads(NOW)) == 300


# -- colours and widths


def test_colour_is_for_terminals_and_not_with_no_color(late: House) -> None:
    assert "\x1b[" in on_a_terminal(late, "threads")
    assert not re.search(r"\x1b\[[0-9;]*3\dm", on_a_terminal(late, "threads", NO_COLOR="1"))
    assert "\x1b" not in late.program(NOW, "threads").out


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_pages_fit_their_terminal_and_end_without_blanks(
    late: House, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")  # for Rich, that is a terminal
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    for words in (("threads",), ("explain", "2"), ("status",), ("check",)):
        coloured = late.run(NOW, *words).out
        assert "\x1b[" in coloured
        page = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert not [line for line in page.splitlines() if len(line) > columns]
        assert not [line for line in page.splitlines() if line != line.rstrip()]
        assert not any(ord(c) < 32 and c != "\n" for c in page)
        assert words != ("threads",) or ("Zoë Lindqvist" in page) == (columns == 140), "who, where there is room"


def test_a_terminal_that_knows_only_ascii_ends_no_command(late: House) -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for words in (("threads",), ("threads", "--json"), ("status",)):
        told = program("--config", str(late.config), "--now", NOW.isoformat(), *words, **environment)
        assert (told.code, told.err) == (0, "")


def test_subjects_cannot_steer_the_terminal(late: House) -> None:
    for words in (("threads",), ("threads", "--json"), ("explain", "2")):
        assert "\x1b" not in late.run(NOW, *words).out


# -- options


def test_options_may_stand_before_and_after_the_command(late: House) -> None:
    before = program("--config", str(late.config), "--now", NOW.isoformat(), "threads", "--json")
    after = program("threads", "--json", f"--now={NOW.isoformat()}", "--config", str(late.config))
    assert before == after
    assert before.code == 0
    assert [wait["state"] for wait in json.loads(before.out)[0]["waits"]] == ["waiting"]
    by_variable = program("threads", "--json", "--now", NOW.isoformat(), INBOX_MONITOR_CONFIG=str(late.config))
    assert by_variable == before


def test_options_in_any_place_are_put_first() -> None:
    assert options_first(["explain", "7", "--now", "x"]) == ["--now", "x", "explain", "7"]
    assert options_first(["explain", "--", "--now"]) == ["explain", "--", "--now"]
    with pytest.raises(ValueError, match="--config needs a value after it"):
        options_first(["status", "--config"])


@pytest.mark.parametrize("option", ["--now", "--config"])
def test_an_option_without_its_value_is_told(option: str) -> None:
    assert program("status", option) == (2, "", f"{option} needs a value after it\n")


def test_version_and_help() -> None:
    assert program("--version") == (0, f"inbox-monitor {monitor.__version__}\n", "")
    told = program("--help")
    assert (told.code, told.err) == (0, "")
    for command in ("run", "check", "threads", "explain", "report", "status", "demo"):
        assert re.search(rf"^  {command} ", told.out, re.MULTILINE)


def test_words_that_nobody_knows_are_told(house: House) -> None:
    for words in (["nonsense"], ["run", "--onec"], ["threads", "abc"]):
        told = house.run(NOW, *words)
        assert (told.code, told.out) == (2, "")
        assert "Traceback" not in told.err
        assert "Error: " in told.err


# -- logs and talk


@contextmanager
def log_to(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[logging.Logger]:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    root = logging.getLogger("monitor")
    before = (root.handlers, root.level, root.propagate)
    logs.set_up()
    try:
        yield logging.getLogger("monitor.test")
    finally:
        root.handlers, root.propagate = before[0], before[2]
        root.setLevel(before[1])


def test_a_log_line_is_one_line_without_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with log_to(stream, monkeypatch) as log:
        log.warning("%s", "a\nb\r\x1b[31mc\x00\x85\u2028\u202ed")
    (line,) = stream.getvalue().split("\n")[:-1]
    assert line.endswith(r' warning monitor.test msg="a\nb\x0d\x1b[31mc\x00\x85\x2028\x202ed"')


def test_a_failure_is_logged_on_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with log_to(stream, monkeypatch) as log:
        try:
            raise ValueError("bad\x1b[31m\nsubject")
        except ValueError:
            log.exception("the round failed")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


def test_on_a_terminal_a_log_line_cannot_steer_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with log_to(stream, monkeypatch, NO_COLOR="1", TERM="dumb") as log:
        log.warning("a\x1b]0;title\x07b [bold]c[/bold]")
    assert "\x1b]0" not in stream.getvalue()
    assert "[bold]c[/bold]" in stream.getvalue()


def test_talk_shows_control_characters_as_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    talk("one\n\ttwo \x1b[31m")
    assert capsys.readouterr().err == "one\n\ttwo \\x1b[31m\n"


def test_the_log_of_a_round_names_numbers_and_no_subjects(late: House, tmp_path: Path) -> None:
    late.asks(at("Mon 08:00"), BEN, subject="planted subject")
    told = late.program(at("Tue 10:30"), "run", "--once", "--dry-run", str(tmp_path / "letters"))
    assert told.code == 0
    assert "planted" not in told.err
    assert "ben@" not in told.err
