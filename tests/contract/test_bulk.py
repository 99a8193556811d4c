"""Rows written many at a time are the rows that SQLAlchemy would write one by one, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Text, cast, func, insert, select, text, update

from monitor.core.gist import gist_of
from monitor.core.message import Address, Message, Seen
from monitor.core.staff import Staff
from monitor.store.arrivals import Arrival
from monitor.store.bulk import KEY, Changes, Values, change_all, insert_all, insert_whole
from monitor.store.rows import Derived, New, fortnight_of, message_row, new_message_row
from monitor.store.sighted import sighting_row
from monitor.store.store import RowError, Store
from monitor.store.tables import folders, mailboxes, messages, sightings

TEN = datetime(2026, 11, 9, 10, 0, 0, 7, tzinfo=UTC)
PEOPLE = (Address('Ann \u2028 "Müller"', "ann@reader.example"), Address("", "i@ours.example"))
ANN = Message("<1>", "<1>", PEOPLE[0], PEOPLE, "Lift ’n’ %s :x ?", (), TEN, ("<0>",), (), {"x": ("a", "b\\")})


def row(number: int, **more: Any) -> dict[str, Any]:
    """All columns of a message."""
    facts = message_row(ANN) | {"identity": f"<{number}>", "id": number, "strand": 1, "conversation": 1}
    rules = {"direction": "incoming", "wants_reply": True, "rule": "r", "signals": (), "link": "l", "linked_to": None}
    rules |= {"subject_key": "k", "seeks": False, "cites": None, "stands_in": None}
    rules |= {"received_at": TEN, "fortnight": fortnight_of(TEN)}
    return facts | rules | more


def whole(message: Message, number: int, rules: Derived) -> Values:
    """The same as a look writes it."""
    new = New(number, 1, 1, Seen(message, TEN, frozenset()), gist_of(message, Staff()))
    return new_message_row(new, rules)


def stored(store: Store, number: int) -> dict[str, Any]:
    with store.reading() as connection:
        found = connection.execute(select(messages).where(messages.c.id == number)).one()
    return dict(found._mapping) | {"id": 0, "identity": "", "identity_hash": 0}


def test_a_row_reads_back_as_if_written_by_itself(store: Store) -> None:
    east = TEN.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with store.writing() as connection:
        insert_all(
            connection, messages, [row(1, received_at=east), row(2, sent_at=None, references=("<3>", "<4>", "<5>"))]
        )
        connection.execute(insert(messages), [row(3, received_at=east)])
        connection.execute(insert(messages), [row(4, sent_at=None, references=["<3>", "<4>", "<5>"])])
        kinds = (
            {str(kind) for (kind,) in connection.execute(select(func.typeof(messages.c.received_at)))}
            if store.is_sqlite
            else set()
        )
    assert stored(store, 1) == stored(store, 3)
    assert stored(store, 2) == stored(store, 4)
    assert stored(store, 1)["received_at"] == TEN
    assert kinds <= {"text"}


def test_what_is_handed_over_as_text_reads_back_as_the_values_it_stands_for(store: Store) -> None:
    facts = enumerate([ANN, replace(ANN, sent_at=None)], 3)
    rules = Derived("incoming", True, "r", ("a", "ü"), "l", "<0>", "k", False)
    written = [whole(replace(each, identity=f"<{number}>"), number, rules) for number, each in facts]
    same = {"signals": ["a", "ü"], "linked_to": "<0>"}
    with store.writing() as connection:
        if not store.is_sqlite:
            connection.execute(text("SET LOCAL TIME ZONE 'Asia/Kolkata'"))
        insert_all(connection, messages, [row(1, **same), row(2, sent_at=None, **same)])
        insert_whole(connection, messages, written)
        as_it_stands = (
            connection.execute(select(cast(messages.c.headers, Text)).order_by(messages.c.id)).scalars().all()
        )
    assert stored(store, 3) == stored(store, 1)
    assert stored(store, 4) == stored(store, 2)
    assert len(set(as_it_stands)) == 1, "what searches the text finds it in both"


def test_rows_may_name_their_columns_in_any_order(store: Store) -> None:
    one, other = row(1), row(2)
    with store.writing() as connection:
        insert_all(connection, messages, [one, dict(reversed(other.items()))])
    assert stored(store, 1) == stored(store, 2)


def test_the_row_of_a_message_names_every_column_so_that_none_is_forgotten() -> None:
    assert row(1).keys() == set(messages.c.keys())


def test_a_change_reads_back_as_if_written_by_itself_and_touches_no_other_row(store: Store) -> None:
    changed = {"rule": "other", "signals": ["a"], "received_at": TEN + timedelta(days=1), "seeks": True}
    with store.writing() as connection:
        insert_all(connection, messages, [row(1), row(2), row(3)])
        change_all(connection, messages, [{KEY: 1, **changed}])
        connection.execute(update(messages).where(messages.c.id == 2).values(changed))
    assert stored(store, 1) == stored(store, 2) != stored(store, 3)


def test_only_what_differs_in_some_row_is_written(store: Store) -> None:
    with store.writing() as connection:
        insert_all(connection, messages, [row(1), row(2)])
        one, two = connection.execute(select(messages).order_by(messages.c.id)).all()
    changes = Changes()
    changes.note(one, {"rule": "other", "link": "l", "seeks": False})
    changes.note(two, {"rule": "r", "link": "l", "seeks": False})
    assert changes.rows() == [{KEY: 1, "rule": "other"}]
    changes.note(two, {"rule": "r", "link": "m", "seeks": False})
    assert changes.rows() == [{KEY: 1, "link": "l", "rule": "other"}, {KEY: 2, "link": "m", "rule": "r"}]


def test_what_is_put_again_is_written_anew_in_some_columns_alone(store: Store) -> None:
    def sighting(uid: int, flag: str, size: int) -> Values:
        seen = Arrival(uid, frozenset({flag}), size, TEN, ANN)
        return sighting_row((1, 7, uid), 1, seen, TEN + timedelta(days=1), (TEN, None))

    with store.writing() as connection:
        connection.execute(insert(mailboxes).values(address="i@ours.example"))
        connection.execute(insert(folders).values(id=1, mailbox="i@ours.example", name="INBOX", role="inbox"))
        insert_all(connection, messages, [row(1)])
        insert_whole(connection, sightings, [sighting(1, "a", 1)], ("flags",))
        insert_whole(connection, sightings, [sighting(1, "b", 2)], ("flags",))
        found = connection.execute(select(sightings)).one()._mapping
        insert_whole(connection, sightings, [sighting(uid, "c", 3) for uid in (0, 1, 2)], ("flags",))
        with_more = connection.execute(select(sightings.c.uid, sightings.c.flags, sightings.c.size)).all()
    assert (found["flags"], found["size"], found["arrived_at"]) == (["b"], 1, TEN)
    assert (found["seen_at"], found["gone_at"]) == (TEN + timedelta(days=1), None)
    assert (found["answered_at"], found["answered_after"]) == (TEN, None)
    assert sorted(map(tuple, with_more)) == [(0, ["c"], 3), (1, ["c"], 1), (2, ["c"], 3)]


@pytest.mark.parametrize("wrong", [{"subject": "\ud800"}, {"sent_at": TEN.replace(tzinfo=None)}, {"strand": 2**70}])
def test_what_the_database_cannot_take_is_the_fault_of_the_row(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(RowError), store.writing() as connection:
        insert_all(connection, messages, [row(1), row(2, **wrong)])
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(messages)).scalar_one() == 0
