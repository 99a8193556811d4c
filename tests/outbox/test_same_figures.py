"""What the JSON of a report says its letter says too, in HTML and as text, with `k` and `n` beside each percentage."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor.core.brief import brief
from monitor.core.durations import words
from monitor.core.invisible import Invisible
from monitor.core.report import sections as drawn
from monitor.core.report.as_json import report_json
from monitor.core.report.drawn import Section
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.gone_quiet import GoneQuiet
from monitor.core.report.missed import Missed
from monitor.core.report.path import ChangedHands, Group, Route, TeamHeld, Untold
from monitor.core.report.restating import Restated, WeekRate
from monitor.core.report.spread import BANDS, LIMITS, HourCell, Within
from tests.outbox.rendered import LETTERS
from tests.outbox.samples import facts, figures

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TYPICAL = (4, 2, 1, 2, 23, 17, 15)
"""Hours by band."""
SATURDAY_NIGHT = HourCell(5, 18, 24, 26, 37 * HOUR, 90 * HOUR, late=20)


def everything() -> ReportFacts:
    """A week of which all is told."""
    week, weeks = facts().week, []
    for percent in (92, 88, 93, 88, 89, 86, 93, 90, 91, 92, 89, 87):
        weeks.append(WeekRate(week, Rate(percent * 2, 200, 90), 7 * HOUR if percent == 86 else timedelta(0)))
        week = week.before()
    shares = ((0.2, 33), (0.49, 82), (0.57, 96), (154 / 168, 154), (0.961, 157), (None, 159))
    overall = replace(figures(154, 168, 16, 8), no_reply_needed=11, closed_late=3, deleted=4, excused=6, spam=2)
    return replace(
        facts(overall),
        weeks=tuple(reversed(weeks)),
        within=tuple(
            Within(limit, share, k, 168, limit == DAY, 90.0 if limit == DAY else 0.0, 0.961)
            for limit, (share, k) in zip(LIMITS, shares, strict=True)
        ),
        hours=tuple(
            SATURDAY_NIGHT
            if (day, hours) == (5, 15)
            else HourCell(day, *band, 7 if (day, hours) == (6, 17) else 20 + day, hours * HOUR, 90 * HOUR)
            for day in range(7)
            for band, hours in zip(BANDS, TYPICAL, strict=True)
        ),
        missed=(Missed("Events & rooms", 6, 3, 46 * HOUR, 93 * HOUR),),
        teams_before=(("Front desk", Rate(500, 560, 90)),),
        changed_hands=ChangedHands(
            13,
            Group(166, 22 * HOUR, 160 * HOUR),
            Group(1921, 3 * HOUR, 160 * HOUR),
            (
                Route("Front desk", "Digital help", 48, 23 * HOUR, 99 * HOUR, 47, 45),
                Route("Events & rooms", "Front desk", 41, None, 100 * HOUR, 41, 39),
            ),
            (
                TeamHeld("Front desk", 911, 700 * HOUR, 31 * HOUR, 12 * HOUR),
                TeamHeld("Events & rooms", 402, 555 * HOUR, 77 * HOUR, 5 * HOUR),
            ),
            (Untold(4121, "Front desk", 50 * HOUR, False), Untold(4180, "Front desk", 9 * HOUR, True)),
        ),
        restated=(
            Restated(
                facts().week.before(),
                datetime(2026, 11, 9, 7, tzinfo=UTC),
                Rate(159, 182, 90),
                Rate(160, 183, 90),
                (("reply-later", 1),),
            ),
        ),
        gone_quiet=(GoneQuiet("harbour-choir.example", datetime(2026, 10, 1, 9, tzinfo=UTC), 6, True),),
        invisible={"events@harbourcity.example": Invisible(7, 25)},
    )


FULL = everything()
JSON: dict[str, Any] = json.loads(json.dumps(report_json(FULL)))


class Words(HTMLParser):
    """What a reader sees of a letter in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in ("style", "title"):
            self.said.append(data)


def flat(text: str) -> str:
    """One space between words, one dash in a name that folds."""
    return " ".join(text.replace("\u200b", "").split())


@pytest.fixture(scope="module", params=["html", "text"])
def letter(request: pytest.FixtureRequest) -> str:
    """All that one form of the letter says, in lower case."""
    rendered = LETTERS.render_report(FULL, attached="2026-W46.csv")
    if request.param == "text":
        return flat(rendered.text).lower()
    words = Words()
    words.feed(rendered.html)
    return flat(" ".join(words.said)).lower()


def part(letter: str, of: Callable[[ReportFacts], Section | None]) -> str:
    """What the letter says under the title of a section; sections follow each other as they are listed."""
    section, at, found = of(FULL), 0, {}
    assert section is not None
    titles = [str(each.title).lower() for each in drawn.sections(FULL) if each.title]
    for title in titles:
        at = found[title] = letter.index(title, at)
    starts, title = sorted(found.values()), str(section.title).lower()
    return letter[found[title] + len(title) : min((s for s in starts if s > found[title]), default=len(letter))]


def says(text: str, *tokens: object) -> bool:
    """Whether each stands in it as a word of its own."""
    return all(re.search(rf"(?<![\w.]){re.escape(str(token).lower())}(?!\w)", text) for token in tokens)


