"""A year of looks leaks nothing: no memory, files, threads or logins, also where every fiftieth look fails.

The daemon's own parts (connections, poller, sweeps, letters) work on a real IMAP connection to a server of ours that
answers fast, with a clock that the test turns.
"""

import gc
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import event

from monitor.config import Settings, load
from monitor.jobs.connections import Connections
from monitor.jobs.poller import Poller
from monitor.jobs.round import Round, act
from monitor.outbox.letters import Letters
from monitor.store.outbox import counts
from monitor.store.store import Store
from tests.servers.scripted_imap import Dialect, ScriptedImap
from tests.servers.smtp_sink import SmtpSink

START = datetime(2024, 1, 8, 8, tzinfo=UTC)
"""A Monday."""
DAY, WEEK = timedelta(days=1), timedelta(days=7)
QUIET = Dialect(
    greeting="OK IMAP ready",
    capability="IMAP4rev1 ENABLE CONDSTORE SPECIAL-USE",
    folders=(("\\HasNoChildren", "INBOX"), ("\\HasNoChildren \\Sent", "Sent")),
    status=("MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"),
)
AWAY_EVERY, REFUSED_EVERY = 50, 75
WARM = 60
"""Looks until everything is loaded that is loaded once."""
PAGE = os.sysconf("SC_PAGE_SIZE")

CONFIG = """
operator = "it@operator.example"
[imap]
host = "127.0.0.1"
port = {port}
security = "none"
poll_every = "1h"
password = {{ file = "{folder}/password" }}
[[mailbox]]
address = "info@ours.example"
team = "Desk"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
[report]
on = "mon 07:00"
to = ["board@leaders.example"]
[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
from = "monitor@ours.example"
[store]
url = "sqlite:///{folder}/monitor.db"
"""


class Load(NamedTuple):
    """What a process holds."""

    kilobytes: int
    files: int
    threads: int
    database: int


def load_now(folder: Path) -> Load:
    """Of this process, once what can be collected was."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE // 1024
    database = (folder / "monitor.db").stat().st_size  # its log beside it is of 4 MB, and used again and again
    return Load(resident, len(os.listdir("/proc/self/fd")), threading.active_count(), database)


def mail(number: int, sender: str, to: str, when: datetime, answers: str = "") -> bytes:
    chain = f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else ""
    return (
        f"From: {sender}\r\nTo: {to}\r\nDate: {when:%d %b %Y %H:%M:%S} +0000\r\n"
        f"Message-ID: <{number}@{sender.partition('@')[2]}>\r\n{chain}Subject: Hours {number}\r\n\r\nHello\r\n"
    ).encode()


class Year:
    """Looks, with the clock between them; some of them fail."""

    def __init__(self, folder: Path, store: Store, server: ScriptedImap, sink: SmtpSink) -> None:
        (folder / "password").write_text("geheim")
        (folder / "config.toml").write_text(CONFIG.format(port=server.port, smtp=sink.port, folder=folder))
        self.folder, self.store, self.server = folder, store, server
        self.settings: Settings = load(folder / "config.toml")
        self.letters = Letters(self.settings.templates_dir)
        self.connections = Connections()
        self.poller = Poller(store, self.settings, self.connections.of)
        self.now = START
        self.failed = self.looks = self.logins = 0

    def look(self, stride: timedelta) -> Round:
        """The next one, with everything that follows from it."""
        self.looks += 1
        self.now += stride
        away, refused = self.looks % AWAY_EVERY == 0, self.looks % REFUSED_EVERY == 0
        self.server.dialect.refuses = ((r"STATUS .*", "NO [UNAVAILABLE] later"),) if refused else ()
        self.server.deaf = away
        sweeps = self.poller.poll(self.settings.mailboxes, self.now)
        self.failed += sum(sweep.fault is not None for sweep in sweeps)
        assert (sweeps[0].fault is not None) == (away or refused), sweeps
        self.logins += sum(command.startswith("LOGIN") for command in self.server.commands)
        self.server.commands.clear()
        return act(self.store, self.settings, self.letters, self.now)

    def close(self) -> None:
        self.poller.close()
        self.connections.close()


def without_waiting_for_the_disk(store: Store) -> None:
    """A year of commits would take hours of waiting, and a power cut is not what is tried here."""
    event.listen(store.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF").close())
    store.engine.dispose()


def ticks(folder: Path, store: Store, sink: SmtpSink, length: timedelta, stride: timedelta) -> None:
    without_waiting_for_the_disk(store)
    with ScriptedImap(QUIET) as server:
        server.deliver("Sent", mail(1, "info@ours.example", "ann@reader.example", START - DAY))
        server.deliver("INBOX", mail(2, "ann@reader.example", "info@ours.example", START))
        year = Year(folder, store, server, sink)
        for _ in range(WARM):
            year.look(stride)
        server.deliver("Sent", mail(3, "info@ours.example", "ann@reader.example", year.now, "<2@reader.example>"))
        year.look(stride)
        before, letters, began = load_now(folder), len(sink.letters), year.now
        middle = before
        while year.now < began + length:
            year.look(stride)
            if year.now < began + length / 2:
                middle = load_now(folder) if year.looks % 1000 == 0 else middle
        after = load_now(folder)
        year.close()
    weeks = (year.now.date() - began.date()).days // 7 + 1
    print(f"{year.looks} looks, {year.failed} failed, {year.logins} logins, {len(sink.letters)} letters")
    print(f"{before}\n{middle}\n{after}")
    assert after.files <= before.files + 2
    assert after.threads <= before.threads + 1
    assert after.kilobytes - before.kilobytes < 12_000
    assert year.logins <= year.failed + 1, "one connection until it fails"
    assert len(sink.letters) - letters <= weeks, "a report a week, and nothing else"
    assert after.database - before.database < 40_000 * weeks
    assert counts(store, year.now - WEEK)["pending"] == 0


def test_hours_of_looks_leave_no_trace(tmp_path: Path, store: Store, smtp_sink: SmtpSink) -> None:
    ticks(tmp_path, store, smtp_sink, DAY / 4, timedelta(minutes=5))


@pytest.mark.full
def test_a_year_of_looks_leaves_no_trace(tmp_path: Path, store: Store, smtp_sink: SmtpSink) -> None:
    ticks(tmp_path, store, smtp_sink, 365 * DAY, timedelta(minutes=60))
