"""Flags over a kept connection: the same as ever, and with CONDSTORE only what changed is asked for (RFC 7162)."""

from collections.abc import Callable, Iterator

import pytest

from monitor.inbox import commands
from monitor.inbox.flags import KeptFlags, Opened
from monitor.inbox.imap import ImapSource
from tests.contract.twins import NOON, header, login_to
from tests.servers.dovecot import Dovecot

SEEN, ANSWERED = frozenset({"\\Seen"}), frozenset({"\\Seen", "\\Answered"})
ALL = [1, 2, 3, 4]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What flags are asked for with, and how many answers come."""
    asked: list[tuple[str, int]] = []
    real = commands.fetch_answers

    def noted(client: object, uids: list[int], items: str) -> object:
        told = real(client, uids, items)
        asked.append(("what changed" if "CHANGEDSINCE" in items else "all", len(told)))
        return told

    monkeypatch.setattr(commands, "fetch_answers", noted)
    return asked


@pytest.fixture
def user(dovecot: Dovecot, mailboxes: Callable[[str], str]) -> str:
    user = mailboxes("info")
    dovecot.append_many(user, "INBOX", [(header(n), NOON, ("\\Seen",)) for n in ALL])
    return user


@pytest.fixture
def source(dovecot: Dovecot, user: str) -> Iterator[ImapSource]:
    source = ImapSource(login_to(dovecot, user))
    yield source
    source.close()


def look(source: ImapSource, uids: list[int]) -> dict[int, frozenset[str]]:
    """As a sweep asks, without the mark of a session that saw a mail first."""
    source.state("INBOX")
    return {uid: flags - {"\\Recent"} for uid, flags in source.flags("INBOX", uids).items()}


def test_of_what_was_told_before_only_changes_come(
    dovecot: Dovecot, user: str, source: ImapSource, answers: list[tuple[str, int]]
) -> None:
    look(source, ALL)
    assert look(source, ALL) == dict.fromkeys(ALL, SEEN)
    dovecot.add_flags(user, "INBOX", 3, ["\\Answered"])
    dovecot.append(user, "INBOX", header(5), NOON, ["\\Seen"])
    assert look(source, [*ALL, 5]) == {**dict.fromkeys([*ALL, 5], SEEN), 3: ANSWERED}
    assert look(source, [3, 5]) == {3: ANSWERED, 5: SEEN}
    changes = [count for kind, count in answers if kind == "what changed"]
    assert (answers[0], changes) == (("all", 4), [0, 1, 0])


def test_what_is_gone_is_gone_also_where_as_much_came(
    dovecot: Dovecot, user: str, source: ImapSource, answers: list[tuple[str, int]]
) -> None:
    look(source, ALL)
    dovecot.delete(user, "INBOX", 2)
    dovecot.append(user, "INBOX", header(5), NOON)
    assert look(source, ALL).keys() == {1, 3, 4}
    assert answers == [("all", 4), ("all", 3)]


def test_a_change_is_seen_over_a_new_connection(
    dovecot: Dovecot, user: str, source: ImapSource, answers: list[tuple[str, int]]
) -> None:
    look(source, ALL)
    source.close()
    dovecot.add_flags(user, "INBOX", 3, ["\\Answered"])
    assert look(source, ALL)[3] == ANSWERED
    assert answers == [("all", 4), ("what changed", 1)]


def test_a_server_that_refuses_to_tell_changes_is_asked_for_all(
    source: ImapSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(source, ALL)
    real = commands.fetch_answers
    wrong = "(UID FLAGS) (CHANGEDSINCE never)"
    monkeypatch.setattr(
        commands, "fetch_answers", lambda c, uids, items: real(c, uids, wrong if "CHANGEDSINCE" in items else items)
    )
    assert look(source, ALL) == dict.fromkeys(ALL, SEEN)


OPENED = Opened(uidvalidity=7, uidnext=10, exists=5, modseq=100)


@pytest.mark.parametrize(
    ("opened", "believed"),
    [
        (OPENED._replace(uidvalidity=8), 0),
        (OPENED._replace(exists=4), 0),
        (OPENED._replace(uidnext=11), 0),
        (OPENED._replace(uidnext=0), 0),
        (OPENED._replace(modseq=99), 0),
        (OPENED._replace(modseq=0), 0),
        (OPENED._replace(modseq=101), 15),
    ],
    ids=["other uids", "one gone", "one came and went", "no uidnext", "set back", "no count", "believed for long"],
)
def test_where_there_is_doubt_nothing_kept_is_used(opened: Opened, believed: int) -> None:
    assert KeptFlags(OPENED, {3: SEEN}, believed).known(opened, [3]) == {}


def test_a_folder_that_was_not_opened_anew_is_asked_for_all() -> None:
    assert KeptFlags(OPENED, {3: SEEN}).known(OPENED, [3]) == {}


def test_what_is_still_there_is_known() -> None:
    later = Opened(uidvalidity=7, uidnext=12, exists=7, modseq=120)
    assert KeptFlags(OPENED, {3: SEEN, 4: ANSWERED}).known(later, [4, 9]) == {4: ANSWERED}
