"""FLOOR 1. The reading process: reads headers for a daemon that stores meanwhile (jobs/reading_process.py).

It knows who is staff, but neither config nor store, holds no connection to a server, and keeps nothing of a mail.
"""

import gc
import pickle
import signal
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import monitor
from monitor.core.gist import Gist, gist_of
from monitor.core.message import Message
from monitor.core.staff import Staff
from monitor.inbox.reading import Unreadable, read

Read = tuple[list[Message | Unreadable], list[Gist | None]]
"""What was read of each header, and what the rules find in it by itself, as far as somebody looked."""
READY = f"{monitor.__version__}\n".encode()
"""Said once all is imported."""
_SIZE = 8
"""Before each value, and before all that are said at once, their length stands in so many bytes."""
_TOGETHER = 100
"""Headers read at a time: with 500 the process needs 3 MB more."""
_OBJECTS_OF_BATCHES = 200_000
"""More than are alive at a time of a batch that is read."""


def serve() -> None:
    """Answer each list of headers with what was read of each, until nobody asks any more. The line is our stdin."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A service manager tells all its processes: this one ends when the one that asks does.
        signal.signal(number, signal.SIG_IGN)
    # Where memory runs out the kernel is to end this one, not the larger one that asks (proc_pid_oom_score_adj(5)).
    # Without pathlib, which would bring all that is known of URLs.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")
    gc.freeze()
    gc.set_threshold(_OBJECTS_OF_BATCHES)  # what is made of a batch goes with it, for nothing in it leads back to it
    staff = Staff()
    with socket.socket(fileno=0) as line, suppress(EOFError):
        line.sendall(READY)
        while True:
            ((told, headers),) = hear(line)
            staff = told or staff  # only told where it is another one
            say(line, in_parts(headers, staff))


def in_parts(headers: Sequence[bytes], staff: Staff) -> Iterator[Read]:
    """What was read of some at a time: what these are made of is gone when the next ones are read."""
    for at in range(0, len(headers), _TOGETHER):
        yield with_gists(headers[at : at + _TOGETHER], staff)


def say(line: socket.socket, values: Iterable[object]) -> None:
    """Send values down a line that blocks, whole and in one call.

    After each call a thread waits for the others, for up to 5 ms (sys.setswitchinterval): with many small ones the
    daemon, which stores meanwhile, would wait for its mails.
    """
    said = bytearray(_SIZE)
    for value in values:
        part = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        said += len(part).to_bytes(_SIZE)
        said += part
    said[:_SIZE] = (len(said) - _SIZE).to_bytes(_SIZE)
    line.sendall(said)


def hear(line: socket.socket) -> list[Any]:
    """What the other end said. Raises EOFError where it has ended, and as `pickle` does for what is no value."""
    heard, values = memoryview(_whole(line, int.from_bytes(_whole(line, _SIZE)))), []
    while heard:
        size = _SIZE + int.from_bytes(heard[:_SIZE])
        values.append(pickle.loads(heard[_SIZE:size]))  # noqa: S301  # from a process of our own
        heard = heard[size:]
    return values


def _whole(line: socket.socket, size: int) -> bytearray:
    whole = bytearray(size)
    at = 0
    while at < size:
        got = line.recv_into(memoryview(whole)[at:], 0, socket.MSG_WAITALL)
        if not got:
            raise EOFError
        at += got
    return whole


def with_gists(headers: Sequence[bytes], staff: Staff) -> Read:
    """What was read of each, and its gist; total, as `reading.read` is."""
    messages = [read(header) for header in headers]
    return messages, [_gist_of(each, staff) for each in messages]


def _gist_of(message: Message | Unreadable, staff: Staff) -> Gist | None:
    """None too where it has none: whoever stores it says why."""
    try:
        return gist_of(message, staff) if isinstance(message, Message) else None
    except ValueError:
        return None


def read_all(headers: Sequence[bytes], _staff: Staff) -> Read:
    """What was read of each, and no gist: whoever stores them finds that out, as far as they are new."""
    return [read(header) for header in headers], [None] * len(headers)
