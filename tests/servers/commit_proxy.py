"""A TCP proxy before PostgreSQL that knows a COMMIT when it sees one, and can fail at exactly that moment.

`with CommitProxy(server.port) as proxy:` connect to `proxy.port`; `proxy.at(3, "lost")` is for the third COMMIT from
now on.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

HOST = "127.0.0.1"
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""A simple query, as psycopg sends it (PostgreSQL manual, "Message Formats": Query)."""

Kind = Literal["lost", "unknown", "call"]
"""lost: the connection is cut and COMMIT never arrives; unknown: it is done, but nobody is told; call: see `at`."""


class CommitProxy:
    """The proxy. `commits` counts those seen since the last `at`; `struck` is set once it has failed."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self.at(0, "lost")

    def __enter__(self) -> Self:
        threading.Thread(target=self._welcome, daemon=True).start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        for each in (self._listener, *self._ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def at(self, number: int, kind: Kind, call: Callable[[], object] = lambda: None) -> None:
        """Fail at this COMMIT from now on (0: at none); `call`: this is called just before it is passed on."""
        with self._lock:
            self.commits, self._number, self._kind, self._call = 0, number, kind, call
            self.struck = threading.Event()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection((HOST, self._target))
                except OSError:
                    client.close()  # no server: nobody answers here either
                    continue
                self._ends += [client, server]
                deaf = threading.Event()
                threading.Thread(target=self._ask, args=(client, server, deaf), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client, deaf), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                kind = self._seen(data)
                if kind == "lost":
                    break
                if kind == "unknown":
                    deaf.set()  # from here on no answer passes; the first one ends the connection
                if kind == "call":
                    self._call()
                server.sendall(data)
        _cut(client, server, but_server=deaf.is_set())

    def _answer(self, server: socket.socket, client: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while (data := server.recv(65536)) and not deaf.is_set():
                client.sendall(data)
        _cut(client, server)

    def _seen(self, data: bytes) -> Kind | None:
        with self._lock:
            if COMMIT not in data:
                return None
            self.commits += 1
            if self.commits != self._number:
                return None
            self.struck.set()
            return self._kind


def _cut(client: socket.socket, server: socket.socket, but_server: bool = False) -> None:
    for each in (client,) if but_server else (client, server):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
