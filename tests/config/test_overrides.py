"""`--set KEY=VALUE`: a config with a setting changed means what the same words in the file would mean."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.config.overrides import OverrideError

HOUR = timedelta(hours=1)
CONFIG = """
[target]
reply_within = "24h"
[imap]
host = "imap.ours.example"
password = { env = "UNUSED" }
[[mailbox]]
address = "info@ours.example"
team = "Front desk"
[[mailbox]]
address = "info@ours.example.org"
team = "Events & v2.0"
[[team]]
name = "Front desk"
owners = ["lead@ours.example"]
[[team]]
name = "Events & v2.0"
owners = ["events@people.example"]
[[reminder]]
after = "0h"
repeat = "24h"
[[reminder]]
after = "24h"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def within(settings: Settings) -> list[int]:
    return [desk.target.reply_within // HOUR for desk in settings.desks.values()]


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        (["target.reply_within=8h"], [8, 8]),
        (['target.reply_within = "8h"'], [8, 8]),
        (["team.Front desk.reply_within=8h"], [8, 24]),
        (["team.1.reply_within=8h"], [8, 24]),
        (['team."Events & v2.0".reply_within=8h'], [24, 8]),
        (["team.Events & v2.0.reply_within=8h"], [24, 8]),
        (["mailbox.info@ours.example.reply_within=8h"], [8, 24]),
        (["mailbox.info@ours.example.org.reply_within=8h"], [24, 8]),
        (["mailbox.INFO@ours.example.reply_within=8h"], [8, 24]),
        (["mailbox.info@ours.example.team=Events & v2.0", "team.2.reply_within=8h"], [8, 8]),
        (["target={reply_within='8h', goal=80}"], [8, 8]),
        (["target.reply_within=8h", "target.reply_within=9h"], [9, 9]),
    ],
)
def test_a_setting_is_reached_by_its_key_and_tables_of_a_list_by_name_or_number(
    config: Path, said: list[str], hours: list[int]
) -> None:
    assert within(load(config, said)) == hours


@pytest.mark.parametrize(
    ("said", "steps"),
    [
        (["reminder.1.after=4h"], ["4h.owners", "24h.owners"]),
        (
            ["reminder.3.after=48h", 'reminder.3.to=["boss@ours.example"]'],
            ["0h.owners", "24h.owners", "48h.boss@ours.example"],
        ),
        (['reminder=[{after="-4h"}]'], ["-4h.owners"]),
        (["reminder.2={after='30h'}"], ["0h.owners", "30h.owners"]),
    ],
)
def test_steps_are_counted_from_one_and_the_next_number_adds_one(
    config: Path, said: list[str], steps: list[str]
) -> None:
    assert [step.name for step in load(config, said).steps] == steps


def test_hours_may_be_given_day_by_day(config: Path) -> None:
    said = ["target.clock=office-hours", "target.hours.mon=09:00-17:00", "target.hours.tue=10:00-12:00"]
    assert set(load(config, said).target.calendar.hours) == {0, 1}


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            "target.reply_witin=8h",
            "--set target.reply_witin: `reply_witin` is not a setting here; did you mean `reply_within`?",
        ),
        ("targt.goal=8", "--set targt.goal: `targt` is not a setting here; did you mean `target`?"),
        ("target.reply_within=8", "--set target.reply_within: `reply_within` must be a length of time in quotes"),
        ("target.clock=office-hour", "did you mean `office-hours`?"),
        ("target.clock=office-hours", '--set target.clock: `clock` "office-hours" needs `hours`'),
        ("target.reply_within.x=8", "--set target.reply_within.x: `reply_within` holds no settings of its own"),
        ("team.Fron desk.goal=8", "did you mean `Front desk`?"),
        ("mailbox.inf@ours.example.goal=8", "did you mean `info@ours.example`?"),
        ("mailbox.info@ours.example.team=Front dsk", "did you mean `Front desk`?"),
        ("reminder.after=4h", "which [[reminder]]? Count from 1, as in reminder.1.after"),
        ("reminder.4.after=4h", "there is no number 4; there are 2"),
        ("reminder.0.after=4h", "there is no number 0"),
        ("team.Front desk.name=Front", 'config.toml:9:1: there is no [[team]] named "Front desk"'),
        ("target..goal=8", "a name is missing between two dots"),
        ("target.goal", "--set needs KEY=VALUE"),
        ("=8", "--set needs KEY=VALUE"),
    ],
)
def test_what_is_wrong_is_said_by_the_key_with_what_was_meant(config: Path, said: str, text: str) -> None:
    with pytest.raises(OverrideError) as told:
        load(config, [said])
    assert text in str(told.value)


@pytest.mark.parametrize(
    "said",
    [
        "imap.password=s3cret",
        "imap.pasword=s3cret",
        "s3cret",
        "password s3cret",
        'store.url=["postgresql://me:s3cret@host/db"]',
        "team.Front desk.owners=s3cret",
        "mailbox.9.password=s3cret",
        "imap.port=s3cret",
    ],
)
def test_no_value_is_ever_shown(config: Path, said: str) -> None:
    with pytest.raises(OverrideError) as told:
        load(config, [said])
    assert "s3cret" not in str(told.value)


def test_nothing_said_changes_nothing(config: Path) -> None:
    here, there = load(config), load(config, [])
    assert (here.desks, here.steps, here.owners) == (there.desks, there.steps, there.owners)
