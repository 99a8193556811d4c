"""ROOF. The demo's IMAP server: what FETCH tells of a mail, and which mails SEARCH finds."""

import re
from collections.abc import Callable
from datetime import date

from monitor.demo.imap_store import Mail
from monitor.demo.imap_syntax import Refused, Word, in_set, internal_date, is_number_set, literal, parse_date, text_of

_BODY = re.compile(r"BODY(?:\.PEEK)?\[(HEADER|HEADER\.FIELDS \(([^()]*)\))\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_HEAD = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"[^\r\n]+(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n)?")

_FACTS: dict[str, Callable[[Mail], str]] = {
    "UID": lambda mail: str(mail.uid),
    "FLAGS": lambda mail: f"({' '.join(mail.flags)})",
    "INTERNALDATE": lambda mail: internal_date(mail.internaldate),
    "RFC822.SIZE": lambda mail: str(len(mail.raw)),
}

_FLAG_KEYS = {name.upper(): f"\\{name}" for name in ("Seen", "Answered", "Flagged", "Deleted", "Draft")}

_DATE_KEYS: dict[str, Callable[[date, date], bool]] = {
    "SINCE": lambda arrived, day: arrived >= day,
    "BEFORE": lambda arrived, day: arrived < day,
    "ON": lambda arrived, day: arrived == day,
}


def fetch_line(number: int, mail: Mail, items: list[str]) -> bytes:
    """`* 3 FETCH (…)`: the asked items of one mail."""
    return b"* %d FETCH (%s)\r\n" % (number, b" ".join(_item(mail, item) for item in items))


def _item(mail: Mail, item: str) -> bytes:
    fact = _FACTS.get(item.upper())
    if fact:
        return f"{item.upper()} {fact(mail)}".encode()
    match = _BODY.fullmatch(item)
    if not match:
        raise Refused(f"BAD {item[:40]} is not served here")
    section, names, first, size = match.groups()
    content = header(mail.raw) if names is None else header_fields(mail.raw, names.split())
    name = f"BODY[{section.upper()}]"
    if first is not None:
        name += f"<{first}>"
        content = content[int(first) : int(first) + int(size)]
    return name.encode() + b" " + literal(content)


def header(raw: bytes) -> bytes:
    """Everything up to and with the empty line; the whole where there is none."""
    end = _HEAD.search(raw)
    return raw[: end.end()] if end else raw


def header_fields(raw: bytes, names: list[str]) -> bytes:
    """The named fields as they stand, and the empty line."""
    wanted = {name.strip('"').lower().encode() for name in names}
    fields = (match[0] for match in _FIELD.finditer(header(raw)))
    return b"".join(f for f in fields if f.partition(b":")[0].strip().lower() in wanted) + b"\r\n"


def found(mails: dict[int, Mail], view: list[int], criteria: list[Word]) -> list[int]:
    """The uids of `view` that every search key accepts, ascending."""
    keys = list(criteria)
    if keys and text_of(keys[0]).upper() == "CHARSET":
        del keys[:2]
    if not keys:
        raise Refused("BAD Search for what?")
    left = [uid for uid in view if uid in mails]
    while keys:
        accepted = _next_key(keys, mails, view)
        left = [uid for uid in left if uid in accepted]
    return left


def _next_key(keys: list[Word], mails: dict[int, Mail], view: list[int]) -> set[int]:
    """Takes one search key with its arguments from the front; returns the uids it accepts."""
    key = text_of(keys.pop(0)).upper()
    if key == "ALL":
        return set(view)
    if key == "UID":
        return set(in_set(_argument(keys), view))
    if is_number_set(key):
        return {view[number - 1] for number in in_set(key, list(range(1, len(view) + 1)))}
    if key in _DATE_KEYS:
        day, compare = parse_date(_argument(keys)), _DATE_KEYS[key]
        return {uid for uid, mail in mails.items() if compare(mail.internaldate.date(), day)}
    if key == "HEADER":
        name, part = _argument(keys), _argument(keys).lower()
        return {uid for uid, mail in mails.items() if _has(mail, name, part)}
    return _with_flag(key, mails)


def _argument(keys: list[Word]) -> str:
    if not keys:
        raise Refused("BAD The search ends too early")
    return text_of(keys.pop(0))


def _has(mail: Mail, name: str, part: str) -> bool:
    value = header_fields(mail.raw, [name]).partition(b":")
    return bool(value[1]) and part in value[2].decode("utf-8", "replace").lower()


def _with_flag(key: str, mails: dict[int, Mail]) -> set[int]:
    if key in _FLAG_KEYS:
        return {uid for uid, mail in mails.items() if _FLAG_KEYS[key] in mail.flags}
    if key.startswith("UN") and key[2:] in _FLAG_KEYS:
        return {uid for uid, mail in mails.items() if _FLAG_KEYS[key[2:]] not in mail.flags}
    raise Refused(f"BAD {key[:40]} is not served here")
