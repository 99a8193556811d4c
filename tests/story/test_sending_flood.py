"""Whatever goes wrong above it, the outbox gives nobody more than ten letters an hour, nor three full hours running."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config import load
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import Letters, NoticePage
from monitor.store.outbox import latched, pending
from monitor.store.reminding import NewLetter, Notice, claim_notices
from monitor.store.store import Store, open_store
from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import House, at, kinds, utc


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    yield opened
    opened.close()


def flood(house: House, moment: str, count: int) -> None:
    """A fault of ours: so many letters to the operator at once."""
    settings, store, now = load(house.config), open_store(house.store_url), at(moment)
    notices = []
    for n in range(count):
        page = NoticePage(
            organisation=settings.organisation,
            now=now,
            zone=settings.zone,
            headline=f"Notice {n}",
            sentences=("It is so.",),
            what_to_do=("Nothing.",),
        )
        rendered = Letters().render_notice(page)
        letter = new_letter(store, settings, "notice", house.operator, f"{moment} {n}", rendered, now)
        notices.append(Notice("fault", (f"{moment} {n}",), house.operator, letter))
    claim_notices(store, notices, now)
    store.close()


def latches(house: House) -> None:
    house.opens(at("Mon 08:00"))
    flood(house, "Mon 09:00", 45)

    def in_hour(hours: int) -> int:
        return sum(len(house.round(at("Mon 09:00") + timedelta(hours=hours, minutes=m))) for m in (0, 5, 50))

    assert [in_hour(hours) for hours in range(6)] == [10, 10, 10, 0, 0, 0], "three full hours, and the latch"
    store = open_store(house.store_url)
    assert latched(store, at("Mon 14:00")) == {house.operator: at("Tue 11:00")}
    assert latched(store, at("Tue 11:00")) == {}
    store.close()
    status = house.status(at("Mon 15:00"))
    assert status["latched"] == [{"recipient": house.operator, "until": utc(at("Tue 11:00"))}]
    assert not status["healthy"]
    told = house.run(at("Mon 15:00"), "status")
    assert (told.code, "got too many letters for hours" in " ".join(told.out.split())) == (1, True)
    assert len(house.round(at("Tue 11:05"))) == 10
    assert len(house.round(at("Tue 12:10"))) == 5
    assert house.status(at("Tue 12:10"))["latched"] == []


@pytest.mark.full
def test_who_gets_ten_letters_an_hour_for_three_hours_gets_none_for_a_day(house: House) -> None:
    latches(house)


@pytest.mark.full
def test_the_same_on_postgresql(houses: Houses, postgres: Postgres) -> None:
    latches(houses(store=postgres.new_database()))


def test_a_flood_that_waits_hides_no_letter_to_anybody_else(store: Store) -> None:
    def letter(n: int, recipient: str) -> NewLetter:
        return NewLetter("notice", f"<{n}@ours.example>", recipient, "It is so", b"From: x\r\n\r\n")

    now = at("Mon 09:00")
    many = [Notice("fault", (str(n),), "it@ours.example", letter(n, "it@ours.example")) for n in range(1200)]
    one = Notice("fault", ("one",), "lead@ours.example", letter(1200, "lead@ours.example"))
    claim_notices(store, many, now)
    claim_notices(store, [one], now + timedelta(minutes=1))
    found = pending(store, now + timedelta(hours=1))
    assert (len(found), found[-1].recipient) == (101, "lead@ours.example")


def test_one_recipient_with_too_many_holds_up_nobody_else_and_nothing_is_lost(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    flood(house, "Tue 10:00", 12)
    came = house.round(at("Tue 10:05"))
    assert kinds(came) == [("notice", house.operator)] * 10 + [("reminder", house.lead())]
    assert house.status(at("Tue 10:06"))["outbox"]["pending"] == 2
    assert house.round(at("Tue 10:30")) == []
    assert kinds(house.round(at("Tue 11:10"))) == [("notice", house.operator)] * 2
