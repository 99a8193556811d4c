"""The page on the wall: what it claims of whom, and how it is written, each round, by daemon and command."""

import os
import re
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.config.settings import BoardSettings
from monitor.core.acts import Command
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.acting import Performed, perform
from monitor.jobs.board import FOR_ALL, board_page, put_in_place
from monitor.jobs.check import check
from monitor.jobs.claims import LetterFolder
from monitor.jobs.knowledge import know
from monitor.jobs.poll import sweep
from monitor.jobs.round import act
from monitor.outbox.board_pages import BoardPage, BoardTeam, Doubt
from monitor.outbox.letters import Letters
from monitor.program import main
from monitor.store.looks import failed_look
from monitor.store.reminding import due_between
from monitor.store.store import Store

MONDAY = datetime(2024, 11, 11, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
INFO, EVENTS = "info@ours.example", "events@ours.example"
CONFIG = """
organisation = "Harbour City"
[imap]
host = "127.0.0.1"
port = 1
security = "none"
password = { env = "UNUSED" }
[[mailbox]]
address = "info@ours.example"
team = "Front desk"
[[mailbox]]
address = "events@ours.example"
team = "Events"
[[team]]
name = "Events"
owners = ["events-lead@ours.example"]
[[team]]
name = "Front desk"
owners = ["lead@ours.example"]
[[person]]
address = "kim@ours.example"
name = "Kim"
[staff]
people = ["kim@ours.example"]
[smtp]
host = "127.0.0.1"
port = 1
security = "none"
[store]
url = "sqlite:///monitor.db"
"""
LETTERS = Letters()


class House:
    """Two desks in memory, and the page of who waits there."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.config, self.store, self.folder = folder / "config.toml", store, folder
        self.config.write_text(CONFIG.replace("monitor.db", str(folder / "monitor.db")))
        self.settings = load(self.config)
        self.boxes = {
            each: (MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))) for each in (INFO, EVENTS)
        }
        self.count = 0
        for mailbox in self.boxes:
            self._put(mailbox, 1, MONDAY - 24 * HOUR, f"From: {mailbox}", "To: friend@before.example")

    def asks(self, mailbox: str, at: datetime, who: str = "", subject: str = "Opening hours") -> None:
        self._put(
            mailbox, 0, at, f"From: {who or f'reader{self.count}@reader.example'}", f"To: {mailbox}", subject=subject
        )

    def _put(self, mailbox: str, folder: int, at: datetime, *lines: str, subject: str = "Hello") -> None:
        self.count += 1
        head = [f"Message-ID: <{self.count}@x.example>", f"Date: {at:%d %b %Y %H:%M:%S} +0000", f"Subject: {subject}"]
        self.boxes[mailbox][folder].deliver("\r\n".join([*head, *lines, "", ""]).encode(), at)

    def look(self, now: datetime, *mailboxes: str) -> None:
        house = self.settings.house(self.store.letter_key)
        for mailbox in self.settings.mailboxes:
            if mailbox.address in (mailboxes or self.boxes):
                source = MemorySource(*self.boxes[mailbox.address])
                assert sweep(self.store, source, mailbox, house, now).fault is None

    def page(self, now: datetime, subjects: bool = False) -> BoardPage:
        return board_page(self.store, self.settings, know(self.store, self.settings, now), subjects, now)

    def team(self, name: str, now: datetime) -> BoardTeam:
        (found,) = [team for team in self.page(now).teams if team.name == name]
        return found

    def does(self, now: datetime, command: Command) -> None:
        """Say it of the one who waits."""
        (wait,) = due_between(self.store, None, MONDAY + 999 * HOUR)
        lines = {1: [wait.opener]}
        done = perform(
            self.store, self.settings, command, lines, who="lead@ours.example", via="mail", batch="1", now=now
        )
        assert isinstance(done, Performed)

    def on_the_wall(self, subjects: bool = False) -> Path:
        """The settings with a board in a folder of its own."""
        (self.folder / "wall").mkdir(exist_ok=True)
        html = self.folder / "wall" / "board.html"
        self.settings = replace(self.settings, board=BoardSettings(html, subjects))
        return html

    def acts(self, now: datetime, dry: LetterFolder | None = None) -> list[str]:
        """What could not be done in a round."""
        return list(act(self.store, self.settings, LETTERS, now, dry).broken)


@pytest.fixture
def house(tmp_path: Path, store: Store) -> House:
    return House(tmp_path, store)


class TestWhatIsKnown:
    def test_teams_stand_in_the_order_of_the_config_and_who_waits_longest_first(self, house: House) -> None:
        for hours in (3, 1, 2):
            house.asks(INFO, MONDAY + hours * HOUR)
        house.look(MONDAY + 5 * HOUR)
        page = house.page(MONDAY + 5 * HOUR)
        assert [team.name for team in page.teams] == ["Events", "Front desk"]
        assert [line.waited for line in page.teams[1].shown] == [4 * HOUR, 3 * HOUR, 2 * HOUR]
        assert page.doubted == ()

    @pytest.mark.parametrize(
        ("age", "state"),
        [(19 * HOUR, "in time"), (20 * HOUR, "due soon"), (24 * HOUR, "late"), (24 * HOUR - MINUTE, "due soon")],
    )
    def test_late_is_what_was_late_when_the_mailbox_was_seen(self, house: House, age: timedelta, state: str) -> None:
        house.asks(INFO, MONDAY)
        house.look(MONDAY + age)
        (line,) = house.team("Front desk", MONDAY + age + 2 * MINUTE).lines
        assert line.state == state

    def test_a_mailbox_not_seen_lately_is_said_and_its_lines_are_as_they_stood(self, house: House) -> None:
        house.asks(INFO, MONDAY)
        house.look(MONDAY + 23 * HOUR)
        house.look(MONDAY + 30 * HOUR, EVENTS)
        failed_look(house.store, INFO, "refused", "no", MONDAY + 30 * HOUR)
        page = house.page(MONDAY + 30 * HOUR)
        events, desk = page.teams
        assert desk.doubts == (Doubt("unseen", INFO, MONDAY + 23 * HOUR),)
        assert desk.seen_up_to == MONDAY + 23 * HOUR
        assert [(line.state, line.waited) for line in desk.lines] == [("perhaps late", 23 * HOUR)]
        assert page.count("late") == 0
        assert (events.doubts, events.seen_up_to) == ((), MONDAY + 30 * HOUR)

    def test_one_failed_look_is_no_news_for_the_wall(self, house: House) -> None:
        house.look(MONDAY)
        failed_look(house.store, INFO, "refused", "no", MONDAY + 5 * MINUTE)
        desk = house.team("Front desk", MONDAY + 6 * MINUTE)
        assert (desk.doubts, desk.seen_up_to) == ((), MONDAY)

    def test_a_mailbox_never_read_is_not_called_empty(self, house: House) -> None:
        house.look(MONDAY, EVENTS)
        desk = house.team("Front desk", MONDAY)
        assert desk.doubts == (Doubt("never read", INFO),)
        assert "Nobody is waiting, as far as we can see." in LETTERS.render_board(house.page(MONDAY))

    def test_where_no_reply_was_ever_seen_late_is_perhaps(self, house: House) -> None:
        house.boxes[INFO] = (house.boxes[INFO][0], MemoryFolder("Sent", frozenset({"\\sent"})))
        house.asks(INFO, MONDAY)
        house.look(MONDAY + 25 * HOUR)
        desk = house.team("Front desk", MONDAY + 25 * HOUR)
        assert desk.doubts == (Doubt("no replies", INFO),)
        assert [line.state for line in desk.lines] == ["perhaps late"]

    def test_a_flood_of_one_sender_pushes_nobody_off_the_wall(self, house: House) -> None:
        for minute in range(60):
            house.asks(INFO, MONDAY + minute * MINUTE, "flood@flood.example", f"Buy {minute}")
        house.asks(INFO, MONDAY + 5 * HOUR, "ann@reader.example", "A question")
        house.look(MONDAY + 6 * HOUR)
        desk = house.team("Front desk", MONDAY + 6 * HOUR)
        assert [(line.waited, line.more) for line in desk.shown] == [(6 * HOUR, 59), (HOUR, 0)]
        assert desk.waiting == 61

    def test_who_waits_for_a_mailbox_no_longer_watched_is_not_on_it(self, house: House) -> None:
        house.asks(EVENTS, MONDAY)
        house.look(MONDAY + HOUR)
        house.settings = load_without_events(house)
        assert [team.name for team in house.page(MONDAY + HOUR).teams] == ["Front desk"]
        assert house.page(MONDAY + HOUR).waiting == 0


def load_without_events(house: House) -> Settings:
    text = house.config.read_text()
    start = text.index('[[mailbox]]\naddress = "events')
    house.config.write_text(text[:start] + text[text.index("[[team]]") :])
    return load(house.config)


class TestMarks:
    def test_put_off_and_handed_over_are_marks_and_the_line_stays(self, house: House) -> None:
        house.asks(INFO, MONDAY)
        house.look(MONDAY + 25 * HOUR)
        house.does(MONDAY + 25 * HOUR, Command("snooze", (1,), length=24 * HOUR))
        (line,) = house.team("Front desk", MONDAY + 25 * HOUR).lines
        assert (line.snoozed_until, line.state) == (MONDAY + 49 * HOUR, "late")
        house.look(MONDAY + 50 * HOUR)
        assert house.team("Front desk", MONDAY + 50 * HOUR).lines[0].snoozed_until is None

    @pytest.mark.parametrize(("to", "holder", "colleague"), [("Events", "Events", False), ("Kim", "", True)])
    def test_who_has_it_is_a_team_and_never_a_person(self, house: House, to: str, holder: str, colleague: bool) -> None:
        house.asks(INFO, MONDAY)
        house.look(MONDAY + HOUR)
        house.does(MONDAY + HOUR, Command("assign", (1,), to=to))
        (line,) = house.team("Front desk", MONDAY + HOUR).lines
        assert (line.holder, line.with_colleague) == (holder, colleague)
        assert "kim" not in LETTERS.render_board(house.page(MONDAY + HOUR)).lower()


class TestPrivacy:
    def test_neither_names_nor_addresses_nor_subjects_of_customers_are_in_it(self, house: House) -> None:
        house.asks(INFO, MONDAY, "Ellen Marsh <ellen@post.example>", "Chess club")
        house.look(MONDAY + HOUR)
        html = LETTERS.render_board(house.page(MONDAY + HOUR))
        assert not re.search("ellen|marsh|post.example|chess", html, re.IGNORECASE)
        shown = LETTERS.render_board(house.page(MONDAY + HOUR, subjects=True))
        assert "Chess club" in shown
        assert not re.search("ellen|marsh|post.example", shown, re.IGNORECASE)

    def test_subjects_that_are_not_kept_are_not_shown(self, house: House) -> None:
        house.settings = replace(house.settings, keeps_subjects=False)
        house.asks(INFO, MONDAY)
        house.look(MONDAY + HOUR)
        assert not house.page(MONDAY + HOUR, subjects=True).shows_subjects


class TestEachRound:
    def test_it_is_written_also_when_nothing_new_came(self, house: House) -> None:
        html = house.on_the_wall()
        house.look(MONDAY)
        for minute in (0, 5):
            assert house.acts(MONDAY + minute * MINUTE) == []
            assert f'datetime="2024-11-11T00:0{minute}:00+00:00"' in html.read_text()

    def test_a_dry_run_leaves_it_as_it_is(self, house: House) -> None:
        html = house.on_the_wall()
        house.look(MONDAY)
        house.acts(MONDAY, LetterFolder(house.folder / "dry"))
        assert not html.exists()

    def test_where_it_cannot_be_written_the_letters_are_made_all_the_same(self, house: House) -> None:
        html = house.on_the_wall()
        house.asks(INFO, MONDAY + HOUR)
        house.look(MONDAY)
        house.look(TUESDAY + 2 * HOUR)
        html.parent.rmdir()
        done = act(house.store, house.settings, LETTERS, TUESDAY + 2 * HOUR)
        assert (list(done.broken), done.letters) == (["the board"], 1)
        html.parent.mkdir()
        assert house.acts(TUESDAY + 3 * HOUR) == []
        assert html.exists()

    @pytest.mark.parametrize(("subjects", "mode"), [(False, 0o644), (True, 0o640)])
    def test_who_may_read_it_does_not_depend_on_the_umask(self, house: House, subjects: bool, mode: int) -> None:
        html = house.on_the_wall(subjects)
        before = os.umask(0o077)
        try:
            assert house.acts(MONDAY) == []
        finally:
            os.umask(before)
        assert stat.S_IMODE(html.stat().st_mode) == mode


class TestInPlace:
    def test_who_reads_while_it_is_written_two_hundred_times_sees_whole_pages_only(self, tmp_path: Path) -> None:
        path, written, seen = tmp_path / "board.html", threading.Event(), set()
        pages = [f"<{n}>" + str(n) * 300_000 + f"</{n}>" for n in range(2)]
        put_in_place(path, pages[0], FOR_ALL)

        def read() -> None:
            while not written.is_set():
                seen.add(path.read_text())

        reader = threading.Thread(target=read)
        reader.start()
        for n in range(200):
            put_in_place(path, pages[n % 2], FOR_ALL)
        written.set()
        reader.join()
        assert seen <= set(pages)
        assert len(seen) == 2
        assert os.listdir(tmp_path) == ["board.html"]

    def test_a_link_in_its_place_is_replaced_and_not_followed(self, tmp_path: Path) -> None:
        other, path = tmp_path / "other", tmp_path / "board.html"
        other.write_text("mine")
        path.symlink_to(other)
        put_in_place(path, "page", FOR_ALL)
        assert (other.read_text(), path.read_text(), path.is_symlink()) == ("mine", "page", False)

    def test_a_page_that_cannot_take_its_place_leaves_nothing_behind(self, tmp_path: Path) -> None:
        (tmp_path / "board.html").mkdir()
        with pytest.raises(OSError, match="directory"):
            put_in_place(tmp_path / "board.html", "page", FOR_ALL)
        assert os.listdir(tmp_path) == ["board.html"]


class TestCommand:
    @pytest.fixture
    def asked(self, house: House, monkeypatch: pytest.MonkeyPatch) -> House:
        house.asks(INFO, MONDAY, subject="Chess club")
        house.look(MONDAY + HOUR)
        self.patch = monkeypatch
        return house

    def run(self, house: House, *words: str) -> int:
        """The exit code; what was printed is with `capsys`."""
        told = ["inbox-monitor", "--config", str(house.config), "--now", "2024-11-11T01:00Z", "board", *words]
        self.patch.setattr("sys.argv", told)
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    def test_it_writes_the_page_of_that_moment(self, asked: House, capsys: pytest.CaptureFixture[str]) -> None:
        html = asked.folder / "page.html"
        assert self.run(asked, "--html", str(html)) == 0
        assert "1 person is waiting" in html.read_text()
        assert "Chess" not in html.read_text()
        assert self.run(asked, "--html", "-", "--subjects") == 0
        printed = capsys.readouterr().out
        assert printed.startswith("<!doctype html>")
        assert "Chess club" in printed

    def test_what_cannot_be_done_is_one_line(self, asked: House, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.run(asked) == 2
        assert self.run(asked, "--html", str(asked.folder / "nowhere" / "x.html")) == 2
        told = capsys.readouterr().err.splitlines()
        assert told[0] == 'where to? give --html FILE, or add [board] with html = "…"'
        assert told[1].endswith("nowhere/x.html cannot be written: No such file or directory")
        asked.config.write_text(asked.config.read_text() + "subjects = false\n")
        assert self.run(asked, "--html", "-", "--subjects") == 78
        assert "there are no subjects to show" in capsys.readouterr().err


class TestCheck:
    def facts(self, house: House) -> list[tuple[str, str]]:
        return [(fact.mark, fact.text) for fact in check(house.settings, MONDAY) if "board" in fact.text]

    def test_it_tells_where_the_page_is_and_who_can_read_it(self, house: House) -> None:
        html = house.on_the_wall()
        assert self.facts(house) == [("ok", f"the board is {html}, which everybody on this machine can read")]
        house.on_the_wall(subjects=True)
        assert self.facts(house) == [("ok", f"the board is {html}, which the group of its folder can read")]

    def test_it_tells_of_a_folder_that_is_not_there(self, house: House) -> None:
        html = house.on_the_wall()
        html.parent.rmdir()
        assert self.facts(house) == [("fix", f"the board cannot be written: there is no folder {html.parent}")]
