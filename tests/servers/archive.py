"""Real mail for tests: the archive of the list twisted-web, read as if it were a shared mailbox.

The archive is pipermail's: "user at host" for addresses, no To, Cc and Received, one mbox file a month. Here "user at
host" is made an address again and lines end with CRLF; nothing else is changed. A message arrived when its Date says;
where that is missing or before 1990, when the "From " line says. Of messages that are twice in the archive (same
Message-ID) the first one stays, unless duplicates are asked for. That makes 5,371 messages from 2003 to 2021.
"""

import os
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CORPORA = "INBOX_MONITOR_CORPORA"
PACK = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "dev-pack.tar.xz"
LIST_ADDRESS = "twisted-web@twistedmatrix.com"
"""Until 2004 all messages came from the list's own address: nobody's answers can be counted there."""

ANSWERED_AT_LEAST = 40
ANSWERED_PER_BEGUN = 3

_SEPARATOR = re.compile(
    rb"^From \S.*?  ((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\r?\n", re.M
)
_FIELD = re.compile(rb"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)\n", re.M)
_OBFUSCATED = re.compile(rb"^(From:[ \t]*)(\S+) at (\S+)", re.M)
_PREFIX = re.compile(r"(?:\s*(?:\[[^\]]*\]|(?:re|aw|sv)(?:\[\d+\])?:))+\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\"]+@[^\s<>()\",]+")
_IN_BRACKETS = re.compile(r"<([^<>\s]+)>")


class ArchiveMail(NamedTuple):
    """One message: its bytes, when it arrived, from whom, and what it refers to (ids without brackets)."""

    raw: bytes
    when: datetime
    sender: str
    subject: str
    message_id: str
    refers_to: frozenset[str]


class Archive(NamedTuple):
    """All messages in order of arrival, and who counts as staff."""

    mails: tuple[ArchiveMail, ...]
    staff: frozenset[str]

    def is_staff(self, mail: ArchiveMail) -> bool:
        """Would it lie in Sent?"""
        return mail.sender in self.staff


def need_corpora(folder: Path) -> Path:
    """The corpora the environment names, else those packed beside the repository, put into `folder`; else a skip."""
    named = os.environ.get(CORPORA)
    if not named and PACK.is_file():
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from 3.11.4 on
        with tarfile.open(PACK) as pack:
            pack.extractall(folder, **safely)
        return next(folder.glob("*/list-twisted")).parent
    found = Path(named or "/nonexistent")
    if not (found / "list-twisted" / "twisted-web").is_dir():
        pytest.skip(f"{CORPORA} does not name a folder that holds list-twisted/twisted-web")
    return found


def load_archive(corpora: Path, *, keep_duplicates: bool = False) -> Archive:
    """Read the whole archive."""
    files = sorted((corpora / "list-twisted" / "twisted-web").glob("*.mbox"))
    return archive_of(
        (mail for file in files for mail in read_mbox(file.read_bytes())), keep_duplicates=keep_duplicates
    )


def archive_of(found: Iterable[ArchiveMail], *, keep_duplicates: bool = False) -> Archive:
    """These messages in order of arrival, and who of their senders counts as staff."""
    mails = sorted(found, key=lambda mail: mail.when)
    if not keep_duplicates:
        mails = list({mail.message_id: mail for mail in reversed(mails)}.values())[::-1]
    return Archive(tuple(mails), _staff(mails))


def conversations(mails: Iterable[ArchiveMail]) -> list[frozenset[str]]:
    """The truth: message ids that are connected by In-Reply-To and References, also through ids that nobody has."""
    mails = tuple(mails)
    union = _Union()
    for mail in mails:
        union.join(mail.message_id, mail.refers_to)
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for mail in mails:
        groups[union.root(mail.message_id)].add(mail.message_id)
    return [frozenset(group) for group in groups.values()]


