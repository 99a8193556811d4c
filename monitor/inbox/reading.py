"""FLOOR 1. From header bytes to a Message. Reading never raises (law 8) and sanitises once (law 9).

The only module that knows mailparser. Plain headers go the fast way (plain.py); every unusual one (8-bit, encoded,
malformed, repeated) goes to mail-parser, after one normaliser has mended what it is known to lose:
repeated fields, Latin-1 bytes, folded lines (failures.md §1).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

import mailparser

from monitor.core.addresses import ALSO_FROM, NULL_SENDER, a_labels, addresses_in
from monitor.core.ids import cap_references, digest, find_ids, find_references
from monitor.core.message import NOBODY, Address, Message
from monitor.core.visible import visible
from monitor.inbox import plain
from monitor.inbox.fields import FACT_NAMES, KEPT_ONLY_IF

LONGEST_SUBJECT = 255
LONGEST_NAME = 120
LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3
LONGEST_FACT = 500
LONGEST_RESULTS = 4000  # Authentication-Results: eight DKIM results may stand before the one of DMARC
DATES = range(1970, 2200)
MOST_ADDRESSES = 50
MOST_REPEATS = 5

Fields = dict[str, list[bytes]]

_FIELD = re.compile(rb"([!-9;-~]{1,80})[ \t]*:(.*)", re.DOTALL)
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Controls, line and paragraph separators, bidi embeddings and overrides, isolates, BOM: never of use in a subject.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")
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
    for value in split_fields(whole_header).get("received", [])[:MOST_REPEATS]:
        moment = _loose_date(_text(value.rpartition(b";")[2]))
        if moment is not None:
            return moment
    return None


def whole_lines(raw: bytes, limit: int) -> bytes:
    """A header that was cut at `limit` without its last, unfinished line: half an id is another id."""
    return raw if len(raw) < limit else raw[: raw.rfind(b"\n") + 1]


def split_fields(raw: bytes) -> Fields:
    """Header bytes as name → values in their order, unfolded; any line end; what is no field is dropped."""
    fields: Fields = {}
    current: list[bytes] | None = None
    for line in _LINE_END.split(raw.replace(b"\x00", b"")):
        if line[:1] in (b" ", b"\t"):
            if current is not None:
                current[-1] += b" " + line.strip()
            continue
        match = _FIELD.match(line)
        current = None
        if match:
            current = fields.setdefault(match[1].lower().decode("ascii"), [])
            current.append(match[2].strip())
    return fields


def clean(text: str, longest: int) -> str:
    """One line of printable text: no controls, separators, bidi overrides or lone surrogates; cut to `longest`."""
    return _SPACES.sub(" ", _UNWANTED.sub(" ", text[: longest * 4])).strip()[:longest].rstrip()


def _shown(text: str, longest: int) -> str:
    """The same for what people are to read. Not for addresses: without what nobody sees, one would become another."""
    return visible(clean(text, longest))


def _text(value: bytes) -> str:
    """Bytes as text: UTF-8, else cp1252, which never fails loudly and is right for most of the rest."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _read(header: bytes, whole: bytes) -> Message | Unreadable:
    fields = split_fields(header)
    judged = _Judged(fields)
    ids = find_ids(_first(fields, "message-id"))
    from_ = judged.sender()
    if not from_.address:
        return Unreadable("no sender can be read in its header")
    recipients = judged.people("to") + judged.people("cc") + judged.people("bcc")
    references = find_references(" ".join(_text(v) for v in fields.get("references", [])))
    return Message(
        identity=ids[0] if ids else digest(whole),
        message_id=ids[0] if ids else "",
        from_=from_,
        recipients=tuple(dict.fromkeys(recipients))[:MOST_ADDRESSES],
        subject=_shown(judged.subject(), LONGEST_SUBJECT),
        reply_to=tuple(judged.people("reply-to"))[:MOST_ADDRESSES],
        sent_at=judged.date(),
        in_reply_to=cap_references(find_ids(" ".join(_text(v) for v in fields.get("in-reply-to", [])))),
        references=cap_references(references),
        headers=_facts(fields) | judged.also_from(from_),
    )


def _first(fields: Fields, name: str) -> str:
    return _text(fields[name][0]) if name in fields else ""


def _facts(fields: Fields) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {}
    for name in fields.keys() & FACT_NAMES:
        longest = LONGEST_RESULTS if name == "authentication-results" else LONGEST_FACT
        values = tuple(clean(_text(v), longest) for v in fields[name][:MOST_REPEATS])
        words = KEPT_ONLY_IF.get(name)
        if words is None or any(word in values[0].lower() for word in words):
            facts[name] = values
    return facts


