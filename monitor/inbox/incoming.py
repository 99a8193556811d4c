"""FLOOR 1. What a server sends, as it comes off the socket: lines and literals out of one buffer of our own.

imaplib's own buffers differ from Python to Python (a file until 3.13, pure Python from 3.14 on), and hold 8 KB while a
connection idles; this one holds nothing then. `read`, `readline`, `open` and `shutdown` are what imaplib lets one
replace (docs.python.org/3/library/imaplib.html); all else of it works over these.
"""

import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_FEW, _MOST = 4_096, 524_288
"""So many bytes are asked of the socket at once: few, until more than that come. TLS gives 16 KB at most.

After each call a thread waits for the others, for up to 5 ms (sys.setswitchinterval): half a megabyte may have come
meanwhile, and is taken at once."""
MOST_LINE = 1_000_000
"""The longest line that is read, as imaplib has it."""

Taker = Callable[["Incoming"], bool]
"""Reads from where a line begins; False: what stands there is none of its business, and was left there."""


class Incoming(imaplib.IMAP4):
    """An imaplib connection whose answers can be read as they come. `heard[at:]` is received and not read yet."""

    heard: bytes = b""
    at: int = 0
    _wanted: int = _FEW
    _taker: Taker | None = None
    _from: socket.socket | None = None

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """As imaplib does it, without a file around the socket."""
        self.host, self.port = host, port
        self.sock = self._from = self._create_socket(timeout)

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """As imaplib does it; the file that it lays around the socket goes again."""
        try:
            return super().starttls(ssl_context)
        finally:
            for name in ("file", "_file"):  # the name until 3.13, and from 3.14 on
                if (made := vars(self).pop(name, None)) is not None:
                    made.close()

    def shutdown(self) -> None:
        """Close the connection."""
        self.heard, self.at = b"", 0
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def more(self) -> bool:
        """Wait for what comes next; False: nothing comes any more. Raises OSError, among them TimeoutError."""
        chunk = self.sock.recv(self._wanted)
        self._wanted = _MOST if len(chunk) >= _FEW else _FEW
        self.heard = self.heard[self.at :] + chunk if self.at < len(self.heard) else chunk
        self.at = 0
        return bool(chunk)

    def readline(self) -> bytes:
        """A line with its end. Raises imaplib.IMAP4.error for one of over a megabyte."""
        self._only_from_here()
        ends = self.heard.find(b"\n", self.at) + 1
        if ends:
            line, self.at = self.heard[self.at : ends], ends
            return self._bounded(line)
        parts = [self._rest()]
        size = len(parts[0])
        try:
            while not ends and size <= MOST_LINE and self.more():
                ends = self.heard.find(b"\n") + 1
                self.at = ends or len(self.heard)
                parts.append(self.heard[: self.at])
                size += self.at
        except OSError:
            # Who only looked whether something has come (IDLE) reads the line when the rest of it is there.
            self.heard, self.at = b"".join(parts), 0
            raise
        return self._bounded(b"".join(parts))

    def read(self, size: int) -> bytes:
        """So many bytes; fewer where the connection ends."""
        return b"".join(self._read(size))

    def at_hand(self) -> bytes:
        """What has come; empty: the connection has ended. Raises BlockingIOError and the like where nothing has.

        Of a socket that does not block. One read takes a whole TLS record, so that nothing stays in OpenSSL where a
        selector does not see it.
        """
        self._only_from_here()
        if self.at == len(self.heard):
            self._wanted = _MOST
            self.more()
        some, self.heard, self.at = self.heard[self.at :], b"", 0
        return some

    def beginning(self, size: int, kept: int) -> bytes:
        """Of the next `size` bytes the first `kept`; the others are let go as they come."""
        parts: list[bytes] = []
        for part in self._read(size):
            if kept > 0:
                parts.append(part[:kept])
                kept -= len(part)
        return b"".join(parts)

    @contextmanager
    def taking(self, taker: Taker) -> Iterator[None]:
        """What comes meanwhile is offered to `taker` first; imaplib takes the rest, as ever."""
        self._taker = taker
        try:
            yield
        finally:
            self._taker = None

    def _get_response(self) -> bytes | None:
        """imaplib's: one response is read, and noted. None for a continuation."""
        if self._taker is not None:
            self._only_from_here()
            if self._taker(self):
                return b"* FETCH"
        return super()._get_response()  # type: ignore[misc,no-any-return]  # not in typeshed

    def _log(self, line: bytes) -> None:
        """imaplib keeps the last ten lines of each connection, a password among them: here none is kept."""

    def _read(self, size: int) -> Iterator[bytes]:
        self._only_from_here()
        while size > 0:
            if self.at == len(self.heard) and not self.more():
                return
            part = self.heard[self.at : self.at + size]
            self.at += len(part)
            size -= len(part)
            yield part

    def _rest(self) -> bytes:
        rest, self.at = self.heard[self.at :], len(self.heard)
        return rest

    def _bounded(self, line: bytes) -> bytes:
        if len(line) > MOST_LINE:
            raise self.error(f"got more than {MOST_LINE} bytes")
        if self.at == len(self.heard):
            self.heard, self.at = b"", 0  # nothing is held while the connection idles
        return line

    def _only_from_here(self) -> None:
        """What came before TLS began is not heard after it (RFC 9051 §11.3): somebody on the way may have sent it."""
        if self.sock is not self._from:
            self._from, self.heard, self.at = self.sock, b"", 0
