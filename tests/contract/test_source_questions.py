"""What every source must answer about one mail: where it is now, what a report says, how a text begins."""

from base64 import b64encode
from collections.abc import Callable

import pytest

from monitor.demo.imap_server import ImapServer
from monitor.inbox import imap
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import MailSource, ReportParts, SourceError, TextStart
from tests.contract.twins import DAY, NOON, OnDemoServer, Twin, header, login_to
from tests.servers.dovecot import Dovecot

REPORT = b"""\
Message-ID: <report@relay.example>
From: MAILER-DAEMON@relay.example
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
Status: 5.1.1

--b
Content-Type: message/rfc822

Message-ID: <answer@ours.example>
From: info@ours.example
MIME-Version: 1.0
Content-Type: text/plain

the secret text
--b--
""".replace(b"\n", b"\r\n")


def of_kind(kind: str, text: bytes, *more: str) -> bytes:
    """A mail with one part."""
    lines = [header(1).decode().rstrip(), "MIME-Version: 1.0", f"Content-Type: {kind}", *more, "", ""]
    return "\r\n".join(lines).encode() + text


def of_parts(kind: str, *parts: bytes) -> bytes:
    """A multipart; each part with its own header."""
    inside = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
    return of_kind(f'multipart/{kind}; boundary="cut"', inside)


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThanks a lot!"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Thanks a lot!</p>"
IMAGE = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
NOTES = b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=notes.txt\r\n\r\nnotes"
LETTER = b"Content-Type: message/rfc822\r\n\r\nSubject: old\r\nContent-Type: text/plain\r\n\r\nold text"


class TestFinding:
    def test_a_mail_is_found_by_its_id_among_others(self, twin: Twin) -> None:
        for number in (1, 2, 3):
            twin.deliver("INBOX", header(number), NOON)
        assert twin.source.find("INBOX", "<2@people.example>") == [2]
        assert twin.source.find("INBOX", "<4@people.example>") == []
        assert twin.source.find("Sent", "<2@people.example>") == []

    def test_two_copies_are_both_found(self, twin: Twin) -> None:
        for number in (1, 2, 1):
            twin.deliver("INBOX", header(number), NOON)
        assert twin.source.find("INBOX", "<1@people.example>") == [1, 3]

    @pytest.mark.parametrize("inside", ['a"b@x.example', "a\\b@x.example", "a{5}@x.example", "a%*(b)@x.example"])
    def test_an_id_with_what_means_something_to_imap_is_found_all_the_same(self, twin: Twin, inside: str) -> None:
        twin.deliver("INBOX", header(1).replace(b"1@people.example", inside.encode()), NOON)
        assert twin.source.find("INBOX", f"<{inside}>") == [1]

    @pytest.mark.parametrize(
        "hostile",
        ["", "1@people.example", "<1@people.example>\n", "<1@x>\r\nA1 STORE 1 +FLAGS \\Deleted", "<ä@x>", "<a b@x>"],
    )
    def test_an_id_that_is_not_clean_is_not_asked_for(self, twin: Twin, hostile: str) -> None:
        twin.deliver("INBOX", header(1), NOON)
        assert twin.source.find("INBOX", hostile) == []
        assert twin.flags("INBOX")[1] - {"\\Recent"} == frozenset()

    def test_a_mail_that_came_since_the_last_question_is_found(self, twin: Twin) -> None:
        assert twin.source.find("Sent", "<1@people.example>") == []
        twin.deliver("Sent", header(1), NOON)
        assert twin.source.find("Sent", "<1@people.example>") == [1]

    @pytest.mark.parametrize(
        ("first", "last", "found"), [(0, 0, [1]), (0, 9, [1, 2, 3, 4, 5]), (2, 3, [3, 4]), (9, 9, []), (3, 2, [])]
    )
    def test_mails_are_found_by_the_days_they_came(self, twin: Twin, first: int, last: int, found: list[int]) -> None:
        for number in range(5):
            twin.deliver("INBOX", header(number), NOON + number * DAY)
        day = NOON.date()
        assert twin.source.arrived_between("INBOX", day + first * DAY, day + last * DAY) == found

    def test_of_many_the_newest_are_told(
        self, dovecot: Dovecot, mailboxes: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imap, "SEARCH_WINDOW", 10)
        monkeypatch.setattr(imap, "MOST_FOUND", 15)
        user = mailboxes("info")
        dovecot.append_many(user, "INBOX", [(header(7), NOON + n * DAY, ()) for n in range(45)])
        source = ImapSource(login_to(dovecot, user))
        assert source.find("INBOX", "<7@people.example>") == list(range(31, 46))
        assert source.arrived_between("INBOX", NOON.date(), NOON.date() + 39 * DAY) == list(range(26, 41))
        source.close()


