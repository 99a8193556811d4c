"""What a mail server may answer, and when: the letter goes once, or it is given up and said so; others go on."""

import socket
import time
from datetime import timedelta
from itertools import product
from random import Random
from typing import Literal

import pytest

from monitor.outbox import smtp
from monitor.outbox.smtp import Relay, SendError, SmtpSender
from tests.servers.smtp_sink import CLOSE, HANG, KEEP_AND_CLOSE, SmtpSink, Stage
from tests.story.conftest import Houses
from tests.story.house import House, at, kinds

STAGES: tuple[Stage, ...] = ("MAIL", "RCPT", "DATA")
ANSWERS = ("421 4.3.2 closing", "450 4.2.0 greylisted", "451 4.3.0 later", "550 5.7.1 no", "552 5.2.2 full")
CASES: list[tuple[Stage, str]] = list(product(STAGES, (*ANSWERS, CLOSE)))
SAMPLE = [("MAIL", ANSWERS[3]), *Random(5).sample(CASES, 2)]
LETTER = b"From: monitor@ours.example\r\nTo: owner@ours.example\r\nMessage-ID: <one@ours.example>\r\n\r\nHello.\r\n"


def for_good(stage: Stage, answer: str) -> bool:
    """A 5xx is about this letter, unless it is about the sender, who is the same in every letter."""
    return answer.startswith("55") and stage != "MAIL"


def of_the_server(stage: Stage, answer: str) -> bool:
    """Whether the next letter would fare the same."""
    return stage == "MAIL" or answer.startswith("421") or answer == CLOSE


def reminders(house: House) -> list[tuple[str, str]]:
    """The reminders that came, with their recipients."""
    return [letter for letter in kinds(house.sink.letters) if letter[0] == "reminder"]


@pytest.mark.parametrize(("stage", "answer"), CASES)
def test_each_answer_at_each_stage_is_told_apart(smtp_sink: SmtpSink, stage: Stage, answer: str) -> None:
    smtp_sink.answer(stage, answer)
    with SmtpSender(Relay(smtp_sink.host, smtp_sink.port, "none")) as sender:
        with pytest.raises(SendError) as caught:
            sender.send(LETTER, "owner@ours.example")
        error = caught.value
        assert error.permanent == for_good(stage, answer)
        assert error.server_wide == of_the_server(stage, answer)
        assert error.uncertain == (stage == "DATA" and answer == CLOSE)
        assert sender.send(LETTER, "owner@ours.example").startswith("250 "), "the next one goes"
    assert len(smtp_sink.letters) == 1


@pytest.mark.parametrize(
    ("stage", "answer"),
    [pytest.param(*case, marks=[] if case in SAMPLE else pytest.mark.full) for case in CASES],
)
def test_one_letter_in_trouble_costs_no_other_one(houses: Houses, stage: Stage, answer: str) -> None:
    house = houses(owners=("deputy", "lead"))
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer(stage, answer)
    first = house.round(at("Tue 10:05"))
    assert len(first) == (0 if of_the_server(stage, answer) else 1)
    for moment in ("Tue 10:10", "Tue 10:20", "Tue 11:30"):
        house.round(at(moment))
    both = [("reminder", owner) for owner in house.owners()]
    assert reminders(house) == (both[1:] if for_good(stage, answer) else both)
    assert len(house.sink.letters) - len(reminders(house)) <= for_good(stage, answer), "the operator is told once"
    outbox = house.status(at("Tue 11:30"))["outbox"]
    assert (outbox["pending"], outbox["refused"]) == (0, int(for_good(stage, answer)))


