"""After a large look its memory is for the letters: what was remembered of mails goes, what connections share stays."""

import gc
from pathlib import Path
from typing import Any

from sqlalchemy import event

from monitor.core import subject
from monitor.core.tls_line import tls_context
from monitor.inbox import people
from monitor.jobs.heap import give_back, rarely_walked
from monitor.store import rows
from monitor.store.store import open_store


def test_what_was_remembered_of_mails_is_dropped_and_what_connections_share_is_kept(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    subject.subject_key("Re: Opening hours of the reading room")
    people.plain_people("Ann Other <ann@customer.example>")
    rows._address("Ann Other", "ann@customer.example")
    shared = tls_context(None)
    remembered = (subject._key, people.plain_people, people.plain_person, rows._address)
    assert all(each.cache_info().currsize for each in remembered)
    give_back(store)
    assert not any(each.cache_info().currsize for each in remembered)
    assert tls_context(None) is shared


def test_every_idle_connection_of_sqlite_gives_its_pages_back(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with store.reading(), store.reading():
        pass
    asked: list[Any] = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def _asked(_connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if "shrink_memory" in statement:
            asked.append(cursor.connection)

    give_back(store)
    assert len(set(map(id, asked))) == len(asked) == 2


def test_the_collector_walks_seldom_while_anybody_reads_mails_and_then_as_before() -> None:
    before = gc.get_threshold()
    with rarely_walked():
        reading = gc.get_threshold()
        with rarely_walked():
            pass
        assert gc.get_threshold() == reading
        assert reading[0] > 10 * before[0]
    assert gc.get_threshold() == before
