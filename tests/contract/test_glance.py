"""A glance at mailboxes on real and odd servers: what it tells, what it costs, and who may hold it up."""

import select
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient

from bench.counting_proxy import CountingProxy
from monitor.inbox.glance_lines import Glance, marks_only
from monitor.inbox.glances import PATIENCE, Asking, glances
from monitor.inbox.glancing import Missed
from monitor.inbox.imap import ImapSource, Login
from tests.contract.twins import header, login_to
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_imap import EXCHANGE, ScriptedImap

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)
ODD_NAMES = ("Entwürfe & mehr", 'a "b"')


def asking(source: ImapSource, *watched: str, host: str = "imap.ours.example", address: str = "info") -> Asking:
    return Asking(address, host, source, watched)


def all_told(wanted: Sequence[Asking], patience: float = PATIENCE) -> dict[str, Glance | Missed]:
    with glances(wanted, patience) as answers:
        return dict(answers)


def glance_at(source: ImapSource, *watched: str) -> Glance:
    told = all_told([asking(source, *watched)])["info"]
    assert isinstance(told, Glance)
    return told


def as_looks_see_it(source: ImapSource, *watched: str) -> Glance:
    folders = marks_only(source.folders())
    return Glance(folders, {name: source.state(name) for name in watched or [folder.name for folder in folders]})


@pytest.fixture
def account(dovecot: Dovecot, mailboxes: Callable[[str], str]) -> str:
    """INBOX, Drafts, Junk, Sent and Trash."""
    user = mailboxes("info")
    dovecot.append(user, "INBOX", header(1), NOON)
    return user


