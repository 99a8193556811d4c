"""GROUND. A conversation of one message, of which nothing was said by hand: what the fold says of it, without a walk.

So are most when their first message comes in. It takes nothing but the message and the house, and gives plain values,
so that another process may find it out.
"""

from typing import NamedTuple

from monitor.core.house import House, due_at
from monitor.core.inferring import seeks
from monitor.core.message import Seen
from monitor.core.needs_reply import NOTHING, Case, Verdict, case
from monitor.core.parties import guests, voices_of
from monitor.core.topic import key_of
from monitor.core.wait import Wait
from monitor.core.waits import CLOSED, End, homes, judged


class Alone(NamedTuple):
    """What one message comes to by itself: `wait` None: nobody waits.

    `key`: what its subject is tied by (topic.key_of); `seeks`: whether it may be tied by it (inferring.seeks). That it
    cites something, stands in for somebody or hangs on a link takes a second message.
    """

    verdict: Verdict
    wait: Wait | None
    key: str
    seeks: bool


def alone(seen: Seen, house: House) -> Alone:
    """The same as `fold` of this message alone gives."""
    its = case(seen, house, guests((seen,), house))
    verdict = judged((its,))[seen.message.identity]
    by_itself = verdict if not its.guests and its.answers == NOTHING else None
    return Alone(verdict, _wait(its, verdict), key_of(seen.message), seeks(seen, house, by_itself) is not None)


def _wait(its: Case, verdict: Verdict) -> Wait | None:
    seen, house = its.seen, its.house
    if not verdict.wants_reply or verdict.direction != "incoming" or seen.draft:
        return None
    mailboxes = homes((seen,), house)
    if not mailboxes:
        return None
    end = _end(seen)
    return Wait(
        opener=seen.message.identity,
        members=(seen.message.identity,),
        who=its.writer,
        mailboxes=mailboxes,
        state=end.state if end else "waiting",
        opened_at=seen.received_at,
        due_at=due_at(seen.received_at, house.target(mailboxes[0])),
        answered_at=max(end.at, seen.received_at) if end and end.at and end.state == "answered" else None,
        closed_at=end.at if end and end.state != "answered" else None,
        evidence=end.evidence if end else None,
        party=voices_of(seen.message, its.writer, house, its.guests),
        low_urgency=verdict.low_urgency,
    )


def _end(seen: Seen) -> End | None:
    """What happened to it first; a flag of an unknown time was there before. At one moment the flag is first."""
    flag, away = seen.flag, seen.away
    if flag is not None and (flag.at is None or away is None or flag.at <= away.at):
        return End("answered", "flag", flag.at)
    return End(*CLOSED[away.kind], away.at) if away is not None else None
