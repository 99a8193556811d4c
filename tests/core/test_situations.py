"""The situations that must come out right (rules.md §5), by their numbers. The expected results are fixed.

Rows read like `10:00 Ann → info: subject`; what became of them, like `1 of Mon 10:00 (Ann): waiting`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.conversations import join, own_id, ties
from monitor.core.ids import find_ids
from monitor.core.letter_ids import letter_id
from monitor.core.message import Address, Place, Seen
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, SERVES_ITS_OWN, at, lines, mail, rules, seen_in, talk

AUTOMATIC = {"auto-submitted": "auto-replied"}


def strands(rows: Iterable[Seen]) -> int:
    """Into how many strands ids put these messages."""
    messages = [seen.message for seen in rows]
    nodes = [[own_id(m), *ties(m, HOUSE.staff).nodes] for m in messages]
    numbers = join(nodes, {}, 0).numbers
    return len({numbers[own_id(m)] for m in messages})


def test_01_a_customer_who_asks_twice_waits_once_from_the_first() -> None:
    """Ann 10:00 ─ Ann 10:30 ─ (nothing)."""
    asked_twice = talk("10:00 Ann → info", "10:30 Ann → info")
    assert lines(asked_twice) == ["1 of Mon 10:00 (Ann): waiting, chased Mon 10:30"]
    assert fold(asked_twice, HOUSE).waits[0].due_at == at("Tue 10:00")


def test_02_a_second_reply_changes_nothing() -> None:
    """Ann ─ info ─ info."""
    assert lines(talk("10:00 Ann → info", "11:00 info → Ann", "15:00 info → Ann")) == [
        "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"
    ]


def test_03_writing_again_after_our_reply_opens_a_new_wait_with_its_own_target() -> None:
    """Ann ─ info ─ Ann."""
    again = talk("10:00 Ann → info", "11:00 info → Ann", "Wed 09:00 Ann → info")
    assert lines(again) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)", "3 of Wed 09:00 (Ann): waiting"]
    first, second = fold(again, HOUSE).waits
    assert (first.due_at, second.due_at) == (at("Tue 10:00"), at("Thu 09:00"))
    assert (first.first, second.first) == (True, False)


def test_04_the_time_to_the_answer_counts_from_the_opener_whichever_message_is_answered_first() -> None:
    """Ann 1 ─ Ann 2 ─ Ann 3, info answers 3, then 1."""
    three = [mail(f"{10 + n}:00 Ann → info", n, (1,) if n > 1 else ()) for n in (1, 2, 3)]
    answers = [mail("15:00 info → Ann", 4, (3,)), mail("16:00 info → Ann", 5, (1,))]
    assert lines(three + answers) == ["1 of Mon 11:00 (Ann): answered by 4 Mon 15:00 (sent)"]


def test_05_a_forward_to_a_colleague_is_a_handoff_and_the_customer_still_waits() -> None:
    """Ann ─ info → it."""
    handed_on = talk("10:00 Ann → info", "11:00 info → it: Fwd: a question")
    assert lines(handed_on) == ["1 of Mon 10:00 (Ann): waiting"]
    handoff = fold(handed_on, HOUSE).waits[0].handoff
    assert handoff is not None
    assert (handoff.at, handoff.from_team, handoff.to_team, handoff.decided) == (
        at("11:00"),
        "Information",
        "IT",
        False,
    )


def test_05_a_word_to_the_owner_of_the_same_team_hands_nothing_off() -> None:
    """Ann ─ info → Olga, who owns the team of info."""
    (wait,) = fold(talk("10:00 Ann → info", "11:00 info → Olga"), HOUSE).waits
    assert (wait.state, wait.handoff) == ("waiting", None)


def test_06_a_colleague_who_answers_the_desk_has_decided_but_the_customer_was_not_told() -> None:
    """Ann ─ info → it ─ it → info."""
    decided = talk("10:00 Ann → info", "11:00 info → it", "12:00 it → info: Re: a question")
    assert lines(decided) == ["1 of Mon 10:00 (Ann): waiting"]
    handoff = fold(decided, HOUSE).waits[0].handoff
    assert handoff is not None
    assert (handoff.from_team, handoff.to_team, handoff.decided) == ("IT", "Information", True)


def test_06_and_the_desk_that_tells_the_customer_ends_the_wait() -> None:
    """Ann ─ info → it ─ it → info ─ info → Ann."""
    told = talk("10:00 Ann → info", "11:00 info → it", "12:00 it → info", "13:00 info → Ann")
    assert lines(told) == ["1 of Mon 10:00 (Ann): answered by 4 Mon 13:00 (sent)"]


@pytest.mark.parametrize("colleague", ["it", "Eva"])
def test_07_a_colleague_who_answers_from_an_own_mailbox_with_the_desk_in_cc_answers(colleague: str) -> None:
    """Ann ─ it → Ann, Cc info: believed, graded."""
    assert lines(talk("10:00 Ann → info", f"11:00 {colleague} → Ann, cc info")) == [
        "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (copy-unverified)"
    ]


def test_09_an_acknowledgement_by_a_machine_of_ours_is_no_answer() -> None:
    """Ann ─ info (Auto-Submitted: auto-replied)."""
    acknowledged = talk("10:00 Ann → info", mail("10:00 info → Ann", 2, (1,), headers=AUTOMATIC))
    assert lines(acknowledged) == ["1 of Mon 10:00 (Ann): waiting"]
    assert rules(fold(acknowledged, HOUSE))[1] == "automatic.auto-submitted"


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        ("Re: a question", AUTOMATIC),
        ("Re: a question", {"x-autoreply": "yes"}),
        ("Automatic reply: a question", {"x-auto-response-suppress": "All"}),
    ],
)
def test_10_an_out_of_office_after_our_reply_opens_no_wait(subject: str, headers: dict[str, str]) -> None:
    """Ann ─ info ─ Ann (a machine)."""
    away = mail(f"11:01 Ann → info: {subject}", 3, (2,), headers=headers)
    assert lines(talk("10:00 Ann → info", "11:00 info → Ann", away)) == [
        "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"
    ]


def test_13_a_new_question_on_last_years_conversation_is_a_new_wait_in_it() -> None:
    """Ann ─ info ─ … a year … ─ Ann."""
    old = [
        replace(seen, received_at=seen.received_at - timedelta(days=365))
        for seen in talk("10:00 Ann → info", "11:00 info → Ann")
    ]
    late = mail("09:00 Ann → info: Re: a question", 3, (2,))
    waits = fold([*old, late], HOUSE).waits
    assert [w.state for w in waits] == ["answered", "waiting"]
    assert waits[1].opened_at == at("09:00")
    assert strands([*old, late]) == 1


def test_16_one_mail_to_two_mailboxes_is_one_wait_shown_in_both() -> None:
    """Ann → info, ops ─ ops → Ann."""
    to_both = mail("10:00 Ann → info, ops")
    waits = fold([to_both], HOUSE).waits
    assert [w.mailboxes for w in waits] == [(INFO, OPS)]
    assert lines([to_both, mail("11:00 ops → Ann", 2, (1,))]) == [
        "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"
    ]
    assert fold([to_both, mail("11:00 ops → Ann", 2, (1,))], HOUSE).waits[0].answered_in == OPS


def test_17_staff_who_write_to_a_desk_that_serves_the_house_wait_like_anybody() -> None:
    """Eva → info, where info@ serves internal customers; where it does not, nobody waits."""
    asked = talk("10:00 Eva → info")
    assert lines(asked, SERVES_ITS_OWN) == ["1 of Mon 10:00 (Eva): waiting"]
    assert lines(asked) == []
    answered = talk("10:00 Eva → info", "11:00 info → Eva")
    assert lines(answered, SERVES_ITS_OWN) == ["1 of Mon 10:00 (Eva): answered by 2 Mon 11:00 (sent)"]


def test_17_the_owners_of_the_desk_are_not_its_customers() -> None:
    """Olga, who owns info@, → info."""
    note = mail("10:00 Eva → info", from_=Address("Olga", "olga@ours.example"))
    assert lines([note], SERVES_ITS_OWN) == []


def test_18_a_conversation_that_we_start_has_no_wait_until_they_answer() -> None:
    """info → Ann ─ Ann → info."""
    assert lines(talk("10:00 info → Ann")) == []
    assert lines(talk("10:00 info → Ann", "12:00 Ann → info")) == ["2 of Mon 12:00 (Ann): waiting"]


@pytest.mark.parametrize("more", [Place(INFO, "inbox"), Place(OPS, "inbox")])
def test_20_and_24_seen_again_elsewhere_it_is_still_the_same_wait(more: Place) -> None:
    """Ann → info, then moved, copied, or read anew after a rebuild: places are added, nothing else changes."""
    before = talk("10:00 Ann → info", "10:30 Ann → info")
    after = [replace(seen, places=seen.places | {more}) for seen in before]
    (old,), (new,) = fold(before, HOUSE).waits, fold(after, HOUSE).waits
    assert new._replace(mailboxes=old.mailboxes) == old
    assert new.mailboxes[0] == INFO


def test_20_and_24_a_sent_copy_that_is_also_seen_in_an_inbox_is_still_sent() -> None:
    """Ann ─ info, its copy in Sent and in the inbox."""
    copied = mail("11:00 info → Ann", 2, (1,))
    copied = seen_in(copied, Place(INFO, "sent"), Place(INFO, "inbox"))
    assert lines([mail("10:00 Ann → info"), copied]) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"]


def test_28_a_third_party_in_cc_who_chases_chases_the_same_wait() -> None:
    """Ann → info, Cc Bob ─ Bob → info; the answer to Bob ends it."""
    chased = talk("10:00 Ann → info, cc Bob", "12:00 Bob → info")
    assert lines(chased) == ["1 of Mon 10:00 (Ann): waiting, chased Mon 12:00"]
    assert lines([*chased, mail("13:00 info → Bob", 3, (2,))]) == [
        "1 of Mon 10:00 (Ann): answered by 3 Mon 13:00 (sent)"
    ]


def test_29_a_conversation_of_150_mails_is_one_conversation() -> None:
    """1 ─ 2 ─ 3 ─ … ─ 150, each naming only the one before."""
    rows = [mail("10:00 Ann → info", n, (n - 1,)) for n in range(1, 151)]
    assert strands(rows) == 1
    assert len(fold(rows, HOUSE).waits) == 1


def test_30_a_sent_copy_that_arrives_a_poll_later_than_the_next_question_gives_the_same_waits() -> None:
    """Ann 10:00 ─ info 11:00 (seen last) ─ Ann 12:00."""
    ask, reply, again = talk("10:00 Ann → info", "11:00 info → Ann", "12:00 Ann → info")
    assert lines([ask, again]) == ["1 of Mon 10:00 (Ann): waiting, chased Mon 12:00"]
    expected = ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)", "3 of Mon 12:00 (Ann): waiting"]
    assert lines([ask, reply, again]) == expected
    assert lines([ask, again, reply]) == expected


def test_30_a_sent_copy_stamped_before_the_question_by_a_wrong_clock_still_answers_it() -> None:
    """Ann 10:00 ─ info "09:55", naming Ann's mail: it counts as after it, and the wait has no negative length."""
    wrong_clock = [mail("10:00 Ann → info"), mail("09:55 info → Ann", 2, (1,))]
    assert lines(wrong_clock) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 10:00 (sent)"]