class TestOnDovecot:
    """LIST-STATUS."""

    def test_one_round_trip_of_700_bytes_tells_what_looks_at_all_folders_tell(
        self, dovecot: Dovecot, account: str
    ) -> None:
        with CountingProxy(dovecot.host, dovecot.port) as proxy:
            source = ImapSource(login_to(dovecot, account, port=proxy.port))
            seen = as_looks_see_it(source)
            assert len(seen.folders) == 5
            proxy.taken()
            told = glance_at(source, "INBOX", "Sent")
            (trip,) = proxy.taken()
            assert trip.octets <= 700
            of_these = {name: seen.states[name] for name in ("INBOX", "Sent")}
            assert (told.states, {*told.folders}) == (of_these, {*seen.folders})
            source.close()

    def test_new_mail_in_the_folder_that_was_open_is_seen(self, dovecot: Dovecot, account: str) -> None:
        source = ImapSource(login_to(dovecot, account))
        source.folders()
        before = source.state("INBOX").uidnext
        assert len(source.mails("INBOX", [1])) == 1, "it is open now"
        dovecot.append(account, "INBOX", header(2), NOON)
        assert before is not None
        assert glance_at(source, "INBOX").states["INBOX"].uidnext == before + 1
        assert [mail.uid for mail in source.mails("INBOX", [1, 2])] == [1, 2], "and the connection goes on"
        source.close()

    def test_an_answer_as_before_is_read_once_and_another_one_anew(self, dovecot: Dovecot, account: str) -> None:
        source = ImapSource(login_to(dovecot, account))
        source.folders()
        first = glance_at(source, "INBOX")
        assert glance_at(source, "INBOX") is first
        dovecot.append(account, "INBOX", header(2), NOON)
        assert glance_at(source, "INBOX").states["INBOX"].messages == 2
        source.close()

    @pytest.mark.parametrize("offered", [["NOTIFY"], ["IDLE"]])
    def test_a_connection_that_waits_for_news_is_glanced_at_at_once_and_goes_on(
        self, dovecot: Dovecot, account: str, offered: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        has = IMAPClient.has_capability
        refused = {"NOTIFY", "IDLE"} - set(offered)
        monkeypatch.setattr(IMAPClient, "has_capability", lambda c, word: word not in refused and has(c, word))
        source = ImapSource(login_to(dovecot, account))
        source.folders()
        before = source.state("INBOX").uidnext
        assert before is not None
        for number in (2, 3):
            spell = source.begin_hints(["INBOX"])
            assert spell is not None
            while not spell.worked:
                select.select([spell], [], [], 5)
                assert spell.hear() != "over"
            dovecot.append(account, "INBOX", header(number), NOON)
            assert glance_at(source, "INBOX").states["INBOX"].uidnext == before + number - 1
            assert spell.hear() == "over", "it has ended"
        assert [mail.uid for mail in source.mails("INBOX", [1, 2, 3])] == [1, 2, 3]
        source.close()

    def test_over_tls(self, dovecot: Dovecot, account: str) -> None:
        secure = {"port": dovecot.tls_port, "security": "tls", "ca_file": str(dovecot.ca_file)}
        source = ImapSource(login_to(dovecot, account, **secure))
        seen = as_looks_see_it(source, "INBOX", "Sent")
        assert glance_at(source, "INBOX", "Sent").states.items() >= seen.states.items()
        source.close()

    @pytest.mark.parametrize("most", [3, 2])
    def test_where_there_are_many_folders_only_those_watched_are_asked(
        self, dovecot: Dovecot, account: str, monkeypatch: pytest.MonkeyPatch, most: int
    ) -> None:
        monkeypatch.setattr("monitor.inbox.commands.MOST_LISTED", most)
        with dovecot.client(account) as client:
            for name in ODD_NAMES:
                client.create_folder(name)
        source = ImapSource(login_to(dovecot, account))
        seen = as_looks_see_it(source, "INBOX", *ODD_NAMES)
        told = glance_at(source, *seen.states)
        assert ({*told.folders}, len(told.states)) == ({*seen.folders}, 7 if most == 3 else 3)
        assert told.states.items() >= seen.states.items()
        source.close()

    def test_a_connection_that_was_cut_or_never_opened_is_not_asked(self, dovecot: Dovecot, account: str) -> None:
        source = ImapSource(login_to(dovecot, account))
        assert all_told([asking(source)]) == {}
        source.folders()
        source.abort()
        assert all_told([asking(source)]) == {}
        source.close()


def scripted(server: ScriptedImap) -> ImapSource:
    source = ImapSource(Login(server.host, server.port, "none", "info", lambda: "geheim"))
    source.folders()
    return source


def test_without_list_status_all_is_asked_in_one_breath() -> None:
    with ScriptedImap(EXCHANGE) as server:
        server.deliver("INBOX", header(1))
        source = scripted(server)
        source.mails("INBOX", [1])
        seen = as_looks_see_it(source, "INBOX", "Sent Items")
        source.mails("INBOX", [1])
        server.commands.clear()
        assert glance_at(source, "INBOX", "Sent Items") == seen
        items = "(UIDVALIDITY UIDNEXT MESSAGES)"
        asked = ["UNSELECT", 'LIST "" "*"', f'STATUS "INBOX" {items}', f'STATUS "Sent Items" {items}']
        assert server.commands == asked
        source.close()


def test_a_folder_that_is_gone_leaves_it_to_a_look_over_the_same_connection() -> None:
    with ScriptedImap(replace(EXCHANGE, refuses=((r'STATUS "Sent Items".*', "NO no such folder"),))) as server:
        source = scripted(server)
        assert all_told([asking(source, "INBOX", "Sent Items")]) == {"info": "odd"}
        server.commands.clear()
        source.folders()
        assert server.commands == ['LIST "" "*"'], "no login"
        source.close()


def silent(_command: str, _answer: bytes) -> bytes:
    return b""


def half(_command: str, answer: bytes) -> bytes:
    return answer[:20]


def goodbye(_command: str, _answer: bytes) -> bytes:
    return b"* BYE the session ends\r\n"


@pytest.mark.parametrize(("twist", "told"), [(silent, "odd"), (half, "odd"), (goodbye, "ended")])
def test_who_does_not_answer_holds_up_nobody_and_is_reached_anew(
    twist: Callable[[str, bytes], bytes], told: str
) -> None:
    with ScriptedImap(EXCHANGE) as bad, ScriptedImap(EXCHANGE) as good:
        sources = [scripted(bad), scripted(good)]
        bad.twist = twist
        wanted = [asking(s, "INBOX", host=str(n), address=str(n)) for n, s in enumerate(sources)]
        found = all_told(wanted, patience=0.2)
        assert (found["0"], isinstance(found["1"], Glance)) == (told, True)
        bad.twist = lambda _command, answer: answer
        assert sources[0].folders() == sources[1].folders()
        for source in sources:
            source.close()


def test_where_something_fails_in_between_nobody_hears_what_was_asked_before() -> None:
    with ScriptedImap(EXCHANGE) as server:
        server.deliver("INBOX", header(1))
        source = scripted(server)
        before = source.folders()
        with pytest.raises(OSError, match="the disk"), glances([asking(source, "INBOX")]):
            raise OSError("the disk")
        assert all_told([asking(source)]) == {}, "it was let go"
        assert source.folders() == before
        state = glance_at(source, "INBOX").states["INBOX"]
        assert state == source.state("INBOX")
        source.close()


def test_a_server_that_hangs_is_waited_for_once_and_not_for_each_of_its_mailboxes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.inbox.glances.MOST_ON_A_HOST", 2)
    with ScriptedImap(EXCHANGE) as server:
        sources = [scripted(server) for _ in range(5)]
        server.twist = silent
        server.commands.clear()
        found = all_told([asking(s, "INBOX", address=str(n)) for n, s in enumerate(sources)], patience=0.2)
        assert found == {"0": "odd", "1": "odd"}
        server.twist = lambda _command, answer: answer
        for source in sources:
            source.close()
