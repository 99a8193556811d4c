"""Looking at mailboxes that misbehave: one broken mail blocks no mailbox, one broken mailbox blocks no other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from monitor.config import MailboxSettings, Settings, load
from monitor.core import patience
from monitor.core.cursor import FolderState
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import HEADER_LIMIT, MailSource, RawMail, RemoteFolder, SourceError
from monitor.jobs.claims import LetterFolder
from monitor.jobs.connections import Connections
from monitor.jobs.look import Sweep
from monitor.jobs.poll import sweep
from monitor.jobs.poller import Poller
from monitor.jobs.round import act
from monitor.outbox.letters import Letters
from monitor.store.hearing import PREFIX
from monitor.store.mailboxes import views, watch
from monitor.store.shown import trouble_rows
from monitor.store.store import Store
from monitor.store.stories import all_stories

MONDAY = datetime(2024, 11, 11, tzinfo=UTC)
TEN = MONDAY + timedelta(hours=10)
GUARD_SECONDS = 20.0
"""No test waits so long, unless what it holds the program to is broken."""
CONFIG = """
[imap]
host = "imap.ours.example"
password = { env = "UNUSED" }
[[mailbox]]
address = "info@ours.example"
team = "Desk"
replies = "confirmed"
[[mailbox]]
address = "ops@ours.example"
team = "Desk"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two mailboxes, info@ and ops@."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return load(path)


Look = Callable[[MailSource], Sweep]


@pytest.fixture
def look(store: Store, settings: Settings) -> Look:
    """`look(source)` is one sweep of info@, each five minutes after the one before."""
    moment = TEN

    def at_info(source: MailSource) -> Sweep:
        nonlocal moment
        moment += timedelta(minutes=5)
        return sweep(store, source, settings.mailboxes[0], settings.house(store.letter_key), moment)

    return at_info


def header(number: int, *lines: str, date: datetime = MONDAY) -> bytes:
    """A question by the reader of that number."""
    first = (
        f"From: Reader {number} <r{number}@reader.example>",
        "To: info@ours.example",
        f"Date: {date:%d %b %Y %H:%M:%S} +0000",
        f"Message-ID: <{number}@reader.example>",
        f"Subject: Question {number}",
    )
    return "\r\n".join([*(lines or first), "", ""]).encode()


def inbox(count: int = 3, when: datetime = MONDAY) -> MemoryFolder:
    """An inbox with so many questions, uids from 1."""
    folder = MemoryFolder("INBOX")
    for number in range(1, count + 1):
        folder.deliver(header(number, date=when), when)
    return folder


def known(store: Store) -> list[str]:
    """The ids of all mails that were taken in."""
    return sorted(m.shown_id for story in all_stories(store) for m in story.messages)


def cursor_of(store: Store) -> int | None:
    """The first uid of the inbox of info@ that was not read yet."""
    (row,) = watch(store, "info@ours.example", [("INBOX", "inbox")])
    return row.cursor.uidnext if row.cursor else None


class Keeps(MemorySource):
    """Says NO to any FETCH with uid 2 in it, and counts."""

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        if 2 in uids:
            raise SourceError("message", "the server does not hand out a message")
        return super().mails(folder, uids)


class Trips(MemorySource):
    """Answers with what no line of the program expects."""

    def folders(self) -> Sequence[RemoteFolder]:
        raise KeyError(b"UIDVALIDITY")


class Hangs(MemorySource):
    """Never hands out a mail, until it is cut."""

    def __init__(self, *folders: MemoryFolder) -> None:
        super().__init__(*folders)
        self.cut = Event()

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        assert self.cut.wait(GUARD_SECONDS), "nobody cut it"
        return super().mails(folder, uids)

    def abort(self) -> None:
        super().abort()
        self.cut.set()


class LooksUp(MemorySource):
    """The mailbox for commands notes what of a mailbox is known at its own look, and that one waits for it a moment."""

    def __init__(self, asked: Event, known: Callable[[], list[str]] | None = None) -> None:
        super().__init__(inbox(1))
        self.asked, self.known, self.saw = asked, known, list[str]()

    def folders(self) -> Sequence[RemoteFolder]:
        if self.known is None:
            self.asked.wait(0.1)  # so that a look beside this one, not after it, comes first
        else:
            self.saw = self.known()
            self.asked.set()
        return super().folders()


class HasNoUidnext(MemorySource):
    """A server without UIDNEXT and CONDSTORE."""

    def state(self, folder: str) -> FolderState:
        return replace(super().state(folder), uidnext=None, highestmodseq=None)


class Cuts(MemorySource):
    """Hands out as much of a header as was asked for, as IMAP does."""

    def mails(self, folder: str, uids: Sequence[int]) -> list[RawMail]:
        return [mail._replace(header=mail.header[:HEADER_LIMIT]) for mail in super().mails(folder, uids)]


