"""A network that fails at a chosen byte: a TCP proxy that cuts, resets, falls silent or drips, and then lets all pass.

`with Chaos(server.port) as chaos:` listens on `chaos.port` of the loopback. `chaos.strike(Blow("cut", 700))` disturbs
once, when 700 bytes of answers have passed since; a blow may be given at the start, too. `chaos.calm()` disturbs
nothing. Bytes are counted over all connections together, so that also what is said after a reconnect can be hit, and a
point names one moment of a look.
"""

import select
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

HOST = "127.0.0.1"
DRIP_SECONDS = 0.02
"""Between two bytes of a drip; no read timeout ever runs out."""

Kind = Literal["cut", "reset", "stall", "drip"]
Way = Literal["answers", "questions"]
KINDS: tuple[Kind, ...] = ("cut", "reset", "stall", "drip")


@dataclass(frozen=True, slots=True)
class Blow:
    """What happens after exactly `after` bytes one way: answers, or what the client says.

    cut: FIN both ways; reset: RST; stall: silence, with both ends open; drip: a byte at a time from there on.
    """

    kind: Kind
    after: int
    way: Way = "answers"


class Chaos:
    """The proxy. `answers` and `questions` are the bytes that passed since the last `strike` or `calm`."""

    def __init__(self, port: int, blow: Blow | None = None) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[_Line] = []
        self.strike(blow)

    def __enter__(self) -> Self:
        threading.Thread(target=self._welcome, name="chaos", daemon=True).start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()

    def strike(self, blow: Blow | None) -> None:
        """End every connection there is, count from nothing, and disturb once."""
        self._hang_up()
        self.struck = threading.Event()
        self._blow = blow
        self.answers = self.questions = self.connections = 0

    def calm(self) -> None:
        """The same, and let all pass."""
        self.strike(None)

    def passed(self, way: Way, data: bytes) -> tuple[bytes, Kind | None]:
        """What of these bytes may still pass, and what happens then."""
        with self._lock:
            before = getattr(self, way)
            blow = self._blow
            if blow is None or blow.way != way or self.struck.is_set() or before + len(data) < blow.after:
                setattr(self, way, before + len(data))
                return data, None
            self.struck.set()
            setattr(self, way, blow.after)
            return data[: blow.after - before], blow.kind

    def _hang_up(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            line.end()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                try:
                    server = socket.create_connection((HOST, self._target))
                except OSError:
                    client.close()  # who stands behind us is down
                    continue
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line = _Line(self, client, server)
                self._lines.append(line)
                line.start()


class _Line(threading.Thread):
    """One connection; the only thread that touches its two sockets, or a RST would wait for another's read."""

    def __init__(self, chaos: Chaos, client: socket.socket, server: socket.socket) -> None:
        super().__init__(name="chaos-line", daemon=True)
        self._chaos, self._client, self._server = chaos, client, server
        self._over = threading.Event()
        self._bell, self._ringer = socket.socketpair()

    def end(self) -> None:
        """Hang up on both ends, and wait until that is done."""
        self._over.set()
        with suppress(OSError):
            self._ringer.send(b"!")
        self.join()

    def run(self) -> None:
        with suppress(OSError):
            self._pass_on()
        for each in (self._client, self._server, self._bell, self._ringer):
            each.close()

    def _pass_on(self) -> None:
        # Nothing has passed yet: silence after 0 bytes is silence after the accept.
        kind = self._chaos.passed("answers", b"")[1]
        while kind is None:
            ready, _, _ = select.select((self._client, self._server, self._bell), (), ())
            if self._bell in ready:
                return
            asked = self._client in ready
            data = _received(self._client if asked else self._server)
            if not data:
                return
            passed, kind = self._chaos.passed("questions" if asked else "answers", data)
            (self._server if asked else self._client).sendall(passed)
            if kind == "drip":
                self._drip(data[len(passed) :])
        if kind == "reset":
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif kind == "cut":
            self._client.shutdown(socket.SHUT_WR)
            self._server.shutdown(socket.SHUT_RDWR)
            self._until_gone()
        else:
            self._until_gone(answer=kind == "drip")

    def _drip(self, rest: bytes) -> None:
        for at in range(len(rest)):
            if self._over.wait(DRIP_SECONDS):
                return
            self._client.sendall(rest[at : at + 1])

    def _until_gone(self, answer: bool = False) -> None:
        """Silence (or, after a drip, a slow answer to each question) until either end has enough."""
        ends = [self._client, self._bell, *((self._server,) if answer else ())]
        while True:
            ready, _, _ = select.select(ends, (), ())
            if self._bell in ready:
                return
            from_server = self._server in ready
            data = (self._server if from_server else self._client).recv(65536)
            if not data:
                return
            if from_server:
                self._drip(data)
            elif answer:
                self._server.sendall(data)


def _received(end: socket.socket) -> bytes:
    """What came, acknowledged at once: imapclient sends a SEARCH in two parts, and the second would wait 40 ms."""
    data = end.recv(65536)
    if hasattr(socket, "TCP_QUICKACK"):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    return data
