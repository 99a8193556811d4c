"""What is written in another way where nothing is there yet, or not at all as a row says it, comes to the same."""

from sqlalchemy import select

from monitor.store import tables
from monitor.store.arrivals import Arrival
from monitor.store.store import Store
from tests.contract.test_store import ANN, INFO, NOW, TEN, Desks, dump, mail

INBOX = (INFO, "INBOX")


def many(first: int, last: int) -> list[Arrival]:
    """A mail for each uid of a folder."""
    return [Arrival(n, frozenset(), 9, TEN, mail(f"m{n}", ANN, INFO, subject=f"Visit {n}")) for n in range(first, last)]


def nodes(store: Store) -> list[str]:
    with store.reading() as connection:
        return sorted(connection.execute(select(tables.nodes.c.id)).scalars())


class TestSightingsThatMayBeThere:
    def test_the_same_many_mails_twice_change_nothing(self, store: Store) -> None:
        desks = Desks(store)
        desks.take(INBOX, *many(1, 20))
        before = dump(store)
        desks.take(INBOX, *many(1, 20))
        assert dump(store) == before

    def test_of_many_that_begin_among_known_ones_each_is_kept_once(self, store: Store) -> None:
        """Killed between two batches, and begun anew a little earlier; a mail was flagged and one is gone meanwhile."""
        desks = Desks(store)
        desks.take(INBOX, *many(1, 4))
        with store.writing() as connection:
            connection.execute(tables.sightings.update().where(tables.sightings.c.uid == 2).values(gone_at=NOW))
        again = [a._replace(flags=frozenset({"\\Flagged"})) if a.uid == 3 else a for a in many(2, 20)]
        desks.take(INBOX, *again)
        with store.reading() as connection:
            columns = (tables.sightings.c.uid, tables.sightings.c.flags, tables.sightings.c.gone_at)
            found = connection.execute(select(*columns).order_by(tables.sightings.c.uid)).all()
        assert [row.uid for row in found] == list(range(1, 20))
        assert {row.uid: row.flags for row in found if row.flags} == {3: ["\\Flagged"]}
        assert not any(row.gone_at for row in found)


class TestNodesThatRowsBear:
    def test_an_id_is_kept_once_in_the_row_of_its_mail(self, store: Store) -> None:
        desks = Desks(store)
        desks.asked(mail("1", ANN, INFO))
        desks.answered(mail("2", INFO, ANN, re=["1"]), TEN)
        assert [node for node in nodes(store) if node.startswith("<")] == []
        (wait,) = desks.waits()
        assert (wait.answered_by, len(desks.stories())) == ("<2>", 1)

    def test_an_id_that_nobody_has_seen_is_kept_and_ties_what_names_it(self, store: Store) -> None:
        desks = Desks(store)
        desks.asked(mail("2", ANN, INFO, re=["lost"]))
        desks.asked(mail("3", ANN, INFO, re=["lost"], subject="Another word"))
        assert (len(desks.stories()), [n for n in nodes(store) if n.startswith("<")]) == (1, ["<lost>"])
        desks.answered(mail("lost", INFO, ANN), TEN)
        assert len(desks.stories()) == 1

    def test_another_mail_under_a_known_id_stands_with_it(self, store: Store) -> None:
        """Its own row bears another name than the id it came with."""
        desks = Desks(store)
        desks.asked(mail("same", ANN, INFO, subject="A broken lift", sent_at=TEN))
        desks.asked(mail("same", "ben@borrower.example", INFO, subject="A lost card", sent_at=NOW))
        desks.answered(mail("2", INFO, ANN, re=["same"]), NOW)
        assert len(desks.stories()) == 1
        assert sorted(w.state for w in desks.waits()) == ["answered", "waiting"]
