"""ROOF. Talk goes to stderr: short lines on a terminal; elsewhere `event key=value`, as journald or a file wants it."""

import logging
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TextIO

CHATTY = ("imapclient", "msal", "urllib3", "google", "schedule")
"""Libraries whose debug log holds whole mails, tokens or addresses (failures.md §1): warnings of theirs are enough."""

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_BARE = re.compile(r"[^\s\"=\\]+")


class OneLine(logging.Formatter):
    """The words of a record on one line: a mail's control characters never begin a new one (law 9)."""

    def format(self, record: logging.LogRecord) -> str:
        """For people."""
        return _printable(super().format(record).replace("\n", " "))


class EventLine(logging.Formatter):
    """`round mailboxes=2 failed=0`: the event and its facts (jobs/logged.py), in logfmt, on one line.

    Under systemd with its priority before it (sd-daemon(3)), as journald keeps the time; else with time and level.
    """

    def __init__(self, for_journal: bool) -> None:
        super().__init__()
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = " ".join((_printable(_event(record)), *(f"{key}={logfmt(value)}" for key, value in _facts(record))))
        if self._for_journal:
            return f"<{_PRIORITY.get(record.levelno, 6)}>{line}"
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{at} {record.levelname.lower()} {line}"


def logfmt(value: object) -> str:
    """A value as logfmt has it: in quotes where it holds a blank, a quote or `=`; control characters escaped."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.2f}s"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    if _BARE.fullmatch(text) and text.isprintable():
        return text
    return '"' + "".join(f"\\{c}" if c in '"\\' else "\\n" if c == "\n" else _printable(c) for c in text) + '"'


def set_up(verbose: bool = False, quiet: bool = False) -> None:
    """Send the log to stderr in the form that fits where it goes; who asks for both gets the more.

    Also what libraries warn of, so that no line in the journal has another form.
    """
    ours = logging.getLogger("monitor")
    ours.setLevel(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)
    ours.handlers = [_handler(sys.stderr)]
    ours.propagate = False
    for name in CHATTY:
        theirs = logging.getLogger(name)
        theirs.setLevel(logging.WARNING)
        theirs.handlers = ours.handlers[:]


def in_journal(stream: TextIO) -> bool:
    """Whether the stream goes straight to journald: JOURNAL_STREAM names its device and inode (systemd.exec(5)).

    The variable alone proves nothing: it is inherited, also by whoever has sent stderr elsewhere since.
    """
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return (device, inode) == (str(there.st_dev), str(there.st_ino))


def _handler(stream: TextIO) -> logging.Handler:
    if not stream.isatty():
        handler = logging.StreamHandler(stream)
        handler.setFormatter(EventLine(in_journal(stream)))
        return handler
    from rich.console import Console  # not above: where nobody looks on, it is not needed
    from rich.highlighter import NullHighlighter
    from rich.logging import RichHandler

    plain = NullHighlighter()  # colour is for the level; a mail's words are not taken apart
    talking = RichHandler(
        console=Console(stderr=True), show_path=False, markup=False, highlighter=plain, log_time_format="%H:%M:%S"
    )
    talking.setFormatter(OneLine("%(message)s"))
    return talking


def _event(record: logging.LogRecord) -> str:
    return str(getattr(record, "event", record.name))


def _facts(record: logging.LogRecord) -> list[tuple[str, object]]:
    facts = dict(getattr(record, "facts", {}))
    if not hasattr(record, "event") or (record.levelno >= logging.WARNING and "error" not in facts):
        facts["msg"] = record.getMessage()  # what has gone wrong is said in words, too
    if record.exc_info:
        facts["traceback"] = logging.Formatter().formatException(record.exc_info)
    return [(key, value) for key, value in facts.items() if value is not None]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
