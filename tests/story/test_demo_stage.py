"""The demo as a whole: the real program on invented mail, and what it leaves behind."""

import stat
import sys
import tomllib
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from monitor.config import load
from monitor.demo import stage
from monitor.demo.stage_config import write_config
from monitor.demo.stage_letters import last_to, letter


def test_its_config_is_one_that_the_program_takes(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" folder\'s name'
    folder.mkdir()
    config = write_config(folder, ("127.0.0.1", 1143), ("127.0.0.1", 1025))
    assert len(load(config).desks) == 3
    password = Path(tomllib.loads(config.read_text("utf-8"))["imap"]["password"]["file"])
    assert stat.S_IMODE(password.stat().st_mode) == 0o600


def test_the_demo_runs_twice_and_leaves_the_letters(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    (output / "letters").mkdir(parents=True)
    (output / "letters" / "99-earlier.eml").write_bytes(b"left by an earlier demo")
    assert stage.run_demo(output) == 0
    monkeypatch.setattr(stage, "_play", lambda *_: None)
    monkeypatch.setattr(stage, "_look_back", lambda *_: None)
    assert stage.run_demo(output) == 1, "without a letter there is nothing to show"
    told = capfd.readouterr().out
    assert "Imogen Clarke" in told
    assert "automatic.auto-submitted" in told
    subjects = [
        str(message_from_bytes(path.read_bytes(), policy=default)["Subject"]).strip()
        for path in sorted((output / "letters").iterdir())
    ]
    assert len(subjects) == 10
    assert "86%" in subjects[-2]
    assert subjects[-1].startswith("Number 3 needs no reply [")
    reminder = (output / "reminder.txt").read_text("utf-8")
    assert all(name in reminder for name in ("Ellen Fraser", "Harbour Primary School", "Dockside Museum"))
    assert "30 of 35" in (output / "report.txt").read_text("utf-8")
    assert "Class visit, 28 children" in (output / "receipt.txt").read_text("utf-8")
    assert "done 2" in reminder
    assert "2026-11-16T08:03:00+00:00 simulate" in told
    for page in ("reminder.html", "report.html", "receipt.html", "month.html", "board.html"):
        assert f"  {page}" in told, "the last lines say what to open"
        assert "<html" in (output / page).read_text("utf-8")


def test_a_command_that_fails_shows_why_and_gives_its_exit_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "write_config", lambda folder, *_: folder / "nowhere.toml")
    assert stage.run_demo(tmp_path) == 78
    assert "nowhere.toml" in capfd.readouterr().err


@pytest.mark.parametrize("absent", ["aiosmtpd", "aiosmtpd.smtp"])
def test_without_aiosmtpd_it_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.delitem(sys.modules, "monitor.demo.mail_sink", raising=False)
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    monkeypatch.setitem(sys.modules, absent, None)
    assert stage.run_demo(tmp_path / "out") == 69
    assert capsys.readouterr().out == f"{stage.INSTALL}\n"


def test_an_output_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert stage.run_demo(tmp_path / "file") == 2
    assert "file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("letters", "chosen"),
    [
        ([], None),
        ([("b@x.example", "Mon, 16 Nov 2026 08:00:00 +0000", "long and longer")], None),
        ([("a@x.example", "Sat, 14 Nov 2026 10:00:00 +0000", "long and longer")], 0),
        (
            [
                ("a@x.example", "Sat, 14 Nov 2026 10:00:00 +0000", "long and longer"),
                ("a@x.example", "Mon, 16 Nov 2026 08:00:00 +0000", "longer"),
                ("a@x.example", "Mon, 16 Nov 2026 08:00:01 +0000", "long"),
            ],
            1,
        ),
    ],
)
def test_of_the_last_days_letters_the_longest_is_shown(
    letters: Sequence[tuple[str, str, str]], chosen: int | None
) -> None:
    came = [letter((to,), f"Date: {date}\r\n\r\n{text}\r\n".encode()) for to, date, text in letters]
    assert last_to(came, ["a@x.example"]) == (None if chosen is None else came[chosen])
