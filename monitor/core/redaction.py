"""GROUND. A secret that a server sends back in its error reaches no log, letter or table (failures.md §6)."""

from base64 import b64encode

HIDDEN = "[secret]"
SHORTEST = 6
"""Bytes of a secret that is looked for inside of other base64: what a shorter one leaves there is in any text."""


def without(text: str, secret: str, username: str = "") -> str:
    """The text with the secret, in any form in which a protocol carries it, shown as `[secret]`."""
    for form in _forms(secret, username) if secret else ():
        text = text.replace(form, HIDDEN)
    return text


def _forms(secret: str, username: str) -> list[str]:
    """As it is; quoted (RFC 3501 §4.3); as Python writes bytes; in base64, alone, as PLAIN (RFC 4616),
    and inside of anything longer, as a token stands in XOAUTH2.
    """
    raw = secret.encode("utf-8", "replace")
    plain = f"\0{username}\0".encode("utf-8", "replace") + raw
    authorised = f"{username}\0{username}\0".encode("utf-8", "replace") + raw
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    written = [repr(form.encode("utf-8", "replace"))[2:-1] for form in (secret, quoted)]
    coded = [b64encode(form).decode("ascii") for form in (authorised, plain, raw)]
    within = [_within(raw, shift) for shift in range(3)] if len(raw) >= SHORTEST else []
    # The longest first: a shorter form may be a piece of it.
    return sorted({secret, quoted, *written, *coded, *within}, key=len, reverse=True)


def _within(raw: bytes, before: int) -> str:
    """What base64 makes of `raw` alone where so many bytes stand before it, modulo 3 (RFC 4648 §4)."""
    coded = b64encode(b"\0" * before + raw).decode("ascii")
    return coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
