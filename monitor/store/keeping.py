"""FLOOR 1. What must not come in (again): mail as old as what was purged, and mail that was read before a `forget`."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from monitor.store.store import Store
from monitor.store.tables import settings

_FORGOTTEN, _KEPT_FROM = "times_forgotten", "kept_from"


class ForgottenMeanwhile(Exception):  # noqa: N818  # what happened; nothing is wrong
    """Since these mails were read, somebody was forgotten, who may stand in them: they are to be read again."""


def times_forgotten(store: Store) -> int:
    """How often somebody was forgotten."""
    with store.reading() as connection:
        return _times(connection)


def note_forgotten(connection: Connection) -> None:
    """Somebody is about to be forgotten: what others have read before comes in no more."""
    _set(connection, _FORGOTTEN, str(_times(connection) + 1))


def expect_none_forgotten(connection: Connection, times: int | None) -> None:
    """Raises ForgottenMeanwhile where it was not so often when reading began; None: nothing was read before."""
    if times is not None and times != _times(connection):
        raise ForgottenMeanwhile


def note_purged(connection: Connection, before: datetime) -> None:
    """Conversations that ended before this moment are gone."""
    reached = _value(connection, _KEPT_FROM)
    if reached is None or datetime.fromisoformat(reached) < before:
        _set(connection, _KEPT_FROM, before.isoformat())


def kept_from(connection: Connection, now: datetime) -> datetime | None:
    """What is older was purged, if anything was. A moment to come says only that the clock was ahead then."""
    reached = _value(connection, _KEPT_FROM)
    moment = datetime.fromisoformat(reached) if reached else None
    return moment if moment is not None and moment < now else None


def _times(connection: Connection) -> int:
    return int(_value(connection, _FORGOTTEN) or 0)


def _value(connection: Connection, name: str) -> str | None:
    return connection.execute(_VALUE, {"asked": name}).scalar()


_VALUE = select(settings.c.value).where(settings.c.name == bindparam("asked"))


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(settings).where(settings.c.name == name))
    connection.execute(insert(settings).values(name=name, value=value))
