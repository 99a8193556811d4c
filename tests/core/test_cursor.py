"""Polling as a table: what a folder was, what the server says, what to do (design.md §5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.cursor import Cursor, FolderState, Plan, plan

READ_TO_10 = Cursor(1, 10, 500, 9)
NO_CONDSTORE = Cursor(1, 10, None, 9)
HALF_READ = Cursor(1, 10, 500, 9, complete=False)
FROM_START = Plan("FIRST", 1, within_lookback=True)
RESIGHT = Plan("RESIGHT", 1, within_lookback=True, forget_sightings=True)


@pytest.mark.parametrize(
    ("what", "known", "server", "expected"),
    [
        ("nothing known", None, FolderState(1, 10), FROM_START),
        ("nothing known, nothing said", None, FolderState(1), FROM_START),
        ("first look unfinished", HALF_READ, FolderState(1, 90, 501, 80), Plan("FIRST", 10, within_lookback=True)),
        ("unfinished, uidvalidity changed", HALF_READ, FolderState(2, 90), RESIGHT),
        ("other uidvalidity", READ_TO_10, FolderState(2, 10, 500, 9), RESIGHT),
        ("uidnext went back", READ_TO_10, FolderState(1, 9, 500, 9), RESIGHT),
        ("new mail", READ_TO_10, FolderState(1, 11, 501, 10), Plan("NEW_FROM", 10, ask_flags=True)),
        ("uidnext not said", READ_TO_10, FolderState(1, None, 500, 9), Plan("NEW_FROM", 10, ask_flags=True)),
        ("other modseq", READ_TO_10, FolderState(1, 10, 501, 9), Plan("CHANGED", 10, ask_flags=True)),
        ("fewer messages", READ_TO_10, FolderState(1, 10, 500, 8), Plan("CHANGED", 10, ask_flags=True)),
        ("all the same", READ_TO_10, FolderState(1, 10, 500, 9), Plan("NOTHING", 10)),
        ("no CONDSTORE", NO_CONDSTORE, FolderState(1, 10, None, 9), Plan("NOTHING", 10, ask_flags=True)),
        ("CONDSTORE is new", NO_CONDSTORE, FolderState(1, 10, 500, 9), Plan("CHANGED", 10, ask_flags=True)),
        ("messages not said", READ_TO_10, FolderState(1, 10, 500, None), Plan("NOTHING", 10, ask_flags=True)),
    ],
)
def test_the_next_look(what: str, known: Cursor | None, server: FolderState, expected: Plan) -> None:
    assert plan(known, server) == expected, what


_few = st.integers(1, 4)
_perhaps = st.none() | _few


@given(
    st.none() | st.builds(Cursor, _few, _few, _perhaps, _perhaps, st.booleans()),
    st.builds(FolderState, _few, _perhaps, _perhaps, _perhaps),
)
def test_no_look_skips_a_mail(known: Cursor | None, server: FolderState) -> None:
    """Whatever was not read yet lies at or above the first uid; sightings are forgotten only to be seen again."""
    next_look = plan(known, server)
    if known is None or known.uidvalidity != server.uidvalidity:
        assert next_look.first_uid == 1
    else:
        assert next_look.first_uid in (1, known.uidnext)
    if next_look.step in ("NOTHING", "CHANGED"):
        assert known is not None
        assert server.uidnext == known.uidnext
    if next_look.forget_sightings:
        assert next_look.first_uid == 1
