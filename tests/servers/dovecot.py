"""A real Dovecot 2.3 on loopback, run by an ordinary user; any user name logs in with one password."""

import shutil
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient, imap_utf7

from tests.servers import ordinary
from tests.servers.certificate import make_certificate
from tests.servers.dovecot_config import Places, Wishes, configuration

Mail = tuple[bytes, datetime, Sequence[str]]
"""The whole message, when it arrived, its flags (such as `\\Seen`)."""

AT_ONCE = 500  # messages in one APPEND: one write of the UID list instead of five hundred


class Dovecot:
    """`with Dovecot(folder) as server:` plain IMAP (and STARTTLS) on `.port`, IMAPS on `.tls_port`, at `.host`.

    Mailboxes come into being when a user first logs in. `extra` is appended to the configuration, for a server that
    lacks something: `extra="imap_capability = IMAP4rev1"`.
    """

    host = "127.0.0.1"
    password = "correct-horse"

    def __init__(
        self,
        folder: Path,
        *,
        special_use: bool = True,
        separator: str = "/",
        max_connections: int = 100,
        extra: str = "",
    ) -> None:
        self.port = ordinary.free_port()
        self.tls_port = ordinary.free_port()
        self._folder = folder
        self._wishes = Wishes(special_use, separator, max_connections, extra)

    def __enter__(self) -> Self:
        self._short = ordinary.short_folder()
        self._place = self._folder if ordinary.reachable(self._folder) else self._short
        self._place = ordinary.own_folder(self._place / "dovecot")
        self.mail = ordinary.own_folder(self._place / "mail")
        self._write_configuration()
        try:
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _write_configuration(self) -> None:
        certificate = make_certificate(self._short)
        for file in certificate:
            ordinary.give_away(file)
        self.ca_file = certificate.public
        self._config = self._short / "dovecot.conf"
        places = Places(self._short, self.log, self.mail, *certificate, self.port, self.tls_port)
        self._config.write_text(configuration(places, self.password, self._wishes))

    def _leave(self) -> None:
        self.kill()  # its own way to end takes a second
        shutil.rmtree(self._short, ignore_errors=True)

    # -- the server itself

    def start(self) -> None:
        """Start, and wait until both ports greet."""
        for name in ("run", "state", "empty"):
            ordinary.own_folder(self._short / name)
        self._process = ordinary.start([_find("dovecot"), "-F", "-c", self._config], cwd=self._short)
        ordinary.await_ready(self._process, lambda: ordinary.greets(self.port), self.log)

    def stop(self) -> None:
        """Say goodbye to the clients (BYE) and end."""
        ordinary.stop(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """End at once, in the middle of whatever it does."""
        ordinary.kill(self._process)

    def restart(self) -> None:
        """The same mail on the same ports again."""
        self.stop()
        self.start()

    @property
    def log(self) -> Path:
        """Where Dovecot says what it does."""
        return self._place / "dovecot.log"

    # -- its mail

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """A logged-in connection to do anything else with."""
        with IMAPClient(self.host, self.port, ssl=False) as connection:
            connection.login(user, self.password)
            yield connection

    def append(self, user: str, folder: str, raw: bytes, when: datetime, flags: Sequence[str] = ()) -> None:
        """Put one message into a folder (made if missing), with `when` as its INTERNALDATE."""
        self.append_many(user, folder, [(raw, when, flags)])

    def append_many(self, user: str, folder: str, mails: Iterable[Mail]) -> None:
        """Put messages into a folder, in this order, so that their UIDs rise."""
        parts: list[dict[str, Any]] = [{"msg": raw, "date": when, "flags": flags} for raw, when, flags in mails]
        with self.client(user) as connection:
            if not connection.folder_exists(folder):
                connection.create_folder(folder)
            at_once = AT_ONCE if connection.has_capability("MULTIAPPEND") else 1
            for start in range(0, len(parts), at_once):
                _put(connection, folder, parts[start : start + at_once])

    def deliver(self, user: str, raw: bytes, sender: str) -> None:
        """Deliver one message as a mail server does: over Dovecot's own delivery agent, with Sieve where it is set up.

        `sender` is that of the envelope; responders answer to it.
        """
        words = [_find("dovecot-lda"), "-c", self._config, "-d", user, "-f", sender, "-a", user, "-e"]
        ordinary.run(words, cwd=self._short, given=raw)

    def flags(self, user: str, folder: str) -> dict[int, frozenset[str]]:
        """The flags of every message, by UID; `\\Recent` left out, which any look at a folder changes."""
        with self.client(user) as connection:
            connection.select_folder(folder, readonly=True)
            return {
                uid: frozenset(flag.decode() for flag in found[b"FLAGS"]) - {"\\Recent"}
                for uid, found in connection.fetch(connection.search("ALL"), ["FLAGS"]).items()
            }

    def add_flags(self, user: str, folder: str, uid: int, flags: Sequence[str]) -> None:
        """Set flags on one message, as a mail client does."""
        with self.client(user) as connection:
            connection.select_folder(folder)
            connection.add_flags(uid, flags)

    def move(self, user: str, folder: str, uid: int, to: str) -> None:
        """Move one message into another folder (made if missing), the old way, which needs no MOVE."""
        with self.client(user) as connection:
            if not connection.folder_exists(to):
                connection.create_folder(to)
            connection.select_folder(folder)
            connection.copy([uid], to)
            connection.delete_messages([uid])
            connection.expunge()

    def delete(self, user: str, folder: str, uid: int) -> None:
        """Delete one message for good."""
        with self.client(user) as connection:
            connection.select_folder(folder)
            connection.delete_messages([uid])
            connection.expunge()

    def lose_uid_list(self, user: str, folder: str) -> None:
        """Forget the UIDs of a folder, so that it has another UIDVALIDITY afterwards."""
        maildir = self.maildir(user, folder)
        for file in (*maildir.glob("dovecot-uidlist*"), *maildir.glob("dovecot.index*")):
            file.unlink()
        for file in self.maildir(user, "INBOX").glob("dovecot.list.index*"):
            file.unlink()

    def maildir(self, user: str, folder: str) -> Path:
        """Where a folder's `cur`, `new` and `tmp` are (Maildir++: all beside each other, with dots in their names)."""
        top = self.mail / user / "Maildir"
        if folder.upper() == "INBOX":
            return top
        encoded: bytes = imap_utf7.encode(folder)
        return top / f".{encoded.decode('ascii').replace(self._wishes.separator, '.')}"


def _put(connection: IMAPClient, folder: str, parts: list[dict[str, Any]]) -> None:
    if len(parts) > 1:
        connection.multiappend(folder, parts)
    else:
        connection.append(folder, parts[0]["msg"], parts[0]["flags"], parts[0]["date"])


def _find(program: str) -> str:
    # Debian keeps servers in /usr/sbin, which is not on the PATH of ordinary users, and Dovecot's own parts elsewhere.
    places = "/usr/sbin:/usr/local/sbin:/usr/lib/dovecot:/usr/libexec/dovecot:/usr/local/libexec/dovecot"
    return shutil.which(program) or shutil.which(program, path=places) or program
