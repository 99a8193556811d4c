"""One thread listens to many connections: who has spoken is told; who hangs up on those that wait is left alone."""

import selectors
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.cursor import Cursor
from monitor.inbox.imap import ImapSource, Login
from monitor.jobs import hints as hints_module
from monitor.jobs.hints import MOST_LOSSES, RENEW_SECONDS, REST, Hints, worth_hearing
from monitor.store.mailboxes import FolderRow, watch
from monitor.store.store import Store, open_store
from tests.servers.scripted_imap import EXCHANGE, NOTIFYING, ScriptedImap

INFO = "info@ours.example"
NEWS = b'* STATUS "Sent Items" (MESSAGES 2 UIDNEXT 3)\r\n'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One that knows the folders of INFO and of ten others."""
    opened = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    for address in (INFO, *(f"m{n}@ours.example" for n in range(10))):
        watch(opened, address, [("INBOX", "inbox"), ("Sent Items", "sent")])
    yield opened
    opened.close()


@pytest.fixture
def listening(store: Store) -> Iterator[Hints]:
    """What listens."""
    hints = Hints(store)
    yield hints
    hints.close()


def source_at(server: ScriptedImap) -> ImapSource:
    source = ImapSource(Login(server.host, server.port, "none", "info", lambda: "geheim"))
    source.folders()
    return source


def comes(what: Callable[[], bool]) -> bool:
    """Whether something comes to be within ten seconds."""
    pause = threading.Event()
    return any(what() or pause.wait(0.02) for _ in range(500))


def test_whose_server_has_spoken_is_told_once(listening: Hints) -> None:
    with ScriptedImap(NOTIFYING) as one, ScriptedImap(NOTIFYING) as other:
        sources = source_at(one), source_at(other)
        listening.listen(INFO, sources[0], changed=True)
        listening.listen("m1@ours.example", sources[1], changed=True)
        for server in (one, other):
            server.await_waiting()
        other.push(NEWS)
        found: set[str] = set()
        assert comes(lambda: bool(found.update(listening.heard()) or found))
        assert found == {"m1@ours.example"}
        other.push(NEWS)  # its UIDNEXT has not grown
        one.push(NEWS)
        assert comes(lambda: INFO in listening.heard())
        for source in sources:
            source.close()


def test_one_thread_is_enough_for_all_and_it_ends(store: Store) -> None:
    hints = Hints(store)
    with ScriptedImap(NOTIFYING) as server:
        sources = {f"m{n}@ours.example": source_at(server) for n in range(10)}
        for address, source in sources.items():
            hints.listen(address, source, changed=True)
        server.await_waiting(10)
        assert [thread.name for thread in threading.enumerate()].count("hints") == 1
        server.push(NEWS)
        found: set[str] = set()
        assert comes(lambda: (found.update(hints.heard()), found == set(sources))[1])
        hints.close()
        for source in sources.values():
            source.close()
    assert "hints" not in [thread.name for thread in threading.enumerate()]


def test_while_nothing_is_said_the_thread_sleeps_until_something_must_be_renewed(listening: Hints) -> None:
    asked: list[float | None] = []

    class Counting(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            asked.append(timeout)
            return super().select(timeout)  # type: ignore[no-any-return]

    with pytest.MonkeyPatch.context() as patch, ScriptedImap(NOTIFYING) as server:
        patch.setattr(hints_module.selectors, "DefaultSelector", Counting)
        source = source_at(server)
        listening.listen(INFO, source, changed=True)
        server.await_waiting()
        assert comes(lambda: source._waits is not None and source._waits.worked)
        assert comes(lambda: asked[-1] is not None and asked[-1] > RENEW_SECONDS - 60)
        turns = len(asked)
        server.push(NEWS)
        assert comes(lambda: INFO in listening.heard())
        assert comes(lambda: len(asked) > turns)
        assert len(asked) <= turns + 1, "one turn for one piece of news"
        source.close()


def test_a_spell_is_begun_anew_before_the_server_takes_it_for_dead(
    listening: Hints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints_module, "RENEW_SECONDS", 0.05)
    with ScriptedImap(EXCHANGE) as server:
        source = source_at(server)
        listening.listen(INFO, source, changed=True)
        assert comes(lambda: server.commands.count("IDLE") >= 3)
        assert source.state("INBOX").uidnext == 1
        source.close()


def looks(server: ScriptedImap, hints: Hints, source: ImapSource, number: int) -> int:
    """So many looks; over how many of them it was waited."""
    waited = 0
    for _ in range(number):
        source.folders()
        before = len(server.commands)
        hints.listen(INFO, source, changed=False)
        if source._waits is not None:
            waited += 1
            assert comes(lambda: source._waits is None or source._waits.hear() == "over" or source._waits.worked)
        assert before <= len(server.commands)
    return waited


def test_a_server_that_hangs_up_on_who_waits_is_left_alone_for_a_while(listening: Hints) -> None:
    def twist(command: str, answer: bytes) -> bytes:
        return b"* BYE no\r\n" if command == "IDLE" else answer

    with ScriptedImap(EXCHANGE, twist=twist) as server:
        source = source_at(server)
        assert looks(server, listening, source, MOST_LOSSES + REST) == MOST_LOSSES
        assert looks(server, listening, source, 2) == 1, "then it is tried once more"
        listening.pardon()
        assert looks(server, listening, source, 1) == 1
        source.close()


def test_a_server_that_refuses_to_let_us_wait_is_left_alone_for_a_while(listening: Hints) -> None:
    with ScriptedImap(replace(EXCHANGE, refuses=((r"IDLE", "NO no"),))) as server:
        source = source_at(server)
        assert looks(server, listening, source, 20) == MOST_LOSSES
        assert sum(command.startswith("LOGIN") for command in server.commands) == 1
        source.close()


def test_a_server_that_lets_us_wait_is_trusted_for_good(listening: Hints) -> None:
    with ScriptedImap(EXCHANGE) as server:
        source = source_at(server)
        assert looks(server, listening, source, 20) == 20
        source.close()


def test_replies_come_first_and_of_their_folders_the_one_most_used() -> None:
    def row(name: str, role: str, uidnext: int | None) -> FolderRow:
        return FolderRow(1, name, role, Cursor(1, uidnext) if uidnext else None)  # type: ignore[arg-type]

    rows = [row("Done", "done", 9), row("INBOX", "inbox", 99), row("Sent", "sent", None), row("Sent Items", "sent", 5)]
    assert worth_hearing(rows) == ["Sent Items", "Sent", "INBOX", "Done"]
