"""A real archive as the mail of one desk, over TLS: customers in INBOX, who answered most in Sent; floor and our look.

An archive is a folder with mbox files (`*.mbox`, in any depth), or with Maildir folders (files in `cur` and `new`).
Messages without a Message-ID are left out, and of those with the same one all but the first. A small archive takes
less than a start: so it may be read several times over, each time with other ids and a month later.
"""

import mailbox
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from bench.first_look import first_look, start
from bench.floor import floor
from bench.house import Servers
from bench.mailbox import append
from bench.mails import MAILBOX, Mail
from bench.servers import dovecot
from bench.sizes import Plan, row_of
from bench.ways import WAYS, Case
from tests.servers.archive import Archive, ArchiveMail, archive_of, mail_of, read_mbox
from tests.servers.smtp_sink import SmtpSink

Json = dict[str, Any]

MONTH = timedelta(days=31)
"""Longer than a subject ties (core/inferring.py)."""
_VALUE = rb":[^\r]*(?:\r\n[ \t][^\r]*)*"
_NAMES_IDS = re.compile(rb"^(?:Message-ID|In-Reply-To|References)" + _VALUE, re.MULTILINE | re.IGNORECASE)
_ID = re.compile(rb"[^\s<>,;\"()]+@")
_DATE = re.compile(rb"^Date" + _VALUE, re.MULTILINE | re.IGNORECASE)


def measure(folder: Path, archive: Path, times: int, plan: Plan) -> Json:
    """The archive, so many times over, in a fresh server, and each way of reading."""
    found = several(read(archive), times)
    messages, now = len(found.mails), found.mails[-1].when + timedelta(days=3)
    folder.chmod(0o711)  # for root, whose Dovecot is run by somebody else
    with dovecot(folder, few_files=True) as server, SmtpSink(folder) as sink:
        plan.say(f"writing {messages:,} mails of the archive")
        with server.client(MAILBOX) as client:
            client.folder_status("INBOX", ["MESSAGES"])
        counts = append(server, _in_folders(found))
        servers = Servers(server, sink, None, folder)
        floor(server, MAILBOX, counts, messages, tls=True)  # cold
        rows = {}
        for way in WAYS:
            case, pairs = Case(way, "sqlite", "tls"), []
            for _ in range(plan.runs_of(messages)):
                plan.say(f"the archive: {case.name}")
                raw = floor(server, MAILBOX, counts, messages, tls=True)
                pairs.append((raw, first_look(servers, case, [MAILBOX], messages, now, sorted(found.staff))))
            rows[case.name] = row_of(case, pairs, start(servers, case).run, messages)
    return {"messages": messages, "times": times, "staff": len(found.staff), "looks": rows}


def read(folder: Path) -> Archive:
    """The archive in the order of arrival. Raises FileNotFoundError where there is none."""
    mails = [mail for mail in (*_mboxes(folder), *_maildirs(folder)) if mail.message_id]
    if not mails:
        raise FileNotFoundError(f"{folder} holds neither mbox files nor Maildir folders")
    return archive_of(mails)


def several(archive: Archive, times: int) -> Archive:
    """The same mails as if the same people had talked so once a month: conversations stay apart, people do not."""
    mails = [_again(mail, number) for number in range(times) for mail in archive.mails]
    return archive._replace(mails=tuple(sorted(mails, key=lambda mail: mail.when)))


def _again(mail: ArchiveMail, number: int) -> ArchiveMail:
    if not number:
        return mail
    header, blank, body = mail.raw.partition(b"\r\n\r\n")
    when = mail.when + number * MONTH
    header = _NAMES_IDS.sub(lambda field: _ID.sub(b"%d.\\g<0>" % number, field[0]), header)
    header = _DATE.sub(b"Date: " + format_datetime(when).encode(), header, count=1)
    return mail._replace(raw=header + blank + body, when=when)


def _mboxes(folder: Path) -> Iterator[ArchiveMail]:
    for path in sorted(folder.rglob("*.mbox")):
        yield from list(read_mbox(path.read_bytes())) or _usual_mbox(path)


def _usual_mbox(path: Path) -> Iterator[ArchiveMail]:
    """Not as pipermail writes it."""
    with closing(mailbox.mbox(path, create=False)) as box:
        for key in box.iterkeys():
            yield mail_of(box.get_bytes(key).replace(b"\r\n", b"\n"), _changed(path))


def _maildirs(folder: Path) -> Iterator[ArchiveMail]:
    for path in sorted(path for name in ("cur", "new") for path in folder.rglob(f"{name}/*") if path.is_file()):
        yield mail_of(path.read_bytes().replace(b"\r\n", b"\n"), _changed(path))


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _in_folders(archive: Archive) -> Iterator[Mail]:
    for mail in archive.mails:
        yield Mail("Sent" if archive.is_staff(mail) else "INBOX", mail.when, mail.raw)
