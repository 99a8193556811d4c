"""Each recipient is written to in their own language, in whole letters: words, plurals, dates, numbers."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import write_po
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import durations, moments
from monitor.core.brief import brief, brief_promise
from monitor.core.calendar import Mode
from monitor.core.promise import Promise
from monitor.core.said import When, say, say_n
from monitor.core.topic import NOT_KEPT
from monitor.outbox.catalogues import messages, shipped_catalogue
from monitor.outbox.language import Language
from monitor.outbox.letters import (
    Letters,
    shipped_templates,
)
from monitor.outbox.plain import tame
from tests.attacks.hostile import EVERYTHING
from tests.outbox.rendered import ALL, LETTERS, TRANSLATED
from tests.outbox.samples import DAY, HOUR, LONDON, NOW, TAG, line, reminder
from tests.outbox.test_catalogues import catalogue
from tests.outbox.wordless import wordless, wordless_boards

GERMAN, FRENCH = (Language(code, shipped_catalogue(shipped_templates(), code)) for code in ("de", "fr"))
ENGLISH = Language()
BERLIN = ZoneInfo("Europe/Berlin")
KYIV = ZoneInfo("Europe/Kyiv")
IN_DECEMBER, LAST_YEAR = datetime(2026, 12, 1, 5, 4, tzinfo=UTC), datetime(2025, 3, 3, 5, 4, tzinfo=UTC)
SECONDS = st.integers(-100 * 86400, 100 * 86400).map(lambda seconds: timedelta(seconds=seconds))


def flat(text: str) -> str:
    """Without the line ends and no-break spaces that layout and typography put in."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("code", "subject"),
    [
        ("en", "3 people are waiting to hear from Events & rooms (longest 2 days)"),
        ("de", "3 Personen warten auf Antwort von Events & rooms (am längsten seit 2 Tagen)"),
        ("fr", "Events & rooms : 3 personnes attendent une réponse (la première depuis 2 jours)"),
    ],
)
def test_the_subject_is_a_sentence_of_the_language(code: str, subject: str) -> None:
    rendered = LETTERS.render_reminder(replace(reminder(), language=code))
    assert flat(rendered.subject) == f"{subject} [{TAG}]"


@pytest.mark.parametrize("code", ["en", "de", "fr"])
def test_the_html_says_which_language_it_is_in(code: str) -> None:
    letters = ALL if code == "en" else TRANSLATED[code]
    assert all(f'<html lang="{code}">' in letter.html for letter in letters.values())


def test_a_language_without_a_catalogue_is_english() -> None:
    assert LETTERS.render_reminder(replace(reminder(), language="eo")) == ALL["reminder"]


@given(SECONDS, st.sampled_from([LONDON, KYIV]))
def test_english_says_moments_as_the_command_line_does(off: timedelta, zone: ZoneInfo) -> None:
    moment = NOW + off
    assert ENGLISH.since(moment, zone, NOW) == moments.since(moment, zone, NOW)
    assert ENGLISH.day_and_time(moment, zone, NOW) == moments.day_and_time(moment, zone, NOW)
    assert ENGLISH.clock(moment, zone) == moments.clock(moment, zone)


@given(st.integers(-5, 10**8).map(lambda seconds: timedelta(seconds=seconds)))
def test_english_says_lengths_as_the_command_line_does(length: timedelta) -> None:
    assert ENGLISH.words(length) == ENGLISH.waited(length)
    assert ENGLISH.words(length).replace(",", "") == durations.words(length)


@given(st.integers(-5, 10**7).map(lambda seconds: timedelta(seconds=seconds)), st.sampled_from(get_args(Mode)))
def test_tables_say_lengths_in_english_as_the_command_line_does(length: timedelta, mode: Mode) -> None:
    assert ENGLISH.text(brief(length)) == str(brief(length)) == durations.short(length)
    promise = Promise(max(HOUR / 60, length), mode)
    assert ENGLISH.text(brief_promise(promise)) == promise.short
    assert ENGLISH.text(promise) == promise.words


@given(st.integers(-400, 400))
def test_english_says_the_days_of_a_week_and_of_tables_as_the_command_line_does(off: int) -> None:
    first = NOW.date() + timedelta(days=off)
    assert ENGLISH.days(first, first + timedelta(days=6)) == moments.days(first, first + timedelta(days=6))
    moment = NOW + off * DAY
    assert ENGLISH.short_day_and_time(moment, LONDON, NOW) == moments.short_day_and_time(moment, LONDON, NOW)


