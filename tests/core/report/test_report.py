"""The weekly report: a headline that is true, figures that never cross the goal, changes only beyond chance."""

import csv
import io
import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import Calendar, Span
from monitor.core.invisible import Invisible
from monitor.core.report import headline as opening
from monitor.core.report import sections as below
from monitor.core.report.as_csv import report_csv, report_csv_rows
from monitor.core.report.as_json import report_json
from monitor.core.report.drawn import Section
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Figures, Rate, WaitFacts
from monitor.core.report.intervals import change, wilson
from monitor.core.report.sections import SECTIONS
from monitor.core.said import Moment, Said, plain
from tests.outbox.samples import facts, figures


def english(of: Any) -> Any:
    """The same with every sentence and value as text."""
    if isinstance(of, Said | Moment | timedelta):
        return plain(of)
    if isinstance(of, tuple | list):
        return type(of)(map(english, of))
    return replace(of, **{f.name: english(getattr(of, f.name)) for f in fields(of)}) if is_dataclass(of) else of  # type: ignore[type-var]


def sections(of: ReportFacts) -> Any:
    """What is drawn, in English."""
    return english(below.sections(of))


def headline(of: ReportFacts) -> str:
    """The answer, in English."""
    return str(opening.headline(of))


def lead(of: ReportFacts) -> str:
    """What follows it, in English."""
    return " ".join(map(str, opening.lead(of)))


def said(of: object) -> str:
    """Everything a reader would see of the sections, roughly."""
    return repr(of)


@pytest.mark.parametrize(
    ("k", "n", "sentence"),
    [
        (154, 168, "92% of people heard back within 24 hours."),
        (896, 1000, "89% of people heard back within 24 hours."),
        (5, 7, "5 of 7 people heard back within 24 hours."),
        (1, 1, "1 of 1 person heard back within 24 hours."),
        (9, 10, "90% of people heard back within 24 hours."),
        (0, 12, "0% of people heard back within 24 hours."),
    ],
)
def test_headline(k: int, n: int, sentence: str) -> None:
    assert headline(facts(figures(k, n))) == sentence


def test_quiet_week_is_calm_and_true() -> None:
    quiet = facts(figures(0, 0), unseen=())
    assert headline(quiet) == "A quiet week: nobody’s 24 hours ran out."
    assert "target" in lead(quiet)
    assert "%" not in headline(quiet)


def test_quiet_week_with_waits_that_do_not_count_says_so() -> None:
    left = replace(figures(0, 0), no_reply_needed=3)
    assert headline(facts(left, unseen=())) == "A quiet week: there is no reply to rate."


@pytest.mark.parametrize("as_of", [None, datetime(2026, 11, 13, 12, 0, tzinfo=UTC)])
def test_blind_is_never_called_quiet(as_of: datetime | None) -> None:
    blind = facts(figures(0, 0), unseen=(), as_of=as_of)
    assert headline(blind) == "We cannot say yet how this week went."
    assert "completely" in lead(blind) or "Friday 13 November, 12:00" in lead(blind)


def test_target_met_with_its_figures() -> None:
    assert "The target of 90% was met: 154 of 168 messages were answered in time." in lead(facts())
    missed = lead(facts(figures(896, 1000)))
    assert "The target of 90% was not met: 896 of 1000" in missed


@pytest.mark.parametrize(
    ("k", "n", "before", "word"),
    [
        (154, 168, Rate(160, 182, 90), "about the same as the week before (88%)"),
        (190, 200, Rate(140, 200, 90), "better than the week before (70%)"),
        (140, 200, Rate(190, 200, 90), "worse than the week before (95%)"),
        (10, 10, Rate(9, 12, 90), "about the same as the week before (75%)"),
        (20, 20, Rate(5, 7, 90), "too few to compare (5 of 7)"),
    ],
)
def test_against_the_week_before(k: int, n: int, before: Rate, word: str) -> None:
    assert word in lead(facts(figures(k, n), before))


@pytest.mark.parametrize(("now", "before"), [((5, 7), Rate(90, 100, 90)), ((50, 100), None)])
def test_no_comparison_without_two_rates(now: tuple[int, int], before: Rate | None) -> None:
    assert "the week before" not in lead(facts(figures(*now), before)).lower()


def test_wilson_on_published_figures() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I: the score interval without continuity correction.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_a_change_lies_outside_both_wilson_intervals(n: int, m: int, data: st.DataObject) -> None:
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    moved = change((k, n), (j, m))
    assert moved == -change((j, m), (k, n))
    if moved:
        low, high = wilson(k, n)
        assert not low <= j / m <= high
        assert moved == (1 if k / n > j / m else -1)


