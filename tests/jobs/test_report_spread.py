"""The report of a week tells how its waits spread, and when people of its quarter wrote, by the clock of the house."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import load
from monitor.core.report.as_json import report_json
from monitor.core.report.facts import ReportFacts
from monitor.core.report.missed import Missed
from monitor.core.report.week import Week
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.knowledge import know
from monitor.jobs.poll import sweep
from monitor.jobs.report import Made, make
from monitor.store.store import Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INFO = "info@ours.example"
CONFIG = """operator = "it@ours.example"
timezone = "Europe/Berlin"
{}
[imap]
host = "imap.ours.example"
password = {{ env = "UNUSED" }}
[[mailbox]]
address = "info@ours.example"
team = "Desk"
lookback = "200d"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
"""
SUNDAY = datetime(2024, 10, 27, tzinfo=UTC)
"""Of 25 hours in Berlin. The week of the report is the one after."""
NOW = SUNDAY + timedelta(days=8, hours=8)


Waits = list[tuple[datetime, float | None]]


def told(store: Store, folder: Path, waits: Waits, setting: str = "") -> ReportFacts:
    """What the report of that week tells."""
    return report(store, folder, waits, setting).facts


def report(store: Store, folder: Path, waits: Waits, setting: str = "") -> Made:
    """The report of that week, of who asked when and was answered after so many hours."""
    path = folder / "config.toml"
    path.write_text(CONFIG.format(setting))
    settings, inbox, sent = load(path), MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))
    for number, (at, hours) in enumerate(waits):
        ask = f"{number}@reader.example"
        put(inbox, at, ask, f"From: reader{number}@reader.example", f"To: {INFO}", "Subject: Opening hours")
        if hours is not None:
            head = (f"From: {INFO}", f"To: reader{number}@reader.example", f"In-Reply-To: <{ask}>")
            put(sent, at + hours * HOUR, f"r{number}@ours.example", *head, "Subject: Re: Opening hours")
    (mailbox,) = settings.mailboxes
    assert sweep(store, MemorySource(inbox, sent), mailbox, settings.house(store.letter_key), NOW).fault is None
    week = Week.of(SUNDAY + DAY, settings.zone)
    return make(store, settings, know(store, settings, NOW), week, NOW)


def put(to: MemoryFolder, at: datetime, id: str, *lines: str) -> None:
    head = [f"Message-ID: <{id}>", f"Date: {at:%d %b %Y %H:%M:%S} +0000", *lines]
    to.deliver("\r\n".join([*head, "", ""]).encode(), at)


TUESDAY = SUNDAY + 2 * DAY
OF_THE_WEEK = [(TUESDAY + 9 * HOUR, hours) for hours in (0.5, 2, 3, 6, 6, 7, 20, 23, 30, 50, None, None)]


def test_the_weeks_waits_by_how_soon_they_were_answered(store: Store, tmp_path: Path) -> None:
    facts = told(store, tmp_path, OF_THE_WEEK)
    rate = facts.overall.rate
    assert [(one.limit / HOUR, one.k, one.n) for one in facts.within] == [
        (1, 1, 12), (4, 3, 12), (8, 6, 12), (24, 8, 12), (48, 9, 12), (96, 10, 12)
    ]  # fmt: skip
    (promised,) = (one for one in facts.within if one.is_promise)
    assert (promised.k, promised.n, promised.percent) == (rate.k, rate.n, rate.percent)
    # Four missed: after 30 and 50 hours, and two who wait since six days.
    assert facts.missed == (Missed("Desk", 4, 0, 50 * HOUR, NOW - TUESDAY - 9 * HOUR),)


def test_the_quarters_waits_by_the_hour_at_which_they_were_written(store: Store, tmp_path: Path) -> None:
    before = [(SUNDAY - DAY + 6 * HOUR + timedelta(minutes=5 * n), 2.0) for n in range(8)]  # Saturday from 08:00, CEST
    after = [(SUNDAY + 6 * HOUR + timedelta(minutes=5 * n), 40.0) for n in range(9)]  # Sunday from 07:00, CET
    older = [(SUNDAY - timedelta(days=84), 1.0), (SUNDAY - timedelta(days=90), 1.0)]  # of the first week, and of none
    facts = told(store, tmp_path, [*OF_THE_WEEK, *before, *after, *older])
    cells = {(cell.weekday, cell.first_hour): cell for cell in facts.hours if cell.n}
    assert {place: (cell.n, cell.typical, cell.late) for place, cell in cells.items()} == {
        (1, 10): (12, 7 * HOUR, 4),
        (5, 8): (8, 2 * HOUR, 0),
        (6, 0): (10, 40 * HOUR, 9),
    }
    assert dict(facts.teams_before)["Desk"].k == 8 + 1
    assert dict(facts.teams_before)["Desk"].n == 8 + 1, "who wrote on Sunday came due on Monday"


@pytest.mark.parametrize(
    ("setting", "limits"),
    [
        ('[target]\nreply_within = "12h"', [1, 4, 8, 12, 24, 48, 96]),
        ('[target]\nreply_within = "24h"\nclock = "open-days"\nclosed = ["sat", "sun"]', [1, 4, 8, 24, 48, 96]),
    ],
)
def test_the_promise_stands_among_the_limits_where_it_is_one_by_the_clock(
    store: Store, tmp_path: Path, setting: str, limits: list[int]
) -> None:
    facts = told(store, tmp_path, OF_THE_WEEK, setting)
    assert [one.limit / HOUR for one in facts.within] == limits
    assert [one.limit / HOUR for one in facts.within if one.is_promise] == ([12] if 12 in limits else [])
    assert sum(cell.late for cell in facts.hours) == (6 if 12 in limits else 0)


def test_the_attached_file_counts_to_the_same_figures(store: Store, tmp_path: Path) -> None:
    made = report(store, tmp_path, OF_THE_WEEK)
    rows = list(csv.DictReader(io.StringIO(made.csv())))
    figures = report_json(made.facts)
    met = [row["met"] for row in rows if row["met"]]
    assert (met.count("true"), len(met)) == (figures["overall"]["k"], figures["overall"]["n"])
    for one in figures["answered_within"]:
        soon = [row for row in rows if row["answered_at"] and float(row["waited_hours"]) <= one["hours"]]
        assert (len(soon), len(rows)) == (one["k"], one["n"])
    assert sum(row["met"] == "false" for row in rows) == sum(one["n"] for one in figures["missed"])