class TestOneMail:
    def test_what_the_server_does_not_hand_out_becomes_a_trouble_and_the_others_are_taken_in(
        self, store: Store, look: Look
    ) -> None:
        found = look(Keeps(inbox(3)))
        assert (found.fault, found.taken_in) == (None, 3)
        assert known(store) == ["<1@reader.example>", "<3@reader.example>"]
        (trouble,) = trouble_rows(store)
        assert (trouble.mailbox, trouble.folder, trouble.uid) == ("info@ours.example", "INBOX", 2)
        assert "does not hand out" in trouble.reason
        assert cursor_of(store) == 4

    def test_it_is_not_asked_for_again(self, store: Store, look: Look) -> None:
        folder = inbox(3)
        look(Keeps(folder))
        folder.deliver(header(4), TEN)
        found = look(Keeps(folder))
        assert (found.fault, found.taken_in) == (None, 1)
        assert len(trouble_rows(store)) == 1

    def test_a_message_id_at_the_limit_of_what_is_fetched_is_read_whole(self, store: Store, look: Look) -> None:
        lines = ["From: r9@reader.example", "To: info@ours.example", f"Date: {MONDAY:%d %b %Y %H:%M:%S} +0000"]
        before = "\r\n".join([*lines, "X-Fill: ", "Message-ID: <half@reader"])
        lines.append("X-Fill: " + "x" * (HEADER_LIMIT - len(before)))
        lines += ["Message-ID: <half@reader.example>", "In-Reply-To: <1@reader.example>"]
        folder = inbox(1)
        folder.deliver(header(9, *lines), MONDAY)
        assert folder.mails[2].header[:HEADER_LIMIT].endswith(b"<half@reader")
        assert look(Cuts(folder)).fault is None
        assert known(store) == ["<1@reader.example>", "<half@reader.example>"]
        assert len(list(all_stories(store))) == 1, "what stands behind it is read too"


class TestOneMailbox:
    def test_a_server_without_uidnext_keeps_to_the_lookback_at_the_second_look_too(
        self, store: Store, look: Look
    ) -> None:
        folder = inbox(5, when=MONDAY - timedelta(days=300))
        assert [look(HasNoUidnext(folder)).taken_in for _ in range(3)] == [0, 0, 0]
        folder.deliver(header(6), TEN)
        assert look(HasNoUidnext(folder)).taken_in == 1
        assert known(store) == ["<6@reader.example>"]

    def test_an_error_nobody_thought_of_is_a_fault_of_that_mailbox_alone(
        self, store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        sources = {"info@ours.example": Trips(inbox()), "ops@ours.example": MemorySource(inbox())}
        poller = poller_of(store, settings, sources)
        broken, sound = sorted(poller.poll(settings.mailboxes, TEN), key=lambda s: s.mailbox)
        poller.close()
        assert broken.fault is not None
        assert (broken.fault.fault, "KeyError" in str(broken.fault)) == ("protocol", True)
        assert (sound.fault, sound.taken_in) == (None, 3)
        found = views(store)
        assert (found["info@ours.example"].fault, found["info@ours.example"].as_of) == ("protocol", None)
        assert (found["ops@ours.example"].fault, found["ops@ours.example"].as_of) == (None, TEN)
        assert any(record.exc_info for record in caplog.records), "its traceback is in the log"

    def test_others_are_looked_at_and_acted_on_while_one_hangs(
        self, store: Store, settings: Settings, tmp_path: Path
    ) -> None:
        hangs, folder = Hangs(inbox()), MemoryFolder("INBOX")
        poller = poller_of(store, settings, {"info@ours.example": MemorySource(folder), "ops@ours.example": hangs})
        info, ops = settings.mailboxes
        letters = Letters(None)
        assert [s.mailbox for s in until_one_ends(poller, settings.mailboxes, TEN)] == [info.address]
        folder.deliver(header(7), TEN)
        later = TEN + timedelta(hours=24, minutes=5)
        assert [s.taken_in for s in until_one_ends(poller, [info], later)] == [1]
        dry = LetterFolder(tmp_path / "dry")
        act(store, settings, letters, later, dry)
        assert [path.name for path in dry.written] == ["001-reminder-lead@ours.example.eml"]
        assert (poller.busy(info), poller.busy(ops)) == (False, True)
        hangs.abort()
        assert [s.mailbox for s in until_one_ends(poller, [], later)] == [ops.address]
        poller.close()

    def test_what_is_said_in_a_mail_is_heard_when_the_mailboxes_have_been_looked_at(
        self, store: Store, settings: Settings
    ) -> None:
        """Or its receipt promises what a mail that lies there already has overtaken."""
        info, asked = settings.mailboxes[0], Event()
        ear = replace(info, address=f"{PREFIX}monitor@ours.example")
        hears = LooksUp(asked, lambda: known(store))
        poller = poller_of(store, settings, {info.address: LooksUp(asked), ear.address: hears})
        assert len(poller.poll([ear, info], TEN)) == 2
        poller.close()
        assert hears.saw == ["<1@reader.example>"]

    def test_a_look_without_progress_is_cut_and_the_next_one_starts_afresh(
        self, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ops = settings.mailboxes[1]
        sources = {ops.address: Hangs(inbox())}
        poller = poller_of(store, settings, sources)
        with monkeypatch.context() as patch:
            patch.setattr(patience, "STALL", 0.05)
            (cut,) = poller.poll([ops], TEN)
        assert cut.fault is not None
        assert (cut.fault.fault, cut.taken_in, poller.busy(ops)) == ("unreachable", 0, False)
        sources[ops.address] = MemorySource(inbox())  # type: ignore[assignment]
        (again,) = poller.poll([ops], TEN + timedelta(minutes=5))
        assert (again.fault, again.taken_in) == (None, 3)
        poller.close()

    def test_a_connection_that_was_cut_is_replaced(self, settings: Settings) -> None:
        connections, info = Connections(), settings.mailboxes[0]
        first = connections.of(info)
        assert connections.of(info) is first
        first.abort()
        assert connections.of(info) is not first
        connections.close()


def poller_of(store: Store, settings: Settings, sources: Mapping[str, MailSource]) -> Poller:
    """A poller that reads from these, by address."""
    return Poller(store, settings, lambda mailbox: sources[mailbox.address])


def until_one_ends(poller: Poller, mailboxes: Sequence[MailboxSettings], now: datetime) -> list[Sweep]:
    """Start these looks; the first that have ended, of any."""
    ended = poller.poll(mailboxes, now, 0.05)
    while not ended:
        ended = poller.poll([], now, 0.05)
    return ended
