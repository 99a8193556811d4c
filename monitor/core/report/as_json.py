"""GROUND. The weekly report as JSON, in English."""

from datetime import timedelta
from typing import Any

from monitor.core.blind import Blind
from monitor.core.invisible import Invisible, total
from monitor.core.moments import utc
from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import Figures, Rate


def report_json(facts: ReportFacts) -> dict[str, Any]:
    """Every figure the report prints, with `k` and `n` beside each percentage; instants in UTC, `to` is exclusive."""
    return {
        "week": facts.week.name,
        "from": utc(facts.week.start),
        "to": utc(facts.week.end),
        "timezone": facts.week.zone.key,
        "made_at": utc(facts.made_at),
        "as_of": utc(facts.as_of),
        "history_from": utc(facts.history_from),
        "organisation": facts.organisation,
        "goal": facts.overall.rate.goal,
        "reply_within_seconds": int(facts.reply_within.total_seconds()),
        "promises": [{"reply_within_seconds": seconds(within), "clock": mode} for within, mode in facts.promises],
        "overall": _figures(facts.overall),
        "previous": None if facts.previous is None else _rate(facts.previous),
        "teams": [{"team": team, **_figures(figures)} for team, figures in facts.teams],
        "longest": [_longest(longest) for longest in facts.longest],
        "left_out": [{"what": str(what), "count": count} for what, count in facts.left_out],
        "invisible_replies": {
            **_invisible(total(facts.invisible.values())),
            "mailboxes": [{"mailbox": mailbox, **_invisible(one)} for mailbox, one in facts.invisible.items()],
        },
        "unseen": [str(one) for one in facts.unseen],
        "blind": [blind_json(one) for one in facts.blind],
    }


def blind_json(one: Blind) -> dict[str, Any]:
    """A spell, with its length in hours."""
    return {"mailbox": one.mailbox, "since": utc(one.since), "until": utc(one.until), "hours": one.hours}


def _rate(rate: Rate) -> dict[str, Any]:
    return {"k": rate.k, "n": rate.n, "percent": rate.percent}


def _invisible(invisible: Invisible) -> dict[str, Any]:
    return {"k": invisible.k, "n": invisible.n, "percent": invisible.percent}


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        **_rate(figures.rate),
        "goal_met": figures.rate.goal_met,
        "median_seconds": seconds(figures.median),
        "p90_seconds": seconds(figures.p90),
        "longest_known_seconds": seconds(figures.longest_known),
        "waiting": figures.waiting,
        "late": figures.late,
        "late_answers": figures.late_answers,
        "open_misses": figures.open_misses,
        "unknown": figures.unknown,
        "no_reply_needed": figures.no_reply_needed,
        "no_reply_needed_after_due": figures.closed_late,
        "excused": figures.excused,
        "excused_deleted": figures.deleted,
        "excused_spam": figures.spam,
    }


def _longest(longest: Longest) -> dict[str, Any]:
    return {
        "team": longest.team,
        "number": longest.number,
        "opened_at": utc(longest.opened_at),
        "waited_seconds": seconds(longest.waited),
    }


def seconds(length: timedelta | None) -> int | None:
    """Whole seconds, or null."""
    return None if length is None else int(length.total_seconds())
