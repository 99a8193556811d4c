"""A TCP proxy on loopback that counts what goes through it."""

import select
import socket
import threading
from types import TracebackType
from typing import Self


class CountingProxy:
    """`with CountingProxy(host, port) as proxy:` connect to `.host`, `.port`; `.bytes` went both ways so far."""

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.bytes = 0
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()
        self._thread.join()
        self._ended.close()
        self._listener.close()

    def _serve(self) -> None:
        """Carry bytes until the end; one thread is enough, as nobody measures time here."""
        other: dict[socket.socket, socket.socket] = {}
        while True:
            readable, _, _ = select.select([self._ended, self._listener, *other], [], [])
            if self._ended in readable:
                break
            for each in readable:
                if each is self._listener:
                    client, server = each.accept()[0], socket.create_connection(self._target)
                    other |= {client: server, server: client}
                elif each in other:
                    self._carry(each, other)
        for each in other:
            each.close()

    def _carry(self, each: socket.socket, other: dict[socket.socket, socket.socket]) -> None:
        data = each.recv(1 << 16)
        if data:
            self.bytes += len(data)
            other[each].sendall(data)
            return
        for closed in (other.pop(each), each):
            other.pop(closed, None)
            closed.close()
