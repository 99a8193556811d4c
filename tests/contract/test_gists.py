"""What was found out of a mail on reading is not found out again, unless the mail is stored as another one."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor.core.cursor import Cursor
from monitor.core.gist import Gist, gist_of
from monitor.core.house import House
from monitor.core.message import Message
from monitor.core.topic import key_of
from monitor.store.arrivals import Arrival, Look
from monitor.store.store import Store, open_store
from monitor.store.tables import messages
from tests.contract.taking import take_in
from tests.contract.test_store import ANN, BEN, HOUSE, INFO, NOW, TEN, Desks, dump, mail

LAMP = mail("1@ann.example", ANN, INFO, subject="A broken lamp at the pier")
ANSWER = mail("2@ours.example", INFO, ANN, re=["1@ann.example"], subject="Re: A broken lamp at the pier")
NEWS = mail("3@news.example", BEN, INFO, subject="News of the week", headers={"list-id": ("<a.example>",)})


@pytest.fixture
def desks(store: Store) -> Desks:
    return Desks(store)


def with_gist(arrival: Arrival, **other: object) -> Arrival:
    """As the reading process hands it over; `other`: what it says that is not so."""
    assert isinstance(arrival.message, Message)
    gist: Gist = gist_of(arrival.message, HOUSE.staff)._replace(**other)  # type: ignore[arg-type]
    return arrival._replace(gist=gist)


def take(desks: Desks, *batch: Arrival, house: House = HOUSE) -> dict[str, str]:
    """The keys of the subjects of all mails, by identity."""
    take_in(desks.store, desks.folders[INFO, "INBOX"], batch, Cursor(7, 9), house, Look(NOW))
    with desks.store.reading() as connection:
        return {row.identity: row.subject_key for row in connection.execute(select(messages))}


def test_the_store_holds_the_same_with_it_and_without(desks: Desks, tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path}/without.sqlite")) as without:
        for each in (desks, Desks(without)):
            for number, message in enumerate((LAMP, ANSWER, NEWS)):
                arrival = each.arrival(message, TEN + timedelta(hours=number))
                where = (INFO, "Sent" if message is ANSWER else "INBOX")
                each.take(where, with_gist(arrival) if each is desks else arrival)
        assert dump(desks.store) == dump(without)


def test_it_is_believed(desks: Desks) -> None:
    assert take(desks, with_gist(desks.arrival(LAMP, TEN), key="told")) == {LAMP.identity: "told"}


def test_of_a_mail_whose_subject_is_not_kept_it_says_nothing(desks: Desks) -> None:
    private = replace(HOUSE, keeps_subjects=False, letter_key=b"key")
    (key,) = take(desks, with_gist(desks.arrival(LAMP, TEN), key="told"), house=private).values()
    assert key not in ("told", key_of(LAMP), "")


def test_of_another_mail_under_the_same_id_it_says_nothing(desks: Desks) -> None:
    """Its identity is another one, and so is all that hangs on it."""
    first = replace(LAMP, sent_at=TEN - timedelta(days=1))
    other = replace(LAMP, sent_at=TEN, from_=NEWS.from_, subject="Quite another question")
    batch = [with_gist(desks.arrival(first, TEN)), with_gist(desks.arrival(other, TEN), key="told")]
    keys = take(desks, *batch)
    assert len(keys) == 2
    assert set(keys.values()) == {key_of(LAMP), key_of(other)}


def test_of_two_copies_that_say_different_things_neither_says_it(desks: Desks) -> None:
    copy = replace(LAMP, recipients=(*LAMP.recipients, NEWS.from_))
    batch = [with_gist(desks.arrival(LAMP, TEN), key="told"), with_gist(desks.arrival(copy, TEN), key="told")]
    assert take(desks, *batch) == {LAMP.identity: key_of(LAMP)}
