"""A connection that waits for news: what it tells, and that whatever the server does the next question is answered."""

import select
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from monitor.inbox import idling
from monitor.inbox.idling import Heard, Idling
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import SourceError
from tests.servers.scripted_imap import EXCHANGE, NOTIFYING, OLD, Dialect, ScriptedImap

MAIL = b"From: Ann <ann@people.example>\r\nMessage-ID: <1@people.example>\r\n\r\nHello\r\n"
FOLDERS = ["Sent Items", "INBOX"]
Twist = Callable[[str, bytes], bytes]
BOTH = pytest.mark.parametrize("dialect", [EXCHANGE, NOTIFYING], ids=["IDLE", "NOTIFY"])


def source_at(server: ScriptedImap) -> ImapSource:
    source = ImapSource(Login(server.host, server.port, "none", "info", lambda: "geheim"))
    source.folders()
    return source


def begun(source: ImapSource) -> Idling:
    waits = source.begin_hints(FOLDERS)
    assert waits is not None
    return waits


def heard(waits: Idling, within: float = 10.0) -> Heard:
    """The next that is not "nothing", waited for at the socket."""
    while select.select([waits.fileno()], [], [], within)[0]:
        if (told := waits.hear()) != "nothing":
            return told
    return "nothing"


def settled(waits: Idling) -> Idling:
    """When it waits, or has come to its end."""
    while not waits.worked and not waits.gone and select.select([waits.fileno()], [], [], 10)[0]:
        if waits.hear() == "over":
            break
    return waits


@pytest.fixture
def at() -> Iterator[Callable[..., tuple[ScriptedImap, ImapSource]]]:
    """`at(dialect, twist)` is a server, and a source that is logged in to it."""
    running: list[tuple[ScriptedImap, ImapSource]] = []

    def start(dialect: Dialect, twist: Twist = lambda _command, answer: answer) -> tuple[ScriptedImap, ImapSource]:
        server = ScriptedImap(dialect, twist=twist).__enter__()
        server.deliver("Sent Items", MAIL)
        running.append((server, source_at(server)))
        return running[-1]

    yield start
    for server, source in running:
        source.close()
        server.__exit__(None, None, None)


At = Callable[..., tuple[ScriptedImap, ImapSource]]


@pytest.mark.parametrize(
    ("dialect", "news"),
    [(EXCHANGE, b"* 2 EXISTS\r\n"), (NOTIFYING, b'* STATUS "Sent Items" (MESSAGES 2 UIDNEXT 3)\r\n')],
    ids=["IDLE", "NOTIFY"],
)
def test_news_is_told_while_nothing_was_asked(at: At, dialect: Dialect, news: bytes) -> None:
    server, source = at(dialect)
    waits = settled(begun(source))
    server.push(news)
    assert heard(waits) == "news"
    assert source.state("Sent Items").uidnext == 2


def test_notify_watches_all_folders_and_opens_none(at: At) -> None:
    server, source = at(NOTIFYING)
    list(source.uids("INBOX", 1, None))
    settled(begun(source))
    source.state("INBOX")
    asked = 'NOTIFY SET (mailboxes ("Sent Items" "INBOX") (MessageNew MessageExpunge))'
    assert server.commands[-4:] == [
        "UNSELECT",
        asked,
        "NOTIFY NONE",
        'STATUS "INBOX" (UIDVALIDITY UIDNEXT MESSAGES)',
    ]


def test_idle_watches_the_folder_of_replies_which_is_left_before_it_is_asked_for(at: At) -> None:
    server, source = at(EXCHANGE)
    settled(begun(source))
    source.state("Sent Items")
    assert server.commands[-5:-1] == ['EXAMINE "Sent Items"', "IDLE", "DONE", "UNSELECT"]


@BOTH
def test_ended_before_the_server_has_answered_it_is_ended_well(at: At, dialect: Dialect) -> None:
    _, source = at(dialect)
    for _ in range(3):
        begun(source)
        assert source.state("INBOX").uidnext == 1


@BOTH
def test_it_can_be_ended_in_one_write_with_the_next_question(at: At, dialect: Dialect) -> None:
    server, source = at(dialect)
    settled(begun(source))
    left = source.leave_hints()
    assert left is not None
    ((tag, line),) = left
    assert source._client is not None
    imap = source._client._imap
    imap.send(line + b"\r\nG0 NOOP\r\n")
    assert [imap.readline().split()[:2] for _ in range(2)] == [[tag, b"OK"], [b"G0", b"OK"]]
    source.state("Sent Items")
    assert server.commands[-1].startswith('STATUS "Sent Items"')
    assert source.leave_hints() == [], "nothing waits any more"


def test_one_that_has_hardly_begun_or_has_ended_cannot_be_left_so(at: At) -> None:
    server, source = at(EXCHANGE, lambda command, answer: b"" if command == "IDLE" else answer)
    waits = begun(source)
    while waits.selected is None and select.select([waits.fileno()], [], [], 10)[0]:
        waits.hear()
    server.await_waiting()
    assert source.leave_hints() is None
    server.push(b"* BYE no\r\n")
    while not waits.gone and select.select([waits.fileno()], [], [], 10)[0]:
        waits.hear()
    assert source.leave_hints() is None
    assert len(source.folders()) > 3


@BOTH
def test_it_is_begun_anew_before_the_server_takes_it_for_dead(at: At, dialect: Dialect) -> None:
    server, source = at(dialect)
    waits = settled(begun(source))
    waits.renew()
    server.await_command("DONE|NOTIFY NONE")
    while sum(c == "IDLE" or c.startswith("NOTIFY SET") for c in server.commands) < 2:
        assert select.select([waits.fileno()], [], [], 10)[0]
        waits.hear()
    assert source.state("INBOX").uidnext == 1
    assert not waits.gone


