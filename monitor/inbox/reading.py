"""FLOOR 1. From header bytes to a Message. Reading never raises (law 8) and sanitises once (law 9).

The only module that knows mailparser. Plain headers go the fast way (plain.py); every unusual one (8-bit, encoded,
malformed, repeated) goes to mail-parser, after one normaliser has mended what it is known to lose:
repeated fields, Latin-1 bytes, folded lines (failures.md §1).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.core.addresses import ALSO_FROM, NULL_SENDER, addresses_in
from monitor.core.ids import cap_references, digest, find_ids, find_references
from monitor.core.message import NOBODY, Address, Message
from monitor.inbox import plain
from monitor.inbox.cleaning import clean, shown
from monitor.inbox.fields import FACT_NAMES, FIELDS, KEPT_ONLY_IF
from monitor.inbox.lines import split_fields
from monitor.inbox.people import LONGEST_CACHED, LONGEST_NAME, MOST_CACHED, person, plain_people

if TYPE_CHECKING:
    import mailparser

LONGEST_SUBJECT = 255
LONGEST_FACT = 500
LONGEST_RESULTS = 4000  # Authentication-Results: eight DKIM results may stand before the one of DMARC
DATES = range(1970, 2200)
MOST_ADDRESSES = 50
MOST_REPEATS = 5

Texts = dict[str, list[str]]

_HOP = {"Received": "received", "received": "received"}
_FACTS = {name: (LONGEST_FACT, KEPT_ONLY_IF.get(name, ())) for name in FACT_NAMES}
_FACTS["authentication-results"] = (LONGEST_RESULTS, ())
_READ = {spelling: name.lower() for name in (*FIELDS, "Message-Id") for spelling in (name, name.lower())}

_LOOSE_ADDRESS = re.compile(r"[^\s<>(),;:\"\[\]]+@[^\s<>(),;:\"\[\]]+")
_AT_WORD = re.compile(r"^\s*([^\s<>(),;:\"@]+) at ([^\s<>(),;:\"@]+\.[^\s<>(),;:\"@]+)\s*(?:\((.*)\))?\s*$")
_LOCAL_ONLY = re.compile(r"^\s*<?([A-Za-z0-9._-]+)>?\s*(?:\((.*)\))?\s*$")
_NAMED_LOCAL = re.compile(r"^\s*\"?([^<>@\"]+?)\"?\s*<\s*([A-Za-z0-9._-]+)?\s*>\s*$")
_QUOTED_OR_COMMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"|\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail that could not be read, and why; it becomes a trouble row."""

    reason: str


def read(header: bytes, whole_header: bytes | None = None) -> Message | Unreadable:
    """The facts of one mail. Total: for any bytes it returns.

    `whole_header` is needed for the identity of a mail without Message-ID; without it `header` is digested.
    """
    try:
        return _read(header, whole_header or header)
    except Exception as error:  # noqa: BLE001  # the edge around one mail: whatever a parser does, the mailbox goes on
        return Unreadable(f"could not be read ({type(error).__name__})")


def last_hop(whole_header: bytes) -> datetime | None:
    """The time in the topmost readable Received field, UTC: when our side took the mail."""
    for value in _fields(whole_header, _HOP).get("received", [])[:MOST_REPEATS]:
        moment = _loose_date(value.rpartition(";")[2])
        if moment is not None:
            return moment
    return None


