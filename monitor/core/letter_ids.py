"""GROUND. The Message-IDs of our own letters: made the same way each time, and known again by their signature.

The domain alone proves nothing: staff's own mail bears ids of the same domain (situation 36).
"""

import hmac
import re
from hashlib import sha256

_FORM = re.compile(r"<im\.([a-z]+)\.([0-9a-f]{24})\.([0-9a-f]{20})@[^<>@\s]+>")


def letter_id(kind: str, obligation: str, domain: str, key: bytes) -> str:
    """The Message-ID of the letter of this `kind` for this `obligation` (any text that names it once and for all)."""
    body = sha256(obligation.encode("utf-8", "replace")).hexdigest()[:24]
    return f"<im.{kind}.{body}.{_sign(kind, body, key)}@{domain}>"


def is_letter_id(message_id: str, key: bytes) -> bool:
    """Whether this store's key signed `message_id`."""
    match = _FORM.fullmatch(message_id)
    return bool(match) and hmac.compare_digest(match[3], _sign(match[1], match[2], key))  # type: ignore[index]  # bool(match) guards


def _sign(kind: str, body: str, key: bytes) -> str:
    # 80 bits, as for the reply tokens (experience.md §2).
    return hmac.new(key, f"{kind}.{body}".encode(), sha256).hexdigest()[:20]
