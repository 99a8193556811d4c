"""How `check` looks: subjects in a column where there is room, the fix below its line, and one sentence at the end."""

from pathlib import Path
from typing import Any

import pytest

from monitor.jobs.check_fact import Fact
from monitor.screen import checked

FACTS = [
    Fact("Configuration", "ok", "", "2 mailboxes"),
    Fact("Mailboxes", "ok", "info@ours.example", "logged in"),
    Fact("Mailboxes", "look", "info@ours.example", "its Sent folder is empty", "tell PowerShell:\nSet-Mailbox one"),
    Fact("Mailboxes", "fix", "events@ours.example", "no such folder " * 9, 'write sent = "Sent"', "folder"),
    Fact("Letters", "fix", f"{'long' * 12}@ours.example", "not taken", "correct it", "config"),
    Fact("Letters", "ok", "mx.ours.example:25", "connected"),
]


class Told:
    path = Path("/etc/inbox-monitor/config.toml")


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def show(columns: int, **environment: str) -> str:
        for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **environment}.items():
            monkeypatch.setenv(name, value)
        checked.page(FACTS, Told())  # type: ignore[arg-type]
        return capsys.readouterr().out

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return show


def test_where_it_is_read_by_a_program_each_line_names_its_subject_and_has_no_colour(shown: Any) -> None:
    page = shown(80)
    assert "\x1b" not in page
    assert page.count("info@ours.example") == 2
    assert "  ✓ info@ours.example  logged in\n  ! info@ours.example  its Sent folder is empty\n" in page
    assert '      → write sent = "Sent"\n' in page


def test_on_a_wide_terminal_subjects_stand_once_in_a_column_of_their_own(shown: Any) -> None:
    page = shown(140, FORCE_COLOR="1", NO_COLOR="1")
    lines = [
        line.rstrip() for line in page.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "").split("\n")
    ]
    assert "  ✓ info@ours.example    logged in" in lines
    assert "  !                      its Sent folder is empty" in lines
    assert "                         → tell PowerShell:" in lines
    assert "                         Set-Mailbox one" in lines, "what is typed has a line of its own"


@pytest.mark.parametrize("columns", [40, 80, 99, 100, 140])
def test_no_line_is_longer_than_the_terminal_and_no_fix_is_lost(shown: Any, columns: int) -> None:
    page = shown(columns, FORCE_COLOR="1", NO_COLOR="1")
    plain = page.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert max(map(len, plain.splitlines())) <= columns
    assert plain.count("→ ") == 3


def test_the_end_tells_who_is_not_reminded_about(shown: Any) -> None:
    assert shown(100).endswith(
        "2 to fix, 1 to look at, 3 fine. No mailbox was changed.\n"
        "Until that is fixed, nobody is reminded about events@ours.example.\n"
    )
