"""Replies that leave by a path nobody sees: reminders of that mailbox stop, and the operator is told once a spell."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Settings, load
from monitor.core.invisible import Invisible
from monitor.core.report.week import Week
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.health import health, suggestions
from monitor.jobs.hidden import turns
from monitor.jobs.knowledge import Knowledge, know
from monitor.jobs.poll import sweep
from monitor.jobs.remind import remind
from monitor.jobs.report import make
from monitor.jobs.watch import tell_operator
from monitor.outbox.letters import Letters
from monitor.store.mailboxes import MailboxView
from monitor.store.outbox import LetterRow, pending
from monitor.store.store import open_store

MONDAY = datetime(2024, 11, 11, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INFO, OPS, ANN, KIM = "info@ours.example", "ops@ours.example", "ann@reader.example", "kim@freemail.example"
HEAD = 'operator = "it@ours.example"\n[imap]\nhost = "imap.ours.example"\npassword = { env = "UNUSED" }\n'
DESK = '[[mailbox]]\naddress = "{}@ours.example"\nteam = "Desk"\n{}\n'
TEAM = '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
LETTERS = Letters(None)


class Desk:
    """A house of mailboxes in memory, and what its monitor makes of them."""

    def __init__(self, folder: Path, lines: str = "", others: Sequence[str] = ()) -> None:
        self.folder, self.others = folder, others
        self.store = open_store(f"sqlite:///{folder / 'monitor.db'}")
        self.set(lines)
        self.inbox, self.sent = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))
        self.sources = {INFO: MemorySource(self.inbox, self.sent)}
        self.number = 0
        self.told: set[int] = set()
        self.sends(MONDAY - 3 * DAY, "first@ours.example", "friend@before.example")

    def set(self, lines: str) -> Settings:
        """Write the config; `lines` are info@'s."""
        path = self.folder / "config.toml"
        path.write_text(HEAD + DESK.format("info", lines) + "".join(DESK.format(o, "") for o in self.others) + TEAM)
        self.settings = load(path)
        return self.settings

    # -- mail

    def put(self, to: MemoryFolder, when: datetime, id: str, *lines: str) -> str:
        head = [f"Message-ID: <{id}>", f"Date: {when:%d %b %Y %H:%M:%S} +0000", "Subject: Opening hours", *lines]
        to.deliver("\r\n".join([*head, "", ""]).encode(), when)
        return id

    def asks(self, when: datetime, who: str = ANN, *answers: str) -> str:
        self.number += 1
        names = "".join(f" <{id}>" for id in answers)
        lines = [f"In-Reply-To: <{answers[-1]}>", f"References:{names}"] if answers else []
        return self.put(self.inbox, when, f"{self.number}@reader.example", f"From: {who}", f"To: {INFO}", *lines)

    def sends(self, when: datetime, id: str, to: str, *answers: str) -> None:
        names = [f"In-Reply-To: <{a}>" for a in answers]
        self.put(self.sent, when, id, f"From: {INFO}", f"To: {to}", *names)

    def cites(self, when: datetime, unseen: int, seen: int) -> None:
        """So many customers answer a reply of ours; their thanks are answered in turn, so that nobody waits."""
        for number in range(unseen + seen):
            question = self.asks(when)
            reply = f"r{self.number}@ours.example"
            if number >= unseen:
                self.sends(when + HOUR, reply, ANN, question)
            last = self.asks(when + 2 * HOUR, ANN, question, reply)
            self.sends(when + 3 * HOUR, f"l{self.number}@ours.example", ANN, last)

    # -- the monitor

    def look(self, now: datetime) -> None:
        """Look at all mailboxes there are sources for."""
        house = self.settings.house(self.store.letter_key)
        for mailbox in self.settings.mailboxes:
            if mailbox.address in self.sources:
                assert sweep(self.store, self.sources[mailbox.address], mailbox, house, now).fault is None

    def round(self, now: datetime) -> list[LetterRow]:
        """Look, remind, tell; the letters that are new."""
        self.look(now)
        knowledge, claims = know(self.store, self.settings, now), OutboxClaims(self.store)
        remind(self.store, self.settings, LETTERS, knowledge, claims, now)
        tell_operator(self.store, self.settings, LETTERS, knowledge, claims, now)
        new = [letter for letter in pending(self.store, now) if letter.id not in self.told]
        self.told |= {letter.id for letter in new}
        return new

    def kinds(self, now: datetime) -> list[str]:
        return [letter.kind for letter in self.round(now)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One mailbox, info@."""
    path = tmp_path_factory.mktemp("house") / "config.toml"
    path.write_text(HEAD + DESK.format("info", "") + TEAM)
    return load(path)


def knowing(unseen: int, now: datetime) -> Knowledge:
    """Info@, seen whole just now, with so many of ten replies unseen."""
    view = MailboxView(INFO, first_as_of=MONDAY, as_of=now, looked_at=now, outgoing_seen_at=MONDAY)
    return Knowledge(now, {INFO: view}, {}, {INFO: HOUR}, frozenset(), {INFO: Invisible(unseen, 10)})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One mailbox, info@."""
    found = Desk(tmp_path)
    yield found
    found.store.close()


TUESDAY = MONDAY + DAY


@pytest.mark.parametrize(
    ("unseen", "seen", "letters"),
    [
        (0, 8, ["reminder"]),
        (4, 0, ["reminder"]),
        (5, 21, ["reminder"]),
        (5, 20, ["notice"]),
        (7, 13, ["notice"]),
        (5, 0, ["notice"]),
    ],
)
def test_above_the_limit_the_operator_is_told_and_nobody_reminded(
    desk: Desk, unseen: int, seen: int, letters: list[str]
) -> None:
    desk.cites(MONDAY - 2 * DAY, unseen, seen)
    desk.look(MONDAY)
    desk.asks(MONDAY + HOUR, "ben@borrower.example")
    assert desk.kinds(TUESDAY + 2 * HOUR) == letters
    (found,) = health(desk.store, desk.settings, TUESDAY + 2 * HOUR).mailboxes
    assert (found.replies_visible, found.invisible) == (letters == ["reminder"], Invisible(unseen, unseen + seen))
    assert desk.kinds(TUESDAY + 3 * HOUR) == [], "once"


def test_the_letter_says_what_was_measured_and_how_to_mend_it(desk: Desk) -> None:
    desk.cites(MONDAY - 2 * DAY, 7, 13)
    (letter,) = desk.round(MONDAY)
    assert letter.recipient == "it@ours.example"
    parts = message_from_bytes(letter.body, policy=policy.default)
    text, html = (parts.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    commands = [f"Set-Mailbox {INFO} -MessageCopyFor{what}Enabled $true" for what in ("SentAs", "SendOnBehalf")]
    assert [line.strip() for line in text.splitlines() if "Set-Mailbox" in line] == commands, "each on its own line"
    assert all(f">{command}<" in html for command in commands)
    for part in (text, html):
        flat = " ".join(re.sub("<[^>]+>", " ", part).replace("&quot;", '"').replace("&#34;", '"').split())
        assert "7 of 20 (35%) of the messages in which people answered info@ours.example" in flat
        assert "Reminders about this mailbox have stopped" in flat
        assert all(fix in flat for fix in ('sent = "…"', 'watch = "sent"', "Cc", 'replies = "confirmed"'))


def test_the_opening_digest_says_that_some_may_have_been_answered(desk: Desk) -> None:
    desk.cites(MONDAY - 3 * DAY, 7, 13)
    desk.asks(MONDAY - 2 * DAY, "ben@borrower.example")
    opening, notice = desk.round(MONDAY)
    assert (opening.kind, opening.recipient, notice.kind) == ("opening", "lead@ours.example", "notice")
    for kind in ("plain", "html"):
        part = message_from_bytes(opening.body, policy=policy.default).get_body((kind,))
        said = " ".join(part.get_content().split())  # type: ignore[union-attr]
        assert f"Many replies from {INFO} leave by a path the monitor cannot see" in said
        assert "has been seen yet" not in said


def test_confirmed_lifts_the_stop_but_not_the_figure(desk: Desk) -> None:
    desk.set('replies = "confirmed"')
    desk.cites(MONDAY - 2 * DAY, 7, 13)
    desk.look(MONDAY)
    desk.asks(MONDAY + HOUR, "ben@borrower.example")
    assert desk.kinds(TUESDAY + 2 * HOUR) == ["reminder"]
    (found,) = health(desk.store, desk.settings, TUESDAY + 2 * HOUR).mailboxes
    assert (found.replies_visible, found.invisible.percent) == (True, 35)


def test_a_spell_heals_in_silence_and_the_next_one_is_told_again(desk: Desk) -> None:
    desk.cites(MONDAY - 2 * DAY, 6, 0)
    assert desk.kinds(MONDAY) == ["notice"]
    assert desk.kinds(MONDAY + 20 * DAY) == []
    assert desk.kinds(MONDAY + 27 * DAY) == [], "four weeks after the last one was missed"
    desk.asks(MONDAY + 27 * DAY, "ben@borrower.example")
    assert desk.kinds(MONDAY + 29 * DAY) == ["reminder"]
    desk.cites(MONDAY + 29 * DAY, 6, 0)
    assert desk.kinds(MONDAY + 30 * DAY) == ["notice"]
    assert desk.kinds(MONDAY + 30 * DAY + HOUR) == []


def test_a_wait_in_two_mailboxes_is_silent_where_one_of_them_hides_replies(tmp_path: Path) -> None:
    desk = Desk(tmp_path, others=("ops",))
    ops, sent = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))
    desk.sources[OPS] = MemorySource(ops, sent)
    desk.put(sent, MONDAY - DAY, "ops@ours.example", f"From: {OPS}", "To: friend@before.example")
    desk.cites(MONDAY - 2 * DAY, 6, 0)
    assert desk.kinds(MONDAY) == ["notice"]
    both = desk.asks(MONDAY + HOUR, "ben@borrower.example")
    desk.put(ops, MONDAY + HOUR, both, "From: ben@borrower.example", f"To: {INFO}, {OPS}")
    assert desk.kinds(TUESDAY + 2 * HOUR) == []
    desk.put(ops, MONDAY + 2 * HOUR, "only@ops.example", "From: cleo@club.example", f"To: {OPS}")
    assert desk.kinds(TUESDAY + 3 * HOUR) == ["reminder"], "the other mailbox goes on"
    desk.store.close()


