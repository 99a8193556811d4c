"""What the packages really do (failures.md §1), and that we do not fall for it."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import select

from monitor import daemon as daemons
from monitor import signals
from monitor.config import load
from monitor.daemon import Daemon
from monitor.inbox import connection as connections
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import SourceError
from monitor.jobs.look import Sweep
from monitor.store.store import Store, inserting, open_store
from monitor.store.tables import learnt
from tests.servers.scripted_imap import OLD, ScriptedImap

NOW = datetime(2024, 11, 12, 10, tzinfo=UTC)
BOUND = 20.0
CONFIG = """
[imap]
host = "127.0.0.1"
port = 1
security = "none"
poll_every = "1s"
password = { env = "UNUSED" }
[[mailbox]]
address = "info@ours.example"
team = "Desk"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
"""


@contextmanager
def silent() -> Iterator[int]:
    """A server that accepts, and says nothing, not even of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_peer_that_accepts_and_stays_silent_is_given_up(
    monkeypatch: pytest.MonkeyPatch, security: Literal["tls", "starttls", "none"]
) -> None:
    monkeypatch.setattr(connections, "CONNECT_TIMEOUT", 0.3)
    monkeypatch.setattr(connections, "READ_TIMEOUT", 0.3)
    with silent() as port:
        source = ImapSource(Login("127.0.0.1", port, security, "info@ours.example", lambda: "geheim"))
        began = time.monotonic()
        with pytest.raises(SourceError) as told:
            source.folders()
        assert time.monotonic() - began < BOUND / 2
    assert (told.value.fault, "no answer in time" in str(told.value)) == ("unreachable", True)


def test_imapclients_debug_log_stays_shut_even_where_the_root_logger_is_open(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedImap(OLD) as server:
        server.deliver(
            "INBOX", b"From: ann@reader.example\r\nSubject: planted words\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"
        )
        source = ImapSource(Login("127.0.0.1", server.port, "none", "info@ours.example", lambda: "planted secret"))
        source.state("INBOX")
        (mail,) = source.mails("INBOX", [1])
        source.close()
    assert b"planted words" in mail.header
    assert "planted" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("imapclient")]


class Rounds:
    """In place of a round's looks: every other one raises. `reached` is set at the tenth."""

    def __init__(self) -> None:
        self.asked = 0
        self.reached = threading.Event()

    def __call__(self, *_: object) -> list[Sweep]:
        self.asked += 1
        if self.asked >= 10:
            self.reached.set()
        if self.asked % 2:
            raise ArithmeticError(f"round {self.asked}")
        return []


@pytest.mark.full
def test_a_round_that_raises_does_not_end_the_heartbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "TICK_SECONDS", 1)
    for only_in_the_main_thread in ("signal", "set_wakeup_fd"):
        monkeypatch.setattr(signals.signal, only_in_the_main_thread, lambda *_, **__: -1)
    (tmp_path / "config.toml").write_text(CONFIG)
    store = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    rounds = Rounds()
    monkeypatch.setattr(daemons.Poller, "poll", rounds)
    settings = load(tmp_path / "config.toml")
    daemon = Daemon(store, settings, lambda: NOW, lambda _mailbox, _count: None, threading.Event())
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        assert rounds.reached.wait(BOUND), f"only {rounds.asked} rounds"
        assert thread.is_alive()
    finally:
        daemon._stop.set()
        thread.join(BOUND)
    assert not thread.is_alive()
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_an_insert_that_may_conflict_did_is_known_from_what_it_returns(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else f"sqlite:///{tmp_path / 'monitor.db'}"
    store: Store = open_store(url)
    row = {"kind": "domain", "value": "ours.example", "times": 1}
    with store.writing() as connection:
        insert = inserting(learnt, connection).on_conflict_do_nothing().returning(learnt.c.value)
        assert connection.execute(insert, [row]).scalars().all() == ["ours.example"]
        assert connection.execute(insert, [row]).scalars().all() == []
        assert connection.execute(select(learnt.c.times)).scalars().all() == [1]
    store.close()


def test_the_program_never_counts_rows_by_rowcount() -> None:
    files = (Path(daemons.__file__).parent).rglob("*.py")
    assert [file.name for file in files if "rowcount" in file.read_text()] == []
