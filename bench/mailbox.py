"""A big mailbox, written as Maildir files straight into a Dovecot's storage: APPEND would take an hour."""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.mails import BODY_BYTES, MAILBOX, Mail, mails
from tests.servers.dovecot import Dovecot

HEADER_BYTES = 3300
BLOCK = 4096
INODE = 512
SPARE = 2 * 10**9  # for index, store and everybody else


def affordable_body(folder: Path, number: int) -> int:
    """How many bytes of body the disk has room for: all, or so few that a mail takes one block. Raises OSError."""
    free = shutil.disk_usage(folder).free - SPARE
    for body in (BODY_BYTES, BLOCK - HEADER_BYTES - 200):
        blocks = -(-(HEADER_BYTES + body) // BLOCK)
        if number * (blocks * BLOCK + INODE) < free:
            return body
    raise OSError(f"{folder}: not enough room for {number} mails ({free // 10**6} MB free)")


def fill(server: Dovecot, number: int, body_bytes: int) -> Counter[str]:
    """Put invented mail into MAILBOX; returns how many are in each folder."""
    with server.client(MAILBOX) as client:
        for folder in ("INBOX", "Sent"):
            client.select_folder(folder)  # makes its Maildir, and makes it the server's
    return write(server, mails(number, body_bytes))


def write(server: Dovecot, letters: Iterable[Mail]) -> Counter[str]:
    """Write each into its folder's `cur`, seen, with its arrival as the file's time, which is its INTERNALDATE."""
    counts: Counter[str] = Counter()
    for mail in letters:
        counts[mail.folder] += 1
        seconds = int(mail.when.timestamp())
        # Dovecot numbers new files by the time in their names; S= saves it asking for the size.
        name = f"{seconds}.M{counts[mail.folder]}P1.bench,S={len(mail.raw)},W={len(mail.raw)}:2,S"
        path = server.maildir(MAILBOX, mail.folder) / "cur" / name
        path.write_bytes(mail.raw)
        os.utime(path, (seconds, seconds))
    return counts
