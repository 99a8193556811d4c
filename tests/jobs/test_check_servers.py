"""What `check` says of servers: how many connections one lets in, what it offers, and each way in which it fails."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.inbox import connection
from monitor.inbox.source import Fault
from monitor.jobs import check_servers
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_mailbox import Known
from monitor.jobs.check_servers import Server, namespace_facts, quota_facts, server_facts, visited
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_imap import EXCHANGE, GMAIL, NOTIFYING, OLD, Dialect, ScriptedImap

NOW = datetime(2024, 11, 11, 8, tzinfo=UTC)
Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configured:
    """`configured([port, …], 'lines')`: a mailbox m0@, m1@ … for each port of the loopback."""
    monkeypatch.setenv("X", "correct-horse")

    def of(ports: list[int], lines: str = "", security: str = "none") -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(
            f'[imap]\nhost = "127.0.0.1"\nsecurity = "{security}"\npassword = {{ env = "X" }}\n'
            + "".join(
                f'[[mailbox]]\naddress = "m{n}@ours.example"\nport = {p}\nteam = "Desk"\n' for n, p in enumerate(ports)
            )
            + '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
            + lines
        )
        return load(path)

    return of


def told(settings: Settings) -> tuple[list[Server], list[Fact]]:
    """The servers, and all that is said of them and of their mailboxes, in order; whatever is wrong has a fix."""
    servers = visited(settings, Known(), NOW, make_folders=False)
    facts = [fact for server in servers for fact in server_facts(server, NOW)]
    for visit in (v for server in servers for v in server.visits):
        facts += [*visit.looked.facts, *visit.looked.more]
        facts += [] if visit.ear else [*quota_facts(visit), *namespace_facts(visit)]
    assert all(fact.fix for fact in facts if fact.mark != "ok")
    assert all(fact.fault for fact in facts if fact.mark == "fix")
    return servers, facts


@contextmanager
def peer(greeting: bytes, *, then_silent: bool = True) -> Iterator[int]:
    """A server that says one thing to whoever comes; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    one, _ = listening.accept()
                except OSError:
                    return
                held.append(one)
                one.sendall(greeting)
                if not then_silent:
                    one.close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for each in held:
                each.close()


@pytest.mark.parametrize(
    ("greeting", "silent", "security", "fault", "fix"),
    [
        (
            b"220 mx.ours.example ESMTP Postfix\r\n",
            True,
            "none",
            "protocol",
            "that is an SMTP server, which sends mail",
        ),
        (b"+OK POP3 ready\r\n", True, "none", "protocol", "that is a POP3 server"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", True, "none", "protocol", "that is a web server"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", True, "none", "protocol", "that is an SSH server"),
        (b"* BYE too many connections, try again later\r\n", False, "none", "busy", "again in a few minutes"),
        (b"* OK IMAP4rev1 ready\r\n", True, "tls", "unreachable", 'is security = "starttls" meant?'),
        (b"", True, "none", "unreachable", 'may wait for TLS to begin: IMAP is on port 993 with security = "tls"'),
        (b"", False, "tls", "unreachable", "nc -vz 127.0.0.1"),
    ],
)
def test_what_answers_otherwise_than_it_should_is_told_with_what_to_do(
    configured: Configured,
    monkeypatch: pytest.MonkeyPatch,
    greeting: bytes,
    silent: bool,
    security: str,
    fault: Fault,
    fix: str,
) -> None:
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.5)
    with peer(greeting, then_silent=silent) as port:
        _, facts = told(configured([port], security=security))
    assert [(f.mark, f.fault, "b'" in f.text) for f in facts] == [("fix", fault, False)]
    assert fix in facts[0].fix


def test_one_broken_mailbox_of_ten_hides_none_and_all_come_in_the_order_of_the_config(configured: Configured) -> None:
    with ScriptedImap(EXCHANGE) as server, ScriptedImap(EXCHANGE) as other:
        ports = [server.port, other.port] * 4 + [1, server.port]
        servers, facts = told(configured(ports))
    mailboxes = [f.subject for s in servers for v in s.visits for f in v.looked.facts]
    assert sorted(mailboxes) == [f"m{n}@ours.example" for n in range(10)]
    assert [(s.port, [v.mailbox.address[1] for v in s.visits]) for s in servers] == [
        (server.port, ["0", "2", "4", "6", "9"]),
        (other.port, ["1", "3", "5", "7"]),
        (1, ["8"]),
    ]
    assert [(f.subject, f.fault) for f in facts if f.mark == "fix"] == [("m8@ours.example", "unreachable")]
    assert [f.text for f in facts if "at once" in f.text] == [
        "it lets in 5 connections at once, one for each mailbox",
        "it lets in 4 connections at once, one for each mailbox",
    ]


