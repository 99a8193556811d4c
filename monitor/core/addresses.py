"""GROUND. Which spellings of a mail address are one and the same."""

import re

ALSO_FROM = ":also-from"
"""A fact: the further addresses of a From that holds several (RFC 5322 §3.6.2 allows it). No header field can have a
name with a colon, so nobody can forge it."""

NULL_SENDER = "<>"
"""The address of a mail system that gives none, in From nor in the envelope (RFC 5321 §4.5.5)."""

_BETWEEN = re.compile(r"[\s<>(),;:\"\[\]]+")


def plain_address(address: str) -> str:
    """The address without its detail (RFC 5233): `info+permits@ours.example` is `info@ours.example`.

    Google's two domains are one: `ann@googlemail.com` is `ann@gmail.com`. What is no address stays as it is.
    """
    if "+" not in address and not address.endswith("@googlemail.com"):  # nearly all
        return address
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    name, _, _ = local.partition("+")
    return f"{name or local}@{'gmail.com' if domain == 'googlemail.com' else domain}"


def spellings(address: str) -> tuple[str, ...]:
    """The address as the config may have it: as it stands, plain, or of Google's other domain."""
    if "+" not in address and not address.endswith(("@gmail.com", "@googlemail.com")):
        return (address,)
    plain = plain_address(address)
    other = (plain.removesuffix("gmail.com") + "googlemail.com",) if plain.endswith("@gmail.com") else ()
    return (address, plain, *other)


def a_labels(address: str) -> str:
    """Address, domain or pattern with its domain in A-labels (RFC 5890): `bücher.example` is `xn--bcher-kva.example`.

    A label that only looks like ASCII (full-width letters, invisible characters) stays as it is: whoever writes
    `ｏｕｒｓ.example` is not ours.example.
    """
    if address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    return local + at + ".".join(_a_label(label) for label in domain.split("."))


def _a_label(label: str) -> str:
    if label.isascii() or "*" in label or "?" in label:
        return label
    try:
        encoded = label.encode("idna").decode("ascii")
    except UnicodeError:
        return label
    return encoded if encoded.startswith("xn--") and "." not in encoded else label


def addresses_in(text: str) -> tuple[str, ...]:
    """Every address in a header's value, in its order, lower case; names and comments are not told from them."""
    return tuple(a_labels(word.lower()) for word in _BETWEEN.split(text) if "@" in word[1:-1]) if "@" in text else ()
