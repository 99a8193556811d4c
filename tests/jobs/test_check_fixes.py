"""What to do about a server that fails, where the words of the error alone decide."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.config.settings import MailboxSettings, SmtpSettings
from monitor.inbox.source import Fault, SourceError
from monitor.jobs.check_fixes import AGAIN, apart, wrong, wrong_smtp
from monitor.outbox.smtp import SendError


def mailbox(host: str, **more: Any) -> MailboxSettings:
    given: dict[str, Any] = {"sent": (), "done": (), "ignored": (), "inbox": (), "ca_file": None, "lookback": None}
    given |= {"security": "tls", "watch": "all", "replies_confirmed": False, "peek_closers": False, **more}
    every = timedelta(minutes=5)
    return MailboxSettings(
        "info@ours.example", "Desk", host, 993, username="info", password=str, poll_every=every, **given
    )


@pytest.mark.parametrize(
    ("told", "text", "hint"),
    [
        ("nothing answers there; check `host`", "nothing answers there", "check `host`"),
        ("refused (a; b); check it (twice)", "refused (a; b)", "check it (twice)"),
        ("it failed (the server said; so)", "it failed (the server said; so)", ""),
        ("no answer in time; tried again later", "no answer in time", ""),
        ("plain", "plain", ""),
    ],
)
def test_what_to_do_stands_behind_the_last_semicolon_that_is_ours(told: str, text: str, hint: str) -> None:
    assert apart(told) == (text, hint)


@pytest.mark.parametrize(
    ("host", "token", "fault", "text", "fix"),
    [
        ("outlook.office365.com", None, "refused", "x: refused (LOGIN failed.); check it", "docs/microsoft365.md"),
        ("outlook.office365.com", "microsoft", "refused", "x:993: refused; check it", "check it"),
        ("imap.gmail.com", None, "refused", "x:993: refused ([AUTHENTICATIONFAILED]); check it", "docs/google.md"),
        ("imap.ours.example", None, "refused", "x:993: refused", "check `username`"),
        ("imap.ours.example", None, "busy", "x:993: not just now; tried again later", AGAIN),
        ("imap.ours.example", None, "secret", "the secret file /s cannot be read", "let the user of"),
        ("imap.ours.example", None, "certificate", "x: does not fit; give it", "openssl s_client -connect imap.ours"),
        (
            "imap.ours.example",
            None,
            "unreachable",
            "x: no answer in time; tried again later",
            "nc -vz imap.ours.example 993",
        ),
    ],
)
def test_a_mailbox_that_is_not_read_has_a_fix(host: str, token: str | None, fault: Fault, text: str, fix: str) -> None:
    one = wrong("Mailboxes", mailbox(host, token=token), SourceError(fault, text))
    assert (one.mark, one.fault, fix in one.fix) == ("fix", fault, True)


def test_a_server_that_takes_no_login_on_this_port_is_told_with_the_port_that_does() -> None:
    smtp = SmtpSettings("mx.ours.example", 25, "none", None, "m", str, "m@ours.example")
    said = "mx.ours.example:25: no connection (SMTP AUTH extension not supported by server.); check `host`"
    one = wrong_smtp(smtp, SendError(said, server_wide=True))
    assert (one.subject, one.fault) == ("mx.ours.example:25", "smtp")
    assert one.text == "no connection (SMTP AUTH extension not supported by server.)"
    assert one.fix.startswith("it takes no login there: letters are taken on port 587")
