"""FLOOR 1. A connection that waits for news between two looks: by NOTIFY (RFC 5465), else by IDLE (RFC 2177).

What is heard is only a hint that a look may be worth it: nothing is taken from it, and one that is missed costs nothing
but time. NOTIFY tells of several folders, of which none may be open for that (RFC 5465 §6.1), and it tells between
commands too, so that nothing must be sent to end it but NOTIFY NONE; IDLE tells of the one folder that is open.

Two threads take turns, by a lock: one that listens to all connections (`hear`, `renew`), which must never wait, and
whoever is to use the connection next (`end`, `leave`). No answer to what is said here reaches imaplib.
"""

import re
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError

from monitor.inbox.incoming import Incoming
from monitor.inbox.news import News, goodbye

MOST_HEARD = 1 << 20
"""So many bytes are listened to, and as many are read to get to the end of it: news of a folder is of thirty."""
LONGEST_LINE = 8192
MOST_FOLDERS = 50
_BREAKS = re.compile(r"[\x00-\x1f\x7f]")
"""What would break the line of a command."""
Heard = Literal["nothing", "news", "over"]
"""`over`: nothing more is to be heard over this connection until somebody has used it."""
_Kind = Literal["leave", "open", "notify", "idle", "end"]


@dataclass(frozen=True, slots=True)
class _Step:
    kind: _Kind
    command: bytes


def can_wait(client: IMAPClient) -> bool:
    """Whether the server offers either."""
    return bool(client.has_capability("NOTIFY") or client.has_capability("IDLE"))


