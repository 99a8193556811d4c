"""Our first look: the whole product, `run --once` on an empty store, as a process of its own."""

import contextlib
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.mails import END, MAILBOX
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink

LOOK_AGAIN = 0.02  # seconds between two looks at the memory
TIME_LIMIT = 3600

CONFIG = """\
organisation = "Museum"
timezone = "UTC"
operator = "operator@elsewhere.example"
[imap]
host = "{host}"
port = {port}
security = "none"
password = {{ file = "{password}" }}
lookback = "all"
[[mailbox]]
address = "{address}"
team = "desk"
[[team]]
name = "desk"
owners = ["owner@elsewhere.example"]
[[reminder]]
after = "0h"
[smtp]
host = "{smtp_host}"
port = {smtp_port}
security = "none"
from = "monitor@elsewhere.example"
[store]
url = "sqlite:///{store}"
"""


class Look(NamedTuple):
    """One run: how long it took, and how much memory it had at most."""

    seconds: float
    peak_mb: float


class FirstLook(NamedTuple):
    """Medians of some runs; `start_seconds` is what the same run takes with an empty mailbox."""

    seconds: float
    start_seconds: float
    peak_mb: float


def first_look(server: Dovecot, folder: Path, messages: int, runs: int) -> FirstLook:
    """Look at MAILBOX on an empty store some times, and at a mailbox without mail."""
    with SmtpSink(folder) as sink:
        empty = [_look(write_config(server, sink, folder, "nobody@museum.example")) for _ in range(runs)]
        looks = []
        for _ in range(runs):
            config = write_config(server, sink, folder, MAILBOX)
            looks.append(_look(config))
            _check(store_file(folder), messages)
    return FirstLook(
        statistics.median(look.seconds for look in looks),
        statistics.median(look.seconds for look in empty),
        max(look.peak_mb for look in looks),
    )


def write_config(server: Dovecot, sink: SmtpSink, folder: Path, address: str) -> Path:
    """A config for one mailbox and an empty store."""
    password, config = folder / "password", folder / "config.toml"
    password.write_text(server.password)
    password.chmod(0o600)
    for file in folder.glob("store.sqlite*"):
        file.unlink()
    smtp = {"smtp_host": sink.host, "smtp_port": sink.port}
    imap = {"host": server.host, "port": server.port, "password": password, "address": address}
    config.write_text(CONFIG.format(**imap, **smtp, store=store_file(folder)))
    return config


def store_file(folder: Path) -> Path:
    """Where the store is."""
    return folder / "store.sqlite"


def _look(config: Path) -> Look:
    command = [sys.executable, "-m", "monitor", "--config", str(config), "--now", END.isoformat(), "run", "--once"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        peak = watch(process, start + TIME_LIMIT)
        seconds = time.perf_counter() - start
        said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise RuntimeError(f"run --once ended with {process.returncode}:\n{said[-3000:]}")
    return Look(seconds, peak)


def watch(process: subprocess.Popen[str], end: float) -> float:
    """Wait for its end; the sum of the peaks of it and its children, in MB, as of the last look before."""
    # Not getrusage: its peak of a child that was forked starts with that of the parent.
    peaks: dict[str, float] = {}
    while process.poll() is None:
        for pid in (str(process.pid), *_children(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0.0), _peak_mb(pid))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_AGAIN)
        if time.perf_counter() > end:
            process.kill()
    return sum(peaks.values())


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def _peak_mb(pid: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(sizes[0]) / 1024 if sizes else 0.0


def _check(store: Path, messages: int) -> None:
    """A fast look that saw less is no look."""
    with contextlib.closing(sqlite3.connect(store)) as connection:
        stored = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    if stored != messages:
        raise RuntimeError(f"{stored} messages are in the store, not {messages}")
