"""The program as a process of its own, with what it says to be waited for; it never outlives its `with`."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.story.house import ROOT, House

QUICK = "import monitor.daemon, monitor.program; monitor.daemon.TICK_SECONDS = 1; monitor.program.main()"
"""The real program, but for a heart that beats five times as fast."""
BOUND = 40.0
"""Nothing here is waited for so long, unless it never comes."""


class Process:
    """`with Process(house, "run") as daemon:`, then `daemon.says("round mailboxes=1")`, `daemon.ends(SIGTERM)`."""

    def __init__(self, house: House, *words: str, environment: Mapping[str, str] | None = None) -> None:
        self._command = [sys.executable, "-c", QUICK, "--config", str(house.config), *words]
        self._environment = {**os.environ, **(environment or {})}
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._over = False

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        with self._changed:
            self._changed.wait_for(lambda: self._over, BOUND)
        if self._process.stderr:
            self._process.stderr.close()

    @property
    def said(self) -> str:
        """All so far."""
        with self._changed:
            return "".join(self._lines)

    def mark(self) -> int:
        """Where it is now with what it says; for `since`."""
        with self._changed:
            return len(self._lines)

    def says(self, words: str, times: int = 1, since: int = 0) -> None:
        """Wait until it has said this so often since then."""

        def enough() -> bool:
            return sum(words in line for line in self._lines[since:]) >= times

        with self._changed:
            self._changed.wait_for(lambda: enough() or self._over, BOUND)
            if not enough():
                raise AssertionError(f"it did not say {words!r} {times} times in:\n{''.join(self._lines)}")

    def says_or(self, event: threading.Event, words: str) -> None:
        """Wait until it has said this, or the event has come."""
        end = time.monotonic() + BOUND
        while not event.wait(0.02):
            if any(words in line for line in self.said.splitlines()):
                return
            if self._over or time.monotonic() > end:
                raise AssertionError(f"neither came to be:\n{self.said}")

    @property
    def pid(self) -> int:
        """As the system knows it."""
        return self._process.pid

    def gets(self, signal: int) -> None:
        """Send a signal, and go on."""
        self._process.send_signal(signal)

    def ends(self, signal: int | None = None, within: float = 10.0) -> int:
        """Tell it to end (or wait that it ends by itself); how it ended."""
        if signal is not None:
            self._process.send_signal(signal)
        return self._process.wait(within)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()
