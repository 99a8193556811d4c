"""The parts of a mail: numbered as RFC 3501 §6.4.5 does, decoded as far as they go, whatever anybody says."""

from base64 import b64encode
from quopri import encodestring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.inbox.parts import Part, decoded, parts_of, report_pair, text_part, text_start

PLAIN = (b"TEXT", b"PLAIN", (b"CHARSET", b"UTF-8"), None, None, b"7BIT", 10, 1, None, None, None, None)
HTML = (b"text", b"html", None, None, None, b"QUOTED-PRINTABLE", 10, 1)
NOTES = (b"text", b"plain", None, None, None, b"7bit", 9, 1, None, (b"ATTACHMENT", (b"FILENAME", b"n.txt")), None, None)
ENVELOPE = (None, b"attachment", None, None, None, None, None, None, None, b"<1@x.example>")
LETTER = (b"message", b"rfc822", None, None, None, b"7bit", 99, ENVELOPE, PLAIN, 5, None, (b"inline", None), None, None)
STATUS = (b"message", b"delivery-status", None, None, None, b"7bit", 99, None, None, None, None)


def multipart(*parts: tuple[object, ...]) -> tuple[object, ...]:
    return (list(parts), b"mixed", None, None, None)


def test_parts_are_numbered_by_where_they_stand() -> None:
    parts = parts_of(multipart(multipart(HTML, multipart(PLAIN)), LETTER, NOTES))
    assert [(part.number, part.kind) for part in parts] == [
        ("1.1", "text/html"),
        ("1.2.1", "text/plain"),
        ("2", "message/rfc822"),
        ("3", "text/plain"),
    ]
    assert parts_of(PLAIN) == [Part("1", "text/plain", "7bit", "utf-8")]


def test_only_a_disposition_makes_an_attachment() -> None:
    assert [part.attached for part in parts_of(multipart(PLAIN, NOTES, LETTER))] == [False, True, False]


def test_the_plain_text_is_taken_before_html_and_never_an_attachment() -> None:
    assert text_part(parts_of(multipart(NOTES, HTML, PLAIN))) == Part("3", "text/plain", "7bit", "utf-8")
    assert text_part(parts_of(multipart(NOTES, LETTER))) is None


def test_the_returned_mail_comes_after_the_status() -> None:
    status, returned = report_pair(parts_of(multipart(LETTER, STATUS, LETTER)))
    assert status is not None
    assert returned is not None
    assert (status.number, returned.number) == ("2", "3")
    assert report_pair(parts_of(multipart(LETTER))) == (None, None)


@given(st.binary(max_size=200), st.integers(0, 300))
def test_what_was_cut_is_decoded_as_far_as_it_goes(content: bytes, cut: int) -> None:
    assert content.startswith(decoded(b64encode(content)[:cut], "base64"))
    assert decoded(b64encode(content), "base64") == content
    assert decoded(encodestring(content), "quoted-printable") == content


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "idna", "punycode", "undefined", "base64", "zlib", "x\0y", "hex", "no"]
)
def test_a_codec_that_is_no_charset_of_mail_counts_as_unknown(charset: str) -> None:
    part = Part("1", "text/plain", "8bit", charset)
    assert text_start(part, [part], "Größe \\d".encode()).text == "Größe \\d"


def test_a_character_that_was_cut_is_left_out() -> None:
    for charset in ("utf-8", "", "x-unheard-of"):
        part = Part("1", "text/plain", "8bit", charset)
        assert text_start(part, [part], "Größe".encode()[:3]).text == "Gr"


def test_a_text_brings_in_no_control_characters() -> None:
    part = Part("1", "text/plain", "7bit", "utf-8")
    assert text_start(part, [part], "a\x1b[31m\r\nb\u202ec\0d\r\n".encode()).text == "a [31m\nb c d"


WORDS = st.one_of(st.none(), st.integers(), st.binary(max_size=8), st.sampled_from([b"text", b"plain", b"attachment"]))
STRUCTURES = st.recursive(WORDS, lambda inner: st.one_of(st.lists(inner), st.lists(inner).map(tuple)), max_leaves=40)


@given(STRUCTURES)
def test_any_structure_gives_parts(structure: object) -> None:
    for part in parts_of(structure):
        assert all(number.isdigit() for number in part.number.split("."))


@given(
    st.binary(max_size=300), st.sampled_from(["", "base64", "quoted-printable", "7bit", "odd"]), st.text(max_size=12)
)
def test_any_bytes_in_any_charset_give_a_text(raw: bytes, encoding: str, charset: str) -> None:
    part = Part("1", "text/plain", encoding, charset)
    text = text_start(part, [part], raw).text
    assert all(ord(letter) >= 32 or letter == "\n" for letter in text)
