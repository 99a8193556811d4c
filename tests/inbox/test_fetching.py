"""FETCH answers as servers send them: in any order, cut anywhere, with news of other things in between."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from monitor.inbox.commands import uid_set
from monitor.inbox.fetched import moment, taken_apart
from monitor.inbox.fetching import Answers, Mails
from monitor.inbox.incoming import MOST_LINE, Incoming
from monitor.inbox.source import WHOLE_LIMIT, RawMail

ECHO = b"BODY[HEADER.FIELDS (MESSAGE-ID FROM)]<0>"
NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)


class Sent(Incoming):
    """What a server sent, in the pieces in which it comes; then it hangs up, or falls silent."""

    def __init__(self, pieces: Iterable[bytes], silent: bool = False) -> None:
        self.pieces, self.silent = list(pieces), silent
        self.sock = self._from = None  # type: ignore[assignment]

    def more(self) -> bool:
        """The next piece."""
        if not self.pieces and self.silent:
            raise TimeoutError
        piece = self.pieces.pop(0) if self.pieces else b""
        self.heard, self.at = self.heard[self.at :] + piece, 0
        return bool(piece)


def cut(raw: bytes, size: int) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def taken(sent: Sent) -> list[RawMail]:
    """The mails up to the first line that is not of a FETCH."""
    mails = Mails()
    while mails(sent):
        pass
    return mails.mails


ITEMS = {
    "uid": b"UID %d",
    "flags": b"FLAGS (\\Seen $Label1)",
    "date": b'INTERNALDATE "11-Nov-2024 13:00:00 +0100"',
    "size": b"RFC822.SIZE 9345",
    "gmail": b"X-GM-THRID 1278455344230334865 X-GM-MSGID 1278455344230334866",
    "modseq": b"MODSEQ (624140003)",
}
ORDERS = st.lists(st.sampled_from([name for name in ITEMS if name != "uid"]), unique=True).flatmap(
    lambda names: st.permutations(["uid", "body", *names])
)
HEADERS = st.sampled_from(
    [b"", b"\r\n", b"Subject: x\r\n\r\n", b")\r\n* 9 FETCH (UID 9)\r\n", b"a {5}\r\n", b"UID 77 FLAGS (\\Answered)"]
)
BETWEEN = st.sampled_from([b"", b"", b"* 4 FETCH (FLAGS (\\Answered))\r\n"])


def answer(order: Sequence[str], uid: int, header: bytes) -> bytes:
    said = [ECHO + b" {%d}\r\n%s" % (len(header), header) if i == "body" else ITEMS[i] for i in order]
    return b"* 3 FETCH (" + b" ".join(said).replace(b"UID %d", b"UID %d" % uid) + b")\r\n"


@given(st.lists(st.tuples(ORDERS, HEADERS, BETWEEN), max_size=3), st.integers(1, 400), st.integers(1, 3))
def test_however_it_is_cut_and_ordered_each_mail_is_read_as_it_stands(
    told: list[tuple[list[str], bytes, bytes]], size: int, times: int
) -> None:
    """`times`: the same shape again and again is what is read by one pattern."""
    each = [(order, header, news) for order, header, news in told for _ in range(times)]
    raw = b"".join(news + answer(order, uid, header) for uid, (order, header, news) in enumerate(each, 1))
    sent = Sent([*cut(raw, size), b"* 4 EXISTS\r\n"])
    assert taken(sent) == [
        RawMail(
            uid,
            frozenset(("\\Seen", "$Label1")) if "flags" in order else frozenset(),
            NOON if "date" in order else None,
            9345 if "size" in order else 0,
            header,
            ("1278455344230334866", "1278455344230334865") if "gmail" in order else None,
        )
        for uid, (order, header, _) in enumerate(each, 1)
    ]
    assert sent.readline() == b"* 4 EXISTS\r\n", "and what follows is left to imaplib"


@given(ORDERS, HEADERS)
def test_imapclient_reads_the_same(order: list[str], header: bytes) -> None:
    (mail,) = taken(Sent([answer(order, 5, header), b"A1 OK\r\n"]))
    before, _, after = answer(order, 5, header).removeprefix(b"* ").partition(b"\r\n" + header)
    line, rest = re.sub(rb"FETCH ", b"", before, count=1), after.removesuffix(b"\r\n")
    (judged,) = parse_fetch_response([(line, header), rest], False).values()
    body = next(value for name, value in judged.items() if name.startswith(b"BODY["))
    assert (mail.header, mail.size) == (body, judged.get(b"RFC822.SIZE", 0))
    assert mail.flags == {flag.decode() for flag in judged.get(b"FLAGS", ())}


ODD = {
    "lower case": (b"* 1 fetch (uid 5 flags (\\Seen) body[header]<0> {3}\r\nabc)\r\n", [(5, b"abc")]),
    "quoted": (b'* 1 FETCH (UID 5 BODY[HEADER] "a \\"b\\" {3}")\r\n', [(5, b'a "b" {3}')]),
    "quoted and empty": (b'* 1 FETCH (UID 5 BODY[HEADER] "")\r\n', [(5, b"")]),
    "what is quoted is no item": (b'* 1 FETCH (BODY[HEADER] "UID 6 FLAGS (x)" UID 5)\r\n', [(5, b"UID 6 FLAGS (x)")]),
    "two literals": (b"* 1 FETCH (UID 5 X {3}\r\nabc BODY[HEADER] {2}\r\nde)\r\n", [(5, b"de")]),
    "a binary literal": (b"* 1 FETCH (UID 5 BODY[HEADER] ~{2}\r\nde)\r\n", [(5, b"de")]),
    "a blank at the end": (b"* 1 FETCH (UID 5 BODY[HEADER] {2}\r\nde )\r\n", [(5, b"de")]),
    "without a uid": (b"* 1 FETCH (BODY[HEADER] {2}\r\nde)\r\n", []),
    "news alone": (b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n", []),
    "another line": (b"* OK [ALERT] FETCH is slow today\r\n", []),
    "nothing": (b"* 1 FETCH ()\r\n", []),
}


@pytest.mark.parametrize(("raw", "found"), ODD.values(), ids=ODD)
def test_what_servers_are_known_to_send_is_read(raw: bytes, found: list[tuple[int, bytes]]) -> None:
    assert [(mail.uid, mail.header) for mail in taken(Sent([raw * 2, b"A1 OK\r\n"]))] == found * 2


def test_nil_is_told_apart_from_an_empty_header() -> None:
    for said, nil in ((b"NIL", True), (b'""', False), (b"{0}\r\n", False)):
        mails = Mails()
        mails(Sent([b"* 1 FETCH (UID 5 BODY[HEADER] " + said + b")\r\n", b"A1 OK\r\n"]))
        assert mails.nil is nil


BROKEN = {
    "without an end": b"* 1 FETCH (UID 5 BODY[HEADER] {3}\r\nabcdef\r\n",
    "a size that is none": b"* 1 FETCH (UID 5 BODY[HEADER] {99999999999}\r\n",
    "hung up in the header": b"* 1 FETCH (UID 5 BODY[HEADER] {30}\r\nabc",
    "hung up in the line": b"* 1 FETCH (UID 5 FLAGS () BODY[HEA",
    "literals without an end": b"* 1 FETCH (UID 5" + b" {1}\r\nx" * 200,
    "an endless line": b"* 1 FETCH (UID 5 " + b"x" * (MOST_LINE + 100) + b")\r\n",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    "before", [b"", answer(["uid", "flags", "date", "size", "body"], 4, b"abc")], ids=["", "after"]
)
def test_a_broken_answer_ends_the_connection(raw: bytes, before: bytes) -> None:
    with pytest.raises(Incoming.error):
        taken(Sent(cut(before + raw, 60_000)))


def test_of_a_huge_header_the_first_64_kb_are_kept() -> None:
    huge = b"x" * 3_000_000
    order = ["uid", "flags", "date", "size", "body"]
    raw = answer(order, 1, b"abc") + answer(order, 2, huge) + answer(order, 3, b"def")
    mails = taken(Sent([*cut(raw, 60_000), b"A1 OK\r\n"]))
    assert [(mail.uid, len(mail.header)) for mail in mails] == [(1, 3), (2, WHOLE_LIMIT), (3, 3)]


def test_a_line_is_read_whole_by_whoever_looks_again_when_the_rest_is_there() -> None:
    sent = Sent([b"* 4 EX"], silent=True)
    with pytest.raises(TimeoutError):
        sent.readline()
    sent.pieces.append(b"ISTS\r\nmore")
    assert (sent.readline(), sent.read(4)) == (b"* 4 EXISTS\r\n", b"more")


def test_nothing_is_held_of_what_was_read() -> None:
    sent = Sent([b"* 1 FETCH (UID 5 FLAGS ())\r\n", b"A1 OK\r\n"])
    Answers()(sent)
    sent.readline()
    assert sent.heard == b""


@pytest.mark.parametrize(
    ("said", "at"),
    [
        (b"11-Nov-2024 13:00:00 +0100", NOON),
        (b"11-nov-2024 06:30:00 -0530", NOON),
        (b" 1-Jan-2024 00:00:59 +0000", datetime(2024, 1, 1, 0, 0, 59, tzinfo=UTC)),
        (b"01-Jan-0001 00:30:00 +0000", datetime(1, 1, 1, 0, 30, tzinfo=UTC)),
        (b"01-Jan-0001 02:30:00 +0100", datetime(1, 1, 1, 1, 30, tzinfo=UTC)),
        (b"01-Jan-0001 00:30:00 +0100", None),
        (b"31-Dec-9999 23:30:00 -0100", None),
        (b"29-Feb-2023 12:00:00 +0000", None),
        (b"11-Nov-2024 24:00:00 +0000", None),
        (b"11-Nov-2024 12:60:00 +0000", None),
        (b"11-Nov-2024 12:00:60 +0000", None),
        (b"11-Nov-2024 12.00.00 +0000", None),
        (b"11-Nov-2024 12:00:00 +2400", None),
        (b"11-Nov-2024 12:00:00 UTC", None),
        (b"11-Foo-2024 12:00:00 +0000", None),
        (b"", None),
    ],
)
def test_a_date_is_a_moment_or_none(said: bytes, at: datetime | None) -> None:
    assert moment(said) == at


@given(st.binary(max_size=60), st.lists(st.binary(max_size=3), max_size=2))
def test_whatever_stands_in_an_answer_it_is_taken_apart(text: bytes, literals: list[bytes]) -> None:
    assert taken_apart(b"(" + text + b" BODY[1] {1} UID 5)", literals).header in (None, b"", *literals)


@pytest.mark.parametrize(
    ("uids", "said"),
    [([], ""), ([7], "7"), ([1, 2], "1:2"), ([1, 2, 3, 5, 9, 10], "1:3,5,9:10"), ([5, 4, 3], "5,4,3")],
)
def test_uids_that_follow_each_other_are_one_range(uids: list[int], said: str) -> None:
    assert uid_set(uids) == said
