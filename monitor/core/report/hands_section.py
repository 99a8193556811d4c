"""GROUND. Where messages change hands and where the time went, as values."""

from datetime import timedelta

from monitor.core.brief import brief
from monitor.core.house import A_COLLEAGUE
from monitor.core.report.drawn import NOTHING, Bar, Cell, Column, Section, Table, Tone
from monitor.core.report.facts import ReportFacts
from monitor.core.report.path import ChangedHands, Group, Route, TeamHeld
from monitor.core.said import Said, Shown, Text, say, say_n

MOST_ROUTES = 7
TOO_FEW = Cell(say("too few"), "quiet")


def changed_hands(facts: ReportFacts) -> Section | None:
    """Between which teams, how often, and what it costs."""
    hands = facts.changed_hands
    if hands is None or not hands.passed_on.n:
        return None
    more = len(hands.routes) - MOST_ROUTES
    heads = Column(say("From, to")), Column(say("Times"), right=True, after=say("times")), _typical_column()
    return Section(
        title=say("Where messages change hands"),
        note=say(
            "Last %(weeks)s weeks: %(n)s of %(all)s were passed on. The person’s clock keeps running the whole time.",
            weeks=str(hands.weeks),
            n=hands.passed_on.n,
            all=hands.passed_on.n + hands.kept.n,
        ),
        bars=_bars(hands),
        table=Table(heads, tuple(_route(route) for route in hands.routes[:MOST_ROUTES])),
        after=say_n("and %(n)s more way.", "and %(n)s more ways.", more) if more > 0 else "",
    )


def held_by(facts: ReportFacts) -> Section | None:
    """Which team held the ball for how long; what was decided and not told."""
    hands = facts.changed_hands
    if hands is None or not hands.teams or not (hands.passed_on.n or hands.untold):
        return None
    return Section(
        title=say("Where the time went"),
        note=say(
            "How long each team had the message in its hands, all of the last %(weeks)s weeks together.",
            weeks=str(hands.weeks),
        ),
        table=Table(
            (
                Column(say("Team")),
                Column(say("Messages"), right=True, after=say("messages")),
                Column(say("As first desk"), right=True, before=say("as first desk")),
                Column(say("Passed to them"), right=True, before=say("passed to them")),
                Column(say("Decided, not told"), right=True, before=say("decided, not told")),
            ),
            tuple(_team(team) for team in hands.teams),
        ),
        told=_untold(hands),
    )


def team_text(team: str) -> Text:
    """A team's name; who is in none has no name."""
    return say("a colleague") if team == A_COLLEAGUE else team


def _typical_column() -> Column:
    return Column(say("Typical wait"), right=True, before=say("typically"))


def _bars(hands: ChangedHands) -> Table:
    rows: tuple[tuple[Said, Group, Tone], ...] = (
        (say("Passed on"), hands.passed_on, "quiet"),
        (say("Not passed on"), hands.kept, "plain"),
    )
    lengths = [_known(group) for _, group, _ in rows if not group.is_blank]
    longest = max(lengths, default=timedelta(0))
    columns = Column(""), Column(""), Column(say("Typical wait"), right=True)
    return Table(columns, tuple(_bar(label, group, longest, tone) for label, group, tone in rows))


def _bar(label: Said, group: Group, longest: timedelta, tone: Tone) -> tuple[Cell, ...]:
    if group.is_blank:
        return Cell(label), Cell(), TOO_FEW
    share = 100 * _known(group) / longest if longest else 0
    return Cell(label), Cell(bar=Bar(share, tone=tone)), Cell(_typical(group), "strong")


def _route(route: Route) -> tuple[Cell, ...]:
    way = say("%(from_team)s → %(to_team)s", from_team=team_text(route.from_team), to_team=team_text(route.to_team))
    return Cell(way), Cell(str(route.times)), TOO_FEW if route.is_blank else Cell(_typical(route), "strong")


def _typical(of: Group | Route) -> Shown:
    known = brief(_known(of))
    return say("over %(length)s", length=known) if of.typical is None else known


def _known(of: Group | Route) -> timedelta:
    """What is typical, or what that is over."""
    return of.longest_known if of.typical is None else of.typical


def _team(team: TeamHeld) -> tuple[Cell, ...]:
    lengths = (team.desk, team.elsewhere, team.decided)
    return Cell(team_text(team.team)), Cell(str(team.waits)), *(Cell(brief(n)) if n else NOTHING for n in lengths)


def _untold(hands: ChangedHands) -> tuple[Text, ...]:
    if not hands.untold:
        return ()
    inside = say(
        "Decided, customer not told: %(k)s of %(n)s; over a day in %(long)s.",
        k=len(hands.untold),
        n=hands.passed_on.n + hands.kept.n,
        long=hands.over_a_day,
    )
    open_ = hands.still_waiting
    still = say_n("In %(n)s of them the customer still waits.", "In %(n)s of them the customers still wait.", open_)
    return (inside, still) if open_ else (inside,)