def test_a_server_that_does_not_answer_when_it_is_begun_anew_is_taken_for_dead(at: At) -> None:
    server, source = at(EXCHANGE, lambda command, answer: b"" if command == "DONE" else answer)
    waits = settled(begun(source))
    waits.renew()
    server.await_command("DONE")
    waits.renew()
    assert waits.gone
    assert len(source.folders()) > 3, "asked over a new connection"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"IDLE": b"x NO not now\r\n"}, id="an answer to nobody"),
        pytest.param({"IDLE": b"* BYE Session invalidated - AccessTokenExpired\r\n"}, id="BYE to IDLE"),
        pytest.param({"IDLE": b"\x00\xff{99999}\r\n+ idling\r\n"}, id="garbage"),
        pytest.param({"IDLE": b"+ idling\r\n" + b"* 5 FETCH (FLAGS ())\r\n" * 2000}, id="many lines"),
        pytest.param({"IDLE": b"+ idling\r\n* 7 EXISTS" + b"x" * 20_000}, id="a line of no end"),
        pytest.param({"DONE": b"* BYE bye\r\n"}, id="BYE to DONE"),
        pytest.param({"EXAMINE": b"* BYE bye\r\n"}, id="BYE to EXAMINE"),
    ],
)
def test_whatever_it_says_the_next_question_is_answered(
    at: At, monkeypatch: pytest.MonkeyPatch, odd: dict[str, bytes]
) -> None:
    _, source = at(EXCHANGE, lambda command, answer: odd.get(command.split()[0], answer))
    assert source._client is not None
    source._client.socket().settimeout(0.5)  # who does not go on is not waited for
    waits = begun(source)
    while (told := heard(waits, 0.2)) == "news":
        pass
    assert told in ("nothing", "over")
    assert len(source.folders()) > 3


@pytest.mark.parametrize(
    "refusal",
    [
        (r"IDLE", "NO not now"),
        (r"IDLE", "BAD Command Error. 12"),
        (r"IDLE", "OK IDLE completed."),
        (r"EXAMINE .*", "NO no such folder"),
    ],
)
def test_a_server_that_refuses_is_let_alone_and_the_connection_goes_on(at: At, refusal: tuple[str, str]) -> None:
    server, source = at(replace(EXCHANGE, refuses=(refusal,)))
    waits = begun(source)
    assert heard(waits) == "over"
    assert (waits.worked, waits.gone) == (False, False)
    assert source.state("INBOX").uidnext == 1
    assert sum(command.startswith("LOGIN") for command in server.commands) == 1


def test_where_notify_is_refused_idle_is_tried(at: At) -> None:
    server, source = at(replace(NOTIFYING, refuses=((r"NOTIFY .*", "NO [BADEVENT (MessageNew)] no"),)))
    waits = settled(begun(source))
    server.push(b"* 2 EXISTS\r\n")
    assert heard(waits) == "news"


@BOTH
@pytest.mark.parametrize("words", ["Server shutting down.", "Session invalidated - AccessTokenExpired"])
def test_a_goodbye_meanwhile_is_no_fault_and_a_new_connection_is_opened(at: At, dialect: Dialect, words: str) -> None:
    server, source = at(dialect)
    waits = settled(begun(source))
    server.push(f"* BYE {words}\r\n".encode())
    assert (heard(waits), waits.words) == ("over", words)
    assert len(source.folders()) > 3
    assert sum(command.startswith("LOGIN") for command in server.commands) == 2


def test_a_storm_is_listened_to_up_to_a_limit(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idling, "MOST_HEARD", 10_000)
    server, source = at(EXCHANGE)
    waits = settled(begun(source))
    server.push(b"".join(b"* %d EXISTS\r\n" % n for n in range(2, 2000)))
    while (told := heard(waits)) == "news":
        pass
    assert told == "over"
    assert len(source.folders()) > 3


def test_a_connection_that_was_cut_is_told_as_cut_and_not_opened_again(at: At) -> None:
    _, source = at(EXCHANGE)
    waits = settled(begun(source))
    source.abort()
    assert heard(waits) == "over"
    with pytest.raises(SourceError, match="cut while listing folders"):
        source.folders()


def test_nothing_is_said_to_a_server_that_offers_neither(at: At) -> None:
    _, source = at(OLD)
    assert source.begin_hints(FOLDERS) is None


def test_a_folder_whose_name_would_break_a_command_is_left_out(at: At) -> None:
    server, source = at(NOTIFYING)
    assert source.begin_hints(["a\r\nx DELETE INBOX", "Ünder"]) is not None
    source.folders()
    assert 'NOTIFY SET (mailboxes ("&ANw-nder") (MessageNew MessageExpunge))' in server.commands
    assert not any("DELETE" in command for command in server.commands)


@BOTH
def test_a_connection_that_waits_logs_out(at: At, dialect: Dialect) -> None:
    server, source = at(dialect)
    settled(begun(source))
    source.close()
    server.await_command("LOGOUT")


def test_its_socket_waits_for_answers_again_afterwards(at: At) -> None:
    _, source = at(EXCHANGE)
    assert source._client is not None
    line: socket.socket = source._client.socket()
    before = line.gettimeout()
    begun(source)
    assert line.gettimeout() == 0
    source.folders()
    assert line.gettimeout() == before
