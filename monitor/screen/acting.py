"""FLOOR 3. What an act came to, in one line a conversation; and why there was none."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.acts import Puzzled
from monitor.core.durations import words
from monitor.core.moments import since, utc
from monitor.core.wait import LONGEST_SNOOZE
from monitor.jobs.acting import Act

OVER = {
    "waiting": "waiting",
    "answered": "had an answer already",
    "no_reply_needed": "needed no reply already",
    "excused": "was in Junk or Trash already",
}
"""How somebody stands of whom nothing more could be said."""
MOST_NAMED = 3


def lines(acts: Iterable[Act], zone: ZoneInfo, now: datetime, taken_back: bool = False) -> list[str]:
    """What is so now: a line for each number, with all who wait there and came to the same."""
    said = []
    for (number, what), group in groupby(acts, key=lambda act: (act.number, _what(act, zone, now, taken_back))):
        said.append(f"{number}  {_names(list(group))}: {what}.")
    return said


def act(a: Act) -> dict[str, Any]:
    """One act as JSON."""
    return {
        "number": a.conversation,
        "kind": a.kind,
        "already": a.already,
        "who_waits": a.who_waits.address,
        "state": a.state,
        "opened_at": utc(a.opened_at),
        "until": utc(a.until),
        "team": a.team or None,
        "person": a.person or None,
    }


def puzzled(fault: Puzzled, settings_teams: Sequence[str]) -> str:
    """Why nothing was done, with what would be right."""
    near = f"; did you mean {' or '.join(fault.did_you_mean)}?" if fault.did_you_mean else ""
    if fault.why == "number":
        return f"there is no conversation {fault.text}"
    if fault.why == "ambiguous_whom":
        return f'"{fault.text}" may be several{near}'
    if fault.why == "unknown_whom":
        return f'"{fault.text}" is no team or person of this config{near or "; there are " + ", ".join(settings_teams)}'
    if fault.why == "too_long":
        return f"a snooze lasts at most {words(LONGEST_SNOOZE)}{near}"
    if fault.why == "length":
        return f'"{fault.text}" is no length of time; write for example 4h or 2d'
    return f'"{fault.text}" is not understood{near}'


def _what(a: Act, zone: ZoneInfo, now: datetime, taken_back: bool) -> str:
    if taken_back:
        waits = "waiting, as before" if a.state == "waiting" else OVER[a.state].replace(" already", "")
        return f"{a.kind} is taken back; {waits}"
    if a.already and (a.state != "waiting" or a.kind == "done"):
        return OVER[a.state]
    before = "already " if a.already else ""
    if a.kind == "done":
        return "needs no reply"
    if a.kind == "reopen":
        return f"is {before}waiting" + (f", since {since(a.opened_at, zone, now)}" if a.opened_at else "")
    if a.kind == "snooze":
        until = f"until {since(a.until, zone, now)}" if a.until else "no longer: they wrote again"
        return f"{before if a.until else ''}quiet {until}; the clock runs on"
    to = a.person if a.person and not a.team else a.team + (f" ({a.person})" if a.person else "")
    return f"is {before}with {to}; the clock runs on"


def _names(acts: Sequence[Act]) -> str:
    """Who waits; of many the first and how many they are."""
    names = list(dict.fromkeys(a.who_waits.name or a.who_waits.address for a in acts))
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{len(names)} people ({', '.join(names[:MOST_NAMED])} …)"
