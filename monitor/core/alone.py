"""GROUND. A conversation of one message, of which nothing was said by hand: what the fold says of it, without a walk.

So are most when their first message comes in. It takes nothing but the message and the house, and gives plain values,
so that another process may find it out.
"""

from typing import NamedTuple

from monitor.core.gist import Gist
from monitor.core.house import House, due_at
from monitor.core.inferring import seeks
from monitor.core.judging import judged_alone
from monitor.core.message import Seen
from monitor.core.needs_reply import NOTHING, Case, Verdict, case
from monitor.core.parties import guests, voices_of
from monitor.core.wait import Wait
from monitor.core.waits import CLOSED, End, answered_in, homes


class Alone(NamedTuple):
    """What one message comes to by itself: `wait` None: nobody waits.

    `key`: what its subject is tied by (topic.key_of); `seeks`: whether it may be tied by it (inferring.seeks). That it
    cites something, stands in for somebody or hangs on a link takes a second message.
    """

    verdict: Verdict
    wait: Wait | None
    key: str
    seeks: bool


def alone(seen: Seen, house: House, gist: Gist) -> Alone:
    """The same as `fold` of this message alone gives; `gist`: that of it."""
    its = case(seen, house, guests((seen,), house), gist=gist)
    verdict = judged_alone(its)
    by_itself = verdict if not its.guests and its.answers is NOTHING else None
    asks = verdict.wants_reply and verdict.direction == "incoming" and not seen.draft
    wait = wait_of(its, verdict, _end(seen)) if asks else None
    return Alone(verdict, wait, gist.key, seeks(seen, house, by_itself, gist) is not None)


def wait_of(its: Case, verdict: Verdict, end: End | None) -> Wait | None:
    """The wait of one who asks once, and how it ended; None where the mail lies on no desk."""
    seen, house = its.seen, its.house
    mailboxes = homes((seen,), house)
    if not mailboxes:
        return None
    opened_at, answer, answered = seen.received_at, end and end.answer, end is not None and end.state == "answered"
    return Wait(
        opener=seen.message.identity,
        members=(seen.message.identity,),
        who=its.writer,
        mailboxes=mailboxes,
        state=end.state if end else "waiting",
        opened_at=opened_at,
        due_at=due_at(opened_at, house.target(mailboxes[0])),
        answered_by=answer.message.identity if answer else None,
        answered_at=max(end.at, opened_at) if end and end.at and answered else None,
        answered_in=answered_in(answer, house) if answer else None,
        closed_at=end.at if end and not answered else None,
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
