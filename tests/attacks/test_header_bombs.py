"""Headers made to break or to drown a reader, on a real server: each is read or told of, in bounded time."""

import resource
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.ids import MOST_REFERENCES
from monitor.core.message import Message
from monitor.inbox.people import LONGEST_NAME
from monitor.inbox.reading import LONGEST_SUBJECT, MOST_ADDRESSES, Unreadable, read
from tests.story.house import ROOT, House, at

NOW = at("Tue 12:00")
SAMPLES = sorted((ROOT / "tests" / "letters").glob("*.eml"))
BODY = b"\r\nGood morning.\r\n"
FROM = b"From: Ann <ann@reader.example>\r\nTo: info@ours.example\r\nDate: Mon, 11 Nov 2024 09:00:00 +0000\r\n"


def mime(depth: int) -> bytes:
    """Parts within parts, a thousand deep."""
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return head + b"Content-Type: text/plain\r\n\r\nHello\r\n"


def bombs(size: int) -> dict[str, bytes]:
    """Mails by what is wrong with them; `size` bytes of it."""
    many = size // 40
    ids = b" ".join(b"<%d.x@reader.example>" % n for n in range(many))
    people = b", ".join(b"p%d <p%d@reader.example>" % (n, n) for n in range(many))
    folded = ids.replace(b" ", b"\r\n ")
    word = b"=?utf-8?b?" + b"QUFB" * 16 + b"?="
    head = {
        "one-long-line": b"Subject: " + b"x" * size,
        "references": b"References: " + ids,
        "references-folded": b"References: " + folded,
        "in-reply-to": b"In-Reply-To: " + folded,
        "recipients": b"Cc: " + people.replace(b", ", b",\r\n "),
        "encoded-words": b"Subject: " + (word + b"\r\n ") * (size // 80) + b"x",
        "encoded-names": b"Cc: " + b",\r\n ".join(word + b" <p%d@reader.example>" % n for n in range(size // 120)),
        "many-fields": b"".join(b"X-Field-%d: x\r\n" % n for n in range(10_000)) + b"X-Last: 1",
        "many-subjects": b"Subject: one\r\n" * 10_000 + b"X-Last: 1",
        "many-senders": b"From: other%d@reader.example\r\n" * 1000 % tuple(range(1000)) + b"X-Last: 1",
        "nul": b"Subject: a\x00b\x00",
        "eight-bit": b"Subject: caf\xe9 \xff\xfe",
        "broken-utf-8": b"Subject: \xc3\x28 \xf0\x9f",
        "unknown-charset": b"Subject: =?x-nobody-knows?q?=E4=F6?= =?utf-9?b?4pyT?=",
        "broken-base64": b"Subject: =?utf-8?b?4pyT4pyT4p?=",
        "utf-7": b"Subject: =?utf-7?q?+ADw-script+AD4-?=",
        "surrogates": b"Subject: =?utf-8?b?7aCA7bCA?=",
        "colonless": b"this is no field\r\nnor this",
        "date-1970": b"X: 1",
        "comment-bomb": b"Cc: " + b"(" * (size // 4) + b"a@b.example",
        "quote-bomb": b'Cc: "' + b'\\"' * (size // 4) + b"<a@b.example>",
        "group-bomb": b"Cc: " + b"g:" * (size // 4) + b"a@b.example;",
    }
    found = {name: FROM + field + b"\r\n" + BODY for name, field in head.items()}
    found["cr-only"] = (FROM + b"Subject: one\r\n" + BODY).replace(b"\r\n", b"\r")
    found["lf-only"] = (FROM + b"Subject: two\r\n" + BODY).replace(b"\r\n", b"\n")
    found["no-header"] = b"\r\nonly a body\r\n"
    found["empty"] = b"\r\n"
    found["nested"] = FROM + b"MIME-Version: 1.0\r\n" + mime(1000)
    for date in ("Thu, 01 Jan 1970 00:00:00 +0000", "Sun, 13 Sep 2099 12:26:40 +0000", "x" * 181, "", "99 Foo 20244"):
        found[f"date-{date[:12]}"] = FROM.replace(b"Mon, 11 Nov 2024 09:00:00 +0000", date.encode()) + BODY
    return found


def with_ids(mails: dict[str, bytes]) -> dict[str, bytes]:
    """Each with an id, but for every third, which has a digest."""
    return {
        name: (b"" if n % 3 == 0 or name in ("empty", "no-header") else b"Message-ID: <%d@reader.example>\r\n" % n)
        + raw
        for n, (name, raw) in enumerate(mails.items())
    }


@pytest.mark.parametrize("size", [200_000, pytest.param(4_000_000, marks=pytest.mark.full)])
def test_every_bomb_is_read_or_told_of_and_the_round_ends(house: House, size: int) -> None:
    house.opens(at("Mon 08:00"))
    mails = with_ids(bombs(size))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for raw in mails.values():
        house.dovecot.append(house.address("info"), "INBOX", raw, at("Mon 09:00"))
    arrived, flags = len(house.flags()["info", "INBOX"]), house.flags()
    started = time.perf_counter()
    house.round(NOW)
    took = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"\n{arrived} bombs of {size} bytes: {took:.1f} s; {grown} MB more at the peak")
    shown = [m for t in house.threads(NOW) for m in t["messages"]]
    troubles = house.status(NOW)["troubles"]

    assert arrived == len(mails)
    told = {m["message_id"] for m in shown}
    assert {f"<{n}@reader.example>" for n, raw in enumerate(mails.values()) if raw.startswith(b"Message-ID")} <= told
    assert len(shown) - 1 + len(troubles) == arrived
    assert {t["reason"] for t in troubles} <= {"no sender can be read in its header"}
    assert len(troubles) <= 3
    assert took < 30
    assert house.flags() == flags
    assert all(len(t["subject"]) <= LONGEST_SUBJECT for t in house.threads(NOW))
    assert house.round(NOW + timedelta(minutes=10)) == []


def test_a_mail_with_the_id_of_another_hides_nobody(house: House) -> None:
    house.opens(at("Mon 08:00"))
    first = house.asks(at("Mon 09:00"))
    house.asks(at("Mon 10:00"), "Ben <ben@borrower.example>", id=first.id, subject="Something else")
    house.asks(at("Mon 11:00"), "Mallory <m@evil.example>", id=first.id, subject=first.subject)
    house.asks(at("Mon 11:00"), "Mallory <m@evil.example>", id=first.id, subject=first.subject)
    house.round(NOW)
    waits = [w for w in house.waits(NOW) if w["state"] == "waiting"]
    assert len(waits) >= 2
    assert min(w["opened_at"] for w in waits) == "2024-11-11T09:00:00Z"


def test_mails_without_an_id_are_told_apart_by_their_headers_and_known_again(house: House) -> None:
    house.opens(at("Mon 08:00"))
    for n in range(5):
        raw = FROM.replace(b"09:00:00", b"09:00:0%d" % n) + b"Subject: Same words\r\n" + BODY
        house.dovecot.append(house.address("info"), "INBOX", raw, at("Mon 09:00"))
    house.round(NOW)
    before = house.threads(NOW)
    house.dovecot.lose_uid_list(house.address("info"), "INBOX")
    house.round(NOW + timedelta(minutes=5))
    assert len([m for t in before for m in t["messages"]]) == 6
    assert house.threads(NOW) == before


def bounded(found: Message | Unreadable) -> None:
    """What was read fits the store and a screen."""
    if isinstance(found, Unreadable):
        assert len(found.reason) < 200
        return
    assert len(found.subject) <= LONGEST_SUBJECT
    assert len(found.from_.name) <= LONGEST_NAME
    assert len(found.recipients) <= MOST_ADDRESSES
    assert len(found.references) <= MOST_REFERENCES
    for text in (
        found.subject,
        *found.from_,
        found.identity,
        *found.references,
        *(x for r in found.recipients for x in r),
    ):
        text.encode()
        assert not any(c < " " or "\x7f" <= c < "\xa0" or "\u2028" <= c <= "\u202e" for c in text)


@given(st.binary(max_size=4000))
def test_any_bytes_are_read(raw: bytes) -> None:
    bounded(read(raw))


EDIT = st.tuples(st.integers(0, 5000), st.integers(0, 40), st.binary(max_size=40))


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.lists(EDIT, max_size=8))
def test_any_letter_with_any_pieces_changed_is_read(path: object, edits: list[tuple[int, int, bytes]]) -> None:
    raw = ROOT.joinpath(str(path)).read_bytes()
    for at_, length, piece in edits:
        place = at_ % (len(raw) + 1)
        raw = raw[:place] + piece + raw[place + length :]
    bounded(read(raw))


WORDS = (
    "From To Cc Bcc Sender Reply-To Subject Date Message-ID References In-Reply-To Authentication-Results Received "
    "Content-Type Auto-Submitted List-Id Return-Path X-Beenthere"
)
NAMES = st.sampled_from(WORDS.split())
SIGNS = tuple('<>"(),;:@\\\r\x00é\ud83d')
MORE = (
    "ann@x.example",
    "=?utf-8?q?",
    "=0D=0A",
    "?=",
    "=?utf-8?b?4pyT?=",
    "\r\n ",
    "\n\t",
    "Ann",
    "g:",
    "<a@b>",
    "+9999",
)
PIECES = st.sampled_from((*SIGNS, *MORE, "Mon, 11 Nov 2024 09:00:00 +0000", "[]"))
VALUES = st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=100)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=12), st.sampled_from(["utf-8", "latin-1", "utf-16"]))
def test_any_fields_made_of_what_breaks_readers_are_read(fields: list[tuple[str, str]], charset: str) -> None:
    raw = b"\r\n".join(f"{name}: {value}".encode(charset, "replace") for name, value in fields)
    bounded(read(raw + b"\r\n\r\n"))
