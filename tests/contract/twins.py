"""The mailboxes that the contract of a source is told to: in memory, on a real Dovecot, on the demo's server."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from monitor.demo.imap_server import ImapServer
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import MailSource
from tests.servers.dovecot import Dovecot

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)  # in the past: Dovecot stamps mail from the future with the present
DAY = timedelta(days=1)


def header(number: int) -> bytes:
    return (
        f"Message-ID: <{number}@people.example>\r\nFrom: Ann <ann@people.example>\r\nSubject: Question {number}\r\n"
        f"X-Kept-By-Nobody: {number}\r\n\r\n"
    ).encode()


class Twin(Protocol):
    """A mailbox that a test fills, and the source that reads it."""

    source: MailSource

    def deliver(self, folder: str, raw: bytes, when: datetime, flags: Sequence[str] = ()) -> None: ...
    def remove(self, folder: str, uid: int) -> None: ...
    def flag(self, folder: str, uid: int, flag: str) -> None: ...
    def flags(self, folder: str) -> dict[int, frozenset[str]]: ...
    def names(self) -> set[str]: ...


class InMemory:
    def __init__(self) -> None:
        self.folders = {"INBOX": MemoryFolder("INBOX"), "Sent": MemoryFolder("Sent", frozenset({"\\sent"}))}
        self.source = MemorySource(*self.folders.values())

    def deliver(self, folder: str, raw: bytes, when: datetime, flags: Sequence[str] = ()) -> None:
        head, blank, body = raw.partition(b"\r\n\r\n")
        self.folders[folder].deliver(head + blank, when, flags, body)

    def remove(self, folder: str, uid: int) -> None:
        self.folders[folder].remove(uid)

    def flag(self, folder: str, uid: int, flag: str) -> None:
        self.folders[folder].flag(uid, flag)

    def flags(self, folder: str) -> dict[int, frozenset[str]]:
        return {uid: mail.flags for uid, mail in self.folders[folder].mails.items()}

    def names(self) -> set[str]:
        return {folder.name for folder in self.source.folders()}


class OnDovecot:
    def __init__(self, server: Dovecot, user: str) -> None:
        self.server, self.user = server, user
        self.source = ImapSource(login_to(server, user))

    def deliver(self, folder: str, raw: bytes, when: datetime, flags: Sequence[str] = ()) -> None:
        self.server.append(self.user, folder, raw, when, flags)

    def remove(self, folder: str, uid: int) -> None:
        self.server.delete(self.user, folder, uid)

    def flag(self, folder: str, uid: int, flag: str) -> None:
        self.server.add_flags(self.user, folder, uid, [flag])

    def flags(self, folder: str) -> dict[int, frozenset[str]]:
        return self.server.flags(self.user, folder)

    def names(self) -> set[str]:
        with self.server.client(self.user) as client:
            return {name for _, _, name in client.list_folders()} & {name for _, _, name in client.list_sub_folders()}


class OnDemoServer:
    def __init__(self, server: ImapServer, user: str, password: str) -> None:
        self.server, self.user = server, user
        self.source = ImapSource(Login(server.host, server.port, "none", user, lambda: password))

    def deliver(self, folder: str, raw: bytes, when: datetime, flags: Sequence[str] = ()) -> None:
        self.server.deliver(self.user, folder, raw, when, flags)

    def remove(self, folder: str, uid: int) -> None:
        self.server.remove(self.user, folder, uid)

    def flag(self, folder: str, uid: int, flag: str) -> None:
        self.server.set_flags(self.user, folder, uid, [*self.server.flags(self.user, folder)[uid], flag])

    def flags(self, folder: str) -> dict[int, frozenset[str]]:
        return {uid: frozenset(flags) for uid, flags in self.server.flags(self.user, folder).items()}

    def names(self) -> set[str]:
        return {folder.name for folder in self.source.folders()}


def login_to(server: Dovecot, user: str, **words: Any) -> Login:
    words = {"host": server.host, "port": server.port, "security": "none", "password": lambda: server.password} | words
    return Login(username=user, **words)