class Idling:
    """One spell of waiting over a connection that is logged in; it begins at once, without waiting for an answer.

    `folders` are those to hear of, the one that matters most first: IDLE watches that one alone. `selected`: the folder
    that is open, then and when the spell has ended. `worked`: the server has let us wait. `gone`: the connection has
    ended under it, and `words` are those of the server's goodbye.
    """

    def __init__(self, client: IMAPClient, folders: Sequence[str], selected: str | None, news: News) -> None:
        self.selected, self.gone, self.worked, self.words = selected, False, False, ""
        self._imap: Incoming = client._imap
        self._news, self._lock = news, threading.Lock()
        folders = [name for name in folders if not _BREAKS.search(name)][:MOST_FOLDERS]
        self._ways = _ways(client, folders, selected) if folders else []
        self._opens = folders[0] if folders else ""
        self._steps: list[_Step] = []
        self._asked: _Step | None = None
        self._tag = b""
        self._on: _Step | None = None
        self._rest, self._skips, self._heard = b"", False, 0
        self._ended = False
        line: socket.socket = client.socket()
        self._timeout = line.gettimeout()
        line.settimeout(0)
        with self._lock:
            self._next_way()

    def fileno(self) -> int:
        """Of its socket; -1 where that is closed."""
        return self._imap.sock.fileno() if self._imap.sock is not None else -1

    def hear(self) -> Heard:
        """What came since, without waiting. "over", too, where somebody else has the connection."""
        if not self._lock.acquire(blocking=False):
            return "over"
        try:
            return "over" if self._ended or self._is_deaf else self._take_in(self._come())
        finally:
            self._lock.release()

    def renew(self) -> None:
        """Before the server or a firewall takes it for dead; one that has not answered the last time is."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self._ended and not self.gone:
                self._renew()
        finally:
            self._lock.release()

    def _renew(self) -> None:
        if self._asked is not None:
            self._die("no answer")
        elif self._on is not None:
            # NOTIFY too is ended first: Dovecot 2.3 says nothing more after a second NOTIFY SET (seen with 2.3.19).
            self._steps, self._heard = [self._on], 0
            self._say_the_end()

    def leave(self) -> tuple[bytes, bytes] | None:
        """What ends it, for somebody to say in one write with what they ask: the tag of its answer, and the line.

        They read all that comes from then on. None where that cannot be: it has hardly begun, or the connection ended.
        """
        with self._lock:
            if self._ended or self.gone or self._on is None or self._rest or self._skips:
                return None
            if self._on.kind != "idle":
                self._tag = self._new_tag()
            self._ended = True
            self._imap.sock.settimeout(self._timeout)
            return self._tag, b"DONE" if self._on.kind == "idle" else self._tag + b" NOTIFY NONE"

    def end(self) -> None:
        """Come to the end of it: the connection takes any command then. Raises what a broken connection raises."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            self._steps, self._ways = [], []
            if self.gone:
                raise IMAPClientAbortError(self.words or "the connection was closed")
            self._imap.sock.settimeout(self._timeout)
            self._heard = 0
            self._answered()
            if self._on is not None:
                self._say_the_end()
            self._answered()
            if self._rest and not self.gone:
                self._imap.readline()  # the rest of a line that nobody asked for
            if self.gone:
                raise IMAPClientAbortError(self.words or "the connection was closed")

    def _answered(self) -> None:
        """Read until nothing that was said waits for an answer."""
        while self._asked is not None and not self.gone:
            line = self._imap.readline()
            self._heard += len(line)
            if not line or self._heard > MOST_HEARD:
                raise IMAPClientAbortError("no end of what it says" if line else "socket error: EOF")
            line, self._rest = self._rest + line, b""
            self._line(b"" if self._skips else line.rstrip(b"\r\n"))
            self._skips = False

    def _come(self) -> bytes | None:
        """What there is; None: nothing, or nothing whole. Marks the end of the connection."""
        try:
            some = self._imap.at_hand()
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except (OSError, ValueError, AttributeError) as error:
            self._die(str(error))
            return None
        if not some:
            self._die("")
        return some

    def _take_in(self, some: bytes | None) -> Heard:
        if some is None:
            return "over" if self.gone else "nothing"
        self._heard += len(some)
        *lines, self._rest = (self._rest + some).split(b"\n")
        news = False
        for line in lines:
            news |= self._line(b"" if self._skips else line.rstrip(b"\r"))
            self._skips = False
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._skips = b"", True
        if self._is_deaf:
            return "over"
        return "news" if news else "nothing"

    @property
    def _is_deaf(self) -> bool:
        return self.gone or self._heard > MOST_HEARD or (self._asked is None and self._on is None)

    def _line(self, line: bytes) -> bool:
        """One line of the server's; whether it is news."""
        if line.startswith(b"+"):
            if self._asked is not None and self._asked.kind == "idle":
                self._on, self._asked, self.worked = self._asked, None, True
        elif line.startswith(self._tag + b" "):
            self._tagged(line[len(self._tag) + 1 :].upper().startswith(b"OK"))
        elif (words := goodbye(line)) is not None:
            self._die(words)
        else:
            return self._news.told(line, opening=self._asked is not None and self._asked.kind == "open")
        return False

    def _tagged(self, ok: bool) -> None:
        step, self._asked = self._asked, None
        if step is None:
            self._on = None  # the server has ended IDLE by itself
            return
        if step.kind == "open":
            self.selected = self._opens if ok else None
            if ok:
                self._imap.state = "SELECTED"
        elif step.kind == "leave":
            self.selected = None
        elif step.kind == "notify" and ok:
            self._on, self.worked = step, True
        elif step.kind == "end":
            self._on = None
        if ok or step.kind in ("leave", "end"):
            # IDLE that ends with OK though nobody ended it has begun nothing.
            self._go_on()
        else:
            self._next_way()

    def _next_way(self) -> None:
        if self._ways:
            self._steps, *self._ways = self._ways
            self._go_on()

    def _go_on(self) -> None:
        if self._steps:
            step, *self._steps = self._steps
            if step.kind == "open":
                self._news.begin()
            self._say(step)

    def _say_the_end(self) -> None:
        on, self._on = self._on, None
        if on is not None:
            self._say(_Step("end", b"DONE" if on.kind == "idle" else b"NOTIFY NONE"))

    def _say(self, step: _Step) -> None:
        """`DONE` has no tag: it is answered by that of its IDLE."""
        self._asked = step
        words = step.command
        if words != b"DONE":
            self._tag = self._new_tag()
            words = self._tag + b" " + words
        try:
            self._imap.send(words + b"\r\n")
        except (OSError, AttributeError) as error:
            self._die(str(error))

    def _new_tag(self) -> bytes:
        """One that imaplib does not wait for."""
        tag: bytes = self._imap._new_tag()
        self._imap.tagged_commands.pop(tag, None)
        return tag

    def _die(self, words: str) -> None:
        self.gone, self.words = True, words


def _ways(client: IMAPClient, folders: Sequence[str], selected: str | None) -> list[list[_Step]]:
    """What can be tried, one after the other."""
    names = [client._normalise_folder(name) for name in folders]
    ways = []
    if client.has_capability("NOTIFY"):
        leave = b"UNSELECT" if client.has_capability("UNSELECT") else b"CLOSE"
        asked = b"NOTIFY SET (mailboxes (%s) (MessageNew MessageExpunge))" % b" ".join(names)
        ways.append([*([_Step("leave", leave)] if selected else []), _Step("notify", asked)])
    if client.has_capability("IDLE"):
        ways.append([_Step("open", b"EXAMINE " + names[0]), _Step("idle", b"IDLE")])
    return ways
