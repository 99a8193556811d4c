"""Partners that have gone quiet, from mails in a mailbox to the line of the report that names them."""

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config import load
from monitor.core.report.week import Week
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.check import check
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.poll import sweep
from monitor.jobs.report import ask_for, make, report_anew, report_if_due
from monitor.outbox.letters import Letters
from monitor.store.blind import note_blind
from monitor.store.forgetting import forget
from monitor.store.outbox import pending
from monitor.store.reporting import stored
from monitor.store.store import Store, open_store

MONDAY = datetime(2024, 11, 11, 7, tzinfo=UTC)
NOW = MONDAY + timedelta(hours=3)
HOUR, A_WEEK = timedelta(hours=1), timedelta(days=7)
INFO = "info@ours.example"
CONFIG = """\
[imap]
host = "imap.ours.example"
password = {{ env = "UNUSED" }}
lookback = "{lookback}"
[[mailbox]]
address = "info@ours.example"
team = "Desk"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
[store]
url = "{url}"
"""
ASKED = "[gone_quiet]\n"


class Partners:
    """A mailbox in memory, whose partners write and are answered in the weeks before MONDAY."""

    def __init__(self, folder: Path) -> None:
        self.path, self.url = folder / "config.toml", f"sqlite:///{folder / 'monitor.db'}"
        self.inbox, self.sent = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))
        self.number = 0
        self.set(ASKED)

    def set(self, lines: str, lookback: str = "all") -> None:
        self.path.write_text(CONFIG.format(url=self.url, lookback=lookback) + lines)

    def asks(self, who: str, weeks: int, *lines: str) -> str:
        """A question, so many weeks before the one that has just begun."""
        return self._put(self.inbox, MONDAY - weeks * A_WEEK + HOUR, f"From: {who}", f"To: {INFO}", *lines)

    def writes(self, to: str, weeks: int, *lines: str) -> str:
        return self._put(self.sent, MONDAY - weeks * A_WEEK + 2 * HOUR, f"From: {INFO}", f"To: {to}", *lines)

    def talks(self, who: str, *weeks: int) -> None:
        for n in weeks:
            self.writes(who, n, f"In-Reply-To: {self.asks(who, n)}")

    def _put(self, folder: MemoryFolder, when: datetime, *lines: str) -> str:
        self.number += 1
        name = f"<{self.number}@{'reader' if folder is self.inbox else 'ours'}.example>"
        head = [f"Message-ID: {name}", f"Date: {when:%d %b %Y %H:%M:%S} +0000", f"Subject: Plan {self.number}", *lines]
        folder.deliver("\r\n".join([*head, "", ""]).encode(), when)
        return name

    def look(self) -> Store:
        settings = load(self.path)
        store = open_store(self.url)
        house = settings.house(store.letter_key)
        looked = sweep(store, MemorySource(self.inbox, self.sent), settings.mailboxes[0], house, NOW)
        assert looked.fault is None
        return store

    def quiet(self) -> dict[str, int] | None:
        """Who is told, and since how many weeks they are quiet."""
        store = self.look()
        settings = load(self.path)
        made = make(store, settings, know(store, settings, NOW), Week.of(NOW, settings.zone).before(), NOW)
        store.close()
        found = made.facts.gone_quiet
        return None if found is None else {one.partner: one.weeks for one in found}


@pytest.fixture
def house(tmp_path: Path) -> Partners:
    """One mailbox, with [gone_quiet]."""
    return Partners(tmp_path)


SILENT = range(6, 14)
"""Eight weeks of dialogue, then five silent ones."""


def test_the_command_names_who_was_in_dialogue_every_week_and_has_gone_quiet(house: Partners) -> None:
    house.talks("ann@club.example", *range(6, 14, 2))
    house.talks("ben@club.example", *range(7, 14, 2))
    house.talks("cleo@borrower.example", *range(1, 14))
    house.look().close()
    command = ["--config", str(house.path), "--now", NOW.isoformat(), "report", "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["gone_quiet"] == [
        {"partner": "club.example", "last_at": "2024-09-30T09:00:00Z", "weeks": 5, "named": False}
    ]


def test_the_letter_says_it_calmly(house: Partners) -> None:
    house.talks("ann@club.example", *SILENT)
    store, settings = house.look(), load(house.path)
    made = make(store, settings, know(store, settings, NOW), Week.of(NOW, settings.zone).before(), NOW)
    text = Letters(None).render_report(made.facts).text
    store.close()
    assert "GONE QUIET" in text
    assert "club.example" in text
    assert "5 weeks" in text
    assert "ann@" not in text, "a domain stands for its people"


def test_what_is_frozen_of_a_report_names_no_partner(house: Partners) -> None:
    house.set('[report]\nto = "chief@elsewhere.example"\n[smtp]\nhost = "smtp.ours.example"\n' + ASKED)
    house.talks("ann@club.example", *SILENT)
    house.talks("cleo@borrower.example", 1)
    store, settings, letters = house.look(), load(house.path), Letters(None)
    week = report_if_due(store, settings, letters, know(store, settings, NOW), OutboxClaims(store), NOW)
    assert week is not None
    (letter,) = pending(store, NOW)
    assert "club.example" in message_from_bytes(letter.body, policy=policy.default).as_string()
    assert "club.example" not in json.dumps(stored(store, week.name))
    store.close()


