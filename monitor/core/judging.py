"""GROUND. The verdicts of messages that stand in one conversation: what each names of the others is in its case."""

from collections.abc import Mapping, Sequence

from monitor.core.answers import is_claimed
from monitor.core.letter_ids import is_letter_id
from monitor.core.message import Seen
from monitor.core.needs_reply import NOTHING, Answers, Case, Verdict, judge


def judged(cases: Sequence[Case]) -> dict[str, Verdict]:
    """The verdicts by identity: each message's `answers`, put into its case, are what it names of these."""
    naming = [c for c in cases if c.seen.message.in_reply_to or c.seen.message.references]
    ours = {c.seen.message.message_id: c.seen for c in cases if _is_ours(c)} if naming else {}
    for each in naming:
        each.answers = _answers_to(each.seen, ours, each.house.letter_key)
    return {case.seen.message.identity: judge(case) for case in cases}


def judged_alone(its: Case) -> Verdict:
    """The verdict of a message that nothing it names can answer but itself, or a letter of ours."""
    message = its.seen.message
    if message.in_reply_to or message.references:
        return judged((its,))[message.identity]
    return judge(its)


def _answers_to(seen: Seen, ours: Mapping[str, Seen], key: bytes) -> Answers:
    names = seen.message.names
    parent = next((ours[name] for name in names if name in ours), None) if ours else None
    letter = bool(key) and bool([name for name in names if is_letter_id(name, key)])
    if parent is None and not letter:
        return NOTHING
    return Answers(parent is not None, letter, seen.received_at - parent.received_at if parent else None)


def _is_ours(case: Case) -> bool:
    """Whether who names it answers us."""
    seen, house = case.seen, case.house
    if seen.draft or house.staff.is_form(seen.message):
        return False
    return (case.was_sent or case.by_us) and not is_claimed(seen, house)
