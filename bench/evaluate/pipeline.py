"""The product as it runs: mail in folders, a sweep of the mailbox, and what the store then tells.

Nothing is asked of the rules themselves, so what is measured is what an operator gets.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from monitor.config import load
from monitor.inbox.fields import FIELDS
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.poll import sweep
from monitor.store.store import open_store
from monitor.store.stories import Story, all_stories

DESK = "desk@desk.example"
CONFIG = """
[imap]
host = "imap.desk.example"
lookback = "all"
password = {{ env = "UNUSED" }}
[staff]
domains = []
people = [{people}]
[[mailbox]]
address = "{address}"
team = "Desk"
replies = "confirmed"
[[team]]
name = "Desk"
owners = ["lead@desk.example"]
"""

_FIRST_LINES = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:>?From [^\r\n]*(?:\r\n|\r|\n))*")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_WANTED = {name.lower().encode() for name in FIELDS}


class Mail(NamedTuple):
    """A mail as a server holds it: its whole header, the octets of all of it, and when it arrived."""

    header: bytes
    size: int
    when: datetime


def in_the_mail(raw: bytes) -> bytes:
    """A mail in a file as it was in the mail: its lines end as RFC 5321 §2.3.8 wants it.

    What is no part of the mail goes: an mbox's "From " line, an editor's byte order mark.
    """
    return _LINE_END.sub(b"\r\n", _FIRST_LINES.sub(b"", raw, count=1))


def whole_header(raw: bytes) -> bytes:
    """Its header, with the empty line."""
    mail = in_the_mail(raw)
    return b"\r\n" if mail.startswith(b"\r\n") else mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def without(header: bytes, names: Iterable[str]) -> bytes:
    """The header without these fields."""
    gone = {name.lower().encode() for name in names}
    return b"".join(field for name, field in _fields(header) if name not in gone) + b"\r\n"


class Pipeline:
    """A mailbox with its staff, swept as often as one likes; each time with an empty store in a temporary folder."""

    def __init__(self, address: str = DESK, staff: Iterable[str] = ()) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="evaluate-")
        self._folder = Path(self._temporary.name)
        path = self._folder / "config.toml"
        path.write_text(CONFIG.format(address=address, people=", ".join(f'"{each}"' for each in sorted(staff))))
        self._settings = load(path)
        self._empty = self._folder / "empty.db"
        open_store(f"sqlite:///{self._empty}").close()

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    def stories(self, folders: Mapping[str, Sequence[Mail]], lists: frozenset[str] = frozenset()) -> list[Story]:
        """All conversations after two looks, the first three days after the last arrival; `lists` are declared ours."""
        file = self._folder / "looked.db"
        shutil.copy(self._empty, file)
        source = MemorySource(*(_filled(name, mails) for name, mails in folders.items()))
        now = max(mail.when for mails in folders.values() for mail in mails) + timedelta(days=3)
        store = open_store(f"sqlite:///{file}")
        try:
            house = self._settings.house(store.letter_key)
            house = replace(house, staff=replace(house.staff, lists=lists))
            for moment in (now, now + timedelta(minutes=5)):  # links without ids are judged when all is read
                swept = sweep(store, source, self._settings.mailboxes[0], house, moment)
                if swept.fault:
                    raise swept.fault
            return list(all_stories(store))
        finally:
            store.close()
            for each in self._folder.glob("looked.db*"):
                each.unlink()


def _filled(name: str, mails: Sequence[Mail]) -> MemoryFolder:
    """As a server would hand it out: only the fields that are asked for, but the size of the whole mail."""
    folder = MemoryFolder(name)
    for mail in mails:
        asked = b"".join(field for field_name, field in _fields(mail.header) if field_name in _WANTED) + b"\r\n"
        uid = folder.deliver(asked, mail.when)
        folder.mails[uid] = folder.mails[uid]._replace(size=mail.size)
    return folder


def _fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each field's name, lower case, and its lines as they stand; a line that belongs to no field goes."""
    name, lines = b"", [b""]
    for line in header.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            lines.append(line + b"\r\n")
            continue
        if name:
            yield name, b"".join(lines)
        name, colon, _ = line.partition(b":")
        name, lines = (name.rstrip().lower() if colon else b""), [line + b"\r\n"]
    if name:
        yield name, b"".join(lines)
