"""Somebody is forgotten, or too old to be kept, while the monitor works on a real Dovecot: no trace, none doubled."""

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.store.lock import only_daemon
from monitor.store.store import open_store
from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import BEN, House, Told, at, kinds, text_of

PLANTED, ADDRESS = "Ann Zaplanted <ann.planted@far.example>", "ann.planted@far.example"
TRACES = (ADDRESS, "Zaplanted", "far.example", "Planted topic")
NOW_ONLY = ("waiting", "late", "longest", "made_at", "as_of")
"""What a report tells of the moment it is made, not of its week."""


def history(house: House, moment: str, week: int = 0) -> list[Any]:
    """The reports of two weeks, and the waits behind them."""
    found: list[Any] = []
    for name in ("2024-W46", "2024-W47"):
        told = house.run(at(moment, week), "report", "--week", name, "--json", "--csv", str(house.folder / "x.csv"))
        assert told.code == 0, told.err
        report = json.loads(told.out)
        found += [
            {k: v for k, v in part.items() if k not in NOW_ONLY} for part in (report["overall"], *report["teams"])
        ]
        found += [report["left_out"], (house.folder / "x.csv").read_text()]
    return found


def traces(house: House) -> list[str]:
    """What of Ann can still be read in the files of the store."""
    held = b"".join(file.read_bytes() for file in Path(house.folder).glob("monitor.db*")).lower()
    assert b"sqlite" in held
    return [trace for trace in TRACES if trace.lower().encode() in held]


def forgets(house: House, moment: str, *words: str) -> Told:
    """`forget` of Ann."""
    return house.run(at(moment), "forget", ADDRESS, *words)


def two_who_wait(house: House) -> None:
    """Ann and Ben ask; one letter reminds of both."""
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), PLANTED, subject="Planted topic")
    house.asks(at("Mon 10:01"), BEN)


def test_after_a_reminder_no_letter_speaks_of_them_and_none_is_doubled(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "monitor")
    two_who_wait(house)
    (letter,) = house.round(at("Tue 10:05"))
    assert "Ann Zaplanted" in text_of(letter)
    before = history(house, "Tue 10:06")
    daemon = open_store(house.store_url)
    with only_daemon(daemon):
        told = forgets(house, "Tue 10:06")
    daemon.close()
    assert (told.code, "Messages removed: 1. Whole conversations removed: 1." in told.out) == (0, True), told
    assert "still lies in the mailbox" in told.err
    assert traces(house) == []
    assert history(house, "Tue 10:06") == before
    assert house.round(at("Tue 10:10")) == []
    assert house.round(at("Wed 09:55")) == []
    (next_day,) = house.round(at("Wed 10:06"))
    assert ("Ann" in text_of(next_day), "Ben Borrower" in text_of(next_day)) == (False, True)
    assert forgets(house, "Wed 10:07").out == f"Nothing is known of {ADDRESS}.\n"
    assert not [trace for trace in TRACES if trace in caplog.text]


def test_a_letter_that_could_not_leave_yet_is_made_anew_without_them(house: House) -> None:
    two_who_wait(house)
    port = house.smtp_port
    house.write_config(smtp_port=1)
    assert house.round(at("Tue 10:05")) == []
    assert json.loads(forgets(house, "Tue 10:06", "--json").out)["letters"] == 1
    assert traces(house) == []
    house.write_config(smtp_port=port)
    (letter,) = house.round(at("Tue 10:10"))
    assert ("Ann" in text_of(letter), "Ben Borrower" in text_of(letter)) == (False, True)
    assert house.round(at("Tue 10:15")) == []


def test_an_opening_digest_that_could_not_leave_yet_too(houses: Houses) -> None:
    """For each owner who has not got it; whoever has gets no second one."""
    house = houses(owners=("lead", "deputy"))
    house.sends(at("Fri 09:00", week=-1), "Old Friend <friend@before.example>")
    house.asks(at("Fri 10:00", week=-1), PLANTED, subject="Planted topic")
    house.asks(at("Fri 10:01", week=-1), BEN)
    port = house.smtp_port
    house.write_config(smtp_port=1)
    assert house.round(at("Mon 08:00")) == []
    assert json.loads(forgets(house, "Mon 08:01", "--json").out)["letters"] == 2
    assert traces(house) == []
    house.write_config(smtp_port=port)
    letters = house.round(at("Mon 08:10"))
    assert kinds(letters) == [("opening", owner) for owner in sorted(house.owners())]
    assert {("Ann" in text_of(each), "Ben Borrower" in text_of(each)) for each in letters} == {(False, True)}
    assert house.round(at("Mon 08:15")) == []


def test_the_same_on_postgresql(houses: Houses, postgres: Postgres) -> None:
    house = houses(store=postgres.new_database())
    two_who_wait(house)
    assert len(house.round(at("Tue 10:05"))) == 1
    before = history(house, "Tue 10:06")
    assert forgets(house, "Tue 10:06").code == 0
    assert history(house, "Tue 10:06") == before
    assert house.round(at("Tue 10:10")) == []
    (next_day,) = house.round(at("Wed 10:06"))
    assert "Ann" not in text_of(next_day)


@pytest.mark.parametrize("who", ["info", "info-lead", "anybody"])
def test_who_is_one_of_us_is_not_forgotten(house: House, who: str) -> None:
    told = house.run(at("Mon 08:00"), "forget", house.address(who))
    assert (told.code, "is one of us" in told.err) == (2, True)


def test_what_is_no_address_is_refused(house: House) -> None:
    assert house.run(at("Mon 08:00"), "forget", "Ann").code == 2


def test_what_is_older_than_the_retention_goes_once_a_day_and_is_not_read_again(houses: Houses) -> None:
    """The mails still lie in the mailbox, and lie there after the server has numbered them anew."""
    house = houses(config='retention = "90d"\n')
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"), PLANTED, subject="Planted topic")
    house.answers(question, at("Mon 12:00"))
    house.round(at("Mon 13:00"))
    house.round(at("Mon 09:00", week=13))
    before = history(house, "Mon 09:00", week=12)
    assert traces(house) != []
    house.asks(at("Wed 10:00", week=13), BEN)
    house.round(at("Wed 12:00", week=13))
    assert traces(house) == []
    assert history(house, "Mon 09:00", week=12) == before
    house.dovecot.lose_uid_list(house.address("info"), "INBOX")
    house.round(at("Wed 13:00", week=13))
    assert [w["state"] for w in house.waits(at("Wed 13:00", week=13))] == ["waiting"], "Ben's alone"
    assert traces(house) == []
