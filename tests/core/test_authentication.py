"""What the server that took a mail in says of its From, and what senders write to be believed (RFC 8601)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.authentication import authserv_id, is_aligned, results, standing
from monitor.core.house import House
from monitor.core.message import Address, Message
from tests.core.situations import HOUSE, mail

EVA = Address("Eva Staff", "eva@ours.example")
TRUSTING = replace(HOUSE, authserv_ids=frozenset({"mx.ours.example"}))


def from_eva(*values: str, **more: str) -> Message:
    """A mail in Eva's name with these Authentication-Results, topmost first, and other headers."""
    headers = {name.replace("_", "-"): (value,) for name, value in more.items()}
    message = mail("10:00 Eva → Ann, info").message
    return replace(message, headers=headers | ({"authentication-results": values} if values else {}))


def stands(*values: str, house: House = HOUSE, **more: str) -> str:
    """What is said of Eva's mail."""
    return standing(from_eva(*values, **more), house)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("mx.ours.example; dmarc=pass header.from=ours.example", "pass"),
        ("mx.ours.example; dmarc=pass (p=reject dis=none) header.from=ours.example", "pass"),
        ("mx.ours.example; dmarc=pass", "pass"),
        ("mx.ours.example 1; DMARC/1 = Pass", "pass"),
        ("mx.ours.example; dkim=pass header.d=ours.example header.s=x header.b=abc", "pass"),
        ("mx.ours.example; dkim=pass header.i=@mail.ours.example", "pass"),
        ("mx.ours.example; dkim=fail header.d=ours.example; dkim=pass header.d=ours.example", "pass"),
        ("mx.ours.example; spf=pass smtp.mailfrom=eva@ours.example", "pass"),
        ("mx.ours.example; spf=pass (sender ip is 192.0.2.1) smtp.mailfrom=bounce.ours.example", "pass"),
        ("spf=pass smtp.mailfrom=ours.example; dmarc=pass action=none header.from=ours.example;compauth=pass", "pass"),
        ("mx.ours.example; dmarc=fail (p=none) header.from=ours.example", "fail"),
        ("mx.ours.example; dkim=pass header.d=ours.example; dmarc=fail header.from=ours.example", "fail"),
        ("mx.ours.example; dmarc=none header.from=ours.example", "none"),
        ("mx.ours.example; dmarc=temperror; spf=softfail smtp.mailfrom=ours.example", "none"),
        ("mx.ours.example; dmarc=bestguesspass header.from=ours.example", "none"),
        ("mx.ours.example; dkim=pass header.d=evil.example", "none"),
        ("mx.ours.example; dkim=pass header.d=ours.example.evil.example", "none"),
        ("mx.ours.example; dkim=pass header.d=example", "none"),
        ("mx.ours.example; dkim=pass", "none"),
        ("mx.ours.example; spf=pass smtp.mailfrom=x@evil.example", "none"),
        ("mx.ours.example; spf=pass smtp.helo=ours.example", "none"),
        ("mx.ours.example; dmarc=pass header.from=evil.example", "none"),
        ("mx.ours.example; arc=pass (i=1 spf=pass dkim=pass dmarc=pass)", "none"),
        ("mx.ours.example; none", "none"),
        ("", "none"),
    ],
)
def test_what_the_server_says(said: str, expected: str) -> None:
    assert stands(said) == expected


def test_where_nothing_is_said_nothing_is_known() -> None:
    assert stands() == "none"


@pytest.mark.parametrize(
    "said",
    [
        'mx.ours.example; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example; dmarc=fail header.from=ours.example',
        "mx.ours.example; spf=pass smtp.mailfrom=x;dmarc=pass;y@evil.example; dmarc=fail header.from=ours.example",
        'mx.ours.example; spf=pass smtp.mailfrom="("@evil.example; dmarc=fail header.from=ours.example',
        "mx.ours.example; spf=pass smtp.mailfrom=(@evil.example; dmarc=fail header.from=ours.example",
        'mx.ours.example; spf=pass smtp.mailfrom="@evil.example; dmarc=fail header.from=ours.example',
        "mx.ours.example; spf=pass (dmarc=pass) smtp.mailfrom=evil.example; dmarc=fail",
    ],
)
def test_a_failure_wins_over_a_pass_that_the_sender_wrote_into_an_address(said: str) -> None:
    assert stands(said) == "fail"


