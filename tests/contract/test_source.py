"""What every source of mail must keep: the one in memory, IMAP to a real Dovecot, IMAP to the demo's own server.

The same stories are told to all three; below them those that only a connection can tell.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from monitor.demo.imap_server import ImapServer
from monitor.inbox import connection, imap
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import MailSource, SourceError
from tests.contract.twins import DAY, NOON, Twin, header, login_to
from tests.servers.certificate import make_certificate
from tests.servers.dovecot import Dovecot


class TestEverySource:
    def test_it_lists_folders_with_their_marks(self, twin: Twin) -> None:
        folders = {folder.name: folder.attributes for folder in twin.source.folders()}
        assert {"INBOX", "Sent"} <= folders.keys()
        assert "\\sent" in folders["Sent"]
        assert "\\sent" not in folders["INBOX"]

    def test_a_folder_says_how_far_it_has_come(self, twin: Twin) -> None:
        before = twin.source.state("INBOX")
        assert (before.messages, before.uidnext) == (0, 1)
        twin.deliver("INBOX", header(1), NOON)
        twin.deliver("INBOX", header(2), NOON)
        after = twin.source.state("INBOX")
        assert (after.messages, after.uidnext, after.uidvalidity) == (2, 3, before.uidvalidity)
        twin.remove("INBOX", 2)
        last = twin.source.state("INBOX")
        assert (last.messages, last.uidnext) == (1, 3)

    def test_where_changes_are_counted_a_flag_is_one(self, twin: Twin) -> None:
        twin.deliver("INBOX", header(1), NOON)
        before = twin.source.state("INBOX").highestmodseq
        if before is None:
            pytest.skip("this server has no CONDSTORE, so that flags are asked each time")
        assert twin.source.state("INBOX").highestmodseq == before
        twin.flag("INBOX", 1, "\\Answered")
        assert (twin.source.state("INBOX").highestmodseq or 0) > before

    @pytest.mark.parametrize(
        ("first", "since", "found"),
        [
            (1, None, [1, 2, 3, 4, 5]),
            (3, None, [3, 4, 5]),
            (5, None, [5]),
            (6, None, []),
            (1000, None, []),
            (1, NOON + 3 * DAY, [4, 5]),
            (1, NOON + 3 * DAY + timedelta(hours=11), [4, 5]),
            (5, NOON + 3 * DAY, [5]),
            (1, NOON + 9 * DAY, []),
        ],
    )
    def test_uids_are_those_from_a_uid_and_a_day_on(
        self, twin: Twin, first: int, since: datetime | None, found: list[int]
    ) -> None:
        for number in range(5):
            twin.deliver("INBOX", header(number), NOON + number * DAY)
        assert [uid for window in twin.source.uids("INBOX", first, since) for uid in window] == found

    def test_an_empty_folder_has_no_uids(self, twin: Twin) -> None:
        assert [uid for window in twin.source.uids("INBOX", 1, None) for uid in window] == []

    def test_a_mail_comes_with_its_time_its_flags_and_the_wanted_fields(self, twin: Twin) -> None:
        east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        twin.deliver("INBOX", header(1), east, ["\\Seen", "\\Answered", "$Label1"])
        twin.deliver("INBOX", header(2), NOON)
        first, second = sorted(twin.source.mails("INBOX", [1, 2]), key=lambda mail: mail.uid)
        assert (first.uid, first.internaldate, first.size) == (1, NOON, len(header(1)))
        assert first.flags - {"\\Recent"} == {"\\Seen", "\\Answered", "$Label1"}
        assert b"Message-ID: <1@people.example>\r\n" in first.header
        assert b"Subject: Question 2\r\n" in second.header

    def test_mails_that_are_gone_are_left_out(self, twin: Twin) -> None:
        for number in (1, 2, 3):
            twin.deliver("INBOX", header(number), NOON)
        assert [uid for window in twin.source.uids("INBOX", 1, None) for uid in window] == [1, 2, 3]
        twin.remove("INBOX", 2)
        # As every sweep begins: an open folder may go on showing what it had when it was opened (RFC 3501 §7.4.1).
        twin.source.state("INBOX")
        assert {mail.uid for mail in twin.source.mails("INBOX", [1, 2, 3, 77])} == {1, 3}
        assert set(twin.source.flags("INBOX", [1, 2, 3, 77])) == {1, 3}
        assert set(twin.source.whole_headers("INBOX", [1, 2, 3, 77])) == {1, 3}

    def test_flags_are_those_of_now(self, twin: Twin) -> None:
        twin.deliver("INBOX", header(1), NOON)
        twin.deliver("INBOX", header(2), NOON, ["\\Seen"])
        assert {u: f - {"\\Recent"} for u, f in twin.source.flags("INBOX", [1, 2]).items()} == {1: set(), 2: {"\\Seen"}}
        twin.flag("INBOX", 1, "\\Answered")
        assert twin.source.flags("INBOX", [1])[1] - {"\\Recent"} == {"\\Answered"}

    def test_the_whole_header_has_every_field(self, twin: Twin) -> None:
        twin.deliver("INBOX", header(1), NOON)
        assert twin.source.whole_headers("INBOX", [1]) == {1: header(1)}

    def test_a_body_is_never_fetched(self, twin: Twin) -> None:
        twin.deliver("INBOX", header(1) + b"the secret text\r\n", NOON)
        (mail,) = twin.source.mails("INBOX", [1])
        assert b"secret" not in mail.header + twin.source.whole_headers("INBOX", [1])[1]

    def test_looking_changes_nothing(self, twin: Twin) -> None:
        for folder in ("INBOX", "Sent"):
            for number, flags in enumerate([(), ("\\Seen",), ("\\Answered", "\\Flagged", "$Label1")]):
                twin.deliver(folder, header(number), NOON, flags)
        before = [twin.flags("INBOX"), twin.flags("Sent")]
        for folder in ("INBOX", "Sent", "INBOX"):
            twin.source.state(folder)
            uids = [uid for window in twin.source.uids(folder, 1, None) for uid in window]
            twin.source.mails(folder, uids)
            twin.source.whole_headers(folder, uids)
            twin.source.flags(folder, uids)
        twin.source.close()
        assert [twin.flags("INBOX"), twin.flags("Sent")] == before

    @pytest.mark.parametrize(
        "ask",
        [
            lambda source: source.state("Gone"),
            lambda source: list(source.uids("Gone", 1, None)),
            lambda source: source.mails("Gone", [1]),
            lambda source: source.flags("Gone", [1]),
            lambda source: source.whole_headers("Gone", [1]),
        ],
        ids=["state", "uids", "mails", "flags", "whole_headers"],
    )
    def test_a_folder_that_is_not_there_is_named(self, twin: Twin, ask: Callable[[MailSource], object]) -> None:
        with pytest.raises(SourceError, match='there is no folder "Gone"') as told:
            ask(twin.source)
        assert told.value.fault == "folder"
        assert twin.source.state("INBOX").messages == 0, "and the next question is answered"

    def test_after_closing_it_opens_itself_again(self, twin: Twin) -> None:
        twin.deliver("INBOX", header(1), NOON)
        twin.source.close()
        twin.source.close()
        assert [mail.uid for mail in twin.source.mails("INBOX", [1])] == [1]


class TestOnlyOverAConnection:
    def test_a_large_folder_is_searched_in_windows(
        self, dovecot: Dovecot, mailboxes: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imap, "SEARCH_WINDOW", 10)
        user = mailboxes("info")
        dovecot.append_many(user, "INBOX", [(header(n), NOON + n * DAY, ()) for n in range(45)])
        dovecot.delete(user, "INBOX", 12)
        source = ImapSource(login_to(dovecot, user))
        expected = [uid for uid in range(1, 46) if uid != 12]
        windows = list(source.uids("INBOX", 1, None))
        assert [uid for window in windows for uid in window] == expected
        assert max(map(len, windows)) <= 10
        assert [uid for window in source.uids("INBOX", 13, None) for uid in window] == expected[11:]
        assert [uid for window in source.uids("INBOX", 1, NOON + 40 * DAY) for uid in window] == expected[-5:]
        source.close()

    @pytest.mark.parametrize("extra", ["imap_capability = IMAP4rev1", "imap_capability = IMAP4rev1 CONDSTORE"])
    def test_a_server_that_offers_little_is_read_all_the_same(
        self, tmp_path: Any, extra: str, request: pytest.FixtureRequest
    ) -> None:
        request.getfixturevalue("dovecot")  # skips where there is none
        with Dovecot(tmp_path, special_use=False, separator=".", extra=extra) as server:
            server.append("info", "Sent.2026", header(1), NOON)
            source = ImapSource(login_to(server, "info"))
            assert {folder.name for folder in source.folders()} == {"INBOX", "Sent", "Sent.2026"}
            assert (source.state("Sent.2026").messages, source.state("Sent.2026").uidnext) == (1, 2)
            assert len(source.mails("Sent.2026", [1])) == 1
            source.close()

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_tls_works_with_the_authority_it_was_given(
        self, dovecot: Dovecot, mailboxes: Callable[[str], str], security: str
    ) -> None:
        port = dovecot.tls_port if security == "tls" else dovecot.port
        login = login_to(dovecot, mailboxes("info"), port=port, security=security, ca_file=str(dovecot.ca_file))
        source = ImapSource(login)
        assert "INBOX" in {folder.name for folder in source.folders()}
        source.close()

    def test_an_aborted_connection_is_told(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        source = ImapSource(login_to(dovecot, mailboxes("info")))
        source.folders()
        source.abort()
        for _ in range(2):
            told = told_by(source)
            assert (told.fault, "cut while listing folders" in str(told)) == ("unreachable", True)
        source.close()

    def test_a_connection_that_ended_between_two_polls_is_replaced_at_once(self) -> None:
        with ImapServer({"info": "geheim"}) as server:
            source = ImapSource(Login(server.host, server.port, "none", "info", lambda: "geheim"))
            source.folders()
            server.stop()
            server.start()
            assert source.folders()
            server.stop()
            assert fault_of(source) == "unreachable"
            source.close()

    def test_a_connection_that_ends_in_the_middle_is_told_and_the_next_look_goes_on(self) -> None:
        with ImapServer({"info": "geheim"}) as server:
            server.deliver("info", "INBOX", header(1), NOON)
            source = ImapSource(Login(server.host, server.port, "none", "info", lambda: "geheim"))
            assert list(source.uids("INBOX", 1, None)) == [[1]]
            server.stop()
            server.start()
            with pytest.raises(SourceError, match="the connection broke while fetching headers") as told:
                source.mails("INBOX", [1])
            assert told.value.fault == "unreachable"
            assert len(source.mails("INBOX", [1])) == 1
            source.close()


class TestWhatGoesWrongIsToldApart:
    """One line each that says what happened and what to do; never a password."""

    @pytest.mark.parametrize("where", ["dovecot", "demo"])
    def test_a_wrong_password_is_refused(
        self, where: str, request: pytest.FixtureRequest, mailboxes: Callable[[str], str]
    ) -> None:
        user = mailboxes("info")
        with ImapServer({user: "geheim"}) as demo:
            server = request.getfixturevalue("dovecot") if where == "dovecot" else demo
            login = Login(server.host, server.port, "none", user, lambda: "planted-secret")
            with pytest.raises(SourceError, match=rf"the login of {user} was refused .*check `username`") as told:
                ImapSource(login).folders()
        assert told.value.fault == "refused"
        assert "planted-secret" not in str(told.value)

    def test_too_many_connections_are_no_wrong_password(self, tmp_path: Any, request: pytest.FixtureRequest) -> None:
        request.getfixturevalue("dovecot")  # skips where there is none
        with Dovecot(tmp_path, max_connections=1) as server, server.client("info"):
            assert fault_of(ImapSource(login_to(server, "info"))) == "busy"

    def test_a_host_that_nobody_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        told = told_by(ImapSource(Login("imap.nowhere.example", 993, "tls", "info", str)))
        assert told.fault == "unreachable"
        assert "imap.nowhere.example:993: there is no such host" in str(told)

    def test_a_port_where_nobody_answers(self) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
            told = told_by(ImapSource(Login("127.0.0.1", port, "none", "info", str)))
        assert (told.fault, f"127.0.0.1:{port}: nothing answers there" in str(told)) == ("unreachable", True)

    @pytest.mark.parametrize("security", ["none", "tls", "starttls"])
    def test_a_peer_that_accepts_and_stays_silent(self, monkeypatch: pytest.MonkeyPatch, security: Any) -> None:
        monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.2)
        monkeypatch.setattr(connection, "READ_TIMEOUT", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            told = told_by(ImapSource(Login("127.0.0.1", silent.getsockname()[1], security, "info", str)))
        assert (told.fault, "no answer in time" in str(told)) == ("unreachable", True)

    @pytest.mark.parametrize("answers", [0, 1, 2], ids=["before", "after", "long-after"])
    def test_a_peer_that_falls_silent_around_the_login(self, monkeypatch: pytest.MonkeyPatch, answers: int) -> None:
        monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.2)
        monkeypatch.setattr(connection, "READ_TIMEOUT", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as server:
            source = ImapSource(Login("127.0.0.1", server.getsockname()[1], "none", "info", lambda: "geheim"))
            with greeting_from(server, answers=answers):
                told = told_by(source)
        assert (told.fault, "no answer in time" in str(told)) == ("unreachable", True)

    def test_a_peer_that_speaks_no_imap(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            source = ImapSource(Login("127.0.0.1", server.getsockname()[1], "none", "info", str))
            with greeting_from(server, b"220 mail.example ESMTP\r\n" * 20):
                told = told_by(source)
        assert told.fault in ("protocol", "unreachable")

    def test_a_certificate_that_nobody_vouches_for(
        self, dovecot: Dovecot, mailboxes: Callable[[str], str], tmp_path: Any
    ) -> None:
        stranger = str(make_certificate(tmp_path).public)
        for ca_file in (None, stranger):
            login = login_to(dovecot, mailboxes("info"), port=dovecot.tls_port, security="tls", ca_file=ca_file)
            told = told_by(ImapSource(login))
            assert (told.fault, "trust one with ca_file" in str(told)) == ("certificate", True)
        starttls = login_to(dovecot, mailboxes("info"), security="starttls", ca_file=stranger)
        assert fault_of(ImapSource(starttls)) == "certificate"

    def test_a_certificate_for_another_host(
        self, dovecot: Dovecot, mailboxes: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: real(dovecot.host, *rest, **more))
        login = login_to(
            dovecot,
            mailboxes("info"),
            host="imap.elsewhere.example",
            port=dovecot.tls_port,
            security="tls",
            ca_file=str(dovecot.ca_file),
        )
        told = told_by(ImapSource(login))
        assert (told.fault, "imap.elsewhere.example" in str(told)) == ("certificate", True)

    def test_tls_on_a_port_without_it_gets_the_hint(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        told = told_by(ImapSource(login_to(dovecot, mailboxes("info"), security="tls")))
        assert (told.fault, 'is security = "starttls" meant?' in str(told)) == ("unreachable", True)

    def test_in_memory_a_server_can_be_gone_too(self) -> None:
        source = MemorySource(MemoryFolder("INBOX"))
        source.broken = SourceError("unreachable", "the server is gone")
        with pytest.raises(SourceError, match="gone"):
            source.state("INBOX")


@contextmanager
def greeting_from(
    server: socket.socket, said: bytes = b"* OK [CAPABILITY IMAP4rev1] ready\r\n", answers: int = 0
) -> Iterator[None]:
    """Says one thing to whoever comes first, OK to some commands, and then listens in silence until the end."""

    def greet() -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(said)
            for number, line in enumerate(lines):
                if number < answers:
                    connection.sendall(line.split()[0] + b" OK [CAPABILITY IMAP4rev1] done\r\n")

    thread = threading.Thread(target=greet)
    thread.start()
    yield
    thread.join()


def told_by(source: ImapSource) -> SourceError:
    with pytest.raises(SourceError) as told:
        source.folders()
    assert "\n" not in str(told.value)
    return told.value


def fault_of(source: ImapSource) -> str:
    return told_by(source).fault
