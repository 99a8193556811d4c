"""GROUND. Facts as text: moments, lists and headers as a store keeps them.

Plain values in, plain text out, so that the process that reads may write it as well.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from json.encoder import JSONEncoder
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from monitor.core.message import Address, Facts, Message


class FactTexts(NamedTuple):
    """Those facts of a message that are no text by themselves, each as text; the names are those of its fields."""

    sent_at: str | None
    recipients: str
    reply_to: str
    in_reply_to: str
    references: str
    headers: str


def texts_of(message: Message) -> FactTexts:
    """Raises ValueError where its moment has no time zone."""
    return FactTexts(
        moment_text(message.sent_at),
        _people(message.recipients),
        _people(message.reply_to),
        _list(message.in_reply_to),
        _list(message.references),
        _facts(message.headers),
    )


def in_utc(value: datetime) -> datetime:
    """Raises ValueError for a naive moment."""
    if value.tzinfo is None:
        raise ValueError(f"a moment without a time zone cannot be stored: {value!r}")
    return value.astimezone(UTC)


def moment_text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes moments for SQLite: `2026-11-16 08:00:00.000000`, in UTC. Raises ValueError."""
    if value is None:
        return None
    at = value if value.tzinfo is UTC else in_utc(value)
    parts = at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond
    return "%04d-%02d-%02d %02d:%02d:%02d.%06d" % parts  # noqa: UP031  # others take half as long again


to_json = JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""JSON as SQLite keeps it, of values that no part of leads back to. Letters outside ASCII stand as \\u…, so that a
lone surrogate can be kept too."""


def _list(values: Iterable[str]) -> str:
    """The same as to_json, without the encoder that it makes each time."""
    return f"[{','.join(map(quoted, values))}]" if values else "[]"


def _people(people: Iterable[Address]) -> str:
    return f"[{','.join([f'[{quoted(name)},{quoted(address)}]' for name, address in people])}]" if people else "[]"


def _facts(facts: Facts) -> str:
    return f"{{{','.join([f'{quoted(name)}:{_list(values)}' for name, values in facts.items()])}}}"
