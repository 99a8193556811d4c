"""`rebuild`: what is derived is thrown away and made again; whoever was told of is not told of again."""

import json
import sqlite3
from typing import Any

import pytest

from monitor.commands import folding
from monitor.exits import TRY_LATER
from monitor.store.lock import only_daemon
from monitor.store.store import open_store
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, at, kinds

NOW = at("Wed 12:00")
DAMAGE = (
    "DELETE FROM waits WHERE id % 2 = 0",
    "UPDATE waits SET state = 'excused', conversation = 999, due_at = opened_at",
    "UPDATE messages SET conversation = 77, wants_reply = NOT wants_reply, rule = 'broken'",
    "DELETE FROM conversations WHERE number > 1",
)


@pytest.fixture
def told(houses: Houses) -> House:
    """A house in which two were told of, one was answered, and one waits in peace."""
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"))
    house.asks(at("Mon 09:30"), BEN)
    question = house.asks(at("Mon 10:00"), CLEO, to="ops")
    house.round(at("Mon 11:00"))
    house.answers(question, at("Mon 15:00"), by="ops")
    house.asks(at("Tue 09:30"), ANN, to="ops", subject="A second question")
    assert kinds(house.round(at("Tue 10:00"))) == [("reminder", house.lead())]
    return house


def damage(house: House) -> None:
    """As by hand: a program that knows nothing of foreign keys."""
    with sqlite3.connect(house.folder / "monitor.db") as database:
        for statement in DAMAGE:
            database.execute(statement)


def test_a_sound_store_says_the_same_afterwards_byte_by_byte(told: House) -> None:
    before = told.run(NOW, "threads", "--all", "--json").out
    made = told.run(NOW, "rebuild", "--json")
    assert json.loads(made.out) == {"messages": 7, "conversations": 6, "waits": 4, "waiting": 3}
    assert told.run(NOW, "threads", "--all", "--json").out == before


def test_a_damaged_store_says_what_it_said_and_nobody_is_told_twice(told: House) -> None:
    before = told.run(at("Tue 10:30"), "threads", "--all", "--json").out
    damage(told)
    assert told.run(at("Tue 10:30"), "threads", "--all", "--json").out != before
    assert told.run(at("Tue 10:30"), "rebuild").code == 0
    assert told.run(at("Tue 10:30"), "threads", "--all", "--json").out == before
    assert told.round(at("Tue 10:31")) == []


def test_whoever_is_interrupted_says_it_again(told: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every place where it may stop; a round between that and the second try tells nobody anything new."""
    before = told.run(at("Tue 10:30"), "threads", "--all", "--json").out
    real = folding.rebuild_in
    for stop in ("reading", "joining", "placing", "judging", "tying", "folding"):

        def stopped(*given: Any, stop: str = stop) -> Any:
            def tell(what: str, _done: int, _all: int) -> None:
                if what == stop:
                    raise KeyboardInterrupt

            return real(*given[:3], tell)

        monkeypatch.setattr(folding, "rebuild_in", stopped)
        told.run(at("Tue 10:30"), "rebuild")
        assert told.round(at("Tue 10:31")) == [], stop
    monkeypatch.setattr(folding, "rebuild_in", real)
    assert told.run(at("Tue 10:31"), "rebuild").code == 0
    assert told.run(at("Tue 10:30"), "threads", "--all", "--json").out == before


def test_beside_a_daemon_it_says_try_later(told: House) -> None:
    store = open_store(told.store_url)
    with only_daemon(store):
        refused = told.run(NOW, "rebuild")
    store.close()
    assert refused.code == TRY_LATER
    assert "stop it first" in refused.err
