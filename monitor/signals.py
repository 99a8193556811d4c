"""ROOF. Signals, heard in a thread of their own.

A handler runs in the main thread, which may be deep in the database for half a minute, waiting for another one's lock,
or hold the very lock that the handler then wants.
"""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def hearing(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGTERM and SIGINT, `reload` on SIGHUP, for as long as this lasts."""
    here, there = socket.socketpair()
    there.setblocking(False)
    before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    thread = threading.Thread(target=_hear, args=(here, stop, reload), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        there.close()
        thread.join()
        here.close()


def _hear(line: socket.socket, stop: Callable[[], None], reload: Callable[[], None]) -> None:
    while numbers := line.recv(64):
        if signal.SIGHUP in numbers:
            reload()
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            stop()
