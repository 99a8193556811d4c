"""FLOOR 1. A glance at a mailbox over a connection that is kept open: everything is asked at once, and heard later.

Asking and hearing are apart, so that many mailboxes can be asked before the first one answers (glances.py).
"""

import ssl
import time
from collections.abc import Sequence
from typing import Any, Literal

from monitor.core.cursor import FolderState
from monitor.inbox import connection
from monitor.inbox.commands import glance_commands
from monitor.inbox.glance_lines import Glance, Unusual, read_glance, same_lines, untagged
from monitor.inbox.hinting import Hinting
from monitor.inbox.login import Login
from monitor.inbox.source import RemoteFolder

MOST_BYTES = 1 << 20
"""No honest answer is longer: it has a line or two for each folder."""
FRESH = 60.0
"""So many seconds a look may begin with what a glance told."""

Missed = Literal["ended", "odd"]
"""`ended`: the connection is no more. `odd`: the answer is not understood, or did not come in time."""


class Glancing(Hinting):
    """A connection that can be asked for a glance, when nothing else is under way on it. `listed`: the folders at the
    last look."""

    def __init__(self, login: Login) -> None:
        super().__init__(login)
        self.listed: Sequence[RemoteFolder] = ()
        self._awaited: list[bytes] = []
        self._heard = bytearray()
        self._glanced: tuple[Glance, float] | None = None
        self._states: dict[str, FolderState] = {}
        self._before: tuple[bytes, Glance] | None = None
        self._question: tuple[object, list[bytes]] = None, []

    def ask_glance(self, watched: Sequence[str]) -> bool:
        """Write what asks for the state of these folders, and for all there are. False where no connection is open.

        A folder that is open is left first: of that one STATUS would tell what was known when it was opened
        (`ImapSource.state`). The commands stand in one write; the server takes them in their order (RFC 3501 §5.5).
        The first may be what ends the waiting for news.
        """
        first = self.leave_hints()
        client = self._client
        if first is None or client is None or self._aborted or self._awaited:
            return False
        try:
            commands = self._commands(client, watched)
            tags = [b"G%d" % number for number in range(len(commands))]
            lines = [line for _, line in first] + [b"%s %s" % pair for pair in zip(tags, commands, strict=True)]
            client._imap.send(b"".join(line + b"\r\n" for line in lines))
            client.socket().settimeout(0)
        except OSError:
            self._drop()
            return False
        if self._selected is not None:
            self._selected = self._examined = None
            client._imap.state = "AUTH"
        self._awaited, self._heard = [tag for tag, _ in first] + tags, bytearray(b"\r\n")
        return True

    def _commands(self, client: Any, watched: Sequence[str]) -> list[bytes]:
        """What is said, as it was made for the glance before where all is as it was then."""
        of = client, watched, len(self.listed), self._selected is not None
        if of != self._question[0]:
            self._question = of, glance_commands(*of)
        return self._question[1]

    def keep_glance(self, glance: Glance) -> None:
        """What was just told is the answer to the first questions of the look that follows: they are not asked."""
        self._glanced = glance, time.monotonic()

    def fileno(self) -> int:
        """That of the socket, to wait for its answer."""
        return int(self._client.socket().fileno()) if self._client is not None else -1

    def hear_glance(self) -> Glance | Missed | None:
        """What has come, without waiting; None where the answer is not whole yet."""
        try:
            while not self._is_whole():
                data = self._client._imap.at_hand() if self._client is not None else b""
                self._heard += data
                if not data or len(self._heard) > MOST_BYTES:
                    return self.end_glance("odd" if data else "ended")
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except OSError:  # an SSLError is one too
            return self.end_glance("ended")
        return self._told()

    def end_glance(self, missed: Missed) -> Missed:
        """Wait for it no longer: what comes now would be taken for the answer to something else."""
        self._drop()
        self._awaited = []
        return missed

    def _as_glanced(self) -> Sequence[RemoteFolder] | None:
        """A look begins: the folders of the glance just before it, if there was one, and `_states` to be used up."""
        glance, at = self._glanced or (None, 0.0)
        if glance is not None and time.monotonic() - at > FRESH:
            glance = None
        self._glanced, self._states = None, dict(glance.states) if glance is not None else {}
        return glance.folders if glance is not None else None

    def _told(self) -> Glance | Missed:
        heard, tags = bytes(self._heard), self._awaited
        self._heard, self._awaited = bytearray(), []
        told = untagged(heard, tags)
        if b"\r\n* BYE" in heard.upper() or self._client is None:
            return self.end_glance("ended")
        try:
            self._client.socket().settimeout(connection.READ_TIMEOUT)
            return self._as_before(told) or self._read(heard, tags, told)
        except OSError:
            return self.end_glance("ended")
        except Unusual:
            # All commands were answered, so the connection is well; but for a literal that held what looks like a tag.
            if b"{" in heard:
                self._drop()
            return "odd"

    def _as_before(self, told: bytes | None) -> Glance | None:
        """The glance before this one, where it told the same: as in nearly every round, and read once is enough."""
        before = self._before
        return before[1] if before is not None and told is not None and same_lines(told, before[0]) else None

    def _read(self, heard: bytes, tags: Sequence[bytes], told: bytes | None) -> Glance:
        glance, self._before = read_glance(heard, tags), None
        # Of what is told twice of a folder the last counts: then their order matters.
        if told is not None and told.upper().count(b"* STATUS ") == len(glance.states):
            self._before = told, glance
        return glance

    def _is_whole(self) -> bool:
        at = self._heard.find(b"\r\n%s " % self._awaited[-1])
        return at >= 0 and self._heard.find(b"\r\n", at + 2) >= 0

    def _drop(self) -> None:
        super()._drop()
        self._awaited, self._glanced, self._states = [], None, {}
        self._before, self._question = None, (None, [])
