"""What a power cut may take from SQLite: of what a round tells again the last of it, and nothing else, ever."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from monitor.core.message import Role
from monitor.store.leases import Hold
from monitor.store.looks import failed_look
from monitor.store.mailboxes import folders_of, views, watch
from monitor.store.quiet import Unchanged, note_quiet
from monitor.store.store import Store, StoreError, open_store

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOX, OTHER = "info@ours.example", "shop@ours.example"
FOLDERS: list[tuple[str, Role]] = [("INBOX", "inbox"), ("Sent", "sent")]
NORMAL, FULL = 1, 2


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path / 'monitor.db'}")) as opened:
        watch(opened, BOX, FOLDERS)
        yield opened


def quiet(store: Store, now: datetime) -> None:
    folders = [folder.id for folder in folders_of(store, BOX)]
    assert note_quiet(store, [Unchanged(BOX, timedelta(hours=1), folders, frozenset())], now, Hold()) == {BOX}


def waited_for(store: Store) -> list[int]:
    """How far each commit from now on waits for the disk, as it is made."""
    found: list[int] = []

    @event.listens_for(store.engine, "commit")
    def _on_commit(connection: object) -> None:
        raw = connection.connection.dbapi_connection  # type: ignore[attr-defined]
        found.append(raw.execute("PRAGMA synchronous").fetchone()[0])

    return found


def test_only_the_note_of_a_quiet_round_does_not_wait_for_the_disk(store: Store) -> None:
    commits = waited_for(store)
    for n in (1, 2):
        quiet(store, NOON + n * MINUTE)
        failed_look(store, OTHER, "unreachable", "gone", NOON + n * MINUTE)
    assert commits == 2 * [NORMAL, FULL]


def test_whatever_comes_after_a_note_that_failed_waits_again(store: Store) -> None:
    with pytest.raises(StoreError), store.writing(retold=True) as connection:
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")
    commits = waited_for(store)
    failed_look(store, OTHER, "unreachable", "gone", NOON)
    assert commits == [FULL]
    with store.alone() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL


class Log:
    """The write-ahead log of a store, and what a power cut leaves of it (sqlite.org/fileformat2.html#walformat)."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._file, self._folder = Path(str(store.engine.url.database)), folder
        self.whole = b""

    def length(self) -> int:
        """So far, if it was written from its beginning on."""
        self.whole = self._wal(self._file).read_bytes()
        return len(self.whole)

    def after(self, log: bytes) -> dict[str, object]:
        """What the next start finds: as_of by mailbox, and its fault."""
        self._folder.mkdir()
        copy = Path(shutil.copy(self._file, self._folder))
        self._wal(copy).write_bytes(log)
        with closing(open_store(f"sqlite:///{copy}")) as store:
            with store.reading() as connection:
                assert connection.exec_driver_sql("PRAGMA quick_check").scalar() == "ok"
            found = {address: (view.as_of, view.fault) for address, view in views(store).items()}
        shutil.rmtree(self._folder)
        return dict(found)

    @staticmethod
    def _wal(file: Path) -> Path:
        return file.with_name(file.name + "-wal")


def test_a_power_cut_takes_the_note_and_nothing_before_it_and_keeps_nothing_after_it_without_it(
    store: Store, tmp_path: Path
) -> None:
    log = Log(store, tmp_path / "after")
    quiet(store, NOON)
    failed_look(store, OTHER, "unreachable", "gone", NOON)
    before = log.length()
    quiet(store, NOON + MINUTE)
    noted = log.length()
    failed_look(store, OTHER, "refused", "no", NOON + MINUTE)
    end = log.length()
    assert before < noted < end
    first, second = {BOX: (NOON, None)}, {BOX: (NOON + MINUTE, None)}
    for kept in range(before, noted, 1000):
        assert log.after(log.whole[:kept]) == first | {OTHER: (None, "unreachable")}, kept
    assert log.after(log.whole[:noted]) == second | {OTHER: (None, "unreachable")}
    assert log.after(log.whole) == second | {OTHER: (None, "refused")}
    # The disk may have written what came later first.
    holed = log.whole[:before] + bytes(noted - before) + log.whole[noted:]
    assert log.after(holed) == first | {OTHER: (None, "unreachable")}
