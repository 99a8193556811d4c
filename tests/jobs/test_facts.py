"""What a sweep asks of a mail beside its header: parts of a report, a calendar's method, Gmail's thread, an opt-in
peek."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.config import MailboxSettings, Settings, load
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import ReportParts, SourceError, TextStart
from monitor.jobs.poll import sweep
from monitor.store.mailboxes import folders_of
from monitor.store.store import Store
from monitor.store.stories import Story, all_stories

TEN = datetime(2024, 11, 11, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIG = """
[imap]
host = "imap.ours.example"
password = { env = "UNUSED" }
[[mailbox]]
address = "info@ours.example"
team = "Desk"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
"""
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return load(path)


class Box:
    """info@ in memory: INBOX and Sent, looked at as often as a test likes."""

    def __init__(self, store: Store, settings: Settings, **more: object) -> None:
        self.inbox, self.sent = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))
        self.store, self.settings = store, settings
        self.mailbox: MailboxSettings = replace(settings.mailboxes[0], **more)  # type: ignore[arg-type]
        self.now = TEN

    def asks(self, number: int, more: bytes = b"", body: bytes = b"", answers: int | None = None) -> None:
        """Ann writes."""
        self.put(self.inbox, b"Ann <ann@reader.example>", b"info@ours.example", number, more, body, answers)

    def answers(self, number: int, to: int) -> None:
        """The desk answers her."""
        self.put(self.sent, b"info@ours.example", b"ann@reader.example", number, b"", b"", to)

    def look(self) -> list[Story]:
        """One sweep, and what it came to."""
        source = MemorySource(self.inbox, self.sent)
        done = sweep(self.store, source, self.mailbox, self.settings.house(b"key"), self.now)
        assert done.fault is None
        return list(all_stories(self.store))

    def put(
        self, folder: MemoryFolder, who: bytes, to: bytes, number: int, more: bytes, body: bytes, answers: int | None
    ) -> None:
        """A mail, an hour later than the last."""
        self.now += HOUR
        header = b"From: %s\r\nTo: %s\r\nSubject: the door\r\nMessage-ID: <%d@x>\r\n" % (who, to, number)
        header += b"In-Reply-To: <%d@x>\r\n" % answers if answers else b""
        header += f"Date: {self.now:%a, %d %b %Y %H:%M:%S} +0000\r\n".encode() + more + b"\r\n"
        folder.deliver(header, self.now, body=body)


REPORT = (
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n',
    b"--b\r\nContent-Type: text/plain\r\n\r\nSorry: secret-of-the-body\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.relay.example\r\n\r\n"
    b"Final-Recipient: rfc822; ann@reader.example\r\nAction: %s\r\nStatus: 5.1.1\r\n"
    b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <2@x>\r\nSubject: the door\r\n\r\n--b--\r\n",
)


@pytest.mark.parametrize(("action", "state"), [(b"failed", "waiting"), (b"delayed", "answered")])
def test_a_reply_that_could_not_be_delivered_is_no_answer(
    store: Store, settings: Settings, action: bytes, state: str
) -> None:
    """Situation 11: the wait is open again from its original opener; a delayed reply may still arrive."""
    box = Box(store, settings)
    box.asks(1)
    box.answers(2, to=1)
    (before,) = box.look()
    assert [w.state for w in before.waits] == ["answered"]
    box.asks(3, REPORT[0], REPORT[1] % action)
    (after,) = box.look()
    assert [(w.state, w.opener) for w in after.waits] == [(state, "<1@x>")]
    assert [m.link for m in after.messages if m.shown_id == "<3@x>"] == ["join.bounce"]


@pytest.mark.parametrize(("method", "wants"), [(b"REQUEST", True), (b"REPLY", False)])
def test_outlooks_invitation_waits_and_its_acceptance_does_not(
    store: Store, settings: Settings, method: bytes, wants: bool
) -> None:
    """Both are of the same class; what they are stands in a part."""
    head = b"Content-Class: urn:content-classes:calendarmessage\r\nContent-Type: multipart/alternative; boundary=b\r\n"
    body = b"--b\r\nContent-Type: text/calendar; method=%s\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n" % method
    box = Box(store, settings)
    box.asks(1, head, body)
    (story,) = box.look()
    assert [m.wants_reply for m in story.messages] == [wants]


@pytest.mark.parametrize(
    ("peek", "body", "rule"),
    [
        (True, b"Thanks a lot!", "closer.thanks"),
        (True, b"Thanks, but when do you open?", "needs-reply.person"),
        (True, b"Thanks! Here it is.", "needs-reply.person"),
        (False, b"Thanks a lot!", "needs-reply.person"),
    ],
)
def test_a_thank_you_is_told_from_a_question_only_where_the_config_says_so(
    store: Store, settings: Settings, peek: bool, body: bytes, rule: str
) -> None:
    """Situation 12, with the opt-in of rules.md §4: 2 KB are read, and none of it is kept."""
    box = Box(store, settings, peek_closers=peek)
    box.asks(1)
    box.answers(2, to=1)
    attached = b"Here it is" in body
    head = b"Content-Type: multipart/mixed; boundary=b\r\n" if attached else PLAIN
    parts = b"--b\r\n%s\r\n%s\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n" % (PLAIN, body)
    box.asks(3, head, parts if attached else body, answers=2)
    (story,) = box.look()
    assert [m.rule for m in story.messages if m.shown_id == "<3@x>"] == [rule]
    assert "Thanks" not in everything(store)


def test_nothing_of_a_reports_text_is_kept(store: Store, settings: Settings) -> None:
    box = Box(store, settings)
    box.asks(1, REPORT[0], REPORT[1] % b"failed")
    box.look()
    assert "secret-of-the-body" not in everything(store)


class Counted(MemorySource):
    """Counts the questions about parts."""

    asked = 0

    def report_parts(self, folder: str, uids: Sequence[int]) -> dict[int, ReportParts]:
        self.asked += 1
        return super().report_parts(folder, uids)

    def text_starts(self, folder: str, uids: Sequence[int]) -> dict[int, TextStart | None]:
        self.asked += 1
        return super().text_starts(folder, uids)


@pytest.mark.parametrize("mails", [1, 20])
def test_a_batch_costs_one_question_of_a_kind_whatever_is_in_it(store: Store, settings: Settings, mails: int) -> None:
    box = Box(store, settings, peek_closers=True)
    for number in range(10, 10 + mails):
        box.asks(number, REPORT[0], REPORT[1] % b"failed")
        box.asks(number + 100, PLAIN, b"Thanks a lot!", answers=2)
    source = Counted(box.inbox, box.sent)
    assert sweep(store, source, box.mailbox, settings.house(b"key"), box.now).fault is None
    assert source.asked == 2
    kept = everything(store)
    assert (kept.count(":failed"), kept.count(":closer")) == (mails, mails)


def test_mails_that_gmail_puts_into_one_thread_are_one_conversation(store: Store, settings: Settings) -> None:
    """And a mail without Message-ID, seen under two labels, is one mail (X-GM-MSGID)."""
    box = Box(store, settings)
    header = b"From: ann@reader.example\r\nTo: info@ours.example\r\nDate: Mon, 11 Nov 2024 09:00:00 +0000\r\n"
    for subject, gmail in ((b"the door", ("17", "5")), (b"the lamp", ("18", "5")), (b"the lamp", ("18", "5"))):
        box.inbox.deliver(header + b"Subject: %s\r\n\r\n" % subject, TEN, gmail=gmail)
    (story,) = box.look()
    assert [m.link for m in story.messages] == ["join.gmail-thread"] * 2


def everything(store: Store) -> str:
    """All that the store holds, as text."""
    with store.reading() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return " ".join(str(tuple(row)) for name in names for row in connection.execute(text(f"SELECT * FROM {name}")))


class Locked(MemorySource):
    """A mailbox with a folder that cannot be opened."""

    def senders(self, folder: str, count: int) -> list[str]:
        """As a server without rights to it answers."""
        if folder == "Locked":
            raise SourceError("protocol", "no rights")
        return super().senders(folder, count)


def test_a_folder_that_cannot_be_asked_keeps_no_mailbox_from_being_read(store: Store, settings: Settings) -> None:
    """Without a Sent folder by mark or name all others are asked whose mail they hold; INBOX is never taken for it."""
    box = Box(store, settings)
    ours = MemoryFolder("Weggegangen")
    for number in range(1, 7):
        box.put(box.inbox, b"info@ours.example", b"info@ours.example", number, b"", b"", None)
        box.put(ours, b"info@ours.example", b"ann@reader.example", number + 10, b"", b"", None)
    source = Locked(box.inbox, MemoryFolder("Locked"), ours)
    done = sweep(store, source, box.mailbox, settings.house(b"key"), box.now)
    assert done.fault is None
    folders = folders_of(store, box.mailbox.address)
    assert [(f.name, f.role) for f in folders] == [("INBOX", "inbox"), ("Weggegangen", "sent")]
