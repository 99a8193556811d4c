"""What follows from what is known, by how many people wait: reminders, notices, letters; and what the purge takes."""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.report import config
from bench.report_store import END, Size, build
from bench.rounds import counting
from bench.simulate import leave_waiting
from monitor.config import Settings, load
from monitor.jobs.round import act
from monitor.once import letters_of
from monitor.store.retention import purge
from monitor.store.store import Store, open_store
from tests.servers.smtp_sink import SmtpSink

OPEN = (100, 1_000, 10_000)
"""So many wait, for weeks and longer; each has been told of before."""
ROUNDS = 10
HISTORY = Size(40_000, 1)
KEPT = timedelta(weeks=26)
SMTP = '[smtp]\nhost = "{host}"\nport = {port}\nsecurity = "none"\nfrom = "monitor@elsewhere.example"\n'
Json = dict[str, Any]


def measure(folder: Path, say: Callable[[str], None], history: Size = HISTORY, waits: Sequence[int] = OPEN) -> Json:
    """Build a store and act on it with more and more who wait; then remove what is older than half a year."""
    url = f"sqlite:///{folder / 'acting.sqlite'}"
    say(f"a store with {history.waits:,} waits")
    build(url, history, say=lambda _: None)
    with SmtpSink(folder) as sink, closing(open_store(url)) as store:
        path = folder / "acting.toml"
        path.write_text(config(url) + SMTP.format(host=sink.host, port=sink.port))
        settings = load(path)
        rows = []
        for count in waits:
            leave_waiting(url, count)
            say(f"acting on {count:,} who wait")
            rows.append({"open_waits": count, **_acted(store, settings)})
        return {"acting": rows, "purge": _purged(store)}


def _acted(store: Store, settings: Settings) -> Json:
    letters = letters_of(settings)
    now = END + timedelta(hours=3)
    for _ in range(3):  # what is due now leaves with the first ones
        act(store, settings, letters, now)
    seconds, cpu = [], []
    with counting(store.engine) as statements:
        for _ in range(ROUNDS):
            start, used = time.perf_counter(), time.process_time()
            act(store, settings, letters, now)
            seconds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
    return {
        "ms": statistics.median(seconds) * 1000,
        "cpu_ms": statistics.median(cpu) * 1000,
        "statements": statements["statements"] / ROUNDS,
    }


def _purged(store: Store) -> Json:
    start, used = time.perf_counter(), time.process_time()
    removed = purge(store, KEPT, END)
    return {
        "messages": removed.messages,
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - used,
    }
