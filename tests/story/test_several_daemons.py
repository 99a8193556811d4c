"""Three daemons share sixty mailboxes, while PostgreSQL and one of them are killed and another one is suspended."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from monitor.store.store import IDLE_SECONDS
from tests.servers.available import need_postgres
from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import House, at
from tests.story.process import Process
from tests.story.undisturbed import come_to, twice, undisturbed

OPENED, NOW = at("Mon 08:00"), at("Tue 10:05")
OFTEN = 10
"""Seconds between two looks, and so the shortest for which two rounds are longer than a lease."""

AUDIT = """
CREATE TABLE audit (place text, said text, holder int, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (place, said, holder) SELECT NEW.mailbox, current_setting('application_name'),
    (SELECT d.pid FROM leases l JOIN daemons d ON d.id = l.daemon WHERE l.place = NEW.mailbox);
  RETURN NEW;
END $$;
CREATE TRIGGER written BEFORE UPDATE ON folders FOR EACH ROW EXECUTE FUNCTION written();
"""
"""Who moves a cursor is written down, with who held the mailbox at that moment."""


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL that may be killed: nobody else uses it."""
    need_postgres()
    with Postgres(tmp_path_factory.mktemp("fragile")) as server:
        yield server


def asked(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What a database says."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        done = connection.execute(statement)
        return done.fetchall() if done.description else []


def comes(what: Callable[[], object], within: float = 90.0) -> float:
    """Wait until something is so; for how many seconds it was not."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < within, "it never came to be"
        time.sleep(0.1)
    return time.monotonic() - began


def parts(house: House) -> dict[int, int]:
    """How many mailboxes each daemon reads, by its process."""
    readers = [box["read_by"] for box in house.status(NOW)["mailboxes"]]
    return dict(Counter(reader["pid"] for reader in readers if reader and not reader["stale"]))


def wave(house: House, number: int, of: int) -> None:
    """Some desks (one of so many parts) are asked, and late at once. An owner gets no second letter within the hour."""
    for desk in list(house.desks)[number - 1 :: of]:
        house.asks(at("Mon 10:00"), f"Reader {number} <r{number}@reader.example>", to=desk)


def letters(house: House) -> list[Any]:
    return [letter for letter in house.sink.letters if letter.message["X-Inbox-Monitor"] == "reminder"]


def build(houses: Houses, url: str, desks: int, often: str) -> House:
    house = houses({f"box{n}": "" for n in range(desks)}, store=url, imap=f'poll_every = "{often}"')
    house.opens(OPENED)
    asked(url, AUDIT)
    return house


def nothing_was_lost_or_doubled(house: House) -> None:
    """Each customer is told of once, by a letter that came once; who wrote held the lease."""
    url, asked_ones = house.store_url, len(house.desks)
    assert asked(url, "SELECT count(*), count(DISTINCT wait) FROM reminders") == [(asked_ones, asked_ones)]
    assert asked(url, "SELECT count(*) FROM letters WHERE state <> 'sent'") == [(0,)]
    assert len(letters(house)) == asked_ones
    assert twice(house) == []
    strangers = "SELECT * FROM audit WHERE said <> 'inbox-monitor ' || coalesce(holder::text, 'nobody')"
    assert asked(url, strangers) == [], "who moved a cursor held the mailbox"


def test_two_daemons_share_and_the_one_that_is_left_takes_all(houses: Houses, fragile: Postgres) -> None:
    house = build(houses, fragile.new_database(), 4, "1s")
    words = ("--now", NOW.isoformat(), "run")
    wave(house, 1, 2)
    with Process(house, *words) as one:
        one.says("round mailboxes=4")
        with Process(house, *words) as two:
            comes(lambda: sorted(parts(house).values()) == [2, 2])
            assert {each["pid"]: each["acts"] for each in house.status(NOW)["daemons"]} == {
                one.pid: True,
                two.pid: False,
            }
            once = house.run(NOW, "run", "--once")
            assert (once.code, "other daemons read all mailboxes" in once.err) == (75, True)
            assert one.ends(signal.SIGTERM) == 0
            wave(house, 2, 2)
            comes(lambda: parts(house) == {two.pid: 4}, within=10)
            comes(lambda: len(letters(house)) == 4)
            assert two.ends(signal.SIGTERM) == 0
    nothing_was_lost_or_doubled(house)
    assert house.status(NOW)["daemons"] == []


@pytest.mark.full
def test_three_daemons_sixty_mailboxes_and_every_misfortune(
    houses: Houses, fragile: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints how long each take-over took."""
    house = build(houses, fragile.new_database(), 60, f"{OFTEN}s")
    words = ("--now", NOW.isoformat(), "run")
    times = {}
    wave(house, 1, 5)
    with Process(house, *words) as one, Process(house, *words) as two, Process(house, *words) as three:
        daemons = {each.pid: each for each in (one, two, three)}
        times["shared evenly"] = comes(lambda: sorted(parts(house).values()) == [20, 20, 20])
        comes(lambda: len(letters(house)) == 12)

        wave(house, 2, 5)
        fragile.kill()
        time.sleep(3)
        fragile.start()
        times["all read after PostgreSQL was killed and started"] = comes(lambda: len(letters(house)) == 24)
        assert sorted(parts(house).values()) == [20, 20, 20], "a short absence moves nothing"

        leader = next(each["pid"] for each in house.status(NOW)["daemons"] if each["acts"])
        wave(house, 3, 5)
        daemons.pop(leader).ends(signal.SIGKILL)
        times["taken over from one killed"] = comes(lambda: sorted(parts(house).values()) == [30, 30])
        times["and reminded"] = comes(lambda: len(letters(house)) == 36)

        wave(house, 4, 5)
        leader = next(each["pid"] for each in house.status(NOW)["daemons"] if each["acts"] and each["pid"] in daemons)
        daemons[leader].gets(signal.SIGSTOP)
        (last,) = set(daemons) - {leader}
        times["taken over from one suspended"] = comes(lambda: parts(house) == {last: 60})
        comes(lambda: len(letters(house)) == 48)
        daemons[leader].gets(signal.SIGCONT)
        times["shared again"] = comes(lambda: sorted(parts(house).values()) == [30, 30])
        wave(house, 5, 5)
        comes(lambda: len(letters(house)) == 60)
        for each in daemons.values():
            assert each.ends(signal.SIGTERM) == 0
            assert "Traceback" not in each.said
    nothing_was_lost_or_doubled(house)
    known = come_to(house, NOW)[0]
    assert known == undisturbed(house, NOW)[0]
    with capsys.disabled():
        print("".join(f"\n  {what}: {seconds:.1f} s" for what, seconds in times.items()))
    assert times["taken over from one killed"] < 2 * OFTEN
    assert times["taken over from one suspended"] < 2 * OFTEN + IDLE_SECONDS, (
        "it may have been in the middle of a write"
    )