@pytest.mark.parametrize("stage", ["EHLO", *STAGES])
def test_a_server_that_hangs_is_left_after_the_timeout_and_tried_anew(
    smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    monkeypatch.setattr(smtp.SmtpSender, "timeout", 0.3)
    smtp_sink.answer(stage, HANG)
    began = time.monotonic()
    with SmtpSender(Relay(smtp_sink.host, smtp_sink.port, "none")) as sender:
        with pytest.raises(SendError) as caught:
            sender.send(LETTER, "owner@ours.example")
        assert (caught.value.server_wide, caught.value.permanent) == (True, False)
        assert caught.value.uncertain == (stage == "DATA")
        assert sender.send(LETTER, "owner@ours.example").startswith("250 ")
    assert time.monotonic() - began < 10


def test_a_server_that_takes_the_connection_and_never_greets_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp.SmtpSender, "timeout", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay = Relay("127.0.0.1", silent.getsockname()[1], "none")
        with SmtpSender(relay) as sender, pytest.raises(SendError, match="no connection") as caught:
            sender.connect()
    assert caught.value.server_wide
    assert not caught.value.uncertain


def test_a_server_without_ehlo_is_greeted_the_old_way(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("EHLO", "502 5.5.1 what is that")
    with SmtpSender(Relay(smtp_sink.host, smtp_sink.port, "none")) as sender:
        assert sender.send(LETTER, "owner@ours.example").startswith("250 ")


@pytest.mark.parametrize("stage", ["EHLO", "DATA"])
def test_a_round_with_a_hanging_server_ends_and_the_letter_goes_later(
    house: House, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    monkeypatch.setattr(smtp.SmtpSender, "timeout", 0.3)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer(stage, HANG)
    assert house.round(at("Tue 10:05")) == []
    assert house.status(at("Tue 10:05"))["outbox"]["tried"] == 1
    house.round(at("Tue 10:15"))
    assert kinds(house.sink.letters) == [("reminder", house.lead())]


def test_greylisted_twice_and_then_taken_it_comes_once(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer("RCPT", "450 4.2.0 greylisted", "450 4.2.0 greylisted")
    came = [len(house.round(at(f"Tue 10:{minute:02}"))) for minute in range(5, 45, 5)]
    assert came == [0, 0, 0, 1, 0, 0, 0, 0], "tried at 10:05, 10:10 and 10:20"


def test_a_letter_refused_for_good_is_counted_and_never_tried_again(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    house.sink.refuse(house.lead())
    assert house.round(at("Tue 10:05")) == []
    status = house.status(at("Tue 10:05"))
    assert (status["outbox"]["refused"], status["outbox"]["refused_lately"], status["healthy"]) == (1, 1, False)
    house.answers(question, at("Tue 12:00"))
    house.sink.clear()
    for day in ("Wed", "Thu", "Fri"):
        house.round(at(f"{day} 10:05"))
    assert reminders(house) == []
    assert len(house.sink.letters) <= 1, "the operator is told once"
    assert house.status(at("Fri 10:05"))["outbox"]["refused"] == 1


Outage = Literal["nobody there", "421", "451"]
OUTAGES: dict[Outage, tuple[Stage, str]] = {
    "421": ("MAIL", "421 4.3.2 closing"),
    "451": ("DATA", "451 4.3.0 later"),
}


def a_day_without_a_mail_server(house: House, outage: Outage, minutes: int) -> None:
    """From Tuesday 10:05 to Wednesday 10:30; Ann is answered meanwhile, Ben is not."""
    house.opens(at("Mon 08:00"))
    ann = house.asks(at("Mon 10:00"))
    house.asks(at("Mon 10:30"), "Ben Borrower <ben@borrower.example>")
    if outage == "nobody there":
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            house.write_config(smtp_port=nobody.getsockname()[1])
    else:
        stage, answer = OUTAGES[outage]
        house.sink.answer(stage, *[answer] * 1000)
    start = at("Tue 10:05")
    for n in range(0, 24 * 60 + 25, minutes):
        if 5 * 60 <= n < 5 * 60 + minutes:
            house.answers(ann, at("Tue 15:00"))
        assert house.round(start + timedelta(minutes=n)) == []
    house.write_config(smtp_port=house.sink.port)
    house.sink.clear()
    for moment in ("Wed 10:35", "Wed 11:10", "Wed 11:40", "Wed 12:15", "Wed 18:00"):
        house.round(at(moment))
    (letter,) = house.sink.letters
    assert letter.recipients == (house.lead(),)
    assert b"Ben Borrower" in letter.raw
    assert b"Ann Reader" not in letter.raw


@pytest.mark.parametrize("outage", ["nobody there", "421", "451"])
def test_after_a_day_without_a_mail_server_one_letter_tells_what_is_true_then(house: House, outage: Outage) -> None:
    a_day_without_a_mail_server(house, outage, 170)


@pytest.mark.full
@pytest.mark.parametrize("outage", ["nobody there", "421", "451"])
def test_the_same_with_a_round_every_five_minutes(house: House, outage: Outage) -> None:
    a_day_without_a_mail_server(house, outage, 5)


def test_a_letter_that_was_kept_in_silence_comes_again_with_the_same_id_and_no_second_one(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer("DATA", KEEP_AND_CLOSE)
    for moment in ("Tue 10:05", "Tue 10:15", "Tue 11:30", "Tue 20:00"):
        house.round(at(moment))
    assert len(house.sink.letters) == 2
    assert len({letter.raw for letter in house.sink.letters}) == 1
