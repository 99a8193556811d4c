"""From header bytes to a Message: total, sanitised, and the same by the fast way and by mail-parser."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.addresses import ALSO_FROM, NULL_SENDER
from monitor.core.message import Address, Message
from monitor.core.staff import Staff
from monitor.inbox import people, plain, reading
from monitor.inbox.cleaning import clean
from monitor.inbox.fields import FIELDS
from monitor.inbox.lines import split_fields
from monitor.inbox.people import LONGEST_ADDRESS, LONGEST_NAME
from monitor.inbox.reading import (
    LONGEST_FACT,
    LONGEST_SUBJECT,
    MOST_ADDRESSES,
    Unreadable,
    last_hop,
    read,
)
from tests.inbox.facts import UNWANTED, mails_below, read_slowly, texts

LETTERS = Path(__file__).parent.parent / "letters"
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
INFO = Address("", "info@ours.example")
ANN = Address("", "ann@customer.example")
ANN_OTHER = Address("Ann Other", "ann@customer.example")
MUELLER = Address("Jürgen Müller", "jm@customer.example")
ON_THE_PAPER: dict[str, dict[str, Any]] = {
    "plain-question": {
        "from_": ANN_OTHER,
        "recipients": (
            Address("Info", INFO.address),
            Address("", "bob@customer.example"),
            Address("Third, Carl", "carl@customer.example"),
        ),
        "sent_at": datetime(2026, 11, 9, 9, tzinfo=UTC),
        "subject": "A parking permit",
        "headers": {"return-path": ("<ann@customer.example>",)},
    },
    "carriage-returns-only": {
        "message_id": "<cr.1@customer.example>",
        "from_": ANN_OTHER,
        "subject": "A parking permit",
    },
    "encoded-words-in-name-and-subject": {"from_": MUELLER, "subject": "Parkausweis für Anwohner"},
    "latin-1-bytes-in-name-and-subject": {"from_": MUELLER, "subject": "Parkausweis für € 5"},
    "utf-8-bytes-in-subject": {"from_": MUELLER, "subject": "Parkausweis für 住民"},
    "references-folded-and-with-commas": {
        "in_reply_to": ("<refs.3@ours.example>",),
        "references": ("<refs.1@customer.example>", "<refs.2@ours.example>", "<refs.3@ours.example>"),
        "subject": "Re: A parking permit",
    },
    "ids-without-brackets": {"message_id": "<bare.2@customer.example>", "in_reply_to": ("<bare.1@ours.example>",)},
    "in-reply-to-your-message-of": {"in_reply_to": ("<prose.1@ours.example>",)},
    "no-message-id": {"message_id": "", "from_": ANN, "subject": "Sent by a scanner"},
    "two-message-ids-and-two-subjects": {
        "message_id": "<first.1@customer.example>",
        "subject": "The first subject",
        "recipients": (INFO, Address("", "ops@ours.example")),
        "headers": {"auto-submitted": ("no", "auto-replied")},
    },
    "group-rewrote-from": {
        "from_": Address("'Ann Other' via Info", INFO.address),
        "reply_to": (ANN_OTHER,),
        "headers": {
            "x-original-from": ("Ann Other <ann@customer.example>",),
            "x-original-sender": ("ann@customer.example",),
            "list-id": ("<info.ours.example>",),
            "precedence": ("list",),
        },
    },
    "bounce-with-null-return-path": {
        "from_": Address("Mail Delivery System", "mailer-daemon@mx.customer.example"),
        "headers": {
            "return-path": ("<>",),
            "auto-submitted": ("auto-replied",),
            "content-type": ('multipart/report; report-type=delivery-status; boundary="x"',),
        },
    },
    "bounce-from-a-lone-word": {"from_": Address("Mail Delivery Subsystem", "mailer-daemon")},
    "bounce-from-a-named-lone-word": {"from_": Address("Mail Delivery Subsystem", "mailer-daemon")},
    "bounce-with-an-empty-from": {"from_": Address("Mail Delivery System", NULL_SENDER)},
    "bounce-without-from": {"from_": Address("", NULL_SENDER), "recipients": (INFO,)},
    "two-addresses-in-from": {
        "from_": Address("Info", INFO.address),
        "headers": {ALSO_FROM: ("x@evil.example",), "sender": ("x@evil.example",)},
    },
    "address-before-the-address-in-from": {
        "from_": Address(INFO.address, "x@evil.example"),
        "headers": {ALSO_FROM: (INFO.address,)},
    },
    "staff-address-as-the-name": {"from_": Address(INFO.address, "x@evil.example"), "headers": {}},
    "staff-address-in-an-encoded-name": {
        "from_": Address("Info <info@ours.example>", "x@evil.example"),
        "headers": {},
    },
    "domain-in-letters-of-its-own": {
        "from_": Address("Ann Other", "ann@xn--bcher-kva.example"),
        "reply_to": (Address("Ann Other", "ann@xn--bcher-kva.example"),),
    },
    "list-of-ours-by-its-old-headers": {
        "from_": ANN_OTHER,
        "headers": {
            "sender": ("users-bounces@lists.example",),
            "mailing-list": ("contact users-help@lists.example; run by ezmlm",),
            "x-beenthere": ("users@lists.example",),
            "precedence": ("bulk",),
        },
    },
    "filters-that-let-it-pass": {"from_": ANN_OTHER, "headers": {}},
    "filter-that-says-spam": {
        "headers": {"x-forefront-antispam-report": ("CIP:192.0.2.1;SCL:6;SFV:SPM",)},
    },
    "out-of-office": {
        "in_reply_to": ("<reply.1@ours.example>",),
        "headers": {
            "auto-submitted": ("auto-generated (vacation)",),
            "x-auto-response-suppress": ("All",),
            "precedence": ("bulk",),
        },
    },
    "web-form-with-the-customer-in-reply-to": {
        "from_": Address("Contact form", "noreply@forms.example"),
        "reply_to": (ANN_OTHER,),
    },
    "user-at-host-of-a-list-archive": {"from_": ANN_OTHER, "recipients": (), "sent_at": TEN},
    "bidi-override-and-control-characters": {
        "from_": Address("Ann rehtO", "ann@customer.example"),
        "subject": "invoice fdp.exe [31mred line",
    },
    "header-injection-in-an-encoded-word": {
        "from_": Address("=?utf-8?Q?Ann=0D=0ABcc=3A_all=40ours=2Eexample?=", "ann@customer.example"),
        "recipients": (INFO,),
        "subject": "Hello Auto-Submitted: auto-replied",
        "headers": {},
    },
    "name-that-repeats-the-address": {"from_": ANN, "recipients": (INFO,)},
    "sender-where-from-is-empty": {"from_": MUELLER},
    "strange-date": {"sent_at": None, "subject": "When was that"},
    "undisclosed-recipients": {"recipients": (), "subject": "To all of you"},
}


@pytest.mark.parametrize("letter", ON_THE_PAPER)
def test_what_is_read_of_a_letter(letter: str) -> None:
    message = read(letter_bytes(letter))
    assert isinstance(message, Message)
    assert {name: getattr(message, name) for name in ON_THE_PAPER[letter]} == ON_THE_PAPER[letter]
    assert message.identity.startswith("sha256:") == (message.message_id == "")


def test_a_letter_without_a_sender_cannot_be_read_and_says_so() -> None:
    assert read(letter_bytes("no-sender")) == Unreadable("no sender can be read in its header")


def test_every_letter_has_its_row() -> None:
    assert {path.stem for path in LETTERS.glob("*.eml")} == {*ON_THE_PAPER, "no-sender"}


@pytest.mark.parametrize("letter", [*ON_THE_PAPER, "no-sender"])
def test_mail_parser_reads_every_letter_like_the_fast_way(letter: str) -> None:
    assert read_slowly(letter_bytes(letter)) == read(letter_bytes(letter))


def test_the_identity_without_an_id_is_of_the_whole_header() -> None:
    wanted = letter_bytes("no-message-id")
    one, other = read(wanted, wanted + b"Received: a"), read(wanted, wanted + b"Received: b")
    assert isinstance(one, Message)
    assert isinstance(other, Message)
    assert one.identity != other.identity
    assert replace(one, identity="") == replace(other, identity="")


@pytest.mark.parametrize(
    ("what", "header", "hop"),
    [
        (
            "the topmost",
            b"Received: a; Mon, 9 Nov 2026 11:00:00 +0100\nReceived: b; Sun, 8 Nov 2026 10:00:00 +0000",
            TEN,
        ),
        ("folded", b"Received: from a\r\n\tby b (x; y);\r\n\tMon, 9 Nov 2026 10:00:00 +0000 (UTC)", TEN),
        ("the topmost that can be read", b"Received: a; once\nReceived: b; Mon, 9 Nov 2026 10:00:00 +0000", TEN),
        ("without a zone it is UTC", b"Received: a; Mon, 9 Nov 2026 10:00:00", TEN),
        ("no date", b"Received: from a by b", None),
        ("no Received", b"Date: Mon, 9 Nov 2026 10:00:00 +0000", None),
        ("nothing", b"", None),
        ("no date that there is", b"Received: a; Mon, 39 Nov 2026 10:00:00 +0000", None),
        ("a year beyond all", b"Received: a; Mon, 9 Nov 99999 10:00:00 +0000", None),
    ],
)
def test_when_our_side_took_the_mail(what: str, header: bytes, hop: datetime | None) -> None:
    assert last_hop(header) == hop, what


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"A: 1\r\nB: 2\r\n", {"a": [b"1"], "b": [b"2"]}),
        (b"A: 1\nA: 2\n", {"a": [b"1", b"2"]}),
        (b"A: 1\r\n 2\r\n\t3\r\n", {"a": [b"1 2 3"]}),
        (b"A : 1", {"a": [b"1"]}),
        (b"A:\r\n 1", {"a": [b" 1"]}),
        (b" lost\r\nA: 1", {"a": [b"1"]}),
        (b"no field\r\n lost too\r\nA: 1", {"a": [b"1"]}),
        (b"A: 1\x002", {"a": [b"12"]}),
        (b"\xff: 1\nA: \xff", {"a": [b"\xff"]}),
        (b"", {}),
    ],
)
def test_header_bytes_as_fields(raw: bytes, fields: dict[str, list[bytes]]) -> None:
    assert split_fields(raw) == fields


OURS = Staff(mailboxes=frozenset({INFO.address}), domains=("ours.example",))


@pytest.mark.parametrize(
    "from_",
    [
        "info@ours.example, x@evil.example",
        "x@evil.example, info@ours.example",
        "Info <info@ours.example>, <x@evil.example",
        "info@ours.example <x@evil.example>",
        "x@evil.example <info@ours.example>",
        "<info@ours.example> <x@evil.example>",
        "Info <info@ours.example x@evil.example>",
        "info@ours.example; x@evil.example",
        "group: info@ours.example;, x@evil.example",
        "info@ours.example (a comment <x@evil.example>",
        '"info@ours.example\\" <x@evil.example>',
        "info@ours.example\r\nFrom: x@evil.example",
        "x@evil.example (info@ours.example)",
        "=?utf-8?q?info=40ours.example=2C?= <x@evil.example>",
        "=?utf-8?q?=22?= info@ours.example =?utf-8?q?=22?= <x@evil.example>",
        "info@ours.example@evil.example",
        "info@о" + "urs.example",
    ],
)
def test_no_way_to_write_from_makes_an_outsider_staff(from_: str) -> None:
    message = read(f"From: {from_}\r\nTo: ann@customer.example\r\n".encode())
    assert isinstance(message, Message)
    assert not OURS.is_ours(OURS.writer(message).address)


@pytest.mark.parametrize(
    "from_",
    [
        "info@ours.example",
        '"Info, at the desk" <info@ours.example>',
        '"ann@customer.example" <info@ours.example>',
        "info@ours.example (ann@customer.example)",
        "=?utf-8?q?ann=40customer.example?= <info@ours.example>",
        "Eva <eva@ours.example>, info@ours.example",
    ],
)
def test_staff_stay_staff_whatever_their_name_is(from_: str) -> None:
    message = read(f"From: {from_}\r\nTo: ann@customer.example\r\n".encode())
    assert isinstance(message, Message)
    assert OURS.is_ours(OURS.writer(message).address)


def test_every_field_is_asked_for_once() -> None:
    assert len({name.lower() for name in FIELDS}) == len(FIELDS)


# -- for any bytes

_names = st.sampled_from([*FIELDS, "Received", "X-Anything"]).map(str.encode)
_words = rb"""
<a@b.example> Ann~<ann@c.example> ~ " ( ) < > @ , ; : \ [ ] =?utf-8?Q?=C3=BC?= =?utf-8?B? =?x-none?Q?=FF?= ?= =0D=0A
=?utf-8?Q?=0D=0AX:_y?= =?utf-8?Q?=00?= =?utf-16?B?2AA=?= Mon,~9~Nov~2026~10:00:00~+0000 undisclosed-recipients:;
user~at~host.example~(N) 9999999999 -2400
"""
_pieces = st.sampled_from(
    [word.replace(b"~", b" ") for word in _words.split()]
    + [b"\x00", b"\x1b[31m", b"\xff", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xc2\x85", b"\r\n ", b"\n\t"]
)
_values = st.lists(_pieces | st.binary(max_size=12) | st.just(b" "), max_size=8).map(b"".join)
_lines = st.tuples(
    _names, st.sampled_from([b": ", b":", b" : ", b""]), _values, st.sampled_from([b"\r\n", b"\n", b"\r"])
)
headers = st.lists(_lines.map(b"".join), max_size=10).map(b"".join)


@given(st.binary(max_size=600) | headers)
def test_for_any_bytes_reading_returns_and_what_it_returns_is_clean(header: bytes) -> None:
    found = read(header)
    last_hop(header)
    if isinstance(found, Unreadable):
        assert UNWANTED.search(found.reason) is None
        return
    assert [text for text in texts(found) if UNWANTED.search(text)] == []
    assert found.identity
    assert found.from_.address
    assert found.sent_at is None or found.sent_at.tzinfo is UTC
    assert len(found.subject) <= LONGEST_SUBJECT
    assert len(found.recipients) <= MOST_ADDRESSES
    assert all(len(value) <= LONGEST_FACT for values in found.headers.values() for value in values)
    for person in (found.from_, *found.recipients, *found.reply_to):
        assert len(person.name) <= LONGEST_NAME
        assert len(person.address) <= LONGEST_ADDRESS
        assert person.address == person.address.lower()


@given(st.binary(max_size=600) | headers)
def test_with_a_sender_anything_can_be_read(header: bytes) -> None:
    assert isinstance(read(b"From: ann@customer.example\r\n" + header), Message)


@given(st.text(max_size=300), st.integers(1, 60))
def test_clean_text_is_one_line_of_printable_characters(text: str, longest: int) -> None:
    cleaned = clean(text, longest)
    assert UNWANTED.search(cleaned) is None
    assert len(cleaned) <= longest
    assert cleaned == cleaned.strip()
    assert clean(cleaned, longest) == cleaned


# -- the fast way and mail-parser

_word = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789'_-+.!", min_size=1, max_size=8)
_label = st.text("abcxyz019", min_size=1, max_size=6)
_local = st.lists(_label, min_size=1, max_size=2).map(".".join)
_address = st.tuples(_local, _label).map("@".join) | st.tuples(_local, _label).map(lambda p: f"{p[0]}@{p[1]}.Example")
_phrase = st.lists(_word, min_size=1, max_size=3).map(" ".join)
_quoted = st.text("abc XYZ,.;:<>()@[]'019", max_size=12).map(lambda text: f'"{text}"')
_encoded = st.tuples(
    st.text(max_size=9),
    st.sampled_from(["utf-8", "ISO-8859-1", "us-ascii", "utf-16", "x-none"]),
    st.sampled_from("bqBQ"),
).map(lambda w: encoded_word(*w))
_mixed = st.lists(_encoded | _word, min_size=1, max_size=4).map(" ".join)
_mailbox = _address | st.one_of(
    st.tuples(_phrase | _quoted | _mixed, _address).map(lambda p: f"{p[0]} <{p[1]}>"),
    st.tuples(_mixed, _address).map(lambda p: f"{p[0]}<{p[1]}>"),
    st.tuples(_address, _phrase | _mixed).map(lambda p: f"{p[0]} ({p[1]})"),
    st.tuples(_address, _phrase).map(lambda p: f"{p[0].replace('@', ' at ')} ({p[1]})"),
)
_people = st.lists(_mailbox, min_size=1, max_size=4).map(", ".join)
_day = st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1))  # noqa: DTZ001  # the zone is written behind it
_date = st.tuples(
    _day,
    st.sampled_from(["%a, %d %b %Y %H:%M:%S", "%a, %e %b %Y %H:%M:%S", "%d %b %Y 24:%M:%S", "%a %b %e %H:%M:%S %Y"]),
).map(lambda d: d[0].strftime(d[1]))
_zone = st.sampled_from(
    ["+0000", "-0000", "+0100", "-0730", "+1400", "+0000 (UTC)", "-0500 (EST)", "GMT", "UT", "EST", ""]
)
_subject = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60) | _mixed
_ids = st.lists(
    _address.map("<{}>".format) | st.sampled_from(["<a b@c>", "<>", "a@b.example", "<x@y><z@w>"]), max_size=3
)
_fact_lines = st.sampled_from(
    [
        "Content-Type: multipart/report; a=b",
        "Content-Type: text/plain",
        "Precedence:  bulk",
        "list-id: a  <b.c>",
        "X-Spam:",
    ]
)
_folds = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(["\r\n ", "\r\n\t", " \r\n ", "\r\n \r\n ", "\n ", "\r\n"]))
)


def encoded_word(text: str, charset: str, kind: str) -> str:
    """The text as an encoded word (RFC 2047), also where its charset cannot say it or nobody knows it."""
    raw = text.encode(charset if charset != "x-none" else "utf-8", "replace")
    said = base64.b64encode(raw).decode() if kind in "bB" else "".join(f"={octet:02X}" for octet in raw)
    return f"=?{charset}?{kind}?{said}?="


def folded(header: str, folds: list[tuple[int, str]]) -> str:
    """The header with some of its blanks written as folds."""
    words = header.split(" ")
    for place, fold in folds:
        words.insert(place % len(words), fold)
    return " ".join(words)


@st.composite
def plain_headers(draw: st.DrawFn) -> bytes:
    """Headers as nearly all mail has them."""
    lines = [f"Message-ID: <{draw(_address)}>", f"To: {draw(_people)}"]
    lines += [f"{name}: {draw(_people)}" for name in ("From", "Cc", "Reply-To", "Sender") if draw(st.booleans())]
    lines += [f"{name}: {' '.join(draw(_ids))}" for name in ("References", "In-Reply-To") if draw(st.booleans())]
    lines += [f"Subject: {draw(_subject)}", f"Date: {draw(_date)} {draw(_zone)}".rstrip(), *draw(st.lists(_fact_lines))]
    return folded("\r\n".join(lines), draw(_folds)).encode() + b"\r\n"


@example(b"From: Ann =?utf-8?q?_O.?= Other <ann@customer.example>\r\n")
@given(plain_headers())
def test_plain_headers_are_the_same_to_the_fast_way_and_to_mail_parser(header: bytes) -> None:
    assert read(header) == read_slowly(header)


@pytest.mark.parametrize("sender", [b"", b"From: ann@customer.example\r\n"])
@given(headers)
def test_strange_headers_are_the_same_to_the_fast_way_and_to_mail_parser(sender: bytes, header: bytes) -> None:
    assert read(sender + header) == read_slowly(sender + header)


@pytest.mark.parametrize(
    "line",
    [
        'To: Eva <eva@ours.example>, "Info, desk" <info@ours.example>,\r\n\tben@customer.example (Ben Other)',
        "Cc: undisclosed-recipients:;",
        "Subject: =?utf-8?q?Caf=C3=A9?= =?iso-8859-1?B?/A==?= and more",
        "Reply-To: Eva =?utf-8?q?M=C3=BCller?= <eva@ours.example>",
        "Date: Sat,  7 Nov 2026 10:00:00 GMT",
        "Date: Sat Nov  7 10:00:00 2026",
    ],
)
def test_ordinary_mail_needs_no_mail_parser(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_judge", lambda field, value: pytest.fail(f"{field}: {value}"))
    forget_people()
    assert isinstance(read(f"From: Ann Other <ann@customer.example>\r\n{line}\r\n\r\n".encode()), Message)


def forget_people() -> None:
    for remembered in (people.plain_people, people.plain_person, reading.judged_people):
        remembered.cache_clear()


def test_of_long_address_headers_only_the_people_are_kept_in_memory() -> None:
    forget_people()
    to_many = ", ".join(f"p{n}@customer.example" for n in range(50))
    for _ in range(2):
        read(f"From: ann@customer.example\r\nTo: {to_many}\r\nCc: ü {to_many}\r\n\r\n".encode())
    assert (people.plain_people.cache_info().currsize, reading.judged_people.cache_info().currsize) == (1, 0)
    assert people.plain_person.cache_info()[:2] == (50, 51)


def test_of_long_names_nothing_is_kept_in_memory() -> None:
    forget_people()
    found = read(f"From: a@b.example\r\nTo: {'Ann ' * 100}<ann@customer.example>, c@d.example\r\n\r\n".encode())
    assert isinstance(found, Message)
    assert [(len(to.name), to.address) for to in found.recipients] == [(119, ANN.address), (0, "c@d.example")]
    assert people.plain_person.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"Other, Ann" <a@b.example>,c@d.example', [("Other, Ann", "a@b.example"), ("", "c@d.example")]),
        ('"a>, <x@y.example" <a@b.example>', [("a>, <x@y.example", "a@b.example")]),
        ('a@b.example "', None),
        ('a@b.example "c@d.example', None),
        ('"Ann \\" Other" <a@b.example>', None),
        ("a@b.example,", None),
        ("a@b.example, , c@d.example", None),
        ("a@b.example (Ann, Other)", None),
        ("=?utf-8?q?Other,_Ann?= <a@b.example>", None),
    ],
)
def test_what_no_comma_parts_is_one_mailbox(value: str, expected: list[tuple[str, str]] | None) -> None:
    found = plain.mailboxes(value)
    pairs = None if found is None else [plain.mailbox(text) for text in found]
    assert (None if pairs is None or None in pairs else pairs) == expected


def test_the_development_corpora_are_read_whole_and_both_ways_agree(corpora: Path) -> None:
    """Runs where the corpora are: named by INBOX_MONITOR_CORPORA, or packed beside the repository."""
    mails = readable = 0
    differing: list[str] = []
    for name, header in mails_below(corpora):
        found = read(header)
        mails, readable = mails + 1, readable + isinstance(found, Message)
        if found != read_slowly(header):
            differing.append(name)
        if isinstance(found, Message):
            assert not any(UNWANTED.search(text) for text in texts(found)), name
    assert differing == []
    assert mails > 5000
    assert readable > 0.5 * mails


def letter_bytes(letter: str) -> bytes:
    """The header of a letter."""
    return (LETTERS / f"{letter}.eml").read_bytes()
