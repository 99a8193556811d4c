"""What `forget` and the purge must not miss, must not take with them, and must not bring about later."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from monitor.core.cursor import Cursor
from monitor.core.message import Address, Message
from monitor.store import tables
from monitor.store.arrivals import Arrival, Look
from monitor.store.forgetting import forget
from monitor.store.keeping import ForgottenMeanwhile, times_forgotten
from monitor.store.outbox import mark_sent, pending
from monitor.store.past import Removed
from monitor.store.reminding import already_claimed, claim, due_between
from monitor.store.retention import is_due, purge
from monitor.store.store import open_store
from tests.contract.taking import take_in
from tests.contract.test_forgetting import (
    ANN,
    BEN,
    CAST,
    CLEO,
    DAY,
    HOUR,
    HOUSE,
    INFO,
    NOW,
    OLD,
    TEN,
    YEAR,
    Desks,
    desks,
    history,
    left,
    letter,
    mail,
    reminder,
    wiped,
    worlds,
)

__all__ = ["desks"]  # the fixture

NEAR = "ann.planted@outlook.example"


def learns(desks: Desks, kind: str, *values: str) -> None:
    with desks.store.writing() as connection:
        connection.execute(insert(tables.learnt), [{"kind": kind, "value": value, "times": 30} for value in values])


def learnt(desks: Desks) -> set[str]:
    with desks.store.reading() as connection:
        return set(connection.execute(select(tables.learnt.c.value)).scalars())


class TestNothingIsMissed:
    def test_an_address_that_stands_in_the_name_of_another(self, desks: Desks) -> None:
        odd = replace(mail("1", BEN, INFO), from_=Address(f"'{ANN}' via Club", BEN))
        desks.take(odd, TEN)
        desks.take(replace(mail("2", CLEO, INFO), recipients=(Address(ANN, CLEO), Address("", INFO))), TEN)
        assert desks.forget().scrubbed == 2
        assert left(desks.store, [ANN, "far.example"]) == []

    def test_an_address_that_stands_in_the_address_of_a_list(self, desks: Desks) -> None:
        desks.take(replace(mail("1", BEN, INFO), from_=Address("Club", "b+ann.planted=far.example@l.example")), TEN)
        assert desks.forget().scrubbed == 1
        assert left(desks.store, ["ann.planted", "far.example"]) == []

    def test_the_longer_of_two_names_of_theirs(self, desks: Desks) -> None:
        first = desks.take(replace(mail("1", ANN, INFO, BEN), from_=Address("Ann Zaplanted", ANN)), TEN)
        again = replace(mail("2", ANN, INFO, BEN, re=[first]), from_=Address("Ann Zaplanted Morehouse", ANN))
        desks.take(again, TEN + HOUR)
        desks.take(mail("3", BEN, INFO, re=[first], subject="For Ann Zaplanted Morehouse"), TEN + 2 * HOUR)
        desks.forget()
        assert left(desks.store, ["zaplanted", "morehouse"]) == []

    def test_a_name_whose_small_letters_are_longer(self, desks: Desks) -> None:
        first = desks.take(replace(mail("1", ANN, INFO, BEN), from_=Address("Anna Großplanted", ANN)), TEN)
        desks.take(mail("2", BEN, INFO, re=[first], subject="For Anna Großplanted"), TEN + HOUR)
        desks.forget()
        assert left(desks.store, ["planted"]) == []

    def test_a_domain_in_letters_of_its_own(self, desks: Desks) -> None:
        ours = replace(mail("1", ANN, INFO), from_=Address("Ann Zaplanted", "ann.planted@xn--bcher-kva.example"))
        desks.take(ours, TEN)
        assert desks.forget("ann.planted@bücher.example").messages == 1
        assert left(desks.store, ["ann.planted", "xn--bcher-kva"]) == []


class TestNothingElseGoes:
    def test_the_ids_of_our_own_sent_mail_stay_known_at_a_provider_that_customers_use_too(self, desks: Desks) -> None:
        first = desks.take(replace(mail("1", BEN, INFO), from_=Address("Ann Zaplanted", NEAR)), TEN)
        sent = "<2@eu.prod.outlook.example>"
        ours = replace(mail("2", INFO, BEN, re=[mail("x", BEN, INFO)]), identity=sent, message_id=sent)
        desks.take(ours, TEN + HOUR)
        assert "eu.prod.outlook.example" in learnt(desks)
        desks.forget(NEAR)
        assert "eu.prod.outlook.example" in learnt(desks)
        assert first.identity not in learnt(desks)

    def test_who_checks_our_mail_stays_known_where_a_customer_has_an_address_there(self, desks: Desks) -> None:
        checked = {"authentication-results": ("mx.outlook.example; spf=pass",)}
        desks.take(replace(mail("1", BEN, INFO), from_=Address("Ann Zaplanted", NEAR), headers=checked), TEN)
        desks.take(mail("2", CLEO, INFO, headers=checked), TEN)
        assert "mx.outlook.example" in learnt(desks)
        desks.forget(NEAR)
        assert "mx.outlook.example" in learnt(desks)

    def test_what_only_their_mail_taught_goes(self, desks: Desks) -> None:
        learns(desks, "id-domain", "far.example", "mail.far.example")
        desks.take(mail("1", ANN, INFO), TEN)
        desks.forget()
        assert learnt(desks) == set()

    @settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds(), who=st.sampled_from(CAST))
    def test_the_reminders_of_all_others_stay_told(self, world: Sequence[tuple[Message, object]], who: str) -> None:
        store = open_store("sqlite://")
        desks = wiped(store)
        for message, when in world:
            desks.take(message, when)  # type: ignore[arg-type]
        for wait in due_between(store, None, NOW):
            claim(store, letter(str(wait.id)), [reminder(wait.id)], NOW)
        for each in pending(store, NOW):
            mark_sent(store, each.id, "250 OK", NOW)
        desks.forget(who)
        waiting = [wait for wait in due_between(store, None, NOW) if wait.who_address != who]
        assert already_claimed(store, [w.id for w in waiting]).keys() == {w.id for w in waiting}
        store.close()


class TestWhileADaemonWorks:
    def test_a_mail_in_its_hands_does_not_come_back(self, desks: Desks) -> None:
        began = Look(NOW, forgotten=times_forgotten(desks.store))
        assert desks.forget() == Removed()
        arrival = Arrival(1, frozenset(), 9000, TEN, mail("1", ANN, INFO))
        with pytest.raises(ForgottenMeanwhile):
            take_in(desks.store, desks.folders[INFO, "INBOX"], [arrival], Cursor(7, 2), HOUSE, began)
        assert desks.stories() == []
        take_in(
            desks.store,
            desks.folders[INFO, "INBOX"],
            [],
            Cursor(7, 2),
            HOUSE,
            Look(NOW, forgotten=times_forgotten(desks.store)),
        )

    def test_who_names_their_mail_elsewhere_is_found_before_the_writing_begins(self, desks: Desks) -> None:
        desks.take(mail("1", ANN, INFO, BEN), TEN)
        first = mail("1", ANN, INFO)
        named = replace(mail("2", CLEO, INFO, subject="A lost card"), references=(first.message_id,))
        desks.take(named, TEN)
        desks.forget()
        assert left(desks.store, ["far.example"]) == []


class TestRetention:
    def test_an_old_mail_that_is_moved_after_the_purge_is_nobody_who_waits(self, desks: Desks) -> None:
        """It has a new uid, so no lookback holds it back; but its answer is not known any more."""
        first = desks.take(mail("1", ANN, INFO), OLD - 9 * HOUR)
        desks.take(mail("2", INFO, ANN, re=[first]), OLD - 5 * HOUR)
        desks.take(mail("n", CLEO, INFO, subject="A lost card"), NOW - HOUR)
        before = history(desks.store)
        assert purge(desks.store, YEAR, NOW).conversations == 1
        desks.take(first, OLD - 9 * HOUR)
        assert [w.who.address for w in desks.waits()] == [CLEO]
        assert history(desks.store) == before

    def test_after_a_clock_that_was_years_ahead_it_is_due_again(self, desks: Desks) -> None:
        purge(desks.store, YEAR, NOW + 9 * YEAR)
        assert is_due(desks.store, NOW, DAY)


def test_each_forget_is_counted_also_of_who_is_not_known(desks: Desks) -> None:
    before = times_forgotten(desks.store)
    forget(desks.store, ANN, HOUSE, lambda _: NOW, NOW)
    forget(desks.store, BEN, HOUSE, lambda _: NOW, NOW)
    assert times_forgotten(desks.store) not in (before, None)