class _Judged:
    """The headers of one mail: the plain ones read at once, the rest by one mail-parser run, only if asked for."""

    _ADDRESS_FIELDS = ("from", "sender", "reply-to", "to", "cc", "bcc")

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._parser: mailparser.MailParser | None = None

    def people(self, name: str) -> list[Address]:
        values = self._fields.get(name)
        if not values:
            return []
        value = b", ".join(v for v in values if v)
        pairs = plain.addresses(value.decode("ascii")) if plain.is_plain(value) else None
        if pairs is None:
            pairs = getattr(self._judge(), "from_" if name == "from" else name.replace("-", "_"))
            if isinstance(pairs, str):  # Sender: mail-parser only decodes it
                pairs = getaddresses([pairs])
        people = [_person(n, a) for n, a in pairs or [] if "@" in a]
        if not people:
            rescued = _rescued(_text(value))
            # A lone word is a sender of bounces ("MAILER-DAEMON"), but no recipient.
            people = [rescued] if rescued and ("@" in rescued.address or name in ("from", "sender")) else []
        return people

    def sender(self) -> Address:
        """From, or else the best that there is; NOBODY where nothing names anybody."""
        for name in ("from", "sender", "reply-to"):
            if found := self.people(name):
                return found[0]
        from_, path = _first(self._fields, "from"), _first(self._fields, "return-path")
        return _rescued(from_) or _rescued(path) or _null_sender(from_, path) or NOBODY

    def also_from(self, from_: Address) -> dict[str, tuple[str, ...]]:
        """The further addresses in From, also those that only another reader of a broken one would see."""
        values = self._fields.get("from", ())
        if len(values) < 2 and not any(value.count(b"@") > 1 for value in values):
            return {}
        text = ", ".join(_text(v) for v in values)
        seen = [person.address for person in self.people("from")]
        seen += [_person("", a).address for a in addresses_in(_QUOTED_OR_COMMENT.sub(" ", text[:LONGEST_RESULTS]))]
        others = tuple(a for a in dict.fromkeys(seen) if a != from_.address)[:MOST_ADDRESSES]
        return {ALSO_FROM: others} if others else {}

    def subject(self) -> str:
        values = self._fields.get("subject")
        if not values:
            return ""
        return values[0].decode("ascii") if plain.is_plain(values[0]) else str(self._judge().subject or "")

    def date(self) -> datetime | None:
        values = self._fields.get("date")
        if not values:
            return None
        text = _text(values[0])[:100]
        found = plain.date(text)
        if found is None:
            judged = self._judge().date
            found = judged if isinstance(judged, datetime) else _loose_date(text)
        # A date of the year 9999 is stored, but cannot be read back in every time zone.
        return found if found is not None and found.year in DATES else None

    def _judge(self) -> mailparser.MailParser:
        if self._parser is None:
            lines = [
                f"{name}: {', '.join(_text(v) for v in self._fields[name] if v)}"
                for name in self._ADDRESS_FIELDS
                if name in self._fields
            ]
            lines += [f"{n}: {_text(self._fields[n][0])}" for n in ("subject", "date") if n in self._fields]
            self._parser = mailparser.parse_from_bytes(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace"))
        return self._parser


def _person(name: str, address: str) -> Address:
    """A name that only repeats the address is none."""
    name, address = _shown(name, LONGEST_NAME), clean(address, LONGEST_ADDRESS).lower()
    return Address("" if name.lower() == address else name, a_labels(address)[:LONGEST_ADDRESS])


def _null_sender(from_: str, path: str) -> Address | None:
    """A mail system without an address: `<>` in From, or `Mail Delivery System <>` or nothing in an empty envelope."""
    if "<>" not in (path.strip(), from_.strip()):
        return None
    match = _NAMED_LOCAL.match(clean(from_, LONGEST_SUBJECT))
    return Address(_shown(match[1], LONGEST_NAME) if match else "", NULL_SENDER)


def _rescued(value: str) -> Address | None:
    """A sender from a header that no parser takes: `user at host (Name)` of list archives, a MAILER-DAEMON."""
    text = clean(value, LONGEST_SUBJECT)
    if match := _AT_WORD.match(text):
        return _person(match[3] or "", f"{match[1]}@{match[2]}")
    if match := _LOOSE_ADDRESS.search(text):
        return _person("", match[0])
    if match := _LOCAL_ONLY.match(text):
        return Address(_shown(match[2] or "", LONGEST_NAME), match[1].lower())
    if (match := _NAMED_LOCAL.match(text)) and match[2]:
        return Address(_shown(match[1], LONGEST_NAME), match[2].lower())
    return None


def _loose_date(text: str) -> datetime | None:
    """A date as the standard library reads it; a zone that is missing counts as UTC."""
    try:
        moment = parsedate_to_datetime(text.strip()[:100])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
