"""A big mailbox: Maildir files written straight into a Dovecot's storage, or many messages in one APPEND."""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from bench.floor import line
from bench.mails import BODY_BYTES, MAILBOX, Mail, mails
from tests.servers.dovecot import Dovecot

HEADER_BYTES = 3300
SHORT_BODY = 700  # with its header in one block
BLOCK = 4096
INODE = 512
SPARE = 2 * 10**9  # for index, store and everybody else
COPIES = 2  # mbsync makes another one
AT_ONCE = 1000  # messages in one APPEND


def affordable_body(folder: Path, number: int) -> int:
    """How many bytes of body the disk has room for: all, or so few that a mail takes one block. Raises OSError."""
    free = shutil.disk_usage(folder).free - SPARE
    for body in (BODY_BYTES, SHORT_BODY):
        blocks = -(-(HEADER_BYTES + body) // BLOCK)
        if COPIES * number * (blocks * BLOCK + INODE) < free:
            return body
    raise OSError(f"{folder}: not enough room for {number} mails ({free // 10**6} MB free)")


def fill(server: Dovecot, number: int, body_bytes: int, user: str = MAILBOX, seed: int = 1) -> Counter[str]:
    """Put invented mail into a mailbox, as Maildir files; returns how many are in each folder."""
    with server.client(user) as client:
        for folder in ("INBOX", "Sent"):
            client.select_folder(folder)  # makes its Maildir, and makes it the server's
    return write(server, mails(number, body_bytes, seed, user), user)


def write(server: Dovecot, letters: Iterable[Mail], user: str = MAILBOX) -> Counter[str]:
    """Write each into its folder's `cur`, seen, with its arrival as the file's time, which is its INTERNALDATE."""
    counts: Counter[str] = Counter()
    places = {folder: server.maildir(user, folder) / "cur" for folder in ("INBOX", "Sent")}
    for mail in letters:
        counts[mail.folder] += 1
        seconds = int(mail.when.timestamp())
        # Dovecot numbers new files by the time in their names; S= saves it asking for the size.
        name = f"{seconds}.M{counts[mail.folder]}P1.bench,S={len(mail.raw)},W={len(mail.raw)}:2,S"
        path = places[mail.folder] / name
        path.write_bytes(mail.raw)
        os.utime(path, (seconds, seconds))
    return counts


def append(server: Dovecot, letters: Iterable[Mail], user: str = MAILBOX) -> Counter[str]:
    """Say it to the server, many in one command: for a million in few files; it takes whatever storage there is."""
    counts: Counter[str] = Counter()
    waiting: defaultdict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    with line(server, tls=False) as said:
        said.ask(f'LOGIN "{user}" "{server.password}"')
        for mail in letters:
            counts[mail.folder] += 1
            waiting[mail.folder].append((mail.when.strftime("%d-%b-%Y %H:%M:%S +0000").encode(), mail.raw))
            if len(waiting[mail.folder]) == AT_ONCE:
                said.append(mail.folder, waiting.pop(mail.folder))
        for folder, rest in waiting.items():
            said.append(folder, rest)
    return counts
