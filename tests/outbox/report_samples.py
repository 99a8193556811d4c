"""Invented weekly reports: the whole one of Harbour City Libraries in week 46 of 2026, and the odd weeks and houses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import Figures, Rate
from monitor.core.report.gone_quiet import GoneQuiet
from monitor.core.report.path import ChangedHands, Group, Route, TeamHeld, Untold
from monitor.core.report.restating import Restated, WeekRate
from monitor.core.report.spread import LIMITS, HourCell, Within
from monitor.core.report.week import Week
from tests.outbox.samples import DAY, HOUR, LONDON, facts, figures

WEEK = Week(2026, 46, LONDON)
TEAMS = (
    ("Front desk", figures(44, 46, 2, 1, 3)),
    ("Events & rooms", figures(30, 36, 5, 3, 13)),
    ("Loans & collections", figures(36, 38, 2, 0, 3)),
    ("Digital help", figures(23, 24, 2, 1, 2)),
    ("Membership", figures(16, 16, 1, 0, 3)),
    ("Local history", figures(5, 8, 4, 3, 20)),
)
NAMES = tuple(team for team, _ in TEAMS)
LONGEST = (
    Longest("Local history", 4121, datetime(2026, 11, 10, 15, 12, tzinfo=UTC), 136 * HOUR),
    Longest("Events & rooms", 4180, datetime(2026, 11, 12, 9, 36, tzinfo=UTC), 93 * HOUR),
    Longest("Front desk", 4218, datetime(2026, 11, 13, 13, 25, tzinfo=UTC), 66 * HOUR),
    Longest("Events & rooms", 4223, datetime(2026, 11, 13, 15, 26, tzinfo=UTC), 64 * HOUR),
    Longest("Digital help", 4229, datetime(2026, 11, 13, 19, 34, tzinfo=UTC), 59 * HOUR),
)
IN_TIME = (
    (153, 172), (155, 178), (171, 192), (166, 180), (150, 165), (162, 180), (180, 194), (150, 174), (163, 183),
    (141, 160), (166, 178), (160, 182), (154, 168),
)  # fmt: skip
BANDS = ((0, 8), (8, 10), (10, 12), (12, 14), (14, 16), (16, 18), (18, 24))
TYPICAL_HOURS = (
    (4, 2, 2, 2, 2, 17, 15), (7, 2, 1, 2, 2, 17, 15), (5, 2, 1, 2, 1, 16, 15), (5, 2, 1, 2, 2, 17, 14),
    (7, 2, 1, 1, 19, 18, 16), (4, 3, 1, 2, 23, 20, 37), (0, 4, 4, 20, 19, 0, 15),
)  # fmt: skip
"""By weekday and band; 0: too few."""


def weeks(rates: Sequence[tuple[int, int] | None] = IN_TIME, blind: Sequence[int] = ()) -> tuple[WeekRate, ...]:
    """Up to week 46, each with its rate; `blind`: in which of them much could not be seen."""
    found, week = [], WEEK
    for at, kept in reversed(list(enumerate(rates))):
        dark = 40 * HOUR if at in blind else timedelta(0)
        found.append(WeekRate(week, kept and Rate(*kept, 90), dark))
        week = week.before()
    return tuple(reversed(found))


def within(counts: Sequence[int], n: int) -> tuple[Within, ...]:
    """So many were answered within each limit."""
    return tuple(Within(at, k / n, k, n, at == DAY) for at, k in zip(LIMITS, counts, strict=True))


def hours() -> tuple[HourCell, ...]:
    """When people write, and how long they then wait."""
    return tuple(
        HourCell(day, first, end, 31 if typical else 5, typical * HOUR if typical else None, 90 * HOUR)
        for day, row in enumerate(TYPICAL_HOURS)
        for (first, end), typical in zip(BANDS, row, strict=True)
    )


def changed_hands(teams: Sequence[str] = NAMES) -> ChangedHands:
    """Between these teams."""
    pairs = ((0, 3, 48, 23), (1, 3, 41, 20), (0, 1, 34, 21), (3, 4, 25, 27), (4, 3, 18, 19))
    held = ((38, 60, 20, 330), (24, 250, 90, 44), (21, 260, 50, 70), (51, 70, 810, 12), (33, 90, 300, 190))
    each = [*(held * 3)[: len(teams) - 1], (6, 0, 216, 0)]
    untold = ((4182, 0, 138, True), (4154, 4, 76, True), (4211, 1, 44, False))
    return ChangedHands(
        weeks=13,
        passed_on=Group(241, 22 * HOUR, 200 * HOUR),
        kept=Group(1967, 3 * HOUR, 150 * HOUR),
        routes=tuple(
            Route(teams[a], teams[b], times, typical * HOUR, 200 * HOUR, times, times) for a, b, times, typical in pairs
        ),
        teams=tuple(
            TeamHeld(team, n, desk * HOUR, elsewhere * HOUR, decided * HOUR)
            for team, (n, desk, elsewhere, decided) in zip(teams, each, strict=True)
        ),
        untold=tuple(Untold(number, teams[at], length * HOUR, told) for number, at, length, told in untold),
    )


RESTATED = Restated(
    WEEK.before(),
    datetime(2026, 11, 9, 7, 0, tzinfo=UTC),
    Rate(159, 182, 90),
    Rate(160, 182, 90),
    (("reply-later", 1),),
)
QUIET = (
    GoneQuiet("harbour-school.example", datetime(2026, 10, 19, 11, 0, tzinfo=UTC), 3, True),
    GoneQuiet("printers.example", datetime(2026, 10, 8, 9, 30, tzinfo=UTC), 5, False),
)


def whole() -> ReportFacts:
    """Week 46 with everything that a report can say."""
    base = facts(overall=replace(figures(154, 168, 16, 8), no_reply_needed=9, closed_late=2), teams=TEAMS)
    return replace(
        base,
        longest=LONGEST,
        weeks=weeks(),
        within=within((34, 82, 96, 154, 159, 161), 168),
        hours=hours(),
        changed_hands=changed_hands(),
        restated=(RESTATED,),
        gone_quiet=QUIET,
    )


def quiet_week() -> ReportFacts:
    """Nobody's promise ran out; the weeks before go on."""
    nothing = Figures(Rate(0, 0, 90), None, None, timedelta(0), 0, 0, 0, 0, 0, 0, 0)
    teams = tuple((team, nothing) for team in NAMES)
    return replace(
        whole(), overall=nothing, teams=teams, longest=(), unseen=(), within=(), restated=(), gone_quiet=(),
        weeks=weeks((*IN_TIME[:-1], None)),
    )  # fmt: skip


