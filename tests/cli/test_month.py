"""`report --month`: the sheet for the cross-team meeting in each form, of a store that real mailboxes filled."""

import json
from pathlib import Path

import pytest

from monitor.exits import BAD_CONFIG, USAGE
from tests.cli.conftest import one_line
from tests.outbox.rendered import read
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, Mail, at, utc

NOW = at("Mon 10:05", week=1)
REPORT = '[report]\nto = ["board@leaders.example"]\n'
MONTH = ("report", "--month", "2024-11")


def passes_on(house: House, mail: Mail, when: str, by: str, to: str) -> Mail:
    """A desk writes to another one about it, and the copies lie in both."""
    sent = house.sends(at(when), house.address(to), by, answers=mail)
    house.put(to, "INBOX", sent)
    return sent


@pytest.fixture
def told(houses: Houses) -> House:
    """One was passed on and answered inside, and heard a day and a half later; one stayed where it was."""
    house = houses({"info": "", "help": ""}, config=REPORT)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 09:00"), ANN)
    passed = passes_on(house, question, "Mon 14:00", "info", "help")
    passes_on(house, passed, "Wed 14:00", "help", "info")
    house.answers(question, at("Fri 02:00"))
    house.answers(house.asks(at("Tue 09:00"), BEN), at("Tue 10:00"))
    house.round(at("Mon 10:00", week=1))
    return house


def test_every_form_tells_the_same(told: House, tmp_path: Path) -> None:
    shown = told.run(NOW, *MONTH)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("For 36 of the 90 hours in the two longest waits, the answer was already\nknown.\n")
    assert "Info desk 5 h → Help desk 2 d → Info desk 36 h → customer" in " ".join(shown.out.split())
    page, table = tmp_path / "sheet.html", tmp_path / "sheet.csv"
    assert told.run(NOW, *MONTH, "--html", str(page), "--csv", str(table)).out == ""
    assert "For 36 of the 90 hours in the two longest waits" in page.read_text()
    assert len(table.read_text().splitlines()) == 3, "a head, and a row a wait"
    found = json.loads(told.run(NOW, *MONTH, "--json").out)
    assert (found["month"], found["from"], found["is_over"]) == ("2024-11", utc(at("Fri 00:00", week=-2)), False)
    assert (found["waits"], found["changed_hands"]) == (2, 1)
    assert [one["seconds"] // 3600 for one in found["slowest"][0]["path"]] == [5, 48, 36]
    assert [(one["team"], one["waits"]) for one in found["teams"]] == [("Info desk", 1), ("Help desk", 1)]
    (inside,) = found["decided_not_told"]["waits"]
    assert (inside["team"], inside["seconds"], inside["told"]) == ("Info desk", 36 * 3600, True)


def test_it_is_mailed_to_who_gets_the_report_each_time_it_is_asked_for(told: House) -> None:
    before = len(told.sink.letters)
    for minute in ("Mon 10:06", "Mon 10:07"):
        assert told.run(at(minute, week=1), *MONTH, "--send").code == 0
    first, second = (read(one.message.as_bytes()) for one in told.sink.letters[before:])
    assert first["To"] == second["To"] == "board@leaders.example"
    assert first["Message-ID"] != second["Message-ID"]
    assert "November 2024" in first["Subject"]
    assert [part.get_filename() for part in first.iter_attachments()] == ["2024-11.csv"]


def test_a_month_that_cannot_be_told_is_said_in_a_line(house: House) -> None:
    for text in ("2024-13", "November", "1066-10"):
        one_line(house.run(NOW, "report", "--month", text), USAGE, "--month: ", text)
    one_line(house.run(NOW, "report", "--month", "2024-12"), USAGE, "2024-12 has not begun yet")
    one_line(house.run(NOW, *MONTH, "--week", "2024-W46"), USAGE, "ask for one of them")
    one_line(house.run(NOW, *MONTH, "--send"), BAD_CONFIG, "add [report] with to")


def test_a_week_to_come_is_shown_and_mailed_to_nobody(told: House) -> None:
    assert told.run(NOW, "report", "--week", "2024-W52").out.startswith("We cannot say yet how this week went.")
    one_line(told.run(NOW, "report", "--week", "2024-W52", "--send"), USAGE, "--send: 2024-W52 has not begun yet")


def test_a_report_can_be_written_to_stdout(told: House) -> None:
    for words in (("report",), MONTH):
        assert told.run(NOW, *words, "--html", "-").out.startswith("<!DOCTYPE html>")
        assert told.run(NOW, *words, "--csv", "-").out.startswith("number,")


def test_a_month_of_which_nothing_is_known_says_so(house: House) -> None:
    assert house.run(NOW, *MONTH).out.startswith("We cannot say yet how November went.")
