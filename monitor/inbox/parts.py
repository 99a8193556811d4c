"""FLOOR 1. The parts of a mail: which of them a question is about, and how their bytes become text. Total, no I/O."""

import codecs
import quopri
import re
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.inbox.cleaning import clean
from monitor.inbox.source import REPORT_LIMIT, TEXT_LIMIT, TextStart

STATUS_LIMIT = 6_144
"""So much of a delivery-status part; what is left of REPORT_LIMIT is for the returned header."""
RETURNED_LIMIT = REPORT_LIMIT - STATUS_LIMIT
MOST_PARTS = 200

WITH_HEADER = frozenset({"message/rfc822", "message/global"})
"""A whole mail: of it only the header is asked for."""
_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED = WITH_HEADER | {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
"""RFC 3464 §2, RFC 6522 §3, RFC 6533 §5–7."""

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_CUT_ESCAPE = re.compile(rb"=[0-9A-Fa-f]?\Z")
_NO_CHARSET = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "unicode_escape"})
"""Codecs of Python's own that are no character sets of mail."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part that holds no others: its number (RFC 3501 §6.4.5), type/subtype, encoding and charset in lower case.

    `method` is that of a calendar part (RFC 6047 §2.4).
    """

    number: str
    kind: str
    encoding: str = ""
    charset: str = ""
    attached: bool = False
    method: str = ""


def parts_of(structure: object) -> list[Part]:
    """The parts in a BODYSTRUCTURE (RFC 3501 §7.4.2) as imapclient gives it: the parts of a multipart in a list.

    What is odd is passed over. A mail that is attached counts as one part.
    """
    found: list[Part] = []
    left: list[tuple[str, object]] = [("", structure)]
    while left and len(found) < MOST_PARTS:
        number, node = left.pop()
        if not isinstance(node, tuple) or len(node) < 2:
            continue
        if isinstance(node[0], list):
            inner = [(f"{number}.{i}".lstrip("."), child) for i, child in enumerate(node[0], 1)]
            left += reversed(inner)
        else:
            found.append(_part(number or "1", node))
    return found


def report_pair(parts: Sequence[Part]) -> tuple[Part | None, Part | None]:
    """The delivery-status part, and the part with the header of the mail it tells of, which comes after it."""
    at = next((i for i, part in enumerate(parts) if part.kind in _STATUS), None)
    if at is None:
        return None, None
    return parts[at], next((part for part in parts[at + 1 :] if part.kind in _RETURNED), None)


def calendar_method(parts: Sequence[Part]) -> str:
    """The method of the first calendar part (`request`, `reply`, …), lower case; empty where there is none."""
    return next((part.method for part in parts if part.kind == "text/calendar" and part.method), "")


def text_part(parts: Sequence[Part]) -> Part | None:
    """The first plain text, else the first HTML, that is no attachment."""
    open_ = [part for part in parts if not part.attached]
    return next((part for kind in ("text/plain", "text/html") for part in open_ if part.kind == kind), None)


def text_start(part: Part, parts: Sequence[Part], raw: bytes) -> TextStart:
    """What `raw`, the first bytes of `part` as sent, says."""
    text = _characters(decoded(raw[:TEXT_LIMIT], part.encoding), part.charset)
    lines = "\n".join(clean(line, TEXT_LIMIT) for line in text.splitlines()).strip("\n")
    attached = any(p.attached or p.kind.partition("/")[0] not in ("text", "multipart") for p in parts)
    return TextStart(lines, part.kind == "text/html", attached)


def decoded(raw: bytes, encoding: str) -> bytes:
    """Without its transfer encoding (RFC 2045 §6), as far as it goes: `raw` may be cut anywhere."""
    if encoding == "base64":
        letters = _NOT_BASE64.sub(b"", raw)
        if len(letters) % 4 == 1:
            letters = letters[:-1]
        return a2b_base64(letters + b"=" * (-len(letters) % 4))
    if encoding == "quoted-printable":
        return quopri.decodestring(_CUT_ESCAPE.sub(b"", raw))
    return raw


def _characters(raw: bytes, charset: str) -> str:
    """In its charset; where nobody knows that, UTF-8, else cp1252. A last character that was cut is left out."""
    try:
        known = codecs.lookup(charset).name not in _NO_CHARSET if charset else False
        if known:
            return raw.decode(charset, "replace").rstrip("\ufffd")
    except (LookupError, ValueError):
        pass  # no charset of this world
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _part(number: str, node: Sequence[object]) -> Part:
    kind = f"{_word(node, 0)}/{_word(node, 1)}"
    parameters = node[2] if len(node) > 2 and isinstance(node[2], tuple) else ()
    named = dict(_pairs(parameters))
    return Part(number, kind, _word(node, 5), named.get("charset", ""), _attached(node), named.get("method", ""))


def _attached(node: Sequence[object]) -> bool:
    # Where the disposition stands depends on the kind, and servers leave fields out; no other field looks like it.
    return any(
        isinstance(item, tuple) and len(item) == 2 and not isinstance(item[1], bytes) and _word(item, 0) == "attachment"
        for item in node[7:]
    )


def _pairs(parameters: Sequence[object]) -> Iterator[tuple[str, str]]:
    for at in range(0, len(parameters) - 1, 2):
        yield _word(parameters, at), _word(parameters, at + 1)


def _word(node: Sequence[object], at: int) -> str:
    word = node[at] if at < len(node) else None
    return word.decode("ascii", "replace").strip().lower()[:100] if isinstance(word, bytes) else ""
