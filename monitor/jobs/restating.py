"""FLOOR 2. The last 13 weeks as they were told, and which of them are to be told otherwise with the next report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.config import Settings
from monitor.core.blind import Blind, clipped
from monitor.core.house import opened_by
from monitor.core.report.figures import Rate, WaitFacts
from monitor.core.report.restating import Counted, Reason, Restated, Tally, Told, WeekRate, reasons
from monitor.core.report.week import Week
from monitor.core.wait import is_met
from monitor.jobs.knowledge import Knowledge, blind_so_far, read_back_to
from monitor.store.restating import changes, standing
from monitor.store.store import Store
from monitor.store.telling import Retold, is_latest, last_told, said_missed_of, sent_reports, told_in
from monitor.store.weeks import Teams, tallies


@dataclass(frozen=True, slots=True)
class Weeks:
    """What a report says of weeks: `weeks` the last 13, its own last; `sent`: how its own was sent, if it was."""

    weeks: tuple[WeekRate, ...]
    restated: tuple[Restated, ...]
    sent: Restated | None
    retold: tuple[Retold, ...]
    """What is to be kept of `restated`; empty where it is not the next report."""
    teams_before: Mapping[str, Tally] = field(default_factory=dict)
    """Of the weeks before its own that stand in the strip, together, as they are now."""


def the_weeks(
    store: Store, settings: Settings, knowledge: Knowledge, week: Week, overall: Rate, now: datetime
) -> Weeks:
    """What the report of `week` says of it and of the 12 before it. Raises StoreError."""
    weeks = week.quarter()
    told = last_told(store, [one.name for one in weeks])
    stand = tallies(store, weeks, knowledge.as_of_all)
    restated: tuple[Restated, ...] = ()
    retold: tuple[Retold, ...] = ()
    sent: Restated | None = None
    if sent_reports(store, [week.name]):
        restated, sent = _said_then(store, weeks, overall.goal), _sent(store, knowledge, week, overall)
    elif is_latest(store, week.name):
        said = [
            _retold(store, knowledge, one, told[one.name], teams, overall.goal)
            for one, teams in _moved(weeks, told, stand)
        ]
        restated, retold = tuple(each for each, _ in said), tuple(each for _, each in said)
    rates = _rates(weeks, told, stand, settings, knowledge)
    rates |= {each.week: each.overall for each in retold} | {week.name: Tally(overall.k, overall.n)}
    blind, said_now = _blind(store, settings, knowledge, weeks, now), {each.week for each in retold}
    shown = (_shown(one, rates.get(one.name), overall.goal) for one in weeks)
    return Weeks(
        tuple(replace(one, blind=blind[one.week.name], restated=one.week.name in said_now) for one in shown),
        restated,
        sent,
        retold,
        _by_team(stand.get(one.name, {}) for one in weeks[:-1] if one.name in rates),
    )


def still_missed(store: Store, week: Week, cohort: Sequence[WaitFacts]) -> list[WaitFacts]:
    """What a report said was missed stays known to be, also of a mailbox that is watched no more."""
    missed = said_missed_of(store, week.name)
    return [
        replace(one, as_of=max(filter(None, (one.as_of, one.due_at))))
        if one.id in missed and one.state == "waiting"
        else one
        for one in cohort
    ]


def counted(cohort: Sequence[WaitFacts], week: Week) -> tuple[Counted, ...]:
    """How the report of a week counts each of its waits."""
    return tuple(
        Counted(
            wait=one.id,
            week=week.name,
            team=one.team,
            opened_at=one.opened_at,
            due_at=one.due_at,
            state=one.state,
            met=is_met(one.state, one.answered_at, one.due_at, one.as_of),
        )
        for one in cohort
    )


def shown_first(store: Store, knowledge: Knowledge, weeks: Sequence[WeekRate]) -> tuple[Retold, ...]:
    """Of the `weeks` that a report shows, those of which nothing was told before, as after a missed Monday or before
    the first report: from now on they are told too, so that none moves without a word."""
    told = last_told(store, [one.week.name for one in weeks])
    first = next((place for place, one in enumerate(weeks) if one.rate), len(weeks))
    found: list[Retold] = []
    for one in weeks[first:-1]:
        if one.week.name not in told:
            rows = standing(store, one.week, knowledge.as_of_all)
            teams = _by_team({row.team: Tally(int(row.met), 1)} for row in rows if row.met is not None)
            if bool(teams) == bool(one.rate):  # else it lies before all that was read, and is shown without figures
                found.append(Retold(one.week.name, _together(teams), teams, (), rows))
    return tuple(found)


def goal_of(settings: Settings, team: str) -> float:
    """The percentage a team is held to: the highest goal of its mailboxes, so that none is hidden by another."""
    goals = (desk.target.goal for desk in settings.desks.values() if desk.team == team)
    return max(goals, default=settings.target.goal)


def history_from(settings: Settings, knowledge: Knowledge, week: Week) -> datetime | None:
    """How far back mail was read, where that is not before the week's waits could open."""
    earliest_needed = min(opened_by(week.start, desk.target) for desk in settings.desks.values())
    latest = read_back_to(settings, knowledge)
    return latest.astimezone(UTC) if latest is not None and latest > earliest_needed else None


