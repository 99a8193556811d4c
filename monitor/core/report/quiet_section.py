"""GROUND. Partners that have gone quiet, as values."""

from monitor.core.report.drawn import Cell, Column, Section, Table
from monitor.core.report.facts import ReportFacts
from monitor.core.report.gone_quiet import FARTHEST, GoneQuiet
from monitor.core.said import Moment, Text, say, say_n

MOST = 10
"""Rows of those that were learnt; more are a number."""


def gone_quiet(facts: ReportFacts) -> Section | None:
    """With whom there used to be dialogue every week, and there is none now."""
    found = facts.gone_quiet
    if not found:
        return None
    named, learnt = [one for one in found if one.named], [one for one in found if not one.named]
    columns = (
        Column(say("Partner")),
        Column(say("Last mail"), before=say("last mail")),
        Column(say("Quiet for"), right=True, before=say("quiet for")),
    )
    return Section(
        title=say("Gone quiet"),
        note=say(
            "Nobody is waiting here. With these partners there used to be mail both ways; in these mailboxes there is "
            "none now. A friendly word may be all it takes. Weeks in which not everything could be seen do not count."
        ),
        table=Table(columns, tuple(_row(one, facts) for one in (*named, *learnt[:MOST]))),
        after=say("and %(more)s more.", more=str(len(learnt) - MOST)) if len(learnt) > MOST else "",
    )


def _row(one: GoneQuiet, facts: ReportFacts) -> tuple[Cell, ...]:
    last = Moment(one.last_at, facts.week.zone, "short", facts.made_at)
    return Cell(one.partner, "strong"), Cell(last), Cell(_weeks(one.weeks))


def _weeks(weeks: int) -> Text:
    return say("over a year") if weeks > FARTHEST else say_n("%(n)s week", "%(n)s weeks", weeks)