class TestSenders:
    def test_they_are_those_of_the_newest(self, twin: Twin) -> None:
        for name in ("Ann", "Bob", "Cleo"):
            twin.deliver(
                "Sent", f"Message-ID: <{name}@x>\r\nFrom: {name} <{name}@People.Example>\r\n\r\n".encode(), NOON
            )
        assert twin.source.senders("Sent", 2) == ["bob@people.example", "cleo@people.example"]
        assert len(twin.source.senders("Sent", 50)) == 3

    def test_a_mail_without_one_is_left_out(self, twin: Twin) -> None:
        twin.deliver("Sent", b"Subject: nobody\r\n\r\n", NOON)
        twin.deliver("Sent", header(1), NOON)
        assert twin.source.senders("Sent", 5) == ["ann@people.example"]

    def test_an_empty_folder_has_none(self, twin: Twin) -> None:
        assert twin.source.senders("Sent", 5) == []


class TestParts:
    @pytest.fixture
    def twin(self, twin: Twin) -> Twin:
        if isinstance(twin, OnDemoServer):
            pytest.skip("the demo's server has no BODYSTRUCTURE")
        return twin

    def test_a_report_tells_what_failed_and_for_which_mail(self, twin: Twin) -> None:
        twin.deliver("INBOX", REPORT, NOON)
        parts = twin.source.report_parts("INBOX", [1])[1]
        assert b"Final-Recipient: rfc822; ann@people.example" in parts.status
        assert b"Message-ID: <answer@ours.example>" in parts.returned
        assert b"secret" not in parts.status + parts.returned

    def test_a_report_may_return_the_header_alone_and_encode_its_parts(self, twin: Twin) -> None:
        status, returned = b"Action: failed\r\n", b"Message-ID: <answer@ours.example>\r\n"
        base64 = b"Content-Transfer-Encoding: base64\r\n\r\n"
        report = of_parts(
            "report; report-type=delivery-status",
            PLAIN,
            b"Content-Type: message/delivery-status\r\n\r\n" + status,
            b"Content-Type: text/rfc822-headers\r\n" + base64 + b64encode(returned),
        )
        twin.deliver("INBOX", report, NOON)
        parts = twin.source.report_parts("INBOX", [1])[1]
        assert (parts.status.strip(), parts.returned) == (status.strip(), returned)

    def test_a_huge_report_is_read_up_to_16_kb(self, twin: Twin) -> None:
        huge = b"X-Filler: " + b"x" * 30_000 + b"\r\n"
        report = of_parts(
            "report",
            b"Content-Type: message/delivery-status\r\n\r\n" + huge,
            b"Content-Type: text/rfc822-headers\r\n\r\n" + huge,
        )
        twin.deliver("INBOX", report, NOON)
        parts = twin.source.report_parts("INBOX", [1])[1]
        assert 0 < len(parts.status) <= 16_384 - len(parts.returned)
        assert parts.returned

    @pytest.mark.parametrize("raw", [header(1), of_parts("mixed", PLAIN, LETTER), of_parts("report"), b"\r\n"])
    def test_what_is_no_report_has_no_parts_of_one(self, twin: Twin, raw: bytes) -> None:
        twin.deliver("INBOX", raw, NOON)
        assert twin.source.report_parts("INBOX", [1])[1] == ReportParts(b"", b"")
        assert twin.source.report_parts("INBOX", [77])[77] == ReportParts(b"", b"")

    @pytest.mark.parametrize(
        ("raw", "start"),
        [
            (of_kind("text/plain", b"Thanks!\r\n> old"), TextStart("Thanks!\n> old", False, False)),
            (of_parts("alternative", HTML, PLAIN), TextStart("Thanks a lot!", False, False)),
            (of_parts("related", HTML, IMAGE), TextStart("<p>Thanks a lot!</p>", True, True)),
            (of_parts("mixed", PLAIN, NOTES), TextStart("Thanks a lot!", False, True)),
            (of_parts("mixed", NOTES, PLAIN), TextStart("Thanks a lot!", False, True)),
            (of_parts("mixed", LETTER, PLAIN), TextStart("Thanks a lot!", False, True)),
            (of_parts("mixed", IMAGE), None),
            (of_kind("application/pdf", b"%PDF"), None),
        ],
        ids=["plain", "both", "html", "notes", "notes first", "forwarded", "image", "pdf"],
    )
    def test_a_text_begins_with_its_first_plain_part(self, twin: Twin, raw: bytes, start: TextStart | None) -> None:
        twin.deliver("INBOX", raw, NOON)
        assert twin.source.text_starts("INBOX", [1])[1] == start

    def test_a_part_in_a_part_is_found(self, twin: Twin) -> None:
        inner = b"".join(b"--in\r\n" + part + b"\r\n" for part in (HTML, PLAIN)) + b"--in--\r\n"
        alternative = b'Content-Type: multipart/alternative; boundary="in"\r\n\r\n' + inner
        twin.deliver("INBOX", of_parts("mixed", alternative, IMAGE), NOON)
        assert twin.source.text_starts("INBOX", [1])[1] == TextStart("Thanks a lot!", False, True)

    @pytest.mark.parametrize(
        ("charset", "encoding", "raw"),
        [
            ("utf-8", "base64", b64encode("Größe – vielen Dank".encode())),
            ("iso-8859-1", "quoted-printable", b"Gr=F6=DFe =96 vielen Dank".replace(b"=96", b"-")),
            ("utf-8", "8bit", "Größe – vielen Dank".encode()),
            ("x-unheard-of", "8bit", "Größe – vielen Dank".encode()),
            ("x-unheard-of", "8bit", "Größe – vielen Dank".encode("cp1252")),
        ],
    )
    def test_a_text_is_decoded(self, twin: Twin, charset: str, encoding: str, raw: bytes) -> None:
        mail = of_kind(f"text/plain; charset={charset}", raw, f"Content-Transfer-Encoding: {encoding}")
        twin.deliver("INBOX", mail, NOON)
        start = twin.source.text_starts("INBOX", [1])[1]
        assert start is not None
        assert start.text.replace("–", "-") == "Größe - vielen Dank"

    def test_of_a_long_text_2_kb_are_fetched(self, twin: Twin) -> None:
        twin.deliver("INBOX", of_kind("text/plain", b"word " * 2000), NOON)
        start = twin.source.text_starts("INBOX", [1])[1]
        assert start is not None
        assert 2000 < len(start.text) <= 2048

    @pytest.mark.parametrize("method", ["REQUEST", "REPLY"])
    def test_a_calendar_part_within_a_mail_says_what_it_is(self, twin: Twin, method: str) -> None:
        inner = b"--b\r\nContent-Type: text/plain\r\n\r\nAccepted\r\n"
        inner += f"--b\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\n\r\nBEGIN\r\n--b--".encode()
        twin.deliver("INBOX", of_kind("multipart/alternative; boundary=b", inner), NOON)
        assert twin.source.calendar_methods("INBOX", [1])[1] == method.lower()

    def test_a_mail_without_a_calendar_has_no_method(self, twin: Twin) -> None:
        twin.deliver("INBOX", of_kind("text/plain", b"hello"), NOON)
        assert twin.source.calendar_methods("INBOX", [1])[1] == ""

    def test_a_mail_that_is_gone_has_no_text(self, twin: Twin) -> None:
        assert twin.source.text_starts("INBOX", [1])[1] is None


