"""A conversation of one message: what it comes to without a walk is what the fold says of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alone import Alone, alone
from monitor.core.gist import gist_of
from monitor.core.house import House
from monitor.core.inferring import seeks
from monitor.core.letter_ids import letter_id
from monitor.core.message import Away, Flag, Place, Seen
from monitor.core.topic import key_of, without_subject
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, SERVES_ITS_OWN, id_of, mail
from tests.core.test_fold import HOURS, LEARNT, mails

IN_OTHER_ORDER = replace(SERVES_ITS_OWN, desks=dict(reversed(SERVES_ITS_OWN.desks.items())))
HOUSES = st.sampled_from([HOUSE, SERVES_ITS_OWN, LEARNT, IN_OTHER_ORDER])
LETTER = letter_id("reminder", "a wait", "ours.example", HOUSE.letter_key)
PLACES = st.builds(
    Place,
    st.sampled_from([INFO, OPS, "gone@ours.example"]),
    st.sampled_from(["inbox", "inbox", "sent", "done", "junk"]),
)
SUBJECTS = ("", "Re: Broken lamp at the pier", "Broken lamp at the pier", "Out of office", "Question", "Thanks")


def directly(seen: Seen, house: House) -> Alone:
    """The short way."""
    return alone(seen, house, gist_of(seen.message, house.staff))


def general(seen: Seen, house: House) -> Alone:
    """The way of any conversation."""
    folded = fold([seen], house)
    assert not folded.cites
    assert not folded.stand_ins
    wait = folded.waits[0] if folded.waits else None
    verdict = folded.verdicts[seen.message.identity]
    return Alone(verdict, wait, key_of(seen.message), seeks(seen, house) is not None)


@given(mails(1), st.frozensets(PLACES, max_size=3), st.sampled_from(SUBJECTS), st.booleans(), st.booleans(), HOUSES)
def test_any_message_alone_is_judged_and_waits_as_in_a_conversation_of_one(
    seen: Seen, places: frozenset[Place], subject: str, kept: bool, letter: bool, house: House
) -> None:
    message = replace(seen.message, subject=subject)
    if letter:
        message = replace(message, in_reply_to=(LETTER,))
    message = message if kept else without_subject(message, house)
    seen = replace(seen, message=message, places=places or seen.places)
    assert directly(seen, house) == general(seen, house)


QUESTION = mail("10:00 Ann → info")
ONE, OTHER = HOURS[4], HOURS[5]


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        (QUESTION, (None, None)),
        (replace(QUESTION, flag=Flag(None), away=Away("junk", ONE)), ("flag", None)),
        (replace(QUESTION, flag=Flag(ONE), away=Away("junk", ONE)), ("flag", None)),
        (replace(QUESTION, flag=Flag(OTHER), away=Away("junk", ONE)), ("spam", ONE)),
        (replace(QUESTION, flag=Flag(ONE), away=Away("done", OTHER)), ("flag", None)),
        (replace(QUESTION, away=Away("done", ONE)), ("closed", ONE)),
        (replace(QUESTION, away=Away("trash", ONE), missing=True), ("deleted", ONE)),
    ],
)
def test_what_happened_first_ends_the_wait(seen: Seen, end: tuple[object, object]) -> None:
    found = directly(seen, HOUSE)
    assert found == general(seen, HOUSE)
    assert found.wait is not None
    assert (found.wait.evidence, found.wait.closed_at) == end


def test_one_who_names_only_themselves_has_no_answer() -> None:
    seen = mail("10:00 info → Ann", 1, [1])
    assert seen.message.in_reply_to == (id_of(1),)
    assert directly(seen, HOUSE) == general(seen, HOUSE)
    assert directly(seen, HOUSE).wait is None
