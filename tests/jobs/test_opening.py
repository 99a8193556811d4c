"""The first letter of a large house: who was overdue at each mailbox's first look, read once for all of them."""

from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import event

from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.remind import remind
from monitor.store.outbox import LetterRow, pending
from tests.jobs.test_hidden_replies import DAY, HOUR, INFO, LETTERS, MONDAY, Desk

NOW = MONDAY + 4 * DAY


def house_of(folder: Path, size: int) -> Desk:
    """Mailboxes to which somebody else wrote, three days and a few hours ago, an hour apart; one of them to all."""
    desk = Desk(folder, others=[f"desk{n}" for n in range(1, size)])
    addresses = [INFO, *(f"desk{n}@ours.example" for n in range(1, size))]
    for number, address in enumerate(addresses):
        box, sent = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))
        desk.put(sent, MONDAY - 3 * DAY, f"s{number}@ours.example", f"From: {address}", "To: friend@before.example")
        when = MONDAY + number * HOUR
        desk.put(box, when, f"{number}@reader.example", f"From: ann{number}@reader.example", f"To: {address}")
        lines = ["From: eve@reader.example", f"To: {', '.join(addresses)}"]
        desk.put(box, MONDAY + 12 * HOUR, "all@reader.example", *lines)
        desk.sources[address] = MemorySource(box, sent)
    return desk


def opened(folder: Path, size: int) -> tuple[list[LetterRow], int]:
    """The letters of the first round, and how many statements it took to make them."""
    desk = house_of(folder, size)
    with closing(desk.store):
        desk.look(NOW)
        knowledge, statements = know(desk.store, desk.settings, NOW), list[str]()
        event.listen(desk.store.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        remind(desk.store, desk.settings, LETTERS, knowledge, OutboxClaims(desk.store), NOW)
        found = pending(desk.store, NOW)
    return list(found), len(statements)


def test_everybody_who_was_overdue_stands_in_it_once(tmp_path: Path) -> None:
    (letter,), _ = opened(tmp_path, 3)
    body = message_from_bytes(letter.body, policy=policy.default).get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert [text.count(f"{who}@reader.example") for who in ("ann0", "ann1", "ann2", "eve")] == [1, 1, 1, 1]
    assert letter.kind == "opening"


def test_more_mailboxes_take_no_more_statements(tmp_path_factory: pytest.TempPathFactory) -> None:
    few, many = (opened(tmp_path_factory.mktemp("house"), size)[1] for size in (2, 7))
    assert few == many


def test_who_fell_due_after_the_first_look_at_their_mailbox_gets_a_reminder(tmp_path: Path) -> None:
    desk = house_of(tmp_path, 2)
    with closing(desk.store):
        both = desk.sources
        desk.sources = {INFO: both[INFO]}
        assert desk.kinds(MONDAY + 23 * HOUR) == []
        desk.sources = both
        letters = {letter.kind: letter.body.decode() for letter in desk.round(NOW)}
    told = {kind: ["ann0@" in body, "ann1@" in body] for kind, body in letters.items()}
    assert told == {"opening": [False, True], "reminder": [True, False]}
