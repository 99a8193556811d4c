"""FLOOR 1. What strangers wrote, sanitised once (law 9): every text that is kept or shown goes through here."""

import re

from monitor.core.visible import visible

# Controls, line and paragraph separators, bidi embeddings and overrides, isolates, BOM: never of use in a subject.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")


def clean(text: str, longest: int) -> str:
    """One line of printable text: no controls, separators, bidi overrides or lone surrogates; cut to `longest`."""
    if len(text) <= longest and text.isascii() and "  " not in text and text.isprintable():
        return text.strip()
    return _SPACES.sub(" ", _UNWANTED.sub(" ", text[: longest * 4])).strip()[:longest].rstrip()


def shown(text: str, longest: int) -> str:
    """The same for what people are to read. Not for addresses: without what nobody sees, one would become another."""
    return visible(clean(text, longest))
