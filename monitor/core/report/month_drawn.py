"""GROUND. What the sheet for the cross-team meeting draws: paths, who held the ball, what was decided and not told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.core.brief import brief
from monitor.core.report.drawn import Cell, Column, Piece, Table
from monitor.core.report.hands_section import team_text
from monitor.core.report.month_headline import in_words
from monitor.core.report.month_sheet import MonthFacts, Slow
from monitor.core.report.path import Held, Stretch, TeamHeld, Untold
from monitor.core.said import Said, Text, say, say_n

MOST_UNTOLD = 6
MOST_IN_WORDS = 5
"""A path of more stretches is told by its first and its last ones."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One of the longest waits as it is drawn: its bar, its path in words, and how it ended."""

    length: Text
    number: int
    team: Text
    pieces: tuple[Piece, ...]
    labels: tuple[tuple[Text, ...], ...]
    """What may stand in each piece: the first that has room there (`label`)."""
    words: tuple[Text, ...]
    """Each stretch, and the customer at the end where they were told."""
    told: bool


def title(facts: MonthFacts) -> Said:
    """Above the longest waits."""
    count = len(facts.slowest)
    if count == 1:
        return say("The longest wait, and where the time went")
    return say("The %(count)s longest waits, and where the time went", count=in_words(count))


def rows(facts: MonthFacts) -> list[Row]:
    """The longest waits, drawn to one scale."""
    scale = max((one.length for one in facts.slowest), default=_HOUR)
    return [_row(one, scale) for one in facts.slowest]


def held_note(facts: MonthFacts) -> Said:
    """Of which waits it is said who held the ball."""
    return say_n("The %(n)s message that changed hands.", "The %(n)s messages that changed hands.", facts.passed_on)


def held_table(facts: MonthFacts) -> Table:
    """How many each team held and for how long in all, in the order of the config."""
    scale = max((_in_all(one) for one in facts.teams), default=_HOUR)
    columns = Column(say("Team")), Column(say("Count"), right=True), Column(say("In all"), span=2)
    return Table(columns, tuple(_team_row(one, scale) for one in facts.teams))


def untold_note(facts: MonthFacts) -> Said:
    """How often an answer lay inside, and typically for how long."""
    if not facts.untold:
        return say("Nobody waited for an answer that was already known inside.")
    k, n, typical = str(facts.over_a_day), str(facts.passed_on), facts.typically_untold.typical
    if typical is None:
        return say("Over a day in %(k)s of %(n)s.", k=k, n=n)
    return say("Typically %(length)s; over a day in %(k)s of %(n)s.", k=k, n=n, length=brief(typical))


def untold_table(facts: MonthFacts) -> Table:
    """Those who waited longest for an answer that was known."""
    columns = Column(say("No.")), Column(say("Known at")), Column(say("Told after"), right=True)
    return Table(columns, tuple(_untold_row(one) for one in facts.untold[:MOST_UNTOLD]))


def untold_more(facts: MonthFacts) -> Text:
    """How many are not in the table."""
    more = len(facts.untold) - MOST_UNTOLD
    return say_n("and %(n)s more, not longer.", "and %(n)s more, none of them longer.", more) if more > 0 else ""


def label(texts: Iterable[str], share: float) -> str:
    """The first that has room in a piece of 0…100: of 410 pixels, in a bold type of 6.3, with 5 on each side."""
    return next((text for text in texts if 4.1 * share >= 6.3 * len(text) + 10), "")


def _row(one: Slow, scale: timedelta) -> Row:
    return Row(
        length=brief(one.length),
        number=one.number,
        team=team_text(one.team),
        pieces=tuple(Piece(100 * each.length / scale, each.held) for each in one.path),
        labels=tuple((_stretch_words(each), brief(each.length)) for each in one.path),
        words=_path_words(one),
        told=one.told,
    )


def _path_words(one: Slow) -> tuple[Text, ...]:
    steps: list[Text] = [_stretch_words(each) for each in one.path]
    if len(steps) > MOST_IN_WORDS:
        more = len(steps) - MOST_IN_WORDS + 1
        steps[2:-2] = [say_n("%(n)s more stretch", "%(n)s more stretches", more)]
    return (*steps, say("customer")) if one.told else tuple(steps)


def _stretch_words(one: Stretch) -> Said:
    return say("%(team)s %(length)s", team=team_text(one.team), length=brief(one.length))


def _team_row(one: TeamHeld, scale: timedelta) -> tuple[Cell, ...]:
    held: tuple[tuple[Held, timedelta], ...] = (
        ("desk", one.desk),
        ("elsewhere", one.elsewhere),
        ("decided", one.decided),
    )
    pieces = tuple(Piece(100 * length / scale, look) for look, length in held if length)
    name = team_text(one.team)
    return Cell(name), Cell(str(one.waits)), Cell(_roughly(_in_all(one))), Cell(pieces=pieces)


def _in_all(one: TeamHeld) -> timedelta:
    return one.desk + one.elsewhere + one.decided


def _roughly(length: timedelta) -> Said:
    """`17 d`: days without hours, for sums."""
    return brief(length if length < 48 * _HOUR else timedelta(days=length.days))


def _untold_row(one: Untold) -> tuple[Cell, ...]:
    length = brief(one.length)
    told = Cell(length, "strong") if one.told else Cell(say("not yet: %(length)s", length=length), "waiting")
    return Cell(str(one.number)), Cell(team_text(one.team)), told
