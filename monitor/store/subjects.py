"""FLOOR 1. `[store] subjects` was changed to false: what is stored loses its subjects, once, a batch at a time.

Letters not sent yet keep theirs until they are settled, which empties them. Safe to be cut at any point: the next call
goes on. Nobody may take mail in meanwhile.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from monitor.core.conversations import HASHED
from monitor.core.house import House
from monitor.core.message import SUBJECT, Message
from monitor.core.topic import NOT_KEPT, key_of, without_subject
from monitor.store.copies import told_apart
from monitor.store.forgetting import change_messages, rebuild_nodes
from monitor.store.knowing import informed
from monitor.store.rows import message_of
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, messages, nodes, settings
from monitor.store.wiping import wipe

BATCH = 200
"""Strands of one transaction."""

_SIGN = "subject: "

_STATE, _BEGUN, _TO_WIPE, _DONE = "subjects", "begun", "to wipe", "not kept"
_AS_TOLD = select(settings.c.name, settings.c.value).where(settings.c.name.in_((_STATE, "rules")))


def is_as_told(store: Store, fingerprint: str, house: House) -> bool:
    """Whether what is stored follows this house and these rules already: neither `keep_subjects_as_told` nor
    `refold_if_rules_changed` has anything to do, as in nearly every round. Raises StoreError."""
    with store.reading() as connection:
        found = {row.name: row.value for row in connection.execute(_AS_TOLD)}
    subjects = None if house.keeps_subjects else _DONE
    return (found.get(_STATE), found.get("rules")) == (subjects, fingerprint)


def keep_subjects_as_told(store: Store, house: House) -> int:
    """Take the subjects out of what is stored, where they are not to be kept any more; how many messages had one.

    What was decided is to be judged again afterwards: the fingerprint of the rules goes. Raises StoreError.
    """
    with store.reading() as connection:
        state = connection.execute(select(settings.c.value).where(settings.c.name == _STATE)).scalar()
    if house.keeps_subjects or state == _DONE:
        if house.keeps_subjects and state is not None:
            _note(store, None)
        return 0
    changed = 0
    if state != _TO_WIPE:
        _note(store, _BEGUN)
        changed = _take_out_all(store, house)
    # What an earlier run, which was cut, took out may still stand in the files.
    done = (state is None and not changed) or wipe(store, whole=True)
    _note(store, _DONE if done else _TO_WIPE)
    return changed


def _take_out_all(store: Store, house: House) -> int:
    changed, last = 0, -1
    while True:
        with store.writing() as connection:
            query = select(messages.c.strand).where(messages.c.strand > last).distinct()
            strands = connection.execute(query.order_by(messages.c.strand).limit(BATCH)).scalars().all()
            if not strands:
                return changed
            changed += _take_out(connection, strands, informed(connection, house))
            last = strands[-1]


def _take_out(connection: Connection, strands: Sequence[int], house: House) -> int:
    """Of these strands: the messages, their keys, and what ties them under conditions of their subjects."""
    rows = connection.execute(select(messages).where(among(messages.c.strand, strands, connection))).all()
    bare = {row.id: _bare(message_of(row), house) for row in rows if SUBJECT not in row.headers}
    if not bare:
        return 0
    derived = {row.id: _derived(row, bare[row.id]) for row in rows if row.id in bare}
    change_messages(connection, bare, derived)
    under_subject = or_(nodes.c.id.like(f"{HASHED}%"), nodes.c.id.like(f"index {HASHED}%"))
    connection.execute(delete(nodes).where(among(nodes.c.strand, strands, connection), under_subject))
    rebuild_nodes(connection, strands, {}, house)
    connection.execute(delete(settings).where(settings.c.name == "rules"))
    return len(bare)


def _bare(message: Message, house: House) -> Message:
    """A digest of the subject is also in the identity of a mail whose Message-ID another one bears."""
    after = without_subject(message, house)
    is_apart = bool(message.message_id) and message.identity.startswith(f"{message.message_id}#")
    return told_apart(after) if is_apart else after


def _derived(row: AnyRow, message: Message) -> dict[str, Any]:
    """What rules made of the subject, and quoted of it: as they will say it from now on."""
    signals = [f"{_SIGN}{NOT_KEPT}" if signal.startswith(_SIGN) else signal for signal in row.signals or ()]
    to = NOT_KEPT if row.link == "join.inferred" else row.linked_to
    return {"subject_key": key_of(message), "signals": signals, "linked_to": to}


def _note(store: Store, state: str | None) -> None:
    with store.writing() as connection:
        connection.execute(delete(settings).where(settings.c.name == _STATE))
        if state is not None:
            connection.execute(insert(settings).values(name=_STATE, value=state))
