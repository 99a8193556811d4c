"""Gmail, Exchange and an old server in their own lines: folders, parts they play, questions about one mail.

And what they are told: nothing that writes, nothing that a mail brought in but an id in quotes.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from monitor.inbox.folders import choose, search_places
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import ReportParts, SourceError, TextStart
from tests.servers.scripted_imap import EXCHANGE, GMAIL, OLD, THREAD, Dialect, ScriptedImap

ALLOWED = re.compile(
    r"CAPABILITY|LOGIN \S+ \S+|LOGOUT|ENABLE CONDSTORE|UNSELECT|CLOSE|LIST \"\" \"\*\""
    r"|STATUS \"[^\"]*\" \([A-Z ]+\)|EXAMINE \"[^\"]*\""
    r"|UID SEARCH HEADER Message-ID \"<(?:[^\"\\]|\\[\"\\]){1,500}>\""
    r"|UID SEARCH UID \d+:\*(?: SINCE \d\d-\w{3}-\d{4})?(?: BEFORE \d\d-\w{3}-\d{4})?"
    r"|UID FETCH [\d,:]+ \((?:UID|FLAGS|INTERNALDATE|RFC822\.SIZE|X-GM-MSGID|X-GM-THRID|BODYSTRUCTURE| |"
    r"BODY\.PEEK\[(?:[\d.]+|(?:[\d.]+\.)?HEADER\.FIELDS \([A-Za-z -]+\)|HEADER)\]<0\.\d+>)+\)"
    r"|FETCH \d+:\* \(UID BODY\.PEEK\[HEADER\.FIELDS \(FROM\)\]<0\.1024>\)"
)
"""All that a server may ever hear from us."""

QUESTION = b"""\
Message-ID: <1@people.example>
From: Ann <ann@people.example>
Thread-Index: AQHbNDMxMTIzNDU2Nzg5MDEyMzQ1Njc4OTA=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Thanks!
--b
Content-Type: application/pdf
Content-Disposition: attachment

%PDF
--b--
""".replace(b"\n", b"\r\n")

REPORT = b"""\
Message-ID: <2@relay.example>
From: postmaster@relay.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; ann@people.example
Action: failed

--b
Content-Type: message/rfc822

Message-ID: <answer@ours.example>
Subject: Re: Question

