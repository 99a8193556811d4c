"""GROUND. How waits spread, as values: answered within so many hours, and by the hour at which people write."""

from datetime import timedelta
from typing import Literal

from monitor.core.brief import brief, exact
from monitor.core.report.drawn import NOTHING, Bar, Cell, Column, Map, Section, Spot, Table, Tone
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import FEWEST_FOR_PERCENT
from monitor.core.report.spread import BANDS, FEWEST_IN_A_CELL, HourCell, Within
from monitor.core.report.week import QUARTER
from monitor.core.said import Moment, Said, Text, say, say_n

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
_STEPS = (1 / 8, 1 / 3, 2 / 3, 1.0)
"""Where a shade ends, as parts of the promise: 3, 8, 16 and 24 hours of a day."""


def answered_within(facts: ReportFacts) -> Section | None:
    """A bar for each limit; the promise strong, with a notch at the goal. Under ten there are counts and no bars."""
    counted = max((one.n for one in facts.within), default=0)
    if not counted:
        return None
    goal, drawn = float(facts.overall.rate.goal), counted >= FEWEST_FOR_PERCENT
    marked = drawn and any(one.is_promise for one in facts.within)
    heads = Column(""), Column("", span=3 if drawn else 1, right=not drawn)
    return Section(
        title=say("How long people waited"),
        note=say("Share of this week’s messages answered within …")
        if drawn
        else say("How many of this week’s messages were answered within …"),
        legend=say("The mark is the target of %(goal)s%%.", goal=goal) if marked else "",
        bars=Table(heads, tuple(_within_row(one, goal, drawn) for one in facts.within)),
        after=say("People who still wait are counted for as long as they have waited."),
    )


def _within_row(one: Within, goal: float, drawn: bool) -> tuple[Cell, ...]:
    tone: Tone = "strong" if one.is_promise else "plain"
    counted = say("%(k)s of %(n)s", k=str(one.k), n=str(one.n))
    if not drawn:
        return Cell(_hours(one.limit), tone), Cell(counted, tone)
    return (
        Cell(_hours(one.limit), tone),
        Cell(bar=Bar(100 * one.known, goal if one.is_promise else None, tone)),
        NOTHING if one.percent is None else Cell(_percent(one), tone),
        Cell(counted, "quiet"),
    )


def _percent(one: Within) -> Said:
    percent = str(one.percent)
    if one.at_least:
        return say("at least %(percent)s%%", percent=percent)
    return say("%(percent)s%%", percent=percent)


def _hours(limit: timedelta) -> Text:
    """`48 hours`, never in days: the rows are read beside each other."""
    return _short(limit) if limit % HOUR else say_n("%(n)s hour", "%(n)s hours", limit // HOUR)


def _short(length: timedelta) -> Text:
    """`30 min`, `8 h`, `2 h 40 min`."""
    return exact(length) if length > HOUR else brief(length)


def by_the_hour(facts: ReportFacts) -> Section | None:
    """The map of the week: when people write, and how long they then wait. None where every cell is blank."""
    if all(cell.is_blank for cell in facts.hours):
        return None
    promised = promised_elapsed(facts)
    steps = _steps(promised)
    spots = {(cell.weekday, cell.first_hour): _spot(cell, steps, promised) for cell in facts.hours}
    none = _spot(None, steps, promised)
    rows = tuple((weekday(facts, day), tuple(spots.get((day, first), none) for first, _ in BANDS)) for day in range(7))
    shorts = tuple(weekday(facts, day, "short-weekday") for day in range(7))
    blank = say("Blank: fewer than %(n)s messages, too few to say.", n=str(FEWEST_IN_A_CELL))
    has_blank = any(not spot.shade for _, row in rows for spot in row)
    return Section(
        title=say("When people write, and how long they then wait"),
        note=say("Typical wait by the hour of arrival, last %(weeks)s weeks.", weeks=str(QUARTER)),
        map=Map(tuple(map(_head, BANDS)), rows, _shades(steps, promised), shorts),
        after=blank if has_blank else "",
    )


def weekday(facts: ReportFacts, day: int, way: Literal["weekday", "short-weekday"] = "weekday") -> Moment:
    """`Monday` or `Mon`, of 0."""
    return Moment(facts.week.start + timedelta(days=day, hours=12), facts.week.zone, way)


def promised_elapsed(facts: ReportFacts) -> timedelta | None:
    """The promise, where it is a length by the clock: only then can a typical wait be over it."""
    promise = facts.promise
    return promise.within if promise is not None and promise.mode == "elapsed" else None


def _steps(promised: timedelta | None) -> tuple[timedelta, ...]:
    """Up to where each shade but the last goes, in whole hours where the promise has enough of them."""
    whole = DAY if promised is None else promised
    unit = HOUR if whole >= 8 * HOUR else timedelta(minutes=1)
    steps = tuple(unit * round(whole * part / unit) for part in _STEPS[:-1])
    return steps if promised is None else (*steps, promised)


def _shades(steps: tuple[timedelta, ...], promised: timedelta | None) -> tuple[Text, ...]:
    """What each means. Where the promise is none by the clock there are four: nothing can be said to be over it."""
    up_to = tuple(say("to %(length)s", length=_short(step)) for step in steps)
    return (*up_to, say("over %(length)s", length=_short(steps[-1])))


def _head(band: tuple[int, int]) -> Text:
    first, end = band
    if first == 0:
        return say("to %(hour)s", hour=str(end))
    return say("%(hour)s on", hour=str(first)) if end == 24 else f"{first}–{end}"


def _spot(cell: HourCell | None, steps: tuple[timedelta, ...], promised: timedelta | None) -> Spot:
    if cell is None or cell.is_blank:
        return Spot(read=say("too few to say"))
    length, over = typical(cell, promised)
    read: Text | timedelta = say("over %(length)s", length=length) if over else length
    shown = brief(_printed(length))
    return Spot(
        text=say("over %(length)s", length=shown) if over else shown,
        shade=_shade(cell, length, steps, promised),
        read=say_n("typically %(length)s, %(n)s message", "typically %(length)s, %(n)s messages", cell.n, length=read),
    )


def typical(cell: HourCell, promised: timedelta | None) -> tuple[timedelta, bool]:
    """The typical wait, and whether it is "over" that: where the curve does not reach it, or where rounding down would
    hide a broken promise."""
    if cell.typical is None:
        return cell.longest_known, True
    hides = promised is not None and cell.typical > promised and _printed(cell.typical) == _printed(promised)
    return cell.typical, hides


def _shade(cell: HourCell, length: timedelta, steps: tuple[timedelta, ...], promised: timedelta | None) -> int:
    """By the length as it is printed, so that a spot and its key agree; the last shade by the exact one."""
    beyond = promised is not None and (length > promised or (cell.typical is None and length == promised))
    return (
        len(steps) + 1
        if beyond
        else next((shade for shade, step in enumerate(steps, 1) if _printed(length) <= step), len(steps) + 1)
    )


def _printed(length: timedelta) -> timedelta:
    """Rounded down: to minutes, from an hour on to hours, from two days on to days, for a spot has room for no more."""
    unit = DAY if length >= 2 * DAY else HOUR if length >= HOUR else timedelta(minutes=1)
    return length - length % unit
