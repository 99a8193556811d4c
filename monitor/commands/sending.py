"""ROOF. What the commands that write files or mail letters on request share."""

from datetime import datetime
from pathlib import Path

from monitor.commands.shared import fail
from monitor.config import Settings
from monitor.exits import OK, UNREACHABLE, USAGE
from monitor.jobs.deliver import deliver
from monitor.jobs.knowledge import know
from monitor.screen.output import out, talk
from monitor.store.lock import AlreadyRunning, only_daemon
from monitor.store.store import Store

STDOUT = Path("-")


def delivered(store: Store, settings: Settings, now: datetime) -> int:
    """Empty the outbox, unless a daemon does that: two at once would send a letter twice. The exit code."""
    try:
        with only_daemon(store):
            delivery = deliver(store, settings.smtp, know(store, settings, now), now)
    except AlreadyRunning:
        talk("put into the outbox; the daemon that runs sends it with its next round")
        return OK
    refused = f", {delivery.refused} refused for good: see status" if delivery.refused else ""
    talk(delivery.fault or f"{delivery.sent} letters sent{refused}")
    return UNREACHABLE if delivery.fault or delivery.refused else OK


def write(path: Path, content: str) -> None:
    """A file, or stdout for `-`; ends the program where it cannot be written."""
    if path == STDOUT:
        out(content)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        fail(USAGE, f"{path} cannot be written: {error.strerror}")
