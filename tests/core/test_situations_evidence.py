"""What proves an answer, and what only looks like one (rules.md §3): citations, bounces, flags, copies, addresses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.house import House
from monitor.core.message import FAILED, Address, Flag, Message, Place, Seen
from monitor.core.wait import is_met
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, at, id_of, lines, mail, rules, seen_in, talk

LEARNT = replace(HOUSE, id_domains=frozenset({"mail.ours.example"}))
"""A house whose Sent folders hold ids of this domain."""
UNSEEN = "<7@mail.ours.example>"
THEIRS = "<7@elsewhere.example>"


def citing(row: str, number: int, cited: str, references: Sequence[int] = (), own: str = "") -> Seen:
    """A customer's mail that answers an id nobody has seen."""
    seen = mail(row, number, references=tuple(map(id_of, references)), in_reply_to=(cited,))
    return replace(seen, message=replace(seen.message, message_id=own)) if own else seen


class Test08Cited:
    """Ann ─ (a reply of ours that we cannot see) ─ Ann, who answers it."""

    ASK = mail("10:00 Ann → info")

    def ends(self, *later: Seen, house: House = LEARNT) -> list[tuple[str, str | None]]:
        return [(w.state, w.evidence) for w in fold([self.ASK, *later], house).waits]

    def test_08_a_reply_that_the_customer_cites_ends_the_wait_at_an_unknown_time(self) -> None:
        folded = fold([self.ASK, citing("12:00 Ann → info", 2, UNSEEN, (1,))], LEARNT)
        first, second = folded.waits
        assert (first.state, first.evidence, first.answered_at, first.answered_by) == ("answered", "cited", None, None)
        assert is_met(first.state, first.answered_at, first.due_at, at("Fri 10:00")) is None
        assert (second.state, second.opener, second.first) == ("waiting", id_of(2), False)
        assert folded.cites == {id_of(2): "unseen"}

    def test_08_who_cites_only_the_unseen_reply_proves_it_too(self) -> None:
        assert self.ends(citing("12:00 Ann → info", 2, UNSEEN)) == [("answered", "cited"), ("waiting", None)]

    def test_08_an_id_of_a_domain_that_is_not_ours_proves_nothing(self) -> None:
        assert self.ends(citing("12:00 Ann → info", 2, THEIRS, (1,))) == [("waiting", None)]
        assert self.ends(citing("12:00 Ann → info", 2, UNSEEN, (1,)), house=HOUSE) == [("waiting", None)]

    def test_08_an_id_that_the_opener_names_already_is_older_than_the_wait_and_proves_nothing(self) -> None:
        opener = citing("10:00 Ann → info", 1, UNSEEN)
        chase = citing("12:00 Ann → info", 2, UNSEEN, (1,))
        assert [w.state for w in fold([opener, chase], LEARNT).waits] == ["waiting"]

    def test_08_so_is_one_that_a_mail_before_the_opener_names(self) -> None:
        before = [citing("08:00 Ann → info", 3, UNSEEN), mail("09:00 info → Ann", 4, (3,))]
        asked = mail("10:00 Ann → info", 1, (4,))
        waits = fold([*before, asked, citing("12:00 Ann → info", 2, UNSEEN, (1,))], LEARNT).waits
        assert [w.state for w in waits] == ["answered", "waiting"]

    def test_08_where_both_sides_use_one_provider_an_id_alone_may_be_the_customers_own(self) -> None:
        own = "<8@mail.ours.example>"
        assert self.ends(citing("12:00 Ann → info", 2, UNSEEN, own=own)) == [("waiting", None)]
        in_the_chain = citing("12:00 Ann → info", 2, UNSEEN, (1,), own=own)
        assert self.ends(in_the_chain) == [("answered", "cited"), ("waiting", None)]

    def test_08_a_reply_that_turns_up_later_ends_the_wait_at_its_own_time(self) -> None:
        reply = mail("11:00 info → Ann", 7, (1,), message_id=UNSEEN)
        waits = fold([self.ASK, reply, citing("12:00 Ann → info", 2, UNSEEN, (1,))], LEARNT).waits
        assert [(w.evidence, w.answered_at) for w in waits] == [("sent", at("11:00")), (None, None)]

    def test_08_another_customer_who_cites_us_ends_nobody_elses_wait(self) -> None:
        assert self.ends(citing("12:00 Bob → info", 2, UNSEEN, (1,))) == [("waiting", None), ("waiting", None)]