@given(st.integers(0, 2000), st.integers(1, 2000), st.sampled_from([50.0, 90.0, 92.5, 100.0]))
def test_the_printed_percentage_never_crosses_the_goal(k: int, more: int, goal: float) -> None:
    rate = Rate(k, k + more, goal)
    if rate.percent is not None:
        assert (rate.percent >= goal) == rate.goal_met


def test_teams_stay_in_the_order_of_the_config_and_few_are_not_rated() -> None:
    table = next(s.table for s in sections(facts()) if s.title == "Each team")
    assert table is not None
    assert [row[0].text for row in table.rows][:3] == ["Front desk", "Events & rooms", "Loans & collections"]
    local = next(row for row in table.rows if row[0].text == "Local history")
    assert [cell.text for cell in local][1:3] == ["too few to rate", "5 of 7"]
    assert all(cell.bar is None and cell.tone != "missed" for cell in local)
    quiet = next(row for row in table.rows if row[0].text == "Home delivery")
    assert "%" not in said(quiet)


def test_where_the_curve_does_not_reach_it_says_over() -> None:
    open_end = replace(figures(1, 12), median=None, p90=None, longest_known=timedelta(hours=30))
    seen = said(sections(facts(open_end, teams=(("Front desk", open_end),))))
    assert "over 30 hours" in seen
    assert "over 30 h'" in seen


def test_a_typical_wait_just_past_the_target_is_not_rounded_into_it() -> None:
    slow = replace(figures(1, 12), median=timedelta(hours=24, minutes=40))
    assert "'over 24 hours'" in said(sections(facts(slow)))


def test_red_only_for_people_who_wait_past_the_target() -> None:
    nobody = facts(figures(12, 12, waiting=3, late=0), teams=(("Front desk", figures(12, 12, 3, 0)),))
    calm = replace(nobody, longest=(replace(nobody.longest[0], waited=timedelta(hours=3)),))
    assert "tone='waiting'" not in said(sections(calm))
    assert "tone='waiting'" in said(sections(facts()))


def test_no_subject_and_no_name_in_the_report() -> None:
    longest = next(s for s in sections(facts()) if s.title == "Waiting longest")
    assert "and 5 more past 24 hours." in longest.after
    assert "4121" in said(longest)


def test_every_section_can_be_absent_or_drawn() -> None:
    bare = replace(facts(figures(0, 0), None, (), ()), longest=(), left_out=())
    assert len(sections(bare)) < len(SECTIONS)
    back = replace(bare, history_from=datetime(2026, 11, 11, 8, 0, tzinfo=UTC))
    assert "Wednesday 11 November, 08:00" in said(sections(back))


CLOSED = replace(figures(154, 168, 16, 8), no_reply_needed=9, closed_late=3, excused=6, deleted=4, spam=2)
INVISIBLE = {"info@x.example": Invisible(7, 20), "ops@x.example": Invisible(1, 5)}


def test_what_was_left_out_is_told_with_its_figures() -> None:
    full = replace(facts(replace(CLOSED, unknown=2)), left_out=(("Spam", 38), ("Newsletters", 0)), invisible=INVISIBLE)
    (section,) = [s for s in sections(full) if s.title == "Left out, or taken on trust"]
    assert section.table is not None
    assert [tuple(cell.text for cell in row) for row in section.table.rows] == [
        ("Spam", "38"),
        ("Closed as “No reply needed”", "9"),
        ("– of these only after 24 hours", "3"),
        ("Deleted without a reply", "4"),
        ("Moved to Junk without a reply", "2"),
        ("Answered by a reply we could not see, at an unknown time", "2"),
        ("Replies we could not see, of those that people answered", "8 of 25"),
    ]
    seen = replace(facts(), left_out=(), invisible={"info@x.example": Invisible(0, 20)})
    assert not [s for s in sections(seen) if s.title == "Left out, or taken on trust"]


def test_the_mark_is_explained_only_where_a_bar_is_drawn() -> None:
    few, many = (replace(facts(), teams=(("Desk", figures(*kept)),)) for kept in ((3, 4), (36, 40)))
    assert str(_each_team(few).legend) == ""
    assert str(_each_team(many).legend) == "The mark in the bar is the target of 90%."


def _each_team(of: ReportFacts) -> Section:
    (section,) = [one for one in sections(of) if str(one.title) == "Each team"]
    return section


