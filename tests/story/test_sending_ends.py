"""What ends a letter that was not taken: who it was for has left, or it has perhaps arrived; and no server holds us."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from monitor.outbox import smtp
from monitor.outbox.smtp import Relay, SendError, SmtpSender
from tests.servers.smtp_sink import CLOSE, KEEP_AND_CLOSE
from tests.story.conftest import Houses
from tests.story.house import ANN, House, at, kinds

LETTER = b"From: monitor@ours.example\r\nTo: owner@ours.example\r\nMessage-ID: <one@ours.example>\r\n\r\nHello.\r\n"
LATER = "451 4.3.0 later"
BOARD = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'


def replaced(house: House, old: str, new: str) -> None:
    """The config with another address."""
    text = house.config.read_text()
    assert old in text
    house.config.write_text(text.replace(old, new))


@pytest.mark.parametrize("answer", [LATER, KEEP_AND_CLOSE])
def test_a_reminder_that_waits_for_who_left_goes_to_who_came(house: House, answer: str) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer("DATA", answer)
    house.round(at("Tue 10:05"))
    house.sink.clear()
    replaced(house, house.lead(), "new@ours.example")
    house.round(at("Tue 10:15"))
    house.round(at("Tue 11:30"))
    assert kinds(house.sink.letters) == [("reminder", "new@ours.example")]
    assert house.status(at("Tue 11:30"))["outbox"]["pending"] == 0


def test_an_opening_digest_that_waits_for_who_left_goes_to_who_came(house: House) -> None:
    house.asks(at("Fri 10:00", week=-1))
    house.sends(at("Fri 12:00", week=-1), "Old Friend <friend@before.example>")
    house.sink.answer("DATA", LATER)
    assert house.round(at("Mon 08:00")) == []
    replaced(house, house.lead(), "new@ours.example")
    assert kinds(house.round(at("Mon 08:15"))) == [("opening", "new@ours.example")]
    assert house.round(at("Mon 09:30")) == []


def test_the_new_operator_is_told_what_the_old_one_never_heard(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.set_password("info", "wrong")
    house.sink.answer("DATA", LATER)
    assert house.round(at("Mon 09:00"), code=77) == []
    replaced(house, house.operator, "new@operator.example")
    assert kinds(house.round(at("Mon 09:15"), code=77)) == [("notice", "new@operator.example")]
    assert house.round(at("Mon 11:00"), code=77) == []


def test_a_report_that_waits_for_who_left_is_not_sent(houses: Houses) -> None:
    house = houses(config=BOARD)
    house.opens(at("Fri 08:00"))
    house.answers(house.asks(at("Fri 09:00")), at("Fri 10:00"))
    house.sink.answer("DATA", LATER)
    assert house.round(at("Mon 08:00", week=1)) == []
    replaced(house, "board@leaders.example", "chair@leaders.example")
    assert house.round(at("Mon 08:15", week=1)) == []
    assert house.status(at("Mon 08:15", week=1))["outbox"]["pending"] == 0


def test_a_reminder_about_a_mailbox_that_was_removed_does_not_lie_in_the_outbox_for_ever(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer("DATA", LATER)
    assert house.round(at("Tue 10:05")) == []
    del house.desks["info"]
    replaced(house, house.address("ops-lead"), house.lead())
    house.write_config()
    replaced(house, house.address("ops-lead"), house.address("info-lead"))
    assert house.round(at("Tue 10:15")) == []
    status = house.status(at("Tue 10:15"))
    assert (status["outbox"]["pending"], status["healthy"]) == (0, True)


@pytest.mark.parametrize("answer", [CLOSE, KEEP_AND_CLOSE])
def test_a_letter_whose_fate_is_never_told_is_sent_for_about_a_day_and_then_let_be(house: House, answer: str) -> None:
    house.asks(at("Fri 10:00", week=-1), ANN)
    house.sends(at("Fri 12:00", week=-1), "Old Friend <friend@before.example>")
    house.sink.answer("DATA", *[answer] * 200)
    start, hours = at("Mon 08:00"), (0, 0.1, 0.3, 0.7, 1.5, 3, 6, 11, 22, 30, 44, 70, 95, 120, 150, 200)
    for hour in hours:
        house.round(start + timedelta(hours=hour))
    assert house.sink.connections <= 12
    assert len({letter.raw for letter in house.sink.letters}) <= 1
    status = house.status(start + timedelta(hours=200))
    assert (status["outbox"]["pending"], status["outbox"]["sent"]) == (0, 1)


def test_one_broken_connection_after_many_clear_refusals_does_not_end_a_letter(house: House) -> None:
    house.asks(at("Fri 10:00", week=-1), ANN)
    house.sends(at("Fri 12:00", week=-1), "Old Friend <friend@before.example>")
    house.sink.answer("DATA", *[LATER] * 10, CLOSE)
    for day in range(11):
        assert house.round(at("Mon 08:00") + timedelta(days=day)) == []
    assert kinds(house.round(at("Mon 08:00") + timedelta(days=13))) == [("opening", house.lead())]


SAYS = {"greeting": b"220 slow\r\n", "EHLO": b"250 slow\r\n", "MAIL": b"250 OK\r\n", "RCPT": b"250 OK\r\n"}
SAYS |= {"DATA": b"354 go on\r\n", ".": b"250 OK\r\n", "QUIT": b"221 bye\r\n"}


@contextmanager
def dripping(stage: str) -> Iterator[int]:
    """A mail server that says "there is more" for ever instead of one answer; its port."""
    over = threading.Event()

    def drip(client: socket.socket) -> None:
        ends = time.monotonic() + 8  # so that a test can fail
        while time.monotonic() < ends and not over.wait(0.02):
            client.sendall(SAYS[stage][:3] + b"-more\r\n")

    def converse() -> None:
        with suppress(OSError):
            client, _ = door.accept()
            with client, client.makefile("rb") as lines:
                if stage == "greeting":
                    drip(client)
                client.sendall(SAYS["greeting"])
                in_letter = False
                for line in lines:
                    word = line.strip().decode("ascii").partition(" ")[0].upper()
                    if in_letter and word != ".":
                        continue
                    in_letter = word == "DATA"
                    if word == stage:
                        drip(client)
                    client.sendall(SAYS.get(word, b"250 OK\r\n"))

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=converse)
        thread.start()
        yield door.getsockname()[1]
        over.set()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("stage", list(SAYS))
def test_a_server_that_drips_is_left_after_the_deadline(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    monkeypatch.setattr(smtp, "DEADLINE", 0.4, raising=False)
    monkeypatch.setattr(smtp, "GOODBYE", 0.4, raising=False)
    began = time.monotonic()
    with dripping(stage) as port:
        with SmtpSender(Relay("127.0.0.1", port, "none")) as sender, suppress(SendError):
            sender.send(LETTER, "owner@ours.example")
        took = time.monotonic() - began
    assert took < 5


def test_a_deadline_after_the_letter_leaves_us_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DEADLINE", 0.4, raising=False)
    with dripping(".") as port, SmtpSender(Relay("127.0.0.1", port, "none")) as sender, pytest.raises(SendError) as it:
        sender.send(LETTER, "owner@ours.example")
    assert (it.value.uncertain, it.value.server_wide) == (True, True)
