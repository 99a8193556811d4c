"""The floor: what the server delivers when nobody looks at it. One FETCH, read off the socket and thrown away."""

import re
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from monitor.inbox.imap import FIELDS
from tests.servers.certificate import trusting
from tests.servers.dovecot import Dovecot

SMALL, BUFFER = 1 << 14, 1 << 20
FETCH = f"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})])"


class Raw(NamedTuple):
    """Seconds, and bytes that came."""

    seconds: float
    octets: int


def floor(server: Dovecot, user: str, folders: Iterable[str], messages: int, tls: bool = False) -> Raw:
    """Fetch all folders once. Raises ValueError where they do not hold so many messages."""
    seconds, size, found = 0.0, 0, 0
    with line(server, tls) as asked:
        asked.ask(f'LOGIN "{user}" "{server.password}"')
        for folder in folders:
            found += int(re.findall(rb"\* (\d+) EXISTS", asked.ask(f'EXAMINE "{folder}"'))[0])
            start = time.perf_counter()
            size += asked.throw_away(FETCH)
            seconds += time.perf_counter() - start
    if found != messages:
        raise ValueError(f"the folders hold {found} messages, not {messages}")
    return Raw(seconds, size)


def line(server: Dovecot, tls: bool) -> "Line":
    """A connection to the port for plain IMAP, or to that for TLS."""
    return Line(server.host, server.tls_port if tls else server.port, server.ca_file if tls else None)


class Line:
    """A connection that knows just enough IMAP to see where an answer ends; over TLS where it is told whom to trust."""

    def __init__(self, host: str, port: int, ca_file: Path | None = None) -> None:
        self._socket = socket.create_connection((host, port), timeout=600)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if ca_file is not None:
            self._socket = trusting(ca_file).wrap_socket(self._socket, server_hostname=host)
        self._buffer = bytearray(SMALL)

    def __enter__(self) -> "Line":
        while not self._receive().endswith(b"\r\n"):
            pass
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Without a word."""
        self._socket.close()

    def ask(self, command: str) -> bytes:
        """The whole answer to a small question. Raises ValueError where it is refused."""
        self.say(command)
        return self.answer()

    def say(self, command: str) -> None:
        """Ask, and leave the answer for later."""
        self._socket.sendall(f"a {command}\r\n".encode())

    def answer(self) -> bytes:
        """The whole answer to what was asked last. Raises ValueError where that is refused."""
        answer = b""
        while not (ends := re.search(rb"(?:^|\r\n)a (OK|NO|BAD)[^\r]*\r\n$", answer)):
            answer += self._receive()
        if ends[1] != b"OK":
            raise ValueError(f"the server refused: {answer.decode(errors='replace')}")
        return answer

    def throw_away(self, command: str) -> int:
        """Ask, and read to the end of the answer; returns its length in bytes."""
        self._socket.sendall(f"z {command}\r\n".encode())
        # Not before: many lines that only ask (rounds.py) must not hold a megabyte each.
        self._buffer = bytearray(BUFFER)
        size, tail = 0, b""
        while b"\r\nz OK" not in tail:
            part = self._receive()
            size += len(part)
            tail = (tail + part)[-200:]
        return size

    def append(self, folder: str, letters: Iterable[tuple[bytes, bytes]]) -> None:
        """Append messages in one command (RFC 3502, RFC 7888), each with its arrival as IMAP writes dates; seen."""
        parts = [f'a APPEND "{folder}"'.encode()]
        for when, raw in letters:
            parts += [b' (\\Seen) "%s" {%d+}\r\n' % (when, len(raw)), raw]
        self._socket.sendall(b"".join([*parts, b"\r\n"]))
        self.answer()

    def _receive(self) -> bytes:
        size = self._socket.recv_into(self._buffer)
        if not size:
            raise ConnectionError("the server went away")
        # A copy of the end is enough for long answers, and all of a short one.
        return bytes(memoryview(self._buffer)[:size])
