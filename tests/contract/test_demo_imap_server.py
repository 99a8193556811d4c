"""The demo's IMAP server, spoken to by the client that the product uses."""

import imaplib
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from monitor.demo.imap_server import ImapServer

INFO, EVENTS = "info@harbourcity.example", "events@harbourcity.example"
ARRIVED = datetime(2026, 11, 9, 8, 15, 30, tzinfo=UTC)
MAIL = (
    b"Received: from mx.example by harbourcity.example;\r\n Mon, 9 Nov 2026 08:15:30 +0000\r\n"
    b"Message-ID: <one@people.example>\r\nFrom: Ann <ann@people.example>\r\n"
    b"Subject: A question\r\n about opening hours\r\nTo: info@harbourcity.example\r\n\r\nWhen do you open?\r\n"
)
FIELDS = "BODY.PEEK[HEADER.FIELDS (Message-ID Subject)]"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer({INFO: 'pass "word\\ 1', EVENTS: "geheim"}) as running:
        yield running


@pytest.fixture
def client(server: ImapServer) -> Iterator[IMAPClient]:
    with IMAPClient(server.host, server.port, ssl=False, timeout=10) as connected:
        connected.login(INFO, 'pass "word\\ 1')
        yield connected


def deliver(server: ImapServer, count: int) -> list[int]:
    return [server.deliver(INFO, "INBOX", MAIL, ARRIVED + timedelta(days=day)) for day in range(count)]


def test_a_wrong_password_is_refused_and_says_so(server: ImapServer) -> None:
    client = IMAPClient(server.host, server.port, ssl=False, timeout=10)
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
        client.login(INFO, "guess")
    client.login(EVENTS, "geheim")
    client.logout()


def test_a_password_may_come_as_a_literal(server: ImapServer) -> None:
    with socket.create_connection((server.host, server.port), timeout=10) as wire, wire.makefile("rwb") as talk:
        talk.readline()
        talk.write(b"a LOGIN %s {6}\r\n" % EVENTS.encode())
        talk.flush()
        assert talk.readline().startswith(b"+")
        talk.write(b"geheim\r\n")
        talk.flush()
        assert talk.readline() == b"a OK Done\r\n"


def test_it_offers_only_what_it_can_do(client: IMAPClient) -> None:
    assert set(client.capabilities()) == {b"IMAP4REV1", b"SPECIAL-USE", b"UNSELECT", b"ID"}
    assert client.id_({"name": "test"})


def test_folders_are_listed_with_their_use(server: ImapServer, client: IMAPClient) -> None:
    server.add_folder(INFO, 'No "reply" needed')
    folders = {name: flags for flags, _, name in client.list_folders()}
    assert set(folders) == {"INBOX", "Sent", "Drafts", "Junk", "Trash", 'No "reply" needed'}
    assert b"\\Sent" in folders["Sent"]
    assert client.find_special_folder(b"\\Junk") == "Junk"
    assert client.folder_exists('No "reply" needed')
    server.remove_folder(INFO, 'No "reply" needed')
    assert not client.folder_exists('No "reply" needed')


def test_status_and_examine_tell_the_same(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 3)
    status = client.folder_status("INBOX", ["MESSAGES", "UIDNEXT", "UIDVALIDITY"])
    chosen = client.select_folder("inbox", readonly=True)
    assert (status[b"MESSAGES"], status[b"UIDNEXT"]) == (3, 4) == (chosen[b"EXISTS"], chosen[b"UIDNEXT"])
    assert status[b"UIDVALIDITY"] == chosen[b"UIDVALIDITY"]
    assert chosen[b"READ-ONLY"]


@pytest.mark.parametrize(
    ("criteria", "uids"),
    [
        ("ALL", [1, 2, 3, 4, 5]),
        (["SINCE", date(2026, 11, 12)], [4, 5]),
        (["BEFORE", date(2026, 11, 10)], [1]),
        (["UID", "2:3"], [2, 3]),
        (["UID", "4:*"], [4, 5]),
        (["UID", "9:*"], [5]),
        (["UID", "*:4,1"], [1, 4, 5]),
        (["UID", "2:*", "SINCE", date(2026, 11, 10), "BEFORE", date(2026, 11, 12)], [2, 3]),
        (["SINCE", date(2027, 1, 1)], []),
        ("ANSWERED", [2]),
        ("UNANSWERED", [1, 3, 4, 5]),
        (["HEADER", "Message-ID", "<one@people.example>"], [1, 2, 3, 4, 5]),
        (["HEADER", "Message-ID", "two"], []),
    ],
)
def test_searches(server: ImapServer, client: IMAPClient, criteria: str | list[str | date], uids: list[int]) -> None:
    deliver(server, 5)
    server.set_flags(INFO, "INBOX", 2, ["\\Answered"])
    client.select_folder("INBOX", readonly=True)
    assert client.search(criteria) == uids


def test_fetch_gives_facts_and_the_asked_fields(server: ImapServer, client: IMAPClient) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    uid = server.deliver(INFO, "INBOX", MAIL, ARRIVED.astimezone(east), ["\\Answered", "$Label"])
    client.normalise_times = False
    client.select_folder("INBOX", readonly=True)
    got = client.fetch([uid], ["FLAGS", "INTERNALDATE", "RFC822.SIZE", FIELDS])[uid]
    assert got[b"FLAGS"] == (b"\\Answered", b"$Label")
    assert got[b"INTERNALDATE"] == ARRIVED
    assert got[b"RFC822.SIZE"] == len(MAIL)
    expected = b"Message-ID: <one@people.example>\r\nSubject: A question\r\n about opening hours\r\n\r\n"
    assert got[b"BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT)]"] == expected


