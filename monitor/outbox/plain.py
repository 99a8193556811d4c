"""FLOOR 1. Text that strangers wrote, made harmless; and paragraphs for a screen of 76 columns."""

import re
import textwrap
import unicodedata

from monitor.core.visible import visible

COLUMNS = 76

OUR_WORDS = frozenset(
    {"nobody", "no one", "none", "everybody", "everyone", "somebody", "someone", "all", "you", "we", "staff"}
    | {"niemand", "keiner", "keine", "alle", "jeder", "jede", "jemand", "sie", "wir", "ich"}
    | {
        "personne",
        "aucun",
        "aucune",
        "tous",
        "toutes",
        "tout le monde",
        "chacun",
        "quelqu'un",
        "quelqu’un",
        "vous",
        "nous",
    }
    | {"reply monitor", "inbox monitor"}
)
"""Names that would turn a sentence of ours into another one, in any language: "Nobody is waiting to hear from …"."""

_FIRST_STRONG, _POP = "\u2068", "\u2069"
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), 0x2066, 0x2067])
_LINK = re.compile(r"\b([a-z][a-z0-9+.-]{1,15}):(?=\S)", re.IGNORECASE)
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_BLANKS = re.compile(r"\s+")
_NO_BREAK = ("\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")
_HOST = re.compile(r"(?<=\w)\.(?=\w+(?:\.\w+)*/)|(?<=\bwww)\.", re.IGNORECASE)


class Laid(str):
    """Text laid out by us: its line ends are meant. Every other value is put on one line."""

    __slots__ = ()


def tame(text: str) -> str:
    """One line, without control characters, lone surrogates or bidi overrides: the tricks of header injection."""
    clean = visible("".join(_tame(character) for character in _balanced(text.translate(_BIDI))))
    return _BLANKS.sub(_one_blank, clean).strip()


def isolated(text: str) -> str:
    """The same where it reads from right to left, kept apart from what stands beside it (UAX #9 §3.1.2: FSI, PDI).

    Without that a Hebrew or Arabic name turns round the address and the figures that follow it on its line.
    """
    leftward = any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)
    return f"{_FIRST_STRONG}{text}{_POP}" if leftward and _FIRST_STRONG not in text else text


def shown_address(address: str) -> str:
    """An address whose domain is ASCII to the eye too.

    What has A-labels (RFC 5890) is kept in them already (core/addresses.py); the rest, such as full-width letters or
    invisible ones, would look like another domain: it is shown in Punycode (RFC 3492).
    """
    local, at, domain = address.rpartition("@")
    return local + at + ".".join(map(_ascii_label, domain.split("."))) if at else address


def defang(text: str) -> str:
    """The same with links plainly dead (`https[:]//…`): our letter must not lend its trust to a stranger's link."""
    return _HOST.sub("[.]", _LINK.sub(r"\1[:]", tame(text)))


def safe_name(name: str) -> str:
    """A short name fit for our own subject line, or nothing: letters, spaces, ' ’ - and the dot of an initial."""
    name = tame(name)
    plain = all(c.isalpha() or unicodedata.category(c).startswith("M") or c in " '’-." for c in name)
    dotted = re.search(r"\.(?! |$)", name)
    fit = plain and not dotted and 1 < len(name) <= 40 and name[0].isalpha()
    return name if fit and name.casefold().strip(" .") not in OUR_WORDS else ""


def breakable(text: str) -> str:
    """The same with places to break in words that are longer than a column is wide (UAX #14: ZW)."""
    return _LONG_WORD.sub("\\g<0>\N{ZERO WIDTH SPACE}", text)


def cut(text: str, longest: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def wrap(text: str, indent: str = "", first: str | None = None) -> Laid:
    """A paragraph of at most 76 columns; `first` begins the first line instead of `indent`."""
    lines = textwrap.wrap(
        tame(text), COLUMNS, initial_indent=indent if first is None else first, subsequent_indent=indent
    )
    return Laid("\n".join(lines))


def _balanced(text: str) -> str:
    """Isolates that are closed, in their order, are harmless; all of them go where one is not."""
    depth = 0
    for character in text:
        depth += (character == _FIRST_STRONG) - (character == _POP)
        if depth not in (0, 1):
            break
    return text if depth == 0 else text.replace(_FIRST_STRONG, "").replace(_POP, "")


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode", "replace").decode("ascii", "replace")


def _one_blank(blanks: re.Match[str]) -> str:
    # French writes one before ; : ! ? and it must not begin a line with them.
    return blanks[0] if blanks[0] in _NO_BREAK else " "


def _tame(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "\N{REPLACEMENT CHARACTER}" if category == "Cs" else character
