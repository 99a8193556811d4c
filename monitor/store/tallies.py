"""FLOOR 1. What is counted for ever: looks, mails read, letters; no restart and no purge takes it back."""

import json
from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from monitor.store.store import Store
from monitor.store.tables import settings

_NAME = "tallies"


def tallies(store: Store) -> dict[str, int]:
    """Every count so far, by its name."""
    with store.reading() as connection:
        value = connection.execute(select(settings.c.value).where(settings.c.name == _NAME)).scalar()
    return dict(json.loads(value)) if value else {}


def count(store: Store, more: Mapping[str, int]) -> None:
    """Add to these counts. Several daemons may do so: each count is read and written in one transaction."""
    more = {name: number for name, number in more.items() if number}
    if not more:
        return
    with store.writing() as connection:
        value = connection.execute(select(settings.c.value).where(settings.c.name == _NAME)).scalar()
        known: dict[str, int] = json.loads(value) if value else {}
        for name, number in more.items():
            known[name] = known.get(name, 0) + number
        connection.execute(delete(settings).where(settings.c.name == _NAME))
        connection.execute(insert(settings).values(name=_NAME, value=json.dumps(known)))