def test_fetch_can_be_cut_off(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 1)
    client.select_folder("INBOX", readonly=True)
    got = client.fetch([1], ["BODY.PEEK[HEADER]<0.16384>", "BODY.PEEK[HEADER]", FIELDS + "<5.12>"])[1]
    whole = MAIL[: MAIL.index(b"When")]
    assert got[b"BODY[HEADER]"] == got[b"BODY[HEADER]<0>"] == whole
    assert got[b"BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT)]<5>"] == b"ge-ID: <one@"


def test_fetch_by_position_and_of_what_is_not_there(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 3)
    server.remove(INFO, "INBOX", 1)
    client.select_folder("INBOX", readonly=True)
    assert client.fetch([1, 77], ["UID"]) == {}
    client.use_uid = False
    assert {number: data[b"SEQ"] for number, data in client.fetch([1, 2, 3], ["FLAGS"]).items()} == {1: 1, 2: 2}


def test_a_thousand_messages_in_one_fetch(server: ImapServer, client: IMAPClient) -> None:
    for _ in range(1_000):
        server.deliver(INFO, "INBOX", MAIL, ARRIVED)
    client.select_folder("INBOX", readonly=True)
    assert len(client.fetch(list(range(1, 1_001)), [FIELDS])) == 1_000


def test_hostile_bytes_come_through_as_they_are(server: ImapServer, client: IMAPClient) -> None:
    raw = b"Subject: \xff\xfe {9}\r\nX: )\r\nMessage-ID: no header end"
    server.deliver(INFO, "INBOX", raw, ARRIVED)
    server.deliver(INFO, "INBOX", b"", ARRIVED)
    client.select_folder("INBOX", readonly=True)
    got = client.fetch([1, 2], ["BODY.PEEK[HEADER]"])
    assert [got[uid][b"BODY[HEADER]"] for uid in (1, 2)] == [raw, b""]


def test_nothing_can_be_changed_over_the_wire(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 1)
    with pytest.raises(imaplib.IMAP4.readonly):
        client.select_folder("INBOX")
    client.select_folder("INBOX", readonly=True)
    client.fetch([1], ["BODY[HEADER]"])
    for write in (
        lambda: client.add_flags([1], ["\\Seen"]),
        lambda: client.delete_messages([1]),
        lambda: client.copy([1], "Trash"),
        lambda: client.append("INBOX", MAIL),
        lambda: client.create_folder("New"),
        client.expunge,
    ):
        with pytest.raises(IMAPClientError, match="for reading only"):
            write()
    client.close_folder()
    assert server.flags(INFO, "INBOX") == {1: ()}


def test_what_it_does_not_know_is_refused_and_the_talk_goes_on(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 1)
    with pytest.raises(IMAPClientError, match="No such folder"):
        client.select_folder("Nowhere", readonly=True)
    client.select_folder("INBOX", readonly=True)
    for criteria in ("LARGER 5", "SINCE yesterday", "UID", "(", '"'):
        with pytest.raises(IMAPClientError):
            client.search(criteria)
    with pytest.raises(IMAPClientError, match="not served here"):
        client.fetch([1], ["ENVELOPE-OF-TIME"])
    client.unselect_folder()
    client.noop()


def test_commands_out_of_turn_are_refused(server: ImapServer) -> None:
    with socket.create_connection((server.host, server.port), timeout=10) as wire, wire.makefile("rwb") as talk:
        talk.readline()
        for line, answer in (
            (b'a LIST "" *', b"a BAD"),
            (b"b UID FETCH 1 FLAGS", b"b BAD"),
            (b"c XYZZY", b"c BAD"),
            (b"", b"* BAD"),
            (b"d LOGIN one", b"d BAD"),
            (b"e LOGIN \xff \xff", b"e NO"),
        ):
            talk.write(line + b"\r\n")
            talk.flush()
            assert talk.readline().startswith(answer)


def test_mail_that_comes_and_goes_is_told(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 2)
    client.select_folder("INBOX", readonly=True)
    assert server.move(INFO, "INBOX", 1, "Trash") == 1
    server.deliver(INFO, "INBOX", MAIL, ARRIVED)
    assert client.noop()[1] == [(1, b"EXPUNGE"), (2, b"EXISTS")]
    assert client.search("ALL") == [2, 3]


def test_a_rebuilt_folder_has_other_uids(server: ImapServer, client: IMAPClient) -> None:
    deliver(server, 3)
    server.remove(INFO, "INBOX", 1)
    server.renumber(INFO, "INBOX", 77)
    status = client.folder_status("INBOX", ["UIDVALIDITY", "UIDNEXT", "MESSAGES"])
    assert status == {b"UIDVALIDITY": 77, b"UIDNEXT": 3, b"MESSAGES": 2}


def test_two_servers_and_a_taken_port(server: ImapServer) -> None:
    with ImapServer({INFO: "x"}) as other:
        assert other.port != server.port
    taken = ImapServer({INFO: "x"}, port=server.port)
    with pytest.raises(OSError, match="use"):
        taken.start()
    taken.stop()


def test_the_mail_outlives_a_restart_on_the_same_port(server: ImapServer) -> None:
    deliver(server, 1)
    server.stop()
    server.start()
    with IMAPClient(server.host, server.port, ssl=False, timeout=10) as client:
        client.login(EVENTS, "geheim")
        assert client.folder_status("INBOX", ["MESSAGES"]) == {b"MESSAGES": 0}
    assert list(server.flags(INFO, "INBOX")) == [1]
