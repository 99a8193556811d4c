"""Flags over a kept connection: the same as ever, and with CONDSTORE only what changed is asked for (RFC 7162)."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence

import pytest

from bench.counting_proxy import CountingProxy
from monitor.inbox import commands
from monitor.inbox.flags import KeptFlags, Opened, span
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

    def noted(client: object, uids: Sequence[int], items: str, wanted: Collection[int] | None = None) -> object:
        told = real(client, uids, items, wanted)
        kind = "in a range" if isinstance(uids, range) else "what changed" if "CHANGEDSINCE" in items else "all"
        asked.append((kind, len(told)))
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
        commands,
        "fetch_answers",
        lambda c, uids, items, wanted: real(c, uids, wrong if "CHANGEDSINCE" in items else items, wanted),
    )
    assert look(source, ALL) == dict.fromkeys(ALL, SEEN)


def new_and_flags(
    source: ImapSource, first: int, waiting: Sequence[int]
) -> tuple[list[int], dict[int, frozenset[str]]]:
    """As a look asks: what is new, its mails, and the flags of what waits, the new ones too."""
    source.folders()
    source.state("INBOX")
    new = [uid for window in source.uids("INBOX", first, None) for uid in window]
    if new:
        source.mails("INBOX", new)
    told = source.flags("INBOX", [*waiting, *new])
    return new, {uid: flags - {"\\Recent"} for uid, flags in told.items()}


def test_a_new_mail_is_heard_of_by_few_bytes_however_many_wait(dovecot: Dovecot, user: str) -> None:
    dovecot.append_many(user, "INBOX", [(header(n), NOON, ("\\Seen",)) for n in range(5, 500)])
    waiting = list(range(1, 500, 3))
    with CountingProxy(dovecot.host, dovecot.port) as proxy:
        source = ImapSource(login_to(dovecot, user, port=proxy.port))
        new_and_flags(source, 500, waiting)
        dovecot.append(user, "INBOX", header(500), NOON, ["\\Seen"])
        dovecot.add_flags(user, "INBOX", 4, ["\\Answered"])
        dovecot.add_flags(user, "INBOX", 5, ["\\Answered"])
        proxy.taken()
        assert new_and_flags(source, 500, waiting) == ([500], {**dict.fromkeys([*waiting, 500], SEEN), 4: ANSWERED})
        trips = [trip for trip in proxy.taken() if b"BODY.PEEK" not in trip.said]
        assert [trip.said.split(b" ", 1)[1].split(b" (")[0].strip() for trip in trips] == [
            b'LIST "" "*"', b"UNSELECT", b'STATUS "INBOX"', b'EXAMINE "INBOX"', b"UID FETCH 1:499",
        ]  # fmt: skip
        assert sum(trip.octets for trip in trips[-2:]) < 600
        source.close()


def test_a_folder_that_got_one_mail_and_no_more_is_not_asked_for_changes(dovecot: Dovecot, user: str) -> None:
    with CountingProxy(dovecot.host, dovecot.port) as proxy:
        source = ImapSource(login_to(dovecot, user, port=proxy.port))
        new_and_flags(source, 5, ALL)
        for uid, more in ((5, False), (6, True), (7, False)):
            dovecot.append(user, "INBOX", header(uid), NOON)
            if more:
                dovecot.add_flags(user, "INBOX", 2, ["\\Answered"])
            proxy.taken()
            new, told = new_and_flags(source, uid, [*range(1, uid)])
            assert (new, told[2], told[uid]) == ([uid], ANSWERED if uid > 5 else told[2], frozenset())
            assert any(b"CHANGEDSINCE" in trip.said for trip in proxy.taken()) is more
        source.close()


def test_who_asks_again_for_what_is_new_has_it_searched_for(dovecot: Dovecot, user: str, source: ImapSource) -> None:
    new_and_flags(source, 5, ALL)
    dovecot.append(user, "INBOX", header(5), NOON)
    source.folders()
    source.state("INBOX")
    assert list(source.uids("INBOX", 5, None)) == [[5]]
    dovecot.delete(user, "INBOX", 5)
    source.state("INBOX")
    assert list(source.uids("INBOX", 5, None)) == [[]]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_between_looks_a_kept_connection_tells_what_a_new_one_does(
    dovecot: Dovecot, user: str, source: ImapSource, seed: int
) -> None:
    by_chance, last = random.Random(seed), 120
    dovecot.append_many(user, "INBOX", [(header(n), NOON, ("\\Seen",)) for n in range(5, last + 1)])
    there = set(range(1, last + 1))
    for _ in range(12):
        for _ in range(by_chance.randrange(4)):
            match by_chance.choice(["arrives", "answered", "answered", "gone", "unread"]):
                case "arrives":
                    last += 1
                    dovecot.append(user, "INBOX", header(last), NOON)
                    there.add(last)
                case "gone":
                    dovecot.delete(user, "INBOX", gone := by_chance.choice(sorted(there)))
                    there.remove(gone)
                case flag:
                    named = "\\Answered" if flag == "answered" else "unread"
                    dovecot.add_flags(user, "INBOX", by_chance.choice(sorted(there)), [named])
        first, waiting = by_chance.randint(last - 3, last + 1), sorted(by_chance.sample(range(1, last - 3), 60))
        fresh = ImapSource(login_to(dovecot, user))
        assert new_and_flags(source, first, waiting) == new_and_flags(fresh, first, waiting)
        fresh.close()


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


@pytest.mark.parametrize(
    ("later", "alone"),
    [
        (OPENED._replace(uidnext=11, exists=6, modseq=101), True),
        (OPENED._replace(uidnext=11, exists=6, modseq=102), False),
        (OPENED._replace(uidnext=12, exists=7, modseq=102), False),
        (OPENED._replace(uidnext=12, exists=6, modseq=101), False),
        (OPENED._replace(modseq=101), False),
        (OPENED._replace(uidnext=11, exists=6), False),
    ],
    ids=["one mail", "one and a flag", "two, or one and a flag", "one for another", "a flag", "no step told"],
)
def test_one_step_for_one_mail_leaves_none_for_anything_else(later: Opened, alone: bool) -> None:
    assert later.got_one_mail(OPENED) is alone


def test_many_uids_are_said_as_one_range_where_little_changed() -> None:
    many = range(1, 200, 2)
    assert (span([*many], 10), span([*many], 11), span([3, 9], 1)) == (range(1, 200), [*many], [3, 9])