def test_nobody_is_alarmed_while_a_mailbox_is_still_read_for_the_first_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, others=("ops",))
    desk.cites(MONDAY - 2 * DAY, 6, 0)
    assert desk.kinds(MONDAY) == [], "the replies may lie in ops@"
    desk.sources[OPS] = MemorySource(MemoryFolder("INBOX"))
    assert desk.kinds(MONDAY + HOUR) == ["notice"]
    desk.store.close()


def test_the_report_of_the_week_says_what_it_could_not_see(desk: Desk) -> None:
    desk.cites(MONDAY + HOUR, 7, 13)
    desk.look(MONDAY + 8 * DAY)
    now, zone = MONDAY + 8 * DAY, desk.settings.zone
    knowledge = know(desk.store, desk.settings, now)
    made = make(desk.store, desk.settings, knowledge, Week.of(MONDAY, zone), now)
    assert made.facts.invisible == {INFO: Invisible(7, 20)}
    (said,) = [str(one) for one in made.facts.unseen if "could not see" in str(one)]
    assert said.startswith(f"Replies we could not see at {INFO}: 7 of 20 (35%) ")
    text = LETTERS.render_report(made.facts).text
    assert re.search(r"Replies we could not see.*7 of 20", text)
    assert make(desk.store, desk.settings, knowledge, Week.of(MONDAY, zone).before(), now).facts.invisible == {}


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10)), max_size=30))
def test_whatever_the_share_does_there_is_a_letter_a_day_at_most(
    settings: Settings, swings: list[tuple[int, int]]
) -> None:
    now, told, letters = MONDAY, set[str](), []
    for hours, k in swings:
        now += hours * HOUR
        found = list(turns(settings, knowing(k, now), told, now))
        assert all(subject not in told for subject, _ in found)
        told |= {subject for subject, _ in found}
        letters += [now.date() for _, page in found if page is not None]
        assert list(turns(settings, knowing(k, now), told, now)) == [], "a second round says nothing new"
    assert len(set(letters)) == len(letters)


def test_who_answers_for_us_again_and_again_is_named_unless_staff(desk: Desk) -> None:
    for number in range(3):
        question = desk.asks(MONDAY + number * HOUR)
        lines = (f"From: Kim <{KIM}>", f"To: {ANN}", f"Cc: {INFO}", f"In-Reply-To: <{question}>")
        desk.put(desk.inbox, MONDAY + (number + 1) * HOUR, f"k{number}@freemail.example", *lines)
    desk.look(TUESDAY)
    (found,) = health(desk.store, desk.settings, TUESDAY).suggestions
    assert (found.mailbox, found.address, found.conversations) == (INFO, KIM, 3)
    assert suggestions(desk.store, desk.settings, TUESDAY + 91 * DAY) == [], "long ago"
    desk.set(f'[staff]\npeople = ["{KIM}"]')
    assert suggestions(desk.store, desk.settings, TUESDAY) == []
