"""What others publish as the way to know automatic mail: the figures to beat.

`rfc3834`: Auto-Submitted alone (RFC 3834 §5). `daemon`: the null Return-Path of bounces (RFC 5321 §4.5.5), or mail from
mailer-daemon or postmaster, as mail systems and autoresponders have long tested it. `either`: one of both.
"""

import re
from email.message import Message
from email.utils import parseaddr

DAEMONS = ("mailer-daemon", "postmaster")
_COMMENT = re.compile(r"\([^()]*\)")


def rfc3834(message: Message) -> bool:
    """Auto-Submitted says anything but `no`."""
    said = (_COMMENT.sub("", str(value)).partition(";")[0].strip() for value in message.get_all("Auto-Submitted", []))
    return any(word.lower() not in ("", "no") for word in said)


def daemon(message: Message) -> bool:
    """Return-Path is empty, or a mail system wrote it."""
    path = message.get("Return-Path")
    if path is not None and not str(path).strip(" <>\t"):
        return True
    return parseaddr(str(message.get("From", "")))[1].partition("@")[0].lower() in DAEMONS


def either(message: Message) -> bool:
    """One of both."""
    return rfc3834(message) or daemon(message)


SIMPLE_RULES = {"RFC 3834": rfc3834, "daemon": daemon, "either": either}