def _text(value: bytes) -> str:
    """Bytes as text: UTF-8, else cp1252, which never fails loudly and is right for most of the rest."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _read(header: bytes, whole: bytes) -> Message | Unreadable:
    fields = _fields(header, _READ)
    from_ = _sender(fields)
    if not from_.address:
        return Unreadable("no sender can be read in its header")
    ids = find_ids(_first(fields, "message-id"))
    headers = _facts(fields)
    if also := _also_from(fields, from_):
        headers[ALSO_FROM] = also
    # In their order: names would cost a quarter of it.
    return Message(
        ids[0] if ids else digest(whole),
        ids[0] if ids else "",
        from_,
        _recipients(fields),
        _subject(fields),
        _people(fields, "reply-to")[:MOST_ADDRESSES],
        _date(fields),
        cap_references(find_ids(_joined(fields, "in-reply-to", " "))),
        cap_references(find_references(_joined(fields, "references", " "))),
        headers,
    )


def _fields(header: bytes, names: Mapping[str, str]) -> Texts:
    """The fields that `names` has, as text."""
    plainly = plain.fields(header, names)
    if plainly is not None:
        return plainly
    return {name: [_text(v) for v in values] for name, values in split_fields(header).items() if name in names}


def _first(fields: Texts, name: str) -> str:
    return fields[name][0] if name in fields else ""


def _joined(fields: Texts, name: str, between: str) -> str:
    """All values of a field as one."""
    values = fields.get(name)
    if not values:
        return ""
    return values[0] if len(values) == 1 else between.join(v for v in values if v)


def _facts(fields: Texts) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {}
    for name, values in fields.items():
        asked = _FACTS.get(name)
        if asked is None:
            continue
        longest, words = asked
        # Most of what says nothing is left as it is: cleaning puts no word together.
        if words and not _holds(values[0], words):
            continue
        cleaned = tuple([clean(value, longest) for value in values[:MOST_REPEATS]])
        if not words or _holds(cleaned[0], words):
            facts[name] = cleaned
    return facts


def _holds(text: str, words: tuple[str, ...]) -> bool:
    text = text.lower()
    for word in words:  # noqa: SIM110  # a generator costs more than the search
        if word in text:
            return True
    return False


def _recipients(fields: Texts) -> tuple[Address, ...]:
    people = _people(fields, "to") + _people(fields, "cc") + _people(fields, "bcc")
    return people if len(people) < 2 else tuple(dict.fromkeys(people))[:MOST_ADDRESSES]


def _people(fields: Texts, name: str) -> tuple[Address, ...]:
    value = _joined(fields, name, ", ")
    if not value:
        return ()
    cached = len(value) <= LONGEST_CACHED
    people = (plain_people if cached else plain_people.__wrapped__)(value)
    return (judged_people if cached else judged_people.__wrapped__)(name, value) if people is None else people


@lru_cache(maxsize=MOST_CACHED)
def judged_people(field: str, value: str) -> tuple[Address, ...]:
    """The people any address header names, as mail-parser reads it."""
    pairs: Sequence[tuple[str, str]] = ()
    if not plain.names_nobody(value):
        found = getattr(_judge(field, value), "from_" if field == "from" else field.replace("-", "_"))
        from email.utils import getaddresses  # with mail-parser: it brings what is known of URLs, and random numbers

        pairs = getaddresses([found]) if isinstance(found, str) else found  # Sender: mail-parser only decodes it
    if people := tuple(person(n, a) for n, a in pairs or () if "@" in a):
        return people
    rescued = _rescued(value)
    # A lone word is a sender of bounces ("MAILER-DAEMON"), but no recipient.
    return (rescued,) if rescued and ("@" in rescued.address or field in ("from", "sender")) else ()


def _sender(fields: Texts) -> Address:
    """From, or else the best that there is; NOBODY where nothing names anybody."""
    for name in ("from", "sender", "reply-to"):
        if found := _people(fields, name):
            return found[0]
    from_, path = _first(fields, "from"), _first(fields, "return-path")
    return _rescued(from_) or _rescued(path) or _null_sender(from_, path) or NOBODY


def _also_from(fields: Texts, from_: Address) -> tuple[str, ...]:
    """The further addresses in From, also those that only another reader of a broken one would see."""
    values = fields.get("from", ())
    if len(values) < 2 and not any(value.count("@") > 1 for value in values):
        return ()
    seen = [person.address for person in _people(fields, "from")]
    text = _QUOTED_OR_COMMENT.sub(" ", ", ".join(values)[:LONGEST_RESULTS])
    seen += [person("", a).address for a in addresses_in(text)]
    return tuple(a for a in dict.fromkeys(seen) if a != from_.address)[:MOST_ADDRESSES]


def _subject(fields: Texts) -> str:
    if not (value := _first(fields, "subject")):
        return ""
    text = plain.subject(value)
    return shown(str(_judge("subject", value).subject or "") if text is None else text, LONGEST_SUBJECT)


def _date(fields: Texts) -> datetime | None:
    if not (value := _first(fields, "date")):
        return None
    found = plain.date(value[:100])
    if found is None:
        judged = _judge("date", value).date
        found = judged if isinstance(judged, datetime) else _loose_date(value[:100])
    # A date of the year 9999 is stored, but cannot be read back in every time zone.
    return found if found is not None and found.year in DATES else None


def _judge(field: str, value: str) -> "mailparser.MailParser":
    """mail-parser's reading of one field: it reads each for itself."""
    import mailparser  # with the first header that is not plain: many a mailbox has none, and it takes 3 MB

    return mailparser.parse_from_bytes(f"{field}: {value}\r\n\r\n".encode("utf-8", "replace"))


def _null_sender(from_: str, path: str) -> Address | None:
    """A mail system without an address: `<>` in From, or `Mail Delivery System <>` or nothing in an empty envelope."""
    if "<>" not in (path.strip(), from_.strip()):
        return None
    match = _NAMED_LOCAL.match(clean(from_, LONGEST_SUBJECT))
    return Address(shown(match[1], LONGEST_NAME) if match else "", NULL_SENDER)


def _rescued(value: str) -> Address | None:
    """A sender from a header that no parser takes: `user at host (Name)` of list archives, a MAILER-DAEMON."""
    text = clean(value, LONGEST_SUBJECT)
    if match := _AT_WORD.match(text):
        return person(match[3] or "", f"{match[1]}@{match[2]}")
    if match := _LOOSE_ADDRESS.search(text):
        return person("", match[0])
    if match := _LOCAL_ONLY.match(text):
        return Address(shown(match[2] or "", LONGEST_NAME), match[1].lower())
    if (match := _NAMED_LOCAL.match(text)) and match[2]:
        return Address(shown(match[1], LONGEST_NAME), match[2].lower())
    return None


def _loose_date(text: str) -> datetime | None:
    """A date as the standard library reads it; a zone that is missing counts as UTC."""
    from email.utils import parsedate_to_datetime  # the same

    try:
        moment = parsedate_to_datetime(text.strip()[:100])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