def test_31_ids_without_brackets_answer_all_the_same() -> None:
    """Ann ─ info (In-Reply-To: 1@mail.example)."""
    bare = mail("11:00 info → ", 2, in_reply_to=find_ids("1@mail.example"))
    assert lines([mail("10:00 Ann → info"), bare]) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"]


@pytest.mark.parametrize("field", ["x-original-from", "x-original-sender"])
@pytest.mark.parametrize("value", ["ann@customer.example", "Ann Other <ann@customer.example>"])
def test_31_where_a_group_rewrote_from_the_person_behind_it_waits(field: str, value: str) -> None:
    """ "Ann Other via Info" <info@> → info ─ info → Ann."""
    ask = mail("10:00 Ann → info", from_=Address("Ann Other via Info", INFO), headers={field: value})
    wait = fold([ask], HOUSE).waits[0]
    assert (wait.who.address, wait.state) == ("ann@customer.example", "waiting")
    assert lines([ask, mail("11:00 info → Ann", 2, (1,))]) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"]


def test_31_where_a_group_rewrote_from_a_colleague_behind_it_answers() -> None:
    """Ann → info ─ "Eva Staff via Info" <info@> → Ann, Cc info."""
    reply = mail(
        "11:00 Eva → Ann, cc info",
        2,
        (1,),
        from_=Address("Eva Staff via Info", INFO),
        reply_to=(Address("Eva", "eva@ours.example"),),
    )
    assert lines([mail("10:00 Ann → info"), reply]) == [
        "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (copy-unverified)"
    ]


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ("mx.ours.example; dmarc=fail header.from=ours.example", "waiting"),
        ("mx.ours.example; spf=pass; DMARC = FAIL (p=none)", "waiting"),
        ("mx.ours.example; dmarc=none", "answered"),
        ("mx.ours.example; dkim=fail; spf=fail", "answered"),
        ("", "answered"),
    ],
)
def test_32_a_forged_reply_in_our_name_is_claimed_and_stops_no_clock(results: str, state: str) -> None:
    """Ann ─ "it@ours" → Ann, Cc info, dmarc=fail."""
    headers = {"authentication-results": results} if results else {}
    forged = [mail("10:00 Ann → info"), mail("11:00 it → Ann, cc info", 2, (1,), headers=headers)]
    folded = fold(forged, HOUSE)
    assert [w.state for w in folded.waits] == [state]
    assert (rules(folded)[1] == "claimed.dmarc-fail") == (state == "waiting")


