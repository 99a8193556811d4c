"""FLOOR 1. Whether there is a store yet: for `check`, which makes none, so that it never belongs to the wrong user."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def file_to_come(url: str) -> Path | None:
    """The file of an SQLite store that is not there yet; None where it is, or the store is no file."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    path = Path(parsed.database)
    try:
        return None if path.exists() else path
    except OSError:
        return None  # what is wrong with the place is told by who opens it
