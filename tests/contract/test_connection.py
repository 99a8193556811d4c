"""One connection against servers that die, drip or fall silent: it ends, is told, and is never used again."""

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.core.tls_line import tls_context
from monitor.inbox import connection
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import SourceError
from tests.servers.dovecot import Dovecot

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)
MAIL = b"From: Ann <ann@people.example>\r\nMessage-ID: <1@people.example>\r\n\r\nHello\r\n"
GREETING = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"


def told_by(question: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as told:
        question()
    return told.value


def source_at(port: int, security: str = "none", password: str = "geheim") -> ImapSource:
    return ImapSource(Login("127.0.0.1", port, security, "info", lambda: password))  # type: ignore[arg-type]


@contextmanager
def dripping(said: bytes, then: bytes) -> Iterator[tuple[int, threading.Event]]:
    """Says one thing, and then another one a byte at a time for ever; the event: it has begun to drip."""
    over, begun = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:

        def drip() -> None:
            with suppress(OSError):
                client, _ = door.accept()
                with client:
                    client.sendall(said)
                    while not over.wait(0.01):
                        client.sendall(then)
                        begun.set()

        thread = threading.Thread(target=drip)
        thread.start()
        yield door.getsockname()[1], begun
        over.set()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("security", "said", "then"),
    [
        ("none", b"", b"x"),
        ("none", GREETING, b"x"),
        ("tls", b"", b"\x16"),
        ("tls", b"\x16\x03\x03\x3f\xff", b"x"),
        ("starttls", GREETING, b"x"),
    ],
    ids=["greeting", "login", "tls-nonsense", "tls-hello", "starttls"],
)
def test_who_drips_is_cut_at_once_wherever_the_connection_stands(security: str, said: bytes, then: bytes) -> None:
    with dripping(said, then) as (port, begun):
        source = source_at(port, security)
        cutter = threading.Thread(target=lambda: begun.wait(10) and source.abort())
        cutter.start()
        before = time.monotonic()
        told = told_by(source.folders)
        cutter.join()
        assert time.monotonic() - before < 5
        assert told.fault == "unreachable"
        again = told_by(source.folders)
        assert "cut while listing folders" in str(again), "one that was cut does not connect again"


def test_a_peer_that_is_silent_after_the_tls_hello(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.2)
    with dripping(b"\x16\x03\x03\x3f\xff", b"") as (port, _):
        told = told_by(source_at(port, "tls").folders)
    assert (told.fault, "no answer in time" in str(told)) == ("unreachable", True)


def test_a_line_that_is_reset_before_tls_begins_is_closed_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        line = socket.create_connection(door.getsockname())
        peer, _ = door.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        select.select([line], [], [], 5)
        number = line.fileno()
        with pytest.raises(ConnectionResetError) as told:
            tls_context(None).wrap_socket(line, server_hostname="localhost")
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)
        assert "before TLS began" in str(told.value), "and is kept until here"


class TestAgainstDovecot:
    """The real server."""

    def test_the_system_watches_a_line_that_idles(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        source = ImapSource(Login(dovecot.host, dovecot.port, "none", mailboxes("info"), lambda: dovecot.password))
        source.folders()
        assert source._client is not None
        line = source._client.socket()
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        assert line.gettimeout() == connection.READ_TIMEOUT
        source.close()

    @pytest.mark.parametrize("way", ["kill", "stop"])
    def test_ended_in_the_middle_it_is_told_and_the_next_question_opens_a_new_connection(
        self, tmp_path: Path, request: pytest.FixtureRequest, way: str
    ) -> None:
        request.getfixturevalue("dovecot")  # skips where there is none
        with Dovecot(tmp_path) as server:
            server.append("info", "INBOX", MAIL, NOON)
            source = source_at(server.port, password=server.password)
            assert list(source.uids("INBOX", 1, None)) == [[1]]
            getattr(server, way)()
            assert told_by(lambda: source.mails("INBOX", [1])).fault == "unreachable"
            assert "nothing answers there" in str(told_by(lambda: source.mails("INBOX", [1])))
            server.start()
            assert [mail.uid for mail in source.mails("INBOX", [1])] == [1]
            source.close()

    def test_many_connections_leave_no_file_open(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        user = mailboxes("info")
        login = Login(dovecot.host, dovecot.tls_port, "tls", user, lambda: dovecot.password, str(dovecot.ca_file))
        wrong = Login(dovecot.host, dovecot.port, "none", user, lambda: "wrong")
        ImapSource(login).close()
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(10):
            source = ImapSource(login)
            source.folders()
            source.close()
            told_by(ImapSource(wrong).folders)
            cut = ImapSource(login)
            cut.folders()
            cut.abort()
            told_by(cut.folders)
        assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_goodbye_that_drips_for_ever_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "GOODBYE_TIMEOUT", 0.3)
    over = threading.Event()

    def converse() -> None:
        with suppress(OSError):
            client, _ = door.accept()
            with client, client.makefile("rb") as lines:
                client.sendall(GREETING)
                for line in lines:
                    tag, word, *_ = line.split()
                    ends = time.monotonic() + (8 if word == b"LOGOUT" else 0)
                    while time.monotonic() < ends and not over.wait(0.02):
                        client.sendall(b"* OK one moment\r\n")
                    if word == b"CAPABILITY":
                        client.sendall(b"* CAPABILITY IMAP4rev1\r\n")
                    client.sendall(tag + b" OK done\r\n")

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=converse)
        thread.start()
        source = source_at(door.getsockname()[1])
        source.folders()
        began = time.monotonic()
        source.close()
        took = time.monotonic() - began
        over.set()
        thread.join()
    assert took < 4
