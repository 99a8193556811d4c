"""Folders read side by side: every mail once, in the order of its folder, and none later than what may answer it."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from monitor.config import Settings
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import SourceError
from monitor.jobs import look as looks
from monitor.jobs.arriving import Arrived
from monitor.jobs.poll import sweep
from monitor.jobs.side_by_side import Side, side_by_side
from monitor.store import tables
from monitor.store.arrivals import Arrival
from monitor.store.mailboxes import watch
from monitor.store.store import Store
from monitor.store.stories import all_stories
from tests.jobs.test_poll import MONDAY, TEN, header, inbox, settings

__all__ = ["settings"]  # the fixture
DAY = timedelta(days=1)
START = datetime(2026, 11, 2, tzinfo=UTC)


def batch(days: Sequence[int], first_uid: int = 1, weight: int = 0) -> Arrived:
    """Mails that came on these days, uids in order; `weight`: bytes of a header."""
    mails = [Arrival(uid, frozenset(), 9, START + n * DAY, "bad") for uid, n in enumerate(days, first_uid)]
    return Arrived(mails, first_uid + len(days), more=False, newest=START, weight=weight * len(days))


def days_of(sides: Sequence[Side]) -> dict[int, list[int]]:
    return {n: [(a.arrived_at - START).days for a in each.arrivals] for n, each in sides}


@pytest.fixture
def as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is gathered."""
    monkeypatch.setattr(looks, "STORED_AT_ONCE", 1)


@pytest.mark.usefixtures("as_they_come")
def test_what_came_later_waits_for_the_other_folder_to_come_so_far() -> None:
    inbox_, sent = [batch([1, 2, 3]), batch([4, 5, 6], 4)], [batch([2, 3, 4, 9])]
    told = [days_of(sides) for sides in side_by_side([iter(inbox_), iter(sent)])]
    assert told == [{0: [1, 2, 3], 1: [2, 3]}, {0: [4, 5, 6], 1: [4]}, {1: [9]}]


@pytest.mark.usefixtures("as_they_come")
def test_a_folder_is_read_up_to_the_first_mail_that_waits() -> None:
    first, second = side_by_side([iter([batch([1])]), iter([batch([1, 5, 6])])])
    assert [(n, each.reached, each.more, each.newest) for n, each in first] == [
        (0, 2, False, START),
        (1, 2, True, None),
    ]
    assert [(n, each.reached, each.more, each.newest) for n, each in second] == [(1, 4, False, START)]


def batches(lists: Sequence[Sequence[int]], weight: int = 0) -> Iterator[Arrived]:
    uid = 1
    for days in lists:
        yield batch(days, uid, weight)
        uid += len(days)


def test_batches_are_gathered_until_there_is_enough_to_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "STORED_AT_ONCE", 5)
    told = [days_of(sides) for sides in side_by_side([batches([[1, 2], [3], [4, 5], [6]]), batches([[3, 7]])])]
    assert told == [{0: [1, 2, 3], 1: [3]}, {0: [4, 5, 6], 1: [7]}]


def test_heavy_mails_are_stored_as_soon_as_they_weigh_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held back, for the other folder has not come so far, weighs on."""
    monkeypatch.setattr(looks, "WEIGHT", 100)
    mails, others = [[1, 2], [3, 4], [5, 6], [7, 8]], [[2], [6], [8]]
    told = [days_of(sides) for sides in side_by_side([batches(mails, 70), batches(others, 1)])]
    assert told == [{0: [1, 2, 3, 4, 5, 6], 1: [2, 6]}, {0: [7, 8], 1: [8]}]
    told = [days_of(sides) for sides in side_by_side([batches(mails, 1), batches(others, 400)])]
    assert told == [{0: [1, 2], 1: [2]}, {0: [3, 4]}, {0: [5, 6], 1: [6]}, {0: [7, 8], 1: [8]}]
    (told,) = [days_of(sides) for sides in side_by_side([batches(mails, 1), batches(others, 1)])]
    assert told == {0: [1, 2, 3, 4, 5, 6, 7, 8], 1: [2, 6, 8]}


def test_what_a_slow_server_gives_is_stored_as_it_comes() -> None:
    ticks = iter(range(0, 100, 2))
    coming = side_by_side([batches([[1], [2], [3], [4]])], clock=lambda: float(next(ticks)))
    assert [days_of(sides) for sides in coming] == [{0: [1, 2]}, {0: [3, 4]}]


_FOLDER = st.lists(st.lists(st.integers(0, 20), max_size=4), max_size=5)


@given(st.lists(_FOLDER, max_size=3), st.sampled_from((1, 5, 2000)))
def test_every_mail_comes_once_and_in_the_order_of_its_folder(folders: list[list[list[int]]], at_once: int) -> None:
    """Whatever the order of their times: who moved old mail into a folder gave it new uids."""
    came: dict[int, list[int]] = {n: [] for n in range(len(folders))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looks, "STORED_AT_ONCE", at_once)
        for sides in side_by_side([batches(each) for each in folders]):
            assert sides
            for n, each in sides:
                came[n] += [a.uid for a in each.arrivals]
                assert each.reached == came[n][-1] + 1
    assert came == {n: list(range(1, sum(map(len, each)) + 1)) for n, each in enumerate(folders)}


def test_a_fault_comes_after_what_was_read_before_it() -> None:
    def breaks() -> Iterator[Arrived]:
        yield batch([1])
        raise SourceError("unreachable", "the line is dead")

    coming = side_by_side([breaks(), iter([batch([1, 2])])])
    assert days_of(next(coming)) == {0: [1], 1: [1]}
    with pytest.raises(SourceError, match="the line is dead"):
        next(coming)


def answers(count: int) -> MemoryFolder:
    """The answer to each question of `inbox`."""
    folder = MemoryFolder("Sent", frozenset({"\\sent"}))
    for number in range(1, count + 1):
        lines = (
            "From: info@ours.example",
            f"To: r{number}@reader.example",
            f"Message-ID: <{number}@ours.example>",
            f"Subject: Re: Question {number}",
            f"In-Reply-To: <{number}@reader.example>",
        )
        folder.deliver(header(number, f"Date: {MONDAY:%d %b %Y %H:%M:%S} +0000", *lines), MONDAY)
    return folder


def test_a_first_look_that_is_cut_off_in_a_later_batch_goes_on_there(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "BATCH", 3)
    monkeypatch.setattr(looks, "STORED_AT_ONCE", 3)
    house, box = settings.house(store.letter_key), settings.mailboxes[0]
    source = MemorySource(inbox(10), answers(10))
    stop = threading.Event()
    cut = sweep(store, source, box, house, TEN, stop.is_set, lambda *_: stop.set())
    assert (cut.taken_in, cut.fault is None) == (6, False)
    names = [("INBOX", "inbox"), ("Sent", "sent")]
    cursors = [row.cursor for row in watch(store, box.address, names)]
    assert [(c.uidnext, c.complete) for c in cursors if c] == [(4, False), (4, False)]
    assert {w.state for story in all_stories(store) for w in story.waits} == {"answered"}
    assert sweep(store, source, box, house, TEN).taken_in == 14
    assert [row.cursor.complete for row in watch(store, box.address, names) if row.cursor] == [True, True]
    with store.reading() as connection:
        states = connection.execute(select(tables.waits.c.state)).scalars().all()
    assert states == ["answered"] * 10
