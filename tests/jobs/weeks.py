"""A desk whose reports are read week by week, and what they restate."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from monitor.config import load
from monitor.core.report import weeks_section
from monitor.core.report.week import Week
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.report import Made, make, report_if_due
from monitor.store.mailboxes import refold_if_rules_changed
from monitor.store.outbox import pending
from monitor.store.report_tables import counted, reports, restated
from monitor.store.reporting import stored
from tests.jobs.test_hidden_replies import DAY, DESK, HEAD, HOUR, LETTERS, MONDAY, Desk
from tests.outbox.rendered import read

REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'
TEAMS = '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
WEEK = timedelta(weeks=1)
SEVEN = 7 * HOUR


class House(Desk):
    """A desk with a report; week 46 is that of MONDAY."""

    def __init__(self, folder: Path) -> None:
        self.tail = ""
        super().__init__(folder)
        self.ids: dict[int, list[str]] = {}

    def set(self, lines: str) -> Any:
        path = self.folder / "config.toml"
        path.write_text(HEAD + DESK.format("info", lines) + TEAMS + REPORT + self.tail)
        self.settings = load(path)
        return self.settings

    def configure(self, tail: str) -> None:
        """Other further tables, by which everything is judged again."""
        self.tail = tail
        self.set("")
        house = self.settings.house(self.store.letter_key)
        refold_if_rules_changed(self.store, tail or "none", house)

    def a_week(self, number: int, asked: int = 12, answered: int = 11) -> None:
        """So many questions on Tuesday of a week, each of somebody else, and so many answers an hour later."""
        tuesday = MONDAY + (number - 46) * WEEK + DAY + 10 * HOUR
        self.ids[number] = []
        for one in range(asked):
            who = f"reader{number}.{one}@reader{number}.example"
            self.ids[number].append(self.asks(tuesday + one * timedelta(minutes=1), who))
            if one < answered:
                self.answers(number, one)

    def answers(self, number: int, one: int, after: timedelta = HOUR) -> None:
        """The answer to a question, as it lies in the Sent folder."""
        when = MONDAY + (number - 46) * WEEK + DAY + 10 * HOUR + after
        to = f"reader{number}.{one}@reader{number}.example"
        self.sends(when, f"a{number}.{one}@ours.example", to, self.ids[number][one])

    def reports(self, number: int, at: timedelta = SEVEN) -> dict[str, Any]:
        """The Monday on which the report of a week goes out: what it said."""
        now = MONDAY + (number - 45) * WEEK + at
        self.look(now)
        claims = OutboxClaims(self.store)
        week = report_if_due(self.store, self.settings, LETTERS, know(self.store, self.settings, now), claims, now)
        assert week is not None
        found = stored(self.store, week.name)
        assert found is not None
        assert found["week"] == f"2024-W{number}"
        return found

    def made(self, number: int, on: int) -> Made:
        """The report of a week as somebody asks for it, on the Monday after week `on`."""
        now = MONDAY + (on - 45) * WEEK + 8 * HOUR
        week = Week(2024, number, self.settings.zone)
        return make(self.store, self.settings, know(self.store, self.settings, now), week, now)

    def frozen(self) -> list[Any]:
        """All that is kept of what was said."""
        with self.store.reading() as connection:
            return [tuple(row) for table in (reports, restated, counted) for row in connection.execute(select(table))]

    def letters(self) -> list[str]:
        """The reports in the outbox, as text on one line."""
        sent = [each.body for each in pending(self.store, MONDAY + 9 * WEEK) if each.kind == "report"]
        bodies = [read(raw).get_body(("plain",)) for raw in sent]
        return [" ".join(body.get_content().split()) for body in bodies if body]

    def since(self, number: int) -> str:
        """What the report of a week says of earlier ones."""
        section = weeks_section.restated(self.made(number, number).facts)
        return " ".join(map(str, section.told)) if section else ""


def told(folder: Path) -> Iterator[House]:
    """A house whose week 46 is told: 11 of 12."""
    found = House(folder)
    found.look(MONDAY - HOUR)
    found.a_week(46)
    first = found.reports(46)
    assert (first["overall"]["k"], first["overall"]["n"], first["restated"]) == (11, 12, [])
    yield found
    found.store.close()


def restatement(before: tuple[int, int], now: tuple[int, int], *reasons: tuple[str, int]) -> list[dict[str, Any]]:
    """Of week 46, in JSON."""
    plain = [{"k": k, "n": n} for k, n in (before, now)]
    return [{"week": "2024-W46", "before": plain[0], "now": plain[1], "reasons": list(reasons)}]


def said(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What a report restates."""
    return [
        {
            "week": one["week"],
            "before": {name: one["before"][name] for name in "kn"},
            "now": {name: one["now"][name] for name in "kn"},
            "reasons": [(each["reason"], each["waits"]) for each in one["reasons"]],
        }
        for one in report["restated"]
    ]


def strip(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """k of n by week."""
    return {one["week"]: (one["k"], one["n"]) for one in report["weeks"] if one["n"]}
