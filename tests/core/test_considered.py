"""Every message of ours that came while somebody waited is the answer, or was refused for one named reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.considered import REASONS, Considered
from monitor.core.house import House
from monitor.core.message import FAILED, Away, Flag, Place, Seen
from monitor.core.order import in_order
from monitor.core.wait import Folded
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, MONDAY, SERVES_ITS_OWN, at, id_of, mail, number_of, seen_in, talk
from tests.core.test_fold import conversations

STRICT = replace(HOUSE, authenticated_replies=True)


def considered(messages: list[Seen], folded: Folded, house: House = HOUSE) -> Considered:
    """The conversation as the fold judged it."""
    return Considered(messages, house, folded.verdicts, folded.waits)


def refusals(messages: list[Seen], house: House = HOUSE) -> list[list[str]]:
    """For each wait, `"2 internal"` of each message that was refused."""
    folded = fold(messages, house)
    every = considered(messages, folded, house)
    return [
        [f"{number_of(i)} {rule.removeprefix('refused.')}" for i, rule in every.refused(wait)] for wait in folded.waits
    ]


ASKED = "10:00 Ann → info"
CLAIMED = mail("11:00 Eva → Ann, info", 2, (1,), headers={"authentication-results": "mx; dmarc=fail"})
ACKNOWLEDGED = mail("10:01 info → Ann", 2, (1,), headers={"auto-submitted": "auto-replied"})
FAILED_FOR_ANN = f"failed {id_of(2)} ann@customer.example"
BOUNCE = mail("11:05 Sue → info", 3, (2,), headers={FAILED: FAILED_FOR_ANN, "auto-submitted": "auto-replied"})
DRAFT = replace(mail("11:00 info → Ann", 2, (1,)), draft=True, places=frozenset())
SPAM = mail("11:00 Eva → Ann, info", 2, (1,), headers={"x-spam-flag": "YES"})
NOWHERE = seen_in(mail("11:00 info → Ann", 2, (1,)), Place(INFO, "elsewhere"))
DONE = replace(mail(ASKED, 1), away=Away("done", at("10:30")))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ASKED, "11:00 info → Ann"], []),
        ([ASKED, "11:00 info → it"], ["2 internal"]),
        ([ASKED, "11:00 info → it", "12:00 it → info", "13:00 info → Ann"], ["2 internal", "3 internal"]),
        ([ASKED, "11:00 info → Sue"], ["2 other-people"]),
        ([ASKED, CLAIMED], ["2 claimed"]),
        ([ASKED, ACKNOWLEDGED], ["2 automatic"]),
        ([ASKED, SPAM], ["2 spam"]),
        ([ASKED, DRAFT], ["2 draft"]),
        ([ASKED, "11:00 info → Ann", BOUNCE], ["2 bounced"]),
        ([ASKED, "11:00 info → Ann", "12:00 info → Ann"], ["3 after-answer"]),
        ([DONE, "11:00 info → Ann"], ["2 after-close"]),
        ([ASKED, NOWHERE], ["2 elsewhere"]),
        ([ASKED, replace(mail("11:00 info → ", 2), places=frozenset({Place(INFO, "sent")}))], ["2 no-recipients"]),
        (["09:00 info → Ann", ASKED], []),
    ],
)
def test_each_message_of_ours_that_ended_nothing_is_told_with_its_reason(
    rows: list[str | Seen], expected: list[str]
) -> None:
    assert refusals(talk(*rows)) == [expected]


def test_a_copy_that_nothing_proves_is_refused_where_the_config_asks_for_proof() -> None:
    copied = talk(ASKED, "11:00 Eva → Ann, cc info")
    assert refusals(copied) == [[]]
    assert refusals(copied, STRICT) == [["2 unverified"]]


def test_the_answer_of_one_customer_is_refused_for_the_other() -> None:
    both = [mail("10:00 Ann → info", 1), mail("10:30 Bob → info", 2), mail("11:00 info → Bob", 3, (2,))]
    assert refusals(both) == [["3 other-people"], []]


def test_a_wait_that_is_over_is_asked_no_more_once_the_next_has_begun() -> None:
    rows = ["10:00 Ann → info", "11:00 info → Ann", "12:00 Ann → info", "13:00 info → it", "14:00 info → Ann"]
    assert refusals(talk(*rows)) == [[], ["4 internal"]]


@st.composite
def dressed(draw: st.DrawFn) -> list[Seen]:
    """Any conversation, some mails of which are drafts, were put away or bear the flag."""
    moments = st.integers(0, 6).map(lambda hours: MONDAY + timedelta(hours=hours))
    extras = st.one_of(
        st.just({}),
        st.just({"draft": True, "places": frozenset()}),
        st.builds(lambda kind, at: {"away": Away(kind, at)}, st.sampled_from(["done", "junk", "trash"]), moments),
        st.builds(lambda at: {"flag": Flag(at)}, st.none() | moments),
    )
    return [replace(seen, **draw(st.one_of(st.just({}), extras))) for seen in draw(conversations())]


@given(
    dressed(), st.sampled_from([HOUSE, SERVES_ITS_OWN, STRICT, replace(HOUSE, id_domains=frozenset({"mail.example"}))])
)
def test_a_message_of_ours_is_the_answer_or_refused_for_one_reason(messages: list[Seen], house: House) -> None:
    folded = fold(messages, house)
    every = considered(messages, folded, house)
    ordered = [seen.message.identity for seen in in_order(messages)]
    openers = {wait.opener for wait in folded.waits}
    for wait in folded.waits:
        refused = dict(every.refused(wait))
        assert len(refused) == len(every.refused(wait)), "one reason each"
        assert wait.answered_by not in refused
        assert set(refused.values()) <= REASONS.keys()
        late = {rule for rule in refused.values() if rule.startswith("refused.after")}
        assert wait.state != "waiting" or not late, "nothing reached whoever still waits"
        for identity in ordered[ordered.index(wait.opener) + 1 :]:
            if wait.state != "waiting" and identity in openers:
                break
            if folded.verdicts[identity].direction in ("outgoing", "internal"):
                assert identity in refused or identity == wait.answered_by
