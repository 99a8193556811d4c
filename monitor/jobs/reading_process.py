"""FLOOR 2. Where much mail is read a process of its own reads the headers, so that reading and storing use two cores.

It finds out as well what the rules find in a message by itself (core/gist.py).

Not a pool of concurrent.futures: its process gets our environment, with secrets in it, imports the main program once
more, and comes with another one that tracks semaphores: twice the memory. This one gets a socket and nothing else.
It holds nothing but who is staff, and may be killed at any moment: then this process reads on by itself.
"""

import logging
import os
import pickle
import select
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from monitor.core.gist import Gist
from monitor.core.message import Message
from monitor.core.staff import Staff
from monitor.inbox.reading import Unreadable
from monitor.inbox.reading_child import READY, Read, hear, read_all, say
from monitor.jobs.logged import event

_BROKEN = (OSError, EOFError, pickle.PickleError, AttributeError, ImportError, IndexError, ValueError, TypeError)
"""What a line that has ended raises, and pickle for what is no answer (its documentation names most of these)."""
PATIENCE_SECONDS = 60.0
"""So long an answer may take: 500 headers of the worst kind take a few seconds."""
_LONGEST_GREETING = 100
_PASSED_ON = ("LD_LIBRARY_PATH", "TZ")
"""All that it is told of our environment: where the interpreter's own libraries are, and the time zone."""
WITHOUT_OPENSSL = "import sys; sys.modules['_hashlib'] = None; "
"""Then hashlib takes Python's own digests, as where there is no OpenSSL: 4 MB less."""
_SERVE = WITHOUT_OPENSSL + "sys.path[:] = {path!r}; from monitor.inbox.reading_child import serve; serve()"

log = logging.getLogger("monitor.poll")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Asked:
    """Headers that are to be read in a house of this staff. `read`: None while the reading process has them."""

    def __init__(self, headers: Sequence[bytes], staff: Staff, read: Read | None = None) -> None:
        self.headers, self.staff, self.read = headers, staff, read


class Reader:
    """Reads headers: here this process does, at once."""

    def begin(self, headers: Sequence[bytes], staff: Staff) -> Asked:
        """Hand them over."""
        return Asked(headers, staff, read_all(headers, staff))

    def end(self, asked: Asked) -> Read:
        """What was read of each, as `reading.read` has it."""
        return asked.read or read_all(asked.headers, asked.staff)


HERE = Reader()


class ReadingProcess(Reader):
    """One for all looks at mailboxes, as only one of them stores at a time. It runs while any of them needs it.

    It reads one batch at a time: before the next one is said what it has read is heard, so that neither end ever says
    more than the other one listens to.
    """

    def __init__(self, number_of_cores: int | None = None) -> None:
        """With one core there is none."""
        self._cores = cores() if number_of_cores is None else number_of_cores
        self._lock = threading.Lock()
        self._users = 0
        self._child: _Child | None = None
        self._under_way: Asked | None = None

    @contextmanager
    def in_use(self) -> Iterator[Reader]:
        """Read through it for as long as this lasts; whoever comes first starts it, whoever goes last ends it."""
        if self._cores < 2:
            yield HERE
            return
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._child = _started()
        try:
            yield self
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._end()

    @property
    def pid(self) -> int | None:
        """The process's number; None where none runs."""
        child = self._child
        return child.process.pid if child else None

    def begin(self, headers: Sequence[bytes], staff: Staff) -> Asked:
        """Hand them over; waits until the process has read what it has."""
        asked = Asked(headers, staff)
        with self._lock:
            self._hear()
            said = self._say(asked)
        if not said:
            asked.read = read_all(headers, staff)
        return asked

    def end(self, asked: Asked) -> Read:
        """Once it has failed it is left alone until nobody uses it any more."""
        with self._lock:
            if asked is self._under_way:
                self._hear()
        return super().end(asked)

    def _say(self, asked: Asked) -> bool:
        """Whether the process has these headers now."""
        if self._child is not None:
            try:
                if self._child.is_ready():
                    self._child.say(asked)
                    self._under_way = asked
                    return True
            except _BROKEN as error:
                self._lose(self._child, error)
        return False

    def _hear(self) -> None:
        """What it has read, where it has anything. Without an answer it is read here."""
        asked, self._under_way = self._under_way, None
        if asked is not None and self._child is not None:
            try:
                asked.read = self._child.hear(asked)
            except _BROKEN as error:
                self._lose(self._child, error)
                asked.read = read_all(asked.headers, asked.staff)

    def _lose(self, child: "_Child", error: Exception) -> None:
        why = f"{type(error).__name__}, exit code {child.process.poll()}"
        self._end()
        said = event("reading process lost", error=why)
        log.warning("the reading process is lost (%s); mails are read without it", why, extra=said)

    def _end(self) -> None:
        child, self._child, self._under_way = self._child, None, None
        if child is not None:
            child.end()


class _Child:
    """The process, and the line to it."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: socket.socket) -> None:
        self.process, self._line = process, line
        self._ready = False
        self._told: Staff | None = None

    def is_ready(self) -> bool:
        """Whether it has begun to listen. Raises EOFError where it has died, or is of another version.

        Who updates the program while the daemon runs puts other modules under it; what these read may have other parts.
        """
        if not self._ready and select.select([self._line], [], [], 0)[0]:
            if self._line.recv(_LONGEST_GREETING) != READY:
                raise EOFError
            self._ready = True
        return self._ready

    def say(self, asked: Asked) -> None:
        """Hand over headers, and who is staff where that is another one. Raises one of _BROKEN where it has died."""
        told, self._told = self._told, asked.staff
        staff = None if asked.staff is told else replace(asked.staff)  # without its memory
        say(self._line, [(staff, asked.headers)])

    def hear(self, asked: Asked) -> Read:
        """What was read of them. Raises one of _BROKEN where it has died, hangs, or gives no answer."""
        messages: list[Message | Unreadable] = []
        gists: list[Gist | None] = []
        for some, theirs in hear(self._line):
            messages += some
            gists += theirs
        if not len(messages) == len(gists) == len(asked.headers):
            raise EOFError
        return messages, gists

    def end(self) -> None:
        """At once: it holds nothing."""
        self.process.kill()
        self.process.wait()
        self._line.close()


def _started() -> _Child | None:
    """None where it cannot be started, as where no process may be; then this one reads."""
    here, there = socket.socketpair()
    # The kernel watches the time: where Python does, each call asks first whether the line is free.
    patience = struct.pack("ll", *divmod(int(PATIENCE_SECONDS * 1e6), 1_000_000))  # a struct timeval
    here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
    try:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
            [sys.executable, "-I", "-B", "-c", _SERVE.format(path=sys.path)],
            stdin=there.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a traceback might hold a piece of a mail
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,  # Ctrl+C in a terminal is meant for us
        )
    except OSError as error:
        here.close()
        said = event("reading process refused", error=error)
        log.warning("no reading process can be started (%s); mails are read without it", error, extra=said)
        return None
    finally:
        there.close()
    return _Child(process, here)