def test_32_only_the_topmost_authentication_results_count() -> None:
    """A sender can write what they like below the one our server stamps."""
    forged = mail("11:00 it → Ann, cc info", 2, (1,))
    results = ("mx.ours.example; dmarc=fail", "mx.ours.example; dmarc=pass")
    forged = replace(forged, message=replace(forged.message, headers={"authentication-results": results}))
    assert lines([mail("10:00 Ann → info"), forged]) == ["1 of Mon 10:00 (Ann): waiting"]


def test_32_a_signature_that_one_of_our_own_lists_broke_is_no_forgery() -> None:
    """Ann → list ─ it → list, dmarc=fail."""
    headers = {"authentication-results": "mx.ours.example; dmarc=fail", "list-id": "<users.lists.example>"}
    ask = seen_in(mail("10:00 Ann → list"), Place(INFO, "inbox"))
    reply = seen_in(mail("11:00 it → list", 2, (1,), headers=headers), Place(INFO, "inbox"))
    assert lines([ask, reply]) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (copy-unverified)"]


def test_32_a_display_name_that_looks_like_staff_is_an_outsider() -> None:
    """Ann ─ "it@ours.example" <x@evil.example> → Ann, Cc info."""
    trick = mail("11:00 it → Ann, cc info", 2, (1,), from_=Address("it@ours.example", "x@evil.example"))
    assert lines([mail("10:00 Ann → info"), trick])[0].startswith("1 of Mon 10:00 (Ann): waiting")


