"""Fetching runs ahead of storing by one batch: in order, never two threads at once, and no thread is left."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from monitor.config import Settings
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import RawMail, SourceError
from monitor.jobs import look as looks
from monitor.jobs import poll
from monitor.jobs.ahead import ahead
from monitor.jobs.look import Sweep
from monitor.jobs.poll import sweep
from monitor.store.forgetting import forget
from monitor.store.store import Store, StoreError
from tests.jobs.test_poll import GUARD_SECONDS, TEN, cursor_of, inbox, known, settings

__all__ = ["settings"]  # the fixture

MAILS, BATCH = 10, 3


def fetching() -> list[str]:
    """The threads that fetch, now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("fetch")]


class Batches:
    """Numbers from 1 on; which thread made each. A fault in place of one of them."""

    def __init__(self, last: int, fault: int = 0) -> None:
        self.last, self.fault = last, fault
        self.made: list[tuple[int, str]] = []
        self.reached = [threading.Event() for _ in range(last + 2)]

    def __iter__(self) -> Iterator[int]:
        for number in range(1, self.last + 1):
            self.made.append((number, threading.current_thread().name.partition("_")[0]))
            self.reached[number].set()
            if number == self.fault:
                raise SourceError("unreachable", "the line is dead")
            yield number


def test_the_next_batch_is_made_while_one_is_in_use_and_no_batch_beyond_it() -> None:
    batches, used = Batches(5), []
    for number in ahead(iter(batches), lambda number: number < 5):
        assert batches.reached[min(number + 1, 5)].wait(GUARD_SECONDS)
        assert len(batches.made) <= number + 1
        used.append(number)
    assert used == [1, 2, 3, 4, 5]
    assert fetching() == []


def test_a_single_batch_is_made_without_a_thread() -> None:
    batches = Batches(2)
    assert list(ahead(iter(batches), lambda _: False)) == [1, 2]
    assert {name for _, name in batches.made} == {threading.current_thread().name}


def test_what_went_wrong_with_a_batch_is_raised_in_its_place() -> None:
    coming = ahead(iter(Batches(5, fault=3)), lambda _: True)
    used = [next(coming), next(coming)]
    with pytest.raises(SourceError, match="the line is dead"):
        next(coming)
    assert used == [1, 2]
    assert fetching() == []


def test_who_goes_no_further_waits_for_the_batch_under_way_and_leaves_no_thread() -> None:
    batches = Batches(5)
    with closing(ahead(iter(batches), lambda _: True)) as coming:
        assert next(coming) == 1
        assert batches.reached[2].wait(GUARD_SECONDS)
    assert len(batches.made) == 2
    assert fetching() == []


def test_where_no_thread_can_be_started_the_batches_come_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_more(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_more)
    batches = Batches(4)
    assert list(ahead(iter(batches), lambda _: True)) == [1, 2, 3, 4]
    assert len(batches.made) == 4


class OneAtATime(MemorySource):
    """A connection that two threads must never use at once; `at_fetch` is called with the number of each FETCH."""

    def __init__(self, *folders: MemoryFolder, at_fetch: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(*folders)
        self.at_fetch, self.fetches, self._busy = at_fetch, 0, threading.Lock()

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        assert self._busy.acquire(blocking=False), "two threads ask at once"
        try:
            self.fetches += 1
            self.at_fetch(self.fetches)
            return super().mails(folder, uids)
        finally:
            self._busy.release()


class Fence:
    """Counts by which thread is written."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def check(self, _connection: Connection) -> None:
        self.threads.append(threading.current_thread())

    def expect(self) -> None:
        """Never lost."""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(looks, "BATCH", BATCH)
    monkeypatch.setattr(looks, "STORED_AT_ONCE", BATCH)
    yield
    assert fetching() == [], "a look leaves no thread behind"


@pytest.fixture
def look(store: Store, settings: Settings) -> Callable[..., Sweep]:
    house = settings.house(store.letter_key)
    return lambda source, **how: sweep(store, source, settings.mailboxes[0], house, TEN, **how)


Look = Callable[..., Sweep]
ALL = sorted(f"<{number}@reader.example>" for number in range(1, MAILS + 1))


def test_a_batch_is_fetched_while_the_one_before_is_stored(store: Store, look: Look) -> None:
    fetched = [threading.Event() for _ in range(9)]
    waited = []

    def stored(_mailbox: str, _count: int) -> None:
        waited.append(fetched[min(len(waited) + 2, 4)].wait(GUARD_SECONDS))

    source = OneAtATime(inbox(MAILS), at_fetch=lambda number: fetched[number].set())
    assert look(source, progress=stored).fault is None
    assert waited == [True] * 4
    assert known(store) == ALL


def test_a_fault_of_the_server_comes_after_the_batches_before_it_are_stored(store: Store, look: Look) -> None:
    def dies(number: int) -> None:
        if number == 3:
            raise SourceError("unreachable", "the line is dead")

    found = look(OneAtATime(inbox(MAILS), at_fetch=dies))
    assert (found.taken_in, str(found.fault)) == (2 * BATCH, "the line is dead")
    assert cursor_of(store) == 2 * BATCH + 1
    assert look(OneAtATime(inbox(MAILS))).fault is None
    assert known(store) == ALL


def test_a_store_that_fails_ends_the_look_at_the_last_stored_batch(
    store: Store, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in, taken = poll.take_in_together, []

    def full(*args: Any) -> None:
        taken.append(args)
        if len(taken) == 2:
            raise StoreError("the disk is full")
        take_in(*args)

    with monkeypatch.context() as patch:
        patch.setattr(poll, "take_in_together", full)
        with pytest.raises(StoreError, match="the disk is full"):
            look(OneAtATime(inbox(MAILS)))
    assert cursor_of(store) == BATCH + 1
    assert look(OneAtATime(inbox(MAILS))).fault is None
    assert known(store) == ALL


def test_a_look_that_is_told_to_stop_ends_behind_a_whole_batch(store: Store, look: Look) -> None:
    stop = threading.Event()
    found = look(OneAtATime(inbox(MAILS)), stopping=stop.is_set, progress=lambda *_: stop.set())
    assert found.fault is not None
    assert (found.fault.fault, found.taken_in, cursor_of(store)) == ("stopped", BATCH, BATCH + 1)


def test_a_connection_that_is_cut_while_a_batch_is_stored_loses_nothing(store: Store, look: Look) -> None:
    source = OneAtATime(inbox(MAILS))
    found = look(source, progress=lambda *_: source.abort())
    assert found.fault is not None
    assert found.fault.fault == "unreachable"
    assert look(OneAtATime(inbox(MAILS))).fault is None
    assert known(store) == ALL


def test_somebody_forgotten_between_two_batches_comes_back_by_none(
    store: Store, look: Look, settings: Settings
) -> None:
    """The batch that is in hands was read before: all of it is read again, by one thread at a time."""
    folder = inbox(MAILS, when=TEN - timedelta(hours=1))

    def forgotten(number: int) -> None:
        if number == 3:
            folder.remove(8)
            forget(store, "r8@reader.example", settings.house(store.letter_key), lambda _: TEN, TEN)

    source = OneAtATime(folder, at_fetch=forgotten)
    assert look(source).fault is None
    assert known(store) == [identity for identity in ALL if identity != "<8@reader.example>"]


def test_only_the_looks_own_thread_writes(store: Store, look: Look) -> None:
    fence = Fence()
    with store.fenced(fence):
        assert look(OneAtATime(inbox(MAILS))).fault is None
    assert len(fence.threads) >= 4
    assert set(fence.threads) == {threading.current_thread()}
