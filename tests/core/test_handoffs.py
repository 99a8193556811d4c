"""Who has the ball after an internal message: the team it was passed on to, a person by name, or the desk again."""

from dataclasses import replace

import pytest

from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, PEOPLE, talk

EVA = PEOPLE["Eva"].address
KNOWN = replace(
    HOUSE,
    aliases={PEOPLE["it"].address: OPS, "front@ours.example": INFO},
    people=frozenset({EVA}),
    owners={"Information": frozenset({PEOPLE["Olga"].address})},
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
