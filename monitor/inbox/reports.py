"""FLOOR 1. What a delivery report says of each recipient (RFC 3464): facts for the rules, in the form of FAILED."""

import re
from collections.abc import Iterator, Sequence

from monitor.core.ids import find_ids
from monitor.inbox.cleaning import clean
from monitor.inbox.lines import Fields, split_fields
from monitor.inbox.source import ReportParts

MOST_FAILURES = 50
LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3

_LINE_END = re.compile(rb"\r\n?")
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")
_COMMENT = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[a-z]+")
_TYPE = re.compile(r"\s*[A-Za-z0-9-]+\s*;")
_ADDRESS = re.compile(r"[^\s<>(),;:\"\[\]@]+@[^\s<>(),;:\"\[\]@]+")
_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")

_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
"""RFC 3464 §2.3.3."""
_OF_STATUS = {"2": "delivered", "4": "delayed", "5": "failed"}
"""The classes of RFC 3463, for reports without a readable Action."""


def failures(parts: ReportParts) -> tuple[str, ...]:
    """`action <message-id> recipient` for each recipient in a report, at most 50. Total; all lower case but the id.

    The final recipient and the original one (the address that was written to) each get an entry where they differ.
    Empty where the returned header bears no Message-ID: nobody can say then which mail it was.
    """
    message_id = _returned_id(parts.returned)
    if not message_id:
        return ()
    entries = (
        f"{action} {message_id} {recipient}"
        for block in _blocks(parts.status)
        for action, recipient in _outcomes(split_fields(block))
    )
    return tuple(dict.fromkeys(entries))[:MOST_FAILURES]


def _returned_id(returned: bytes) -> str:
    # Only its first block: what comes after a header is a text, in which anything may stand.
    values = split_fields(_blocks(returned.lstrip(b"\r\n \t"))[0]).get("message-id", [b""])
    return next(iter(find_ids(_text(values[0]))), "")


def _blocks(raw: bytes) -> list[bytes]:
    return _BLANK_LINE.split(_LINE_END.sub(b"\n", raw))


def _outcomes(fields: Fields) -> Iterator[tuple[str, str]]:
    """(action, recipient) of one group. RFC 3464 parts groups by a blank line; some programs forget it."""
    finals, originals = fields.get("final-recipient", []), fields.get("original-recipient", [])
    for at in range(max(len(finals), len(originals))):
        action = _action(_at(fields.get("action", []), at), _at(fields.get("status", []), at))
        if action:
            for value in (_at(finals, at), _at(originals, at)):
                recipient = _recipient(value)
                if recipient:
                    yield action, recipient


def _at(values: Sequence[bytes], at: int) -> str:
    return _text(values[at]) if at < len(values) else ""


def _action(action: str, status: str) -> str:
    word = _WORD.match(_COMMENT.sub(" ", action).strip().lower())
    if word and word[0] in _ACTIONS:
        return word[0]
    return _OF_STATUS.get(status.strip()[:1], "")


def _recipient(value: str) -> str:
    """Without the type of the address (`rfc822;`, `utf-8;` with its escapes, RFC 6533 §3), brackets and comments."""
    bare = _XTEXT.sub(_character, _TYPE.sub("", value, count=1))
    found = _ADDRESS.search(_COMMENT.sub(" ", bare))
    recipient = clean(found[0], LONGEST_ADDRESS + 1).lower() if found else ""
    fits = len(recipient) <= LONGEST_ADDRESS and recipient.isprintable() and " " not in recipient
    return recipient if fits else ""


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number <= 0x10FFFF else ""


def _text(value: bytes) -> str:
    return value[:1000].decode("utf-8", "replace")
