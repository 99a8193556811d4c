"""`[store] subjects = false`: no word of a subject is in the store, and everything else comes out the same.

On SQLite the bytes of all its files are searched, on PostgreSQL all tables as text.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from monitor.config import Settings, load
from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.message import Address, Message
from monitor.core.staff import Staff
from monitor.core.topic import NOT_KEPT
from monitor.demo.stage_config import write_config
from monitor.demo.story import FIRST_LOOK, MONDAY, SATURDAY, mails_until
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.poll import sweep
from monitor.store import subjects, tables
from monitor.store.arrivals import Arrival, Look
from monitor.store.forgetting import forget
from monitor.store.mailboxes import refold_if_rules_changed, watch
from monitor.store.store import Store, StoreError, open_store
from monitor.store.stories import all_stories
from monitor.store.subjects import is_as_told, keep_subjects_as_told
from tests.contract.taking import take_in

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
INFO, ANN, BEN, SHOP = "info@ours.example", "ann@far.example", "ben@borrower.example", "orders@shop.example"
KEEPS = House(
    staff=Staff(mailboxes=frozenset({INFO}), domains=("ours.example",)),
    desks={INFO: Desk(INFO, "Front desk")},
    letter_key=b"a key for tests",
    ignored_subjects=("[printer] *",),
)
KEEPS_NOT = replace(KEEPS, keeps_subjects=False)
PLANTED = ("zalift", "zagarden", "zaoffice", "zathanks", "zaprinter", "zareport", "zafirst", "zasecond", "zahello")
"""A word of each subject below."""


def mail(name: str, from_: str, to: str, subject: str, re: Sequence[str] = (), **more: Any) -> Message:
    identity = f"<{name}@{from_.partition('@')[2]}>"
    more = {"references": tuple(re), "in_reply_to": tuple(re[-1:]), **more}
    return Message(identity, identity, Address("", from_), (Address("", to),), subject, **more)


MAILS = [
    mail("1", ANN, INFO, "The zalift is broken"),
    mail("2", INFO, ANN, "RE: [desk] the  Zalift is Broken"),  # no id ties it: inferred
    mail("3", BEN, INFO, "Our zagarden party"),
    mail("4", INFO, BEN, "Re: Our zagarden party", ["<3@borrower.example>"]),
    mail("5", BEN, INFO, "Automatic reply: zaoffice", ["<4@ours.example>"]),
    mail("6", BEN, INFO, "Thank you zathanks", ["<4@ours.example>"]),
    mail("7", BEN, INFO, "[printer] zaprinter"),
    mail("8", BEN, INFO, "Report domain: zareport.example Submitter: b.example Report-ID: 1"),
    mail("9", SHOP, INFO, "Your zafirst order came", sent_at=TEN),
    mail("9", "post@shop.example", INFO, "Your zasecond order went", sent_at=TEN + HOUR),  # a repeated id
    mail("10", ANN, INFO, "A hall", references=("<5@phantom.example>",)),
    mail("11", BEN, INFO, "Re: A  hall", references=("<5@phantom.example>",)),  # tied by phantom and subject
    mail("12", ANN, INFO, "Zahello"),
]


def take(store: Store, house: House, mails: Sequence[Message] = MAILS, uidvalidity: int = 7, start: int = 0) -> None:
    """Each lies in the Sent folder where we wrote it, else in the inbox, an hour after the one before."""
    folders = {row.name: row.id for row in watch(store, INFO, [("INBOX", "inbox"), ("Sent", "sent")])}
    for number, message in enumerate(mails, start):
        folder = folders["Sent" if message.from_.address == INFO else "INBOX"]
        arrival = Arrival(number + 1, frozenset(), 9000, TEN + number * HOUR, message)
        take_in(store, folder, [arrival], Cursor(uidvalidity, number + 2), house, Look(NOW))


def left(store: Store, words: Sequence[str] = PLANTED) -> list[str]:
    """Which of these words can be read, in any case, in the files or tables of the store."""
    if store.is_sqlite:
        files = list(Path(str(store.engine.url.database)).parent.glob("monitor.db*"))
        held = b"\n".join(file.read_bytes() for file in files).lower()
    else:
        with store.reading() as connection:
            rows = [tuple(row) for table in tables.metadata.sorted_tables for row in connection.execute(select(table))]
        held = repr(rows).lower().encode()
    assert INFO.encode() in held
    return [word for word in words if word.lower().encode() in held]


def outcome(store: Store) -> list[Any]:
    """Conversations, verdicts and waits, all but the subjects and what quotes them."""
    return [
        (
            story.number,
            {(m.shown_id, m.seen.message.from_, m.direction, m.wants_reply, m.rule, m.link) for m in story.messages},
            [replace(wait, members=(), answer=None) for wait in story.waits],
        )
        for story in all_stories(store)
    ]


def shown(store: Store) -> set[str]:
    return {m.seen.message.subject for story in all_stories(store) for m in story.messages}


def other_store(tmp_path: Path, name: str = "other") -> Store:
    (folder := tmp_path / name).mkdir()
    return open_store(f"sqlite:///{folder / 'monitor.db'}")


def kept(tmp_path: Path, mails: Sequence[Message] = MAILS) -> list[Any]:
    """What comes out where subjects are kept."""
    store = other_store(tmp_path)
    take(store, KEEPS, mails)
    assert len(left(store)) == len(PLANTED)
    found = outcome(store)
    store.close()
    return found


def test_no_word_of_a_subject_is_stored_and_all_else_comes_out_the_same(store: Store, tmp_path: Path) -> None:
    take(store, KEEPS_NOT)
    assert left(store) == []
    assert shown(store) == {NOT_KEPT}
    found = outcome(store)
    assert found == kept(tmp_path)
    rules = {rule for _, messages, _ in found for *_, rule, _ in messages}
    links = {link for _, messages, _ in found for *_, link in messages}
    assert {"ignored.subject", "automatic.report"} <= rules
    assert {"join.inferred", "join.references"} <= links


def test_what_was_decided_stands_when_the_rules_are_asked_again(store: Store, tmp_path: Path) -> None:
    take(store, KEEPS_NOT)
    assert refold_if_rules_changed(store, "other rules", KEEPS_NOT)
    assert outcome(store) == kept(tmp_path)


def test_one_question_tells_that_all_is_as_told_already(store: Store) -> None:
    take(store, KEEPS)
    assert not is_as_told(store, "rules", KEEPS)
    refold_if_rules_changed(store, "rules", KEEPS)
    assert is_as_told(store, "rules", KEEPS)
    assert not is_as_told(store, "other rules", KEEPS)
    assert not is_as_told(store, "rules", KEEPS_NOT)
    keep_subjects_as_told(store, KEEPS_NOT)
    assert not is_as_told(store, "rules", KEEPS_NOT), "what was decided is judged again"
    refold_if_rules_changed(store, "rules", KEEPS_NOT)
    assert is_as_told(store, "rules", KEEPS_NOT)
    assert not is_as_told(store, "rules", KEEPS)
    watch(store, INFO, [("INBOX", "sent")])
    assert not is_as_told(store, "rules", KEEPS_NOT), "a folder plays another part"


def test_subjects_that_were_kept_go_once_and_nothing_else_changes(store: Store, tmp_path: Path) -> None:
    take(store, KEEPS)
    before = outcome(store)
    assert len(left(store)) == len(PLANTED)
    assert keep_subjects_as_told(store, KEEPS) == 0
    assert keep_subjects_as_told(store, KEEPS_NOT) == len(MAILS)
    assert refold_if_rules_changed(store, "rules", KEEPS_NOT), "signals and links may have quoted them"
    assert left(store) == []
    assert outcome(store) == before
    assert keep_subjects_as_told(store, KEEPS_NOT) == 0
    take(store, KEEPS_NOT, uidvalidity=8)
    assert outcome(store) == before, "read again, they are the mails that are known"
    late = mail("13", INFO, ANN, "Re: the zalift is broken")
    take(store, KEEPS_NOT, [late], start=len(MAILS))
    (story,) = [s for s in all_stories(store) if any(m.identity == late.identity for m in s.messages)]
    assert story.number == before[0][0], "its subject still finds the old question"
    assert left(store) == []


def test_cut_at_any_point_it_goes_on_at_the_next_start(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "BATCH", 1)
    take(store, KEEPS)
    before, commits = outcome(store), 0

    @event.listens_for(store.engine, "commit")
    def cut(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits in (1, 4, 11, 20):
            raise StoreError("the power went")

    for _ in range(4):
        with pytest.raises(StoreError, match="the power went"):
            keep_subjects_as_told(store, KEEPS_NOT)
    event.remove(store.engine, "commit", cut)
    keep_subjects_as_told(store, KEEPS_NOT)
    refold_if_rules_changed(store, "rules", KEEPS_NOT)
    assert left(store) == []
    assert outcome(store) == before


def test_kept_again_new_mail_has_its_subject_and_of_the_old_it_stays_unknown(store: Store) -> None:
    take(store, KEEPS_NOT)
    before = outcome(store)
    keep_subjects_as_told(store, KEEPS_NOT)
    assert keep_subjects_as_told(store, KEEPS) == 0
    take(store, KEEPS, uidvalidity=8)
    assert (outcome(store), left(store)) == (before, [])
    take(store, KEEPS, [mail("13", BEN, INFO, "Zalater")], start=len(MAILS))
    assert shown(store) == {NOT_KEPT, "Zalater"}
    assert keep_subjects_as_told(store, KEEPS_NOT) == 1
    assert left(store, ["zalater"]) == []


def test_two_who_are_forgotten_are_not_tied_by_having_no_subject(store: Store) -> None:
    """Each shares a conversation with Ben, who is answered in one of them."""
    both = (Address("", INFO), Address("", BEN))
    first = replace(mail("1", ANN, INFO, "Zafirst thing"), recipients=both)
    second = replace(mail("2", SHOP, INFO, "Zasecond thing"), recipients=both)
    also = [mail("3", BEN, INFO, "Zathird", [first.identity]), mail("4", BEN, INFO, "Zafourth", [second.identity])]
    take(store, KEEPS_NOT, [first, second, *also])
    for person in (ANN, SHOP):
        assert forget(store, person, KEEPS_NOT, lambda _: NOW, NOW)
    refold_if_rules_changed(store, "other rules", KEEPS_NOT)
    told = [
        {m.seen.message.from_.address for m in story.messages} - {BEN} for story in all_stories(store) if story.messages
    ]
    assert [len(each) for each in told] == [1, 1]


class TestStories:
    """Whole mailboxes, with subjects and without."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        """Those of the demo, with a pattern of subjects."""
        (folder := tmp_path / "config").mkdir()
        path = write_config(folder, ("127.0.0.1", 1143), ("127.0.0.1", 1025))
        path.write_text(path.read_text("utf-8") + '\n[ignore]\nsubjects = ["*permit*"]\n', "utf-8")
        return load(path)

    def test_the_demo_comes_out_the_same_at_each_of_its_looks(self, tmp_path: Path, settings: Settings) -> None:
        stores = {keeps: other_store(tmp_path, str(keeps)) for keeps in (True, False)}
        for moment in (FIRST_LOOK, SATURDAY, MONDAY):
            found = []
            for keeps, store in stores.items():
                house = replace(settings.house(b"key"), keeps_subjects=keeps)
                for box in settings.mailboxes:
                    there = MemorySource(*_folders(box.address, moment))
                    assert sweep(store, there, box, house, moment).fault is None
                found.append(outcome(store))
            assert found[0] == found[1]
        assert sum(len(waits) for _, _, waits in found[0]) > 30
        assert shown(stores[False]) == {NOT_KEPT}

    def test_every_odd_letter_comes_out_the_same(self, tmp_path: Path, settings: Settings) -> None:
        letters = sorted((Path(__file__).parent.parent / "letters").glob("*.eml"))
        assert len(letters) > 30
        found = []
        for keeps in (True, False):
            store = other_store(tmp_path, str(keeps))
            inbox, sent = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\Sent"}))
            for number, path in enumerate(letters):
                (inbox if number % 3 else sent).deliver(_halves(path.read_bytes())[0], NOW - HOUR)
            box = settings.mailboxes[0]
            house = replace(settings.house(b"key"), keeps_subjects=keeps)
            assert sweep(store, MemorySource(inbox, sent), box, house, NOW).fault is None
            found.append(outcome(store))
        assert found[0] == found[1] != []


def _folders(address: str, moment: datetime) -> list[MemoryFolder]:
    folders = [MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\Sent"}))]
    for each in mails_until(moment):
        if each.user == address:
            header, body = _halves(each.raw)
            next(f for f in folders if f.name == each.folder).deliver(header, each.arrived, body=body)
    return folders


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    header, gap, body = raw.partition(b"\r\n\r\n")
    return header + gap, body
