"""GROUND. What a reader of the weekly report sees below its headline: SECTIONS of values that one template can draw."""

from collections.abc import Callable
from datetime import timedelta

from monitor.core import durations
from monitor.core.brief import brief, brief_promise
from monitor.core.invisible import total
from monitor.core.report.drawn import NOTHING, Bar, Cell, Column, Section, Table, Tile, Tone
from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import FEWEST_FOR_PERCENT, Figures, Rate
from monitor.core.report.hands_section import changed_hands, held_by
from monitor.core.report.quiet_section import gone_quiet
from monitor.core.report.spread_section import answered_within, by_the_hour
from monitor.core.report.talking import worth_talking_about
from monitor.core.report.weeks_section import last_weeks, restated
from monitor.core.said import Moment, Said, Shown, Text, say


def sections(facts: ReportFacts) -> list[Section]:
    """All sections that have something to say, in their order."""
    return [section for make in SECTIONS if (section := make(facts)) is not None]


def tiles(facts: ReportFacts) -> Section:
    """The three figures under the headline."""
    all_, within = facts.overall, facts.reply_within
    return Section(
        joined=True,
        tiles=(
            Tile(_time(all_.median, all_, within), say("Typical wait")),
            Tile(_time(all_.p90, all_, within), say("9 in 10 heard back within")),
            _late_tile(facts) if all_.waiting else Tile(say("Nobody"), say("Waiting right now")),
        ),
    )


def _late_tile(facts: ReportFacts) -> Tile:
    late, promise = facts.overall.late, facts.promise
    label = say("Past %(promise)s right now", promise=promise) if promise else say("Past the target right now")
    rest = say("of %(n)s waiting", n=str(facts.overall.waiting))
    return Tile(str(late), label, rest, "waiting" if late else "plain")


def each_team(facts: ReportFacts) -> Section | None:
    """A row a team, in the order of the config: teams are never ranked."""
    if not facts.teams:
        return None
    missed = any(f.rate.goal_met is False for _, f in facts.teams)
    within = facts.promise
    note = say("Heard back within %(promise)s.", promise=within) if within else say("Heard back within the target.")
    return Section(
        title=say("Each team"),
        note=say("%(note)s %(mark)s", note=note, mark=_under(facts)) if missed else note,
        legend=_mark(facts, missed) if any(f.rate.percent is not None for _, f in facts.teams) else "",
        table=Table(
            (
                Column(say("Team")),
                Column(say("In time"), span=3),
                Column(say("Typical wait"), right=True, before=say("typically")),
                Column(say("Waiting now"), right=True, after=say("waiting")),
                _past_column(facts),
            ),
            tuple(_team_row(team, figures, facts.reply_within) for team, figures in facts.teams),
        ),
    )


def _goals(facts: ReportFacts) -> set[float]:
    return {float(figures.rate.goal) for _, figures in facts.teams}


def _under(facts: ReportFacts) -> Said:
    """What ▾ means. A team may have a target of its own."""
    goals = _goals(facts)
    if len(goals) > 1:
        return say("▾ is under the target of the team.")
    return say("▾ is under the target of %(goal)s%%.", goal=goals.pop())


def _mark(facts: ReportFacts, missed: bool) -> Said:
    goals = _goals(facts)
    if len(goals) > 1:
        return say("The mark in the bar is the target of the team.")
    if missed:
        return say("The mark in the bar is the target.")
    return say("The mark in the bar is the target of %(goal)s%%.", goal=goals.pop())


def _past_column(facts: ReportFacts) -> Column:
    if facts.promise is None:
        return Column(say("Past target"), right=True, after=say("past target"))
    within = brief_promise(facts.promise)
    return Column(say("Past %(length)s", length=within), right=True, after=say("past %(length)s", length=within))


def waiting_longest(facts: ReportFacts) -> Section | None:
    """Who waits longest: team and number, no subject and no name."""
    if not facts.longest:
        return None
    slowest, more = max(one.waited for one in facts.longest), facts.overall.late - len(facts.longest)
    number = Column(say("Number"), right=True, before=say("number"))
    return Section(
        title=say("Waiting longest"),
        note=say("Still open, oldest first."),
        table=Table(
            (Column(say("Team")), Column(say("Arrived")), Column(say("Waiting"), span=2), number),
            tuple(_longest_row(one, facts, slowest) for one in facts.longest),
        ),
        after=_more_past(facts, more) if more > 0 else "",
    )


def _more_past(facts: ReportFacts, more: int) -> Said:
    if facts.promise is None:
        return say("and %(more)s more past the target.", more=str(more))
    return say("and %(more)s more past %(promise)s.", more=str(more), promise=facts.promise)


def how_counted(facts: ReportFacts) -> Section:
    """Five plain sentences, so that nobody has to guess."""
    ran_out = say("its %(promise)s ran out", promise=facts.promise) if facts.promise else say("its target ran out")
    return Section(
        title=say("How this is counted"),
        points=(
            say(
                "A wait begins with the oldest unanswered message from a person and ends with the first reply a "
                "colleague writes to them. Automatic replies never count."
            ),
            say(
                "It belongs to the week in which %(ran_out)s. What was never answered is a miss, so nothing is "
                "undecided, and a past week changes only if we say so below.",
                ran_out=ran_out,
            ),
            say(
                "The clock is the customer’s: %(counted)s, and passing a message on does not restart it.",
                counted=_counted(facts),
            ),
            say("“Typical” is the middle person: half waited less, half longer. There are no averages, and no names."),
            say(
                "Under %(fewest)s messages we print “5 of 7” and no percentage. A change from week to week is named "
                "only when it is bigger than chance.",
                fewest=FEWEST_FOR_PERCENT,
            ),
        ),
    )


