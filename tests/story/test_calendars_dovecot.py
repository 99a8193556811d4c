"""Promises that do not count every hour, through a real mail server: situations 19 and 26, and how they are told."""

import json

from tests.story.conftest import Houses
from tests.story.house import BEN, House, Json, Mail, at, kinds, text_of, utc

HOUR = 3600
OPEN_DAYS = '[target]\nclock = "open-days"\nclosed = ["sat", "sun"]\n'
OFFICE = '[target]\nreply_within = "8h"\nclock = "office-hours"\nhours = "mon-fri 09:00-13:00 14:00-17:00"\n'
REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'
MONDAY = at("Mon 08:00", week=1)


def clock_of(house: House, mail: Mail, now: str, week: int = 0) -> Json:
    told = house.run(at(now, week), "explain", mail.id, "--json")
    found: Json = json.loads(told.out)["clock"]
    return found


def test_19_a_question_of_sunday_answered_on_sunday_is_met_after_no_primary_time(houses: Houses) -> None:
    house = houses(config=OPEN_DAYS)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Sun 10:00"))
    answer = house.answers(question, at("Sun 12:30"))
    assert kinds(house.round(MONDAY)) == []
    wait = house.wait(MONDAY)
    assert (wait["state"], wait["answered_by"], wait["met"]) == ("answered", answer.id, True)
    assert (wait["due_at"], wait["primary_seconds"]) == (utc(at("Tue 00:00", week=1)), 0)
    assert wait["elapsed_seconds"] == 2.5 * HOUR
    assert clock_of(house, question, "Mon 08:00", 1)["closed"] == [
        {"from": utc(at("Sun 10:00")), "to": utc(at("Sun 12:30")), "reason": "closed: Sunday"}
    ]
    page = house.run(MONDAY, "explain", question.id).out
    assert "24 hours on open days from" in page
    assert "closed: Sunday" in page
    assert "2 h, 0 min of them counted, in time" in " ".join(page.split())


def test_a_reminder_waits_for_the_opening_hours_in_which_the_promise_runs_out(houses: Houses) -> None:
    """Friday 16:00: one hour, then seven on Monday, with lunch between."""
    house = houses(config=OFFICE)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Fri 16:00"))
    assert kinds(house.round(at("Mon 16:55", week=1))) == []
    (letter,) = house.round(at("Mon 17:00", week=1))
    assert "our promise is 8 office hours" in text_of(letter)
    clock = clock_of(house, question, "Mon 17:00", 1)
    assert (clock["mode"], clock["primary_seconds"], clock["elapsed_seconds"]) == ("office-hours", 8 * HOUR, 73 * HOUR)
    assert [c["reason"] for c in clock["closed"]] == [
        "closed: outside hours",
        "closed: Saturday",
        "closed: Sunday",
        "closed: outside hours",
        "closed: outside hours",
    ]


def test_who_still_waits_is_told_what_is_closed_until_the_promise_runs_out(houses: Houses) -> None:
    house = houses(config=OPEN_DAYS)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Fri 15:00"))
    house.round(at("Fri 16:00"))
    clock = clock_of(house, question, "Fri 16:00")
    assert (clock["primary_seconds"], clock["due_at"]) == (HOUR, utc(at("Mon 15:00", week=1)))
    assert [c["reason"] for c in clock["closed"]] == ["closed: Saturday", "closed: Sunday"]


def test_26_a_changed_calendar_moves_open_waits_keeps_what_was_sent_and_reminds_at_most_once(houses: Houses) -> None:
    """Ann of Friday was reminded of on Saturday; then weekends are closed, and she and Ben fall due on Monday."""
    house = houses(config=REPORT)
    house.opens(at("Mon 08:00"))
    ann = house.asks(at("Fri 15:00"))
    assert kinds(house.round(at("Sat 15:05"))) == [("reminder", house.lead())]
    assert ("report", "board@leaders.example") in kinds(house.round(at("Mon 07:05", week=1)))
    ben = house.asks(at("Mon 07:10", week=1), BEN)
    house.configure(REPORT + OPEN_DAYS.replace('"sun"]', '"sun"]\nholidays = ["2024-11-19"]'))
    assert kinds(house.round(at("Mon 07:30", week=1))) == []
    due = [wait["due_at"] for wait in house.waits(at("Mon 07:30", week=1))]
    assert due == [utc(at("Mon 15:00", week=1)), utc(at("Wed 07:10", week=1))]
    assert house.thread(ann, at("Mon 07:30", week=1))["waits"][0]["met"] is None
    assert kinds(house.round(at("Mon 15:05", week=1))) == [], "her first reminder there was: it is never sent again"
    report = json.loads(house.run(at("Mon 15:06", week=1), "report", "--week", "2024-W47", "--json").out)
    (restated,) = report["restated"]
    assert (restated["week"], restated["before"]["n"], restated["now"]["n"]) == ("2024-W46", 1, 0)
    assert restated["reasons"] == [{"reason": "calendar", "waits": 1}]
    assert report["previous"] is None, "as it stands now, for nothing came due in it any more"
    sent = json.loads(house.run(at("Mon 15:06", week=1), "report", "--week", "2024-W46", "--json").out)["sent"]
    assert (sent["k"], sent["n"]) == (0, 1), "as it was sent"
    assert report["promises"] == [{"reply_within_seconds": 24 * HOUR, "clock": "open-days"}]
    house.answers(ann, at("Mon 15:30", week=1))
    assert kinds(house.round(at("Tue 09:00", week=1))) == [], "the holiday counts nothing"
    assert kinds(house.round(at("Wed 07:15", week=1))) == [("reminder", house.lead())]
    assert house.thread(ben, at("Wed 07:15", week=1))["waits"][0]["met"] is False


def test_a_report_says_which_hours_count(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""}, config=OPEN_DAYS)
    house.opens(at("Mon 08:00"))
    page = house.run(at("Mon 08:01"), "report").out
    assert "24 hours on open days" in page
    assert "nights and weekends count" not in page


def test_where_promises_differ_no_page_names_one_of_them(houses: Houses) -> None:
    house = houses({"info": "", "ops": 'clock = "elapsed"'}, config=OPEN_DAYS)
    house.opens(at("Mon 08:00"))
    for desk in ("info", "ops"):
        house.asks(at("Fri 10:00"), to=desk)
    assert kinds(house.round(at("Sat 10:05"))) == [("reminder", house.lead("ops"))]
    page = house.run(at("Sat 10:06"), "threads").out
    assert "2 people are waiting, 1 of them past the target." in page
    report = house.run(at("Sat 10:06"), "report").out
    assert "which hours count is for each team to promise" in " ".join(report.split())
    assert "24 hours" not in report
