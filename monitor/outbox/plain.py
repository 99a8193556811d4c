"""FLOOR 1. Text that strangers wrote, made harmless; and paragraphs for a screen of 76 columns."""

import re
import textwrap
import unicodedata

COLUMNS = 76

_BIDI = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_LINK = re.compile(r"\b([a-z][a-z0-9+.-]{1,15}):(?=\S)", re.IGNORECASE)
_HOST = re.compile(r"(?<=\w)\.(?=\w+(?:\.\w+)*/)|(?<=\bwww)\.", re.IGNORECASE)


class Laid(str):
    """Text laid out by us: its line ends are meant. Every other value is put on one line."""

    __slots__ = ()


def tame(text: str) -> str:
    """One line, without control characters, lone surrogates or bidi overrides: the tricks of header injection."""
    clean = "".join(_tame(character) for character in text.translate(_BIDI))
    return " ".join(clean.split())


def defang(text: str) -> str:
    """The same with links plainly dead (`https[:]//…`): our letter must not lend its trust to a stranger's link."""
    return _HOST.sub("[.]", _LINK.sub(r"\1[:]", tame(text)))


def safe_name(name: str) -> str:
    """A short name fit for our own subject line, or nothing: letters, spaces, ' ’ - and the dot of an initial."""
    name = tame(name)
    plain = all(c.isalpha() or unicodedata.category(c).startswith("M") or c in " '’-." for c in name)
    dotted = re.search(r"\.(?! |$)", name)
    return name if plain and not dotted and 1 < len(name) <= 40 and name[0].isalpha() else ""


def cut(text: str, longest: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def wrap(text: str, indent: str = "", first: str | None = None) -> Laid:
    """A paragraph of at most 76 columns; `first` begins the first line instead of `indent`."""
    lines = textwrap.wrap(
        tame(text), COLUMNS, initial_indent=indent if first is None else first, subsequent_indent=indent
    )
    return Laid("\n".join(lines))


def _tame(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "\N{REPLACEMENT CHARACTER}" if category == "Cs" else character