@pytest.mark.parametrize(
    ("first", "german", "french"),
    [
        (date(2026, 11, 9), "9. bis 15. November", "du 9 au 15 novembre"),
        (date(2026, 11, 30), "30. November bis 6. Dezember", "du 30 novembre au 6 décembre"),
        (date(2026, 6, 1), "1. bis 7. Juni", "du 1er au 7 juin"),
        (date(2026, 12, 28), "28. Dezember 2026 bis 3. Januar 2027", "du 28 décembre 2026 au 3 janvier 2027"),
    ],
)
def test_the_days_of_a_week_are_said_in_the_language(first: date, german: str, french: str) -> None:
    last = first + timedelta(days=6)
    assert (flat(GERMAN.days(first, last)), flat(FRENCH.days(first, last))) == (german, french)


@pytest.mark.parametrize(
    ("hours", "german", "waited", "french"),
    [
        (0, "0 Minuten", "0 Minuten", "0 minute"),
        (1, "1 Stunde", "1 Stunde", "1 heure"),
        (47, "47 Stunden", "47 Stunden", "47 heures"),
        (48, "2 Tage", "2 Tagen", "2 jours"),
        (24 * 1234, "1.234 Tage", "1.234 Tagen", "1 234 jours"),
    ],
)
def test_lengths_of_time_have_the_plural_and_the_case_of_the_language(
    hours: int, german: str, waited: str, french: str
) -> None:
    length = timedelta(hours=hours)
    assert flat(GERMAN.words(length)) == german
    assert flat(GERMAN.waited(length)) == waited
    assert flat(FRENCH.words(length)) == flat(FRENCH.waited(length)) == french


@pytest.mark.parametrize(
    ("hours", "mode", "english", "german", "of"),
    [
        (48, "elapsed", "2 days", "2 Tage", "2 Tagen"),
        (48, "open-days", "2 open days", "2 Arbeitstage", "2 Arbeitstagen"),
        (30, "open-days", "30 hours on open days", "30 Stunden an Arbeitstagen", "30 Stunden an Arbeitstagen"),
        (48, "office-hours", "48 office hours", "48 Arbeitsstunden", "48 Arbeitsstunden"),
        (0.5, "office-hours", "30 minutes of office hours", "30 Minuten Arbeitszeit", "30 Minuten Arbeitszeit"),
    ],
)
def test_a_promise_says_which_hours_it_counts(hours: float, mode: str, english: str, german: str, of: str) -> None:
    length = timedelta(hours=hours)
    assert ENGLISH.promise(length, mode) == ENGLISH.promise_of(length, mode) == english
    assert flat(GERMAN.promise(length, mode)) == german
    assert flat(GERMAN.promise_of(length, mode)) == of


@pytest.mark.parametrize(
    ("moment", "german", "french"),
    [
        (NOW, "um 11:00 Uhr", "à 11 h 00"),
        (NOW - DAY, "am Freitag um 11:00 Uhr", "vendredi à 11 h 00"),
        (NOW - 6 * DAY - timedelta(hours=10, minutes=30), "am Sonntag um 00:30 Uhr", "dimanche à 0 h 30"),
        (IN_DECEMBER, "am Dienstag, 1. Dezember um 06:04 Uhr", "le mardi 1er décembre à 6 h 04"),
        (LAST_YEAR, "am Montag, 3. März 2025 um 06:04 Uhr", "le lundi 3 mars 2025 à 6 h 04"),
    ],
)  # fmt: skip
def test_moments_are_said_in_the_language_and_the_zone_of_the_house(moment: datetime, german: str, french: str) -> None:
    assert flat(GERMAN.on(moment, BERLIN, NOW)) == german
    assert flat(FRENCH.on(moment, BERLIN, NOW)) == french


def test_one_two_and_many_people_have_their_own_forms() -> None:
    subjects = [
        flat(LETTERS.render_reminder(replace(reminder(lines, more), language="de")).subject)
        for lines, more in (((line(who="a@b"),), 0), ((line(), line(2, address="b@c.example")), 0), ((line(),), 12344))
    ]
    assert [subject.partition(" auf ")[0] for subject in subjects] == [
        "1 Person wartet",
        "2 Personen warten",
        "12.345 Personen warten",
    ]


@pytest.mark.parametrize(
    ("code", "name", "begins"),
    [("de", "Niemand", "1 Person wartet"), ("fr", "Personne", "Events & rooms : 1 personne attend")],
)
def test_a_name_that_turns_the_sentence_round_is_not_in_it(code: str, name: str, begins: str) -> None:
    letter = LETTERS.render_reminder(replace(reminder((line(who=name),)), language=code))
    assert flat(letter.subject).startswith(begins)


@pytest.mark.parametrize("teams", [0, 1, 2, 3])
def test_teams_are_named_or_counted(teams: int) -> None:
    page = replace(reminder(), teams=("Events", "Loans", "Help")[:teams], language="de")
    named = ["Harbour City Libraries", "Events", "Events und Loans", "3 Teams"][teams]
    assert f"auf Antwort von {named} (" in flat(LETTERS.render_reminder(page).subject)


