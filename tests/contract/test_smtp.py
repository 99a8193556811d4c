"""What a mail server can answer, and what SmtpSender makes of it: against aiosmtpd, which says what it is told to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.outbox.smtp import Relay, SendError, SmtpSender
from tests.servers import ordinary
from tests.servers.smtp_sink import CLOSE, KEEP_AND_CLOSE, SmtpSink

OWNER = "owner@ours.example"
LETTER = (
    b"From: Reply monitor <monitor@ours.example>\r\nTo: owner@ours.example\r\nSubject: Who waits\r\n"
    b"Message-ID: <one@ours.example>\r\n\r\nHello.\r\n.\r\nA line after a lonely dot.\r\n"
)


def relay(sink: SmtpSink) -> Relay:
    """The sink, without encryption."""
    return Relay(sink.host, sink.port, "none")


@pytest.fixture
def sender(smtp_sink: SmtpSink) -> Iterator[SmtpSender]:
    with SmtpSender(relay(smtp_sink)) as sender:
        yield sender


def fails(sender: SmtpSender) -> SendError:
    """The error of one letter."""
    with pytest.raises(SendError) as caught:
        sender.send(LETTER, OWNER)
    return caught.value


def test_a_letter_arrives_byte_for_byte(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    assert sender.send(LETTER, OWNER).startswith("250 ")
    (letter,) = smtp_sink.wait_for(1)
    assert (letter.sender, list(letter.recipients)) == ("monitor@ours.example", [OWNER])
    assert letter.raw.replace(b"\r\n", b"\n").endswith(LETTER.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n"))


def test_two_letters_share_one_connection(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    sender.send(LETTER, OWNER)
    sender.send(LETTER, OWNER)
    assert smtp_sink.connections == 1


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
def test_a_4xx_is_for_later_and_says_so(smtp_sink: SmtpSink, sender: SmtpSender, stage: str) -> None:
    smtp_sink.answer(stage, "451 4.3.0 greylisted")  # type: ignore[arg-type]
    error = fails(sender)
    assert (error.permanent, error.uncertain, error.server_wide) == (False, False, False)
    assert "451" in str(error)
    assert "greylisted" in str(error)


def test_a_550_for_a_recipient_is_for_good_and_the_next_letter_goes(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    smtp_sink.refuse(OWNER)
    assert fails(sender).permanent
    assert sender.send(LETTER, "deputy@ours.example").startswith("250 ")


def test_a_refused_sender_is_the_servers_no_to_all_letters_but_to_none_for_good(
    smtp_sink: SmtpSink, sender: SmtpSender
) -> None:
    smtp_sink.answer("MAIL", "550 5.7.1 not from you")
    error = fails(sender)
    assert (error.permanent, error.server_wide) == (False, True)


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "554 5.2.252 SendAsDenied; monitor@ours.example not allowed to send as desk@ours.example",
        "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
    ],
)
def test_exchange_refuses_the_sender_after_the_letter_and_no_letter_is_lost_for_that(
    smtp_sink: SmtpSink, sender: SmtpSender, answer: str
) -> None:
    smtp_sink.answer("DATA", answer)
    error = fails(sender)
    assert (error.permanent, error.uncertain, error.server_wide) == (False, False, True)
    assert "make `from` the mailbox that logs in" in str(error)


def test_a_421_ends_the_round_and_the_next_send_connects_anew(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    smtp_sink.answer("RCPT", "421 4.3.2 closing")
    assert fails(sender).server_wide
    assert sender.send(LETTER, OWNER).startswith("250 ")


def test_a_connection_that_breaks_after_the_letter_leaves_us_uncertain(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    smtp_sink.answer("DATA", KEEP_AND_CLOSE)
    error = fails(sender)
    assert error.uncertain
    assert not error.permanent
    assert len(smtp_sink.wait_for(1)) == 1


def test_a_connection_that_breaks_before_the_letter_leaves_no_doubt(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    smtp_sink.answer("RCPT", CLOSE)
    error = fails(sender)
    assert not error.uncertain
    assert error.server_wide


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encryption_trusts_the_given_authority_and_no_other(tmp_path: Path, security: str) -> None:
    with SmtpSink(tmp_path, security=security) as sink:  # type: ignore[arg-type]
        trusting = Relay(sink.host, sink.port, security, ca_file=str(sink.ca_file))  # type: ignore[arg-type]
        with SmtpSender(trusting) as sender:
            assert sender.send(LETTER, OWNER).startswith("250 ")
        with SmtpSender(Relay(sink.host, sink.port, security)) as sender:  # type: ignore[arg-type]
            error = fails(sender)
    assert "certificate" in str(error)
    assert "ca_file" in str(error)


def test_a_login_that_is_refused_says_what_to_check_and_not_the_password(tmp_path: Path) -> None:
    with SmtpSink(tmp_path, security="starttls", login=("monitor", "right-one")) as sink:
        right = Relay(sink.host, sink.port, "starttls", "monitor", lambda: "right-one", str(sink.ca_file))
        with SmtpSender(right) as sender:
            assert sender.send(LETTER, OWNER).startswith("250 ")
        wrong = Relay(sink.host, sink.port, "starttls", "monitor", lambda: "planted-secret", str(sink.ca_file))
        with SmtpSender(wrong) as sender:
            error = fails(sender)
    assert "the login of monitor was refused" in str(error)
    assert "planted-secret" not in str(error)
    assert error.server_wide


@pytest.mark.parametrize(("user", "password"), [("mönitor", "planted-secret"), ("monitor", "plänted-secret")])
def test_a_login_beyond_ascii_is_a_mistake_of_the_config_that_is_told_without_the_password(
    tmp_path: Path, user: str, password: str
) -> None:
    with SmtpSink(tmp_path, security="starttls", login=("monitor", "right-one")) as sink:
        beyond = Relay(sink.host, sink.port, "starttls", user, lambda: password, str(sink.ca_file))
        with SmtpSender(beyond) as sender:
            error = fails(sender)
    assert (error.permanent, error.uncertain, error.server_wide, error.fault) == (False, False, True, "refused")
    assert "`username` and `password` under [smtp] may hold only ASCII characters" in str(error)
    assert "nted-secret" not in str(error)


def test_a_recipient_beyond_ascii_is_refused_for_good_and_the_next_letter_goes(
    smtp_sink: SmtpSink, sender: SmtpSender
) -> None:
    with pytest.raises(SendError, match="cannot be written to in ASCII") as caught:
        sender.send(LETTER, "jörg@ours.example")
    assert (caught.value.permanent, caught.value.server_wide) == (True, False)
    assert sender.send(LETTER, OWNER).startswith("250 ")
    assert [letter.recipients for letter in smtp_sink.wait_for(1)] == [(OWNER,)]
    assert smtp_sink.connections == 1


def test_a_server_that_is_not_there_is_named_with_what_to_check() -> None:
    port = ordinary.free_port()
    with SmtpSender(Relay("127.0.0.1", port, "none")) as sender:
        error = fails(sender)
    assert f"127.0.0.1:{port}" in str(error)
    assert "check `host`, `port` and `security`" in str(error)
