"""What is said by mail and heard later, and what became known meanwhile: nobody is hidden, and nothing is undone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import load
from monitor.core.message import Message
from monitor.inbox.reading import read
from monitor.inbox.source import SourceError
from monitor.jobs.hear_one import Ear, Heard
from monitor.outbox.letters import Letters
from monitor.store.hearing import letters_answered
from monitor.store.store import open_store
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink
from tests.story.commands import HeardHouse, receipts, tag_of, with_text
from tests.story.house import ANN, at, kind_of, text_of, utc

BEN, CLEO = "borrower.example", "club.example"


@pytest.fixture
def house(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink, mailboxes: Callable[[str], str]) -> HeardHouse:
    return HeardHouse(tmp_path, dovecot, smtp_sink, mailboxes)


def test_done_says_nothing_of_a_mail_that_came_after_it_was_sent(house: HeardHouse) -> None:
    """The look that hears it sees her next mail too: nobody can have judged that one."""
    asked, letter = house.three_wait()
    house.reply(letter, "done 1", at("Tue 13:20"))
    again = house.asks(at("Tue 13:40"), ANN, answers=asked[0])
    (receipt,) = house.round(at("Tue 14:00"))
    assert "Number 1 needs no reply" in text_of(receipt)
    first, second = house.thread(again, at("Tue 14:00"))["waits"]
    assert (first["state"], first["closed_at"]) == ("no_reply_needed", utc(at("Tue 13:20")))
    assert (second["state"], second["opened_by"]) == ("waiting", again.id)


def test_done_says_nothing_of_a_mail_that_came_after_the_letter_was_made(house: HeardHouse) -> None:
    """Whoever answers a letter knows what stands in it, and need not know what came since."""
    asked, letter = house.three_wait()
    again = house.asks(at("Tue 13:10"), ANN, answers=asked[0])
    house.round(at("Tue 13:15"))
    house.reply(letter, "done 1", at("Tue 13:20"))
    (receipt,) = house.round(at("Tue 13:25"))
    assert "Somebody has written there since that letter, and waits on." in text_of(receipt)
    first, second = house.thread(again, at("Tue 13:25"))["waits"]
    assert (first["state"], second["state"]) == ("no_reply_needed", "waiting")
    assert second["opened_by"] == again.id


def test_who_writes_after_a_snooze_was_sent_is_not_put_off_by_it(house: HeardHouse) -> None:
    asked, letter = house.three_wait()
    house.reply(letter, "snooze 1 3d", at("Tue 13:20"))
    again = house.asks(at("Tue 13:40"), ANN, answers=asked[0])
    (receipt,) = house.round(at("Tue 14:00"))
    (wait,) = house.thread(again, at("Tue 14:00"))["waits"]
    assert (wait["state"], wait.get("snoozed_until")) == ("waiting", None)
    assert "It was so before. It waits for a reply again." in text_of(receipt)


def test_a_reply_sent_before_a_reopen_but_seen_after_it_ends_the_wait(house: HeardHouse) -> None:
    """Only what was known can be taken back: else Ann would be reminded of for good."""
    asked, letter = house.three_wait()
    house.reply(letter, "done 1", at("Tue 13:20"))
    house.round(at("Tue 13:25"))
    house.reply(letter, "reopen 1", at("Tue 13:40"))
    house.round(at("Tue 13:45"))
    late = house.answers(asked[0], at("Tue 13:30"))
    house.round(at("Tue 14:00"))
    (wait,) = house.thread(asked[0], at("Tue 14:00"))["waits"]
    assert (wait["state"], wait["answered_by"]) == ("answered", late.id)


def test_a_receipt_never_says_of_a_wait_that_is_over_that_it_is_handed_over_or_quiet(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    house.reply(letter, "done 2", at("Tue 13:20"))
    house.round(at("Tue 13:25"))
    house.reply(letter, f"assign 2 {house.lead()}", at("Tue 13:30"))
    house.reply(letter, "snooze 2 2d", at("Tue 13:31"))
    for receipt in house.round(at("Tue 13:35")):
        assert "It was so before. It needs no reply." in text_of(receipt)


def test_a_reopen_that_an_answer_overtook_is_not_said_to_have_opened_anything(house: HeardHouse) -> None:
    asked, letter = house.three_wait()
    house.reply(letter, "done 1", at("Tue 13:20"))
    house.round(at("Tue 13:25"))
    house.answers(asked[0], at("Tue 13:42"))
    house.round(at("Tue 13:43"))
    house.reply(letter, "reopen 1", at("Tue 13:40"))  # it was long on its way
    (receipt,) = house.round(at("Tue 13:45"))
    assert "Somebody has answered it already" in text_of(receipt)
    assert house.waiting(at("Tue 13:50")) == [BEN, CLEO]


def test_where_the_connection_fails_before_the_line_is_read_the_next_look_does_what_it_says(house: HeardHouse) -> None:
    _, letter = house.three_wait()
    said = house.reply(letter, "done 2", at("Tue 13:20"))
    settings, store = load(house.config), open_store(house.store_url)
    message = read(said.raw.partition(b"\r\n\r\n")[0])
    assert isinstance(message, Message)
    (answered,) = letters_answered(store, message.names, [])
    ear = Ear(store, settings, Letters(settings.templates_dir), at("Tue 13:25"))
    with pytest.raises(SourceError):
        ear.hear(Heard(1, message, said.when, answered, True), gone)
    store.close()
    (receipt,) = house.round(at("Tue 13:30"))
    assert "Number 2 needs no reply" in text_of(receipt)


def test_a_command_mail_that_is_sent_on_to_the_monitor_is_not_obeyed(house: HeardHouse) -> None:
    """Nothing in it is new, and its subject was written for another mail."""
    _, letter = house.three_wait()
    mail = house.mail(
        house.lead(), house.address("monitor"), at("Tue 13:20"), subject=f"Fwd: done 2 [{tag_of(letter)}]"
    )
    sent_on = "---------- Forwarded message ---------\nFrom: Lead <lead@ours.example>\nSubject: done 2\n\ndone 2"
    house.says(with_text(mail, sent_on))
    (receipt,) = house.round(at("Tue 13:25"))
    assert "Nothing was done" in text_of(receipt)
    assert len(house.waiting(at("Tue 13:30"))) == 3


def gone() -> None:
    """What the source of a mail does whose connection ends."""
    raise SourceError("unreachable", "the server has closed the connection")


def test_of_two_words_heard_in_one_look_the_one_sent_last_counts(house: HeardHouse) -> None:
    asked, letter = house.three_wait()
    house.reply(letter, "done 1", at("Tue 13:20"))
    house.round(at("Tue 13:25"))
    house.reply(letter, "reopen 1", at("Tue 13:40"))
    house.reply(letter, "done 1", at("Tue 13:41"))
    house.round(at("Tue 13:45"))
    (wait,) = house.thread(asked[0], at("Tue 13:45"))["waits"]
    assert wait["state"] == "no_reply_needed"


def test_who_presses_many_buttons_for_hours_gets_the_next_reminder(house: HeardHouse) -> None:
    """Receipts were asked for: they are no flood that silences the monitor for a day (core/flood.py)."""
    _, letter = house.three_wait()
    for hour in range(3):
        for minute in range(10):
            said = ("snooze 3 1h", "reopen 3")[minute % 2]
            house.reply(letter, said, at(f"Tue {14 + hour}:{minute + 10}"))
        assert len(receipts(house.round(at(f"Tue {14 + hour}:30")))) == 10
    (again,) = house.round(at("Wed 13:35"))
    assert kind_of(again) == "reminder"
    assert house.status(at("Wed 13:40"))["healthy"]
