"""A day of the daemon with servers of every temper: how often it knocks, and what it makes of what they say."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from monitor import daemon
from monitor.store.mailboxes import views
from monitor.store.shown import trouble_rows
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_imap import EXCHANGE, OLD, Dialect, ScriptedImap
from tests.story.beats import DAY, HOUR, Beats, beating

INFO = "info@ours.example"
MAIL = (
    b"From: Ann <ann@people.example>\r\nMessage-ID: <1@people.example>\r\nDate: Mon, 11 Nov 2024 12:00:00 +0000\r\n\r\n"
)


A_DAY = pytest.param(24, marks=pytest.mark.full)


def that_refuses(dialect: Dialect, *refusals: tuple[str, str]) -> ScriptedImap:
    return ScriptedImap(replace(dialect, refuses=refusals))


def logins(server: ScriptedImap) -> int:
    return sum(command.startswith("LOGIN") for command in server.commands)


def fault(beats: Beats) -> str | None:
    return views(beats.store)[INFO].fault


@contextmanager
def slamming(said: bytes = b"") -> Iterator[tuple[int, list[int]]]:
    """A port where everybody hears this and is hung up on; and how many came."""
    came: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def welcome() -> None:
            with suppress(OSError):
                while True:
                    client, (_, port) = door.accept()
                    came.append(port)
                    with client:
                        client.sendall(said)

        threading.Thread(target=welcome, daemon=True).start()
        yield door.getsockname()[1], came
        door.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("hours", [2, A_DAY])
def test_a_healthy_mailbox_is_logged_in_to_once_a_day(tmp_path: Path, hours: int) -> None:
    with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
        beats.pass_(hours * HOUR)
        assert logins(server) == 1
        assert sum(command.startswith("LIST") for command in server.commands) == 12 * hours


@pytest.mark.parametrize(
    ("hours", "wanted"),
    [(2, [HOUR / 4, HOUR]), pytest.param(72, [HOUR / 4, HOUR, 6 * HOUR, DAY, DAY], marks=pytest.mark.full)],
)
def test_a_wrong_password_is_tried_four_times_a_day(tmp_path: Path, hours: int, wanted: list[float]) -> None:
    refusing = that_refuses(OLD, (r"LOGIN .*", "NO [AUTHENTICATIONFAILED] Authentication failed."))
    with refusing as server, beating(tmp_path, {INFO: server.port}) as beats:
        times = []
        while beats.seconds < hours * HOUR:
            before = logins(server)
            beats.pass_(5)
            times += [beats.seconds] * (logins(server) - before)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps == wanted
        assert fault(beats) == "refused"


@pytest.mark.parametrize(
    "refusal", ["NO [UNAVAILABLE] Temporary authentication failure.", "NO [ALERT] Too many simultaneous connections."]
)
def test_a_server_that_is_busy_trips_no_breaker(tmp_path: Path, refusal: str) -> None:
    with that_refuses(OLD, (r"LOGIN .*", refusal)) as server, beating(tmp_path, {INFO: server.port}) as beats:
        beats.pass_(2 * HOUR)
        assert 8 <= logins(server) <= 10
        assert fault(beats) == "busy"
        server.dialect.refuses = ()
        beats.pass_(HOUR / 2 + 5)
        assert fault(beats) is None
        beats.pass_(HOUR)
        assert logins(server) <= 11


@pytest.mark.parametrize("said", [b"", b"* BYE Too many connections from your address\r\n", b"* OK hello\r\n"])
@pytest.mark.parametrize(("hours", "times"), [(0.01, 1), (0.5, 6), pytest.param(24, 53, marks=pytest.mark.full)])
def test_a_server_that_hangs_up_is_left_alone_for_longer_and_longer(
    tmp_path: Path, said: bytes, hours: float, times: int
) -> None:
    with slamming(said) as (port, came), beating(tmp_path, {INFO: port}) as beats:
        beats.pass_(hours * HOUR)
        assert times <= len(came) <= times + 2
        assert fault(beats) in ("unreachable", "busy")


@pytest.mark.parametrize(("hours", "times"), [(1, 7), pytest.param(24, 53, marks=pytest.mark.full)])
def test_a_server_that_fails_every_look_after_the_login_is_not_hammered(tmp_path: Path, hours: int, times: int) -> None:
    with that_refuses(OLD, (r"STATUS .*", "BAD what?")) as server, beating(tmp_path, {INFO: server.port}) as beats:
        beats.pass_(hours * HOUR)
        assert times <= logins(server) <= times + 2


def test_what_failed_is_tried_again_after_half_a_minute_though_its_interval_is_five(tmp_path: Path) -> None:
    with that_refuses(OLD, (r"LIST .*", "BAD what?")) as server, beating(tmp_path, {INFO: server.port}) as beats:
        beats.pass_(5)
        server.dialect.refuses = ()
        beats.pass_(25)
        assert fault(beats) is not None
        beats.pass_(5)
        assert fault(beats) is None
        assert views(beats.store)[INFO].as_of == beats.now


@pytest.mark.parametrize("word", ["NO", "BAD"])
def test_a_server_that_throttles_is_left_alone_for_as_long_as_it_asks_and_loses_no_mail(
    tmp_path: Path, word: str
) -> None:
    refusal = f"{word} Request is throttled. Suggested Backoff Time: 299910 milliseconds"
    with that_refuses(EXCHANGE, (r"UID FETCH .*", refusal)) as server, beating(tmp_path, {INFO: server.port}) as beats:
        server.deliver("INBOX", MAIL)
        beats.pass_(5)
        asked = len(server.commands)
        beats.pass_(295)
        assert (fault(beats), len(server.commands), trouble_rows(beats.store)) == ("busy", asked, [])
        server.dialect.refuses = ()
        beats.pass_(10)
        assert fault(beats) is None
        assert sum(command.startswith("UID FETCH") for command in server.commands) == 2


def test_a_report_falls_due_though_no_mailbox_answers_for_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted: list[float] = []
    real = daemon.act
    with that_refuses(OLD, (r"LOGIN .*", "NO no")) as server, beating(tmp_path, {INFO: server.port}) as beats:

        def counted(*words: object, **more: object) -> object:
            acted.append(beats.seconds)
            return real(*words, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(daemon, "act", counted)
        beats.pass_(HOUR)
    assert len(acted) > 5
    assert max(later - earlier for earlier, later in pairwise(acted)) <= 305


class TestAgainstDovecot:
    """The real server, ended, started again, and told to let in only one."""

    def test_killed_between_two_looks_it_is_seen_again_at_the_next_over_a_new_connection(
        self, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        request.getfixturevalue("dovecot")  # skips where there is none
        with Dovecot(tmp_path) as server, beating(tmp_path, {INFO: server.port}, password=server.password) as beats:
            beats.pass_(5)
            assert fault(beats) is None
            server.kill()
            server.start()
            beats.pass_(300)
            assert (fault(beats), views(beats.store)[INFO].as_of) == (None, beats.now)
            server.kill()
            beats.pass_(300)
            assert fault(beats) == "unreachable"
            server.start()
            beats.pass_(240)
            assert fault(beats) is None
            assert server.log.read_text().count("imap-login: Info: Login:") <= 3

    @pytest.mark.parametrize(("hours", "lines"), [(1, 2), pytest.param(24, 4, marks=pytest.mark.full)])
    def test_a_wrong_password_leaves_four_lines_in_its_log_for_a_day(
        self, tmp_path: Path, request: pytest.FixtureRequest, hours: int, lines: int
    ) -> None:
        request.getfixturevalue("dovecot")
        with Dovecot(tmp_path) as server, beating(tmp_path, {INFO: server.port}, password="wrong") as beats:
            beats.pass_(hours * HOUR)
            assert len(re.findall(r"imap-login: Info: .*auth failed", server.log.read_text())) == lines
            (tmp_path / "password").write_text(server.password)
            beats.reload_asked.set()
            beats.pass_(5)
            assert fault(beats) is None, "a reload resets the breaker"

    def test_where_one_connection_a_user_is_allowed_two_mailboxes_of_one_login_take_turns(
        self, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        request.getfixturevalue("dovecot")
        both = {INFO: 0, "ops@ours.example": 0}
        with Dovecot(tmp_path, max_connections=1) as server:
            ports = dict.fromkeys(both, server.port)
            with beating(tmp_path, ports, 'username = "shared"', server.password) as beats:
                beats.pass_(HOUR)
                for view in views(beats.store).values():
                    assert view.as_of is not None
                    assert (beats.now - view.as_of).total_seconds() <= 600


class TestTheClockJumps:
    """Suspend, or a clock that was set: everything is looked at again, and no interval is longer for it."""

    @pytest.mark.parametrize("jump", [24.0, 3.0, 0.2, -0.2, -3.0])
    def test_every_mailbox_is_looked_at_at_once_over_a_new_connection(self, tmp_path: Path, jump: float) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(60)
            beats.wall += timedelta(hours=jump)
            beats.pass_(5)
            assert logins(server) == 2
            assert sum("the clock jumped" in line for line in beats.said) == 1
            beats.pass_(295)
            assert sum(command.startswith("LIST") for command in server.commands) == 2
            beats.pass_(10)
            assert sum(command.startswith("LIST") for command in server.commands) == 3

    def test_a_clock_that_is_only_corrected_is_no_jump(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            for minutes in (9, -9, 5):
                beats.pass_(60)
                beats.wall += timedelta(minutes=minutes)
            beats.pass_(60)
            assert (logins(server), sum(command.startswith("LIST") for command in server.commands)) == (1, 1)

    def test_a_clock_that_jumps_every_minute_does_not_lock_an_account(self, tmp_path: Path) -> None:
        refusing = that_refuses(OLD, (r"LOGIN .*", "NO [AUTHENTICATIONFAILED] Authentication failed."))
        with refusing as server, beating(tmp_path, {INFO: server.port}) as beats:
            for _ in range(60):
                beats.wall += timedelta(hours=1)
                beats.pass_(60)
            assert logins(server) <= 2
