"""The quiet round: a sweep of a mailbox in which nothing has changed, on a connection that stays open."""

import contextlib
import itertools
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.counting_proxy import CountingProxy
from bench.first_look import store_file
from bench.floor import Line
from bench.mails import END
from monitor.config import MailboxSettings, load
from monitor.inbox.imap import ImapSource, Login
from monitor.jobs.poll import sweep
from monitor.store.store import open_store
from tests.servers.dovecot import Dovecot

ROUNDS = 200


class Quiet(NamedTuple):
    """Medians of 200 rounds of one mailbox; `server_ms` is what the server alone takes to tell the same."""

    ms: float
    server_ms: float
    ms_per_folder: float
    bytes_per_folder: float


def quiet_round(server: Dovecot, config: Path) -> Quiet:
    """Sweep again and again with the store that the first look left: first for the time, then for the bytes."""
    settings = load(config)
    mailbox = settings.mailboxes[0]
    names = _watched(store_file(config.parent))
    store = open_store(settings.store_url)
    house = settings.house(store.letter_key)

    def look(source: ImapSource) -> None:
        seen = sweep(store, source, mailbox, house, END)
        if seen.fault or seen.taken_in:
            raise RuntimeError(f"that was no quiet round: {seen}")

    try:
        seconds = _rounds(_source(mailbox, server.port), look, time.perf_counter)
        with CountingProxy(server.host, server.port) as proxy:
            size = _rounds(_source(mailbox, proxy.port), look, lambda: proxy.bytes)
    finally:
        store.close()
    alone = _server_alone(server, mailbox.username, names)
    return Quiet(seconds * 1000, alone * 1000, seconds * 1000 / len(names), size / len(names))


def _rounds(source: ImapSource, look: Callable[[ImapSource], None], measure: Callable[[], float]) -> float:
    """By how much the measure grows in a round, after one that connects."""
    try:
        look(source)
        marks = [measure()]
        for _ in range(ROUNDS):
            look(source)
            marks.append(measure())
    finally:
        source.close()
    return _step(marks)


def _server_alone(server: Dovecot, user: str, folders: list[str]) -> float:
    """Seconds for one STATUS after the other, read off the socket."""
    with Line(server.host, server.port) as line:
        line.ask(f'LOGIN "{user}" "{server.password}"')
        marks = [time.perf_counter()]
        for _ in range(ROUNDS):
            for folder in folders:
                line.ask(f'STATUS "{folder}" (UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)')
            marks.append(time.perf_counter())
    return _step(marks)


def _step(marks: list[float]) -> float:
    return statistics.median(after - before for before, after in itertools.pairwise(marks))


def _source(mailbox: MailboxSettings, port: int) -> ImapSource:
    return ImapSource(Login(mailbox.host, port, "none", mailbox.username, mailbox.password))


def _watched(store: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(store)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM folders WHERE watched")]
