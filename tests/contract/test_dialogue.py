"""Mail between partners and us, in both databases: by people's own hand, found by indexes, and gone when forgotten."""

from dataclasses import replace
from datetime import timedelta

from monitor.core.message import Address
from monitor.store.dialogue import begun_with, last_written, our_replies, writers
from monitor.store.store import Store
from tests.contract.test_forgetting import ANN, BEN, CLEO, HOUR, INFO, OPS, TEN, Desks, desks, left, mail

__all__ = ["desks"]  # the fixtures

END = TEN + timedelta(days=1)


def test_only_what_people_wrote_themselves_is_dialogue(desks: Desks) -> None:
    desks.take(mail("1", ANN, INFO), TEN)
    desks.take(mail("2", BEN, INFO, headers={"auto-submitted": ("auto-replied",)}), TEN)
    desks.take(mail("3", CLEO, INFO, headers={"list-id": ("<news.club.example>",)}), TEN)
    desks.take(mail("4", OPS, INFO), TEN)
    desks.take(mail("5", ANN, INFO), TEN + HOUR)
    assert writers(desks.store, TEN, END) == {ANN: TEN + HOUR}
    assert writers(desks.store, TEN, TEN + HOUR) == {ANN: TEN}
    assert writers(desks.store, TEN - HOUR, TEN) == {}


def test_the_last_mail_of_a_domain_and_of_an_address(desks: Desks) -> None:
    for hour, who in enumerate(["ann@far.example", "ben@far.example", "eve@very-far.example", "ann@far.example.org"]):
        desks.take(replace(mail(str(hour), ANN, INFO), from_=Address("", who)), TEN + hour * HOUR)
    assert last_written(desks.store, "far.example", TEN, END) == ("ben@far.example", TEN + HOUR)
    assert last_written(desks.store, "far.example", TEN, TEN + HOUR) == ("ann@far.example", TEN)
    assert last_written(desks.store, "far.example", TEN + 2 * HOUR, END) is None
    assert last_written(desks.store, "ann@far.example", TEN, END) == ("ann@far.example", TEN)
    assert last_written(desks.store, "nobody.example", TEN, END) is None
    assert last_written(desks.store, "f_r.example", TEN, END) is None, "no pattern of theirs is one of ours"


def test_what_we_wrote_is_found_in_their_conversations(desks: Desks) -> None:
    first = desks.take(mail("1", ANN, INFO), TEN)
    desks.take(mail("2", INFO, ANN, BEN, re=[first]), TEN + HOUR)
    desks.take(mail("3", INFO, CLEO, subject="A new plan"), TEN + 2 * HOUR)
    desks.take(mail("4", INFO, OPS, re=[first]), TEN + 3 * HOUR)
    assert our_replies(desks.store, [ANN], TEN, END) == [(TEN + HOUR, frozenset({ANN, BEN}))]
    assert our_replies(desks.store, [ANN], TEN, TEN + HOUR) == []
    assert our_replies(desks.store, [CLEO], TEN, END) == []
    assert our_replies(desks.store, [], TEN, END) == []


def test_what_we_began_with_them_is_found_with_all_that_we_wrote_after_it(desks: Desks) -> None:
    plan = desks.take(mail("3", INFO, CLEO, subject="A new plan"), TEN)
    desks.take(mail("4", INFO, CLEO, re=[plan], subject="A new plan"), TEN + HOUR)
    desks.take(mail("5", INFO, BEN, subject="A lost card"), TEN)
    told = [(TEN, frozenset({CLEO})), (TEN + HOUR, frozenset({CLEO}))]
    assert begun_with(desks.store, ["club.example"], TEN, END) == told
    assert begun_with(desks.store, [CLEO], TEN, END) == told
    assert begun_with(desks.store, ["club.example"], TEN + HOUR, END) == []
    assert begun_with(desks.store, ["lub.example", "eo@club.example", "%"], TEN, END) == []
    assert begun_with(desks.store, [], TEN, END) == []


def test_a_detail_and_googles_two_domains_are_the_same_partner(desks: Desks) -> None:
    to = replace(mail("1", INFO, ANN), recipients=(Address("", "ann+plans@googlemail.com"),))
    desks.take(to, TEN)
    assert [at for at, _ in begun_with(desks.store, ["ann@gmail.com"], TEN, END)] == [TEN]


def test_of_who_was_forgotten_no_dialogue_is_left(desks: Desks, store: Store) -> None:
    first = desks.take(mail("1", ANN, INFO), TEN)
    desks.take(mail("2", INFO, ANN, re=[first]), TEN + HOUR)
    desks.take(mail("3", BEN, INFO), TEN)
    desks.forget()
    assert writers(store, TEN, END) == {BEN: TEN}
    assert last_written(store, "far.example", TEN, END) is None
    assert begun_with(store, ["far.example"], TEN, END) == []
    assert left(store) == []
