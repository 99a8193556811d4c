"""What others need for the same mail: mbsync, notmuch, and a loop over imaplib as everybody writes it first."""

import email
import email.utils
import imaplib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.mails import MAILBOX
from bench.process import own_cpu, run
from tests.servers.dovecot import Dovecot

LOOP_AT_MOST = 2000
"""Messages the loop reads: each takes as long as the one before."""
ENVELOPE = "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES FROM TO CC SUBJECT DATE)])"

MBSYNC = """\
FSync {fsync}

IMAPAccount bench
Host {host}
Port {port}
User "{user}"
Pass "{password}"
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path {near}/
Inbox {near}/INBOX
SubFolders Verbatim

Channel bench
Far :far:
Near :near:
Patterns INBOX Sent
Create Near
Sync Pull
SyncState *
"""
NOTMUCH = """\
[database]
path={index}
mail_root={mail}
[user]
name=Bench
primary_email={user}
[new]
tags=unread
ignore=/dovecot.*/;maildirfolder;subscriptions
[maildir]
synchronize_flags=false
"""


class Other(NamedTuple):
    """Messages a second by the clock, seconds of processor for a thousand messages, and a word about either."""

    rate: float | None
    cpu_ms: float | None
    note: str


def others(server: Dovecot, folder: Path, messages: int, runs: int) -> dict[str, Other]:
    """On the mail in MAILBOX, with a warm server: mbsync as it is installed as often as we are, the others once."""

    def installed() -> Other:
        tries = [mbsync(server, folder, messages, "yes") for _ in range(runs)]
        return sorted(tries, key=lambda one: one.rate or 0)[runs // 2]

    return {
        "imaplib loop": imaplib_loop(server),
        "mbsync": _installed("mbsync", "isync", installed),
        "mbsync, fsync off": _installed("mbsync", "isync", lambda: mbsync(server, folder, messages, "no")),
        "notmuch new": _installed("notmuch", "notmuch", lambda: notmuch(server, folder, messages)),
    }


def mbsync(server: Dovecot, folder: Path, messages: int, fsync: str) -> Other:
    """Whole messages over IMAP into Maildir folders of its own; `fsync`: "yes", its default, or "no"."""
    near, config = folder / "mbsync", folder / "mbsyncrc"
    near.mkdir()
    address = {"host": server.host, "port": server.port, "user": MAILBOX, "password": server.password}
    config.write_text(MBSYNC.format(near=near, fsync=fsync, **address))
    config.chmod(0o600)
    made = run(["mbsync", "-q", "-c", config, "bench"])
    found = sum(1 for name in ("cur", "new") for _ in near.glob(f"*/{name}/*"))
    shutil.rmtree(near)
    if found != messages:
        raise RuntimeError(f"mbsync brought {found} of {messages} messages")
    note = "whole messages" if fsync == "yes" else "whole messages, not safe from a power cut"
    return Other(messages / made.seconds, made.cpu * 1e6 / messages, note)


def notmuch(server: Dovecot, folder: Path, messages: int) -> Other:
    """A full-text index over the server's own files, without IMAP."""
    config, index = folder / "notmuch-config", folder / "notmuch"
    config.write_text(NOTMUCH.format(index=index, mail=server.maildir(MAILBOX, "INBOX"), user=MAILBOX))
    index.mkdir()
    out = folder / "notmuch.out"
    made = run(["notmuch", f"--config={config}", "new", "--quiet"])
    run(["notmuch", f"--config={config}", "count", "*"], out=out)
    shutil.rmtree(index)
    if (found := int(out.read_text())) != messages:
        raise RuntimeError(f"notmuch found {found} of {messages} messages")
    return Other(messages / made.seconds, made.cpu * 1e6 / messages, "full text, from the files, without IMAP")


def imaplib_loop(server: Dovecot) -> Other:
    """A command a message, and the standard library's parser."""
    with imaplib.IMAP4(server.host, server.port) as client:
        client.login(MAILBOX, server.password)
        client.select("INBOX", readonly=True)
        numbers = client.search(None, "ALL")[1][0].split()[:LOOP_AT_MOST]
        start, cpu = time.perf_counter(), own_cpu()
        for number in numbers:
            answer = client.fetch(number.decode(), ENVELOPE)[1][0]
            assert isinstance(answer, tuple)
            message = email.message_from_bytes(answer[1])
            email.utils.getaddresses([str(message["From"]), str(message["To"])])
            email.utils.parsedate_to_datetime(message["Date"])
        seconds, used = time.perf_counter() - start, own_cpu() - cpu
    count = len(numbers)
    return Other(count / seconds, used * 1e6 / count, f"reads headers and keeps nothing; the first {count:,}")


def _installed(program: str, package: str, measure: Callable[[], Other]) -> Other:
    if shutil.which(program) is None:
        return Other(None, None, f"not installed: apt-get install {package}")
    return measure()