def test_a_sentence_of_the_program_is_english_in_logs_and_the_readers_language_in_letters() -> None:
    said = say_n("%(mailbox)s can be read again", "%(n)s mailboxes can be read again", 3, mailbox="info@x.example")
    assert (str(said), GERMAN.text(said), FRENCH.text(said)) == (
        "3 mailboxes can be read again",
        "3 Postfächer sind wieder lesbar",
        "3 boîtes peuvent de nouveau être lues",
    )
    since = say("It was last seen whole %(since)s.", since=When(NOW - DAY, LONDON, NOW))
    assert str(since) == "It was last seen whole Friday 10:00."
    assert flat(GERMAN.text(since)) == "Zuletzt vollständig gesehen: Freitag 10:00 Uhr."


@pytest.mark.parametrize(
    "said", [say("Since %(since)s: %(fault)s.", since="x", fault=hostile) for hostile in EVERYTHING]
)
def test_what_strangers_wrote_is_no_part_of_a_message(said: object) -> None:
    for text in (GERMAN.text(said), FRENCH.text(said)):
        assert len(text.splitlines()) == 1
    evil = "%(who)s %s {{ page }} ${x} {0}"
    inert = [
        LETTERS.render_reminder(replace(reminder((line(subject=evil),)), language=c)).text for c in ("en", "de", "fr")
    ]
    assert all(evil in flat(text) for text in inert)


@pytest.mark.parametrize(("subject", "shown"), [("", "(ohne Betreff)"), (NOT_KEPT, "(Betreff nicht gespeichert)")])
def test_what_stands_for_a_subject_is_said_in_the_language_too(subject: str, shown: str) -> None:
    letter = LETTERS.render_reminder(replace(reminder((line(subject=subject),)), language="de"))
    assert f" 1. {shown}\n" in letter.text
    assert f">{shown}</h2>" in letter.html


def test_no_two_sentences_run_together() -> None:
    for letters in (ALL, *TRANSLATED.values()):
        for name, letter in letters.items():
            assert not re.search(r"[a-zà-ÿ)»“][.:][A-ZÀ-Þ]", flat(letter.text)), name


# -- no English is left


def pseudo(folder: Path, code: str) -> Letters:
    """Letters of a catalogue that has no letter of the Latin alphabet: what has one stands in no catalogue."""
    (folder / "locale").mkdir()
    found = catalogue(code)
    for message in messages(found):
        ids = message.id if message.pluralizable else (message.id,)
        texts = [re.sub(r"%\(\w+\)s|[A-Za-z]", lambda m: m[0] if len(m[0]) > 1 else "Ж", text) for text in ids]
        message.string = tuple(texts) if message.pluralizable else texts[0]
    with (folder / "locale" / f"{code}.po").open("wb") as file:
        write_po(file, found)
    made = Letters(folder)
    assert made.faults == ()
    return made


class Visible(HTMLParser):
    """The text that a reader sees or hears."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self._hidden = "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("style", "script")
        self.text += "".join(f"{value} " for name, value in attrs if name == "aria-label")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._hidden else f"{data} "


SHOWN = re.compile(
    r"inbox-monitor report --month 2026-\d\d|"
    r"inbox-monitor threads(?: --late)?|inbox-monitor check|replies = \"confirmed\"|Inbox Monitor,|https://1\.2/|"
    r"\b(?:done|snooze|assign|reopen|undo|help|2d)\b|\b(?:Uhr|und)\b|"
    r"\b(?:Mo|Di|Mi|Do|Fr|Sa|So|Okt|Nov|Dez)\.|\[ignore\]|"
    r"\b(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Oktober|November|Dezember)\b"
)
"""What is the same in every language, and what the CLDR knows of days and lists."""


def test_no_english_stands_outside_the_catalogues(tmp_path: Path) -> None:
    press = pseudo(tmp_path, "de")
    letters = list(wordless(press))
    assert len(letters) > 100
    pages = [Visible(press.render_board(page)).text for page in wordless_boards()]
    parts = (part for letter in letters for part in (letter.subject, letter.text, Visible(letter.html).text))
    for part in (*parts, *pages):
        assert "Ж" in part
        assert re.findall(r"\w*[A-Za-z]\w*", SHOWN.sub("", flat(part))) == []


@given(st.text())
def test_what_is_tamed_keeps_single_no_break_spaces_only(text: str) -> None:
    clean = tame(text)
    assert not re.search(r"\s{2}|^\s|\s$|[^\S \u00a0\u202f]", clean)


def test_the_first_of_a_month_is_counted_in_french_only() -> None:
    first = datetime.combine(date(2026, 12, 1), datetime.min.time(), UTC)
    assert "1er" in FRENCH.day_and_time(first, LONDON, NOW)
    assert "1er" not in FRENCH.day_and_time(first + 10 * DAY, LONDON, NOW)
