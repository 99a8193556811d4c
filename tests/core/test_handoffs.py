"""Who has the ball after an internal message: the team it was passed on to, a person by name, or the desk again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.core.parties import MOST_HANDOFFS
from monitor.core.wait import Mark
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, PEOPLE, at, clock, id_of, talk

EVA = PEOPLE["Eva"].address
KNOWN = replace(
    HOUSE,
    aliases={PEOPLE["it"].address: OPS, "front@ours.example": INFO},
    people=frozenset({EVA}),
    owners={"Information": frozenset({PEOPLE["Olga"].address}), "Operations": frozenset({PEOPLE["Olaf"].address})},
)
ASK = "10:00 Ann → info"


@pytest.mark.parametrize(
    ("what", "rows", "expected"),
    [
        ("to another mailbox", ["11:00 info → ops"], ("Information", "Operations", False, "")),
        ("to an alias of it", ["11:00 info → it"], ("Information", "Operations", False, "")),
        ("to somebody who gets letters", ["11:00 info → Eva"], ("Information", "a colleague", False, EVA)),
        ("to all of us: nobody in particular", ["11:00 info → group"], ("Information", "a colleague", False, "")),
        ("to several, one in a team", ["11:00 info → group, Eva, ops"], ("Information", "Operations", False, "")),
        ("to its own owner", ["11:00 info → Olga"], None),
        ("and back again", ["11:00 info → ops", "12:00 ops → info"], ("Operations", "Information", True, "")),
        ("and back from an alias", ["11:00 info → ops", "12:00 it → info"], ("Operations", "Information", True, "")),
        ("and on to a third", ["11:00 info → ops", "12:00 ops → Eva"],
         ("Operations", "a colleague", False, EVA)),
    ],
)  # fmt: skip
def test_who_has_the_ball(what: str, rows: list[str], expected: tuple[str, str, bool, str] | None) -> None:
    (wait,) = fold(talk(ASK, *rows), KNOWN).waits
    handoff = wait.handoff
    found = (handoff.from_team, handoff.to_team, handoff.decided, handoff.person) if handoff else None
    assert (wait.state, found) == ("waiting", expected), what


def way(*rows: str, marks: Sequence[Mark] = ()) -> list[str]:
    """How the ball moved in the wait of ASK: `Tue 11:00 Information → IT`, with a `!` where it was decided."""
    (wait,) = fold(talk(ASK, *rows), KNOWN, marks).waits
    return [f"{clock(h.at)} {h.from_team} → {h.to_team}{'!' * h.decided}" for h in wait.handoffs]


def test_every_movement_of_the_ball_is_kept_in_its_order() -> None:
    rows = ["11:00 info → ops", "12:00 ops → info", "13:00 info → Eva", "14:00 Eva → info"]
    assert way(*rows, "15:00 info → Ann") == [
        "Mon 11:00 Information → Operations",
        "Mon 12:00 Operations → Information!",
        "Mon 13:00 Information → a colleague",
        "Mon 14:00 a colleague → Information!",
    ]


def test_what_is_passed_on_by_hand_stands_among_the_mails() -> None:
    marks = [
        Mark(id_of(1), "assign", at("11:30"), team="IT"),
        Mark(id_of(1), "assign", at("12:30"), team="Information"),
    ]
    assert way("11:00 info → ops", "12:00 ops → info", marks=marks) == [
        "Mon 11:00 Information → Operations",
        "Mon 11:30 Operations → IT",
        "Mon 12:00 Operations → Information!",
        "Mon 12:30 Information → Information",
    ]


@pytest.mark.parametrize(
    ("what", "rows", "expected"),
    [
        ("told the desk, with a copy to their own mailbox", ["11:00 info → ops", "12:00 Olaf → info, ops"],
         "Mon 12:00 Operations → Information!"),
        ("a note to oneself", ["11:00 info → ops", "12:00 ops → ops"], "Mon 11:00 Information → Operations"),
        ("a word among colleagues there", ["11:00 info → ops", "12:00 Olaf → ops"],
         "Mon 11:00 Information → Operations"),
    ],
)  # fmt: skip
def test_a_copy_to_their_own_team_passes_nothing_on(what: str, rows: list[str], expected: str) -> None:
    assert way(*rows)[-1] == expected, what


def test_who_asks_again_does_not_move_the_ball_but_the_latest_asking_is_known() -> None:
    rows = [f"{hour}:00 info → ops" for hour in range(11, 19)]
    assert way(*rows) == ["Mon 11:00 Information → Operations", "Mon 18:00 Information → Operations"]


def test_hundreds_of_internal_mails_keep_the_first_and_the_latest() -> None:
    rows = [f"{8 + n // 60:02}:{n % 60:02} {'info → ops' if n % 2 else 'ops → info'}" for n in range(125, 500)]
    kept = way(*rows)
    assert (len(kept), kept[0], kept[-1]) == (
        MOST_HANDOFFS,
        "Mon 10:05 Information → Operations",
        "Mon 16:19 Information → Operations",
    )
    assert kept[-2] < kept[-1]


@pytest.mark.parametrize(
    ("address", "team"),
    [
        ("info@ours.example", "Information"),
        ("info+permits@ours.example", "Information"),
        ("front@ours.example", "Information"),
        ("front+desk@ours.example", "Information"),
        ("olga+work@ours.example", "Information"),
        ("eva@ours.example", "a colleague"),
    ],
)
def test_the_team_behind_an_address(address: str, team: str) -> None:
    assert KNOWN.team_of(address) == team
