"""No line of a letter, and no address, is a command to the mail server; every letter arrives byte for byte."""

import pytest

from monitor.outbox.smtp import Relay, SendError, SmtpSender
from tests.attacks.hostile import LINES
from tests.servers.smtp_sink import SmtpSink

HEAD = b"From: Reply monitor <monitor@ours.example>\r\nTo: owner@ours.example\r\nSubject: Who waits\r\n\r\n"
DOTS = (
    b".",
    b"..",
    b".\r\n.",
    b"a\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
    b"\r\n.\r\n\r\n.\r\n",
    b".hidden\r\n..\r\n...",
)


@pytest.mark.parametrize("text", DOTS)
def test_lines_of_dots_arrive_as_they_are(smtp_sink: SmtpSink, text: bytes) -> None:
    body = HEAD + text + b"\r\nQUIT\r\nRCPT TO:<all@evil.example>\r\n"
    with SmtpSender(Relay(smtp_sink.host, smtp_sink.port, "none")) as sender:
        sender.send(body, "owner@ours.example")
    (letter,) = smtp_sink.wait_for(1)
    assert letter.raw.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") == body.partition(b"\r\n\r\n")[2].rstrip(b"\r\n")
    assert letter.recipients == ("owner@ours.example",)


RECIPIENTS = ("a@x.example>\r\nRCPT TO:<all@evil.example", "a@x.example\nDATA", "a@x.example> SIZE=1", "a b@x.example")


@pytest.mark.parametrize("recipient", [*RECIPIENTS, *(f"a{line}@x.example" for line in LINES)])
def test_no_address_is_a_second_command(smtp_sink: SmtpSink, recipient: str) -> None:
    with SmtpSender(Relay(smtp_sink.host, smtp_sink.port, "none")) as sender:
        try:
            sender.send(HEAD + b"Hello\r\n", recipient)
        except SendError as error:
            assert error.permanent or error.server_wide  # noqa: PT017  # both ends are right: refused, or to one address
        sender.send(HEAD + b"Second\r\n", "owner@ours.example")
    letters = smtp_sink.wait_for(1)
    assert not any("evil.example" in one.partition("@")[2] for letter in letters for one in letter.recipients[1:])
    assert all(len(letter.recipients) == 1 for letter in letters)
    assert letters[-1].recipients == ("owner@ours.example",)


@pytest.mark.parametrize(
    "sender_address", ["<monitor@ours.example>\r\n RCPT TO:<all@evil.example>", "x <a b@y.example>"]
)
def test_no_sender_is_a_second_command(smtp_sink: SmtpSink, sender_address: str) -> None:
    body = f"From: {sender_address}\r\n\r\nHello\r\n".encode()
    with SmtpSender(Relay(smtp_sink.host, smtp_sink.port, "none")) as sender:
        try:
            sender.send(body, "owner@ours.example")
        except SendError as error:
            assert error.server_wide  # noqa: PT017  # the sender is refused
    assert all(letter.recipients == ("owner@ours.example",) for letter in smtp_sink.letters)
