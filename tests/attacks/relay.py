"""A relay to the mail server that writes down every command the monitor says."""

import re
import socket
import threading
from contextlib import suppress

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")


class Recorder:
    """`with Recorder(port) as relay:` passes everything on to `port`; `commands` are the lines that were said there.

    A literal counts as part of its line, so that nothing in it is taken for a command.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.commands: list[bytes] = []
        self._open: list[socket.socket] = []
        threading.Thread(target=self._welcome, daemon=True).start()

    def __enter__(self) -> "Recorder":
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
                threading.Thread(target=self._commands, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _commands(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client.makefile("rb") as lines:
            for line in lines:
                server.sendall(line)
                said = line
                while match := _LITERAL.search(said):
                    literal = lines.read(int(match[1]))
                    rest = lines.readline()
                    server.sendall(literal + rest)
                    said += literal + rest
                self.commands.append(said)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
