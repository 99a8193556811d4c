"""Calendars in the config: clocks, closed days, opening hours, holidays; and what is wrong there."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.config import Settings
from monitor.core.calendar import Calendar, Span, primary
from monitor.core.house import ALWAYS, Target
from tests.config.conftest import Loader, Refuser

INFO, OPS = "info@x.example", "ops@x.example"
DAY = 24 * 60
NINE_TO_FIVE = (Span(540, 1020),)
WEEKDAYS = range(5)
TWO = f'\n[[mailbox]]\naddress = "{OPS}"\nteam = "Desk"\n'
CHRISTMAS = """\
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:Annual fair
DTSTART;VALUE=DATE:20201218
RRULE:FREQ=YEARLY
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Staff meeting
DTSTART;TZID=Europe/London:20261209T140000
DTEND;TZID=Europe/London:20261209T170000
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Called off
DTSTART;VALUE=DATE:20261210
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:Works outing
DTSTART;VALUE=DATE:20260603
DTEND;VALUE=DATE:20260605
END:VEVENT
END:VCALENDAR
"""


def calendar(settings: Settings, mailbox: str = INFO) -> Calendar:
    return settings.desks[mailbox].target.calendar


def closed(found: Calendar, day: str) -> tuple[Span, ...]:
    return found.part_holidays.get(date.fromisoformat(day), ())


def test_without_a_word_every_hour_counts(right: str, loaded: Loader) -> None:
    assert calendar(loaded(right)) == ALWAYS
    assert calendar(loaded(f'timezone = "Europe/London"\ntarget.clock = "elapsed"\n{right}')) == ALWAYS


def test_open_days_close_weekdays_in_the_zone_of_the_house(right: str, loaded: Loader) -> None:
    keys = 'timezone = "Europe/London"\ntarget.clock = "open-days"\ntarget.closed = ["Saturday", "sun"]\n'
    found = calendar(loaded(keys + right))
    assert (found.mode, found.zone, found.closed) == ("open-days", ZoneInfo("Europe/London"), {5, 6})
    assert calendar(loaded(keys.replace('["Saturday", "sun"]', '"sat-mon"') + right)).closed == {5, 6, 0}


@pytest.mark.parametrize(
    ("hours", "week"),
    [
        ('"09:00-17:00"', dict.fromkeys(range(7), NINE_TO_FIVE)),
        ('"mon-fri 9:00-17:00"', dict.fromkeys(WEEKDAYS, NINE_TO_FIVE)),
        ('["09:00-17:00", "wed 20:00-24:00"]', dict.fromkeys(range(7), NINE_TO_FIVE) | {2: (Span(1200, DAY),)}),
        (
            '["mon, tue 13:30-17:00 09:00-12:30", "sat 10:00-13:00"]',
            dict.fromkeys((0, 1), (Span(540, 750), Span(810, 1020))) | {5: (Span(600, 780),)},
        ),
        (
            '{ mon-fri = "09:00-17:00", sat = ["10:00-12:00", "13:00-14:00"] }',
            dict.fromkeys(WEEKDAYS, NINE_TO_FIVE) | {5: (Span(600, 720), Span(780, 840))},
        ),
    ],
)
def test_opening_hours_are_a_line_some_lines_or_a_table(
    right: str, loaded: Loader, hours: str, week: dict[int, tuple[Span, ...]]
) -> None:
    found = calendar(loaded(f'target = {{ clock = "office-hours", hours = {hours} }}\n{right}'))
    assert (found.mode, found.hours) == ("office-hours", week)


def test_each_key_is_taken_from_the_mailbox_then_its_team_then_the_house(right: str, loaded: Loader) -> None:
    house = '[target]\nreply_within = "8h"\nclock = "office-hours"\nhours = "09:00-17:00"\nclosed = ["sat", "sun"]\n'
    team = right.replace('name = "Desk"', 'name = "Desk"\nclosed = "sun"\ngoal = 80')
    settings = loaded(f'{team}{TWO}clock = "open-days"\nreply_within = "24h"\n{house}')
    info, ops = settings.desks[INFO].target, settings.desks[OPS].target
    assert (info.calendar.mode, info.calendar.closed, info.reply_within) == ("office-hours", {6}, timedelta(hours=8))
    assert (ops.calendar.mode, ops.calendar.closed, ops.reply_within) == ("open-days", {6}, timedelta(hours=24))
    assert (info.goal, ops.goal, ops.calendar.hours) == (80, 80, {})
    assert settings.target.calendar.closed == {5, 6}


def test_holidays_are_countries_own_days_and_parts_of_days(right: str, loaded: Loader) -> None:
    days = '["GB-ENG", "2026-12-24", 2026-11-30, "2026-12-31 12:00-24:00", "2026-12-30 00:00-09:00, 16:00-24:00"]'
    found = calendar(loaded(f'target = {{ clock = "open-days", holidays = {days} }}\n{right}'))
    assert [date(2026, 12, n) in found.holidays for n in (23, 24, 25, 28, 31)] == [False, True, True, True, False]
    assert date(2026, 11, 30) in found.holidays
    assert closed(found, "2026-12-31") == (Span(720, DAY),)
    assert closed(found, "2026-12-30") == (Span(0, 540), Span(960, DAY))
    assert closed(found, "2026-12-29") == ()


@pytest.mark.parametrize("code", ["gb-eng", "GB-ENG"])
def test_holidays_are_known_for_any_year_when_asked(right: str, loaded: Loader, code: str) -> None:
    """Christmas 2009 to 2049; and Boxing Day of 2027, a Sunday, is kept on a Tuesday: Christmas has the Monday."""
    found = calendar(loaded(f'target = {{ clock = "open-days", holidays = "{code}" }}\n{right}'))
    assert all(date(year, 12, 25) in found.holidays for year in range(2009, 2050))
    assert date(2027, 12, 28) in found.holidays
    new_year = datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert primary(new_year, new_year + timedelta(days=2), found) == timedelta(hours=24)


def test_parts_of_a_country_have_holidays_of_their_own(right: str, loaded: Loader) -> None:
    epiphany = date(2027, 1, 6)
    for code, is_closed in (("DE-BY", True), ("DE-BE", False), ("DE", False)):
        found = calendar(loaded(f'target = {{ clock = "open-days", holidays = "{code}" }}\n{right}'))
        assert (epiphany in found.holidays) is is_closed


def test_an_ical_file_closes_whole_days_and_parts_of_days(right: str, loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_text(CHRISTMAS)
    text = f'timezone = "Europe/London"\ntarget = {{ clock = "open-days", holidays = "house.ics" }}\n{right}'
    found = calendar(loaded(text))
    assert all(date(year, 12, 18) in found.holidays for year in (2020, 2026, 2044))
    assert date(2019, 12, 18) not in found.holidays
    assert closed(found, "2026-12-09") == (Span(840, 1020),)
    assert closed(found, "2026-12-10") == ()
    assert [date(2026, 6, n) in found.holidays for n in (2, 3, 4, 5)] == [False, True, True, False]
    (tmp_path / "house.ics").unlink()
    assert date(2050, 12, 18) in found.holidays, "the file was read with the config"


def test_a_timed_event_is_told_on_the_clock_of_the_house(right: str, loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_text(CHRISTMAS)
    text = f'timezone = "America/New_York"\ntarget = {{ clock = "open-days", holidays = "house.ics" }}\n{right}'
    assert closed(calendar(loaded(text)), "2026-12-09") == (Span(540, 720),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "house.ics cannot be read (No such file or directory)"),
        ("", "house.ics is no iCal file that can be used"),
        ("once upon a time", "house.ics is no iCal file that can be used"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "house.ics holds no event, so it closes nothing"),
        (CHRISTMAS.replace("20201218", "2020"), "house.ics is no iCal file that can be used: DTSTART"),
        (CHRISTMAS.replace("FREQ=YEARLY", "FREQ=SECONDLY"), "an event comes secondly"),
        (CHRISTMAS.replace("FREQ=YEARLY", "FREQ=SOMETIMES"), "house.ics is no iCal file that can be used"),
        (CHRISTMAS.replace("DTSTART;VALUE=DATE:20201218\n", ""), "an event has no DTSTART"),
        (CHRISTMAS.removesuffix("END:VCALENDAR\n"), "house.ics is no iCal file that can be used"),
        (CHRISTMAS.replace("YEARLY", "DAILY"), "`holidays` leave no open hour in 2021"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_with_its_reason(
    right: str, refused: Refuser, tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "house.ics").write_text(content)
    told = refused(f'target = {{ clock = "open-days", holidays = ["GB", "house.ics"] }}\n{right}')
    assert said in told
    assert told.startswith("config.toml:1:")
    assert told.endswith("1 problem; nothing was started.")


def test_a_file_that_is_no_text_is_said(right: str, refused: Refuser, tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in refused(f'target = {{ clock = "open-days", holidays = "house.ics" }}\n{right}')


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('clock = "office"', '`clock` must be "elapsed", "open-days" or "office-hours"'),
        ('clock = "ofice-hours"', "did you mean `office-hours`?"),
        ('clock = "open-days"', '`clock` "open-days" needs days that are closed'),
        ('clock = "open-days"\nclosed = []', '`clock` "open-days" needs days that are closed'),
        ('clock = "office-hours"', '`clock` "office-hours" needs `hours`'),
        ('clock = "open-days"\nclosed = "sut"', '`closed` "sut" is not a weekday; write it like "sat" or "mon-fri"'),
        ('clock = "open-days"\nclosed = "satt"', "did you mean `sat`?"),
        ('clock = "open-days"\nclosed = ["sat", 7]', '`closed` "7" is not a weekday'),
        ('clock = "open-days"\nclosed = "mon-sun"', "`closed` leaves no open hour in the week"),
        (
            'clock = "office-hours"\nhours = "sun 10:00-12:00"\nclosed = "sun"',
            "`closed` names Sunday, but `hours` opens",
        ),
        ('clock = "office-hours"\nhours = "9-17"', '`hours` "9-17" is no part of a day; write it like "09:00-17:00"'),
        ('clock = "office-hours"\nhours = []', "`hours` must not be empty"),
        ('clock = "office-hours"\nhours = "mon"', '`hours` "mon" are no opening hours'),
        ('clock = "office-hours"\nhours = "09:00-17:00 mon"', '`hours` "09:00-17:00 mon" are no opening hours'),
        ('clock = "office-hours"\nhours = "mno 09:00-17:00"', "did you mean `mon`?"),
        ('clock = "office-hours"\nhours = { mon = 9 }', '`hours` "9" is no part of a day'),
        ('clock = "office-hours"\nhours = "22:00-06:00"', "over midnight write"),
        ('clock = "office-hours"\nhours = "09:00-09:00"', "ends before it begins"),
        ('clock = "office-hours"\nhours = "09:00-24:30"', "it has 24 hours of 60 minutes"),
        ('clock = "office-hours"\nhours = "09:00-12:75"', "it has 24 hours of 60 minutes"),
        ('clock = "office-hours"\nhours = "09:00-13:00 12:00-17:00"', "09:00-13:00 and 12:00-17:00 overlap"),
        ('clock = "office-hours"\nhours = ["mon-wed 09:00-12:00", "wed 13:00-14:00"]', "`hours` names Wednesday twice"),
        ('clock = "office-hours"\nhours = ["09:00-12:00", "13:00-14:00"]', "has two lines without a weekday"),
        ('clock = "open-days"\nholidays = "GB-EGN"', "did you mean `GB-ENG`?"),
        ('clock = "open-days"\nholidays = "XX"', '`holidays` "XX" is no country, or part of one'),
        ('clock = "open-days"\nholidays = "Christmas"', '`holidays` "Christmas" is no holiday; write a country'),
        ('clock = "open-days"\nholidays = "2026-02-30"', '"2026-02-30" is no day of a calendar'),
        ('clock = "open-days"\nholidays = "2026-12-31 12:00"', '"12:00" is no part of a day'),
        ('clock = "open-days"\nholidays = 2026-12-31T12:00:00', "is no part of a day"),
        ('closed = ["sat"]', '`closed` has no effect with the clock "elapsed"'),
        ('holidays = "GB"', '`holidays` has no effect with the clock "elapsed"'),
        ('hours = "09:00-17:00"', '`hours` has no effect with the clock "elapsed"; it is for the clock "office-hours"'),
        (
            'clock = "open-days"\nclosed = "sun"\nhours = "09:00-17:00"',
            '`hours` has no effect with the clock "open-days"',
        ),
        ('clock = "office-hours"\nhours = "mon 09:00-09:01"\nreply_within = "24h"', "takes over ten years of this"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused_where_it_stands(
    right: str, refused: Refuser, keys: str, said: str
) -> None:
    told = refused(f"{right}\n[target]\n{keys}\n")
    assert said in told
    assert told.startswith("config.toml:1")
    assert told.endswith("\n1 problem; nothing was started.")


def test_a_key_that_one_mailbox_uses_is_no_mistake_for_the_others(right: str, loaded: Loader) -> None:
    settings = loaded(f'{right}{TWO}clock = "open-days"\n[target]\nclosed = ["sat", "sun"]\n')
    assert (calendar(settings), calendar(settings, OPS).closed) == (ALWAYS, {5, 6})


def test_all_mistakes_of_calendars_are_told_at_once(right: str, refused: Refuser) -> None:
    keys = '[target]\nclock = "open-dys"\nclosed = ["sat", "son"]\nhours = "9"\nholidays = ["GB", "24.12.2026", "QQ"]\n'
    told = refused(f'{right}{keys}[letters]\nquiet = "sondag"\nhours = "mon 9"\n')
    assert told.endswith("\n7 problems; nothing was started.")


def test_what_else_is_wrong_is_told_beside_a_calendar(right: str, refused: Refuser) -> None:
    told = refused(right.replace('team = "Desk"', 'team = "Dsk"') + '[target]\nclosed = "son"\n')
    assert 'there is no [[team]] named "Dsk"' in told
    assert told.endswith("\n2 problems; nothing was started.")


def test_a_changed_calendar_is_another_set_of_rules(right: str, loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_text(CHRISTMAS)
    base = 'clock = "office-hours", hours = "09:00-17:00"'
    spellings = [
        "",
        base,
        base.replace("17", "18"),
        f'{base}, closed = "sun"',
        f'{base}, holidays = "GB"',
        f'{base}, holidays = ["GB", "2026-12-24"]',
        f'{base}, holidays = "2026-12-24 12:00-24:00"',
        f'{base}, holidays = "house.ics"',
        'clock = "open-days", closed = "sun"',
    ]
    rules = [loaded(f"target = {{ {keys} }}\n{right}").rules_fingerprint("1") for keys in spellings]
    assert len(set(rules)) == len(spellings)
    assert rules[-2] == loaded(f"target = {{ {spellings[-2]} }}\n{right}").rules_fingerprint("1")
    (tmp_path / "house.ics").write_text(CHRISTMAS.replace("20201218", "20201217"))
    assert rules[-2] != loaded(f"target = {{ {spellings[-2]} }}\n{right}").rules_fingerprint("1")


def test_the_promise_of_the_house_is_the_default_one(right: str, loaded: Loader) -> None:
    assert loaded(right).target == Target()
