"""What a delivery report says of each recipient: RFC 3464's own forms, those of programs, and any bytes at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.inbox.reports import failures
from monitor.inbox.source import ReportParts

RETURNED = b"Received: from x by y\r\nMessage-ID: <answer@ours.example>\r\nSubject: Re: Question\r\n\r\n"
HEAD = b"Reporting-MTA: dns; relay.example\r\nArrival-Date: Mon, 11 Nov 2024 12:00:00 +0000\r\n\r\n"
FAILED_ANN = ("failed <answer@ours.example> ann@people.example",)


def told(status: bytes, returned: bytes = RETURNED) -> tuple[str, ...]:
    return failures(ReportParts(HEAD + status, returned))


@pytest.mark.parametrize(
    "status",
    [
        b"Final-Recipient: rfc822; ann@people.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"Final-recipient: RFC822;Ann@People.Example\r\nAction: Failed\r\n",
        b"Original-Recipient: rfc822;ann@people.example\nFinal-Recipient: rfc822; ann@people.example\nAction: failed\n",
        b"Final-Recipient: rfc822; <ann@people.example>\r\nAction: failed (no such user)\r\n",
        b"Final-Recipient: utf-8; ann@people.example\r\nAction: failed\r\n",
        b"Final-Recipient: ann@people.example\r\nAction: failed\r\n",
        b"Final-Recipient: rfc822;\r\n ann@people.example\r\nAction:\r\n failed\r\n",
        b"Final-Recipient: rfc822; ann@people.example (Ann)\r\nStatus: 5.0.0\r\n",
        b"Action: failed\r\nFinal-Recipient: rfc822; ann@people.example\r\nX-Supplementary-Info: <550 a@b>\r\n",
    ],
    ids=["rfc", "case", "both the same", "brackets", "utf-8", "no type", "folded", "status only", "other order"],
)
def test_one_recipient_failed(status: bytes) -> None:
    assert told(status) == FAILED_ANN


@pytest.mark.parametrize(
    ("action", "status", "word"),
    [
        (b"delayed", b"4.4.1", "delayed"),
        (b"delivered", b"2.0.0", "delivered"),
        (b"relayed", b"2.0.0", "relayed"),
        (b"expanded", b"2.0.0", "expanded"),
        (b"", b"4.4.1", "delayed"),
        (b"something", b"5.0.0", "failed"),
    ],
)
def test_the_action_is_told_or_follows_from_the_class_of_the_status(action: bytes, status: bytes, word: str) -> None:
    fields = b"Final-Recipient: rfc822; ann@people.example\r\nAction: %s\r\nStatus: %s\r\n" % (action, status)
    assert told(fields) == (f"{word} <answer@ours.example> ann@people.example",)


def test_a_forwarded_address_is_told_beside_the_one_that_was_written_to() -> None:
    final = b"Final-Recipient: rfc822; a.new@host.example\r\nAction: failed\r\n"
    assert set(told(b"Original-Recipient: rfc822; ann@people.example\r\n" + final)) == {
        *FAILED_ANN,
        "failed <answer@ours.example> a.new@host.example",
    }


@pytest.mark.parametrize("between", [b"\r\n", b"", b" \r\n", b"\r\n\r\n"], ids=["rfc", "none", "a blank", "two"])
def test_each_recipient_keeps_its_own_action(between: bytes) -> None:
    ann = b"Final-Recipient: rfc822; ann@people.example\r\nAction: failed\r\n"
    bob = b"Final-Recipient: rfc822; bob@people.example\r\nAction: delayed\r\n"
    assert told(ann + between + bob) == (*FAILED_ANN, "delayed <answer@ours.example> bob@people.example")


@pytest.mark.parametrize(
    "returned",
    [
        b"",
        b"Subject: Re: Question\r\n\r\n",
        b"Subject: x\r\n\r\nMessage-ID: <told@in.the.text>\r\n",
        b"Message-ID:\r\n",
    ],
    ids=["nothing", "no id", "in the text", "empty"],
)
def test_without_the_id_of_the_mail_nobody_knows_what_failed(returned: bytes) -> None:
    assert told(b"Final-Recipient: rfc822; ann@people.example\r\nAction: failed\r\n", returned) == ()


@pytest.mark.parametrize(
    "status",
    [
        b"",
        b"Final-Recipient: rfc822; ann@people.example\r\n",
        b"Action: failed\r\nStatus: 5.1.1\r\n",
        b"Final-Recipient: rfc822; root\r\nAction: failed\r\n",
        b"Final-Recipient: rfc822; ann @people.example\r\nAction: failed\r\n",
    ],
    ids=["empty", "no action", "nobody", "no domain", "a blank inside"],
)
def test_what_names_no_outcome_of_an_address_is_left_out(status: bytes) -> None:
    assert told(status) == ()


def test_escapes_of_utf_8_addresses_are_read_but_bring_in_no_blank() -> None:
    assert told(b"Final-Recipient: utf-8; j\\x{F6}rg@people.example\r\nAction: failed\r\n") == (
        "failed <answer@ours.example> jörg@people.example",
    )
    assert told(b"Final-Recipient: utf-8; a\\x{20}<b@c.example>\\x{0A}@x.example\r\nAction: failed\r\n") == (
        "failed <answer@ours.example> b@c.example",
    )


def test_of_many_recipients_fifty_are_told() -> None:
    groups = (b"Final-Recipient: rfc822; a%d@x.example\r\nAction: failed\r\n\r\n" % n for n in range(80))
    assert len(told(b"".join(groups))) == 50


FIELD = st.sampled_from(
    [b"Final-Recipient: rfc822; ", b"Original-Recipient: ", b"Action: failed", b"Status: 5", b"\r\n", b"a@b"]
)
BYTES = st.lists(st.one_of(st.binary(max_size=40), FIELD), max_size=20).map(b"".join)


@given(BYTES, st.one_of(st.just(RETURNED), BYTES.map(lambda b: b"Message-ID: <" + b)))
def test_any_bytes_give_entries_of_three_printable_words(status: bytes, returned: bytes) -> None:
    for entry in failures(ReportParts(status, returned)):
        assert re.fullmatch(r"[a-z]+ <[!-~]{1,248}> \S{3,254}", entry)
        assert entry.isprintable()
