"""When letters may be sent: [letters] for everybody, a [[person]] otherwise; and what is wrong there."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from monitor.core.calendar import Span
from tests.config.conftest import Loader, Refuser


def test_without_a_word_letters_are_sent_at_any_time(right: str, loaded: Loader) -> None:
    settings = loaded(f'{right}[[person]]\naddress = "lead@x.example"\nname = "Lee"\n')
    assert settings.person("lead@x.example").calendar is None
    assert settings.person("other@x.example").calendar is None


def test_everybody_has_the_window_of_the_letters(right: str, loaded: Loader) -> None:
    settings = loaded(f'timezone = "Europe/London"\n{right}[letters]\nhours = "08:00-18:00"\nquiet = ["sat", "sun"]\n')
    found = settings.person("lead@x.example").calendar
    assert found is not None
    assert (found.mode, found.closed, found.hours[0]) == ("office-hours", {5, 6}, (Span(480, 1080),))
    assert found.zone == ZoneInfo("Europe/London")


def test_a_person_has_it_otherwise_key_by_key(right: str, loaded: Loader) -> None:
    text = (
        f'timezone = "Europe/London"\n{right}'
        '[letters]\nhours = "08:00-18:00"\nquiet = ["sat", "sun"]\nholidays = "GB"\n'
        '[[person]]\naddress = "lead@x.example"\ntimezone = "America/New_York"\nhours = "10:00-12:00"\n'
        '[[person]]\naddress = "all@x.example"\nquiet = []\nholidays = []\n'
    )
    settings = loaded(text)
    lead, all_ = settings.person("lead@x.example").calendar, settings.person("all@x.example").calendar
    assert lead is not None
    assert all_ is not None
    assert (lead.zone, lead.closed, lead.hours[0]) == (ZoneInfo("America/New_York"), {5, 6}, (Span(600, 720),))
    assert date(2026, 12, 25) in lead.holidays
    assert (all_.closed, date(2026, 12, 25) in all_.holidays, all_.hours[0]) == (set(), False, (Span(480, 1080),))


def test_quiet_days_alone_leave_whole_days(right: str, loaded: Loader) -> None:
    found = loaded(f'{right}[letters]\nquiet = "sun"\n').person("lead@x.example").calendar
    assert found is not None
    assert (found.mode, found.closed) == ("open-days", {6})


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('[letters]\nquiet = "mon-sun"', "`quiet` leaves no open hour in the week"),
        ('[letters]\nquiet = "sat"\nhours = "sat 09:00-12:00"', "`quiet` names Saturday, but `hours` opens then"),
        ('[[person]]\naddress = "a@x.example"\nhours = "9"', '`hours` "9" is no part of a day'),
        (
            '[letters]\nhours = "mon 09:00-12:00"\n[[person]]\naddress = "a@x.example"\nquiet = "mon"',
            "`quiet` names Monday, but `hours` opens then",
        ),
    ],
)
def test_a_window_in_which_no_letter_could_leave_is_refused(right: str, refused: Refuser, keys: str, said: str) -> None:
    told = refused(f"{right}{keys}\n")
    assert said in told


def test_when_letters_are_sent_changes_no_rule(right: str, loaded: Loader) -> None:
    plain = loaded(right).rules_fingerprint("1")
    assert loaded(f'{right}[letters]\nhours = "08:00-18:00"\n').rules_fingerprint("1") == plain
