"""Law 1 from the other end: whatever is derived can be thrown away. `rebuild` leaves a sound store as it is, row by
row, and mends one whose derived rows were damaged; what was sent stays tied to the wait it was about."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, select, update

from monitor.store.acting_tables import letter_lines
from monitor.store.rebuilding import rebuild
from monitor.store.store import Store, open_store
from monitor.store.tables import conversations, letters, messages, nodes, reminders, waits
from tests.contract.test_store_order import ANN, CARD, HOUSE, INFO, LIFT, NOW, Copy, Mailboxes, history, mailings

DERIVED = (conversations, nodes, messages, waits, reminders)
JUDGED: dict[str, Any] = {"direction": "automatic", "wants_reply": None, "rule": "damaged", "link": "", "seeks": False}
JUDGED |= {"fortnight": 7, "identity_hash": 7}
MISTAKEN: dict[str, Any] = {"state": "excused", "due_at": NOW, "evidence": "damaged", "team": "Nobody"}
PAGE = 3


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    yield opened
    opened.close()


def rows(store: Store, table: Table) -> list[Any]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def told_who(store: Store) -> list[Any]:
    """Each reminder with the mail that opened the wait it was about."""
    with store.reading() as connection:
        query = select(reminders.c.letter, reminders.c.step, waits.c.opener).join(waits, waits.c.id == reminders.c.wait)
        return sorted(tuple(row) for row in connection.execute(query))


def remind_all(store: Store) -> None:
    """Everybody who waits was told of, in letters of two lines."""
    with store.writing() as connection:
        held = connection.execute(select(waits.c.id, waits.c.opener).order_by(waits.c.id)).all()
        for number, at in enumerate(range(0, len(held), 2), 1):
            letter = {
                "id": number,
                "kind": "reminder",
                "message_id": f"<{number}@ours>",
                "recipient": "eva@ours.example",
            }
            rest = {"subject": "", "body": b"", "state": "sent", "created_at": NOW, "next_try_at": NOW}
            connection.execute(insert(letters), [letter | rest])
            for position, (wait, opener) in enumerate(held[at : at + 2], 1):
                line = {"letter": number, "position": position, "message": opener}
                connection.execute(insert(letter_lines), [line])
                once = {"wait": wait, "step": "0h", "occurrence": 0, "recipient": "eva@ours.example", "moment": NOW}
                connection.execute(insert(reminders), [once | {"letter": number}])


def again(store: Store) -> None:
    rebuild(store, "these rules", HOUSE, lambda *_: None, PAGE)


def a_house(store: Store, copies: list[Copy]) -> None:
    with store.writing() as connection:
        for table in (letter_lines, reminders, letters):
            connection.execute(delete(table))
    boxes = Mailboxes(store, True)
    boxes.take(list({(c.folder, c.message.identity): c for c in copies}.values()), frozenset({4, 9}))
    remind_all(store)


def damage(store: Store, chance: Any) -> None:
    """Some rows of each kind are wrong or gone, as by a program that knows no foreign keys."""
    some = [row[0] for row in rows(store, messages) if chance.random() < 0.5]
    numbers = [row[0] for row in rows(store, conversations)]
    with store.alone() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for each in some:
            here = messages.c.id == each
            connection.execute(update(messages).where(here).values(**JUDGED))
            to = chance.choice([*numbers, 99])
            connection.execute(update(messages).where(here).values(conversation=to))
        for number in numbers:
            here = conversations.c.number == number
            led = connection.execute(select(conversations.c.lead).where(here)).scalar()
            if led is None and chance.random() < 0.3:
                connection.execute(delete(conversations).where(here))
            elif led is None:
                connection.execute(
                    update(conversations).where(here).values(tied_to=chance.choice([None, *numbers, 98]))
                )
        for wait in [row[0] for row in rows(store, waits)]:
            here = waits.c.id == wait
            if chance.random() < 0.4:
                connection.execute(delete(waits).where(here))
            else:
                connection.execute(
                    update(waits).where(here).values(**MISTAKEN, conversation=chance.choice([*numbers, 97]))
                )
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def holds(store: Store, examples: int, damaged: bool) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(copies=mailings(), chance=st.randoms(use_true_random=False))
    def any_history(copies: list[Copy], chance: Any) -> None:
        a_house(store, copies)
        before, told = {table.name: rows(store, table) for table in DERIVED}, told_who(store)
        if damaged:
            damage(store, chance)
        again(store)
        after = {table.name: rows(store, table) for table in DERIVED}
        assert told_who(store) == told, "a reminder changed its wait"
        if damaged:  # two lost waits of one letter may take each other's number
            after["waits"], before["waits"] = (sorted(map(repr, (r[1:] for r in w["waits"]))) for w in (after, before))
            after["reminders"] = before["reminders"]
        assert after == before

    any_history()


def test_a_sound_store_stays_as_it_is_row_by_row(lite: Store) -> None:
    holds(lite, 6, damaged=False)


def test_a_damaged_store_becomes_what_it_was_and_nobody_is_told_twice(lite: Store) -> None:
    holds(lite, 12, damaged=True)


def test_a_wrong_tie_goes_though_what_it_led_to_is_tied_elsewhere_before_it_is_judged(lite: Store) -> None:
    """The card's second mail is tied to its first; a mail about a lift, weeks before, was tied to the second."""
    boxes = Mailboxes(lite, True)
    others = [(ANN, 0.0, "Hello", "")] * PAGE
    told = [(INFO, 0.0, CARD, ""), *others, (ANN, 13.0, CARD, ""), (INFO, 0.0, LIFT, "")]
    boxes.take(history(told), frozenset(range(len(told))))
    before = rows(lite, conversations)
    first, *_, second, lift = (row[0] for row in before)
    assert [row[2] for row in before] == [None, *[None] * PAGE, first, None]
    with lite.writing() as connection:
        for number, to in ((second, None), (lift, second)):
            connection.execute(update(conversations).where(conversations.c.number == number).values(tied_to=to))
    again(lite)
    assert rows(lite, conversations) == before


def test_on_postgresql_too(postgres_url: str) -> None:
    opened = open_store(postgres_url)
    holds(opened, 2, damaged=False)
    opened.close()


@pytest.mark.full
def test_a_thousand_damaged_stores(lite: Store) -> None:
    holds(lite, 1000, damaged=True)