def test_whom_a_server_turns_away_is_looked_at_again_when_the_others_have_left(configured: Configured) -> None:
    with ScriptedImap(EXCHANGE) as server:
        lock, logged_in = threading.Lock(), [0]

        def twist(command: str, answer: bytes) -> bytes:
            with lock:
                if command.startswith("LOGIN"):
                    if logged_in[0] == 2:
                        tag = answer.split(b" ")[0]
                        return tag + b" NO [LIMIT] Too many simultaneous connections. (Failure)\r\n"
                    logged_in[0] += 1
                elif command == "LOGOUT":
                    logged_in[0] -= 1
            return answer

        server.twist = twist
        servers, facts = told(configured([server.port] * 3))
    assert (servers[0].at_once, {v.looked.error for v in servers[0].visits}) == (2, {None})
    (one,) = [f for f in facts if "stay open" in f.text]
    assert (one.mark, one.text.startswith("it lets in 2 of the 3 connections")) == ("look", True)
    assert "mail_max_userip_connections" in one.fix
    assert "MAXPERIP" in one.fix


def test_what_a_server_offers_is_one_line_and_others_folders_are_named(configured: Configured) -> None:
    with ScriptedImap(replace(GMAIL, refuses=(("GETQUOTAROOT", "NO not today"),))) as server:
        _, facts = told(configured([server.port]))
    (line,) = [f for f in facts if "; offers" in f.text]
    assert line.text.endswith("offers CONDSTORE, LIST-STATUS, SPECIAL-USE, IDLE, X-GM-EXT-1")
    assert [f.mark for f in facts if '"[Gmail]/Alle Nachrichten" holds all mail once more' in f.text] == ["ok"]
    assert {f.mark for f in facts} == {"ok"}, "a quota that is not told is no fault"


@pytest.mark.parametrize(
    ("dialect", "idle", "says"),
    [
        (NOTIFYING, True, "replies and new mail are noticed within seconds, by NOTIFY"),
        (GMAIL, True, "replies are noticed within seconds, by IDLE on a Sent folder; new mail at the next look"),
        (OLD, True, "replies are noticed at the next look: it offers neither NOTIFY nor IDLE"),
        (GMAIL, False, "replies are noticed at the next look, as idle = false asks for"),
    ],
)
def test_how_soon_replies_are_noticed_is_one_line(
    configured: Configured, dialect: Dialect, idle: bool, says: str
) -> None:
    with ScriptedImap(dialect) as server:
        settings = configured([server.port])
        settings = replace(settings, mailboxes=tuple(replace(m, idle=idle) for m in settings.mailboxes))
        _, facts = told(settings)
    assert [(f.mark, f.text) for f in facts if "noticed" in f.text] == [("ok", says)]


def test_that_some_mailboxes_ask_for_no_hints_is_said_too(configured: Configured) -> None:
    with ScriptedImap(NOTIFYING) as server:
        settings = configured([server.port, server.port])
        first, *more = settings.mailboxes
        _, facts = told(replace(settings, mailboxes=(replace(first, idle=False), *more)))
    says = "replies and new mail are noticed within seconds, by NOTIFY, but where idle = false asks for none"
    assert [f.text for f in facts if "noticed" in f.text] == [says]


QUOTA = """
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=100K
}
"""


def test_dovecot_with_a_limit_of_connections_and_a_mailbox_that_is_nearly_full(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two that log in at the same moment are both let in by Dovecot, whatever its limit.
    monkeypatch.setattr(check_servers, "MOST_ON_A_HOST", 1)
    (tmp_path / "server").mkdir()
    with Dovecot(tmp_path / "server", max_connections=1, extra=QUOTA) as dovecot:
        raw = b"From: ann@reader.example\r\nTo: m0@ours.example\r\nMessage-ID: <1@r.example>\r\n\r\n" + b"x" * 95_000
        dovecot.append("m0@ours.example", "INBOX", raw, NOW)
        lines = f'[commands]\naddress = "heard@ours.example"\nport = {dovecot.port}\nusername = "m0@ours.example"\n'
        servers, facts = told(configured([dovecot.port], lines + '[smtp]\nfrom = "heard@ours.example"\n'))
    assert servers[0].at_once == 1
    (crowded,) = [f for f in facts if "stay open" in f.text]
    assert re.search(r"1 of the 2 connections .*mail_max_userip_connections=1", crowded.text)
    assert [(f.subject, f.mark) for f in facts if "commands are heard" in f.text] == [("heard@ours.example", "ok")]
    (full,) = [f for f in facts if "of its quota" in f.text]
    assert (full.mark, full.subject, full.text[:3]) == ("look", "m0@ours.example", "93%")
