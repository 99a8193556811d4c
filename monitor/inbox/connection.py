"""FLOOR 1. One connection to a mailbox: how it is opened, guarded and let go; what is said over it is in imap.py."""

import imaplib
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from monitor.core.tls_line import tls_context
from monitor.inbox.cleaning import clean
from monitor.inbox.faults import fault_of, is_no_folder, is_over
from monitor.inbox.fetching import FetchRefused
from monitor.inbox.flags import Opened
from monitor.inbox.idling import Idling
from monitor.inbox.login import Imap, Login, log_in
from monitor.inbox.source import SourceError

# Its debug log prints whole messages, and it inherits the root logger's level (failures.md §1).
for _logger in ("imapclient.imapclient", "imapclient.imaplib"):
    logging.getLogger(_logger).setLevel(logging.WARNING)

CONNECT_TIMEOUT = 15.0
READ_TIMEOUT = 60.0
GOODBYE_TIMEOUT = 2.0
"""So long LOGOUT may take: it is a courtesy, and the network may be gone."""
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))
"""Seconds and tries (tcp(7)), where the system knows them: its own two hours are longer than a firewall remembers."""

T = TypeVar("T")


class Connection:
    """One IMAP connection, opened when first needed and thrown away after any error; remembers the open folder."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._client: IMAPClient | None = None
        self._line: socket.socket | None = None
        self._selected: str | None = None
        self._examined: str | None = None
        self._opened = Opened(0, 0, 0, 0)
        self._aborted = False
        self._secret = ""
        self._ended = ""
        self._renewed = False
        self._uidvalidity: dict[str, int] = {}
        self._waits: Idling | None = None

    def end_hints(self) -> None:
        """Where the connection waits for news (hinting.py), come to the end of that. Never raises: one that has ended
        under it is let go, and opened anew."""
        waits, self._waits = self._waits, None
        if waits is None:
            return
        try:
            waits.end()
        except Exception as error:  # noqa: BLE001  # nobody has asked anything yet: it is no fault of a look
            if is_over(self._fault_of(error, "waiting for news")):
                self._ended = self._secret
            self._drop()
        else:
            self._selected = waits.selected

    def close(self) -> None:
        """LOGOUT if it still can be said, then the socket; never raises."""
        client, self._client, self._selected, self._examined = self._client, None, None, None
        waits, self._waits = self._waits, None
        if client is not None:
            # A server that drips would never let us go.
            timer = threading.Timer(GOODBYE_TIMEOUT, self._shut_down)
            timer.daemon = True
            timer.start()
            # The connection is given up: how it dies is of no interest.
            with suppress(Exception):
                if waits is not None:
                    waits.end()
                client.socket().settimeout(GOODBYE_TIMEOUT)
                client.logout()
            timer.cancel()
            _shut(client)  # where LOGOUT fails, imaplib leaves the socket open
        self._hang_up()

    @property
    def aborted(self) -> bool:
        """Whether it was cut by `abort`, and is of no more use."""
        return self._aborted

    def abort(self) -> None:
        """Cut the connection under whoever reads from it in another thread, also while it is being opened.

        That call, and each one after it, ends with a SourceError.
        """
        self._aborted = True
        self._shut_down()

    def _shut_down(self) -> None:
        line = self._line
        if line is not None:
            # Only the socket: closing its file would wait for the very read that is to end.
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _examine(self, folder: str) -> None:
        if self._examined != folder or self._client is None:
            answer = self._select(folder)
            now_valid = int(answer.get(b"UIDVALIDITY") or 0)
            if now_valid != self._uidvalidity.get(folder, now_valid):
                # The plan was made for other uids: what they name now is not what was meant.
                raise SourceError("protocol", f"{self._login.where}: a folder was rebuilt while it was being read")
            self._examined, self._opened = folder, Opened.of(answer)

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
            text = f'{self._login.where}: there is no folder "{clean(folder, 120)}" any more; tried again later'
            raise SourceError("folder", text) from fault

    def _guarded(self, doing: str, call: Callable[[IMAPClient], T]) -> T:
        """Ask. A session that ends with its token is no fault: once a look, a new connection goes on where it was."""
        examined, selected = self._examined, self._selected
        try:
            return self._once(doing, call)
        except SourceError as fault:
            if self._renewed or self._aborted or not is_over(fault):
                raise
        self._renewed = True
        if examined is not None:
            self._examine(examined)
        elif selected is not None:
            self._select(selected)
        return self._once(doing, call)

    def _once(self, doing: str, call: Callable[[IMAPClient], T]) -> T:
        """The one boundary: any error but a refusal ends this connection; all are told as a SourceError."""
        try:
            if self._aborted:
                raise self._cut(doing)
            self.end_hints()
            if self._client is None:
                self._client = self._connect()
            return call(self._client)
        except Exception as error:
            fault = self._cut(doing) if self._aborted else self._fault_of(error, doing)
            if is_over(fault):
                self._ended = self._secret
            if not (isinstance(error, FetchRefused) and fault.fault == "message"):
                self._drop()
            raise fault from error

    def _fault_of(self, error: BaseException, doing: str) -> SourceError:
        login = self._login
        by_token = login.token is not None
        who = login.username if login.who == login.username else f"{login.who} to {login.username}"
        return fault_of(error, login.where, who, doing, self._secret, by_token=by_token)

    def _cut(self, doing: str) -> SourceError:
        return SourceError(
            "unreachable", f"{self._login.where}: cut while {doing}, which came to no end; tried again later"
        )

    def _drop(self) -> None:
        client, self._client, self._selected, self._examined = self._client, None, None, None
        self._waits = None
        if client is not None:
            _shut(client)
        self._hang_up()

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError):
                line.close()

    def _connect(self) -> IMAPClient:
        """A connection that is logged in. A token that is refused may have ended: one more is asked for, and tried."""
        self._secret, self._ended = self._login.secret(self._ended), ""
        try:
            return self._open()
        except LoginError as error:
            if self._login.token is None or self._fault_of(error, "logging in").fault != "refused":
                raise
            refused, self._secret = self._secret, self._login.secret(self._secret)
            if self._secret == refused:
                raise
        return self._open()

    def _open(self) -> IMAPClient:
        login = self._login
        timeout = SocketTimeout(CONNECT_TIMEOUT, READ_TIMEOUT)
        client = _Client(login, self._socket, timeout)
        try:
            client.normalise_times = False  # else INTERNALDATE comes back naive, in local time
            if login.security == "starttls":
                client.starttls(tls_context(login.ca_file))
            log_in(client, login, self._secret)
            if client.has_capability("ENABLE") and client.has_capability("CONDSTORE"):
                client.enable("CONDSTORE")  # or Dovecot shows no HIGHESTMODSEQ (failures.md §1)
        except BaseException:
            _shut(client)
            raise
        return client

    def _socket(self) -> socket.socket:
        """A connected socket, with TLS where that comes first. `abort` has a handle of its own from here on."""
        login = self._login
        plain = socket.create_connection((login.host, login.port), CONNECT_TIMEOUT)
        try:
            _keep_alive(plain)
            # TLS takes the socket over and gives another one back; a copy reaches the connection through all of that.
            self._hang_up()
            self._line = plain.dup()
            if self._aborted:
                raise self._cut("connecting")
            if login.security != "tls":
                return plain
            return tls_context(login.ca_file).wrap_socket(plain, server_hostname=login.host)
        except BaseException:
            plain.close()
            raise


class _Client(IMAPClient):  # type: ignore[misc]  # imapclient has no types
    """An IMAPClient over a socket that we open."""

    def __init__(self, login: Login, opened: Callable[[], socket.socket], timeout: SocketTimeout) -> None:
        self._opened = opened
        tls = login.security == "tls"
        super().__init__(login.host, login.port, ssl=tls, timeout=timeout)
        # imapclient has imaplib write a log of each line and each pattern that fits, which nobody reads (above).
        self._imap.debug = 0

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802  # imapclient's name
        return _Imap(self.host, self.port, self._opened)


class _Imap(Imap):
    def __init__(self, host: str, port: int, opened: Callable[[], socket.socket]) -> None:
        self._opened = opened
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self._opened()


def _keep_alive(plain: socket.socket) -> None:
    """So that a firewall does not forget a connection that idles between two polls, and a dead one is found out."""
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):
            plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _shut(client: IMAPClient) -> None:
    with suppress(OSError, AttributeError):
        client.shutdown()
