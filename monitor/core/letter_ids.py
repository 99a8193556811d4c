"""GROUND. The Message-IDs of our own letters: made the same way each time, and known again by their signature.

The domain alone proves nothing: staff's own mail bears ids of the same domain (situation 36). The signature is also the
letter's token: who answers the letter, or has the tag of its subject, has seen it (experience.md §2).
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterator
from hashlib import sha256

_FORM = re.compile(r"<im\.([a-z]+)\.([0-9a-f]{24})\.([a-z2-7]{16}|[0-9a-f]{20})@[^<>@\s]+>")
"""Letters of earlier versions, signed in hexadecimal digits, still lie in mailboxes."""
_HEX = 20
_GROUPS = r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}"
_TAG = re.compile(rf"\[({_GROUPS})\]", re.IGNORECASE | re.ASCII)


def letter_id(kind: str, obligation: str, domain: str, key: bytes) -> str:
    """The Message-ID of the letter of this `kind` for this `obligation` (any text that names it once and for all)."""
    body = sha256(obligation.encode("utf-8", "replace")).hexdigest()[:24]
    return f"<im.{kind}.{body}.{_base32(_sign(kind, body, key))}@{domain}>"


def is_letter_id(message_id: str, key: bytes) -> bool:
    """Whether this store's key signed `message_id`."""
    match = _FORM.fullmatch(message_id) if message_id.startswith("<im.") else None
    if match is None:
        return False
    digest = _sign(match[1], match[2], key)
    return hmac.compare_digest(match[3], digest.hex() if len(match[3]) == _HEX else _base32(digest))


def token_of(message_id: str, key: bytes) -> str:
    """The token of a letter: 16 letters of base32 (RFC 4648 §6, lower case), 80 bits; empty where it has none.

    So for an id that this key has not signed, and for a letter of an earlier version.
    """
    match = _FORM.fullmatch(message_id)
    signed = match is not None and len(match[3]) != _HEX and is_letter_id(message_id, key)
    return match[3] if match is not None and signed else ""


def is_token_of(token: str, message_id: str, key: bytes) -> bool:
    """Whether `token` is that of this letter; how long that takes tells nobody how near a guess was."""
    own = token_of(message_id, key)
    return bool(own) and token.isascii() and hmac.compare_digest(own, token)


def tag_of(token: str) -> str:
    """A token as people see it, in groups of four: `k7qm-3vxa-bz5e-w2hd`; empty for none."""
    return "-".join(token[at : at + 4] for at in range(0, len(token), 4))


def tokens_in(subject: str) -> Iterator[str]:
    """The tokens in a subject, the last one first: what a mail program adds stands before it. None need be valid."""
    for tag in reversed(_TAG.findall(subject)):
        yield tag.replace("-", "").lower()


def without_tags(subject: str) -> str:
    """The subject without such tags."""
    return " ".join(_TAG.sub(" ", subject).split())


def _sign(kind: str, body: str, key: bytes) -> bytes:
    """80 bits: nobody guesses one, and it fits a subject."""
    return hmac.new(key, f"{kind}.{body}".encode(), sha256).digest()[:10]


def _base32(digest: bytes) -> str:
    return b32encode(digest).decode("ascii").lower()
