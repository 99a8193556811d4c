"""Nobody is called late, reminded or written to on a wrong ground: what a review found could be, told as stories."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from tests.servers.smtp_sink import KEEP_AND_CLOSE
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, Mail, at, kinds, text_of, utc

NO_LETTERS: list[tuple[str, str]] = []
REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'
TWO = {"info": "", "ops": ""}
EIGHT_SIGNATURES = "; ".join(
    f"dkim=fail (bad signature) header.d=relay{n}.example header.s=selector{n} header.b=AbCdEf{n}" for n in range(8)
)


@pytest.fixture
def running(house: House) -> House:
    """A house whose monitor has been running since Monday 08:00."""
    house.opens(at("Mon 08:00"))
    return house


def stamped(mail: Mail, field: str) -> Mail:
    """The same mail with one more header field above all others."""
    return mail._replace(raw=f"{field}\r\n".encode() + mail.raw)


def report(house: House, now: datetime) -> dict[str, Any]:
    """The report of the week of 11 November, as JSON."""
    told = house.run(now, "report", "--week", "2024-W46", "--json")
    assert told.code == 0, told.err
    found: dict[str, Any] = json.loads(told.out)
    return found


class TestTheConfigChanges:
    def test_a_longer_promise_reminds_nobody_twice_of_one_step_and_holds_no_letter_up(self, houses: Houses) -> None:
        house = houses(config=REPORT)
        house.opens(at("Mon 08:00"))
        first = house.asks(at("Mon 10:00"), ANN)
        house.asks(at("Tue 09:00"), BEN)
        reminder = [("reminder", house.lead())]
        assert kinds(house.round(at("Tue 10:05"))) == reminder
        house.configure(f'{REPORT}[target]\nreply_within = "48h"\n')
        assert kinds(house.round(at("Wed 09:30"))) == NO_LETTERS
        assert kinds(house.round(at("Wed 10:10"))) == NO_LETTERS, "Ann's first reminder was sent under the old promise"
        (about_ben,) = house.round(at("Thu 09:05"))
        assert ("Ben Borrower" in text_of(about_ben), "Ann Reader" in text_of(about_ben)) == (True, False)
        assert kinds(house.round(at("Thu 10:10"))) == reminder
        assert kinds(house.round(at("Fri 10:10"))) == reminder
        assert kinds(house.round(at("Mon 07:05", week=1))) == [
            ("reminder", house.lead()),
            ("report", "board@leaders.example"),
        ]
        told = json.loads(house.run(at("Mon 07:10", week=1), "explain", first.id, "--json").out)["reminders"]
        assert [(r["occurrence"], r["recipient"]) for r in told] == [(n, house.lead()) for n in (0, 1, 2, 4)]

    @pytest.mark.parametrize("to", ["owner", "chief", "board"])
    def test_a_recipient_that_mail_servers_do_not_take_is_refused_before_anything_starts(
        self, houses: Houses, to: str
    ) -> None:
        ladder, board = '[[reminder]]\nto = ["jörg@ours.example"]\n', '[report]\nto = ["jörg@ours.example"]\n'
        config = {"owner": "", "chief": ladder, "board": board}[to]
        house = houses(config=config, owners=("jörg",) if to == "owner" else ("lead",))
        told = house.run(at("Mon 08:00"), "run", "--once")
        assert (told.code, told.out) == (78, "")
        assert "may hold only ASCII characters before the @" in told.err
        assert "Traceback" not in told.err

    def test_a_desk_taken_out_of_it_is_in_neither_list_nor_letters_nor_report(self, houses: Houses) -> None:
        house = houses(TWO)
        house.opens(at("Mon 08:00"))
        house.asks(at("Mon 10:00"), to="ops", subject="About the depot")
        house.round(at("Mon 10:05"))
        assert [w["mailboxes"] for w in house.waits(at("Mon 10:05"))] == [[house.address("ops")]]
        del house.desks["ops"]
        house.write_config()
        assert kinds(house.round(at("Tue 12:00"))) == NO_LETTERS
        later = at("Mon 12:00", week=1)
        assert house.waits(later) == []
        assert "About the depot" not in house.run(later, "threads", "--all").out
        assert house.run(later, "threads", "--fail-if-late").code == 0
        week = report(house, later)
        assert (week["overall"]["n"], week["overall"]["waiting"], week["longest"]) == (0, 0, [])

    def test_the_order_of_two_desks_says_whose_a_shared_question_is(self, houses: Houses) -> None:
        house = houses({"info": 'reply_within = "24h"', "ops": 'reply_within = "48h"'})
        house.opens(at("Mon 08:00"))
        both = house.asks_all(at("Mon 10:00"))
        house.round(at("Mon 10:05"))
        assert house.thread(both, at("Mon 10:05"))["mailbox"] == house.address("info")
        assert house.wait(at("Mon 10:05"))["due_at"] == utc(at("Tue 10:00"))
        house.desks = dict(reversed(house.desks.items()))
        house.write_config()
        house.round(at("Mon 10:10"))
        thread = house.thread(both, at("Mon 10:10"))
        assert (thread["mailbox"], thread["team"]) == (house.address("ops"), "Ops desk")
        (wait,) = thread["waits"]
        assert wait["mailboxes"] == [house.address("ops"), house.address("info")]
        assert wait["due_at"] == utc(at("Wed 10:00"))


class TestWhatIsNotKnown:
    def test_a_question_to_two_desks_is_not_late_while_one_of_them_cannot_be_read(self, houses: Houses) -> None:
        house = houses(TWO)
        house.opens(at("Mon 08:00"))
        house.asks_all(at("Mon 10:00"))
        house.round(at("Mon 10:05"))
        house.set_password("ops", "forgotten")
        now = at("Tue 10:30")
        assert kinds(house.round(now, code=77)) == [("notice", house.operator)]
        assert [(m["waiting"], m["late"]) for m in house.status(now)["mailboxes"]] == [(1, 0), (0, 0)]
        assert house.wait(now)["met"] is None
        assert house.run(now, "threads", "--fail-if-late").code == 0
        overall = report(house, now)["overall"]
        assert {name: overall[name] for name in ("k", "n", "open_misses", "late", "waiting")} == {
            "k": 0,
            "n": 0,
            "open_misses": 0,
            "late": 0,
            "waiting": 1,
        }

    def test_a_question_also_to_a_blind_desk_reminds_the_owners_of_the_one_that_sees(self, houses: Houses) -> None:
        house = houses(TWO)
        house.sends(at("Mon 07:00"), CLEO, by="info")
        assert kinds(house.round(at("Mon 08:00"))) == NO_LETTERS
        house.asks_all(at("Mon 10:00"))
        assert kinds(house.round(at("Tue 10:05"))) == [("notice", house.operator), ("reminder", house.lead("info"))]
        assert kinds(house.round(at("Tue 10:10"))) == NO_LETTERS
        assert kinds(house.round(at("Wed 10:05"))) == [("reminder", house.lead("info"))]

    def test_an_earlier_now_judges_by_what_could_be_known_then(self, running: House) -> None:
        running.asks(at("Mon 10:00"))
        running.round(at("Wed 10:05"))
        assert [w["met"] for w in running.waits(at("Wed 10:05"))] == [False]
        assert [w["met"] for w in running.waits(at("Mon 12:00"))] == [None]
        assert json.loads(running.run(at("Mon 12:00"), "threads", "--late", "--json").out) == []
        assert running.run(at("Mon 12:00"), "threads", "--fail-if-late").code == 0


class TestWhatCounts:
    @pytest.mark.parametrize(
        "stamp",
        [
            "mx.ours; spf=pass smtp.mailfrom=dmarc=pass@evil.example; dmarc=fail header.from=ours.example",
            f"mx.ours; {EIGHT_SIGNATURES}; dmarc=fail header.from=ours.example",
        ],
        ids=["pass-in-the-envelope", "fail-behind-eight-signatures"],
    )
    def test_a_forged_copy_answers_nobody_whatever_stands_before_the_fail(self, running: House, stamp: str) -> None:
        question = running.asks(at("Mon 10:00"))
        copy = running.mail(
            f"Boss <{running.address('boss')}>", ANN, at("Mon 11:00"), answers=question, cc=running.address("info")
        )
        running.put("info", "INBOX", stamped(copy, f"Authentication-Results: {stamp}"))
        assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]
        assert running.wait(at("Tue 10:05"))["state"] == "waiting"
        shown = running.thread(question, at("Tue 10:05"))["messages"][-1]
        assert (shown["message_id"], shown["rule"]) == (copy.id, "claimed.dmarc-fail")

    @pytest.mark.parametrize("first", ["INBOX", "Sent"])
    def test_a_customer_in_the_bcc_of_the_sent_copy_was_answered_whichever_copy_is_read_first(
        self, running: House, first: str
    ) -> None:
        question = running.asks(at("Mon 10:00"))
        bare = running.mail(running.address("info"), running.address("info"), at("Mon 11:00"), answers=question)
        copies = {"INBOX": bare, "Sent": stamped(bare, f"Bcc: {ANN}")}
        for folder in sorted(copies, key=lambda f: f != first):
            running.put("info", folder, copies[folder])
            running.round(at("Mon 12:00"))
        assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
        wait = running.wait(at("Tue 10:05"))
        assert (wait["state"], wait["answered_by"], wait["evidence"]) == ("answered", bare.id, "sent")

    def test_a_question_dragged_into_sent_and_back_still_waits(self, running: House) -> None:
        question, desk = running.asks(at("Mon 10:00")), running.address("info")
        running.round(at("Mon 10:05"))
        running.dovecot.move(desk, "INBOX", 1, "Sent")
        running.round(at("Mon 10:10"))
        assert running.wait(at("Mon 10:10"))["state"] == "waiting"
        running.dovecot.move(desk, "Sent", max(running.dovecot.flags(desk, "Sent")), "INBOX")
        running.round(at("Mon 10:15"))
        wait = running.wait(at("Mon 10:15"))
        assert (wait["state"], wait["opened_by"], wait["opened_at"]) == ("waiting", question.id, utc(at("Mon 10:00")))
        assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]

    def test_a_reply_to_450_people_is_recognised_though_its_header_is_longer_than_what_is_fetched_first(
        self, running: House
    ) -> None:
        question = running.asks(at("Mon 10:00"))
        to = ",\r\n ".join([ANN, *(f"someone.number{n:04d}@customer.example" for n in range(450))])
        raw = (
            f"From: {running.address('info')}\r\nTo: {to}\r\nSubject: To all of you\r\n"
            "Date: Mon, 11 Nov 2024 11:00:00 +0000\r\nMessage-ID: <to.all@ours.example>\r\n"
            f"In-Reply-To: {question.id}\r\n\r\nGood morning.\r\n"
        )
        assert raw.index("Message-ID") > 16_384
        running.dovecot.append(running.address("info"), "Sent", raw.encode(), at("Mon 11:00"))
        assert kinds(running.round(at("Tue 10:05"))) == NO_LETTERS
        wait = running.wait(at("Tue 10:05"))
        assert (wait["state"], wait["answered_by"]) == ("answered", "<to.all@ours.example>")

    def test_writing_within_the_team_hands_nothing_off(self, houses: Houses) -> None:
        house = houses(owners=("lead", "second"))
        house.opens(at("Mon 08:00"))
        question = house.asks(at("Mon 10:00"))
        house.sends(at("Mon 11:00"), house.address("info-second"), answers=question)
        house.round(at("Mon 12:00"))
        assert house.wait(at("Mon 12:00"))["handoff"] is None


class TestWhatServersDo:
    @pytest.mark.parametrize("store", ["sqlite", "postgresql"])
    def test_a_mail_dated_in_the_year_9999_is_stored_told_and_answered_as_any_other(
        self, houses: Houses, request: pytest.FixtureRequest, store: str
    ) -> None:
        house = houses(store=request.getfixturevalue("postgres_url") if store == "postgresql" else "")
        house.opens(at("Mon 08:00"))
        mail = house.mail(ANN, house.address("info"), at("Mon 10:00"))
        question = mail._replace(raw=re.sub(rb"Date: [^\r]*", b"Date: Fri, 31 Dec 9999 23:59:59 +0000", mail.raw))
        house.put("info", "INBOX", question)
        house.round(at("Mon 10:05"))
        house.asks(at("Mon 10:07"), answers=question)
        house.asks(at("Mon 10:08"), BEN)
        house.round(at("Mon 10:10"))
        assert house.waits(at("Mon 10:10"))[0]["opened_by"] == question.id
        assert [w["chased_at"] for w in house.waits(at("Mon 10:10"))] == [utc(at("Mon 10:07")), None]
        house.answers(question, at("Mon 10:20"))
        house.round(at("Mon 10:30"))
        assert [w["state"] for w in house.waits(at("Mon 10:30"))] == ["answered", "waiting"]

    def test_a_mailbox_rebuilt_twice_within_one_moment_is_seen_again_twice(self, running: House) -> None:
        question = running.asks(at("Mon 10:00"))
        running.round(at("Mon 10:05"))
        for _ in range(2):
            running.dovecot.lose_uid_list(running.address("info"), "INBOX")
            running.dovecot.restart()
            assert kinds(running.round(at("Mon 10:10"))) == NO_LETTERS
        assert running.wait(at("Mon 10:10"))["opened_by"] == question.id

    def test_three_days_without_a_mail_server_end_in_one_letter(self, running: House) -> None:
        running.asks(at("Mon 10:00"))
        port = running.smtp_port
        running.write_config(smtp_port=1)
        for day in ("Tue", "Wed", "Thu", "Fri"):
            assert running.round(at(f"{day} 10:05")) == []
        running.write_config(smtp_port=port)
        assert kinds(running.round(at("Fri 10:15"))) == [("reminder", running.lead())]
        assert kinds(running.round(at("Fri 12:00"))) == NO_LETTERS

    def test_a_letter_that_perhaps_arrived_is_never_told_anew_under_another_id(self, running: House) -> None:
        """Cut before the 250, then 451, and meanwhile one of the two people in it was answered."""
        ann = running.asks(at("Mon 10:00"), ANN)
        running.asks(at("Mon 10:01"), BEN)
        running.sink.answer("DATA", KEEP_AND_CLOSE)
        (first,) = running.round(at("Tue 10:05"))
        running.sink.answer("RCPT", "451 4.7.1 greylisted")
        assert running.round(at("Tue 10:15")) == []
        running.answers(ann, at("Tue 10:20"))
        again = [letter for when in ("Tue 11:30", "Tue 13:00") for letter in running.round(at(when))]
        assert {letter.message["Message-ID"] for letter in [first, *again]} == {first.message["Message-ID"]}
        assert len(again) == 1
        assert kinds(running.round(at("Wed 10:05"))) == [("reminder", running.lead())], "about Ben, a day later"
