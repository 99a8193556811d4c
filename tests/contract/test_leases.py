"""Several daemons on one PostgreSQL: who holds what, who takes over, and that whoever lost a lease writes nothing."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from monitor.config import Settings, load
from monitor.config.settings import HealthSettings
from monitor.daemon import Daemon as Working
from monitor.jobs.poller import Poller
from monitor.jobs.sharing import SHORTEST, Shared, all_of_it, share_of
from monitor.store.leases import ACTING, LeaseLost, leave, standing
from monitor.store.lock import AlreadyRunning
from monitor.store.sharing_tables import daemons
from monitor.store.store import Store, StoreError, open_store
from monitor.store.tables import learnt
from tests.contract.test_store import NOW

BOXES = [f"box{n}@ours.example" for n in range(6)]
Daemon = Callable[..., Shared]


def config(folder: Path, boxes: list[str], often: str = "5m") -> Settings:
    """A config of these mailboxes."""
    (folder / "password").write_text("geheim")
    path = folder / f"{len(boxes)}-{often}.toml"
    path.write_text(
        f'[imap]\nhost = "127.0.0.1"\nsecurity = "none"\npassword = {{ file = "password" }}\npoll_every = "{often}"\n'
        + "".join(f'[[mailbox]]\naddress = "{box}"\nteam = "Desk"\n' for box in boxes)
        + '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n[smtp]\nhost = "127.0.0.1"\nsecurity = "none"\n'
    )
    return load(path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config(tmp_path, BOXES)


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    opened = open_store(postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def daemon(store: Store) -> Iterator[Daemon]:
    """Makes one; none renews while a test lasts, as the shortest pause between two renewals is longer."""
    made: list[Shared] = []

    def make(**words: object) -> Shared:
        made.append(Shared(store, **words))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def parts(settings: Settings, *shares: Shared) -> list[int]:
    """How many mailboxes each holds, when each has looked around twice."""
    for share in shares * 2:
        share.take(settings)
    return [sum(share.holds(box) for box in BOXES) for share in shares]


def times_out(store: Store, share: Shared) -> None:
    """The database has not heard of it for long enough."""
    with store.writing() as connection:
        ago = func.clock_timestamp() - text("interval '1 second'")
        connection.execute(update(daemons).where(daemons.c.id == share._me).values(until=ago))


def learn(store: Store, value: str) -> None:
    """Write anything."""
    with store.writing() as connection:
        connection.execute(learnt.insert().values(kind="domain", value=value, times=1))


def known(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.execute(select(learnt.c.value)).scalars())


def test_they_get_even_parts_one_of_them_acts_and_who_ends_leaves_all(
    store: Store, settings: Settings, daemon: Daemon
) -> None:
    one, two, three = daemon(), daemon(), daemon()
    assert parts(settings, one) == [6]
    assert one.holds(ACTING)
    assert parts(settings, one, two) == [3, 3]
    assert parts(settings, one, two, three) == [2, 2, 2]
    one.close()
    assert parts(settings, two, three) == [3, 3]
    assert [two.holds(ACTING), three.holds(ACTING)] == [True, False]
    assert set(standing(store).held) == {*BOXES, ACTING}


def test_who_is_not_heard_of_is_replaced_and_writes_nothing_when_it_is_back(
    store: Store, settings: Settings, daemon: Daemon
) -> None:
    one, two = daemon(), daemon()
    parts(settings, one)
    with one.under(BOXES[0]):
        learn(store, "before")
        times_out(store, one)
        learn(store, "late, but nobody else has it")
        assert parts(settings, two) == [6]
        with pytest.raises(LeaseLost):
            learn(store, "lost")
    leave(store, two._me)
    one._begin_again()  # as its own clock tells it to when it is back
    one.take(settings)
    assert one.holds(BOXES[0])
    with one.under(BOXES[0]):
        learn(store, "claimed anew")
    assert "lost" not in known(store)


def test_a_look_begun_before_the_mailbox_went_and_came_back_writes_nothing(
    store: Store, settings: Settings, daemon: Daemon
) -> None:
    one, two = daemon(), daemon()
    parts(settings, one)
    old = one.under(BOXES[0])
    times_out(store, one)
    parts(settings, two)
    two.close()
    one._ends = 0.0
    parts(settings, one)
    with old, pytest.raises(LeaseLost):
        learn(store, "of the old claim")
    with one.under(BOXES[0]):
        learn(store, "of the new claim")
    assert known(store) == ["of the new claim"]


def test_our_clock_ends_a_lease_no_later_than_the_databases(store: Store, settings: Settings, daemon: Daemon) -> None:
    seconds = 1000.0
    one = daemon(seconds=lambda: seconds)
    one.take(settings)
    with one.under(ACTING):
        store.expect_fence()
        seconds += 61
        assert not one.holds(BOXES[0])
        with pytest.raises(LeaseLost):
            store.expect_fence()
    one.take(settings)
    assert one.holds(BOXES[0]), "nobody took over: it goes on"


def test_after_the_database_was_away_who_is_back_first_leaves_the_others_theirs(
    store: Store, settings: Settings, daemon: Daemon
) -> None:
    seconds = 1000.0
    one, two = daemon(seconds=lambda: seconds), daemon(seconds=lambda: seconds)
    assert parts(settings, one, two) == [3, 3]
    seconds += 300
    times_out(store, one)
    times_out(store, two)
    assert parts(settings, one, one, two)[1:] == [3, 3]
    times_out(store, two)
    seconds += 50
    one._renewed()
    seconds += 50
    assert parts(settings, one) == [6], "but not for ever"


def test_a_reader_that_is_slow_is_stopped_when_its_lease_runs_out_and_others_go_on(
    store: Store, settings: Settings, daemon: Daemon
) -> None:
    one = daemon()
    one.take(settings)
    stop, begun = threading.Event(), threading.Event()

    class Slow:
        def folders(self) -> list[object]:
            begun.set()
            stop.wait(20)
            return []

        def abort(self) -> None:
            stop.set()

    source = Slow()
    poller = Poller(store, settings, lambda _mailbox: source, share=one)  # type: ignore[arg-type,return-value]
    assert poller.poll(settings.mailboxes[:1], NOW, patience=0) == []
    assert begun.wait(20)
    times_out(store, one)
    two = daemon()
    assert parts(settings, two) == [6]
    assert not one._renewed()
    source.abort()
    (sweep,) = poller.poll([], NOW)
    assert sweep.fault is not None
    assert sweep.fault.fault == "stopped", "it is held against nobody"
    poller.close()


def test_who_reads_other_mailboxes_leaves_none_of_ours_unread(
    tmp_path: Path, settings: Settings, daemon: Daemon
) -> None:
    """The config was changed on one host only."""
    one, other = daemon(), daemon()
    parts(settings, one)
    other.take(config(tmp_path, BOXES[:1]))
    assert parts(settings, one) == [6]


def test_one_round_takes_what_is_free_and_gives_it_back(store: Store, settings: Settings, daemon: Daemon) -> None:
    one = daemon()
    parts(settings, one)
    with share_of(store) as guest:
        guest.take(settings)
        assert not any(map(guest.holds, [*BOXES, ACTING]))
        one.take(settings)
        assert not one.company
    one.close()
    with share_of(store) as guest:
        guest.take(settings)
        assert all(map(guest.holds, [*BOXES, ACTING]))
    assert standing(store).held == {}


def test_who_has_nothing_to_read_shows_that_it_lives(tmp_path: Path, store: Store, daemon: Daemon) -> None:
    """There are more daemons than mailboxes: the metrics of each host are young all the same."""
    one, idle = daemon(), daemon()
    few = config(tmp_path, BOXES[:1])
    one.take(few)
    file = tmp_path / "monitor.prom"
    seconds, few = 1000.0, replace(few, health=HealthSettings(file, None))
    waiting = Working(
        store, few, lambda: NOW, lambda _mailbox, _count: None, threading.Event(), lambda: seconds, share=idle
    )
    for seconds in (1000.0, 1005.0, 1301.0):
        waiting.tick()
        assert file.exists() == (seconds != 1005.0)
        file.unlink(missing_ok=True)
    waiting.close()


def test_who_wants_all_of_it_has_it_alone_or_not_at_all(store: Store, settings: Settings, daemon: Daemon) -> None:
    one, late = daemon(), daemon()
    parts(settings, one)
    with pytest.raises(AlreadyRunning, match=r"other daemons work on this store: .* \(pid \d+\)"):
        all_of_it(store, settings).__enter__()
    assert parts(settings, one) == [6], "and nothing was taken from them"
    times_out(store, one)
    with all_of_it(store, settings):
        assert parts(settings, late) == [0]
        learn(store, "it writes")
        with store.writing() as connection:
            connection.execute(update(daemons).where(~daemons.c.lasting).values(until=func.clock_timestamp()))
        assert parts(settings, late) == [6]
        with pytest.raises(LeaseLost):
            learn(store, "suspended for long, it writes nothing more")


def test_a_lease_lasts_for_half_of_two_looks_within_bounds(tmp_path: Path, daemon: Daemon) -> None:
    one = daemon()
    lengths = []
    for often in ("1s", "1m", "1h"):
        one._configure(config(tmp_path, BOXES, often), BOXES)
        lengths.append(one._length)
    assert lengths == [SHORTEST, timedelta(seconds=30), timedelta(seconds=60)]


def test_whatever_is_asked_for_a_daemon_has_few_connections(store: Store) -> None:
    assert store.engine.pool.size() + store.engine.pool._max_overflow <= 12  # type: ignore[attr-defined]


def test_a_writer_suspended_in_the_middle_of_a_write_keeps_nobody_out_for_ever(
    store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.store.IDLE_SECONDS", 1)
    other = open_store(postgres_url)

    def is_suspended() -> None:
        with store.writing() as connection:
            learn(other, "written meanwhile")
            connection.execute(learnt.insert().values(kind="domain", value="never", times=1))

    with pytest.raises(StoreError, match="the store cannot be reached"):
        is_suspended()
    assert known(other) == ["written meanwhile"]
    other.close()