def _counted_none(told: Told) -> bool:
    return told.is_kept and not told.overall.n


def _by_team(weeks: Iterable[Teams]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for teams in weeks:
        for team, tally in teams.items():
            found[team] = found.get(team, Tally()) + tally
    return found


def _together(teams: Mapping[str, Tally]) -> Tally:
    return sum(teams.values(), Tally())


def _moved(weeks: Sequence[Week], told: Mapping[str, Told], stand: Mapping[str, Teams]) -> Iterator[tuple[Week, Teams]]:
    """The earlier weeks that were told and stand otherwise now, in all or for a team."""
    for week in weeks[:-1]:
        teams = stand.get(week.name, {})
        if (one := told.get(week.name)) and (one.overall != _together(teams) or dict(one.teams) != teams):
            yield week, teams


def _retold(
    store: Store, knowledge: Knowledge, week: Week, told: Told, stand: Teams, goal: float
) -> tuple[Restated, Retold]:
    """What is said of a week now. Where it was not kept which waits it counted, it is from now on."""
    found = changes(store, week, knowledge.as_of_all, counted_none=_counted_none(told))
    why = reasons(found or (), told)
    now = _together(stand)
    rows = standing(store, week, knowledge.as_of_all) if found is None else [row for one in found if (row := one.after)]
    said = Restated(week, told.told_at, Rate(*told.overall, goal), Rate(*now, goal), why)
    return said, Retold(week.name, now, stand, why, rows)


def _said_then(store: Store, weeks: Sequence[Week], goal: float) -> tuple[Restated, ...]:
    """What the report of a week that was sent, the last of `weeks`, said of earlier ones."""
    by_name = {one.name: one for one in weeks}
    return tuple(
        Restated(by_name[now.week], before.told_at, Rate(*before.overall, goal), Rate(*now.overall, goal), why)
        for before, now, why in told_in(store, weeks[-1].name)
        if now.week in by_name
    )


def _sent(store: Store, knowledge: Knowledge, week: Week, overall: Rate) -> Restated:
    told = sent_reports(store, [week.name])[week.name]
    why: tuple[tuple[Reason, int], ...] = ()
    if told.overall != (overall.k, overall.n):
        found = changes(store, week, knowledge.as_of_all, since_sent=True, counted_none=_counted_none(told))
        why = reasons(found or (), told)
    return Restated(week, told.told_at, Rate(*told.overall, overall.goal), overall, why)


def _rates(
    weeks: Sequence[Week],
    told: Mapping[str, Told],
    stand: Mapping[str, Teams],
    settings: Settings,
    knowledge: Knowledge,
) -> dict[str, Tally]:
    """Each week as it was last told; never told, as it stands, unless it lies before all that was read."""
    rates = {name: each.overall for name, each in told.items()}
    for week in weeks:
        if week.name not in told and history_from(settings, knowledge, week) is None:
            rates[week.name] = _together(stand.get(week.name, {}))
    return rates


def _shown(week: Week, tally: Tally | None, goal: float) -> WeekRate:
    return WeekRate(week, Rate(*tally, goal) if tally and tally.n else None)


def _blind(
    store: Store, settings: Settings, knowledge: Knowledge, weeks: Sequence[Week], now: datetime
) -> dict[str, timedelta]:
    """For how long not everything could be seen in each week: the longest of any mailbox."""
    spells = blind_so_far(store, knowledge, settings.desks, weeks[0].start, now)
    return {week.name: _longest(clipped(spells, week.start, week.end)) for week in weeks}


def _longest(spells: Sequence[Blind]) -> timedelta:
    by_mailbox: dict[str, timedelta] = {}
    for one in spells:
        by_mailbox[one.mailbox] = by_mailbox.get(one.mailbox, timedelta(0)) + one.length
    return max(by_mailbox.values(), default=timedelta(0))