@pytest.mark.parametrize(
    "said",
    [
        'mx.ours.example; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example',
        'mx.ours.example; spf=pass reason="dkim=pass header.d=ours.example" smtp.mailfrom=evil.example',
        "mx.ours.example; spf=pass (x; dmarc=pass header.from=ours.example) smtp.mailfrom=evil.example",
        "mx.ours.example; spf=pass (a (nested; dmarc=pass) b; dmarc=pass) smtp.mailfrom=evil.example",
        r"mx.ours.example; spf=pass (an escaped \) bracket; dmarc=pass) smtp.mailfrom=evil.example",
        r'mx.ours.example; spf=pass smtp.mailfrom="an escaped \"; dmarc=pass; \" quote"@evil.example',
        "mx.ours.example; spf=pass smtp.mailfrom=x smtp.mailfrom=ours.example y@evil.example",
        'mx.ours.example; spf=none smtp.mailfrom="never closed; dmarc=pass',
        "mx.ours.example; spf=none (never closed; dmarc=pass",
        '"dmarc=pass header.from=ours.example"; none',
    ],
)
def test_what_stands_in_quotes_and_comments_proves_nothing(said: str) -> None:
    assert stands(said) == "none"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("mx.ours.example; dmarc=pass",), "pass"),
        (("MX.Ours.Example 1; dmarc=pass",), "pass"),
        (("mx.evil.example; dmarc=pass",), "none"),
        (("mx.evil.example; dmarc=fail",), "none"),
        (("dmarc=pass header.from=ours.example",), "none"),
        (("mx.evil.example; dmarc=none", "mx.ours.example; dmarc=pass"), "none"),
        (("mx.ours.example; dkim=none", "mx.evil.example; dmarc=pass"), "none"),
        (("mx.ours.example; dkim=none", "mx.ours.example; dmarc=pass"), "none"),
        (("mx.ours.example; dkim=none", "mx.ours.example; dmarc=fail"), "fail"),
        (("mx.ours.example; dmarc=pass", "mx.evil.example; dmarc=fail"), "pass"),
    ],
)
def test_only_the_topmost_field_of_a_server_we_trust_counts(values: tuple[str, ...], expected: str) -> None:
    assert stands(*values, house=TRUSTING) == expected


def test_without_a_trusted_server_the_topmost_is_believed_whoever_wrote_it() -> None:
    assert stands("whoever.example; dmarc=none", "mx.ours.example; dmarc=pass") == "none"
    assert stands("whoever.example; dmarc=fail") == "fail"


def test_a_signature_that_one_of_our_own_lists_broke_is_no_forgery() -> None:
    assert stands("mx.ours.example; dmarc=fail", list_id="<users.lists.example>") == "none"
    assert stands("mx.ours.example; dmarc=fail", list_post="<mailto:everybody@ours.example>") == "none"
    assert stands("mx.ours.example; dmarc=fail", list_id="<users.other.example>") == "fail"
    assert stands("mx.ours.example; dmarc=fail", x_beenthere="users@lists.example") == "fail"


def test_the_domain_in_from_and_the_signed_one_may_be_written_in_either_form() -> None:
    ann = replace(from_eva("mx; dkim=pass header.d=bücher.example"), from_=Address("", "ann@xn--bcher-kva.example"))
    assert standing(ann, HOUSE) == "pass"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ours.example", "ours.example", True),
        ("mail.ours.example", "ours.example", True),
        ("ours.example", "a.b.ours.example", True),
        ("yours.example", "ours.example", False),
        ("example", "ours.example", False),
        ("", "ours.example", False),
        ("", "", False),
    ],
)
def test_domains_are_aligned_where_one_lies_above_the_other(one: str, other: str, expected: bool) -> None:
    assert is_aligned(one, other) is expected
    assert is_aligned(other, one) is expected


@pytest.mark.parametrize(
    ("value", "who"),
    [
        ("mx.ours.example; none", "mx.ours.example"),
        ("MX.ours.example 1; spf=pass", "mx.ours.example"),
        ('"mx.ours.example"; spf=pass', "mx.ours.example"),
        ("(a comment) mx.ours.example (another); spf=pass", "mx.ours.example"),
        ("spf=pass smtp.mailfrom=x", ""),
        ("", ""),
    ],
)
def test_who_wrote_the_results(value: str, who: str) -> None:
    assert authserv_id(value) == who


_pieces = st.sampled_from(
    [
        "mx",
        ";",
        " ",
        "(",
        ")",
        '"',
        "\\",
        "=",
        "dmarc=pass",
        "dkim=pass header.d=ours.example",
        "spf=pass",
        "@",
        ".",
        "ü",
    ]
)


@given(st.lists(_pieces, max_size=30).map("".join) | st.text(max_size=60))
def test_any_value_can_be_read_and_a_failure_in_it_is_never_a_pass(value: str) -> None:
    assert all(result.method for result in results(value))
    assert stands(value) in ("pass", "none")
    assert stands(value + "; dmarc=fail ") == "fail"
