"""FLOOR 1. The fast way for plain headers: ASCII, well-formed, nothing unusual.

Each function returns None where a header is not plain; mail-parser then judges it (reading.py). A differential
test holds that both ways give the same.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from unicodedata import normalize

_PRINTABLE = b"\t" + bytes(range(0x20, 0x7F))
_FOLD = re.compile(r"\r\n[ \t]+")
# Where blanks stand before a fold. The look behind lets a long run of them be tried once, not at each of them.
_FOLD_IN_BLANKS = re.compile(r"(?:(?<![ \t])[ \t]+)?\r\n[ \t]+")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDR = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*)"
# Words and the single blanks between them share no character: nothing here can backtrack for long.
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_WORDS = rf"{_WORD}(?: {_WORD})*"
_MAILBOX = re.compile(  # "Ann" <a@b>, Ann <a@b>, <a@b>, a@b (Ann), a@b
    rf" ?(?:(?:\"([^\"\\]*)\" ?|({_WORDS}) ?)?<({_ADDR})>|({_ADDR})(?: ?\(({_WORDS})\))?) ?"
)
# What no comma parts but one in quotes. Possessive: whatever follows, it has nothing to come back for.
_APART = re.compile(r'(?:[^",]++|"[^"\\]*+")++')
_BLANKS = re.compile(r" +")
_ENCODED_WORD = re.compile(r"=\?[A-Za-z0-9_-]+\?[bBqQ]\?[!->@-~]+\?=")
LONGEST = 4000
LONGEST_ENCODED = 1000
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: f"{number:02}" for number, name in enumerate(_NAMES, 1)}
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TIME = r"((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
_ZONE = r"([+-][0-9]{2}[0-5][0-9]|GMT|UTC?)"
_DATE = re.compile(
    rf"\s*(?:{_DAY}, {{1,2}})?([0-9]{{1,2}}) ([A-Z][a-z]{{2}}) ([0-9]{{4}}) {_TIME} {_ZONE}(?: \([A-Za-z0-9]+\))?\s*"
)
_C_DATE = re.compile(rf"{_DAY} ([A-Z][a-z]{{2}}) {{1,2}}([0-9]{{1,2}}) {_TIME} ([0-9]{{4}})")


def fields(header: bytes, names: Mapping[str, str]) -> dict[str, list[str]] | None:
    """The values of the fields that `names` has (a spelling → lower case), in their order, unfolded, without the rest.

    None where the header holds anything but printable ASCII, CRLF, and tabs where it is folded.
    """
    if not header.isascii():
        return None
    text, folds = header.decode("ascii"), 0
    if "\r\n\t" in text or "\r\n " in text:
        text, folds = (_FOLD_IN_BLANKS if " \r\n" in text or "\t\r\n" in text else _FOLD).subn(" ", text)
    lines = text.split("\r\n")
    if "\t" in text or header.translate(None, _PRINTABLE) != b"\r\n" * (folds + len(lines) - 1):
        return None
    found: dict[str, list[str]] = {}
    for line in lines:
        spelling, colon, value = line.partition(":")
        name = names.get(spelling) or names.get(spelling.lower())
        if name is None:
            if spelling.endswith(" ") and spelling.rstrip(" ").lower() in names:
                return None
        elif not colon:
            continue
        elif name in found:
            found[name].append(value.strip())
        else:
            found[name] = [value.strip()]
    return found


def subject(value: str) -> str | None:
    """A plain subject, its encoded words (RFC 2047) decoded; None where it is not plain."""
    if not value.isascii():
        return None
    if "=?" not in value:
        return value
    pieces = _decoded(value, "utf-8") if len(value) <= LONGEST_ENCODED and value.isprintable() else None
    # Each for itself, as mail-parser does it.
    return None if pieces is None else "".join(normalize("NFC", piece) for piece in pieces)


def mailboxes(value: str) -> list[str] | None:
    """The mailboxes (RFC 5322 §3.4) of an address header, apart; None where it is not plain."""
    if len(value) > LONGEST or not (value.isascii() and value.isprintable()):
        return None
    if "  " in value:
        value = _BLANKS.sub(" ", value)
    if '"' not in value:
        return value.replace(", ", ",").split(",")
    found: list[str] = _APART.findall(value)
    # A quotation mark that nothing closes, or an escape, ends the search.
    return found if ",".join(found) == value else None


def mailbox(text: str) -> tuple[str, str] | None:
    """Name and address of one of these; None where it is not plain."""
    match = _MAILBOX.fullmatch(text)
    if not match:
        return None
    quoted, words, angle, bare, comment = match.groups()
    name, address = quoted or words or comment or "", angle or bare
    if "=?" in text and not quoted:
        # In a comment or an address they mean something else; in quotes, or with no blank behind them, nothing.
        phrase = _phrase(words) if words and f"{words} <" in text and "=?" not in address else None
        if phrase is None:
            return None
        name = phrase
    return name.strip(), address


def names_nobody(value: str) -> bool:
    """Whether no reader can find an address in this header: there is no @, nor what can hide one."""
    return "@" not in value and "=?" not in value and value.isascii()


def date(value: str) -> datetime | None:
    """A plain date of RFC 5322 or of C's asctime (UTC, as it names no zone), in UTC; None where it is not plain."""
    if match := _DATE.fullmatch(value):
        day, month, year, time, zone = match.groups()
    elif match := _C_DATE.fullmatch(value):
        month, day, time, year = match.groups()
        zone = "GMT"
    else:
        return None
    # A year like 0026 is two digits to some; mail-parser decides.
    if month not in _MONTHS or year < "1900":
        return None
    try:
        moment = datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day:0>2}T{time}{zone if zone[0] in '+-' else 'Z'}")
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _phrase(words: str) -> str | None:
    """A name some of whose words are encoded; the blanks between two encoded ones are no part of it (RFC 2047 §6.2)."""
    text, after_encoded = "", False
    for word in words.split(" "):
        encoded = "=?" in word
        shown = _shown(word) if encoded else word
        if not shown:
            return None
        text += shown if not text or (encoded and after_encoded) else f" {shown}"
        after_encoded = encoded
    return text


def _shown(word: str) -> str:
    """What one encoded word of a name says; empty where that is nothing, or nothing to be shown."""
    pieces = _decoded(word, "ascii") if _ENCODED_WORD.fullmatch(word) else None
    text = "".join(pieces or ())
    # A control character would leave the word as it stands.
    return text if text.isprintable() else ""


def _decoded(value: str, otherwise: str) -> list[str] | None:
    """The pieces that encoded words and the text between them say; None where one is broken, or is no text."""
    try:
        pieces = [p if isinstance(p, str) else p.decode(charset or otherwise) for p, charset in decode_header(value)]
        for piece in pieces:
            piece.encode("utf-8")  # no lone surrogates
    except (HeaderParseError, LookupError, ValueError):
        return None
    return pieces
