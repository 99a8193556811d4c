"""Looked at once more before it leaves: a letter goes only while it is true, and whatever the clock does, it goes."""

import socket

from tests.servers import ordinary
from tests.story.house import ANN, BEN, CLEO, House, at, kinds


def without_a_mail_server(house: House) -> None:
    house.write_config(smtp_port=ordinary.free_port())


def with_one(house: House) -> None:
    house.write_config(smtp_port=house.sink.port)


def test_answered_between_the_claim_and_the_sending_it_is_withdrawn(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    without_a_mail_server(house)
    assert house.round(at("Tue 10:05")) == []
    house.answers(question, at("Tue 10:08"))
    with_one(house)
    assert house.round(at("Tue 10:10")) == []
    assert house.status(at("Tue 10:10"))["outbox"]["withdrawn"] == 1


def test_claimed_before_the_mailbox_hid_its_replies_it_is_held_back(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), BEN)
    without_a_mail_server(house)
    assert house.round(at("Tue 10:05")) == []
    # Five people answer replies of this house that lie in no folder it has (rules.md §2, end).
    for n in range(5):
        question = house.asks(at(f"Tue 10:0{n}"))
        reply = house.mail(house.address("info"), ANN, at("Tue 10:06"), answers=question)
        house.asks(at(f"Tue 10:1{n}"), answers=reply)
    with_one(house)
    came = house.round(at("Tue 10:20"))
    status = house.status(at("Tue 10:20"))
    assert (status["mailboxes"][0]["replies_visible"], status["outbox"]["pending"]) == (False, 1)
    assert ("reminder", house.lead()) not in kinds(came)


def test_claimed_before_the_mailbox_could_no_longer_be_read_it_is_held_back_until_it_can(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    without_a_mail_server(house)
    assert house.round(at("Tue 10:05")) == []
    with_one(house)
    house.set_password("info", "forgotten")
    assert ("reminder", house.lead()) not in kinds(house.round(at("Tue 10:10"), code=77))
    house.set_password("info", house.dovecot.password)
    assert kinds(house.round(at("Tue 10:15"))) == [("reminder", house.lead())]


def test_a_clock_set_back_three_hours_holds_back_no_letter_that_was_made_before(house: House) -> None:
    house.opens(at("Mon 06:00"))
    house.asks(at("Mon 06:30"))
    without_a_mail_server(house)
    assert house.round(at("Tue 10:05")) == []
    with_one(house)
    assert kinds(house.round(at("Tue 07:05"))) == [("reminder", house.lead())]


def test_a_clock_set_back_three_hours_holds_back_no_letter_that_was_to_be_tried_again(house: House) -> None:
    house.opens(at("Mon 06:00"))
    house.asks(at("Mon 06:30"))
    house.sink.answer("RCPT", "450 4.2.0 later")
    assert house.round(at("Tue 10:05")) == []
    assert kinds(house.round(at("Tue 07:05"))) == [("reminder", house.lead())]


def test_a_letter_dated_in_the_future_keeps_no_new_reminder_back(house: House) -> None:
    house.opens(at("Mon 06:00"))
    house.asks(at("Mon 06:30"), ANN)
    assert kinds(house.round(at("Tue 10:05"))) == [("reminder", house.lead())]
    house.asks(at("Mon 07:20"), CLEO)
    # The clock was three hours fast, and has been set right.
    (letter,) = house.round(at("Tue 07:25"))
    assert b"Cleo" in letter.raw
    assert b"Ann Reader" not in letter.raw


def test_a_letter_that_never_left_blocks_none_that_was_not_tried_yet(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    house.write_config(smtp_port=port)
    house.set_password("info", "forgotten")
    assert house.round(at("Mon 12:00"), code=77) == []
    house.set_password("info", house.dovecot.password)
    with_one(house)
    house.sink.answer("DATA", "close", "close")
    house.round(at("Tue 10:05"))
    house.round(at("Tue 10:11"))
    house.round(at("Tue 10:30"))
    cannot_be_read, can_be_read_again = [("notice", house.operator)] * 2
    assert kinds(house.sink.letters) == [cannot_be_read, can_be_read_again, ("reminder", house.lead())]