def certain(mails: Iterable[ArchiveMail]) -> list[frozenset[str]]:
    """The conversations to measure by: not where a "Re:" names no parent, nor others with its subject.

    There headers do not know the truth: the mailer of whoever answered left them out.
    """
    by_id = {mail.message_id: mail for mail in mails}
    orphans = {_topic(mail) for mail in by_id.values() if not mail.refers_to and _is_reply(mail)}
    return [group for group in conversations(by_id.values()) if not orphans & {_topic(by_id[each]) for each in group}]


def _is_reply(mail: ArchiveMail) -> bool:
    prefix = _PREFIX.match(mail.subject)
    return prefix is not None and ":" in prefix[0]


def _topic(mail: ArchiveMail) -> str:
    return _PREFIX.sub("", mail.subject, count=1).lower()


class _Union:
    """Union-find over ids."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        path = []
        while (parent := self._parent.setdefault(name, name)) != name:
            path.append(name)
            name = parent
        for each in path:
            self._parent[each] = name
        return name

    def join(self, first: str, others: Iterable[str]) -> None:
        for other in others:
            self._parent[self.root(other)] = self.root(first)


def read_mbox(mbox: bytes) -> Iterator[ArchiveMail]:
    """The messages of one month, in the order in which they lie in the file."""
    starts = list(_SEPARATOR.finditer(mbox))
    ends = [*(match.start() for match in starts), len(mbox)][1:]
    for match, end in zip(starts, ends, strict=True):
        raw = _OBFUSCATED.sub(rb"\1\2@\3", mbox[match.end() : end].rstrip(b"\n") + b"\n", count=1)
        yield _mail(raw, match[1].decode())


def mail_of(raw: bytes, otherwise: datetime) -> ArchiveMail:
    """One message with lines that end in LF; it arrived `otherwise` (UTC) where its Date does not say when."""
    return _mail(raw, otherwise.strftime("%a %b %d %H:%M:%S %Y"))


def _mail(raw: bytes, separator_date: str) -> ArchiveMail:
    head = raw.partition(b"\n\n")[0] + b"\n"
    fields = {name.decode().lower(): text.decode("utf-8", "replace") for name, text in _FIELD.findall(head)}
    found = _ADDRESS.search(fields.get("from", ""))
    message_id = next(iter(_ids(fields.get("message-id", ""))), "")
    parents = {*_ids(fields.get("in-reply-to", "")), *_bare_ids(fields.get("references", ""))}
    when = _when(fields.get("date", ""), separator_date)
    sender = found[0].lower() if found else ""
    subject = " ".join(fields.get("subject", "").split())
    return ArchiveMail(
        raw.replace(b"\n", b"\r\n"), when, sender, subject, message_id, frozenset(parents - {message_id})
    )


def _when(date: str, separator_date: str) -> datetime:
    try:
        when: datetime | None = parsedate_to_datetime(date)
    except ValueError:
        when = None
    if when is None or when.year < 1990:
        when = datetime.strptime(separator_date, "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007  (UTC, as the next line says)
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _ids(text: str) -> list[str]:
    """Message-IDs in a field: those in brackets, else whatever word holds an @ ("Your message of …" holds none)."""
    return _IN_BRACKETS.findall(text) or _bare_ids(text)


def _bare_ids(text: str) -> list[str]:
    return [word for word in re.split(r"[\s<>,;]+", text) if "@" in word]


def _staff(mails: Iterable[ArchiveMail]) -> frozenset[str]:
    """Who answered in at least 40 conversations that others began, and in three times as many as they began."""
    by_id = {mail.message_id: mail for mail in mails}
    begun: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for group in conversations(by_id.values()):
        members = sorted((by_id[each] for each in group), key=lambda mail: mail.when)
        starter = members[0].sender
        begun[starter] += 1
        answered.update({mail.sender for mail in members} - {starter, LIST_ADDRESS})
    return frozenset(s for s, n in answered.items() if n >= ANSWERED_AT_LEAST and n >= ANSWERED_PER_BEGUN * begun[s])
