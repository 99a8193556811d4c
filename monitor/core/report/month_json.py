"""GROUND. The sheet for the cross-team meeting as JSON, in English."""

from typing import Any

from monitor.core.moments import utc
from monitor.core.report.as_json import blind_json, seconds, typical_json
from monitor.core.report.month_sheet import MonthFacts, Slow
from monitor.core.report.path import Stretch, TeamHeld, Untold


def month_json(facts: MonthFacts) -> dict[str, Any]:
    """Every figure the sheet prints; lengths in seconds, instants in UTC, `to` is exclusive."""
    inside = facts.typically_untold
    return {
        "month": facts.month.name,
        "from": utc(facts.month.start),
        "to": utc(facts.month.end),
        "timezone": facts.month.zone.key,
        "is_over": facts.is_over,
        "made_at": utc(facts.made_at),
        "as_of": utc(facts.as_of),
        "organisation": facts.organisation,
        "promises": [{"reply_within_seconds": seconds(within), "clock": mode} for within, mode in facts.promises],
        "waits": facts.n,
        "unknown": facts.unknown,
        "ended_without_reply": facts.no_reply,
        "changed_hands": facts.passed_on,
        "slowest": [_slow(one) for one in facts.slowest],
        "slowest_total": {
            "seconds": seconds(facts.total),
            "first_desk_seconds": seconds(facts.spent("desk")),
            "another_team_seconds": seconds(facts.spent("elsewhere")),
            "decided_not_told_seconds": seconds(facts.spent("decided")),
        },
        "teams": [_team(one) for one in facts.teams],
        "decided_not_told": {
            "n": inside.n,
            "over_a_day": facts.over_a_day,
            **typical_json(inside.typical, inside.longest_known),
            "waits": [_untold(one) for one in facts.untold],
        },
        "blind": [blind_json(one) for one in facts.blind],
    }


def _slow(one: Slow) -> dict[str, Any]:
    path = [_stretch(each) for each in one.path]
    return {"number": one.number, "team": one.team, "seconds": seconds(one.length), "told": one.told, "path": path}


def _stretch(one: Stretch) -> dict[str, Any]:
    length = seconds(one.length)
    return {"team": one.team, "held": one.held, "since": utc(one.since), "until": utc(one.until), "seconds": length}


def _team(one: TeamHeld) -> dict[str, Any]:
    return {
        "team": one.team,
        "waits": one.waits,
        "as_first_desk_seconds": seconds(one.desk),
        "passed_to_them_seconds": seconds(one.elsewhere),
        "decided_not_told_seconds": seconds(one.decided),
    }


def _untold(one: Untold) -> dict[str, Any]:
    return {"number": one.number, "team": one.team, "seconds": seconds(one.length), "told": one.told}