def lasting(seconds: int | None, longest: int = 0) -> re.Pattern[str]:
    """A length in either of its two spellings."""
    length = timedelta(seconds=longest if seconds is None else seconds)
    spelt = "|".join(re.escape(str(one).lower()) for one in (brief(length), words(length)))
    return re.compile(rf"{'over ' if seconds is None else ''}(?<!\w)(?:{spelt})(?!\w)")


def test_the_answer_and_the_week_before(letter: str) -> None:
    now, before = JSON["overall"], JSON["previous"]
    assert says(letter, f"{now['percent']}% of people heard back", f"{now['k']} of {now['n']} messages")
    assert says(letter, f"the week before ({before['percent']}%)")
    assert says(
        letter, f"of {now['waiting']} waiting", now["late"], f"{now['no_reply_needed_after_due']} more were closed"
    )
    assert lasting(now["median_seconds"]).search(letter)
    assert lasting(now["p90_seconds"]).search(letter)


def test_each_team(letter: str) -> None:
    text = part(letter, drawn.each_team)
    for team in JSON["teams"]:
        assert says(text, *team["team"].split())
        if team["n"]:
            counted = rf"{team['percent']}% " if team["percent"] is not None else "too few to rate "
            assert says(text, f"{counted}{team['k']} of {team['n']}")
            assert lasting(team["median_seconds"]).search(text)
        assert says(text, *(team[name] for name in ("waiting", "late") if team[name]))


def test_who_waits_longest(letter: str) -> None:
    text = part(letter, drawn.waiting_longest)
    for one in JSON["longest"]:
        assert says(text, *one["team"].split(), one["number"])
        assert lasting(one["waited_seconds"]).search(text)


def test_the_shares_answered_within(letter: str) -> None:
    text = part(letter, drawn.answered_within)
    for one in JSON["answered_within"]:
        percent = f"{'at least ' if one['at_least'] else ''}{one['percent']}%"
        assert says(text, f"{percent} {one['k']} of {one['n']}")
        assert re.search(rf"(?<!\d){one['hours']:g} hour", text)


def test_the_hours_of_the_week(letter: str) -> None:
    text = part(letter, drawn.by_the_hour)
    expected = Counter(
        str(brief(timedelta(seconds=cell["median_seconds"]))) for cell in JSON["hours"] if cell["median_seconds"]
    )
    shown = Counter(re.findall(r"(?<!to )(?<!over )\b\d+ h\b", text))
    assert shown == expected
    assert sum(expected.values()) == 48, "one cell has seven"
    assert "fewer than 8" in text


def test_the_last_weeks(letter: str) -> None:
    text = part(letter, drawn.last_weeks)
    for one in JSON["weeks"]:
        assert says(text, int(one["week"].partition("-w")[2] or one["week"][-2:]))
        assert re.search(rf"(?<!\d){one['percent']}(?!\d)", text)


def test_what_changed_hands(letter: str) -> None:
    text, hands = part(letter, drawn.changed_hands), JSON["changed_hands"]
    for route in hands["routes"]:
        assert says(text, *route["from"].split(), *route["to"].split(), route["times"])
        assert lasting(route["median_seconds"], route["longest_known_seconds"]).search(text)
    for group in (hands["passed_on"], hands["not_passed_on"]):
        assert lasting(group["median_seconds"], group["longest_known_seconds"]).search(text)
    held = part(letter, drawn.held_by)
    for team in hands["teams"]:
        assert says(held, *team["team"].split(), team["waits"])
        for name in ("as_first_desk_seconds", "passed_to_them_seconds", "decided_not_told_seconds"):
            assert lasting(team[name]).search(held)
    told = hands["decided_not_told"]
    assert says(held, f"{told['k']:,} of {told['n']:,}")
    assert says(held, told["over_a_day"], told["still_waiting"])


def test_what_is_told_of_earlier_weeks_and_of_quiet_partners(letter: str) -> None:
    text = part(letter, drawn.restated)
    for one in JSON["restated"]:
        assert says(text, *(f"{rate['k']} of {rate['n']}" for rate in (one["before"], one["now"])))
    quiet = part(letter, drawn.gone_quiet)
    for one in JSON["gone_quiet"]:
        assert says(quiet, one["partner"], one["weeks"])


def test_what_is_worth_talking_about(letter: str) -> None:
    text = part(letter, drawn.worth_talking)
    assert len(JSON["worth_talking_about"]) == 3
    for sentence in JSON["worth_talking_about"]:
        assert flat(sentence).lower() in text


def test_what_was_left_out(letter: str) -> None:
    text, unseen = part(letter, drawn.left_out), JSON["invisible_replies"]
    for one in JSON["left_out"]:
        assert says(text, flat(one["what"]), one["count"])
    for name in ("no_reply_needed", "no_reply_needed_after_due", "excused_deleted", "excused_spam"):
        assert says(text, JSON["overall"][name])
    assert says(text, f"{unseen['k']} of {unseen['n']}")


def percentages(of: Any) -> Iterator[dict[str, Any]]:
    """Every object of the JSON that has a percentage."""
    if isinstance(of, dict):
        if "percent" in of:
            yield of
        for value in of.values():
            yield from percentages(value)
    elif isinstance(of, list):
        for value in of:
            yield from percentages(value)


def test_every_percentage_has_k_and_n_beside_it_and_is_made_of_them() -> None:
    found = list(percentages(JSON))
    assert len(found) > 25
    for one in found:
        assert {"k", "n"} <= one.keys()
        if one["percent"] is not None:
            assert abs(one["percent"] - 100 * one["k"] / one["n"]) <= (4 if "at_least" in one else 1)