def first_weeks() -> ReportFacts:
    """Too early for a strip, for a map, and for a comparison."""
    return replace(
        whole(), previous=None, weeks=(), hours=(), changed_hands=None, restated=(), gone_quiet=None,
        history_from=datetime(2026, 11, 10, 8, 0, tzinfo=UTC),
    )  # fmt: skip


def one_team() -> ReportFacts:
    """A house of one team: nothing changes hands there."""
    longest = tuple(replace(one, team=NAMES[0]) for one in LONGEST)
    return replace(whole(), teams=((NAMES[0], figures(154, 168, 16, 8)),), longest=longest, changed_hands=None)


def fifteen_teams() -> ReportFacts:
    """As many as the letter has room for."""
    teams = tuple((f"{team} {n}", one) for n in (1, 2, 3) for team, one in TEAMS)[:15]
    return replace(whole(), teams=teams, changed_hands=changed_hands(tuple(team for team, _ in teams)))


def under_ten() -> ReportFacts:
    """A small house: no percentage anywhere."""
    teams = tuple((team, figures(k, n, 1, 0, 3)) for team, (k, n) in zip(NAMES, ((3, 4), (2, 3)), strict=False))
    few = tuple(replace(one, n=3, typical=None) for one in hours())
    rates = ((7, 8), (5, 5), (0, 1), None, (9, 9), (3, 7))
    return replace(
        whole(), overall=figures(5, 7, 2, 0, 3), previous=Rate(3, 7, 90), teams=teams, longest=(), hours=few,
        weeks=weeks((*rates, *rates, (5, 7))), within=within((2, 3, 4, 5, 6, 6), 7),
        changed_hands=ChangedHands(13, Group(4, 30 * HOUR, 30 * HOUR), Group(60, 3 * HOUR, 90 * HOUR)),
    )  # fmt: skip


def blind_stretch() -> ReportFacts:
    """Three weeks of the thirteen could not be seen well, and one of them not at all."""
    return replace(whole(), weeks=weeks((*IN_TIME[:5], None, *IN_TIME[6:]), blind=(4, 5, 6)))


LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "Opening hours, step-free access, lifts and every other question about the building in the winter half-year",
    "図書館の開館時間と二階へのエレベーターについてお尋ねします" * 2,
)


def long_names() -> ReportFacts:
    """Teams whose names have no end, one of them without a space."""
    names = (*LONG, *(f"{name} 2" for name in LONG))
    teams = tuple((name, one) for name, (_, one) in zip(names, TEAMS, strict=True))
    longest = tuple(replace(one, team=name) for one, name in zip(LONGEST, names, strict=False))
    return replace(whole(), teams=teams, longest=longest, changed_hands=changed_hands(names))


def over() -> ReportFacts:
    """No curve reaches the middle: whoever writes waits."""
    far = replace(figures(2, 40, 38, 38), median=None, p90=None)
    cells = tuple(replace(one, typical=None) for one in hours())
    hands = changed_hands()
    routes = tuple(replace(one, typical=None) for one in hands.routes)
    groups = replace(hands.passed_on, typical=None), replace(hands.kept, typical=None)
    late = weeks((*IN_TIME[:-1], (2, 40)))
    counts = within((0, 1, 1, 2, 2, 2), 40)
    known = tuple(replace(one, share=None) if one.limit > 8 * HOUR else one for one in counts)
    return replace(
        whole(), overall=far, teams=tuple((team, far) for team in NAMES), hours=cells, weeks=late, within=known,
        changed_hands=replace(hands, routes=routes, passed_on=groups[0], kept=groups[1]),
    )  # fmt: skip


ODD = {
    "quiet week": quiet_week(),
    "first weeks": first_weeks(),
    "one team": one_team(),
    "fifteen teams": fifteen_teams(),
    "under ten": under_ten(),
    "blind stretch": blind_stretch(),
    "long names": long_names(),
    "over": over(),
}
"""Reports that are not as most are, by what is odd about them."""
