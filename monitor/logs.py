"""ROOF. Talk goes to stderr: short lines on a terminal, `<N>` priorities without time stamps under systemd."""

import logging
import os
import sys

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class OneLine(logging.Formatter):
    """One record, one line: a mail's control characters never begin a new one (law 9)."""

    def __init__(self, with_priority: bool) -> None:
        super().__init__("%(name)s: %(message)s" if with_priority else "%(message)s")
        self._with_priority = with_priority

    def format(self, record: logging.LogRecord) -> str:
        """The line, with sd-daemon's priority prefix if wanted."""
        text = super().format(record)
        line = "".join(c if c.isprintable() else " " if c == "\n" else f"\\x{ord(c):02x}" for c in text)
        return f"<{_PRIORITY.get(record.levelno, 6)}>{line}" if self._with_priority else line


def set_up(verbose: bool = False) -> None:
    """Send the log to stderr in the form that fits where it goes."""
    root = logging.getLogger("monitor")
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    if sys.stderr.isatty():
        from rich.console import Console  # not above: where nobody looks on, it is not needed
        from rich.logging import RichHandler

        handler: logging.Handler = RichHandler(
            console=Console(stderr=True), show_path=False, markup=False, highlighter=None
        )
        handler.setFormatter(OneLine(with_priority=False))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(OneLine(with_priority="JOURNAL_STREAM" in os.environ))
    root.handlers = [handler]
    root.propagate = False
