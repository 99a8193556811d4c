"""`simulate`: what other settings would have sent and reported, of a store that stays as it was."""

import json
import os
import pty
import re
from typing import Any

import pytest

from monitor.core.moments import utc
from monitor.exits import LATE, USAGE
from monitor.screen.progress import share_on
from tests.cli.conftest import one_line
from tests.cli.test_preview import everything
from tests.cli.test_terminal import on_a_terminal
from tests.story.house import House, Told, at

NOW = at("Wed 10:00")


@pytest.fixture
def lived(house: House) -> House:
    """Three who asked on Monday: answered in time; answered half an hour after the reminder; still waiting."""
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Mon 10:00")), at("Mon 12:00"))
    soon = house.asks(at("Mon 10:05"))
    house.asks(at("Mon 11:00"), subject="A very private question")
    for when in ("Mon 13:00", "Tue 10:05"):
        house.round(at(when))
    house.answers(soon, at("Tue 10:30"))
    for when in ("Tue 11:05", "Wed 10:00"):
        house.round(at(when))
    return house


def simulated(house: House, *words: str) -> Told:
    return house.run(NOW, "simulate", "--weeks", "1", *words)


def figures(told: Told) -> dict[str, Any]:
    assert (told.code, told.err) == (0, "")
    found: dict[str, Any] = json.loads(told.out)
    return found


def test_the_answer_stands_in_the_first_sentence_and_no_subject_anywhere(lived: House) -> None:
    before = everything(lived)
    told = simulated(lived, "--set", "target.reply_within=48h")
    assert (told.code, told.err) == (0, "")
    first = told.out.splitlines()[0]
    assert first.startswith("With these settings 0 reminder letters would have gone out"), first
    assert "(now: 2)" in first
    assert "waits would have kept the promise (now: 1 of 3)" in " ".join(told.out.split())
    assert "private" not in told.out
    assert "%" not in told.out, "under ten there is no percentage"
    shown = on_a_terminal(lived, "simulate", "--set", "target.reply_within=26h", columns=80, NO_COLOR="1")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert "1; typical day 0.5, most 1" in shown, "one letter, in two days"
    none = simulated(lived, "--set", "target.reply_within=90d")
    assert "no promise would have run out (now: 1 of 3)" in " ".join(none.out.split())
    same = " ".join(simulated(lived, "--set", "organisation=Another").out.split())
    assert same.startswith("These settings change nothing in the 3 days since the first look: 2 reminder letters")
    assert "when the report goes out and what letters look like are not" in same
    assert "a look every 5 minutes (1 hour with" in " ".join(
        simulated(lived, "--set", "imap.poll_every=1h").out.split()
    )
    assert everything(lived) == before, "nothing was written"


def test_what_it_plays_with_the_settings_as_they_are_is_what_was_sent(lived: House) -> None:
    found = figures(simulated(lived, "--json"))
    assert found["before"] == found["after"]
    assert not found["changed"]
    assert found["before"]["letters"] == found["really_sent"] == len(lived.sink.letters) == 2
    kept = {"k": 1, "n": 3, "percent": None, "interval": None, "goal": 90.0, "late": 2, "late_now": 1}
    assert found["before"]["kept"] == kept
    alarms = found["before"]["false_alarms"]
    assert (alarms["k"], alarms["n"]) == (1, found["before"]["reminders"])
    one = alarms["conversations"][0]
    assert (one["state"], one["mailbox"]) == ("answered", lived.address("info")), "half an hour after the reminder"
    assert one["ended_at"] == utc(at("Tue 10:30"))
    assert "False alarms" in simulated(lived).out
    same = figures(simulated(lived, "--json", "--set", "target.reply_within=1d"))
    assert same["before"] == same["after"] == found["before"], "what is the same in other words changes nothing"
    other = figures(simulated(lived, "--json", "--set", "ignore.subjects=*private*"))["after"]
    assert (other["letters"], other["kept"]["n"]) == (1, 2), "folded anew by other rules"


def test_office_hours_can_be_asked_of_where_none_are_set(lived: House) -> None:
    told = simulated(lived, "--set", "target.reply_within=2h", "--set", "target.clock=office-hours")
    assert (told.code, "mon-fri 09:00-17:00" in told.err) == (0, True)
    assert told.out.startswith("With these settings")


def test_a_wrong_setting_is_told_as_in_the_config(house: House) -> None:
    told = simulated(house, "--set", "target.reply_witin=8h")
    assert told.code == USAGE
    assert told.err.splitlines() == [
        "--set target.reply_witin: `reply_witin` is not a setting here; did you mean `reply_within`?",
        "The config itself is fine; nothing was simulated.",
    ]


def test_an_empty_store_says_what_to_do(house: House) -> None:
    one_line(simulated(house), LATE, "no history yet", "run --once")


def test_there_is_a_bar_on_a_terminal_and_nothing_elsewhere() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, share_on(terminal) as tell:
        tell("with these settings", 5, 10)
        tell("with these settings", 10, 10)
    shown = read_all(ours)
    assert "with these settings" in shown
    assert "100%" in shown
    read, write = os.pipe()
    with os.fdopen(write, "w") as pipe, share_on(pipe) as tell:
        tell("with these settings", 5, 10)
    assert read_all(read) == ""


def read_all(source: int) -> str:
    """What was written until the other end was closed; a terminal says that by an error."""
    found = b""
    try:
        while more := os.read(source, 10_000):
            found += more
    except OSError:
        pass
    os.close(source)
    return found.decode()
