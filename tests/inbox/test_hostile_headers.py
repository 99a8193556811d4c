"""Headers made to keep a reader busy: each of these is read at once; some have taken minutes."""

import pytest

from monitor.core.authentication import standing
from monitor.core.message import Message
from monitor.inbox.reading import DATES, Unreadable, read
from monitor.inbox.source import HEADER_LIMIT
from tests.core.situations import HOUSE

FROM = "From: ann@customer.example\r\n"
BLANKS = " " * 15_000
FIELDS = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc")
SIGNS = ("<", ">", '"', "(", ")", "[", ",", ":", ";", "@", "\\", "=?", "a@", "a:", "a.", "(a", "=?utf-8?q?", "\t")

HOSTILE = {
    "blanks-before-a-comment": f"{FROM}To: a@b.c,{BLANKS}(x",
    "the-same-with-tabs": f"{FROM}To: a@b.c,{BLANKS}(x".replace("  ", "\t\t"),
    "the-same-in-latin-1": f"{FROM}To: ä@b.c,{BLANKS}(x",
    "the-same-folded": f"{FROM}To: a@b.c" + (",\r\n" + " " * 990 + "(x") * 16,
    "the-same-in-six-fields": "\r\n".join(f"{field}: a@b.c,{' ' * 2600}(x" for field in FIELDS),
    "words-without-an-address": f"{FROM}To: {'a ' * 1900}<",
    "dashes-without-an-end": f"{FROM}To: a@{'a-' * 1900}!",
    "dots-without-an-end": f"{FROM}To: {'a.' * 1900}!",
    "nested-comments": f"{FROM}To: {'(a' * 8000}{')' * 100}",
    "encoded-words-without-end": f"{FROM}Subject: {'=?utf-8?q?' * 1600}",
    "one-long-encoded-word": f"{FROM}Subject: =?utf-8?b?{'A' * 15_000}?=",
    "in-reply-to-without-an-at": f"{FROM}In-Reply-To: {'x' * 16_000}",
    "in-reply-to-of-long-words": f"{FROM}In-Reply-To: {' '.join(['x' * 900] * 17)}",
    "references-without-an-at": f"{FROM}References: {'x' * 16_000}",
    "references-of-long-words": f"{FROM}References: {' '.join(['x' * 900] * 17)}",
    "message-id-without-an-at": f"{FROM}Message-ID: {'x' * 16_000}",
    "message-from-nobody": f"{FROM}In-Reply-To: Message from {BLANKS}of",
    "message-of-of-of": f"{FROM}In-Reply-To: Message from {'of ' * 5000}",
    "digits-as-a-date": f"{FROM}Date: {'1' * 16_000}",
    "numbers-as-a-date": f"{FROM}Date: {'1 ' * 8000}",
    "results-of-blanks": f"{FROM}Authentication-Results: dmarc{BLANKS}",
    "results-without-a-result": f"{FROM}Authentication-Results: {'dmarc =' * 2000}",
    "a-sender-at-at-at": f"From: {'a at ' * 3000}",
    "a-subject-of-prefixes": f"{FROM}Subject: {'Re: ' * 4000}",
    "a-fold-a-line": f"{FROM}Cc:" + "\r\n " * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_it_ends_at_once(name: str) -> None:
    assert isinstance(read(HOSTILE[name].encode() + b"\r\n\r\n"), Message | Unreadable)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("field", [*FIELDS, "Message-ID", "In-Reply-To", "References", "Subject", "Return-Path"])
def test_a_field_full_of_one_sign_is_read_at_once(field: str, sign: str) -> None:
    header = f"{field}: {sign * (HEADER_LIMIT // len(sign))}\r\nX-Last: 1\r\n\r\n"
    sender = "" if field in ("From", "Sender", "Reply-To", "Return-Path") else FROM
    assert isinstance(read((sender + header).encode()), Message | Unreadable)


def test_what_stands_beside_a_hostile_field_is_read_as_ever() -> None:
    message = read(f"{FROM}Message-ID: <1@customer.example>\r\n{HOSTILE['blanks-before-a-comment']}\r\n\r\n".encode())
    assert isinstance(message, Message)
    assert (message.from_.address, message.message_id) == ("ann@customer.example", "<1@customer.example>")


@pytest.mark.parametrize(
    "results",
    [
        "mx.ours; spf=pass smtp.mailfrom=dmarc=pass@evil.example; dmarc=fail header.from=ours.example",
        "mx.ours; " + "dkim=fail (bad signature) header.d=relay.example header.s=selector; " * 9 + "dmarc=fail",
    ],
)
def test_a_failed_check_is_found_wherever_it_stands_in_the_results(results: str) -> None:
    message = read(f"Authentication-Results: {results}\r\nFrom: boss@ours.example\r\n\r\n".encode())
    assert isinstance(message, Message)
    assert standing(message, HOUSE) == "fail"


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 +0000",
        "Fri, 31 Dec 9999 23:59:59 -0800",
        "Mon, 1 Jan 0001 00:00:00 +0000",
        "1 Jan 0001 00:00:00 -0000",
        "99 Foo 2024",
    ],
)
def test_a_date_that_no_store_gives_back_is_none(date: str) -> None:
    message = read(f"{FROM}Date: {date}\r\n\r\n".encode())
    assert isinstance(message, Message)
    assert message.sent_at is None or message.sent_at.year in DATES
