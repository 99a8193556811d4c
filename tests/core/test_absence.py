"""Who is away, and who hears instead of them. Nobody is missed: where all are away, all of them still hear."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.absence import LONGEST, hearers, is_away, says_away
from monitor.core.calendar import Calendar
from monitor.core.people import Absence, Person

NOON = datetime(2026, 12, 21, 12, tzinfo=UTC)
OVER_CHRISTMAS = Person("anna", away=(Absence(date(2026, 12, 21), date(2027, 1, 3)),))
UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        (datetime(2026, 12, 20, 23, 59, tzinfo=UTC), "UTC", False),
        (datetime(2026, 12, 21, 0, 0, tzinfo=UTC), "UTC", True),
        (datetime(2027, 1, 3, 23, 59, tzinfo=UTC), "UTC", True),
        (datetime(2027, 1, 4, 0, 0, tzinfo=UTC), "UTC", False),
        (datetime(2026, 12, 20, 23, 0, tzinfo=UTC), "Europe/Rome", True),
        (datetime(2027, 1, 3, 23, 0, tzinfo=UTC), "Europe/Rome", False),
    ],
)
def test_days_away_are_whole_days_of_the_clock_on_the_wall(moment: datetime, zone: str, expected: bool) -> None:
    assert is_away(OVER_CHRISTMAS, ZoneInfo(zone), None, moment) is expected


def test_days_away_are_those_of_ones_own_calendar_before_the_houses() -> None:
    in_auckland = Person("anna", calendar=Calendar(ZoneInfo("Pacific/Auckland")), away=OVER_CHRISTMAS.away)
    assert is_away(in_auckland, UTC_ZONE, None, datetime(2026, 12, 20, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("after", "expected"),
    [(timedelta(0), True), (LONGEST - timedelta(seconds=1), True), (LONGEST, False), (timedelta(seconds=-1), False)],
)
def test_an_automatic_reply_proves_an_absence_for_a_week(after: timedelta, expected: bool) -> None:
    assert is_away(Person("anna"), UTC_ZONE, NOON, NOON + after) is expected


@pytest.mark.parametrize(
    ("what", "rule", "signals", "answers", "expected"),
    [
        ("a vacation reply", "auto-submitted", ["Auto-Submitted: auto-replied"], True, True),
        (
            "one that calls itself a reply",
            "auto-submitted",
            ["Auto-Submitted: auto-replied"],
            False,
            True,
        ),
        ("Exchange says auto-generated", "auto-submitted", ["Auto-Submitted: auto-generated"], True, True),
        ("a script that writes in their name", "auto-submitted", ["Auto-Submitted: auto-generated"], False, False),
        ("a field of responders only", "autoreply-field", ["x-autoreply"], True, True),
        ("an out-of-office answer to a letter of ours", "answers-letter", [], True, True),
        ("a meeting accepted", "calendar", ["calendar reply"], True, False),
        ("a meeting accepted by a machine", "auto-submitted", ["Auto-Submitted: x", "calendar reply"], True, False),
        ("a read receipt", "report", ["Content-Type: multipart/report; disposition-notification"], True, False),
        ("one of our own letters", "own-letter", ["our own letter"], True, False),
    ],
)
def test_which_automatic_mail_says_that_its_writer_is_away(
    what: str, rule: str, signals: list[str], answers: bool, expected: bool
) -> None:
    assert says_away(f"automatic.{rule}", signals, answers) is expected, what


def heard(away: Sequence[str], substitutes: dict[str, str], recipients: Sequence[str]) -> dict[str, str]:
    return hearers(recipients, lambda a: Person(a, substitute=substitutes.get(a)), lambda a: a in away)


@pytest.mark.parametrize(
    ("what", "away", "substitutes", "expected"),
    [
        ("all are there", "", {"anna": "sue"}, {"anna": "anna", "otto": "otto"}),
        ("a substitute hears instead", "anna", {"anna": "sue"}, {"anna": "sue", "otto": "otto"}),
        ("who stands in may be away too", "anna sue", {"anna": "sue", "sue": "tim"}, {"anna": "tim", "otto": "otto"}),
        ("another owner may stand in", "anna", {"anna": "otto"}, {"anna": "otto", "otto": "otto"}),
        ("without a substitute the others hear it anyway", "anna", {}, {"otto": "otto"}),
        ("where all are away all hear it", "anna otto", {}, {"anna": "anna", "otto": "otto"}),
        ("a ring of people who are away ends", "anna sue", {"anna": "sue", "sue": "anna"}, {"otto": "otto"}),
        ("and misses nobody", "anna otto", {"anna": "otto", "otto": "anna"}, {"anna": "anna", "otto": "otto"}),
    ],
)  # fmt: skip
def test_who_hears(what: str, away: str, substitutes: dict[str, str], expected: dict[str, str]) -> None:
    assert heard(away.split(), substitutes, ["anna", "otto"]) == expected, what


_names = st.sampled_from("abcdef")


@given(st.lists(_names, unique=True), st.dictionaries(_names, _names), st.lists(_names, unique=True, min_size=1))
def test_whoever_is_away_somebody_hears(away: list[str], substitutes: dict[str, str], recipients: list[str]) -> None:
    found = heard(away, substitutes, recipients)
    assert found
    assert found.keys() <= set(recipients)
    assert {r for r in recipients if r not in away} <= found.keys(), "who is there hears"
    at_work = [via for via in found.values() if via not in away]
    assert at_work or found == {r: r for r in recipients}
    assert not at_work or len(at_work) == len(found), "nobody who is away hears while somebody else does"
