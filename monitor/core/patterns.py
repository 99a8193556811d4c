"""GROUND. Patterns in the config: `*` is anything, `?` any one character, and everything else is itself."""

from fnmatch import fnmatchcase


def matches(text: str, pattern: str) -> bool:
    """Whether all of `text` fits `pattern`. Brackets are plain characters: subjects have them ("[printer] …")."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))
