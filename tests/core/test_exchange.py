"""A question and its answer: what they come to without a walk is what the fold says of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alone import Alone
from monitor.core.exchange import Exchange, exchange
from monitor.core.gist import gist_of
from monitor.core.house import House
from monitor.core.inferring import seeks
from monitor.core.message import FAILED, Address, Away, Flag, Place, Seen
from monitor.core.order import in_order
from monitor.core.topic import key_of
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, SERVES_ITS_OWN, id_of, mail
from tests.core.test_alone import HOUSES, LETTER, PLACES, SUBJECTS
from tests.core.test_fold import HOURS, mails

ASKED = mail("10:00 Ann → info", 1)
ANSWER = mail("11:00 info → Ann: Re: a question", 2, [1])
OF_MAIL = ("from_", "recipients", "subject", "reply_to", "in_reply_to", "references", "headers")
OF_SIGHT = ("received_at", "places", "flag", "away", "draft", "size")


def directly(asked: Seen, answer: Seen, house: House) -> Exchange | None:
    """The short way."""
    of_asked, of_answer = (gist_of(seen.message, house.staff) for seen in (asked, answer))
    return exchange(asked, answer, house, (of_asked, of_answer))


def general(asked: Seen, answer: Seen, house: House) -> Exchange:
    """The way of any conversation."""
    folded = fold([asked, answer], house)
    assert not folded.cites
    assert not folded.stand_ins
    (wait,) = folded.waits
    head, second = (seen.message for seen in in_order([asked, answer]))
    assert (head, second) == (asked.message, answer.message)
    of_asked, of_answer = (folded.verdicts[m.identity] for m in (head, second))
    seeking = seeks(asked, house) is not None
    return Exchange(Alone(of_asked, wait, key_of(head), seeking), of_answer, key_of(second))


@st.composite
def nearly(draw: st.DrawFn, seen: Seen, number: int) -> Seen:
    """This mail, in some of its facts like any other."""
    other = draw(mails(number))
    other = replace(other, message=replace(other.message, subject=draw(st.sampled_from(SUBJECTS))))
    if draw(st.booleans()):
        other = replace(other, places=draw(st.frozensets(PLACES, min_size=1, max_size=3)))
    if draw(st.integers(0, 9)) == 0:
        other = replace(other, message=replace(other.message, in_reply_to=(*seen.message.in_reply_to, LETTER)))
    of_mail = draw(st.sets(st.sampled_from(OF_MAIL), max_size=2))
    of_sight = draw(st.sets(st.sampled_from(OF_SIGHT), max_size=1))
    message = replace(seen.message, **{name: getattr(other.message, name) for name in of_mail})
    if draw(st.integers(0, 19)) == 0:
        message = replace(message, identity=f"sha256:{number}", message_id="")
    return replace(seen, message=message, **{name: getattr(other, name) for name in of_sight})


@given(nearly(ASKED, 1), nearly(ANSWER, 2), HOUSES)
def test_two_mails_that_are_nearly_a_question_and_its_answer_come_to_what_the_fold_says(
    asked: Seen, answer: Seen, house: House
) -> None:
    found = directly(asked, answer, house)
    assert found is None or found == general(asked, answer, house)


CARL = Address("Carl Copied", "carl@elsewhere.example")


@pytest.mark.parametrize("house", [HOUSE, SERVES_ITS_OWN])
@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (ASKED, ANSWER),
        (ASKED, replace(ANSWER, received_at=HOURS[0])),
        (replace(ASKED, flag=Flag(None)), ANSWER),
        (replace(ASKED, flag=Flag(HOURS[5], HOURS[4])), mail("11:00 info → Ann", 2, references=(id_of(9), id_of(1)))),
        (mail("10:00 Ann → info, ops", 1), ANSWER),
        (ASKED, mail("11:00 ops → Ann, info", 2, [1], references=(id_of(9), id_of(1)))),
        (mail("10:00 Ann → info", 1, reply_to=(CARL,)), replace(ANSWER, message=replace(ANSWER.message, subject=""))),
        (mail("10:00 Ann → info", 1, reply_to=(CARL,)), mail("11:00 Olga → ", 2, [1], recipients=(CARL,))),
    ],
)
def test_a_plain_answer_takes_no_walk(asked: Seen, answer: Seen, house: House) -> None:
    answer = replace(answer, places=frozenset({Place(OPS, "sent")}))
    found = directly(asked, answer, house)
    assert found == general(asked, answer, house)
    assert found.asked.wait is not None
    assert (found.asked.wait.state, found.asked.wait.answered_in) == ("answered", OPS)


@pytest.mark.parametrize(
    ("what", "asked", "answer"),
    [
        ("the flag is on the answer", ASKED, replace(ANSWER, flag=Flag(None))),
        ("it was put away", replace(ASKED, away=Away("done", HOURS[7])), ANSWER),
        ("a draft", ASKED, replace(ANSWER, draft=True)),
        ("it names something itself", replace(ASKED, message=replace(ASKED.message, references=("<x>",))), ANSWER),
        ("it names nothing", ASKED, mail("11:00 info → Ann", 2)),
        ("it answers something else", ASKED, mail("11:00 info → Ann", 2, references=(id_of(1), id_of(9)))),
        ("to somebody else", ASKED, mail("11:00 info → Bob", 2, [1])),
        ("to nobody who can be seen", ASKED, mail("11:00 info → ", 2, [1])),
        ("only passed on", ASKED, mail("11:00 info → ops", 2, [1])),
        ("a copy in an inbox too", ASKED, mail("11:00 info → Ann, ops", 2, [1])),
        ("a copy alone", ASKED, mail("11:00 Eva → Ann, ops", 2, [1])),
        ("asked by one of us", mail("10:00 Eva → info", 1), mail("11:00 info → Eva, Ann", 2, [1])),
        ("a machine asked", mail("10:00 Ann → info", 1, headers={"auto-submitted": "yes"}), ANSWER),
        ("a machine answered", ASKED, mail("11:00 info → Ann", 2, [1], headers={"auto-submitted": "yes"})),
        ("it failed", ASKED, mail("11:00 info → Ann", 2, [1], headers={FAILED: f"failed {id_of(2)} ann@x.example"})),
        ("on no desk", replace(ASKED, places=frozenset({Place(INFO, "elsewhere")})), ANSWER),
        ("it names itself", ASKED, mail("11:00 info → Ann", 2, [1, 2])),
    ],
)
def test_what_is_unusual_is_left_to_the_fold(what: str, asked: Seen, answer: Seen) -> None:
    assert directly(asked, answer, HOUSE) is None, what
