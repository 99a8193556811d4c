"""FLOOR 3. Who reads what, where several daemons share the mailboxes: for `status`, as JSON and as words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.moments import since, utc
from monitor.store.leases import ACTING, Member, Standing


def reader(one: Member | None) -> dict[str, Any] | None:
    """Who reads a mailbox; `stale`: it was not heard of in time, and nobody has taken over yet."""
    return None if one is None else {**_who(one), "until": utc(one.until), "stale": not one.alive}


def daemons(standing: Standing) -> list[dict[str, Any]]:
    """All there are, the oldest first."""
    return [
        {
            **_who(one),
            "started_at": utc(one.started_at),
            "until": utc(one.until),
            "stale": not one.alive,
            "acts": standing.held.get(ACTING) == one.id,
            "places": reads(standing, one),
        }
        for one in in_order(standing)
    ]


def read_by(one: Member | None, zone: ZoneInfo, now: datetime) -> str:
    """`; read by mon-2 (pid 812) until 14:07`, or that it was not heard of."""
    if one is None:
        return ""
    if not one.alive:
        return f"; read by nobody: {name(one)} was not heard of since {since(one.until, zone, now)}"
    return f"; read by {name(one)} until {since(one.until, zone, now)}"


def lines(standing: Standing, zone: ZoneInfo, now: datetime) -> Iterator[tuple[str, str, str]]:
    """A mark, a daemon, and what it does."""
    lasting = [one for one in in_order(standing) if one.lasting]
    newest = lasting[-1].config if lasting else ""
    for one in in_order(standing):
        if not one.alive:
            yield "fix", name(one), f"not heard of since {since(one.until, zone, now)}; others take over what it read"
            continue
        acts = ", reminds and reports" if standing.held.get(ACTING) == one.id else ""
        count = reads(standing, one)
        does = f"reads {count} mailbox{'' if count == 1 else 'es'}{acts}, since {since(one.started_at, zone, now)}"
        odd = one.lasting and one.config != newest
        yield ("look" if odd else "ok"), name(one), does + ("; its config or version is another one" if odd else "")


def reads(standing: Standing, one: Member) -> int:
    """How many mailboxes it reads."""
    return sum(who == one.id and place != ACTING for place, who in standing.held.items())


def name(one: Member) -> str:
    """`mon-2 (pid 812)`."""
    return f"{one.host} (pid {one.pid})"


def in_order(standing: Standing) -> list[Member]:
    """The oldest first."""
    return sorted(standing.members.values(), key=lambda one: (one.started_at, one.id))


def _who(one: Member) -> dict[str, Any]:
    return {"host": one.host, "pid": one.pid}
