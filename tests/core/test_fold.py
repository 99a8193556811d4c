"""Law 1: waits are folded from a *set*. Any order of arrival gives the same waits, and nothing loops or raises."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.house import House
from monitor.core.message import FAILED, Address, Away, Flag, Seen
from monitor.core.order import in_order
from monitor.core.wait import Mark, is_met
from monitor.core.waits import fold
from tests.core.situations import HOUSE, MONDAY, PEOPLE, SERVES_ITS_OWN, at, id_of, lines, mail, number_of, talk

HEADERS = (
    {},
    {},
    {"auto-submitted": "auto-replied"},
    {"list-id": "<news.other.example>"},
    {"x-spam-flag": "YES"},
    {"authentication-results": "mx; dmarc=fail"},
    {"content-type": "multipart/report", FAILED: f"failed {id_of(2)} ann@customer.example"},
)
HOURS = [MONDAY + timedelta(hours=h) for h in range(8)]


@st.composite
def mails(draw: st.DrawFn, number: int) -> Seen:
    """Any mail of the cast, to anybody, naming anything: itself, a later one, one that nobody has seen."""
    names = st.sampled_from(sorted(PEOPLE))
    to = draw(st.lists(names, max_size=3, unique=True))
    seen = mail(f"10:00 {draw(names)} → {', '.join(to)}", number, draw(st.lists(st.integers(1, 9), max_size=2)))
    reply_to = draw(st.lists(names, max_size=1))
    message = replace(
        seen.message,
        references=tuple(id_of(n) for n in draw(st.lists(st.integers(1, 9), max_size=2))),
        reply_to=tuple(PEOPLE[n] for n in reply_to),
        headers={name: (value,) for name, value in draw(st.sampled_from(HEADERS)).items()},
    )
    if draw(st.integers(0, 9)) == 0:
        message = replace(message, identity=f"sha256:{number}", message_id="")
    # Few moments, so that many coincide.
    when = draw(st.sampled_from(HOURS[:7]))
    flags = st.sampled_from((None, None, Flag(None), Flag(HOURS[5], HOURS[4]), Flag(HOURS[3], None)))
    aways = st.sampled_from((None, None, *(Away(k, h) for k in ("done", "junk", "trash") for h in HOURS[4:6])))
    draft = draw(st.integers(0, 9)) == 0
    return replace(seen, message=message, received_at=when, flag=draw(flags), away=draw(aways), draft=draft)


MARKS = st.lists(
    st.builds(Mark, st.integers(1, 9).map(id_of), st.sampled_from(("done", "reopen")), st.sampled_from(HOURS)),
    max_size=3,
    unique_by=lambda mark: (mark.message, mark.at),
)
TIED = st.frozensets(st.integers(1, 8).map(id_of), max_size=3)
LEARNT = replace(HOUSE, id_domains=frozenset({"mail.example"}))
"""A house that takes every id for one of ours: so that citations are met."""


@st.composite
def conversations(draw: st.DrawFn) -> list[Seen]:
    """Up to eight mails."""
    return [draw(mails(number)) for number in range(1, draw(st.integers(1, 8)) + 1)]


@given(
    conversations(),
    MARKS,
    TIED,
    st.randoms(use_true_random=False),
    st.sampled_from([HOUSE, SERVES_ITS_OWN, LEARNT, replace(HOUSE, authenticated_replies=True)]),
)
def test_any_order_of_arrival_gives_the_same_waits(
    messages: list[Seen], marks: list[Mark], tied: frozenset[str], chance: random.Random, house: House
) -> None:
    expected = fold(messages, house, marks, tied)
    chance.shuffle(messages)
    chance.shuffle(marks)
    assert fold(messages, house, marks, tied) == expected


@pytest.mark.parametrize(
    "rows",
    [
        ["10:00 Ann → info", "11:00 info → Ann", "12:00 Ann → info", "12:00 Bob → info", "12:00 info → Bob"],
        ["10:00 Ann → info", "10:00 Bob → info", "10:00 Sue → info", "10:00 info → Ann", "10:00 info → Sue"],
        ["12:00 Ann → info", "11:00 info → Ann", "10:00 Ann → info", "09:00 info → Ann", "08:00 Ann → info"],
    ],
)
def test_all_orders_of_five_mails(rows: list[str]) -> None:
    expected = fold(talk(*rows), HOUSE)
    assert all(fold(order, HOUSE) == expected for order in itertools.permutations(talk(*rows)))


@given(conversations(), MARKS, TIED, st.sampled_from([HOUSE, LEARNT]))
def test_what_holds_for_the_waits_of_any_conversation(
    messages: list[Seen], marks: list[Mark], tied: frozenset[str], house: House
) -> None:
    folded = fold(messages, house, marks, tied)
    incoming = {i for i, v in folded.verdicts.items() if v.direction == "incoming" and v.wants_reply}
    members = [m for wait in folded.waits for m in wait.members]
    assert set(folded.verdicts) == {s.message.identity for s in messages}
    assert len(members) == len(set(members)), "a message belongs to one wait"
    assert set(members) <= incoming
    for wait in folded.waits:
        assert wait.members[0] == wait.opener
        assert wait.due_at == wait.opened_at + timedelta(hours=24)
        assert wait.mailboxes
        assert wait.chased_at is None or wait.chased_at >= wait.opened_at
        seen_to_answer = wait.state == "answered" and wait.evidence not in ("flag", "cited")
        assert seen_to_answer == (wait.answered_by is not None)
        assert (wait.state == "waiting") == (wait.evidence is None)
        assert (wait.closed_at is not None) == (wait.state in ("no_reply_needed", "excused"))
        assert wait.answered_at is None or wait.answered_at >= wait.opened_at
        if wait.answered_by:
            assert wait.answered_at is not None
            assert folded.verdicts[wait.answered_by].direction == "outgoing"


@given(conversations())
def test_every_person_who_asks_a_desk_is_in_a_wait(messages: list[Seen]) -> None:
    folded = fold(messages, HOUSE)
    members = {m for wait in folded.waits for m in wait.members}
    for seen in messages:
        verdict = folded.verdicts[seen.message.identity]
        if verdict.direction == "incoming" and verdict.wants_reply and seen.in_role("inbox") and not seen.draft:
            assert seen.message.identity in members


@given(conversations())
def test_every_verdict_carries_the_name_of_its_rule(messages: list[Seen]) -> None:
    assert all("." in verdict.rule for verdict in fold(messages, HOUSE).verdicts.values())


def test_mails_that_name_each_other_or_themselves_do_no_harm() -> None:
    ring = [mail("10:00 Ann → info", 1, (2,)), mail("11:00 info → Ann", 2, (1,)), mail("12:00 Ann → info", 3, (3,))]
    assert lines(ring) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)", "3 of Mon 12:00 (Ann): waiting"]


@given(st.lists(st.sets(st.integers(1, 9), max_size=3), min_size=1, max_size=9))
def test_in_order_neither_loses_nor_repeats_a_mail_whatever_names_what(named: list[set[int]]) -> None:
    messages = [mail("10:00 Ann → info", n, sorted(others)) for n, others in enumerate(named, 1)]
    assert sorted(s.message.identity for s in in_order(messages)) == sorted(s.message.identity for s in messages)


def test_in_order_takes_a_ring_of_any_length() -> None:
    ring = [mail("10:00 Ann → info", n, (n % 5000 + 1,)) for n in range(1, 5001)]
    assert len(in_order(ring)) == 5000


@pytest.mark.parametrize(
    ("what", "stamps", "order"),
    [
        ("stamps in order", (10, 11, 12), "123"),
        ("a copy stamped before what it answers", (10, 9, 12), "123"),
        ("the same stamp", (10, 10, 10), "123"),
        ("two of three with clocks behind", (10, 9, 8), "123"),
        ("all of them the wrong way round", (12, 11, 10), "123"),
        ("the first one stamped when a client copied it", (12, 9, 10), "123"),
    ],
)
@pytest.mark.parametrize("names", ["all before it", "the one before it"])
def test_a_mail_that_names_another_counts_as_after_it(
    names: str, what: str, stamps: tuple[int, ...], order: str
) -> None:
    first = {"all before it": lambda n: 1, "the one before it": lambda n: n - 1}[names]
    chain = [mail(f"{hour:02}:00 Ann → info", n, range(max(1, first(n)), n)) for n, hour in enumerate(stamps, 1)]
    assert "".join(number_of(s.message.identity) for s in in_order(reversed(chain))) == order, what


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_whatever_the_stamps_no_mail_comes_before_one_that_it_names(hours: list[int], data: st.DataObject) -> None:
    """Mails that only name earlier ones make no ring; then the order is always right."""
    earlier = [data.draw(st.sets(st.integers(1, max(1, n - 1)), max_size=3)) - {n} for n in range(1, len(hours) + 1)]
    messages = [mail(f"{h:02}:00 Ann → info", n, sorted(earlier[n - 1])) for n, h in enumerate(hours, 1)]
    done: set[str] = set()
    for seen in in_order(reversed(messages)):
        assert set(seen.message.names) <= done
        done.add(seen.message.message_id)


def test_a_follow_up_is_not_answered_by_the_reply_it_follows_though_a_client_stamped_the_question_late() -> None:
    """Ann "12:00" ─ info 10:00, naming it ─ Ann 11:00, naming only that: she waits again."""
    late = [mail("12:00 Ann → info", 1), mail("10:00 info → Ann", 2, (1,)), mail("11:00 Ann → info", 3, (2,))]
    assert lines(late) == ["3 of Mon 11:00 (Ann): waiting", "1 of Mon 12:00 (Ann): answered by 2 Mon 12:00 (sent)"]


@pytest.mark.parametrize(
    ("state", "answered", "as_of", "met"),
    [
        ("answered", "Tue 10:00", "Wed 10:00", True),
        ("answered", "Tue 10:01", "Wed 10:00", False),
        ("answered", "", "Wed 10:00", None),
        ("waiting", "", "Tue 09:59", None),
        ("waiting", "", "Tue 10:00", False),
        ("waiting", "", "", None),
        ("no_reply_needed", "", "Wed 10:00", None),
        ("excused", "", "Wed 10:00", None),
    ],
)
def test_whether_the_promise_of_tuesday_ten_was_kept(state: str, answered: str, as_of: str, met: bool | None) -> None:
    known = at(as_of) if as_of else None
    assert is_met(state, at(answered) if answered else None, at("Tue 10:00"), known) is met


def test_one_person_with_two_addresses_and_one_full_name_waits_once() -> None:
    home = mail("11:00 Ann → info", 2, (1,), from_=Address("ann  OTHER", "ann@home.example"))
    assert len(fold([mail("10:00 Ann → info"), home], HOUSE).waits) == 1


LONG = 150_000


@pytest.mark.full
@pytest.mark.parametrize("who", ["one customer, answered each time", "as many customers, answered by nobody"])
def test_a_conversation_of_150_000_mails_with_a_flag_on_each_is_folded_in_minutes(who: str) -> None:
    """Half an hour would be quadratic: each mail against each other one that waits, and against each event."""
    messages = [one_of_many(n, who.startswith("as many")) for n in range(LONG)]
    waits = fold(messages, HOUSE).waits
    assert len(waits) == (LONG if who.startswith("as many") else LONG // 2)
    assert {w.state for w in waits} == {"answered"}


def one_of_many(number: int, strangers: bool) -> Seen:
    """A mail of a long conversation, in which a look at its end saw the flag on all that customers wrote."""
    row = "10:00 info → Ann" if number % 2 and not strangers else "10:00 Ann → info"
    more = {"from_": Address("", f"reader{number}@customer.example")} if strangers else {}
    seen = mail(row, number, (number - 1,) if number else (), **more)
    end = MONDAY + timedelta(minutes=LONG)
    return replace(seen, received_at=MONDAY + timedelta(minutes=number), flag=Flag(end, MONDAY))
