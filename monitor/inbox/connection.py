"""FLOOR 1. One connection to a mailbox: how it is opened, guarded and let go; what is said over it is in imap.py."""

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar

from imapclient import IMAPClient, SocketTimeout

from monitor.inbox.faults import fault_of, is_no_folder
from monitor.inbox.fetching import FetchRefused
from monitor.inbox.reading import clean
from monitor.inbox.source import SourceError

# Its debug log prints whole messages, and it inherits the root logger's level (failures.md §1).
for _logger in ("imapclient.imapclient", "imapclient.imaplib"):
    logging.getLogger(_logger).setLevel(logging.WARNING)

CONNECT_TIMEOUT = 15.0
READ_TIMEOUT = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach one mailbox. `password` is asked for at each connect, so that a changed secret is picked up."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str
    password: Callable[[], str]
    ca_file: str | None = None

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


@lru_cache(maxsize=16)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """One context for all connections that trust the same: an own one each costs 878 KB and 33 ms (limits.md)."""
    return ssl.create_default_context(cafile=ca_file)


class Connection:
    """One IMAP connection, opened when first needed and thrown away after any error; remembers the open folder."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._client: IMAPClient | None = None
        self._selected: str | None = None
        self._examined: str | None = None
        self._exists = 0
        self._aborted = False
        self._uidvalidity: dict[str, int] = {}

    def close(self) -> None:
        """LOGOUT if it still can be said, then the socket; never raises."""
        client, self._client, self._selected, self._examined = self._client, None, None, None
        if client is not None:
            # The connection is given up: how it dies is of no interest.
            with suppress(Exception):
                client.logout()

    @property
    def aborted(self) -> bool:
        """Whether it was cut by `abort`, and is of no more use."""
        return self._aborted

    def abort(self) -> None:
        """Cut the connection under whoever reads from it in another thread; that call ends with a SourceError."""
        self._aborted = True
        client = self._client
        if client is not None:
            # Only the socket: closing its file would wait for the very read that is to end.
            with suppress(OSError, AttributeError):
                client.socket().shutdown(socket.SHUT_RDWR)

    def _examine(self, folder: str) -> None:
        if self._examined != folder or self._client is None:
            answer = self._select(folder)
            now_valid = int(answer.get(b"UIDVALIDITY") or 0)
            if now_valid != self._uidvalidity.get(folder, now_valid):
                # The plan was made for other uids: what they name now is not what was meant.
                raise SourceError("protocol", f"{self._login.where}: a folder was rebuilt while it was being read")
            self._examined, self._exists = folder, int(answer.get(b"EXISTS") or 0)

    def _select(self, folder: str) -> dict[bytes, Any]:
        answer: dict[bytes, Any] = self._of_folder(
            folder, "opening a folder", lambda c: c.select_folder(folder, readonly=True)
        )
        self._selected = folder
        return answer

    def _of_folder(self, folder: str, doing: str, call: Callable[[IMAPClient], T]) -> T:
        """A question that names a folder, which may have gone since it was listed."""
        try:
            return self._guarded(doing, call)
        except SourceError as fault:
            if not is_no_folder(fault):
                raise
            text = (
                f'{self._login.where}: there is no folder "{clean(folder, 120)}" any more; tried again at the next poll'
            )
            raise SourceError("folder", text) from fault

    def _guarded(self, doing: str, call: Callable[[IMAPClient], T]) -> T:
        """The one boundary: any error but a refusal ends this connection; all are told as a SourceError."""
        try:
            if self._client is None:
                self._client = self._connect()
            return call(self._client)
        except FetchRefused as refusal:
            raise fault_of(refusal, self._login.where, self._login.username, doing) from refusal
        except Exception as error:
            fault = fault_of(error, self._login.where, self._login.username, doing)
            client, self._client, self._selected, self._examined = self._client, None, None, None
            if client is not None:
                _drop(client)
            raise fault from error

    def _connect(self) -> IMAPClient:
        login = self._login
        tls = login.security == "tls"
        context = None if login.security == "none" else tls_context(login.ca_file)
        timeout = SocketTimeout(CONNECT_TIMEOUT, READ_TIMEOUT)
        client = IMAPClient(login.host, login.port, ssl=tls, ssl_context=context if tls else None, timeout=timeout)
        try:
            client.normalise_times = False  # else INTERNALDATE comes back naive, in local time
            if login.security == "starttls":
                client.starttls(context)
            _log_in(client, login.username, login.password())
            if client.has_capability("ENABLE") and client.has_capability("CONDSTORE"):
                client.enable("CONDSTORE")  # or Dovecot shows no HIGHESTMODSEQ (failures.md §1)
        except BaseException:
            _drop(client)
            raise
        return client


def _log_in(client: IMAPClient, username: str, password: str) -> None:
    """LOGIN; AUTHENTICATE PLAIN for what LOGIN cannot say, as imaplib sends it in ASCII."""
    if username.isascii() and password.isascii():
        client.login(username, password)
    else:
        client.plain_login(username, password)


def _drop(client: IMAPClient) -> None:
    with suppress(OSError, AttributeError):
        client.shutdown()
