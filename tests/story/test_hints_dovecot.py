"""Near-instant: what a real server says between two looks brings the next one forward, and nothing else changes."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.jobs.agenda import HINT_SECONDS
from monitor.store.mailboxes import views
from monitor.store.stories import all_stories
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_imap import EXCHANGE, NOTIFYING, Dialect, ScriptedImap
from tests.story.beats import START, Beats, beating

INFO = "info@ours.example"
OFTEN = 'poll_every = "10s"'
NO_NOTIFY = "imap_capability = IMAP4rev1 LITERAL+ UIDPLUS UNSELECT IDLE CONDSTORE SPECIAL-USE NAMESPACE"
"""A server with IDLE alone."""


def mail(sender: str, to: str, name: str, answers: str = "") -> bytes:
    """One mail of that id."""
    re = f"In-Reply-To: <{answers}@people.example>\r\nReferences: <{answers}@people.example>\r\n" if answers else ""
    date = START.strftime("%a, %d %b %Y %H:%M:%S +0000")
    fields = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: A question\r\nMessage-ID: <{name}@people.example>\r\nDate: {date}\r\n"
    )
    return f"{fields}{re}\r\nHello\r\n".encode()


def comes(what: Callable[[], object]) -> bool:
    """Whether something comes to be within ten seconds: hints come over a real connection, in another thread."""
    pause = threading.Event()
    return any(what() or pause.wait(0.02) for _ in range(500))


def waits(beats: Beats) -> list[bool]:
    """Of each wait that is known, whether it has ended."""
    return [wait.answer is not None for story in all_stories(beats.store) for wait in story.waits]


def a_reply_is_seen_at_once(folder: Path, server: Dovecot, info: str) -> None:
    """Ann asks; what answers her is seen long before the next poll, and the next one after that."""
    server.append(info, "INBOX", mail("Ann <ann@people.example>", info, "1"), START)
    with beating(folder, {info: server.port}, password=server.password) as beats:
        beats.pass_(5)
        assert waits(beats) == [False]
        assert not beats.daemon._is_urgent()
        for name in ("2", "3"):
            beats.seconds += HINT_SECONDS
            server.append(info, "Sent", mail(info, "ann@people.example", name, answers="1"), START)
            assert comes(beats.daemon._is_urgent)
            beats.daemon.tick()
            assert waits(beats) == [True]
        assert beats.seconds < 60, "the poll is due every five minutes"


def test_a_reply_is_seen_within_seconds_by_notify(
    tmp_path: Path, dovecot: Dovecot, mailboxes: Callable[[str], str]
) -> None:
    a_reply_is_seen_at_once(tmp_path, dovecot, mailboxes("info"))


def test_a_reply_is_seen_within_seconds_by_idle(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("dovecot")  # skips where there is none
    with Dovecot(tmp_path, extra=NO_NOTIFY) as server:
        a_reply_is_seen_at_once(tmp_path, server, "info@ours.example")


def logins(server: ScriptedImap) -> int:
    return sum(command.startswith("LOGIN") for command in server.commands)


NEWS = {"IDLE": b"* %d EXISTS\r\n", "NOTIFY": b'* STATUS "Sent Items" (MESSAGES 1 UIDNEXT %d)\r\n'}


@pytest.mark.parametrize(("dialect", "way"), [(EXCHANGE, "IDLE"), (NOTIFYING, "NOTIFY")])
def test_a_server_that_always_has_news_is_looked_at_ever_more_seldom(
    tmp_path: Path, dialect: Dialect, way: str
) -> None:
    with ScriptedImap(dialect) as server, beating(tmp_path, {INFO: server.port}) as beats:
        beats.pass_(5)
        for number in range(1, 50):
            server.await_waiting()
            server.push(NEWS[way] % (number + 1))
            assert comes(lambda: beats.daemon._hints._spoken or beats.daemon._agenda._hinted)
            beats.pass_(5)
        assert server.commands.count('LIST "" "*"') == 6, "5, 10, 20, 40, 80 seconds apart, and then at the poll"
        assert logins(server) == 1


def test_a_server_that_ends_while_it_is_listened_to_is_no_fault(tmp_path: Path) -> None:
    with ScriptedImap(EXCHANGE) as server, beating(tmp_path, {INFO: server.port}, OFTEN) as beats:
        beats.pass_(5)
        server.await_waiting()
        server.push(b"* BYE Session invalidated - AccessTokenExpired\r\n")
        beats.pass_(10)
        assert logins(server) == 2
        assert views(beats.store)[INFO].as_of == beats.now
        assert not [line for line in beats.said if "look failed" in line or "unexpected" in line]


def test_where_the_config_says_so_nothing_waits(tmp_path: Path) -> None:
    with ScriptedImap(EXCHANGE) as server, beating(tmp_path, {INFO: server.port}, f"{OFTEN}\nidle = false") as beats:
        beats.pass_(20)
        assert server.commands.count('LIST "" "*"') == 2
        assert "IDLE" not in server.commands


def test_after_a_reload_the_connection_is_kept_and_listened_to(tmp_path: Path) -> None:
    with ScriptedImap(EXCHANGE) as server, beating(tmp_path, {INFO: server.port}, OFTEN) as beats:
        beats.pass_(5)
        server.await_waiting()
        beats.reload_asked.set()
        beats.pass_(10)
        server.await_command("DONE")
        server.await_waiting()
        assert (server.commands.count("IDLE"), logins(server)) == (2, 1)


def test_a_clock_that_jumps_cuts_what_waits(tmp_path: Path) -> None:
    with ScriptedImap(EXCHANGE) as server, beating(tmp_path, {INFO: server.port}) as beats:
        beats.pass_(5)
        server.await_waiting()
        beats.wall += timedelta(hours=1)
        beats.pass_(5)
        assert logins(server) == 2
        assert views(beats.store)[INFO].as_of == beats.now
