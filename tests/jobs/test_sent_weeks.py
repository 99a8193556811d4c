"""What a report says of weeks that were sent: asked for again, withdrawn, refused, missed; and the strip of them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from monitor.core.report import weeks_section
from monitor.core.report.as_json import report_json
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.report import ask_for, report_if_due
from monitor.jobs.report_early import take_back_early
from monitor.store.blind import note_blind
from monitor.store.outbox import mark_refused, pending
from monitor.store.report_tables import counted
from monitor.store.reporting import stored
from tests.jobs.test_hidden_replies import DAY, DESK, HOUR, LETTERS, MONDAY
from tests.jobs.weeks import SEVEN, WEEK, House, restatement, said, strip, told


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Week 46 is told: 11 of 12."""
    yield from told(tmp_path)


def test_a_report_of_a_week_that_was_sent_says_how_and_why_it_stands_otherwise(house: House) -> None:
    facts = house.made(46, 46).facts
    assert report_json(facts)["sent"] == {"at": "2024-11-18T07:00:00Z", "k": 11, "n": 12, "reasons": []}
    assert "was sent" not in LETTERS.render_report(facts).text
    house.answers(46, 11)
    house.a_week(47)
    house.reports(47)
    facts = house.made(46, 47).facts
    assert (facts.overall.rate.k, facts.restated) == (12, ())
    assert report_json(facts)["sent"]["reasons"] == [{"reason": "reply-later", "waits": 1}]
    assert (
        "It was sent as 11 of 12 on Monday 18 November, 07:00. A reply that had not been seen has been found."
        in " ".join(LETTERS.render_report(facts).text.split())
    )
    assert [one.week.name for one in house.made(47, 48).facts.restated] == ["2024-W46"], "what its report said"


def test_a_report_sent_again_on_request_says_so_and_freezes_nothing(house: House) -> None:
    before = house.frozen()
    now = MONDAY + WEEK + 8 * HOUR
    ask_for(house.store, house.settings, LETTERS, OutboxClaims(house.store), house.made(46, 46), now)
    first, again = house.letters()
    assert "sent again because somebody asked for it; it was sent first on Monday 18 November, 07:00." in again
    assert "asked for it" not in first
    ask_for(house.store, house.settings, LETTERS, OutboxClaims(house.store), house.made(45, 46), now)
    assert "This report is sent because somebody asked for it." in house.letters()[2]
    assert house.frozen() == before


def test_after_two_mondays_down_one_report_goes_out_and_the_week_between_stands_in_its_strip(house: House) -> None:
    house.a_week(47, answered=6)
    house.a_week(48, answered=12)
    report = house.reports(48, at=DAY)
    assert strip(report) == {"2024-W46": (11, 12), "2024-W47": (6, 12), "2024-W48": (12, 12)}
    assert report["previous"]["k"] == 6
    now = MONDAY + 3 * WEEK + 2 * DAY
    knowledge, claims = know(house.store, house.settings, now), OutboxClaims(house.store)
    assert report_if_due(house.store, house.settings, LETTERS, knowledge, claims, now) is None
    assert stored(house.store, "2024-W47") is None
    assert len(house.letters()) == 2


def test_a_week_that_only_stood_in_a_strip_moves_with_a_word_too(house: House) -> None:
    house.a_week(47, answered=6)
    house.a_week(48, 3, 3)
    assert said(house.reports(48)) == []
    house.answers(47, 6)
    for report in (house.reports(49), house.reports(50)):
        assert strip(report)["2024-W47"] == (7, 12)
        expected = [("2024-W47", 6, 7, [("reply-later", 1)])] if report["week"] == "2024-W49" else []
        plain = [(one["week"], one["before"]["k"], one["now"]["k"], one["reasons"]) for one in said(report)]
        assert plain == expected
    facts = house.made(47, 50).facts
    assert (facts.sent, facts.sent_at, facts.restated) == (None, None, ()), "it has had no report of its own"
    assert house.made(48, 50).facts.restated == (), "what was shown first was no change"


def test_what_a_report_said_that_was_withdrawn_is_said_by_the_true_one(house: House) -> None:
    house.answers(46, 11)
    house.a_week(47)
    before = house.frozen()
    first = house.reports(47)
    take_back_early(house.store, house.settings, MONDAY + WEEK + 2 * DAY)
    assert house.frozen() == before
    again = house.reports(47, at=SEVEN + HOUR)
    assert said(again) == said(first) == restatement((11, 12), (12, 12), ("reply-later", 1))
    assert said(house.reports(48)) == []


def test_a_letter_that_is_refused_for_good_was_said_all_the_same(house: House) -> None:
    house.answers(46, 11)
    assert said(house.reports(47)) != []
    for letter in pending(house.store, MONDAY + 9 * WEEK):
        mark_refused(house.store, letter.id, "550 no such user", MONDAY + 2 * WEEK)
    assert said(house.reports(48)) == []


def test_a_report_of_before_it_was_kept_what_was_counted_is_restated_without_a_reason(house: House) -> None:
    with house.store.writing() as connection:
        connection.execute(delete(counted))
    house.answers(46, 11)
    assert said(house.reports(47)) == restatement((11, 12), (12, 12))
    assert "Which messages changed that was not recorded at the time." in house.since(47)
    house.asks(MONDAY + DAY, "late.news@reader.example")
    assert said(house.reports(48)) == restatement((12, 12), (12, 13), ("seen-later", 1)), "kept from then on"


def test_only_changed_waits_are_written_again(house: House) -> None:
    house.answers(46, 11)
    house.reports(47)
    with house.store.reading() as connection:
        query = select(counted.c.told_in, func.count()).group_by(counted.c.told_in)
        assert {row[0]: row[1] for row in connection.execute(query)} == {"2024-W46": 12, "2024-W47": 1}


@pytest.mark.parametrize(("lookback", "shown"), [("30d", {"2024-W45": (3, 3), "2024-W46": (11, 12)}), ("5d", {})])
def test_weeks_before_the_first_report_are_shown_only_where_all_of_them_was_read(
    tmp_path: Path, lookback: str, shown: dict[str, tuple[int, int]]
) -> None:
    house = House(tmp_path)
    house.set(f'lookback = "{lookback}"')
    house.a_week(45, 3, 3)
    house.look(MONDAY - HOUR)
    house.a_week(46)
    report = house.reports(46)
    assert strip(report) == (shown or {"2024-W46": (11, 12)})
    assert (report["previous"] is not None) == bool(shown)
    assert (weeks_section.last_weeks(house.made(46, 46).facts) is not None) == bool(shown)
    house.store.close()


def test_a_blind_stretch_is_shown_in_each_week_it_lies_in(house: House) -> None:
    """From the first look, an hour before week 46, nobody looked until the report of that week."""
    weeks = house.made(46, 46).facts.weeks
    assert [one.blind for one in weeks[-3:]] == [timedelta(0), HOUR, 7 * DAY]
    with house.store.writing() as connection:
        note_blind(connection, [("ops@elsewhere.example", MONDAY - DAY, MONDAY)])
    assert house.made(46, 46).facts.weeks == weeks, "a mailbox that is not watched"


def test_a_team_is_held_to_the_highest_goal_of_its_mailboxes_and_all_together_to_that_of_the_house(
    house: House,
) -> None:
    house.others = ("ops",)
    house.configure("[target]\ngoal = 85\n" + DESK.format("ops", "goal = 95"))
    facts = house.made(46, 46).facts
    assert facts.overall.rate.goal == 85
    assert [(team, figures.rate.goal, figures.rate.goal_met) for team, figures in facts.teams] == [("Desk", 95, False)]
