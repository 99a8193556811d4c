"""The floor: what the server delivers when nobody looks at it. One FETCH, read off the socket and thrown away."""

import re
import socket
import statistics
import time
from collections.abc import Iterable
from typing import NamedTuple

from monitor.inbox.imap import FIELDS
from tests.servers.dovecot import Dovecot

BUFFER = 1 << 20
WARM_RUNS = 3


class Floor(NamedTuple):
    """Messages a second, the first time (the server reads every file) and once it has the fields in its cache."""

    cold: float
    warm: float
    bytes_per_message: float


def floor(server: Dovecot, user: str, folders: Iterable[str], messages: int) -> Floor:
    """Fetch all folders once cold and some times warm."""
    folders = tuple(folders)
    runs = [_fetch_all(server, user, folders, messages) for _ in range(1 + WARM_RUNS)]
    seconds = [run[0] for run in runs]
    return Floor(messages / seconds[0], messages / statistics.median(seconds[1:]), runs[0][1] / messages)


def _fetch_all(server: Dovecot, user: str, folders: tuple[str, ...], messages: int) -> tuple[float, int]:
    fetch = f"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})])"
    seconds, size, found = 0.0, 0, 0
    with Line(server.host, server.port) as line:
        line.ask(f'LOGIN "{user}" "{server.password}"')
        for folder in folders:
            found += int(re.findall(rb"\* (\d+) EXISTS", line.ask(f'EXAMINE "{folder}"'))[0])
            start = time.perf_counter()
            size += line.throw_away(fetch)
            seconds += time.perf_counter() - start
    if found != messages:
        raise ValueError(f"the folders hold {found} messages, not {messages}")
    return seconds, size


class Line:
    """A connection that knows just enough IMAP to see where an answer ends."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=600)
        self._buffer = bytearray(BUFFER)

    def __enter__(self) -> "Line":
        while not self._socket.recv(BUFFER).endswith(b"\r\n"):
            pass
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, command: str) -> bytes:
        """The whole answer to a small question."""
        self._socket.sendall(f"a {command}\r\n".encode())
        answer = b""
        while not (ends := re.search(rb"(?:^|\r\n)a (OK|NO|BAD)[^\r]*\r\n$", answer)):
            answer += self._receive()
        if ends[1] != b"OK":
            raise ValueError(f"{command.split()[0]}: {answer.decode(errors='replace')}")
        return answer

    def throw_away(self, command: str) -> int:
        """Ask, and read to the end of the answer; returns its length in bytes."""
        self._socket.sendall(f"z {command}\r\n".encode())
        size, tail = 0, b""
        while b"\r\nz OK" not in tail:
            part = self._receive()
            size += len(part)
            tail = (tail + part)[-200:]
        return size

    def _receive(self) -> bytes:
        size = self._socket.recv_into(self._buffer)
        if not size:
            raise ConnectionError("the server went away")
        # A copy of the end is enough for long answers, and all of a short one.
        return bytes(memoryview(self._buffer)[:size])