def bounce(row: str, number: int, *outcomes: str, **facts: object) -> Seen:
    """A delivery report; an outcome is `failed 2 ann@customer.example`."""
    told = tuple(f"{word} {id_of(int(number))} {to}" for word, number, to in (o.split() for o in outcomes))
    headers = {"content-type": ("multipart/report; report-type=delivery-status",), **({FAILED: told} if told else {})}
    from_ = Address("Mail Delivery System", "mailer-daemon@relay.example")
    seen = mail(row, number, from_=from_, **facts)
    return replace(seen, message=replace(seen.message, headers={**headers, **seen.message.headers}))


class Test11Bounces:
    """Ann ─ info ─ a report about that mail."""

    TALK = talk("10:00 Ann → info", "11:00 info → Ann")

    def test_11_a_bounced_reply_opens_the_wait_again_from_its_first_mail(self) -> None:
        (wait,) = fold([*self.TALK, bounce("11:01 Sue → info", 3, "failed 2 ann@customer.example")], HOUSE).waits
        assert (wait.state, wait.opened_at, wait.due_at) == ("waiting", at("10:00"), at("Tue 10:00"))

    def test_11_the_next_reply_ends_it(self) -> None:
        failed = bounce("11:01 Sue → info", 3, "failed 2 ann@customer.example")
        assert lines([*self.TALK, failed, mail("13:00 info → Ann", 4, (1,))]) == [
            "1 of Mon 10:00 (Ann): answered by 4 Mon 13:00 (sent)"
        ]

    @pytest.mark.parametrize(
        "outcome",
        ["delayed 2 ann@customer.example", "delivered 2 ann@customer.example", "failed 9 ann@customer.example"],
    )
    def test_11_a_delay_or_the_failure_of_another_mail_changes_nothing(self, outcome: str) -> None:
        assert lines([*self.TALK, bounce("11:01 Sue → info", 3, outcome)]) == [
            "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"
        ]

    def test_11_what_failed_for_another_recipient_still_reached_the_one_who_waits(self) -> None:
        both = talk("10:00 Ann → info", "11:00 info → Ann, cc Sue")
        assert lines([*both, bounce("11:01 Sue → info", 3, "failed 2 sue@supplier.example")]) == [
            "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"
        ]

    def test_11_an_unknown_address_that_failed_stands_behind_the_only_recipient(self) -> None:
        forwarded = bounce("11:01 Sue → info", 3, "failed 2 ann.other@new.example")
        assert lines([*self.TALK, forwarded]) == ["1 of Mon 10:00 (Ann): waiting"]

    @pytest.mark.parametrize(("names", "state"), [((2,), "waiting"), ((1,), "answered"), ((), "answered")])
    def test_11_x_failed_recipients_counts_for_the_mail_that_the_bounce_names(
        self, names: tuple[int, ...], state: str
    ) -> None:
        told = {"x-failed-recipients": "Ann@Customer.example"}
        exim = mail("11:01 Sue → info", 3, names, from_=Address("", "mailer-daemon@relay.example"), headers=told)
        assert [w.state for w in fold([*self.TALK, exim], HOUSE).waits] == [state]

    def test_11_a_bounce_opens_no_wait_of_its_own_and_a_second_mailbox_does_not_matter(self) -> None:
        failed = seen_in(bounce("11:01 Sue → ops", 3, "failed 2 ann@customer.example"), Place(OPS, "inbox"))
        assert lines([*self.TALK, failed]) == ["1 of Mon 10:00 (Ann): waiting"]


