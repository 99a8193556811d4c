"""GROUND. A question and our answer to it, and nothing else: what the fold says of the two, without a walk.

So are most conversations of which more than one message comes in at once. Whatever is unusual about either of them is
left to the fold.
"""

from collections.abc import Collection
from typing import NamedTuple

from monitor.core.addresses import plain_address
from monitor.core.alone import Alone, wait_of
from monitor.core.answers import TELLS_FAILURE
from monitor.core.gist import Gist
from monitor.core.house import House
from monitor.core.inferring import seeks
from monitor.core.judging import judged_alone
from monitor.core.message import Seen
from monitor.core.needs_reply import Verdict, case, judge
from monitor.core.waits import End


class Exchange(NamedTuple):
    """What the two come to: the question with its wait, which is over; verdict and subject key of the answer."""

    asked: Alone
    answer: Verdict
    key: str


def exchange(asked: Seen, answer: Seen, house: House, gists: tuple[Gist, Gist]) -> Exchange | None:
    """The same as `fold` of these two alone gives, with no marks and tied by ids; None: only that can tell.
    `gists`: of the one, and of the other.

    An outsider's mail that names nothing and wants a reply, and one in a Sent folder alone that answers it by its ids
    and went to its writer's address.
    """
    if not _is_plain(asked, answer):
        return None
    of_asked, of_answer = gists
    its = case(asked, house, gist=of_asked)
    if its.in_sent or its.by_us:  # the customer may be one of us
        return None
    verdict = judge(its)
    if verdict.direction != "incoming" or not verdict.wants_reply:
        return None
    given = judged_alone(case(answer, house, gist=of_answer))
    wait = wait_of(its, verdict, End("answered", "sent", answer.received_at, answer))
    if given.direction != "outgoing" or wait is None or not _is_written_to(answer, wait.party, house):
        return None
    found = Alone(verdict, wait, of_asked.key, seeks(asked, house, verdict, of_asked) is not None)
    return Exchange(found, given, of_answer.key)


def _is_plain(asked: Seen, answer: Seen) -> bool:
    """Whether nothing happened to either beside mail, and the second hangs on the first.

    A flag on the first is that of the second, which answers it (rules.md §3).
    """
    first, second = asked.message, answer.message
    if first.in_reply_to or first.references or first.message_id not in second.in_reply_to + second.references[-1:]:
        return False
    if answer.flag or second.message_id in second.names or [role for _, role in answer.places] != ["sent"]:
        return False
    for seen in (asked, answer):
        message = seen.message
        if seen.away or seen.draft or message.identity != message.message_id:
            return False
        if not TELLS_FAILURE.isdisjoint(message.headers):
            return False
    return True


def _is_written_to(answer: Seen, party: Collection[str], house: House) -> bool:
    to = [r.address for r in answer.message.recipients]
    return bool([a for a in to if plain_address(a) in party and not house.staff.is_ours(a)])
