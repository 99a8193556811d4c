"""docs/how-we-count.md: what it works out by hand is what the program makes of the same mail."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.core.promise import Promise
from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import Rate, WaitFacts, by_team, figures
from monitor.core.report.gone_quiet import Dialogue, Seen, gone_quiet
from monitor.core.report.intervals import change, wilson
from monitor.core.report.missed import missed_by_team
from monitor.core.report.path import Kept, changed_hands
from monitor.core.report.restating import Restated, WeekRate
from monitor.core.report.spread import by_hour, within_limits
from monitor.core.report.week import QUARTER, Week
from monitor.core.wait import Handoff
from monitor.outbox.letters import Letters

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-we-count.md").read_text("utf-8")
LONDON = ZoneInfo("Europe/London")
WEEK = Week(2026, 46, LONDON)
MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
MADE = datetime(2026, 11, 16, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DESK, EVENTS = TEAMS = "Front desk", "Events & rooms"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ROW = re.compile(r"\| (\d+) \| ([\w &]+) \| (\w{3}) (\d\d):00 \| ([\d.]+) h \| (.+) \|")


def waits() -> list[WaitFacts]:
    """The table of the page."""
    return [_wait(*row) for row in ROW.findall(PAGE)]


def _wait(number: str, team: str, day: str, hour: str, length: str, what: str) -> WaitFacts:
    opened, long = MONDAY + timedelta(days=DAYS.index(day), hours=int(hour)), float(length) * HOUR
    closed = opened + long if "No reply needed" in what else None
    waiting = "still waits" in what
    assert opened + long == MADE or not waiting
    return WaitFacts(
        number=int(number),
        team=team,
        state="no_reply_needed" if closed else "waiting" if waiting else "answered",
        opened_at=opened,
        due_at=opened + 24 * HOUR,
        answered_at=None if closed or waiting else opened + long,
        evidence="closed" if closed else None if waiting else "sent",
        as_of=MADE,
        closed_at=closed,
        handoffs=tuple(_handoffs(opened, what)),
    )


def _handoffs(opened: datetime, what: str) -> list[Handoff]:
    found = []
    if passed := re.search(r"to Events & rooms after ([\d.]+) h", what):
        found.append(Handoff(opened + float(passed[1]) * HOUR, DESK, EVENTS, decided=False))
    if decided := re.search(r"told the desk after ([\d.]+) h", what):
        found.append(Handoff(opened + float(decided[1]) * HOUR, EVENTS, DESK, decided=True))
    return found


def example() -> ReportFacts:
    """The report over them, sent on Monday 16 November."""
    all_ = waits()
    cohort = [wait for wait in all_ if WEEK.start <= wait.due_at < WEEK.end]
    open_ = [wait for wait in all_ if wait.state == "waiting"]
    known = [(wait, length) for wait in cohort if (length := wait.length())]
    kept = [Kept(wait.team, wait.opened_at, *length) for wait, length in known if not wait.handoffs]
    overall, due, now = figures(cohort, open_, 90), by_team(cohort, TEAMS), by_team(open_, TEAMS)
    before = Rate(11, 12, 90)
    return ReportFacts(
        organisation="Harbour City Libraries",
        week=WEEK,
        made_at=MADE,
        as_of=MADE,
        reply_within=24 * HOUR,
        overall=overall,
        previous=before,
        teams=tuple((team, figures(due[team], now[team], 90)) for team in TEAMS),
        longest=tuple(Longest(w.team, w.number, w.opened_at, MADE - w.opened_at) for w in open_ if w.is_late),
        left_out=(),
        unseen=(),
        history_from=None,
        weeks=(WeekRate(WEEK.before(), before), WeekRate(WEEK, overall.rate)),
        within=within_limits(cohort, Promise(24 * HOUR, "elapsed"), 90),
        hours=by_hour([(wait.opened_at, *length) for wait, length in known], LONDON, 24 * HOUR),
        missed=missed_by_team(cohort),
        changed_hands=changed_hands([wait for wait in cohort if wait.handoffs], kept, TEAMS, QUARTER),
    )


def text_of(facts: ReportFacts) -> str:
    """The text part, on one line."""
    return " ".join(Letters().render_report(facts).text.split())


def shown() -> list[str]:
    """The lines of the report that the page shows; what goes on is indented by 4."""
    (block,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    return [" ".join(line.split()) for line in re.sub(r"\n {4,}", " ", block).splitlines()]


def test_the_page_has_every_wait_of_the_example() -> None:
    assert [wait.number for wait in waits()] == list(range(1, 15))
    assert sum(bool(wait.handoffs) for wait in waits()) == 2


def test_what_the_page_shows_of_the_report_is_what_the_report_says() -> None:
    text = text_of(example())
    assert len(shown()) > 15
    assert [line for line in shown() if line not in text] == []


def test_a_reply_found_later_is_said_as_the_page_says() -> None:
    told = Restated(WEEK, MADE, Rate(8, 12, 90), Rate(9, 12, 90), (("reply-later", 1),))
    text = text_of(replace(example(), restated=(told,)))
    (line,) = re.findall(r"The next report says:\s+\*(.*)\*", PAGE)
    assert line in text


def test_week_against_week_comes_out_as_worked_out_by_hand() -> None:
    def points(share: float) -> str:
        return f"{100 * share:.1f}"

    for now, before in (((8, 12), (11, 12)), ((154, 168), (160, 182))):
        assert change(now, before) == 0
        for k, n in (now, before):
            low, high = wilson(k, n)
            assert f"{points(low)} to {points(high)}" in PAGE, (k, n)
    assert f"{points(11 / 12 - 8 / 12)} points" in PAGE
    assert f"{points(154 / 168 - 160 / 182)} points" in PAGE


def test_the_map_takes_the_middle_of_eight() -> None:
    (told,) = re.findall(r"the eight of them waited ([\d, and]+) hours", PAGE)
    lengths = [int(hours) * HOUR for hours in re.findall(r"\d+", told)]
    opened = MONDAY + timedelta(days=1, hours=10)
    cell = next(c for c in by_hour([(opened, length, True) for length in lengths], LONDON, 24 * HOUR) if c.n)
    (typical,) = re.findall(r"the cell says (\d+) h", PAGE)
    assert (cell.weekday, cell.first_hour, cell.typical) == (1, 10, int(typical) * HOUR)
    short = by_hour([(opened, length, True) for length in lengths[1:]], LONDON, 24 * HOUR)
    assert all(cell.is_blank for cell in short)


def test_the_hours_of_the_teams_are_those_of_the_waits() -> None:
    hands = example().changed_hands
    assert hands is not None
    held = sum((team.desk + team.elsewhere + team.decided for team in hands.teams), timedelta(0))
    assert f"the {held / HOUR} hours of the {hands.passed_on.n + hands.kept.n} waits" in PAGE


def test_a_partner_is_quiet_from_the_week_that_the_page_names() -> None:
    (last, first) = re.findall(r"a last\s+mail in week (\d+), first told in the report of week (\d+)", PAGE)[0]
    theirs = tuple(Week(2026, int(last) - back, LONDON).start + 30 * HOUR for back in range(12))
    dialogue = Dialogue("club.example", theirs, tuple(at + HOUR for at in theirs))
    told = [n for n in range(int(last), 53) if gone_quiet([dialogue], Week(2026, n, LONDON), 4, Seen())]
    assert told[0] == int(first)
