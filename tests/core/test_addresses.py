"""Which spellings of an address are one and the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.addresses import a_labels, addresses_in, plain_address, spellings


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("info@ours.example", "info@ours.example"),
        ("info+permits@ours.example", "info@ours.example"),
        ("info+a+b@ours.example", "info@ours.example"),
        ("+permits@ours.example", "+permits@ours.example"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("ann+x@googlemail.com", "ann@gmail.com"),
        ("info+x@evil.example@ours.example", "info@ours.example"),
        ("mailer-daemon", "mailer-daemon"),
        ("a+b", "a+b"),
        ("<>", "<>"),
        ("", ""),
    ],
)
def test_the_detail_of_an_address_says_nothing(address: str, plain: str) -> None:
    assert plain_address(address) == plain
    assert plain in spellings(address)


def test_googles_two_domains_are_found_by_either() -> None:
    assert set(spellings("ann@gmail.com")) == set(spellings("ann@googlemail.com"))


@pytest.mark.parametrize(
    ("written", "on_the_wire"),
    [
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("jörg@ours.example", "jörg@ours.example"),
        ("b*ü.example", "b*ü.example"),
        ("ann@" + "ü" * 80 + ".example", "ann@" + "ü" * 80 + ".example"),
    ],
)
def test_a_domain_has_one_form(written: str, on_the_wire: str) -> None:
    assert a_labels(written) == on_the_wire


@pytest.mark.parametrize(
    "domain", ["ｏｕｒｓ.example", "ou\u200brs.example", "ours。example", "оurs.example", "ours.eхample"]
)
def test_what_only_looks_like_a_domain_never_becomes_it(domain: str) -> None:
    """Full width, a letter nobody sees, another full stop, Cyrillic letters."""
    assert a_labels(f"info@{domain}") != "info@ours.example"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_has_one_plain_form_and_one_wire_form(local: str, domain: str) -> None:
    address = f"{local}@{domain}".lower()
    assert plain_address(plain_address(address)) == plain_address(address)
    assert a_labels(a_labels(address)) == a_labels(address)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Other <Ann@Customer.example>", ("ann@customer.example",)),
        ('"a@x.example" <b@y.example>', ("a@x.example", "b@y.example")),
        ("contact users-help@lists.example; run by ezmlm", ("users-help@lists.example",)),
        ("b@bücher.example", ("b@xn--bcher-kva.example",)),
        ("nobody at home", ()),
        ("@ x@ @y", ()),
        ("", ()),
    ],
)
def test_the_addresses_in_a_text(text: str, found: tuple[str, ...]) -> None:
    assert addresses_in(text) == found
