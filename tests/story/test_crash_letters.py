"""Killed at any point around a letter: none is lost, and only between the server's 250 and our mark one comes twice."""

import signal
import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest

from tests.servers.dying import POINTS, WINDOW
from tests.servers.postgres import Postgres
from tests.servers.smtp_sink import HANG
from tests.story.conftest import Houses
from tests.story.house import ROOT, House, at, kind_of

KINDS = ("reminder", "opening", "notice", "report")
STORES = ("sqlite", "postgresql")
CASES = [(point, kind, store) for point in POINTS for kind in KINDS for store in STORES]
REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'


def sampled() -> set[tuple[str, str, str]]:
    """Each point once, and both points of the window once more: drawn, so that nobody chose the easy ones."""
    random = Random(5)
    return {(point, random.choice(KINDS), random.choice(STORES)) for point in (*POINTS, *WINDOW)}


SAMPLE = sampled()


def kill_at(house: House, point: str, what: str, moment: str, week: int = 0) -> None:
    """One `run --once` that ends at the point."""
    program = house.command(at(moment, week), "run", "--once")
    dying = [sys.executable, "-m", "tests.servers.dying", point, what, "--", *program[program.index("--config") :]]
    done = subprocess.run(dying, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, f"it never came to this point:\n{done.stderr}"


def late_reminder(house: House) -> tuple[str, int]:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    return "Tue 10:05", 0


def first_look(house: House) -> tuple[str, int]:
    house.asks(at("Mon 02:00"))
    house.sends(at("Mon 03:00"), "Old Friend <friend@before.example>")
    return "Tue 08:00", 0


def locked_out(house: House) -> tuple[str, int]:
    house.opens(at("Mon 08:00"))
    house.set_password("info", "forgotten")
    return "Mon 11:00", 0


def week_closed(house: House) -> tuple[str, int]:
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Mon 10:00")), at("Mon 11:00"))
    return "Mon 07:05", 1


STORIES: dict[str, Callable[[House], tuple[str, int]]] = {
    "reminder": late_reminder,
    "opening": first_look,
    "notice": locked_out,
    "report": week_closed,
}


@pytest.mark.parametrize(
    ("point", "kind", "database"),
    [pytest.param(*case, marks=[] if case in SAMPLE else pytest.mark.full, id="-".join(case)) for case in CASES],
)
def test_killed_around_a_letter_the_next_round_sends_it_and_only_the_window_doubles_it(
    houses: Houses, request: pytest.FixtureRequest, point: str, kind: str, database: str
) -> None:
    store = ""
    if database == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        store = postgres.new_database()
    house = houses(config=REPORT if kind == "report" else "", store=store)
    moment, week = STORIES[kind](house)
    if point == "after-data":
        house.sink.answer("DATA", HANG)
    kill_at(house, point, kind, moment, week)
    house.windows += point in WINDOW
    code = 77 if kind == "notice" else 0
    hour = int(moment[4:6])
    for later in (f"{hour}:10", f"{hour}:20", f"{hour + 1}:30"):
        house.round(at(f"{moment[:3]} {later}", week), code)
    came = [letter for letter in house.sink.letters if kind_of(letter) == kind]
    assert len(came) == (2 if point in WINDOW else 1)
    assert len({letter.message["Message-ID"] for letter in came}) == 1
    outbox = house.status(at(f"{moment[:3]} {hour + 1}:35", week))["outbox"]
    assert (outbox["pending"], outbox["refused"], outbox["withdrawn"]) == (0, 0, 0)


def test_the_sample_holds_every_point_and_both_databases() -> None:
    assert {point for point, _, _ in SAMPLE} == set(POINTS)
    assert {store for _, _, store in SAMPLE} == set(STORES)
    assert len({kind for _, kind, _ in SAMPLE}) >= 3