def test_a_report_that_waits_is_made_anew_without_who_was_forgotten(house: Partners) -> None:
    asked = '[gone_quiet]\npartners = ["ann@club.example"]\n'
    house.set('[report]\nto = "chief@elsewhere.example"\n[smtp]\nhost = "smtp.ours.example"\n' + asked)
    house.talks("ann@club.example", *SILENT)
    house.talks("cleo@borrower.example", 1)
    store, settings, letters = house.look(), load(house.path), Letters(None)

    def waiting(at: datetime) -> list[str]:
        return [message_from_bytes(one.body, policy=policy.default).as_string() for one in pending(store, at)]

    def make_it(at: datetime) -> None:
        knowledge, claims = know(store, settings, at), OutboxClaims(store)
        report_anew(store, settings, letters, knowledge, claims, at)
        report_if_due(store, settings, letters, knowledge, claims, at)

    make_it(NOW)
    week = Week.of(NOW, settings.zone).before()
    made = make(store, settings, know(store, settings, NOW), week, NOW)
    ask_for(store, settings, letters, OutboxClaims(store), made, NOW + HOUR)
    assert ["ann@club.example" in text for text in waiting(NOW + HOUR)] == [True, True]
    as_sent = stored(store, week.name)
    house_ = settings.house(store.letter_key)
    assert forget(store, "ann@club.example", house_, know(store, settings, NOW).as_of_all, NOW + HOUR).letters == 2
    assert waiting(NOW + 2 * HOUR) == []
    for hours in (2, 3):
        make_it(NOW + hours * HOUR)
    again = waiting(NOW + 3 * HOUR)
    assert ["somebody asked for it" in text for text in again] == [False, True], "each of the two, once"
    assert not any("ann@club.example" in text for text in again)
    assert stored(store, week.name) == as_sent
    store.close()


def test_without_the_setting_nobody_is_named(house: Partners) -> None:
    house.talks("ann@club.example", *SILENT)
    house.set("")
    assert house.quiet() is None
    house.set(ASKED + "learn = false\n")
    assert house.quiet() == {}


def test_at_a_public_provider_each_person_is_a_partner(house: Partners) -> None:
    house.talks("ann@gmail.com", *SILENT)
    house.talks("ben@gmail.com", *range(1, 9))
    assert house.quiet() == {"ann@gmail.com": 5}


def test_the_named_are_told_however_seldom_they_wrote(house: Partners) -> None:
    house.talks("ann@club.example", 30)
    house.talks("ben@borrower.example", 9)
    house.talks("cleo@choir.example", 2)
    house.set(ASKED + 'partners = ["choir.example", "ben@borrower.example", "club.example", "never.example"]\n')
    assert house.quiet() == {"ben@borrower.example": 8, "club.example": 29}


@pytest.mark.parametrize("weeks", [3, 0])
def test_a_mail_of_ours_that_began_something_new_is_no_silence(house: Partners, weeks: int) -> None:
    house.talks("ann@club.example", *SILENT)
    house.writes("somebody-new@club.example", weeks)
    assert house.quiet() == {}


def test_a_late_reply_to_an_old_mail_is_no_silence(house: Partners) -> None:
    house.set(ASKED + 'partners = ["club.example"]\n')
    question = house.asks("ann@club.example", 30)
    assert house.quiet() == {"club.example": 29}
    house.writes("ann@club.example", 2, f"In-Reply-To: {question}")
    assert house.quiet() == {}


def test_machines_lists_and_our_own_people_are_no_partners(house: Partners) -> None:
    for n in SILENT:
        for who, line in (
            ("robot@club.example", "Auto-Submitted: auto-generated"),
            ("news@letters.example", "List-Id: <news.letters.example>"),
            ("colleague@ours.example", "X-Note: of us"),
        ):
            house.writes(who, n, f"In-Reply-To: {house.asks(who, n, line)}")
        house.asks("one-way@reader.example", n)
    assert house.quiet() == {}


def test_a_newsletter_of_theirs_does_not_hide_that_they_are_silent(house: Partners) -> None:
    house.talks("ann@club.example", *SILENT)
    for n in range(6):
        house.asks("news@club.example", n, "List-Id: <news.club.example>", "List-Unsubscribe: <mailto:u@club.example>")
    assert house.quiet() == {"club.example": 5}


@pytest.mark.parametrize(("hours", "found"), [(23, {"club.example": 5}), (25, {"club.example": 4}), (200, {})])
def test_weeks_in_which_we_were_blind_are_no_silence(house: Partners, hours: int, found: dict[str, int]) -> None:
    house.talks("ann@club.example", *SILENT)
    store = house.look()
    since = MONDAY - 2 * A_WEEK
    with store.writing() as connection:
        note_blind(connection, [(INFO, since, since + hours * HOUR)])
    store.close()
    assert house.quiet() == found


def test_before_the_habit_could_be_read_nobody_is_learnt(house: Partners) -> None:
    house.talks("ann@club.example", *SILENT)
    house.set(ASKED, lookback="80d")
    assert house.quiet() == {}


def test_check_says_of_whom_the_report_tells(house: Partners) -> None:
    def said() -> list[str]:
        return [fact.text for fact in check(load(house.path), NOW) if "gone quiet" in fact.text]

    assert said() == ["the report tells who has gone quiet for 4 weeks: those the mail teaches"]
    house.set(ASKED + 'partners = ["club.example"]\nlearn = false\nafter = 1\n')
    assert said() == ["the report tells who has gone quiet for 1 week: club.example"]
    house.set("")
    assert said() == []
