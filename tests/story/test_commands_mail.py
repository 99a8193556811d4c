"""Acting without leaving the mail: a reply of one line, or a press on a button, on the real servers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.store.store import open_store
from tests.servers.dovecot import Dovecot
from tests.servers.dying import HEAR_POINTS
from tests.servers.postgres import Postgres
from tests.servers.smtp_sink import Letter, SmtpSink
from tests.story.commands import HeardHouse, receipts, tag_of
from tests.story.house import at, kind_of, kinds, text_of
from tests.story.test_crash_letters import kill_at

ANN, BEN, CLEO = "reader.example", "borrower.example", "club.example"
Heard = Callable[..., HeardHouse]


@pytest.fixture
def heard(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink, mailboxes: Callable[[str], str]) -> Heard:
    return lambda **words: HeardHouse(tmp_path, dovecot, smtp_sink, mailboxes, **words)


@pytest.fixture
def house(heard: Heard) -> HeardHouse:
    return heard()


def one(letters: list[Letter], kind: str = "receipt") -> str:
    """The text of the one letter there is."""
    (letter,) = letters
    assert kind_of(letter) == kind
    return text_of(letter)


def test_done_in_a_reply_takes_its_person_off_the_list_and_a_receipt_says_so(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    assert letter.message["Reply-To"] == house.address("monitor")
    house.reply(letter, "done 2", at("Tue 13:20"))
    (receipt,) = house.round(at("Tue 13:25"))
    assert (kind_of(receipt), *receipt.recipients) == ("receipt", house.lead())
    assert receipt.message["Auto-Submitted"] == "auto-replied"
    assert receipt.message["References"] == letter.message["Message-ID"]
    assert receipt.message["Reply-To"] == house.address("monitor")
    assert "Number 2 needs no reply." in text_of(receipt)
    assert BEN in text_of(receipt)
    assert house.waiting(at("Tue 13:30")) == [ANN, CLEO]
    (again,) = house.round(at("Wed 13:35"))
    assert ANN in text_of(again)
    assert BEN not in text_of(again)


def test_undo_in_reply_to_the_receipt_brings_the_reminder_back(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "done 2", at("Tue 13:20"))
    (receipt,) = house.round(at("Tue 13:25"))
    house.reply(letter, "done 3", at("Tue 13:30"))
    house.round(at("Tue 13:35"))
    house.reply(receipt, "undo", at("Tue 13:40"))
    said = one(house.round(at("Tue 13:45")))
    assert "Taken back: 1 line is as before." in said
    assert " 2. " in said
    assert house.waiting(at("Tue 13:50")) == [ANN, BEN]
    (again,) = house.round(at("Wed 13:55"))
    assert BEN in text_of(again)


def test_undo_in_reply_to_a_reminder_takes_back_what_was_said_last(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    for minute, line in enumerate(("done 1", "done 3")):
        house.reply(letter, line, at(f"Tue 13:2{minute}"))
    house.round(at("Tue 13:25"))
    house.reply(letter, "Undo", at("Tue 13:40"))
    assert "Taken back" in one(house.round(at("Tue 13:45")))
    assert house.waiting(at("Tue 13:50")) == [BEN, CLEO]
    house.reply(letter, "undo", at("Tue 13:52"))
    house.reply(letter, "undo", at("Tue 13:53"))
    assert ["nothing to take back" in text_of(r) for r in house.round(at("Tue 13:55"))] == [False, True]
    assert house.waiting(at("Tue 14:00")) == [ANN, BEN, CLEO]


def test_a_receipt_has_the_numbers_of_the_reminder_it_answers(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "done 2", at("Tue 13:20"))
    (receipt,) = house.round(at("Tue 13:25"))
    house.reply(receipt, "done 3", at("Tue 13:30"))
    assert "Number 3 needs no reply." in one(house.round(at("Tue 13:35")))
    assert house.waiting(at("Tue 13:40")) == [ANN]


def test_who_is_snoozed_stands_in_no_reminder_until_then(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "snooze 1,2,3 2d", at("Tue 13:20"))
    said = one(house.round(at("Tue 13:25")))
    assert "Numbers 1, 2 and 3 are quiet until Thursday 13:25." in said
    assert house.waiting(at("Tue 13:30")) == [ANN, BEN, CLEO]


def test_a_line_is_handed_to_another_team_and_its_clock_runs_on(heard: Heard) -> None:
    house = heard(desks={"info": "", "digital": ""})
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    letter = next(one for one in house.round(at("Tue 10:05")) if one.recipients[0] == house.lead())
    due = house.wait(at("Tue 10:10"))["due_at"]
    house.reply(letter, "assign 1 Digital desk", at("Tue 10:20"))
    said = one(receipts(house.round(at("Tue 10:25"))))
    assert "Number 1 is with Digital desk now." in said
    wait = house.wait(at("Tue 10:30"))
    assert (wait["due_at"], wait["handoff"]["to"], wait["state"]) == (due, "Digital desk", "waiting")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("help", "What you can say in a reply."),
        ("assign 2 nobody", "Nobody here is called “nobody”."),
        ("Thank you, I will see to it.", "your line was not understood"),
        *(
            pytest.param(line, says, marks=pytest.mark.full)
            for line, says in [
                ("doen 2", "Did you mean: done 2"),
                ("done 7", "That letter has no number “7”."),
                ("done", "Which one?"),
                ("assign 2", "It did not say to whom."),
                ("snooze 1 30d", "at most 7 days"),
            ]
        ),
    ],
)
def test_what_is_no_command_does_nothing_and_gets_help(house: HeardHouse, line: str, says: str) -> None:
    _, letter = house.three_wait()
    house.reply(letter, line, at("Tue 13:20"))
    said = one(house.round(at("Tue 13:25")))
    assert says in said
    assert "snooze 1 2d" in said
    assert "see to it" not in said
    assert house.waiting(at("Tue 13:30")) == [ANN, BEN, CLEO]


def test_a_number_that_somebody_answered_meanwhile_is_left_as_it_is_and_the_receipt_says_so(house: HeardHouse) -> None:
    asked, letter = house.three_wait()
    house.answers(asked[1], at("Tue 13:10"))
    assert house.round(at("Tue 13:15")) == []
    house.reply(letter, "done 2, 3", at("Tue 13:20"))
    (receipt,) = house.round(at("Tue 13:25"))
    assert "Number 3 needs no reply." in text_of(receipt)
    assert "Somebody has answered it already, so nothing was changed." in text_of(receipt)
    assert house.waiting(at("Tue 13:30")) == [ANN]


@pytest.mark.parametrize(("kind", "says"), [("done", "needs no reply"), ("snooze", "is quiet until Wednesday 13:25")])
def test_a_press_on_a_button_does_what_it_says(house: HeardHouse, kind: str, says: str) -> None:
    _, letter = house.three_wait()
    house.presses(letter, kind, 2, at("Tue 13:20"))
    assert f"Number 2 {says}." in one(house.round(at("Tue 13:25")))


def test_the_button_that_hands_over_does_nothing_until_somebody_is_named(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.presses(letter, "assign", 2, at("Tue 13:20"))
    assert "It did not say to whom." in one(house.round(at("Tue 13:25")))
    house.presses(letter, "assign", 2, at("Tue 13:30"), add=house.lead())
    assert "Number 2" in one(house.round(at("Tue 13:35")))


def test_a_program_that_loses_the_text_of_a_button_still_says_it_in_the_subject(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "", at("Tue 13:20"), names=False, subject=f"done 1 [{tag_of(letter)}]")
    assert "Number 1 needs no reply." in one(house.round(at("Tue 13:25")))


def test_the_commands_mailbox_may_be_a_mailbox_that_is_watched(heard: Heard) -> None:
    house = heard(ear="info")
    _, letter = house.three_wait()
    assert letter.message["Reply-To"] == house.address("info")
    house.reply(letter, "done 2", at("Tue 13:20"))
    house.asks(at("Tue 13:21"), "Dora <dora@elsewhere.example>")
    assert "Number 2 needs no reply." in one(house.round(at("Tue 13:25")))
    assert house.waiting(at("Tue 13:30")) == [ANN, CLEO, "elsewhere.example"]


def test_a_reply_that_lands_in_a_watched_mailbox_waits_for_nobody_and_answers_nobody(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    astray = house.mail(
        house.lead(), house.address("info"), at("Tue 13:20"), In_Reply_To=str(letter.message["Message-ID"])
    )
    house.put("info", "INBOX", astray)
    assert house.round(at("Tue 13:25")) == []
    assert house.waiting(at("Tue 13:30")) == [ANN, BEN, CLEO]


def test_other_mail_in_the_commands_mailbox_is_nobodys_business(house: HeardHouse) -> None:
    house.three_wait()
    house.says(
        house.mail("Dora <dora@elsewhere.example>", house.address("monitor"), at("Tue 13:10"), subject="Secret plan")
    )
    assert house.round(at("Tue 13:25")) == []
    assert len(house.waits(at("Tue 13:30"))) == 3
    everything = b"".join(f.read_bytes() for f in house.folder.glob("monitor.db*"))
    assert b"dora@elsewhere.example" not in everything
    assert b"Secret plan" not in everything


def test_a_commands_mailbox_that_cannot_be_read_stops_no_reminder_and_is_told_to_the_operator(
    house: HeardHouse,
) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    (house.folder / "password-ear").write_text("wrong")
    came = house.round(at("Tue 10:05"), code=77)
    assert kinds(came) == [("notice", house.operator), ("reminder", house.lead())]
    assert "Replies to letters are not heard" in text_of(next(one for one in came if kind_of(one) == "notice"))
    status = house.status(at("Tue 10:10"))
    assert (status["commands"]["state"], status["healthy"]) == ("refused", False)
    assert [m["state"] for m in status["mailboxes"]] == ["ok"]
    (house.folder / "password-ear").write_text(house.dovecot.password)
    house.round(at("Tue 10:15"))
    (over,) = house.round(at("Tue 11:20"))
    assert "heard again" in text_of(over)


def test_a_command_is_done_once_however_often_its_mail_is_seen(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    said = house.reply(letter, "done 2", at("Tue 13:20"))
    house.says(said)
    assert len(house.round(at("Tue 13:25"))) == 1
    house.reply(letter, "reopen 2", at("Tue 13:26"))
    assert len(house.round(at("Tue 13:27"))) == 1
    house.dovecot.lose_uid_list(house.address("monitor"), "INBOX")
    house.says(said)
    assert house.round(at("Tue 13:30")) == []
    assert house.waiting(at("Tue 13:35")) == [ANN, BEN, CLEO]


def test_repeats_of_a_reminder_stand_together_in_the_owners_mail_program(house: HeardHouse) -> None:
    _, first = house.three_wait()
    (second,) = house.round(at("Wed 13:10"))
    assert second.message["References"] == first.message["Message-ID"]
    assert tag_of(first) != tag_of(second)


def test_nothing_is_kept_of_what_a_command_said(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "quodlibetical 2", at("Tue 13:20"))
    house.round(at("Tue 13:25"))
    open_store(house.store_url).close()
    kept = b"".join(f.read_bytes() for f in house.folder.glob("monitor.db*"))
    assert b"quodlibetical" not in kept


def test_without_a_commands_mailbox_nothing_is_offered(house: HeardHouse) -> None:
    house.configure("")
    _, letter = house.three_wait()
    assert letter.message["Reply-To"] is None
    assert "[" not in letter.message["Subject"]
    assert b"mailto:" not in letter.raw


@pytest.mark.parametrize("passes", [0, pytest.param(1, marks=pytest.mark.full)])
@pytest.mark.parametrize("point", HEAR_POINTS)
def test_killed_around_a_command_it_is_done_once_and_confirmed_once(house: HeardHouse, point: str, passes: int) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "done 2", at("Tue 13:20"))
    house.reply(letter, "snooze 3 2d", at("Tue 13:21"))
    before = len(house.sink.letters)
    kill_at(house, point, str(passes), "Tue 13:25")
    house.round(at("Tue 13:30"))
    house.round(at("Tue 13:40"))
    came = receipts(house.sink.letters[before:])
    assert sorted(text_of(letter)[:8] for letter in came) == ["Number 2", "Number 3"]
    assert all("nothing was changed" not in text_of(letter) for letter in came)
    assert house.waiting(at("Tue 13:45")) == [ANN, CLEO]
    (story,) = (t for t in house.threads(at("Tue 13:45")) if BEN in t["messages"][0]["message_id"])
    assert [act["kind"] for act in story["acts"]] == ["done"]


def test_the_same_is_so_on_postgresql(heard: Heard, postgres: Postgres) -> None:
    house = heard(store=postgres.new_database())
    _, letter = house.three_wait()
    house.reply(letter, "done 2", at("Tue 13:20"))
    house.reply(letter, "doen 3", at("Tue 13:21"))
    came = house.round(at("Tue 13:25"))
    assert sorted(text_of(letter)[:12] for letter in came) == ["Nothing was ", "Number 2 nee"]
    assert house.waiting(at("Tue 13:30")) == [ANN, CLEO]