class TestTheFlag:
    """\\Answered on the customer's mail, and no reply to it that we can see."""

    ASK = mail("10:00 Ann → info")
    SET = Flag(at("14:00"), at("13:55"))

    def test_a_flag_that_a_look_saw_appear_ends_the_wait_at_that_look(self) -> None:
        (wait,) = fold([replace(self.ASK, flag=self.SET)], HOUSE).waits
        assert (wait.state, wait.evidence, wait.answered_at) == ("answered", "flag", at("14:00"))
        assert (wait.answered_by, wait.answered_in) == (None, None)

    def test_one_that_was_there_before_the_first_look_says_neither_when_nor_whether_in_time(self) -> None:
        (wait,) = fold([replace(self.ASK, flag=Flag(None))], HOUSE).waits
        assert (wait.state, wait.evidence, wait.answered_at) == ("answered", "flag", None)
        assert is_met(wait.state, wait.answered_at, wait.due_at, at("Fri 10:00")) is None

    @pytest.mark.parametrize("flag", [SET, Flag(None)])
    @pytest.mark.parametrize("reply", ["11:00 info → it: Fwd: a question", "11:00 info → Sue: Fwd: a question"])
    def test_a_visible_forward_explains_it_so_the_customer_still_waits(self, reply: str, flag: Flag) -> None:
        assert lines([replace(self.ASK, flag=flag), mail(reply, 2, (1,))]) == ["1 of Mon 10:00 (Ann): waiting"]

    @pytest.mark.parametrize("flag", [SET, Flag(None)])
    def test_a_visible_reply_explains_it_and_is_the_better_evidence(self, flag: Flag) -> None:
        for names in ((1,), ()):
            assert lines([replace(self.ASK, flag=flag), mail("11:00 info → Ann", 2, names)]) == [
                "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"
            ]

    def test_a_saved_draft_explains_nothing(self) -> None:
        draft = replace(mail("11:00 info → Ann", 2, (1,)), draft=True)
        (wait,) = fold([replace(self.ASK, flag=self.SET), draft], HOUSE).waits
        assert wait.evidence == "flag"

    @pytest.mark.parametrize(
        ("again", "states"),
        [
            ("13:00 Ann → info", ["answered"]),
            ("13:57 Ann → info", ["answered", "waiting"]),
            ("15:00 Ann → info", ["answered", "waiting"]),
        ],
        ids=["before the last look without it", "between the two looks", "after it was seen"],
    )
    def test_who_wrote_after_the_flagged_mail_waits_unless_a_look_without_the_flag_lay_between(
        self, again: str, states: list[str]
    ) -> None:
        rows = [replace(self.ASK, flag=self.SET), mail(again, 2, (1,))]
        assert [w.state for w in fold(rows, HOUSE).waits] == states

    def test_the_flag_on_the_second_mail_answers_the_first_too(self) -> None:
        rows = [self.ASK, replace(mail("11:00 Ann → info", 2, (1,)), flag=self.SET)]
        (wait,) = fold(rows, HOUSE).waits
        assert (wait.opened_at, wait.answered_at) == (at("10:00"), at("14:00"))

    def test_a_flag_on_one_customers_mail_says_nothing_of_another(self) -> None:
        rows = [replace(self.ASK, flag=self.SET), mail("11:00 Bob → info", 2, (1,))]
        assert [(w.who.address, w.state) for w in fold(rows, HOUSE).waits] == [
            ("ann@customer.example", "answered"),
            ("bob@customer.example", "waiting"),
        ]


class TestCopies:
    """A colleague answers from elsewhere; the desk gets a copy."""

    @pytest.mark.parametrize(
        ("stamp", "required", "evidence"),
        [
            ("mx.ours.example; dmarc=pass header.from=ours.example", False, "copy"),
            ("mx.ours.example; dmarc=pass header.from=ours.example", True, "copy"),
            ("mx.ours.example; dmarc=none", False, "copy-unverified"),
            ("mx.ours.example; dmarc=none", True, None),
            ("", False, "copy-unverified"),
            ("", True, None),
            ("mx.ours.example; dmarc=fail header.from=ours.example", False, None),
        ],
    )
    def test_how_well_a_copy_was_checked_is_its_grade(self, stamp: str, required: bool, evidence: str | None) -> None:
        headers = {"authentication-results": stamp} if stamp else {}
        copy = mail("11:00 it → Ann, cc info", 2, (1,), headers=headers)
        house = replace(HOUSE, authenticated_replies=required)
        (wait,) = fold([mail("10:00 Ann → info"), copy], house).waits
        assert (wait.state, wait.evidence) == ("answered" if evidence else "waiting", evidence)

    def test_what_lies_in_a_sent_folder_needs_no_check(self) -> None:
        headers = {"authentication-results": "mx.ours.example; dmarc=fail"}
        both = seen_in(
            mail("11:00 info → Ann, info", 2, (1,), headers=headers), Place(INFO, "sent"), Place(INFO, "inbox")
        )
        (wait,) = fold([mail("10:00 Ann → info"), both], replace(HOUSE, authenticated_replies=True)).waits
        assert wait.evidence == "sent"

    def test_what_came_to_info_is_answered_from_ops(self) -> None:
        (wait,) = fold(talk("10:00 Ann → info", "11:00 ops → Ann"), HOUSE).waits
        assert (wait.mailboxes, wait.answered_in, wait.evidence) == ((INFO,), OPS, "sent")


