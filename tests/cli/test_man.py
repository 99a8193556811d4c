"""The manual page and what shells complete, both made of the command line itself."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import COMMANDS, HIDDEN, app
from monitor.exits import OK
from monitor.screen.manual import Told, manual

NOW = "2026-11-16T08:00:00+00:00"
CONFIG = Path(__file__).resolve().parents[2] / "config.example.toml"


@pytest.fixture(scope="module")
def page() -> str:
    told = CliRunner().invoke(app, ["--now", NOW, "man"])
    assert told.exit_code == OK
    return told.stdout


def test_the_page_has_every_command_and_every_option_that_help_shows(page: str) -> None:
    plain = page.replace("\\-", "-")
    for name in {*COMMANDS, "demo"} - HIDDEN:
        assert re.search(rf"^\.SS {name}\b", plain, re.MULTILINE), name
        shown = CliRunner().invoke(app, [name, "--help"]).stdout
        for option in re.findall(r"^  (?:-\w, )?(--[\w-]+)", shown, re.MULTILINE):
            assert re.search(rf"^\.B .*{option}\b", plain, re.MULTILINE), f"{name} {option}"
    assert all(variable in page for variable in ("INBOX_MONITOR_CONFIG", "STATE_DIRECTORY", "NO_COLOR"))
    assert not any(f".SS {name}" in plain for name in HIDDEN)


@pytest.mark.parametrize("checker", [["mandoc", "-T", "lint", "-W", "style"], ["groff", "-man", "-ww", "-z"]])
def test_the_page_is_clean_roff(page: str, checker: list[str], tmp_path: Path) -> None:
    if not shutil.which(checker[0]):
        pytest.skip(f"apt-get install {checker[0]}")
    file = tmp_path / "inbox-monitor.1"
    file.write_text(page, "utf-8")
    done = subprocess.run([*checker, file], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_text_that_looks_like_roff_is_text() -> None:
    told = manual(Told("", "x", [(".so /etc/passwd", "'de \\fBx\\n \"é… `")]), [], "1", date(2026, 11, 16))
    assert ".B \\&.so /etc/passwd" in told
    assert "\\&'de \\efBx\\en \\(dq\\[u00E9]\\[u2026] \\(ga" in told


# -- completion


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program in it under its name, and the scripts of the shells."""
    folder = tmp_path_factory.mktemp("shelf")
    program, script = folder / "inbox-monitor", folder / "main.py"
    script.write_text(
        f"import sys\nsys.argv[0], sys.path[:] = {program.name!r}, {sys.path!r}\n"
        "from monitor.program import main\nmain()\n"
    )
    # A first line of `#!` could not name a Python in a folder with a blank in its name.
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"\n')
    program.chmod(0o755)
    for shell in ("bash", "zsh", "fish"):
        told = CliRunner().invoke(app, ["completion", shell])
        assert told.exit_code == OK
        (folder / f"complete.{shell}").write_text(told.stdout)
    return folder


BASH = (
    "source complete.bash; COMP_WORDS=(inbox-monitor {words}); COMP_CWORD={at};"
    " _inbox_monitor_completion inbox-monitor; printf '%s\\n' \"${{COMPREPLY[@]}}\""
)
ZSH = (
    "_arguments() {{ print -r -- $@; }}; cp complete.zsh _inbox-monitor; fpath=($PWD $fpath);"
    " autoload -Uz _inbox-monitor; words=(inbox-monitor {words}); CURRENT={at}+1; _inbox-monitor"
)
"""As zsh does at the first Tab: the file is called as a function of its name, and must complete at once."""


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("bash", BASH.format(words="st", at=1)),
        ("zsh", ZSH.format(words="st", at=1)),
        ("fish", "source complete.fish; complete -C 'inbox-monitor st'"),
    ],
)
def test_a_real_shell_completes_a_command(shelf: Path, shell: str, script: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"apt-get install {shell}")
    found = _asked(shelf, [shell, *(["-f"] if shell == "zsh" else []), "-c", script])
    assert re.findall(r"st\w+", found)[0] == "status"
    assert "threads" not in found


def _asked(shelf: Path, command: list[str]) -> str:
    paths = f"{shelf}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": paths, "INBOX_MONITOR_CONFIG": str(CONFIG), "HOME": str(shelf)}
    done = subprocess.run(command, cwd=shelf, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def completed(monkeypatch: pytest.MonkeyPatch, line: str, config: Path) -> list[str]:
    """What bash would be given for a line; what is to be completed is its last word."""
    words = shlex.split(line) + [""] * line.endswith(" ")
    monkeypatch.setenv("INBOX_MONITOR_CONFIG", str(config))
    environment = {"_INBOX_MONITOR_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    told = CliRunner().invoke(app, [], prog_name="inbox-monitor", env=environment)
    assert (told.exit_code, told.stderr) == (OK, "")
    return [line for line in told.stdout.splitlines() if line]


def test_mailboxes_and_teams_come_from_the_config(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "inbox-monitor threads --mailbox ", CONFIG) == [
        "info@harbourcity.example",
        "events@harbourcity.example",
    ]
    assert completed(monkeypatch, "inbox-monitor threads --mailbox ev", CONFIG) == ["events@harbourcity.example"]
    assert completed(monkeypatch, "inbox-monitor assign 3 F", CONFIG) == ["Front desk"]
    assert completed(monkeypatch, "inbox-monitor threads --m", CONFIG) == ["--mailbox"]
    assert completed(
        monkeypatch, f"inbox-monitor --config {shlex.quote(str(CONFIG))} threads --mailbox ev", Path("gone")
    ) == ["events@harbourcity.example"]


def test_without_a_config_nothing_is_completed_and_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[[")
    for config in (tmp_path / "gone.toml", broken, tmp_path):
        assert completed(monkeypatch, "inbox-monitor threads --mailbox ", config) == []
