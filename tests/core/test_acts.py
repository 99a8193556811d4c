"""What a line of command says: strict about whole lines, kind about case, marks and polite words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.acts import LONGEST_SHOWN, MOST_NUMBERS, WORDS, Command, Puzzled, Why, spelled, understand
from monitor.core.durations import parse_duration
from monitor.core.wait import LONGEST_SNOOZE


def cmd(word: str, *numbers: int, length: str = "", to: str = "") -> Command:
    return Command(word, numbers, parse_duration(length) if length else None, to)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("done 2", cmd("done", 2)),
        ("Done 2.", cmd("done", 2)),
        ("  DONE\t2 ! ", cmd("done", 2)),
        ("done: 2", cmd("done", 2)),
        ("done #2", cmd("done", 2)),
        ("done no. 2", cmd("done", 2)),
        ("done", cmd("done")),
        ("done 1 3", cmd("done", 1, 3)),
        ("done 1,3", cmd("done", 1, 3)),
        ("done 1, 2 and 3", cmd("done", 1, 2, 3)),
        ("done 2-4", cmd("done", 2, 3, 4)),
        ("done 2 – 4, 9", cmd("done", 2, 3, 4, 9)),
        ("done 3 3 1", cmd("done", 3, 1)),
        ("please done 2", cmd("done", 2)),
        ('"done 2"', cmd("done", 2)),
        ("*done 2*", cmd("done", 2)),
        ("„erledigt 2“", cmd("done", 2)),
        ("'snooze 1 2d'.", cmd("snooze", 1, length="2d")),
        ("done 2, thanks!", cmd("done", 2)),
        ("done 2 thank you", cmd("done", 2)),
        ("\N{ZERO WIDTH SPACE}done\N{NO-BREAK SPACE}２", cmd("done", 2)),
        ("erledigt 2", cmd("done", 2)),
        ("Erledigt 2 und 3, danke", cmd("done", 2, 3)),
        ("fait 2", cmd("done", 2)),
        ("reopen 2", cmd("reopen", 2)),
        ("rouvrir 2 et 4", cmd("reopen", 2, 4)),
        ("snooze 1 2d", cmd("snooze", 1, length="2d")),
        ("snooze 1 for 2 days", cmd("snooze", 1, length="2d")),
        ("snooze 1 2 days", cmd("snooze", 1, length="2d")),
        ("snooze 1 2 3 d", cmd("snooze", 1, 2, length="3d")),
        ("snooze 1,2 4h", cmd("snooze", 1, 2, length="4h")),
        ("snooze 1 1d 12h", cmd("snooze", 1, length="36h")),
        ("snooze 1 10001m", cmd("snooze", 1, length="10001m")),
        ("snooze 1 a week", cmd("snooze", 1, length="7d")),
        ("snooze 1", cmd("snooze", 1, length="1d")),
        ("snooze 2d", cmd("snooze", length="2d")),
        ("snooze", cmd("snooze", length="1d")),
        ("Später 1 um 2 Tage", cmd("snooze", 1, length="2d")),
        ("reporter 1 de 3 jours", cmd("snooze", 1, length="3d")),
        ("assign 3 digital", cmd("assign", 3, to="digital")),
        ("assign 3 to anna", cmd("assign", 3, to="anna")),
        ("Assign 3 to Events & rooms.", cmd("assign", 3, to="Events & rooms")),
        ("assign 1, 3 anna@ours.example", cmd("assign", 1, 3, to="anna@ours.example")),
        ("assign 3: digital", cmd("assign", 3, to="digital")),
        ("assign 3 2nd floor", cmd("assign", 3, to="2nd floor")),
        ("assign 3 to 24 hours desk", cmd("assign", 3, to="24 hours desk")),
        ("assign digital", cmd("assign", to="digital")),
        ("weitergeben 3 an Digital", cmd("assign", 3, to="Digital")),
        ("transmettre 3 à anna", cmd("assign", 3, to="anna")),
        ("undo", cmd("undo")),
        ("Undo, please.", cmd("undo")),
        ("rückgängig", cmd("undo")),
        ("help", cmd("help")),
        ("?", cmd("help")),
    ],
)
def test_a_command_is_understood(line: str, expected: Command) -> None:
    assert understand(line) == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "empty"),
        (" .\t", "empty"),
        ("Done that yesterday, 2 more to come", "numbers"),
        ("Done 2 of them, the rest tomorrow", "numbers"),
        ("done 2?", "numbers"),
        ("done 2 or 3", "numbers"),
        ("not done 2", "word"),
        ("I have done 2", "word"),
        ("2", "word"),
        ("Thanks", "word"),
        ("undo the last one", "word"),
        ("help me with this customer", "word"),
        ("done 0", "numbers"),
        ("done 4-2", "numbers"),
        ("done 1-51", "numbers"),
        ("done 1234567890", "numbers"),
        ("done -1", "numbers"),
        ("done ½", "numbers"),
        ("snooze 1 0d", "length"),
        ("snooze 1 until I am back", "length"),
        ("snooze 1 2 fortnights", "length"),
        ("snooze everything", "numbers"),
        ("snooze 1 8d", "too_long"),
        ("snooze 1 2 weeks", "too_long"),
        ("snooze 1 9999w", "too_long"),
        ("assign", "whom"),
        ("assign 3", "whom"),
        ("assign 3 to", "whom"),
        ("done 1\ndone 2", "numbers"),
    ],
)
def test_whatever_is_no_command_as_a_whole_does_nothing(line: str, why: Why) -> None:
    found = understand(line)
    assert isinstance(found, Puzzled)
    assert found.why == why


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("dnoe 2", ("done 2",)),
        ("doen 2 3", ("done 2 3",)),
        ("snoze 1 2d", ("snooze 1 2d",)),
        ("asign 3 to digital", ("assign 3 digital",)),
        ("reopne 2", ("reopen 2",)),
        ("erledig 2", ("done 2",)),
        ("unod", ("undo",)),
        ("2 done", ("done 2",)),
        ("2", ("done 2", "snooze 2 1d")),
        ("snooze 1 8d", ("snooze 1 7d",)),
        ("1 UNDO", ()),
        ("1 ?", ()),
        ("2 assign", ()),
        ("100000001-100000030 done", ()),
        ("snooze 100000001-100000030 8d", ()),
        ("I will answer her on Monday", ()),
        ("Done that yesterday, 2 more to come", ()),
    ],
)
def test_what_is_nearly_a_command_is_told_as_it_would_be_right(line: str, meant: tuple[str, ...]) -> None:
    found = understand(line)
    assert isinstance(found, Puzzled)
    assert found.did_you_mean == meant


PIECES = st.sampled_from([*WORDS, "1", "2-4", "3,", "9" * 12, "2d", "8 days", "to", "digital", "please", "-", "#", "?"])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join), st.text(max_size=2000)))
def test_any_line_is_understood_or_puzzles_and_what_comes_of_it_is_bounded(line: str) -> None:
    found = understand(line)
    if isinstance(found, Puzzled):
        assert len(found.text) <= LONGEST_SHOWN
        assert found.text.isprintable()
        assert all(isinstance(understand(meant), Command) for meant in found.did_you_mean)
        return
    assert len(set(found.numbers)) == len(found.numbers) <= MOST_NUMBERS
    assert all(0 < n < 10**9 for n in found.numbers)
    assert (found.length is not None) == (found.word == "snooze")
    assert found.length is None or timedelta(0) < found.length <= LONGEST_SNOOZE
    assert bool(found.to) == (found.word == "assign")
    assert len(found.to) <= LONGEST_SHOWN


NUMBERS = st.lists(st.integers(1, 999_999_999), min_size=1, max_size=5, unique=True).map(tuple)
COMMANDS = st.one_of(
    st.builds(Command, st.sampled_from(("done", "reopen")), NUMBERS),
    st.builds(Command, st.just("snooze"), NUMBERS, st.integers(1, 7 * 24 * 60).map(lambda m: timedelta(minutes=m))),
    st.builds(Command, st.just("assign"), NUMBERS, st.none(), st.sampled_from(("digital", "anna", "it@ours.example"))),
)


@given(COMMANDS)
def test_what_is_spelled_out_is_understood_as_it_was(command: Command) -> None:
    assert understand(spelled(command)) == command
