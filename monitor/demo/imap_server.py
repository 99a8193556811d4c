"""ROOF. A small IMAP4rev1 server in memory, for the demo and as a twin in tests.

Read-only on the wire, fed from Python. It listens on the loopback only, in a thread of its own, and speaks what a
reader needs and no more.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType

from monitor.demo.background import HOST, Background
from monitor.demo.imap_session import GREETING, Session
from monitor.demo.imap_store import Accounts
from monitor.demo.imap_syntax import LARGEST_LITERAL, literal_size, quoted, without_literal

LONGEST_LINE = 1_048_576


class ImapServer(Accounts):
    """Accounts that can be read over IMAP between `start()` and `stop()`, or inside a `with` block.

    `deliver`, `move`, `remove`, `set_flags`, `renumber` and the like are safe at any time and from any thread.
    """

    host = HOST

    def __init__(self, passwords: Mapping[str, str], port: int = 0) -> None:
        super().__init__(passwords)
        self.port = port
        """The port it listens on; the real one once started."""
        self._background = Background("demo-imap", self._open)

    def start(self) -> None:
        """Listen; returns when clients can connect. Raises OSError where the port is taken."""
        self.port = self._background.start()

    def stop(self) -> None:
        """Close every connection and stop listening; the mail stays."""
        self._background.stop()

    def __enter__(self) -> "ImapServer":
        self.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        self.stop()

    async def _open(self) -> asyncio.Server:
        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # A cancelled task is no error, but StreamReaderProtocol of Python 3.11 would log it as one.
            with contextlib.suppress(asyncio.CancelledError):
                await _converse(reader, writer, Session(self))

        return await asyncio.start_server(welcome, HOST, self.port, limit=LONGEST_LINE)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
    """One client, until it says goodbye, hangs up, or sends what no client would."""
    try:
        writer.write(GREETING)
        while not session.closed and (command := await _command(reader, writer)):
            writer.write(session.answer(command))
            await writer.drain()
    except (OSError, ValueError, asyncio.IncompleteReadError):
        pass  # it hung up, or the line was endless: nothing to answer to
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """A whole command, its literals turned into quoted strings; empty at the end of the connection."""
    command = b""
    while line := await reader.readline():
        size = literal_size(line)
        if size is None:
            return command + line
        if size > LARGEST_LITERAL:
            raise ValueError("a literal larger than any reader needs")
        writer.write(b"+ Go on\r\n")
        await writer.drain()
        content = (await reader.readexactly(size)).decode("utf-8", "surrogateescape")
        command += without_literal(line) + quoted(content).encode("utf-8", "surrogateescape")
    return b""