class TestOnePerson:
    """Several addresses of one person, and several persons of one conversation."""

    @staticmethod
    def answered_at(asked: Address, to: Address) -> bool:
        ask = mail("10:00 Ann → info", from_=asked)
        reply: Message = mail("11:00 info → Ann", 2, (1,)).message
        seen = replace(mail("11:00 info → Ann", 2, (1,)), message=replace(reply, recipients=(to,)))
        return fold([ask, seen], HOUSE).waits[0].state == "answered"

    @pytest.mark.parametrize(
        ("asked", "to"),
        [
            (Address("", "ann+shop@customer.example"), Address("", "ann@customer.example")),
            (Address("", "ann@customer.example"), Address("", "ann+orders@customer.example")),
            (Address("", "ann@googlemail.com"), Address("", "ann@gmail.com")),
            (Address("Ann Other", "ann@customer.example"), Address("ANN  other", "a.other@home.example")),
        ],
        ids=["wrote with +detail", "answered with +detail", "googlemail", "full name at another address"],
    )
    def test_an_answer_to_another_spelling_of_the_address_reaches_the_person(self, asked: Address, to: Address) -> None:
        assert self.answered_at(asked, to)

    @pytest.mark.parametrize(
        "to",
        [
            Address("Ann", "a.other@home.example"),
            Address("", "ann@other.example"),
            Address("", "anna@customer.example"),
        ],
        ids=["only a first name", "other domain", "other person"],
    )
    def test_one_to_somebody_else_does_not(self, to: Address) -> None:
        assert not self.answered_at(Address("Ann Other", "ann@customer.example"), to)

    def test_three_customers_of_one_conversation_are_answered_one_by_one(self) -> None:
        asked = [mail("10:00 Ann → info"), mail("10:10 Bob → info", 2, (1,)), mail("10:20 Sue → info", 3, (1,))]
        replies = [mail("11:00 info → Bob", 4, (2,)), mail("12:00 info → Ann, Sue", 5, (1,))]
        assert lines([*asked, *replies]) == [
            "1 of Mon 10:00 (Ann): answered by 5 Mon 12:00 (sent)",
            "2 of Mon 10:10 (Bob): answered by 4 Mon 11:00 (sent)",
            "3 of Mon 10:20 (Sue): answered by 5 Mon 12:00 (sent)",
        ]


def test_12_thanks_after_our_reply_are_a_wait_of_low_urgency() -> None:
    """Ann ─ info ─ Ann: "Thanks!": its headers say no more than that it is very short."""
    thanks = replace(mail("12:00 Ann → info: Re: a question", 3, (2,)), size=2000)
    first, second = fold(talk("10:00 Ann → info", "11:00 info → Ann", thanks), HOUSE).waits
    assert (first.state, first.low_urgency) == ("answered", False)
    assert (second.state, second.low_urgency) == ("waiting", True)
    chased = mail("13:00 Ann → info: Re: a question", 4, (3,))
    assert not fold([*talk("10:00 Ann → info", "11:00 info → Ann", thanks), chased], HOUSE).waits[1].low_urgency


def test_12_where_the_opt_in_look_called_it_a_closer_nobody_waits_and_it_is_listed_apart() -> None:
    """Ann ─ info ─ Ann: "Thanks!"."""
    thanks = mail("12:00 Ann → info: Re: a question", 3, (2,), headers={":closer": "yes"})
    folded = fold(talk("10:00 Ann → info", "11:00 info → Ann", thanks), HOUSE)
    assert [wait.state for wait in folded.waits] == ["answered"]
    assert rules(folded)[2] == "closer.thanks"


def test_a_flag_seen_a_week_later_is_a_late_answer() -> None:
    late = Flag(at("10:00") + timedelta(days=7), at("09:00") + timedelta(days=7))
    (wait,) = fold([replace(mail("10:00 Ann → info"), flag=late)], HOUSE).waits
    assert is_met(wait.state, wait.answered_at, wait.due_at, None) is False
