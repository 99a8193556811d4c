"""Logging in to the mail server: by password and by token, what each is told, and that no secret is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.outbox.smtp import Relay, SendError, SmtpSender
from tests.servers.smtp_oauth import OauthSink
from tests.servers.smtp_sink import SmtpSink

USER, PLANTED, FRESH = "monitor@ours.example", "planted-token-1", "planted-token-2"
LETTER = b"From: monitor@ours.example\r\nTo: owner@ours.example\r\n\r\nHello.\r\n"
GMAIL = '{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
MAILBOX = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. "
    "Visit https://aka.ms/smtp_auth_disabled for more information."
)


def giving(*tokens: str) -> Callable[[str], str]:
    """One token after the other; the last one again and again."""
    left = list(tokens)
    return lambda _refused: left.pop(0) if len(left) > 1 else left[0]


def relay(sink: SmtpSink, **said: Any) -> Relay:
    return Relay(sink.host, sink.port, "none", said.pop("username", USER), **said)


def sent(sink: SmtpSink, **said: Any) -> str:
    with SmtpSender(relay(sink, **said)) as sender:
        return sender.send(LETTER, "owner@ours.example")


def fails(sink: SmtpSink, **said: Any) -> SendError:
    with pytest.raises(SendError) as caught:
        sent(sink, **said)
    for planted in (PLANTED, FRESH, "a password"):
        assert planted not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        (None, f"user={USER}\1auth=Bearer {PLANTED}\1\1"),
        ("xoauth2", f"user={USER}\1auth=Bearer {PLANTED}\1\1"),
        ("oauthbearer", f"n,a={USER},\1host=127.0.0.1\1port=PORT\1auth=Bearer {PLANTED}\1\1"),
    ],
)
def test_a_token_logs_in_by_what_the_config_says_else_by_xoauth2(tmp_path: Path, mechanism: Any, said: str) -> None:
    with OauthSink(tmp_path, PLANTED) as sink:
        assert sent(sink, token=giving(PLANTED), mechanism=mechanism).startswith("250 ")
    assert sink.logins == [((mechanism or "xoauth2").upper(), said.replace("PORT", str(sink.port)).encode())]


def test_who_logs_in_may_be_another_than_whose_mailbox_sends(tmp_path: Path) -> None:
    with OauthSink(tmp_path, PLANTED) as sink:
        sent(sink, token=giving(PLANTED), login="clerk@ours.example")
        assert sink.logins == [("XOAUTH2", f"user={USER}\1auth=Bearer {PLANTED}\1\1".encode())]
        assert sent(sink, password=lambda: "a password", login="monitor").startswith("250 "), "by PLAIN"
        assert fails(sink, password=lambda: "a password").fault == "refused"


def test_a_long_token_is_no_long_line_but_answers_a_challenge(tmp_path: Path) -> None:
    token = "long" * 150  # a command may have 512 characters
    with OauthSink(tmp_path, token) as sink:
        assert sent(sink, token=giving(token)).startswith("250 ")


@pytest.mark.parametrize("mechanism", ["plain", "login", None])
def test_a_password_logs_in_by_plain_or_login(tmp_path: Path, mechanism: Any) -> None:
    with OauthSink(tmp_path) as sink:
        by = {"username": "monitor", "password": lambda: "a password", "mechanism": mechanism}
        assert sent(sink, **by).startswith("250 ")


@pytest.mark.parametrize(("mechanism", "last"), [("xoauth2", b""), ("oauthbearer", b"\1")])
def test_gmail_says_why_in_a_challenge_that_is_answered(tmp_path: Path, mechanism: Any, last: bytes) -> None:
    with OauthSink(tmp_path, challenge=GMAIL) as sink:
        told = fails(sink, token=giving(PLANTED), mechanism=mechanism)
    assert [said for _, said in sink.logins][1:] == [last]
    assert "status 400, scope https://mail.google.com/" in str(told)
    assert (told.server_wide, told.fault) == (True, "refused")


def test_a_refused_token_is_tried_once_more_as_a_fresh_one_and_no_third_time(tmp_path: Path) -> None:
    with OauthSink(tmp_path, FRESH) as sink:
        assert sent(sink, token=giving(PLANTED, FRESH)).startswith("250 ")
        sink.tokens.clear()
        sink.logins.clear()
        fails(sink, token=giving(PLANTED, FRESH, "never asked for"))
        assert len(sink.logins) == 2
        fails(sink, token=giving(PLANTED))
        assert len(sink.logins) == 3, "the same again is not tried again"


def test_exchange_says_that_the_mailbox_may_not_send_and_we_say_what_allows_it(tmp_path: Path) -> None:
    with OauthSink(tmp_path, refusal=MAILBOX) as sink:
        told = fails(sink, token=giving(PLANTED))
    assert "535 5.7.139" in str(told)
    assert "Set-CASMailbox -SmtpClientAuthenticationDisabled $false" in str(told)


def test_a_login_that_fails_for_now_is_no_mistake_of_the_config(tmp_path: Path) -> None:
    with OauthSink(tmp_path, refusal="454 4.7.0 Temporary authentication failure") as sink:
        told = fails(sink, token=giving(PLANTED, FRESH))
    assert (told.server_wide, told.permanent, told.fault) == (True, False, "")
    assert "tried again later" in str(told)
    assert len(sink.logins) == 1


def test_a_server_that_takes_no_token_is_sent_none_and_says_what_it_takes(tmp_path: Path) -> None:
    with SmtpSink(tmp_path, login=("monitor", "a password")) as sink:
        told = fails(sink, token=giving(PLANTED))
    assert "the server offers LOGIN, PLAIN; use a `password`" in str(told)
    assert told.fault == "refused"


def test_a_server_that_offers_no_login_before_encryption_says_so(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("EHLO", "502 no such command")
    told = fails(smtp_sink, token=giving(PLANTED))
    assert 'use security = "starttls" or "tls"' in str(told)
