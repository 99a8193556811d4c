"""What was sent of a week stands; what changes it later is said in the next report, once, with the reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor.config import load
from monitor.core.acts import Command
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.acting import perform
from monitor.jobs.knowledge import know
from monitor.store.forgetting import forget
from monitor.store.mailboxes import refold_if_rules_changed
from monitor.store.reporting import stored
from monitor.store.tables import waits
from tests.jobs.test_hidden_replies import DAY, DESK, HOUR, INFO, MONDAY, OPS
from tests.jobs.weeks import WEEK, House, restatement, said, strip, told


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Week 46 is told: 11 of 12."""
    yield from told(tmp_path)


def test_a_reply_that_is_found_later_is_said_once_and_what_was_sent_stays(house: House) -> None:
    as_sent = stored(house.store, "2024-W46")
    house.answers(46, 11)
    house.a_week(47)
    second = house.reports(47)
    assert said(second) == restatement((11, 12), (12, 12), ("reply-later", 1))
    assert strip(second) == {"2024-W46": (12, 12), "2024-W47": (11, 12)}
    assert second["previous"]["k"] == 12
    assert house.since(47) == (
        "Week 46 was reported as 11 of 12. A reply that had not been seen has been found. It is now 12 of 12."
    )
    house.a_week(48)
    third = house.reports(48)
    assert said(third) == []
    assert strip(third) == {"2024-W46": (12, 12), "2024-W47": (11, 12), "2024-W48": (11, 12)}
    assert stored(house.store, "2024-W46") == as_sent


def test_an_answer_that_came_late_leaves_a_miss_a_miss(house: House) -> None:
    house.answers(46, 11, after=3 * DAY)
    house.answers(46, 11, after=7 * DAY)
    assert said(house.reports(47)) == []


def test_a_message_that_is_found_later_counts_in_its_week(house: House) -> None:
    house.asks(MONDAY + DAY, "late.news@reader.example")
    assert said(house.reports(47)) == restatement((11, 12), (11, 13), ("seen-later", 1))


def test_what_comes_to_light_of_a_week_in_which_nothing_was_due_has_its_reason_too(house: House) -> None:
    assert house.reports(47)["overall"]["n"] == 0
    house.asks(MONDAY + WEEK + DAY, "late.news@reader.example")
    (one,) = said(house.reports(48))
    assert (one["week"], one["now"], one["reasons"]) == ("2024-W47", {"k": 0, "n": 1}, [("seen-later", 1)])


def test_what_was_put_away_and_came_back_was_no_changed_rule(house: House) -> None:
    junk = MemoryFolder("Junk", frozenset({"\\junk"}))
    house.sources[INFO] = MemorySource(house.inbox, house.sent, junk)
    house.look(MONDAY + WEEK + 8 * HOUR)
    uid = house.inbox.move(max(house.inbox.mails), junk)
    assert said(house.reports(47)) == restatement((11, 12), (11, 11), ("put-away", 1))
    junk.move(uid, house.inbox)
    assert said(house.reports(48)) == restatement((11, 11), (11, 12), ("put-back", 1))


def test_a_changed_target_is_said_as_such(house: House) -> None:
    house.answers(46, 11, after=30 * HOUR)
    house.look(MONDAY + WEEK + 8 * HOUR)
    house.configure('[target]\nreply_within = "48h"\n')
    assert said(house.reports(47)) == restatement((11, 12), (12, 12), ("calendar", 1)), "the late reply moves nothing"
    house.configure('[target]\nreply_within = "20h"\n')
    assert said(house.reports(48)) == restatement((12, 12), (11, 12), ("calendar", 1))
    house.configure('[target]\nreply_within = "10d"\n')
    (one,) = [each for each in said(house.reports(49)) if each["week"] == "2024-W46"]
    assert one["now"] == {"k": 0, "n": 0}
    assert one["reasons"] == [("calendar", 12)]


def test_a_changed_rule_is_said_as_such_and_so_is_its_way_back(house: House) -> None:
    house.configure('[ignore]\nsenders = ["reader46.11@reader46.example"]\n')
    assert said(house.reports(47)) == restatement((11, 12), (11, 11), ("rules", 1))
    house.configure("")
    assert said(house.reports(48)) == restatement((11, 11), (11, 12), ("rules", 1))
    assert said(house.reports(49)) == []


def test_what_is_closed_by_hand_after_the_report_is_said(house: House) -> None:
    with house.store.reading() as connection:
        row = connection.execute(select(waits).where(waits.c.state == "waiting")).one()
    now = MONDAY + WEEK + DAY
    done = Command("done", (1,))
    perform(house.store, house.settings, done, {1: row.members}, who="it", via="cli", batch="1", now=now)
    assert said(house.reports(47)) == restatement((11, 12), (11, 11), ("by-hand", 1))
    assert said(house.reports(48)) == []


def test_a_desk_of_another_name_changes_no_figure_of_all_together(house: House) -> None:
    path = house.folder / "config.toml"
    path.write_text(path.read_text().replace('"Desk"', '"Front desk"'))
    house.settings = load(path)
    refold_if_rules_changed(house.store, "renamed", house.settings.house(house.store.letter_key))
    assert said(house.reports(47)) == restatement((11, 12), (11, 12), ("team", 12))
    assert house.since(47).startswith("In week 46 some messages count for another team than was said")
    assert said(house.reports(48)) == []


def test_who_is_forgotten_in_between_changes_nothing(house: House) -> None:
    for one in (3, 11):
        known = know(house.store, house.settings, MONDAY + WEEK + DAY).as_of_all
        address = f"reader46.{one}@reader46.example"
        assert forget(house.store, address, house.settings.house(house.store.letter_key), known, MONDAY + WEEK + DAY)
    house.a_week(47)
    report = house.reports(47)
    assert said(report) == []
    assert strip(report)["2024-W46"] == (11, 12)


def test_a_miss_of_a_desk_that_is_watched_no_more_stays_one(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.others = ("ops",)
    ops = DESK.format("ops", "")
    house.tail = ops
    house.set("")
    inbox = MemoryFolder("INBOX")
    house.sources[OPS] = MemorySource(inbox, MemoryFolder("Sent", frozenset({"\\sent"})))
    house.look(MONDAY - HOUR)
    house.put(inbox, MONDAY + DAY, "1@club.example", "From: club@club.example", f"To: {OPS}")
    assert (house.reports(46)["overall"]["n"], house.made(46, 46).facts.overall.rate.n) == (1, 1)
    del house.sources[OPS]
    house.configure("")
    assert said(house.reports(47)) == restatement((0, 1), (0, 1), ("team", 1)), "nobody answers for it any more"
    assert house.made(46, 47).facts.overall.rate.n == 1
    house.store.close()
