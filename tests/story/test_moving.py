"""A store that has lived moves from SQLite to PostgreSQL and back: the same is known, and nobody is told twice."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from monitor.exits import BAD_CONFIG, TRY_LATER
from monitor.store import moving
from monitor.store.leases import join
from monitor.store.lock import only_daemon
from monitor.store.store import open_store
from monitor.store.tables import learnt, letters
from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, Json, at

NOW, NEXT = at("Tue 10:05"), at("Wed 10:10")
REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'


def lived(houses: Houses) -> House:
    """Mail of a week, with a report, reminders, an act by hand, and a mail that cannot be read."""
    house = houses(config=REPORT, store="")
    house.opens(at("Mon 07:00"))
    house.answers(house.asks(at("Mon 08:00"), CLEO), at("Mon 09:00"))
    house.asks(at("Mon 10:00"), ANN, subject='Öffnungszeiten "Süd" [1] {2} \\ 日本')
    house.asks(at("Mon 10:00"), BEN)
    house.dovecot.append(house.address("info"), "INBOX", b"From:\r\n\r\n", at("Mon 09:20"))
    house.round(NOW)
    assert house.run(NOW, "snooze", "3", "7d").code == 0
    house.round(at("Mon 07:05", 1))
    return house


def all_told(house: House) -> list[Json]:
    """What the commands say of it."""
    moment = at("Mon 07:06", 1)
    words = (("threads", "--all"), ("report", "--week", "2024-W46"), ("status",), ("explain", "2"))
    told = [json.loads(house.run(moment, *each, "--json").out) for each in words]
    told[2].pop("store")  # how large it is differs
    return told


def now_at(house: House, url: str) -> None:
    house.store_url = url
    house.write_config()


def test_moved_there_and_back_the_same_is_known_and_nothing_is_sent_twice(
    houses: Houses, postgres_url: str, tmp_path: Path
) -> None:
    house = lived(houses)
    known, sent = all_told(house), len(house.sink.letters)
    told = house.run(NOW, "migrate", "--to", postgres_url)
    assert (told.code, told.out) == (0, f'[store]\nurl = "{postgres_url}"\n'), told.err
    now_at(house, postgres_url)
    assert all_told(house) == known
    assert house.round(at("Mon 07:10", 1)) == []
    house.asks(at("Mon 08:00", 1), "New <new@reader.example>")
    house.round(at("Tue 08:10", 1))
    assert len(house.sink.letters) > sent, "and ids go on"
    known = all_told(house)
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert house.run(NOW, "migrate", "--to", back).code == 0
    now_at(house, back)
    assert all_told(house) == known
    assert house.round(at("Tue 08:15", 1)) == []


def test_nothing_is_moved_onto_anything(house: House, postgres_url: str) -> None:
    house.opens(at("Mon 07:00"))
    open_store(postgres_url).close()
    assert house.run(NOW, "migrate", "--to", postgres_url).code == 0, "a store that was only opened is empty"
    told = house.run(NOW, "migrate", "--to", postgres_url)
    assert (told.code, "not empty" in told.err) == (TRY_LATER, True)
    assert house.run(NOW, "migrate", "--to", house.store_url).code == TRY_LATER, "nor onto itself"
    assert house.run(NOW, "migrate", "--to", "mysql://host/db").code == BAD_CONFIG
    assert house.run(NOW, "threads").code == 0


def test_who_works_on_a_store_is_not_moved_away_from_under_it(house: House, postgres_url: str) -> None:
    house.opens(at("Mon 07:00"))
    store = open_store(house.store_url)
    with only_daemon(store):
        told = house.run(NOW, "migrate", "--to", postgres_url)
    store.close()
    assert (told.code, "stop it first" in told.err) == (TRY_LATER, True)
    assert house.run(NOW, "migrate", "--to", postgres_url).code == 0
    moved = open_store(postgres_url)
    join(moved, "mon-1", 812, True, "", timedelta(minutes=1))
    now_at(house, postgres_url)
    told = house.run(NOW, "migrate", "--to", f"sqlite:///{house.folder}/back.db")
    assert (told.code, "daemons work on this store" in told.err) == (TRY_LATER, True)
    moved.close()


def test_what_does_not_arrive_as_it_was_is_not_there_at_all(
    house: House, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.opens(at("Mon 07:00"))
    house.asks(at("Mon 10:00"))
    house.round(NOW)
    real = moving._put

    def loses_one(connection, table, rows):  # type: ignore[no-untyped-def]
        real(connection, table, rows[:-1] if table.name == "letters" else rows)

    monkeypatch.setattr(moving, "_put", loses_one)
    told = house.run(NOW, "migrate", "--to", postgres_url)
    assert told.code == TRY_LATER
    target = open_store(postgres_url)
    with target.reading() as connection:
        assert connection.execute(select(func.count()).select_from(letters)).scalar() == 0
    target.close()


def test_what_the_target_does_not_take_is_told_in_one_line(house: House, postgres_url: str) -> None:
    house.opens(at("Mon 07:00"))
    store = open_store(house.store_url)
    with store.writing() as connection:
        connection.execute(learnt.insert().values(kind="domain", value="no\0text", times=1))
    store.close()
    told = house.run(NOW, "migrate", "--to", postgres_url)
    assert (told.code, "table learnt: " in told.err, "NUL" in told.err) == (TRY_LATER, True, True), told.err


def test_a_database_that_cannot_be_used_is_told_with_what_to_do(postgres: Postgres, house: House) -> None:
    place = f"{postgres.host}:{postgres.port}"
    for url, wanted in (
        (f"postgresql://monitor@{place}/nothing", "there is no such database"),
        (f"postgresql://nobody:planted@{place}/postgres", "knows no such user"),
        (f"postgresql://monitor@{place}/postgres?sslmode=require", "no TLS connection"),
        ("postgresql://monitor@no.such.host.example/postgres", "cannot be reached"),
        ("postgresql://monitor@/postgres?host=/nowhere", "cannot be reached"),
    ):
        told = house.run(NOW, "migrate", "--to", url)
        assert (told.code, wanted in told.err, "planted" in told.err) == (TRY_LATER, True, False), told.err
