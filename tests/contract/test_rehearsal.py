"""A rehearsal on both databases: what is written in it is seen in it, and is gone when it is over."""

from datetime import UTC, datetime

import pytest

from monitor.store.rehearsal import rehearsal
from monitor.store.reminding import NewLetter, Notice, claim_notices, noticed
from monitor.store.store import RowError, Store

NOW = datetime(2024, 11, 18, 7, 30, tzinfo=UTC)
TO = "lead@ours.example"


def notice(subject: str) -> Notice:
    return Notice("blind", (subject,), TO, NewLetter("blind", f"<{subject}@ours.example>", TO, "Subject", b"Hello"))


def fails_in_a_rehearsal(store: Store) -> None:
    with rehearsal(store) as stage:
        claim_notices(stage, [notice("one")], NOW)
        raise ZeroDivisionError


def test_what_is_written_is_seen_until_it_is_over(store: Store) -> None:
    claim_notices(store, [notice("before")], NOW)
    with rehearsal(store) as stage:
        claim_notices(stage, [notice("one")], NOW)
        claim_notices(stage, [notice("two")], NOW)
        assert {subject for subject, _ in noticed(stage, "blind")} == {"before", "one", "two"}
    assert noticed(store, "blind") == {("before", TO)}
    claim_notices(store, [notice("one")], NOW)


def test_what_fails_in_it_undoes_only_itself(store: Store) -> None:
    with rehearsal(store) as stage:
        claim_notices(stage, [notice("one")], NOW)
        with pytest.raises(RowError):
            claim_notices(stage, [notice("two"), notice("one")], NOW)
        assert noticed(stage, "blind") == {("one", TO)}
    assert noticed(store, "blind") == set()


def test_an_error_leaves_no_trace_either(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        fails_in_a_rehearsal(store)
    assert noticed(store, "blind") == set()
    claim_notices(store, [notice("one")], NOW)