@pytest.mark.parametrize(
    ("overall", "sentence"),
    [
        (CLOSED, "3 more were closed as “No reply needed” only after 24 hours, and are not counted."),
        (replace(CLOSED, closed_late=1), "1 more was closed as “No reply needed” only after 24 hours, and is not"),
        (replace(figures(0, 0), no_reply_needed=2, closed_late=2), " 2 were closed as “No reply needed” only after"),
    ],
)
def test_closing_late_is_told_beside_the_percentage(overall: Figures, sentence: str) -> None:
    assert sentence in lead(facts(overall))
    assert "closed" not in lead(facts(replace(overall, closed_late=0)))


def test_json_carries_what_was_left_out() -> None:
    data = json.loads(json.dumps(report_json(replace(facts(CLOSED), invisible=INVISIBLE))))
    assert data["invisible_replies"] == {
        "k": 8,
        "n": 25,
        "percent": 32,
        "mailboxes": [
            {"mailbox": "info@x.example", "k": 7, "n": 20, "percent": 35},
            {"mailbox": "ops@x.example", "k": 1, "n": 5, "percent": None},
        ],
    }
    names = ("no_reply_needed", "no_reply_needed_after_due", "excused", "excused_deleted", "excused_spam")
    assert [data["overall"][name] for name in names] == [9, 3, 6, 4, 2]


def test_json_has_k_and_n_beside_every_percentage() -> None:
    data = json.loads(json.dumps(report_json(facts())))
    for place in (data["overall"], data["previous"], data["invisible_replies"], *data["teams"]):
        assert {"k", "n", "percent"} <= place.keys()
    assert (data["week"], data["from"], data["to"]) == ("2026-W46", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z")
    assert (data["overall"]["percent"], data["overall"]["goal_met"]) == (92, True)
    assert data["overall"]["median_seconds"] == 4 * 3600
    assert data["longest"][0] == {
        "team": "Local history",
        "number": 4121,
        "opened_at": "2026-11-10T15:12:00Z",
        "waited_seconds": 136 * 3600,
    }
    few = next(team for team in data["teams"] if team["team"] == "Local history")
    assert (few["k"], few["n"], few["percent"], few["goal_met"]) == (5, 7, None, None)


WAIT = WaitFacts(
    number=4180,
    team="Events & rooms",
    state="answered",
    opened_at=datetime(2026, 11, 9, 9, 0, tzinfo=UTC),
    due_at=datetime(2026, 11, 10, 9, 0, tzinfo=UTC),
    answered_at=datetime(2026, 11, 9, 12, 30, tzinfo=UTC),
    evidence="sent",
    as_of=datetime(2026, 11, 16, 7, 0, tzinfo=UTC),
)


def test_csv_rows() -> None:
    head, row = report_csv_rows([WAIT])
    assert dict(zip(head, row, strict=True)) == {
        "number": "4180",
        "team": "Events & rooms",
        "state": "answered",
        "opened_at": "2026-11-09T09:00:00Z",
        "due_at": "2026-11-10T09:00:00Z",
        "answered_at": "2026-11-09T12:30:00Z",
        "waited_hours": "3.500",
        "met": "true",
        "evidence": "sent",
        "counted_hours": "3.500",
        "first_desk_hours": "3.500",
        "elsewhere_hours": "0.000",
        "decided_not_told_hours": "0.000",
    }


def test_csv_tells_what_the_calendar_of_a_mailbox_counts_of_the_hours_waited() -> None:
    info = "info@ours.example"
    office = Calendar(ZoneInfo("UTC"), "office-hours", hours={0: (Span(0, 10 * 60),)})
    rows = report_csv_rows([replace(WAIT, mailboxes=(info,)), WAIT], {info: office})
    assert [(row[6], row[9]) for row in rows[1:]] == [("3.500", "1.000"), ("3.500", "3.500")]


def test_csv_leaves_empty_what_is_not_known() -> None:
    open_ = replace(WAIT, state="waiting", answered_at=None, evidence=None, as_of=None)
    assert report_csv_rows([open_])[1][5:] == [""] * 8


@pytest.mark.parametrize("team", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_csv_cells_are_no_formulas(team: str) -> None:
    rows = list(csv.reader(io.StringIO(report_csv([replace(WAIT, team=team)]))))
    assert rows[1][1] == f"'{team}"


def test_rate_of_nobody_has_no_percentage() -> None:
    empty = Figures(Rate(0, 0, 90), None, None, timedelta(0), 0, 0, 0, 0, 0, 0, 0)
    assert report_json(facts(empty))["overall"]["percent"] is None
