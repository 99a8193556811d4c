"""Connections that wait for news, at once over TLS to one server: memory and CPU of ours, and how soon one is heard.
Then how soon a reply is in the store of a daemon that watches one mailbox.

Says nothing of the server, which runs as one account here: beyond 128 connections its inotify is used up
(fs.inotify.max_user_instances), and it looks only every half minute.
"""

import argparse
import gc
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from bench.first_look import command
from bench.house import Servers, house, stored
from bench.mails import END
from bench.ways import FIRST, Case
from monitor.inbox.imap import ImapSource, Login
from monitor.jobs.agenda import HINT_SECONDS
from monitor.jobs.hints import Hints
from monitor.service import open_many_files
from monitor.store.mailboxes import watch
from monitor.store.store import Store, open_store
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink

MANY = """
default_process_limit = 2000
default_client_limit = 4000
service imap-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 2000
}
service imap {
  service_count = 0
  client_limit = 2000
  process_limit = 4
}
service anvil {
  client_limit = 8000
}
service auth {
  client_limit = 8000
}
"""
"""A Dovecot that lets in many over few processes, so that its own memory leaves room for what is measured."""
IDLE_ALONE = "imap_capability = IMAP4rev1 UNSELECT IDLE CONDSTORE\n"
SILENT_SECONDS = 20.0
TIMES = 5
SEEN = "info@museum.example"
MAIL = b"From: Ann <ann@people.example>\r\nMessage-ID: <1@people.example>\r\n\r\nHello\r\n"


class Idle(NamedTuple):
    """KB a connection, once it is open and once it waits; CPU in ms a minute of silence; seconds until one is heard."""

    open_kb: float
    waiting_kb: float
    begin_ms: float
    silent_ms: float
    heard_seconds: float


def main(words: list[str]) -> None:
    """Measure and print one line (Markdown)."""
    parser = argparse.ArgumentParser(prog="python -m bench idle", description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=500)
    parser.add_argument("--without-notify", action="store_true", help="a server that offers IDLE alone")
    options = parser.parse_args(words)
    open_many_files()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        extra = MANY + (IDLE_ALONE if options.without_notify else "")
        with Dovecot(folder, max_connections=10_000, extra=extra) as server:
            found = measure(server, folder, options.mailboxes)
    print("| mailboxes | KB open | KB waiting | ms CPU to begin one | ms CPU a silent minute, all | s until heard |")
    print("|---|---|---|---|---|---|")
    print(f"| {options.mailboxes} | " + " | ".join(f"{figure:.2f}" for figure in found) + " |")
    print("\n| a reply is stored, s after it arrived in Sent | median | slowest |\n|---|---|---|")
    for way, extra in (("NOTIFY", ""), ("IDLE alone", IDLE_ALONE)):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            Path(name).chmod(0o711)
            took = stored_after(Path(name), extra)
        print(f"| {way} | {statistics.median(took):.2f} | {max(took):.2f} |")


def measure(server: Dovecot, folder: Path, mailboxes: int) -> Idle:
    """Open them all, let them all wait, be silent, and then speak once."""
    users = [f"m{number}@ours.example" for number in range(mailboxes)]
    server.append(users[-1], "Sent", MAIL, END)
    store = open_store(f"sqlite:///{folder / 'monitor.db'}")
    with ExitStack() as ending:
        ending.callback(store.close)
        for user in users:
            watch(store, user, [("INBOX", "inbox"), ("Sent", "sent")])
        before = resident_kb()
        sources = {user: _source(server, user) for user in users}
        for source in sources.values():
            ending.callback(source.close)
            source.folders()
        opened = resident_kb()
        hints, began = _all_wait(store, sources)
        ending.callback(hints.close)
        waiting = resident_kb()
        silent = cpu_seconds()
        threading.Event().wait(SILENT_SECONDS)
        silent = cpu_seconds() - silent
        asked = time.monotonic()
        server.append(users[-1], "Sent", MAIL, END)
        while users[-1] not in hints.heard() and time.monotonic() - asked < 60:
            threading.Event().wait(0.05)
        return Idle(
            (opened - before) / mailboxes,
            (waiting - before) / mailboxes,
            began * 1000 / mailboxes,
            silent * 1000 * 60 / SILENT_SECONDS,
            time.monotonic() - asked,
        )


def stored_after(folder: Path, extra: str) -> list[float]:
    """Seconds from a mail's arrival in Sent until it is in the store of a daemon (`run`), each of TIMES times; longer
    apart than a hint may follow another. Raises RuntimeError where one is not stored within a minute."""
    with Dovecot(folder, extra=extra) as server, SmtpSink(folder) as sink:
        server.append(SEEN, "Sent", _reply(0), datetime.now(UTC))
        made = house(Servers(server, sink, None, folder), Case(FIRST), [SEEN])
        command(made.config, ["run", "--once"], datetime.now(UTC))  # it makes the store
        with subprocess.Popen(
            [sys.executable, "-m", "monitor", "--config", made.config, "run"], stderr=subprocess.DEVNULL
        ) as daemon:
            try:
                return [_one_stored(server, made.url, number) for number in range(1, TIMES + 1)]
            finally:
                daemon.terminate()


def _one_stored(server: Dovecot, url: str, number: int) -> float:
    threading.Event().wait(HINT_SECONDS + 3)
    server.append(SEEN, "Sent", _reply(number), datetime.now(UTC))
    came = time.monotonic()
    while stored(url) <= number:
        threading.Event().wait(0.02)
        if time.monotonic() - came > 60:
            raise RuntimeError("a reply was not stored within a minute")
    return time.monotonic() - came


def _reply(number: int) -> bytes:
    when = format_datetime(datetime.now(UTC))
    fields = f"From: {SEEN}\r\nTo: Ann <ann@people.example>\r\nDate: {when}\r\n"
    return f"{fields}Message-ID: <reply{number}@museum.example>\r\nSubject: Re: A question\r\n\r\nYes\r\n".encode()


def _all_wait(store: Store, sources: dict[str, ImapSource]) -> tuple[Hints, float]:
    """What listens to all of them, and the CPU seconds until the last one waits."""
    hints, began = Hints(store), cpu_seconds()
    for user, source in sources.items():
        hints.listen(user, source, changed=False)
    ends = time.monotonic() + 60
    while not all(s._waits is not None and s._waits.worked for s in sources.values()):
        if time.monotonic() > ends:
            raise RuntimeError("not all of them could wait")
        threading.Event().wait(0.1)
    return hints, cpu_seconds() - began


def _source(server: Dovecot, user: str) -> ImapSource:
    return ImapSource(Login(server.host, server.tls_port, "tls", user, lambda: server.password, str(server.ca_file)))


def resident_kb() -> int:
    """What of this process is in memory now (proc(5), statm)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def cpu_seconds() -> float:
    """User and system time of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