def test_34_asking_a_supplier_outside_is_no_answer() -> None:
    """Ann → info ─ info → Sue ─ Sue → info: Ann waits on until somebody writes to her."""
    asked_outside = talk("10:00 Ann → info", "11:00 info → Sue: Fwd: a question")
    assert lines(asked_outside) == ["1 of Mon 10:00 (Ann): waiting"]
    supplied = [*asked_outside, mail("12:00 Sue → info", 3, (2,))]
    assert lines(supplied)[0] == "1 of Mon 10:00 (Ann): waiting"
    assert lines([*supplied, mail("13:00 info → Ann", 4, (1,))])[0] == (
        "1 of Mon 10:00 (Ann): answered by 4 Mon 13:00 (sent)"
    )


def test_34_answering_another_customer_of_the_conversation_leaves_the_first_waiting() -> None:
    """Ann → info; Bob, on the same thread, → info; info → Bob only."""
    two = talk("10:00 Ann → info", "10:30 Bob → info", "11:00 info → Bob")
    assert lines(two) == ["1 of Mon 10:00 (Ann): waiting", "2 of Mon 10:30 (Bob): answered by 3 Mon 11:00 (sent)"]


def test_35_a_customer_named_undeliverable_parcel_waits() -> None:
    """ "Undeliverable parcel" → info, with a subject to match."""
    named = mail(
        "10:00 Ann → info: Undeliverable: parcel 12", from_=Address("Undeliverable parcel", "u@customer.example")
    )
    assert lines([named]) == ["1 of Mon 10:00 (Undeliverable): waiting"]


def test_36_staffs_own_mail_with_ids_of_the_letters_domain_answers_as_ever() -> None:
    """Ann ─ info, whose id is of the domain our letters come from; a letter of ours answers nobody."""
    theirs, letter = "<20261109.42@ours.example>", letter_id("reminder", "wait 1", "ours.example", HOUSE.letter_key)
    assert _answered_with(theirs) == ["1 of Mon 10:00 (Ann): answered by 20261109.42 Mon 11:00 (sent)"]
    assert _answered_with(letter) == ["1 of Mon 10:00 (Ann): waiting"]


def _answered_with(message_id: str) -> list[str]:
    reply = mail("11:00 info → Ann", 2, (1,), identity=message_id, message_id=message_id)
    return lines([mail("10:00 Ann → info"), reply])


@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("a Sent copy without recipients answers whom it names", ["10:00 Ann → info", "11:00 info → "]),
        ("a reply to a list that outsiders read answers them", ["10:00 Ann → info", "11:00 info → list"]),
    ],
)
def test_what_else_reaches_the_one_who_waits(what: str, rows: list[str]) -> None:
    assert lines(talk(*rows)) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"], what


@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("mail to a group that only staff read is internal", ["10:00 Ann → info", "11:00 info → group"]),
        ("a reply sent before the question", ["10:00 info → Ann", "11:00 Ann → info"]),
    ],
)
def test_what_does_not_reach_the_one_who_waits(what: str, rows: list[str]) -> None:
    assert [w.state for w in fold(talk(*rows), HOUSE).waits] == ["waiting"], what


def test_the_answer_may_go_to_the_address_in_reply_to() -> None:
    """Ann, Reply-To her other address ─ info → that one."""
    other = Address("Ann", "ann@home.example")
    ask = mail("10:00 Ann → info", reply_to=(other,))
    reply = mail("11:00 info → Ann", 2, (1,), recipients=(other,))
    assert lines([ask, reply]) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"]


def test_a_conversation_of_nobody_has_no_waits() -> None:
    nothing: list[Seen] = []
    assert lines(nothing) == []
