"""A TCP relay that falls silent after some bytes, so that a program can be met in the middle of what it does."""

import socket
import threading
from contextlib import suppress


class StallingRelay:
    """Passes everything on to `port`, and falls silent after some bytes from there; `stalled` is set then."""

    def __init__(self, port: int, after: int) -> None:
        self._target, self._left = port, after
        self.stalled = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._welcome, daemon=True).start()

    def __enter__(self) -> "StallingRelay":
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                threading.Thread(target=self._questions, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(4096):
                passed = data[: max(0, self._left)]
                self._left -= len(passed)
                client.sendall(passed)
                if len(passed) < len(data):
                    self.stalled.set()
