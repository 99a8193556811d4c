"""The last 13 weeks as a strip, and what is said of them since: short, true, and whole in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat

import pytest

from monitor.core.report.drawn import Box, Section
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.headline import lead
from monitor.core.report.restating import Restated, WeekRate
from monitor.core.report.sections import each_team
from monitor.core.report.week import Week
from monitor.core.report.weeks_section import last_weeks, restated
from tests.outbox.samples import facts, figures

THIS = facts().week
HOUR = timedelta(hours=1)
SENT = datetime(2026, 11, 9, 7, tzinfo=UTC)
KS = (165, 160, 155, 161, 162, 160, 165, 152, 158, 161, 150, 159, 154)


def with_weeks(*rates: Rate | None, blind: dict[int, timedelta] | None = None) -> ReportFacts:
    """The week of the sample and so many before it."""
    weeks = list(accumulate(repeat(THIS, len(rates)), lambda week, _: week.before()))[::-1]
    shown = (WeekRate(week, rate) for week, rate in zip(weeks, rates, strict=True))
    return replace(
        facts(), weeks=tuple(replace(one, blind=(blind or {}).get(one.week.number, 0 * HOUR)) for one in shown)
    )


def drawn(of: ReportFacts) -> Section:
    section = last_weeks(of)
    assert section is not None
    return section


def told(*reasons: tuple[str, int], before: tuple[int, int] = (159, 182), now: tuple[int, int] = (160, 182)) -> str:
    """What is said of week 45."""
    one = Restated(THIS.before(), SENT, Rate(*before, 90), Rate(*now, 90), reasons)  # type: ignore[arg-type]
    section = restated(replace(facts(), restated=(one,)))
    assert section is not None
    return str(section.told[0])


def test_thirteen_weeks_of_which_those_under_the_target_are_marked() -> None:
    section = drawn(with_weeks(*(Rate(k, 177, 90) for k in KS)))
    assert [str(box.head) for box in section.strip] == [str(n) for n in range(34, 47)]
    assert section.strip[-1] == replace(section.strip[-1], text="87", tone="missed")
    assert [box.tone == "missed" for box in section.strip] == [int(str(box.text)) < 90 for box in section.strip]
    assert {box.tone == "missed" for box in section.strip} == {True, False}
    assert str(section.after) == "▾ and amber: under the target of 90%, in 6 of 13 weeks. 177 messages a week."
    assert str(section.title) == "The last 13 weeks"
    assert str(section.note) == "Percent of people who heard back within 24 hours, by week."


def test_a_good_week_is_said_without_a_word_of_targets() -> None:
    section = drawn(with_weeks(Rate(160, 160, 90), Rate(190, 194, 90)))
    assert [box.tone for box in section.strip] == ["plain", "strong"]
    assert str(section.after) == "Between 160 and 194 messages a week."


def test_few_messages_and_none_have_neither_percentage_nor_colour() -> None:
    boxes = drawn(with_weeks(Rate(5, 7, 90), None, Rate(9, 10, 90))).strip
    assert [(box.text, box.tone) for box in boxes] == [("5/7", "quiet"), ("", "quiet"), ("90", "strong")]
    assert [str(box.read) for box in boxes] == ["Week 44: 5 of 7", "Week 45: nothing came due", "Week 46: 90%"]


def test_a_small_house_is_told_counts_and_no_percent() -> None:
    section = drawn(with_weeks(Rate(5, 7, 90), None, Rate(9, 9, 90)))
    assert str(section.note) == "How many people heard back in time, by week."
    assert str(section.after) == "Between 0 and 9 messages a week."


def test_blind_stretches_are_said_below_and_in_their_boxes() -> None:
    blind = {44: 7 * HOUR, 45: timedelta(minutes=59), 46: 90 * timedelta(minutes=1)}
    section = drawn(with_weeks(*3 * [Rate(80, 100, 90)], blind=blind))
    assert str(section.after).endswith("Not everything could be seen in weeks 44 (7 h), 46 (1 h 30 min).")
    assert str(section.strip[0].read) == ("Week 44: 80%, under the target of 90%; not everything could be seen for 7 h")
    assert "not everything" not in str(section.strip[1].read)


@pytest.mark.parametrize("weeks", [(), (Rate(9, 10, 90),), (None, None, Rate(9, 10, 90)), (Rate(9, 10, 90), None)])
def test_the_first_week_is_no_strip(weeks: tuple[Rate | None, ...]) -> None:
    assert last_weeks(with_weeks(*weeks)) is None


def test_the_strip_begins_with_the_first_week_that_was_read() -> None:
    section = drawn(with_weeks(None, None, Rate(9, 10, 90), None, Rate(9, 10, 90)))
    assert [box.head for box in section.strip] == ["44", "45", "46"]
    assert str(section.title) == "The last 3 weeks"


def test_every_box_is_read_as_a_whole() -> None:
    boxes: tuple[Box, ...] = drawn(with_weeks(Rate(160, 182, 90), Rate(154, 168, 90))).strip
    assert [str(box.read) for box in boxes] == ["Week 45: 88%, under the target of 90%", "Week 46: 92%"]


@pytest.mark.parametrize(
    ("reason", "one", "many"),
    [
        ("reply-later", "A reply that had not been seen has been found.", "3 replies that had not"),
        ("seen-later", "A message that had not been seen has been found.", "3 messages that had not"),
        ("earlier", "One person has been found to have written earlier.", "3 people have been found"),
        ("known-later", "Of one message it could not be known then", "Of 3 messages it could not"),
        ("conversation", "One message is counted otherwise, as more of its", "3 messages are counted otherwise"),
        ("calendar", "The target or its calendar was changed, which moved the due time of one", "due times of 3"),
        ("by-hand", "One was closed or opened again by hand.", "3 were closed or opened again by hand."),
        ("put-away", "One was put away without a reply.", "3 were put away without a reply."),
        ("put-back", "One that had been put away is back.", "3 that had been put away are back."),
        ("team", "One counts for another team.", "3 count for another team."),
        ("rules", "A rule or a setting was changed, and one message is", "and 3 messages are counted otherwise."),
    ],
)
def test_each_reason_is_a_sentence_of_one_or_of_many(reason: str, one: str, many: str) -> None:
    assert told((reason, 1)).startswith(f"Week 45 was reported as 159 of 182. {one}")
    assert many in told((reason, 3))
    assert told((reason, 1)).endswith("It is now 160 of 182.")


def test_several_reasons_and_none() -> None:
    assert told(("put-away", 2), ("reply-later", 1)) == (
        "Week 45 was reported as 159 of 182. 2 were put away without a reply. A reply that had not been seen has been "
        "found. It is now 160 of 182."
    )
    assert "not recorded" in told()


def test_weeks_in_which_only_teams_changed_are_said_in_one_sentence() -> None:
    same = Rate(159, 182, 90)
    weeks: list[Week] = [THIS.before().before(), THIS.before()]
    section = restated(replace(facts(), restated=tuple(Restated(w, SENT, same, same, (("team", 9),)) for w in weeks)))
    assert section is not None
    assert [str(one) for one in section.told] == [
        "In weeks 44, 45 some messages count for another team than was said; the figures of all together stay."
    ]
    assert restated(facts()) is None


def test_the_lead_says_how_a_week_was_sent_only_where_it_stands_otherwise() -> None:
    sent = Restated(THIS, SENT, Rate(153, 168, 90), facts().overall.rate, (("reply-later", 1),))
    of = replace(facts(), sent=sent, sent_at=SENT)
    assert "It was sent as 153 of 168 on Monday 9 November, 07:00. A reply that" in " ".join(map(str, lead(of)))
    same = replace(of, sent=replace(sent, before=sent.now, reasons=()))
    assert "was sent" not in " ".join(map(str, lead(same)))


def test_teams_may_have_targets_of_their_own() -> None:
    strict = figures(46, 50, goal=95)
    section = each_team(replace(facts(), teams=(("Front desk", strict), ("Loans", figures(46, 50)))))
    assert section is not None
    assert section.table is not None
    assert str(section.note).endswith("▾ is under the target of the team.")
    assert str(section.legend) == "The mark in the bar is the target of the team."
    assert [(row[1].tone, row[2].bar and row[2].bar.notch) for row in section.table.rows] == [
        ("missed", 95),
        ("strong", 90),
    ]
