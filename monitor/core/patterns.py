"""GROUND. Patterns in the config: `*` is anything, `?` any one character, and everything else is itself."""

import re
from fnmatch import fnmatchcase, translate
from functools import lru_cache


def matches(text: str, pattern: str) -> bool:
    """Whether all of `text` fits `pattern`. Brackets are plain characters: subjects have them ("[printer] …")."""
    return fnmatchcase(text, _plain_brackets(pattern))


def matches_any(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether all of `text` fits one of these patterns: one look, however many there are."""
    if not patterns:
        return False
    words, wild = _compiled(patterns)
    return text in words or (wild is not None and wild.match(text) is not None)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Those that fit one text alone, and an expression for all others."""
    words = frozenset(p for p in patterns if "*" not in p and "?" not in p)
    wild = [translate(_plain_brackets(p)) for p in patterns if p not in words]
    return words, re.compile("|".join(wild)) if wild else None


def _plain_brackets(pattern: str) -> str:
    return pattern.replace("[", "[[]")