the secret text
--b--
""".replace(b"\n", b"\r\n")

HOSTILE = (
    '<"> STORE 1 +FLAGS (\\Deleted)>',
    '<a"b\\c@x.example>',
    "<a{12}@x.example>",
    "<1@x>\r\nA9 DELETE INBOX",
    "<1@x>\r\n",
    '" OR ALL "',
    "<ä@x.example>",
    "<" + "x" * 400 + ">",
    "",
)


@pytest.fixture(params=[GMAIL, EXCHANGE, OLD], ids=["gmail", "exchange", "old"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedImap]:
    """Each of the three, with a question and a report in INBOX."""
    yield from serving(request.param)


@pytest.fixture
def gmail() -> Iterator[ScriptedImap]:
    yield from serving(GMAIL)


@pytest.fixture
def exchange() -> Iterator[ScriptedImap]:
    yield from serving(EXCHANGE)


def serving(dialect: Dialect) -> Iterator[ScriptedImap]:
    with ScriptedImap(dialect) as server:
        server.deliver("INBOX", QUESTION)
        server.deliver("INBOX", REPORT)
        yield server


def source_of(server: ScriptedImap) -> ImapSource:
    return ImapSource(Login(server.host, server.port, "none", "info@ours.example", lambda: "geheim"))


def ask_everything(source: ImapSource) -> None:
    """Every question there is, in the way a sweep asks them; hostile ids among them."""
    for folder in choose(source.folders(), (), ()):
        source.state(folder.name)
        uids = [uid for window in source.uids(folder.name, 1, None) for uid in window]
        for uid in uids:
            source.mails(folder.name, [uid])
            source.whole_headers(folder.name, [uid])
            source.flags(folder.name, [uid])
            source.report_parts(folder.name, [uid])[uid]
            source.text_starts(folder.name, [uid])[uid]
        for message_id in ("<1@people.example>", *HOSTILE):
            source.find(folder.name, message_id)
        source.arrived_between(folder.name, date(2024, 11, 10), date(2024, 11, 12))
        source.senders(folder.name, 50)
    source.close()


@pytest.mark.parametrize(
    ("dialect", "read", "looked_into"),
    [
        (
            GMAIL,
            {"INBOX": "inbox", "[Gmail]/Gesendet": "sent"},
            {
                "[Gmail]/Spam": "junk",
                "[Gmail]/Papierkorb": "trash",
                "[Gmail]/Alle Nachrichten": "elsewhere",
                "[Gmail]/Markiert": "elsewhere",
                "[Gmail]/Wichtig": "elsewhere",
                "[Gmail]/Entwürfe": "drafts",
            },
        ),
        (
            EXCHANGE,
            {"INBOX": "inbox", "Sent Items": "sent"},
            {
                "Junk Email": "junk",
                "Deleted Items": "trash",
                "Archive": "elsewhere",
                "Calendar": "elsewhere",
                "Conversation History": "elsewhere",
                "Sync Issues": "elsewhere",
                "Drafts": "drafts",
            },
        ),
        (
            OLD,
            {"INBOX": "inbox", "INBOX.Gesendete Objekte": "sent"},
            {"INBOX.Papierkorb": "trash", "INBOX.Kunden & Co": "elsewhere", "INBOX.Entwürfe": "drafts"},
        ),
    ],
    ids=["gmail", "exchange", "old"],
)
def test_each_folder_plays_its_part(dialect: Dialect, read: dict[str, str], looked_into: dict[str, str]) -> None:
    with ScriptedImap(dialect) as server:
        source = source_of(server)
        there = source.folders()
        source.close()
    chosen = choose(there, (), ())
    assert {folder.name: folder.role for folder in chosen} == read
    assert {place.name: place.role for place in search_places(there, chosen)} == read | looked_into


def test_a_sweep_says_nothing_that_writes_and_nothing_of_a_mail_but_a_quoted_id(server: ScriptedImap) -> None:
    server.deliver("[Gmail]/Gesendet", QUESTION)
    ask_everything(source_of(server))
    assert [command for command in server.commands if not ALLOWED.fullmatch(command)] == []
    found = {command for command in server.commands if "HEADER Message-ID" in command}
    assert found == {
        'UID SEARCH HEADER Message-ID "<1@people.example>"',
        'UID SEARCH HEADER Message-ID "<a\\"b\\\\c@x.example>"',
        'UID SEARCH HEADER Message-ID "<a{12}@x.example>"',
    }


def test_the_list_of_what_may_be_said_is_seen_to_hold() -> None:
    for command in ('SELECT "INBOX"', "UID STORE 1 +FLAGS (\\Seen)", "UID FETCH 1 (BODY[1])", 'CREATE "Done"'):
        assert not ALLOWED.fullmatch(command)


def test_mails_parts_and_texts_are_read_in_every_dialect(server: ScriptedImap) -> None:
    source = source_of(server)
    assert source.state("INBOX").uidnext == 3
    first, second = source.mails("INBOX", [1, 2])
    assert (first.uid, second.uid, b"Thread-Index: AQHbNDMx" in first.header) == (1, 2, True)
    assert source.find("INBOX", "<1@people.example>") == [1]
    assert source.arrived_between("INBOX", date(2024, 11, 11), date(2024, 11, 11)) == [1, 2]
    assert source.senders("INBOX", 50) == ["ann@people.example", "postmaster@relay.example"]
    assert source.text_starts("INBOX", [1])[1] == TextStart("Thanks!", False, True)
    parts = source.report_parts("INBOX", [2])[2]
    assert b"Action: failed" in parts.status
    assert parts.returned.strip() == b"MESSAGE-ID: <answer@ours.example>"
    source.close()


def test_gmail_tells_its_numbers_of_message_and_thread(gmail: ScriptedImap) -> None:
    source = source_of(gmail)
    numbers = [mail.gmail for mail in source.mails("INBOX", [1, 2])]
    assert numbers == [(str(THREAD + 1), str(THREAD + 1)), (str(THREAD + 2), str(THREAD))]
    source.close()


def test_a_server_that_is_not_gmail_is_not_asked_for_them(exchange: ScriptedImap) -> None:
    source = source_of(exchange)
    assert [mail.gmail for mail in source.mails("INBOX", [1, 2])] == [None, None]
    assert not [command for command in exchange.commands if "X-GM" in command]
    source.close()


def test_a_refused_search_is_told_and_the_connection_stays(exchange: ScriptedImap) -> None:
    source = source_of(exchange)
    with pytest.raises(SourceError, match=r"refuses searching .*Command Argument Error") as told:
        source.find("INBOX", "<refused@people.example>")
    assert told.value.fault == "message"
    assert source.arrived_between("INBOX", date(2024, 11, 11), date(2024, 11, 11)) == [1, 2]
    assert len([command for command in exchange.commands if command.startswith("LOGIN")]) == 1
    source.close()


@pytest.mark.parametrize(
    "odd",
    [
        "NIL",
        "()",
        '("TEXT")',
        "(NIL NIL NIL NIL NIL NIL 100 5)",
        '("MULTIPART" "REPORT" NIL NIL NIL "7BIT" 0)',
        '("MESSAGE" 5 5 5 5 5 5)',
        "(" * 3000 + ")" * 3000,
        '("TEXT" "PLAIN"',
        "(" + '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)' * 30_000 + ' "MIXED")',
    ],
    ids=[
        "nil",
        "empty",
        "short",
        "nothing in it",
        "multipart alone",
        "numbers",
        "deep",
        "cut",
        "endless",
    ],
)
def test_an_odd_structure_spoils_nothing(exchange: ScriptedImap, odd: str) -> None:
    exchange.structures[1] = odd
    source = source_of(exchange)
    source.text_starts("INBOX", [1])[1]
    assert source.report_parts("INBOX", [1])[1] == ReportParts(b"", b"")
    assert source.text_starts("INBOX", [2])[2] == TextStart("It did not arrive.", False, True)
    source.close()


def test_the_parts_of_many_mails_are_asked_for_together(exchange: ScriptedImap) -> None:
    """One question about the structures, one for all reports that are built alike, of 50 mails at most."""
    for _ in range(3, 83):
        exchange.deliver("INBOX", REPORT)
    source, uids = source_of(exchange), list(range(3, 83))
    found = source.report_parts("INBOX", uids)
    assert sorted(found) == uids
    assert all(b"Action: failed" in parts.status for parts in found.values())
    assert len([command for command in exchange.commands if "FETCH" in command]) == 3
    source.close()


@pytest.mark.parametrize("odd", ["(" * 3000 + ")" * 3000, "(" + '("TEXT" "PLAIN" NIL)' * 60_000 + ")"])
def test_an_odd_structure_among_others_spoils_only_its_own_mail(exchange: ScriptedImap, odd: str) -> None:
    for _ in range(3, 9):
        exchange.deliver("INBOX", REPORT)
    exchange.structures[5] = odd
    source = source_of(exchange)
    found = source.report_parts("INBOX", range(3, 9))
    assert [uid for uid, parts in sorted(found.items()) if not parts.status] == [5]
    source.close()


def test_a_mail_that_the_server_refuses_spoils_only_itself_among_others() -> None:
    refusal = (r"UID FETCH (1:8|5:8|5:6|5) \(UID BODYSTRUCTURE\)", "NO Some messages could not be fetched")
    with ScriptedImap(replace(EXCHANGE, refuses=(refusal,))) as server:
        for _ in range(1, 9):
            server.deliver("INBOX", REPORT)
        source = source_of(server)
        found = source.report_parts("INBOX", range(1, 9))
        assert [uid for uid, parts in sorted(found.items()) if not parts.status] == [5]
        source.close()


@pytest.mark.parametrize("refusal", ["NO Some messages could not be fetched", "BAD Command Argument Error. 11"])
def test_a_refused_structure_is_as_none(refusal: str) -> None:
    dialect = replace(EXCHANGE, refuses=((r"UID FETCH \d+ \(UID BODYSTRUCTURE\)", refusal),))
    with ScriptedImap(dialect) as server:
        server.deliver("INBOX", REPORT)
        source = source_of(server)
        assert (source.report_parts("INBOX", [1])[1], source.text_starts("INBOX", [1])[1]) == (
            ReportParts(b"", b""),
            None,
        )
        assert source.mails("INBOX", [1])[0].uid == 1
        assert len([command for command in server.commands if command.startswith("LOGIN")]) == 1
        source.close()
