"""FLOOR 2. Where much mail is read a process of its own reads the headers, so that reading and storing use two cores.

Not a pool of concurrent.futures: its process gets our environment, with secrets in it, imports the main program once
more, and comes with another one that tracks semaphores: 35 MB instead of 18. This one gets a socket and nothing else.
It holds nothing: it may be killed at any moment, and then this process reads on by itself.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from monitor.core.message import Message
from monitor.inbox.reading import Unreadable
from monitor.inbox.reading_child import READY, hear, read_all, say
from monitor.jobs.logged import event

ReadAll = Callable[[Sequence[bytes]], list[Message | Unreadable]]
"""From header bytes to messages, as `reading.read` does with each."""

_BROKEN = (OSError, EOFError, pickle.PickleError, AttributeError, ImportError, IndexError, ValueError, TypeError)
"""What a line that has ended raises, and pickle for what is no answer (its documentation names most of these)."""
PATIENCE_SECONDS = 60.0
"""So long an answer may take: 500 headers of the worst kind take a few seconds."""
_LONGEST_GREETING = 100
_PASSED_ON = ("LD_LIBRARY_PATH", "TZ")
"""All that it is told of our environment: where the interpreter's own libraries are, and the time zone."""
_SERVE = "import sys; sys.path[:] = {path!r}; from monitor.inbox.reading_child import serve; serve()"

log = logging.getLogger("monitor.poll")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ReadingProcess:
    """One for all looks at mailboxes, as only one of them stores at a time. It runs while any of them needs it."""

    def __init__(self, number_of_cores: int | None = None) -> None:
        """With one core there is none."""
        self._cores = cores() if number_of_cores is None else number_of_cores
        self._lock = threading.Lock()
        self._users = 0
        self._child: _Child | None = None

    @contextmanager
    def in_use(self) -> Iterator[ReadAll]:
        """Read through it for as long as this lasts; whoever comes first starts it, whoever goes last ends it."""
        if self._cores < 2:
            yield read_all
            return
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._child = _started()
        try:
            yield self._read_all
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

    def _read_all(self, headers: Sequence[bytes]) -> list[Message | Unreadable]:
        """Once it has failed it is left alone until nobody uses it any more."""
        with self._lock:
            if self._child is not None:
                try:
                    if self._child.is_ready():
                        return self._child.ask(headers)
                except _BROKEN as error:
                    why = f"{type(error).__name__}, exit code {self._child.process.poll()}"
                    self._end()
                    said = event("reading process lost", error=why)
                    log.warning("the reading process is lost (%s); mails are read without it", why, extra=said)
        return read_all(headers)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """The process, and the line to it."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: socket.socket) -> None:
        self.process, self._line = process, line
        self._ready = False

    def is_ready(self) -> bool:
        """Whether it has begun to listen. Raises EOFError where it has died, or is of another version.

        Who updates the program while the daemon runs puts other modules under it; what these read may have other parts.
        """
        if not self._ready and select.select([self._line], [], [], 0)[0]:
            if self._line.recv(_LONGEST_GREETING) != READY:
                raise EOFError
            self._ready = True
        return self._ready

    def ask(self, headers: Sequence[bytes]) -> list[Message | Unreadable]:
        """Raises one of _BROKEN where it has died, hangs, or gives no answer."""
        say(self._line, headers)
        answer: list[Message | Unreadable] = hear(self._line)
        if len(answer) != len(headers):
            raise EOFError
        return answer

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
