"""Servers that refuse, flood, contradict themselves or hang up: right waits all the same, or a clear fault first.

Each row twists the answers of a scripted server for one round; the next one is plain. Nothing is lost by either.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from monitor.inbox import connection, imap
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import SourceError
from tests.servers.scripted_imap import EXCHANGE, GMAIL, OLD, Dialect, ScriptedImap
from tests.story.house import ANN, BEN, CLEO, House, at, kinds

NOW = at("Tue 12:30")
Twist = Callable[[str, bytes], bytes]
RIGHT = [("ann@reader.example", "waiting"), ("ben@borrower.example", "answered"), ("cleo@club.example", "waiting")]
TAGGED = re.compile(rb"^(\w+) OK [^\r]*\r\n\Z", re.MULTILINE)


def furnished(server: ScriptedImap, house: House) -> None:
    """Ann, Ben and Cleo ask; Ben is answered."""
    (sent,) = [name for _, name in server.dialect.folders if "Gesendet" in name or name == "Sent Items"]
    ours = house.address("info")
    questions = [house.mail(who, ours, at("Mon 10:00")) for who in (ANN, BEN, CLEO)]
    for question in questions:
        server.deliver("INBOX", question.raw)
    server.deliver(sent, house.mail(ours, BEN, at("Mon 11:00"), answers=questions[1]).raw)
    house.write_config(imap_port=server.port)


def waits(house: House) -> list[tuple[str, str]]:
    """Who waits or waited, and how that stands."""
    threads = house.threads(NOW)
    writers = {m["message_id"]: m["from"] for thread in threads for m in thread["messages"]}
    return sorted((writers[w["opened_by"]], w["state"]) for thread in threads for w in thread["waits"])


def refused(command: str, words: bytes) -> Twist:
    """A tagged refusal of each command that begins so."""
    return lambda asked, answer: TAGGED.sub(rb"\1 " + words + b"\r\n", answer) if asked.startswith(command) else answer


def instead(command: str, what: Callable[[bytes], bytes]) -> Twist:
    """Another answer to each command that matches."""
    return lambda asked, answer: what(answer) if re.match(command, asked) else answer


def before(command: str, lines: bytes) -> Twist:
    """Lines nobody asked for, before the answer."""
    return instead(command, lambda answer: lines + answer)


def shortened(answer: bytes) -> bytes:
    """Each literal announced 7 bytes smaller than it is."""
    return re.sub(rb"\{(\d+)\}", lambda size: b"{%d}" % (int(size[1]) - 7), answer)


def lengthened(answer: bytes) -> bytes:
    """Each literal announced 4000 bytes larger."""
    return re.sub(rb"\{(\d+)\}", lambda size: b"{%d}" % (int(size[1]) + 4000), answer)


class Row(NamedTuple):
    """What a server does wrong, and how the round ends in which it does so."""

    id: str
    twist: Twist
    code: int = 0
    dialect: Dialect = GMAIL


FLOOD = b"* OK Still here\r\n* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* 2 FETCH (FLAGS (\\Seen))\r\n" * 2_000
ROWS = [
    Row("plain gmail", before("NOTHING", b"")),
    Row("plain exchange", before("NOTHING", b""), dialect=EXCHANGE),
    Row("plain old", before("NOTHING", b""), dialect=OLD),
    Row("no to status", refused("STATUS", b"NO [SERVERBUG] Internal error"), 69),
    Row("no uidnext anywhere", instead("EXAMINE", lambda a: re.sub(rb"\* OK \[UIDNEXT[^\n]*\n", b"", a)), dialect=OLD),
    Row("no to examine", refused("EXAMINE", b"NO [UNAVAILABLE] Try later"), 75),
    Row("bye instead of a fetch", instead("UID FETCH", lambda _: b"* BYE Server shutting down\r\n"), 69),
    Row("bye in the middle of a fetch", instead("UID FETCH", lambda a: a[: len(a) // 2] + b"* BYE Gone\r\n"), 69),
    Row("bye after a fetch", instead("UID FETCH", lambda a: a + b"* BYE Shutting down\r\n"), 69),
    Row("flood before a fetch", before("UID FETCH", FLOOD)),
    Row("flood before a status", before("STATUS", FLOOD)),
    Row("flood before a search", before("UID SEARCH", FLOOD)),
    Row("literals too small", instead("UID FETCH", shortened), 69),
    Row("literals too large", instead("UID FETCH", lengthened), 69),
    Row("other uids than asked", instead("UID FETCH", lambda a: re.sub(rb"UID (\d+)", rb"UID 9\1", a)), 69),
    Row("expunges between", before("UID SEARCH", b"* 9 EXPUNGE\r\n* 8 EXPUNGE\r\n")),
    Row("vanished between", before("UID FETCH", b"* VANISHED 41,43:116\r\n")),
    Row("a flood without an end", instead("UID FETCH", lambda _: b"* OK " + b"x" * 2_000_000 + b"\r\n"), 69),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_round_over_an_odd_server_is_right_or_a_clear_fault_and_the_next_one_is_right(
    house: House, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "READ_TIMEOUT", 0.5)
    with ScriptedImap(row.dialect) as server:
        furnished(server, house)
        server.twist = row.twist
        told = house.run(NOW, "run", "--once")
        print(told.err)
        assert told.code == row.code, told.err
        assert "Traceback" not in told.err
        if row.code == 0:
            assert waits(house) == RIGHT
        else:
            assert kinds(house.sink.letters) == [], "nothing is said of what was not seen whole"
        server.twist = before("NOTHING", b"")
        house.round(NOW)
        assert waits(house) == RIGHT
        assert house.status(NOW)["troubles"] == []
        assert kinds(house.sink.letters) == [("opening", house.lead())]


def left_out(answer: bytes) -> bytes:
    """Without the second mail."""
    return re.sub(rb"(?s)\* 2 FETCH .*?(?=\* 3 FETCH|\w+ OK )", b"", answer)


def test_a_mail_that_is_there_but_not_shown_is_told_and_the_others_are_taken_in(house: House) -> None:
    with ScriptedImap(GMAIL) as server:
        furnished(server, house)
        server.twist = instead("UID FETCH", left_out)
        house.round(NOW)
        (trouble,) = house.status(NOW)["troubles"]
        assert (trouble["folder"], trouble["uid"]) == ("INBOX", 2)
        assert [who for who, _ in waits(house)] == ["ann@reader.example", "cleo@club.example"]


def test_a_mail_the_server_refuses_is_told_and_the_others_are_taken_in(house: House) -> None:
    with ScriptedImap(GMAIL) as server:
        furnished(server, house)
        server.dialect = replace(GMAIL, refuses=((r"UID FETCH [\d,:]*\b3\b", "NO [EXPUNGEISSUED] Some are gone"),))
        house.round(NOW)
        assert [t["uid"] for t in house.status(NOW)["troubles"]] == [3]


def test_news_by_sequence_number_is_not_taken_for_the_flags_of_a_uid(house: House) -> None:
    with ScriptedImap(GMAIL) as server:
        furnished(server, house)
        server.twist = instead("UID FETCH", lambda a: re.sub(rb"\* \d+ FETCH", b"* 1 FETCH", a))
        house.round(NOW)
        server.deliver("INBOX", house.mail("Dora <dora@d.example>", house.address("info"), at("Tue 11:00")).raw)
        news = b"* 3 FETCH (FLAGS (\\Answered))\r\n"
        server.twist = instead("UID FETCH", lambda a: TAGGED.sub(lambda last: news + last[0], a))
        house.round(at("Tue 12:35"))
        assert waits(house)[:3] == RIGHT


def test_a_status_that_goes_backwards_and_returns_loses_and_doubles_nothing(house: House) -> None:
    with ScriptedImap(GMAIL) as server:
        furnished(server, house)
        house.round(NOW)
        server.twist = instead("STATUS", lambda a: re.sub(rb"UIDNEXT \d+", b"UIDNEXT 2", a))
        house.round(at("Tue 12:35"))
        assert waits(house) == RIGHT
        server.twist = before("NOTHING", b"")
        house.round(at("Tue 12:40"))
        assert waits(house) == RIGHT
        assert kinds(house.sink.letters) == [("opening", house.lead())]


def test_an_expired_token_between_two_looks_is_a_new_login_and_no_fault(house: House) -> None:
    with ScriptedImap(EXCHANGE) as server:
        furnished(server, house)
        source = ImapSource(Login(server.host, server.port, "none", "info@ours.example", lambda: "geheim"))
        source.folders()
        expired = [b"* BYE [UNAVAILABLE] AccessTokenExpired\r\n"]
        server.twist = instead("LIST", lambda answer: expired.pop() if expired else answer)
        assert len(source.folders()) == len(EXCHANGE.folders)
        source.close()
    assert [line for line in server.commands if line.startswith("LOGIN")] == ['LOGIN info@ours.example "geheim"'] * 2


def test_a_search_of_more_than_a_megabyte_is_asked_in_windows(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = house.mail(ANN, house.address("info"), at("Mon 10:00")).raw
    with ScriptedImap(GMAIL) as server:
        server.mails["INBOX"] = [raw] * 160_000
        source = ImapSource(Login(server.host, server.port, "none", "info@ours.example", lambda: "geheim"))
        windows = list(source.uids("INBOX", 1, at("Mon 00:00")))
        assert [uid for window in windows for uid in window] == list(range(1, 160_001))
        assert [len(window) for window in windows] == [10_000] * 16
        monkeypatch.setattr(imap, "SEARCH_WINDOW", 10**9)
        with pytest.raises(SourceError, match="1000000 bytes"):
            list(source.uids("INBOX", 1, at("Mon 00:00")))
        source.close()


def test_the_newest_of_a_large_folder_are_searched_for_at_once(house: House) -> None:
    """To ask for the bounds of windows is a round trip, and no more than so many uids can lie from there on."""
    raw = house.mail(ANN, house.address("info"), at("Mon 10:00")).raw
    with ScriptedImap(GMAIL) as server:
        server.mails["INBOX"] = [raw] * 20_000
        source = ImapSource(Login(server.host, server.port, "none", "info@ours.example", lambda: "geheim"))
        assert [list(window) for window in source.uids("INBOX", 10_001, None)] == [list(range(10_001, 20_001))]
        assert [len(window) for window in source.uids("INBOX", 10_000, None)] == [1, 10_000]
        source.close()
    asked = [line for line in server.commands if line.startswith(("FETCH", "UID SEARCH"))]
    assert [line.split()[0] for line in asked] == ["UID", "FETCH", "UID", "UID"]
