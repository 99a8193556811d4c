"""What `check` says of a promise: which hours count, what is closed next, and how long it is for people."""

from datetime import UTC, datetime
from pathlib import Path

from monitor.config import load
from monitor.jobs.check_clocks import clock_facts

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
"""A Friday."""
OFFICE = 'clock = "office-hours"\nhours = "09:00-17:00"\nclosed = ["sat", "sun"]\n'


def said(folder: Path, target: str, ops: str = "") -> list[tuple[str, str, str]]:
    """(mark, subject, text) of each line."""
    path = folder / "config.toml"
    path.write_text(
        'timezone = "Europe/London"\n[imap]\nhost = "imap.x.example"\npassword = { env = "X" }\n'
        '[[mailbox]]\naddress = "info@x.example"\nteam = "Desk"\n'
        f'[[mailbox]]\naddress = "ops@x.example"\nteam = "Desk"\n{ops}'
        f'[[team]]\nname = "Desk"\nowners = "lead@x.example"\n[target]\n{target}'
    )
    return [(fact.mark, fact.subject, fact.text) for fact in clock_facts(load(path), NOW)]


def test_by_the_clock_one_line_is_enough(tmp_path: Path) -> None:
    assert said(tmp_path, "") == [("ok", "", "target 24 hours, goal 90%; nights, weekends and holidays count")]


def test_24_office_hours_are_three_working_days(tmp_path: Path) -> None:
    promise, closed, warning = said(tmp_path, OFFICE)
    assert promise == ("ok", "", "target 24 office hours, goal 90%; only opening hours count")
    assert closed == ("ok", "", "closed on Saturday and Sunday; no holidays are named")
    assert warning == (
        "look",
        "",
        "24 office hours are about 3 working days (40h a week): what arrives now is due Wednesday 25 November, 16:00",
    )


def test_the_number_of_days_is_that_of_the_calendar(tmp_path: Path) -> None:
    keys = 'clock = "office-hours"\nhours = ["mon-fri 09:00-12:00 13:00-17:00", "sat 10:00-13:00"]\n'
    assert "are about 3.8 working days (38h a week)" in said(tmp_path, keys)[-1][2]


def test_a_promise_in_working_hours_is_not_warned_of(tmp_path: Path) -> None:
    assert all(mark == "ok" for mark, _, _ in said(tmp_path, f'{OFFICE}reply_within = "8h"\n'))
    assert all(mark == "ok" for mark, _, _ in said(tmp_path, OFFICE.replace("09:00-17:00", "00:00-24:00")))


def test_what_is_closed_next_is_said_with_its_name_and_source(tmp_path: Path) -> None:
    days = 'holidays = ["GB-ENG", "2026-12-24 12:00-24:00"]\n'
    _, (_, _, closed) = said(tmp_path, f'clock = "open-days"\nclosed = "sun"\n{days}')
    assert closed == (
        "closed on Sunday and holidays of GB-ENG, 1 own date; next 24 December (in part), 25 December (Christmas Day), "
        "26 December (Boxing Day)"
    )


def test_each_promise_is_told_with_its_mailboxes(tmp_path: Path) -> None:
    found = said(tmp_path, OFFICE, 'clock = "elapsed"\nreply_within = "4h"\n')
    assert [(subject, text.partition(";")[0]) for _, subject, text in found if text.startswith("target")] == [
        ("info@x.example", "target 24 office hours, goal 90%"),
        ("ops@x.example", "target 4 hours, goal 90%"),
    ]
