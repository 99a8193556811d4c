"""SIGTERM and SIGKILL at any moment of the daemon's first look, its reminders and its letters, on real servers.

Moments are numbers of bytes that a server has answered, so that they lie inside of whatever is being said.
"""

import random
import signal

import pytest

from tests.servers.chaos import Blow, Chaos
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, at, kinds
from tests.story.process import Process
from tests.story.undisturbed import come_to, twice, undisturbed

OPENED, NOW, LATER = at("Mon 12:00"), at("Tue 10:05"), at("Tue 11:30")
LOOK_BYTES, LETTER_BYTES = 110_000, 1_500
"""What Dovecot says in a first look of this desk, and the mail server while it takes three letters; about."""


def busy(houses: Houses) -> House:
    """A desk with a week's mail, two owners and a board that gets the report."""
    house = houses(owners=("lead", "chief"), config='[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n')
    house.sends(at("Mon 07:00"), "Old Friend <friend@before.example>")
    mails = [house.mail(f"R {n} <r{n}@reader.example>", house.address("info"), at("Sat 10:00", -1)) for n in range(150)]
    house.put_many("info", "INBOX", mails)
    for who in (ANN, BEN, CLEO):
        house.asks(at("Mon 10:00"), who)
    return house


def stopped(house: House, now: str, relay: Chaos, blow: signal.Signals) -> None:
    """The daemon works until that many bytes have come, and is told to end (or is killed) there."""
    with Process(house, "--now", now, "run") as daemon:
        daemon.says_or(relay.struck, "round mailboxes=1")
        ended = daemon.ends(blow, within=10)
        assert ended == (0 if blow == signal.SIGTERM else -signal.SIGKILL), daemon.said
        assert "Traceback" not in daemon.said


def stopped_anywhere(houses: Houses, part: str, after: int, blow: signal.Signals) -> None:
    house = busy(houses)
    wanted = undisturbed(house, NOW, NOW, LATER) if part == "look" else undisturbed(house, OPENED, NOW, LATER)
    if part == "letters":
        house.round(OPENED)
    with Chaos(house.dovecot.port if part == "look" else house.sink.port, Blow("stall", after)) as relay:
        house.write_config(**{"imap_port" if part == "look" else "smtp_port": relay.port})
        stopped(house, NOW.isoformat(), relay, blow)
    house.write_config(imap_port=house.dovecot.port, smtp_port=house.sink.port)
    flags = house.flags()
    house.round(NOW)
    house.round(LATER)
    assert come_to(house, LATER) == wanted
    assert len(twice(house)) <= (part == "letters"), "only the letter whose 250 never came may come again"
    house.windows += len(twice(house))
    assert house.status(LATER)["troubles"] == []
    assert house.flags() == flags


def moments(count: int, seed: int) -> list[tuple[str, int, signal.Signals]]:
    """So many of them, the same each time."""
    dice = random.Random(seed)
    found = []
    for n in range(count):
        part, most = (("look", LOOK_BYTES), ("letters", LETTER_BYTES))[n % 2]
        blow = signal.SIGKILL if n % 4 == 3 else signal.SIGTERM
        found.append((part, dice.randrange(most), blow))
    return found


@pytest.mark.parametrize(("part", "after", "blow"), moments(4, 46))
def test_ended_anywhere_one_clean_round_gives_what_an_undisturbed_run_gives(
    houses: Houses, part: str, after: int, blow: signal.Signals
) -> None:
    stopped_anywhere(houses, part, after, blow)


@pytest.mark.full
@pytest.mark.parametrize(("part", "after", "blow"), moments(60, 2024))
def test_ended_at_sixty_moments(houses: Houses, part: str, after: int, blow: signal.Signals) -> None:
    stopped_anywhere(houses, part, after, blow)


@pytest.mark.full
def test_fifty_starts_in_a_row_say_nothing_twice_and_leave_the_store_as_it_was(houses: Houses) -> None:
    house = busy(houses)
    openings = [("opening", house.address("info-chief")), ("opening", house.lead())]
    assert kinds(house.round(NOW)) == [*openings, ("report", "board@leaders.example")]
    house.asks(at("Mon 11:00"), "Dora <dora@reader.example>")
    for _ in range(3):
        house.round(LATER)
    letters, size = len(house.sink.letters), (house.folder / "monitor.db").stat().st_size
    for _ in range(50):
        assert house.round(LATER) == []
    assert len(house.sink.letters) == letters
    assert (house.folder / "monitor.db").stat().st_size == size
    assert twice(house) == []