def _counted(facts: ReportFacts) -> Said:
    """Which hours the promises count. How long people waited is always said in all hours."""
    if len(facts.modes) > 1:
        return say("which hours count is for each team to promise")
    (mode,) = facts.modes
    if mode == "elapsed":
        return say("nights and weekends count")
    if mode == "open-days":
        return say("only closed days do not count towards the target, and waits are told in all hours")
    return say("only opening hours count towards the target, and waits are told in all hours")


def not_seen(facts: ReportFacts) -> Section | None:
    """Where we were blind."""
    said = facts.unseen
    if facts.history_from is not None:
        back = Moment(facts.history_from, facts.week.zone)
        told = say("Mail has been read back to %(back)s; what arrived earlier is not in these figures.", back=back)
        said = (*said, told)
    return Section(title=say("What we could not see"), warnings=said, joined=True) if said else None


def left_out(facts: ReportFacts) -> Section | None:
    """What was left out, and how many: messages that want no reply, waits that ended without one or by one that nobody
    saw; and replies not seen."""
    found: list[tuple[Text, Text]] = [
        (what, str(count)) for what, count in (*facts.left_out, *_without_reply(facts)) if count
    ]
    unseen = total(facts.invisible.values())
    if unseen.k:
        share = say("%(k)s of %(n)s", k=str(unseen.k), n=str(unseen.n))
        found.append((say("Replies we could not see, of those that people answered"), share))
    if not found:
        return None
    rows = tuple((Cell(what), Cell(count)) for what, count in found)
    columns = Column(say("What")), Column(say("How many"), right=True)
    return Section(title=say("Left out, or taken on trust"), table=Table(columns, rows), joined=True)


def _without_reply(facts: ReportFacts) -> list[tuple[Said, int]]:
    all_, promise = facts.overall, facts.promise
    late = say("– of these only after %(promise)s", promise=promise) if promise else None
    return [
        (say("Closed as “No reply needed”"), all_.no_reply_needed),
        (late or say("– of these only after the target"), all_.closed_late),
        (say("Deleted without a reply"), all_.deleted),
        (say("Moved to Junk without a reply"), all_.spam),
        (say("Answered by a reply we could not see, at an unknown time"), all_.unknown),
    ]


def worth_talking(facts: ReportFacts) -> Section | None:
    """At most three sentences that the figures make worth a talk."""
    said = worth_talking_about(facts)
    return Section(title=say("Worth talking about this week"), told=said, joined=True) if said else None


SECTIONS: tuple[Callable[[ReportFacts], Section | None], ...] = (
    tiles,
    worth_talking,
    last_weeks,
    each_team,
    waiting_longest,
    answered_within,
    by_the_hour,
    changed_hands,
    held_by,
    gone_quiet,
    how_counted,
    not_seen,
    left_out,
    restated,
)
"""The one place for a new section: a function appended here is drawn in the letter, its text part and on a phone."""


def _team_row(team: str, figures: Figures, promise: timedelta) -> tuple[Cell, ...]:
    return (
        Cell(team),
        *_in_time(figures.rate),
        _wait_cell(figures, promise),
        Cell(str(figures.waiting)) if figures.waiting else NOTHING,
        Cell(str(figures.late), "waiting") if figures.late else NOTHING,
    )


def _in_time(rate: Rate) -> tuple[Cell, ...]:
    if rate.n == 0:
        return (Cell(say("nothing came due"), "quiet", span=2), NOTHING)
    counted = Cell(say("%(k)s of %(n)s", k=str(rate.k), n=str(rate.n)))
    if rate.percent is None:
        return (Cell(say("too few to rate"), "quiet", span=2), counted)
    tone: Tone = "strong" if rate.goal_met else "missed"
    percent = say("%(percent)s%%", percent=rate.percent)
    if not rate.goal_met:
        percent = say("▾ %(percent)s%%", percent=rate.percent)
    return (Cell(percent, tone), Cell(bar=Bar(100 * rate.k / rate.n, rate.goal, tone)), counted)


def _wait_cell(figures: Figures, promise: timedelta) -> Cell:
    typical = _time(figures.median, figures, promise, in_table=True)
    return NOTHING if typical == "–" else Cell(typical)


def _longest_row(one: Longest, facts: ReportFacts, slowest: timedelta) -> tuple[Cell, ...]:
    tone: Tone = "waiting" if one.waited >= facts.reply_within else "strong"
    return (
        Cell(one.team),
        Cell(Moment(one.opened_at, facts.week.zone, "short", facts.made_at), "quiet"),
        Cell(brief(one.waited), tone),
        Cell(bar=Bar(100 * one.waited / slowest if slowest else 0, None, tone)),
        Cell(str(one.number), "quiet"),
    )


def _time(length: timedelta | None, figures: Figures, promise: timedelta, in_table: bool = False) -> Shown:
    """A quantile in words; "over N h" where the curve does not reach it, or rounding would hide a broken promise."""
    known = figures.longest_known if length is None else length
    if length is None and not known:
        return "–"
    shown, rounded = (brief(known), durations.short) if in_table else (known, durations.words)
    over = length is None or (length > promise and rounded(length) == rounded(promise))
    return say("over %(length)s", length=shown) if over else shown
