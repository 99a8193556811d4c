"""GROUND. A secret that a server sends back in its error reaches no log, letter or table (failures.md §6)."""

from base64 import b64encode

HIDDEN = "[secret]"


def without(text: str, secret: str, username: str = "") -> str:
    """The text with the secret, in any form in which a protocol carries it, shown as `[secret]`."""
    for form in _forms(secret, username) if secret else ():
        text = text.replace(form, HIDDEN)
    return text


def _forms(secret: str, username: str) -> list[str]:
    """As it is; quoted (RFC 3501 §4.3); as Python writes bytes; in base64, alone and as PLAIN (RFC 4616)."""
    raw = secret.encode("utf-8", "replace")
    plain = f"\0{username}\0".encode("utf-8", "replace") + raw
    authorised = f"{username}\0{username}\0".encode("utf-8", "replace") + raw
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    written = [repr(form.encode("utf-8", "replace"))[2:-1] for form in (secret, quoted)]
    coded = [b64encode(form).decode("ascii") for form in (authorised, plain, raw)]
    # The longest first: a shorter form may be a piece of it.
    return sorted({secret, quoted, *written, *coded}, key=len, reverse=True)
