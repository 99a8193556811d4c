"""FLOOR 1. One mailbox over IMAP, read-only (law 7): EXAMINE and BODY.PEEK. The only room that knows imapclient.

Nothing that comes from a mail ever enters a command here: uids are integers, folder names come from
the server's own list.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeVar

from imapclient import IMAPClient, SocketTimeout

from monitor.core.cursor import FolderState
from monitor.inbox.faults import fault_of, is_no_folder
from monitor.inbox.fetching import FetchRefused, Part, raw_mails
from monitor.inbox.fields import FIELDS
from monitor.inbox.reading import clean
from monitor.inbox.source import HEADER_LIMIT, WHOLE_LIMIT, RawMail, RemoteFolder, SourceError

# Its debug log prints whole messages, and it inherits the root logger's level (failures.md §1).
for _logger in ("imapclient.imapclient", "imapclient.imaplib"):
    logging.getLogger(_logger).setLevel(logging.WARNING)

CONNECT_TIMEOUT = 15.0
READ_TIMEOUT = 60.0
SEARCH_WINDOW = 50_000
"""Messages a SEARCH may answer with: imaplib breaks at 1 MB a line, about 130,000 ids."""

_HEADER_ITEM = f"BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})]<0.{HEADER_LIMIT}>"
_ITEMS = f"(UID FLAGS INTERNALDATE RFC822.SIZE {_HEADER_ITEM})"
_WHOLE_ITEM = f"BODY.PEEK[HEADER]<0.{WHOLE_LIMIT}>"

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


class ImapSource:
    """A MailSource over one IMAP connection, opened when first needed and thrown away after any error."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._client: IMAPClient | None = None
        self._selected: str | None = None
        self._examined: str | None = None
        self._exists = 0
        self._aborted = False
        self._uidvalidity: dict[str, int] = {}

    def folders(self) -> Sequence[RemoteFolder]:
        """LIST with the SPECIAL-USE marks (RFC 6154)."""
        idle = self._client is not None
        try:
            found = self._guarded("listing folders", lambda c: c.list_folders())
        except SourceError as fault:
            # A server ends what idles between two polls (RFC 3501 §5.4); only a fresh connection can tell more.
            if not idle or self._aborted or fault.fault != "unreachable":
                raise
            found = self._guarded("listing folders", lambda c: c.list_folders())
        return [RemoteFolder(_name(n), frozenset(_name(f).lower() for f in flags)) for flags, _, n in found]

    def state(self, folder: str) -> FolderState:
        """STATUS; where the server gives no UIDNEXT there, EXAMINE may.

        Of the folder that is open STATUS tells what was known when it was opened (seen with Dovecot 2.3; RFC 3501
        §6.3.10 warns of it): new mail would never be seen over a kept connection. So that one is left first.
        """
        if self._selected == folder:
            self._guarded("leaving a folder", _leave)
            self._selected = None
        status = self._of_folder(
            folder, "asking for the state of a folder", lambda c: c.folder_status(folder, self._status_items(c))
        )
        self._examined = None
        if b"UIDVALIDITY" not in status or b"UIDNEXT" not in status:
            status = {**self._select(folder), **status}
            status.setdefault(b"MESSAGES", status.get(b"EXISTS"))
        self._uidvalidity[folder] = int(status.get(b"UIDVALIDITY") or 0)
        return FolderState(
            self._uidvalidity[folder],
            status.get(b"UIDNEXT"),
            status.get(b"HIGHESTMODSEQ"),
            status.get(b"MESSAGES"),
        )

    def uids(self, folder: str, first_uid: int, since: datetime | None) -> Iterator[list[int]]:
        """SEARCH in windows of uids that hold at most SEARCH_WINDOW messages each, oldest first."""
        self._examine(folder)
        for low, high in self._windows(first_uid):
            criteria: list[object] = ["UID", f"{low}:{high}"]
            if since is not None:
                criteria += ["SINCE", since.date()]
            found = self._guarded("searching", _searched(criteria))
            # "5:*" with nothing new answers with the last message, whatever its uid (RFC 3501 §6.4.8).
            yield sorted(uid for uid in found if uid >= low)

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        """One FETCH; mails that are gone are left out."""
        self._examine(folder)
        wanted = set(uids)
        found = self._guarded("fetching headers", lambda c: list(raw_mails(_uid_fetch(c, uids, _ITEMS))))
        return [mail for mail in found if mail.uid in wanted]

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        """BODY.PEEK[HEADER], the first 64 KB."""
        self._examine(folder)
        fetched = self._guarded("fetching headers", lambda c: c.fetch(list(uids), (_WHOLE_ITEM,)))
        return {uid: _body(fetched[uid], b"BODY[HEADER]") for uid in uids if uid in fetched}

    def flags(self, folder: str, uids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """FETCH FLAGS of those that still exist."""
        self._examine(folder)
        fetched = self._guarded("fetching flags", lambda c: c.fetch(list(uids), ("UID", "FLAGS")))
        return {uid: _flags(fetched[uid]) for uid in uids if uid in fetched}

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

    def _status_items(self, client: IMAPClient) -> tuple[str, ...]:
        items = ("UIDVALIDITY", "UIDNEXT", "MESSAGES")
        return (*items, "HIGHESTMODSEQ") if client.has_capability("CONDSTORE") else items

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

    def _windows(self, first_uid: int) -> Iterator[tuple[int, int | str]]:
        if self._exists <= SEARCH_WINDOW:
            yield first_uid, "*"
            return
        marks = list(range(SEARCH_WINDOW, self._exists, SEARCH_WINDOW))
        bounds = sorted(uid for uid in self._guarded("searching", lambda c: _uids_at(c, marks)) if uid >= first_uid)
        for bound in bounds:
            yield first_uid, bound
            first_uid = bound + 1
        yield first_uid, "*"

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
        """The one boundary: any error ends this connection and is told as a SourceError."""
        try:
            if self._client is None:
                self._client = self._connect()
            return call(self._client)
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


def _leave(client: IMAPClient) -> None:
    """UNSELECT (RFC 3691); else CLOSE, which removes nothing from a folder opened by EXAMINE (RFC 3501 §6.4.2)."""
    if client.has_capability("UNSELECT"):
        client.unselect_folder()
    else:
        client.close_folder()


def _searched(criteria: list[object]) -> Callable[[IMAPClient], list[int]]:
    return lambda client: client.search(criteria)


def _drop(client: IMAPClient) -> None:
    with suppress(OSError, AttributeError):
        client.shutdown()


def _uids_at(client: IMAPClient, numbers: Sequence[int]) -> list[int]:
    """The uids of the messages at these sequence numbers."""
    client.use_uid = False
    try:
        return [item[b"UID"] for item in client.fetch(list(numbers), ("UID",)).values()]
    finally:
        client.use_uid = True


def _uid_fetch(client: IMAPClient, uids: Sequence[int], items: str) -> list[Part]:
    """UID FETCH as imaplib gives it: lines and literals, not taken apart yet."""
    status, parts = client._imap.uid("FETCH", ",".join(map(str, uids)), items)
    if status != "OK":
        raise FetchRefused(f"{parts!r}"[:200])
    return parts  # type: ignore[no-any-return]  # imapclient has no types


def _name(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")


def _flags(item: Mapping[bytes, object]) -> frozenset[str]:
    flags = item.get(b"FLAGS", ())
    return frozenset(_name(f)[:100] for f in flags) if isinstance(flags, tuple) else frozenset()


def _body(item: Mapping[bytes, object], prefix: bytes) -> bytes:
    return next((v for k, v in item.items() if k.startswith(prefix) and isinstance(v, bytes)), b"")


__all__ = ["FIELDS", "ImapSource", "Login", "SourceError", "tls_context"]
