"""When the first look at a mailbox takes a second connection: where both folders hold much, and the server has room."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest

from monitor.config import Settings
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import RawMail
from monitor.jobs import look as looks
from monitor.jobs import poll, poller
from monitor.jobs.poll import sweep
from monitor.jobs.poller import Poller
from monitor.store.store import Store
from tests.jobs.test_poll import MONDAY, TEN, header, inbox, known, settings

__all__ = ["settings"]  # the fixture

MUCH = 6


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "BATCH", 2)
    monkeypatch.setattr(looks, "STORED_AT_ONCE", 3)
    monkeypatch.setattr(poll, "MUCH", MUCH)


class Doubles(MemorySource):
    """A second connection is another source; notes which folders it was asked for, and whether it was let go."""

    def __init__(self, *folders: MemoryFolder) -> None:
        super().__init__(*folders)
        self.opened: list[set[str]] = []
        self.open = 0

    @contextmanager
    def beside(self) -> Iterator["Doubles"]:
        self.open += 1
        other = Notes(*self._folders.values())
        self.opened.append(other.asked)
        yield other
        self.open -= 1


class Notes(Doubles):
    """Which folders mails were asked of."""

    def __init__(self, *folders: MemoryFolder) -> None:
        super().__init__(*folders)
        self.asked: set[str] = set()

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        self.asked.add(folder)
        return super().mails(folder, uids)


def mailbox(count: int, sent: int) -> Doubles:
    """So many questions, and so many mails of our own."""
    box = MemoryFolder("Sent", frozenset({"\\sent"}))
    for number in range(sent):
        box.deliver(header(100 + number), MONDAY)
    return Doubles(inbox(count), box)


@pytest.mark.parametrize(
    ("count", "sent", "roomy", "opened"),
    [
        (MUCH, MUCH, True, [{"Sent"}]),
        (MUCH, MUCH, False, []),
        (MUCH * 3, MUCH - 1, True, []),
        (MUCH - 1, MUCH * 3, True, []),
    ],
)
def test_the_sent_folder_is_read_over_it(
    store: Store, settings: Settings, count: int, sent: int, roomy: bool, opened: list[set[str]]
) -> None:
    source, house = mailbox(count, sent), settings.house(store.letter_key)
    for _ in range(2):
        done = sweep(store, source, settings.mailboxes[0], house, TEN, roomy=lambda: roomy)
        assert done.fault is None
    assert source.opened == opened, "and only once"
    assert len(known(store)) == count + sent
    assert source.open == 0


@pytest.mark.parametrize(("most", "opened"), [(1, 0), (2, 1)])
def test_as_many_looks_as_a_server_is_asked_for_at_once_leave_no_room(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, most: int, opened: int
) -> None:
    """Each look that is under way may need two, and one that comes later must find its own."""
    monkeypatch.setattr(poller, "MOST_ON_A_HOST", most)
    source = mailbox(MUCH, MUCH)
    of_all = Poller(store, settings, lambda _: source)
    assert [each.fault for each in of_all.poll(settings.mailboxes[:1], TEN)] == [None]
    of_all.close()
    assert len(source.opened) == opened


class Searched(MemorySource):
    """Notes which folders were searched, and so opened."""

    def __init__(self, *folders: MemoryFolder) -> None:
        super().__init__(*folders)
        self.searched: list[str] = []

    def uids(self, folder: str, first_uid: int, since: datetime | None) -> Iterator[list[int]]:
        self.searched.append(folder)
        return super().uids(folder, first_uid, since)


def test_behind_what_was_read_nothing_is_searched_where_the_server_says_that_nothing_is_there(
    store: Store, settings: Settings
) -> None:
    sent = MemoryFolder("Sent", frozenset({"\\sent"}))
    sent.deliver(header(100), MONDAY)
    source, house = Searched(inbox(MUCH), sent), settings.house(store.letter_key)
    assert sweep(store, source, settings.mailboxes[0], house, TEN).fault is None
    assert sorted(source.searched) == ["INBOX", "Sent"], "side by side, and not again"
    assert len(known(store)) == MUCH + 1
    sent.deliver(header(101), MONDAY)
    assert sweep(store, source, settings.mailboxes[0], house, TEN).fault is None
    assert source.searched[2:] == ["Sent"]
    assert len(known(store)) == MUCH + 2
