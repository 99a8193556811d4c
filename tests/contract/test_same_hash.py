"""Two ids that have the same hash are two ids: what is asked for by one is never the other."""

from datetime import datetime, timedelta

import pytest

from monitor.core.ids import hash_of
from monitor.store.knowing import learn
from monitor.store.store import Store
from monitor.store.stories import arrivals_of, conversation_of
from monitor.store.strands import bearers
from tests.contract.test_store import ANN, BEN, HOUR, HOUSE, INFO, TEN, Desks, mail

ONE, TWIN = "54009@ann.example", "126875@ann.example"
INBOX = (INFO, "INBOX")


@pytest.fixture
def desks(store: Store) -> Desks:
    assert hash_of(f"<{ONE}>") == hash_of(f"<{TWIN}>"), "or nothing is shown here"
    return Desks(store)


def waiting(desks: Desks) -> dict[str, datetime]:
    """Who waits, since when."""
    return {wait.who.address: wait.opened_at for wait in desks.waits() if wait.state == "waiting"}


@pytest.mark.parametrize("together", [True, False])
def test_both_are_taken_in_and_each_is_answered_by_itself(desks: Desks, together: bool) -> None:
    ann, ben = desks.arrival(mail(ONE, ANN, INFO), TEN), desks.arrival(mail(TWIN, BEN, INFO), TEN + HOUR)
    for batch in [[ann, ben]] if together else [[ann], [ben], [ann]]:
        desks.take(INBOX, *batch)
    assert waiting(desks) == {ANN: TEN, BEN: TEN + HOUR}
    desks.answered(mail("reply@ours.example", INFO, BEN, re=[TWIN], subject="Re: Opening hours"), TEN + 2 * HOUR)
    assert waiting(desks) == {ANN: TEN}


def test_who_names_the_one_is_not_in_the_conversation_of_the_other(desks: Desks) -> None:
    desks.asked(mail(ONE, ANN, INFO))
    desks.asked(mail("later@ben.example", BEN, INFO, re=[TWIN], subject="Parking"), TEN + HOUR)
    assert waiting(desks) == {ANN: TEN, BEN: TEN + HOUR}


def test_each_is_shown_by_its_own_id(desks: Desks) -> None:
    desks.asked(mail(ONE, ANN, INFO))
    assert (arrivals_of(desks.store, f"<{TWIN}>"), conversation_of(desks.store, f"<{TWIN}>")) == (None, None)
    desks.asked(mail(TWIN, BEN, INFO), TEN + timedelta(days=1))
    assert arrivals_of(desks.store, f"<{TWIN}>") == TEN + timedelta(days=1)
    assert conversation_of(desks.store, f"<{ONE}>") != conversation_of(desks.store, f"<{TWIN}>")
    with desks.store.reading() as connection:
        assert bearers(connection, {f"<{TWIN}>"}).keys() == {f"<{TWIN}>"}


def test_an_id_of_ours_that_nobody_bears_is_cited_whatever_bears_its_hash(desks: Desks) -> None:
    """The answer that it names was never seen: it is told as such once we know our domain of ids."""
    desks.asked(mail(ONE, ANN, INFO))
    desks.asked(mail("later@ben.example", BEN, INFO, re=[TWIN], subject="Parking"), TEN + HOUR)
    (bens,) = [wait for wait in desks.waits() if wait.who.address == BEN]
    ours = mail("sent@ann.example", INFO, "else@people.example")
    with desks.store.writing() as connection:
        _, again = learn(connection, [ours], [], HOUSE)
    assert len(again) == 1
    assert again == {conversation_of(desks.store, bens.opener)}
