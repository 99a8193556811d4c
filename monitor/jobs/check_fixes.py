"""FLOOR 2. What to do about what went wrong with a server: something that can be typed, beside each line of `check`."""

import re

from monitor.config import MailboxSettings, SmtpSettings
from monitor.inbox.source import SourceError
from monitor.jobs.check_fact import Fact, Section
from monitor.jobs.hidden import is_microsoft_365
from monitor.outbox.smtp import SendError

_GOOGLE = ("imap.gmail.com", "imap.googlemail.com", "smtp.gmail.com", "smtp-relay.gmail.com")
_QUOTED = re.compile(r"\bb(['\"])(.*?)\1")
"""imaplib shows the server's words as Python would."""
AGAIN = "run inbox-monitor check again in a few minutes"
_LATER = "tried again later"
_OTHERS = (
    (re.compile(r"\b220[ -]|esmtp", re.I), "an SMTP server, which sends mail"),
    (re.compile(r"imap4|capability", re.I), "an IMAP server, which holds mail"),
    (re.compile(r"\+ok|pop3|\(none\)", re.I), "a POP3 server"),
    (re.compile(r"http/1|<html", re.I), "a web server"),
    (re.compile(r"\bssh-\d", re.I), "an SSH server"),
)
"""How servers of other protocols greet, or answer what they do not understand; imaplib takes "+OK" for a question, and
tells of None."""
_IMAP_PORTS = 'IMAP is on port 993 with security = "tls", or 143 with "starttls"'
_SMTP_PORTS = 'letters are taken on port 587 with security = "starttls", or 465 with "tls"'
_MAY_BE_TLS = "a server that says nothing may wait for TLS to begin"


def wrong(section: Section, mailbox: MailboxSettings, error: SourceError, before: str = "") -> Fact:
    """The line about a mailbox that could not be read; `before` begins it."""
    text, hint = apart(_QUOTED.sub(r"\2", str(error)))
    return Fact(section, "fix", mailbox.address, before + text, _imap_fix(mailbox, error, text, hint), error.fault)


def wrong_smtp(smtp: SmtpSettings, error: SendError, subject: str = "") -> Fact:
    """The line about the server that takes letters; `subject` where it is about something else."""
    text, hint = apart(str(error).removeprefix(f"{smtp.where}: "))
    fix = _smtp_fix(smtp, error, text, hint)
    return Fact("Letters", "fix", subject or smtp.where, text, fix, error.fault or "smtp")


def apart(told: str) -> tuple[str, str]:
    """What happened, and what to do, which our errors say behind their last semicolon.

    A semicolon within brackets is the server's own.
    """
    text, mark, hint = told.rpartition("; ")
    if not mark or hint.count("(") != hint.count(")"):
        return told, ""
    return text, "" if hint == _LATER else hint


def other_protocol(text: str, *own: str) -> str:
    """What answers at a port that speaks something else than `own`; empty where that is not seen."""
    found = (what for pattern, what in _OTHERS if pattern.search(text))
    return next((what for what in found if not any(word in what for word in own)), "")


def _imap_fix(mailbox: MailboxSettings, error: SourceError, text: str, hint: str) -> str:
    where = f"{mailbox.host} {mailbox.port}"
    if error.fault in ("protocol", "unreachable") and (other := other_protocol(text, "IMAP")):
        return f"that is {other}: {_IMAP_PORTS}"
    if error.fault == "refused":
        return _login_fix(mailbox, text, hint)
    if error.fault == "certificate":
        return f"{hint}; whose it is: openssl s_client -connect {where.replace(' ', ':')} </dev/null"
    if error.fault == "secret":
        return hint or "let the user of the service read it; `password` says where it is: { file = … }, { env = … }"
    if error.fault == "busy":
        return AGAIN
    if "no answer in time" in text and mailbox.security != "tls":
        return f"{_MAY_BE_TLS}: {_IMAP_PORTS}; whether it answers at all: nc -vz {where}"
    return hint or f"{_IMAP_PORTS}; whether it answers at all: nc -vz {where}"


def _login_fix(mailbox: MailboxSettings, text: str, hint: str) -> str:
    """Where passwords are not taken any more, no other password helps."""
    if "docs/" in hint:
        return hint
    if mailbox.token is None and is_microsoft_365(mailbox):
        return 'Microsoft 365 takes no passwords: write token = "microsoft", see docs/microsoft365.md'
    if mailbox.token is None and mailbox.host.lower() in _GOOGLE:
        return 'Google takes app passwords only; or write token = "google", see docs/google.md'
    return hint or "check `username` and how it logs in (`password` or `token`)"


def _smtp_fix(smtp: SmtpSettings, error: SendError, text: str, hint: str) -> str:
    low = text.lower()
    if error.fault:
        return hint or "check `username` and `password` under [smtp]"
    if other := other_protocol(text, "SMTP"):
        return f"that is {other}: {_SMTP_PORTS}"
    if "wrong_version_number" in low or "record layer" in low:
        return f"the port does not begin with TLS: {_SMTP_PORTS}"
    if "timed out" in low and smtp.security != "tls":
        return f"{_MAY_BE_TLS}: {_SMTP_PORTS}; whether it answers at all: nc -vz {smtp.host} {smtp.port}"
    if "starttls extension not supported" in low:
        return f'it offers no STARTTLS: security = "tls" with port 465, or "none" for {smtp.host} itself'
    if "auth extension not supported" in low:
        return f"it takes no login there: {_SMTP_PORTS}; or leave `username` and `password` away"
    return hint or f"{_SMTP_PORTS}; whether it answers at all: nc -vz {smtp.host} {smtp.port}"
