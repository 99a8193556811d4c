"""While one batch is read in another process the next one is fetched; none is held back, and none comes out of turn."""

from collections.abc import Sequence

import pytest

from monitor.config import Settings
from monitor.core.gist import gist_of
from monitor.core.message import Message
from monitor.core.staff import Staff
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.reading_child import Read, with_gists
from monitor.inbox.source import RawMail, SourceError, WatchedFolder
from monitor.jobs import arriving
from monitor.jobs import look as looks
from monitor.jobs.arriving import Arrived, Arriving
from monitor.jobs.reading_process import HERE, Asked, Reader
from tests.jobs.test_poll import TEN, inbox, settings

__all__ = ["settings"]  # the fixture

BATCHES = ([1, 2], [3, 4], [5])
IN_TURN = [step for uids in BATCHES for step in (f"fetch {uids}", f"use {uids}")]
AHEAD = ["fetch [1, 2]", "fetch [3, 4]", "use [1, 2]", "fetch [5]", "use [3, 4]", "use [5]"]


class Elsewhere(Reader):
    """Has read nothing before it is asked what it has read, as if another process were still at it."""

    def begin(self, headers: Sequence[bytes], staff: Staff) -> Asked:
        return Asked(headers, staff)

    def end(self, asked: Asked) -> Read:
        return with_gists(asked.headers, asked.staff)


class Counts(MemorySource):
    """Notes each FETCH, and cannot be reached for the one with uid `lost`."""

    def __init__(self, *folders: MemoryFolder, lost: int = 0) -> None:
        super().__init__(*folders)
        self.steps: list[str] = []
        self.lost = lost

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        self.steps.append(f"fetch {list(uids)}")
        if self.lost in uids:
            raise SourceError("unreachable", "the line is dead")
        return super().mails(folder, uids)


def steps(source: Counts, settings: Settings, reader: Reader) -> list[Arrived]:
    """All that arrives; when each batch is used is noted beside when each is fetched."""
    found = []
    folder, (mailbox, *_) = WatchedFolder("INBOX", "inbox"), settings.mailboxes
    for batch in Arriving(source, folder, mailbox, settings.house(b"key"), TEN, reader).batches(BATCHES, None):
        source.steps.append(f"use {[arrival.uid for arrival in batch.arrivals]}")
        found.append(batch)
    return found


def test_the_next_one_is_fetched_while_another_process_reads(settings: Settings) -> None:
    source = Counts(inbox(5))
    assert [batch.reached for batch in steps(source, settings, Elsewhere())] == [3, 5, 6]
    assert source.steps == AHEAD


def test_what_is_read_here_comes_at_once(settings: Settings) -> None:
    source = Counts(inbox(5))
    steps(source, settings, HERE)
    assert source.steps == IN_TURN


def test_what_a_slow_server_gave_waits_for_nothing_more(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "SLOW_SECONDS", -1.0)
    source = Counts(inbox(5))
    steps(source, settings, Elsewhere())
    assert source.steps == IN_TURN


def test_after_heavy_mails_fewer_are_fetched_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LEAST", 1)
    source = Counts(inbox(9))
    weight = len(source.mails("INBOX", [1])[0].header)
    monkeypatch.setattr(looks, "WEIGHT", 2 * weight)
    source.steps.clear()
    folder, mailbox = WatchedFolder("INBOX", "inbox"), settings.mailboxes[0]
    arriving_ = Arriving(source, folder, mailbox, settings.house(b"key"), TEN, HERE)
    monkeypatch.setattr(looks, "BATCH", 4)
    found = list(arriving_.batches([range(1, 5), range(5, 9), [9]], None))
    assert source.steps == ["fetch [1, 2, 3, 4]", "fetch [5, 6]", "fetch [7, 8]", "fetch [9]"]
    assert [(each.reached, each.more, each.weight // weight) for each in found] == [
        *((5, True, 4), (7, True, 2), (9, True, 2), (10, False, 1))
    ]


@pytest.mark.parametrize(
    ("mails", "weight", "expected"),
    [(500, 500 * 600, 500), (500, 500 * 2800, 250), (1, 16_384, 50), (0, 0, 500), (3, 0, 500)],
)
def test_how_many_are_fetched_at_once(mails: int, weight: int, expected: int) -> None:
    assert looks.fitting(mails, weight) == expected


@pytest.mark.parametrize("reader", [HERE, Elsewhere()], ids=["here", "elsewhere"])
def test_all_that_came_before_a_fault_is_handed_on(settings: Settings, reader: Reader) -> None:
    source = Counts(inbox(5), lost=5)
    with pytest.raises(SourceError):
        steps(source, settings, reader)
    assert [step for step in source.steps if step.startswith("use")] == ["use [1, 2]", "use [3, 4]"]


def test_a_gist_is_of_the_message_as_it_is_stored(settings: Settings) -> None:
    """Of what more is known than its header, as on Gmail, it is found out later."""
    folder = inbox(5)
    folder.mails[2] = of_gmail(folder.mails[2])
    staff = settings.house(b"key").staff
    arrivals = [arrival for batch in steps(Counts(folder), settings, Elsewhere()) for arrival in batch.arrivals]
    assert [arrival.gist is not None for arrival in arrivals] == [True, False, True, True, True]
    for arrival in arrivals:
        assert isinstance(arrival.message, Message)
        assert arrival.gist in (None, gist_of(arrival.message, staff))


def of_gmail(mail: RawMail) -> RawMail:
    """As Gmail tells of it."""
    return mail._replace(gmail=("12", "34"))
