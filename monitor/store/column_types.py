"""FLOOR 1. The types of columns that both databases must read back as they were written."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json import JSONDecoder, JSONEncoder
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, TypeDecorator
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

from monitor.core.texts import in_utc, moment_text, to_json


class UtcDateTime(TypeDecorator[datetime]):
    """Aware moments in, UTC moments out. SQLite would read 12:00+05:00 back as a naive 12:00."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """SQLite takes text: written here in one step, as a look writes five moments for each mail."""
        return moment_column if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive values with ValueError."""
        return None if value is None else in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """SQLite gives text: read here in one step, as a report reads hundreds of thousands of moments."""
        return _utc if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC, always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


moment_column = lru_cache(maxsize=4096)(moment_text)
"""A moment as SQLite keeps it (PostgreSQL is handed the same text of whole rows), remembered: that of the look, none,
and those of a batch, as a message and where it was seen have the same."""


def _utc(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


class Json(TypeDecorator[Any]):
    """JSON; on PostgreSQL JSONB. As a variant of JSON it would be the same, but bring 2 MB of SQLAlchemy's knowledge of
    PostgreSQL into each process on SQLite."""

    impl = JSON
    cache_ok = True

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null
        super().__init__(none_as_null=none_as_null)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """By the database."""
        if dialect.name != "postgresql":
            return self.impl_instance
        from sqlalchemy.dialects.postgresql import JSONB  # not above: a process on SQLite does without it

        return JSONB(none_as_null=self.none_as_null)

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        """What it is compared with is what it is, as with JSON itself (SQLAlchemy, "Augmenting Existing Types")."""
        return TypeEngine.coerce_compared_value(self, op, value)


JsonOrNull = Json(none_as_null=True)
# Ids grow for years; SQLite knows only INTEGER as its row id.
Id = BigInteger().with_variant(Integer(), "sqlite")


def _moment(value: object) -> str:
    """What JSON has no word for: a moment."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} cannot be stored")
    return in_utc(value).isoformat()


_of_rows = JSONEncoder(separators=(",", ":"), default=_moment).encode
_decode = JSONDecoder().raw_decode


def from_json(text: str) -> Any:
    """What SQLite kept as JSON; most lists are empty."""
    return [] if text == "[]" else _decode(text.strip())[0]


def json_text(value: Any) -> str | None:
    """JSON for SQLite, None for None. Tuples hold nothing but texts: most of them were written just before; and lists
    that begin with a number nothing but numbers, for which no encoder need be made."""
    if not value:
        return None if value is None else to_json(value) if value.__class__ is dict else "[]"
    if value.__class__ is list and value[0].__class__ is int:
        return f"[{','.join(map(str, value))}]"
    return _of_texts(value) if value.__class__ is tuple and len(value) < 3 else to_json(value)


@lru_cache(maxsize=256)
def _of_texts(texts: tuple[Any, ...]) -> str:
    return to_json(texts)


def json_of_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as JSON objects, their moments as text. Raises ValueError for a naive moment."""
    return _of_rows(rows)
