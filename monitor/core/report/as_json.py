"""GROUND. The weekly report as JSON, in English."""

from datetime import timedelta
from typing import Any

from monitor.core.blind import Blind
from monitor.core.invisible import Invisible, total
from monitor.core.moments import utc
from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import Figures, Rate
from monitor.core.report.gone_quiet import GoneQuiet
from monitor.core.report.missed import Missed
from monitor.core.report.path import ChangedHands, Group
from monitor.core.report.restating import Restated, WeekRate
from monitor.core.report.spread import HourCell, Within
from monitor.core.report.talking import worth_talking_about

MOST_UNTOLD = 20
"""So many of those that waited longest for an answer that was known stand one by one."""


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
        "previous": None if facts.previous is None else share_json(facts.previous),
        "teams": [{"team": team, "goal": each.rate.goal, **_figures(each)} for team, each in facts.teams],
        "teams_before": [{"team": team, **share_json(rate)} for team, rate in facts.teams_before],
        "missed": [_missed(one) for one in facts.missed],
        "longest": [_longest(longest) for longest in facts.longest],
        "left_out": [{"what": str(what), "count": count} for what, count in facts.left_out],
        "invisible_replies": {
            **share_json(total(facts.invisible.values())),
            "mailboxes": [{"mailbox": mailbox, **share_json(one)} for mailbox, one in facts.invisible.items()],
        },
        "unseen": [str(one) for one in facts.unseen],
        "blind": [blind_json(one) for one in facts.blind],
        "worth_talking_about": [str(one) for one in worth_talking_about(facts)],
        "weeks": [_week(one) for one in facts.weeks],
        "answered_within": [_within(one) for one in facts.within],
        "hours": [_cell(one) for one in facts.hours if one.n],
        "changed_hands": None if facts.changed_hands is None else changed_hands_json(facts.changed_hands),
        "restated": [_restated(one) for one in facts.restated],
        "gone_quiet": None if facts.gone_quiet is None else [_quiet(one) for one in facts.gone_quiet],
        "sent_at": utc(facts.sent_at),
        "sent": None if facts.sent is None else _sent(facts.sent),
    }


def frozen_json(facts: ReportFacts) -> dict[str, Any]:
    """What is kept of a report that was sent: all but the partners it named, so that who is forgotten is forgotten."""
    return {name: value for name, value in report_json(facts).items() if name != "gone_quiet"}


def changed_hands_json(one: ChangedHands) -> dict[str, Any]:
    """What changed hands, and where the time went; lengths in seconds."""
    return {
        "weeks": one.weeks,
        "passed_on": _group(one.passed_on),
        "not_passed_on": _group(one.kept),
        "routes": [
            {
                "from": r.from_team,
                "to": r.to_team,
                "times": r.times,
                "waits": r.waits,
                **typical_json(None if r.is_blank else r.typical, r.longest_known),
            }
            for r in one.routes
        ],
        "teams": [
            {
                "team": t.team,
                "waits": t.waits,
                "as_first_desk_seconds": seconds(t.desk),
                "passed_to_them_seconds": seconds(t.elsewhere),
                "decided_not_told_seconds": seconds(t.decided),
            }
            for t in one.teams
        ],
        "decided_not_told": {
            "k": len(one.untold),
            "n": one.passed_on.n + one.kept.n,
            "over_a_day": one.over_a_day,
            "still_waiting": one.still_waiting,
            "waits": [
                {"number": u.number, "team": u.team, "seconds": seconds(u.length), "told": u.told}
                for u in one.untold[:MOST_UNTOLD]
            ],
        },
    }


def blind_json(one: Blind) -> dict[str, Any]:
    """A spell, with its length in hours."""
    return {"mailbox": one.mailbox, "since": utc(one.since), "until": utc(one.until), "hours": one.hours}


def share_json(share: Rate | Invisible) -> dict[str, Any]:
    """A share with what it is of; `percent` is null where there is none to print."""
    return {"k": share.k, "n": share.n, "percent": share.percent}


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        **share_json(figures.rate),
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


def _group(group: Group) -> dict[str, Any]:
    return {"n": group.n, **typical_json(None if group.is_blank else group.typical, group.longest_known)}


def typical_json(typical: timedelta | None, longest_known: timedelta) -> dict[str, Any]:
    """The median, null under eight, and where over half of them still wait: then it is over the longest known."""
    return {"median_seconds": seconds(typical), "longest_known_seconds": seconds(longest_known)}


def _week(one: WeekRate) -> dict[str, Any]:
    rate = {"k": None, "n": None, "percent": None} if one.rate is None else share_json(one.rate)
    return {"week": one.week.name, **rate, "blind_seconds": seconds(one.blind), "restated": one.restated}


def _within(one: Within) -> dict[str, Any]:
    """`percent` as it is printed: of `k` and `n` by the product-limit estimate; null under ten."""
    counted = {"k": one.k, "n": one.n, "percent": one.percent, "at_least": one.at_least}
    return {"hours": one.limit / timedelta(hours=1), **counted, "promise": one.is_promise}


def _cell(one: HourCell) -> dict[str, Any]:
    typical = None if one.is_blank else one.typical
    place = {"weekday": one.weekday + 1, "from_hour": one.first_hour, "to_hour": one.end_hour}
    return {**place, "n": one.n, **typical_json(typical, one.longest_known)}


def _missed(one: Missed) -> dict[str, Any]:
    typical = typical_json(one.typical, one.longest_known)
    return {"team": one.team, "n": one.n, "passed_on": one.passed_on, **typical}


def _restated(one: Restated) -> dict[str, Any]:
    return {
        "week": one.week.name,
        "told_at": utc(one.told_at),
        "before": share_json(one.before),
        "now": share_json(one.now),
        "reasons": _reasons(one),
    }


def _sent(one: Restated) -> dict[str, Any]:
    """How the week itself was sent; `reasons` say why it stands otherwise now."""
    return {"at": utc(one.told_at), "k": one.before.k, "n": one.before.n, "reasons": _reasons(one)}


def _reasons(one: Restated) -> list[dict[str, Any]]:
    return [{"reason": reason, "waits": count} for reason, count in one.reasons]


def _quiet(one: GoneQuiet) -> dict[str, Any]:
    return {"partner": one.partner, "last_at": utc(one.last_at), "weeks": one.weeks, "named": one.named}
