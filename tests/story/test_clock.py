"""The real program under false wall clocks: clock changes, days down, a clock set back or far ahead."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.servers.false_clock import FalseClock
from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, at, kinds, text_of
from tests.story.process import Process

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/Los_Angeles"]
QUICK_LOOKS = 'poll_every = "1s"'

BOARD = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SECOND = timedelta(seconds=1)

CHANGES = {
    "spring 2024": datetime(2024, 3, 31, 1, tzinfo=UTC),
    "autumn 2024": datetime(2024, 10, 27, 1, tzinfo=UTC),
    "spring 2025": datetime(2025, 3, 30, 1, tzinfo=UTC),
    "autumn 2025": datetime(2025, 10, 26, 1, tzinfo=UTC),
}
"""The moments at which clocks change in Berlin."""


class Clocked:
    """A house whose monitor believes a false clock, on a host in some zone."""

    def __init__(self, house: House, zone: str, now: datetime) -> None:
        self.house, self.zone = house, zone
        self.clock = FalseClock(house.folder, now)

    def once(self, moment: datetime) -> list[Letter]:
        """`run --once`, without --now; the letters that it brought."""
        before = len(self.house.sink.letters)
        self.clock.set(moment)
        with Process(self.house, "run", "--once", environment=self.clock.environment(self.zone)) as program:
            assert program.ends(within=40) == 0, program.said
        return self.house.sink.letters[before:]

    @contextmanager
    def daemon(self) -> Iterator[Process]:
        """`run`, without --now; told to end at the end, and then it ends well."""
        with Process(self.house, "run", environment=self.clock.environment(self.zone)) as daemon:
            self.looks(daemon)
            yield daemon
            assert daemon.ends(signal.SIGTERM) == 0
            assert "Traceback" not in daemon.said

    def looks(self, daemon: Process) -> None:
        """Wait for a look that began after this moment: the one under way may be older."""
        daemon.says("failed=0", times=2, since=daemon.mark())

    def set(self, daemon: Process, moment: datetime) -> None:
        """Another time, and looks at that time."""
        self.clock.set(moment)
        self.looks(daemon)


def clocked(houses: Houses, zone: str, opened: datetime, config: str = "") -> Clocked:
    """A desk that was looked at for the first time at `opened`."""
    house = houses(imap=QUICK_LOOKS, config=f"{config}\n")
    house.config.write_text(f'timezone = "Europe/Berlin"\n{house.config.read_text()}')
    house.sends(opened - DAY, "Old Friend <friend@before.example>")
    found = Clocked(house, zone, opened)
    assert found.once(opened) == []
    return found


@pytest.mark.parametrize(
    ("change", "zone"),
    [
        ("autumn 2024", "Europe/Berlin"),
        *(
            pytest.param(change, zone, marks=pytest.mark.full)
            for change in CHANGES
            for zone in ZONES
            if (change, zone) != ("autumn 2024", "Europe/Berlin")
        ),
    ],
)
def test_over_a_change_of_the_clocks_a_day_is_24_hours_and_the_report_goes_out_at_seven_local_time(
    houses: Houses, change: str, zone: str
) -> None:
    moment = CHANGES[change]
    found = clocked(houses, zone, moment - 2 * DAY, BOARD)
    asked = moment - 12 * HOUR
    found.house.asks(asked, ANN)
    found.house.answers(found.house.asks(moment - 30 * HOUR, BEN), moment - 29 * HOUR)
    lead = found.house.lead()
    assert kinds(found.once(asked + DAY - MINUTE)) == []
    assert kinds(found.once(asked + DAY)) == [("reminder", lead)]
    monday = datetime.combine((moment + DAY).date(), datetime.min.time(), BERLIN)
    assert kinds(found.once(monday.replace(hour=6, minute=58).astimezone(UTC))) == []
    assert kinds(found.once(monday.replace(hour=7).astimezone(UTC))) == [("report", "board@leaders.example")]
    assert kinds(found.once(monday.replace(hour=8, minute=5).astimezone(UTC))) == []
    assert kinds(found.once(asked + 2 * DAY)) == [("reminder", lead)]


@pytest.mark.full
def test_the_heart_beats_on_in_the_hour_that_comes_twice(houses: Houses) -> None:
    change = CHANGES["autumn 2024"]
    found = clocked(houses, "Europe/Berlin", change - 2 * DAY)
    found.clock.set(change - 4 * SECOND)
    with found.daemon() as daemon:
        # Twelve looks, a second or more apart: the change lies among them.
        daemon.says("failed=0", times=12)


def test_a_clock_set_back_three_hours_reminds_nobody_twice_and_forgets_nobody(houses: Houses) -> None:
    found = clocked(houses, "Europe/Berlin", at("Mon 08:00"))
    house, lead = found.house, found.house.lead()
    house.asks(at("Mon 10:00"), ANN)
    house.asks(at("Mon 11:00"), BEN)
    found.clock.set(at("Tue 10:05"))
    with found.daemon() as daemon:
        assert kinds(house.sink.letters) == [("reminder", lead)]
        found.set(daemon, at("Tue 07:05"))
        assert kinds(house.sink.letters) == [("reminder", lead)]
        found.set(daemon, at("Tue 10:30"))
        assert kinds(house.sink.letters) == [("reminder", lead)]
        found.set(daemon, at("Tue 11:10"))
        assert kinds(house.sink.letters) == [("reminder", lead)] * 2
    named = [text_of(letter) for letter in house.sink.letters]
    assert ["Ann Reader" in text for text in named] == [True, False]
    assert ["Ben Borrower" in text for text in named] == [False, True]


@pytest.mark.full
def test_three_days_down_end_in_one_letter_for_each_owner_and_the_missed_report(houses: Houses) -> None:
    found = clocked(houses, "Europe/Berlin", at("Thu 08:00"), BOARD)
    house = found.house
    for who, hour in ((ANN, 9), (BEN, 10), (CLEO, 11)):
        house.asks(at(f"Thu {hour:02}:00"), who)
    found.clock.set(at("Thu 12:00"))
    with found.daemon():
        assert house.sink.letters == []
    found.clock.set(at("Mon 09:00", week=1))
    with found.daemon() as daemon:
        found.set(daemon, at("Mon 09:10", week=1))
        found.set(daemon, at("Mon 09:50", week=1))
    assert kinds(house.sink.letters) == [("reminder", house.lead()), ("report", "board@leaders.example")]
    (digest,) = [text_of(letter) for letter in house.sink.letters if letter.recipients == (house.lead(),)]
    assert all(name in digest for name in ("Ann Reader", "Ben Borrower", "Cleo"))


@pytest.mark.full
def test_a_restart_at_five_past_eight_on_monday_does_not_skip_the_report_of_eight(houses: Houses) -> None:
    found = clocked(houses, "America/Los_Angeles", at("Thu 08:00"), BOARD.replace("07:00", "08:00"))
    house = found.house
    house.answers(house.asks(at("Thu 09:00"), ANN), at("Thu 09:30"))
    found.clock.set(at("Mon 06:58", week=1))
    with found.daemon():
        assert house.sink.letters == []
    found.clock.set(at("Mon 07:05", week=1))
    with found.daemon():
        assert kinds(house.sink.letters) == [("report", "board@leaders.example")]


@pytest.mark.full
def test_a_clock_that_was_far_ahead_for_a_while_silences_nobody(houses: Houses) -> None:
    found = clocked(houses, "Europe/Berlin", at("Mon 08:00"))
    house, lead = found.house, found.house.lead()
    house.asks(at("Mon 10:00"), ANN)
    found.clock.set(at("Mon 12:00"))
    with found.daemon() as daemon:
        found.set(daemon, at("Mon 12:00") + timedelta(days=10))
        early = len(house.sink.letters)
        found.set(daemon, at("Mon 12:10"))
        house.asks(at("Mon 12:05"), BEN)
        found.set(daemon, at("Tue 12:10"))
    later = house.sink.letters[early:]
    assert kinds(later) == [("reminder", lead)]
    assert all(name in text_of(later[0]) for name in ("Ann Reader", "Ben Borrower"))


def test_a_first_look_while_the_clock_was_far_ahead_does_not_end_all_reminders(house: House) -> None:
    house.sends(at("Sun 08:00"), "Old Friend <friend@before.example>")
    assert house.round(at("Mon 08:00", week=3)) == []
    house.asks(at("Mon 10:00"), ANN)
    assert house.round(at("Mon 10:05")) == []
    assert kinds(house.round(at("Tue 10:05"))) == [("reminder", house.lead())]


def test_a_report_of_a_week_that_was_not_over_is_followed_by_the_true_one_once(houses: Houses) -> None:
    house = houses(config=BOARD)
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Tue 09:00"), ANN), at("Tue 10:00"))
    board = ("report", "board@leaders.example")
    assert kinds(house.round(at("Mon 07:30", week=1))) == [board], "the clock is days ahead"
    assert kinds(house.round(at("Wed 12:00"))) == []
    house.answers(house.asks(at("Wed 13:00"), BEN), at("Wed 14:00"))
    assert kinds(house.round(at("Sun 12:00"))) == []
    assert kinds(house.round(at("Mon 07:31", week=1))) == [board]
    assert kinds(house.round(at("Mon 12:00", week=1))) == []
    assert kinds(house.round(at("Mon 06:00", week=1))) == [], "set back by hours, it stays"
    assert kinds(house.round(at("Mon 13:00", week=1))) == []


def test_a_report_made_too_early_and_not_yet_sent_is_withdrawn(houses: Houses) -> None:
    house = houses(config=BOARD)
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Tue 09:00"), ANN), at("Tue 10:00"))
    house.sink.answer("DATA", "451 4.3.0 later")
    assert house.round(at("Mon 07:30", week=1)) == []
    assert house.round(at("Wed 12:00")) == []
    assert kinds(house.round(at("Mon 09:00", week=1))) == [("report", "board@leaders.example")]


def test_a_clock_that_was_ahead_leaves_no_days_of_blindness_behind(house: House) -> None:
    house.opens(at("Mon 08:00"))
    assert house.round(at("Thu 10:00")) == []
    assert house.round(at("Mon 08:10")) == []
    assert house.status(at("Mon 08:10"))["mailboxes"][0]["blind"] == []
    assert house.round(at("Mon 11:10")) == []
    assert [spell["hours"] for spell in house.status(at("Mon 11:10"))["mailboxes"][0]["blind"]] == [3.0]


def test_a_look_of_the_future_is_no_fresh_look_and_its_fault_is_told_in_time(house: House) -> None:
    house.opens(at("Mon 08:00"))
    assert house.round(at("Thu 10:00")) == []
    assert house.status(at("Tue 10:00"))["mailboxes"][0]["state"] == "stale"
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed = nobody.getsockname()[1]
    house.write_config(imap_port=closed)
    house.round(at("Thu 10:30"), code=69)
    assert kinds(house.round(at("Tue 10:00"), code=69)) == []
    assert kinds(house.round(at("Tue 12:30"), code=69)) == [("notice", house.operator)]
