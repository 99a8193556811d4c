"""A mail left out of an answer, a mail expunged between two questions, a `forget` between two answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import RawMail, SourceError
from monitor.store.forgetting import forget
from monitor.store.shown import trouble_rows
from monitor.store.store import Store
from tests.jobs.test_poll import MONDAY, TEN, Look, cursor_of, header, inbox, known, look, settings

__all__ = ["look", "settings"]  # the fixtures

WITHOUT_ID = header(9, "From: r9@reader.example", "To: info@ours.example", f"Date: {MONDAY:%d %b %Y %H:%M:%S} +0000")
READER = "r1@reader.example"


class LeavesOut(MemorySource):
    """Says OK to the first so many FETCHes and shows nothing."""

    def __init__(self, times: int, *folders: MemoryFolder) -> None:
        super().__init__(*folders)
        self.times = times

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        self.times -= 1
        return [] if self.times >= 0 else super().mails(folder, uids)


class Expunges(MemorySource):
    """All mail is expunged between the first question and the second."""

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        for uid in uids:
            self._folder(folder).remove(uid)
        return {}


class RefusesWhole(MemorySource):
    """Says NO to each FETCH of a whole header that holds uid 2, as Exchange does of a broken mail."""

    def whole_headers(self, folder: str, uids: Sequence[int]) -> Mapping[int, bytes]:
        if 2 in uids:
            raise SourceError("message", "the server refuses fetching headers")
        return super().whole_headers(folder, uids)


class SomebodyIsForgotten(MemorySource):
    """While the first answer is on its way somebody deletes the mail of a reader and has the reader forgotten."""

    def __init__(self, store: Store, *folders: MemoryFolder) -> None:
        super().__init__(*folders)
        self._store, self._done = store, False

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        found = super().mails(folder, uids)
        if not self._done:
            self._done = True
            self._folder(folder).remove(1)
            forget(self._store, READER, self.house, lambda _: TEN, TEN)
        return found


def test_the_only_new_mail_is_asked_for_again_where_the_server_left_it_out(store: Store, look: Look) -> None:
    assert look(LeavesOut(1, inbox(1))).fault is None
    assert known(store) == ["<1@reader.example>"]
    assert trouble_rows(store) == []


def test_what_is_left_out_each_time_is_a_trouble_and_blocks_nothing(store: Store, look: Look) -> None:
    assert look(LeavesOut(9, inbox(1))).fault is None
    assert [trouble.uid for trouble in trouble_rows(store)] == [1]
    assert cursor_of(store) == 2


def test_what_was_expunged_before_its_whole_header_was_read_gets_no_identity_of_a_part(
    store: Store, look: Look
) -> None:
    folder = MemoryFolder("INBOX")
    folder.deliver(WITHOUT_ID, MONDAY)
    found = look(Expunges(folder))
    assert (found.fault, known(store), trouble_rows(store)) == (None, [], [])


def test_a_whole_header_that_is_refused_blocks_no_mailbox_and_loses_nobody(store: Store, look: Look) -> None:
    folder = MemoryFolder("INBOX")
    for _ in range(3):
        folder.deliver(WITHOUT_ID.replace(b"r9", f"r{folder.uidnext}".encode()), MONDAY)
    found = look(RefusesWhole(folder))
    assert (found.fault, len(known(store)), trouble_rows(store)) == (None, 3, [])


def test_the_mail_of_somebody_forgotten_during_the_look_does_not_come_back(
    store: Store, look: Look, settings: object
) -> None:
    source = SomebodyIsForgotten(store, inbox(3, when=TEN - timedelta(hours=1)))
    source.house = settings.house(store.letter_key)  # type: ignore[attr-defined]
    assert look(source).fault is None
    assert known(store) == ["<2@reader.example>", "<3@reader.example>"]