class TestOnlyLooking:
    def test_no_question_changes_anything(self, twin: Twin) -> None:
        for flags in ((), ("\\Seen",), ("\\Answered", "$Label1")):
            twin.deliver("INBOX", REPORT, NOON, flags)
        before = twin.flags("INBOX")
        for uid in before:
            twin.source.find("INBOX", "<report@relay.example>")
            twin.source.arrived_between("INBOX", NOON.date(), NOON.date())
            twin.source.senders("INBOX", 5)
            twin.source.report_parts("INBOX", [uid])[uid]
            twin.source.text_starts("INBOX", [uid])[uid]
        twin.source.close()
        assert twin.flags("INBOX") == before

    @pytest.mark.parametrize(
        "ask",
        [
            lambda source: source.find("Gone", "<1@people.example>"),
            lambda source: source.arrived_between("Gone", NOON.date(), NOON.date()),
            lambda source: source.senders("Gone", 5),
            lambda source: source.report_parts("Gone", [1])[1],
            lambda source: source.text_starts("Gone", [1])[1],
        ],
        ids=["find", "arrived_between", "senders", "report_parts", "text_starts"],
    )
    def test_a_folder_that_is_not_there_is_named(self, twin: Twin, ask: Callable[[MailSource], object]) -> None:
        with pytest.raises(SourceError, match='there is no folder "Gone"') as told:
            ask(twin.source)
        assert told.value.fault == "folder"

    def test_mail_of_other_servers_than_gmail_bears_no_numbers_of_gmail(self, twin: Twin) -> None:
        twin.deliver("INBOX", header(1), NOON)
        assert twin.source.mails("INBOX", [1])[0].gmail is None


class TestMakingAFolder:
    def test_it_is_there_and_shown_afterwards(self, twin: Twin) -> None:
        if isinstance(twin, OnDemoServer):
            pytest.skip("the demo's server is for reading only")
        twin.source.create("Erledigt & gut")
        twin.source.create("Erledigt & gut")
        assert "Erledigt & gut" in twin.names()

    def test_a_server_that_does_not_make_it_is_told_and_read_on(self) -> None:
        with ImapServer({"info": "geheim"}) as server:
            source = ImapSource(Login(server.host, server.port, "none", "info", lambda: "geheim"))
            with pytest.raises(SourceError, match='make the folder "Done" in a mail client') as told:
                source.create("Done")
            assert told.value.fault == "folder"
            assert source.state("INBOX").messages == 0
            source.close()
