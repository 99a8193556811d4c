"""FLOOR 1. An act is one transaction: what it is about is read, the act written down, its conversation folded again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.core.house import House
from monitor.store.acts import StoryAct, Target, is_said, last_batch, take_back, targets, write_down
from monitor.store.folding import fold_stale, large, refold
from monitor.store.knowing import informed
from monitor.store.store import Store

Decide = Callable[[Mapping[int, Target]], Sequence[Mapping[str, Any]] | None]
"""From what messages stand for to the acts to write down (rows of acting_tables.acts); None: nothing may be done."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What the messages stand for now; `new`: those of them (row ids) that something new was said of."""

    now_are: Mapping[int, Target]
    new: frozenset[int]


def act(store: Store, house: House, ids: Collection[int], decide: Decide, batch: str) -> Acted | str:
    """Write down what `decide` says of these messages (row ids), and fold their conversations again.

    `repeated` where the batch was there already; `refused` where nothing may be done. Raises StoreError.
    """
    with store.writing() as connection:
        before = targets(connection, ids)
        rows = decide(before)
        if rows is None:
            return "refused"
        if is_said(connection, batch):
            return "repeated"
        write_down(connection, rows)
        new = frozenset(row["message"] for row in rows)
        return Acted(_folded(connection, house, before, new), new)


def act_back(
    store: Store, house: House, who: str, since: datetime, now: datetime, batch: str | None
) -> list[tuple[StoryAct, Target]]:
    """Take back what this person said last since a moment, or that batch of theirs; each act with what is so now.

    Raises StoreError.
    """
    with store.writing() as connection:
        wanted = batch or last_batch(connection, who, since, now)
        taken = take_back(connection, wanted, who, now) if wanted else []
        ids = {message for message, _ in taken}
        now_are = _folded(connection, house, targets(connection, ids), ids)
        return [(each, now_are[message]) for message, each in taken]


def _folded(
    connection: Connection, house: House, before: Mapping[int, Target], changed: Collection[int]
) -> Mapping[int, Target]:
    numbers = {before[message].conversation for message in changed}
    if not numbers:
        return before
    house = informed(connection, house)
    refold(connection, numbers, house)
    if large(connection, numbers):
        fold_stale(connection, house)
    return targets(connection, before.keys())
