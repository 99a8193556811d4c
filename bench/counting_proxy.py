"""A TCP proxy on loopback that counts what goes through it: bytes, and how often the client had to wait."""

import selectors
import socket
import threading
from types import TracebackType
from typing import NamedTuple, Self


class Trip(NamedTuple):
    """What a client said without hearing anything in between, and how much came back before it spoke again."""

    said: bytes
    answered: int

    @property
    def octets(self) -> int:
        """Both ways."""
        return len(self.said) + self.answered


class CountingProxy:
    """`with CountingProxy(host, port) as proxy:` connect to `.host`, `.port`; `.taken()` is what went since then."""

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server((self.host, 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._trips: list[Trip] = []
        self._lock = threading.Lock()
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)
        # Not select(2), which knows no more than 1,024 files.
        self._selector = selectors.DefaultSelector()
        self._other: dict[socket.socket, socket.socket] = {}
        self._under_way: dict[socket.socket, Trip] = {}

    def __enter__(self) -> Self:
        for each in (self._ended, self._listener):
            self._selector.register(each, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()
        self._thread.join()
        for each in (self._ended, self._listener, *self._other):
            each.close()
        self._selector.close()

    def taken(self) -> list[Trip]:
        """All trips since this was asked last. One that is under way counts as it is."""
        with self._lock:
            done = [*self._trips, *self._under_way.values()]
            self._trips.clear()
            self._under_way.clear()
        return done

    def _serve(self) -> None:
        """Carry bytes until the end; one thread is enough, as nobody measures time here."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ended:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._other:
                    self._carry(key.fileobj, key.data)

    def _accept(self) -> None:
        client, server = self._listener.accept()[0], socket.create_connection(self._target)
        self._other |= {client: server, server: client}
        self._selector.register(client, selectors.EVENT_READ, None)
        self._selector.register(server, selectors.EVENT_READ, client)

    def _carry(self, each: socket.socket, client: socket.socket | None) -> None:
        """`client`: who is told, where `each` is a server."""
        data = each.recv(1 << 16)
        if not data:
            self._part(each)
            return
        with self._lock:
            self._note(client or each, data, answer=client is not None)
        self._other[each].sendall(data)

    def _note(self, client: socket.socket, data: bytes, *, answer: bool) -> None:
        trip = self._under_way.get(client, Trip(b"", 0))
        if answer:
            self._under_way[client] = Trip(trip.said, trip.answered + len(data))
        elif trip.answered:
            self._trips.append(trip)
            self._under_way[client] = Trip(data, 0)
        else:
            self._under_way[client] = Trip(trip.said + data, 0)

    def _part(self, each: socket.socket) -> None:
        for closed in (self._other.pop(each), each):
            self._other.pop(closed, None)
            self._selector.unregister(closed)
            closed.close()
