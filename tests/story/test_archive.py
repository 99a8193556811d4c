"""Real mail that nobody here wrote: eighteen years of a mailing list, read as the mail of one desk.

Customers wrote to the inbox, the regulars who answered most are staff and their mail lies in Sent; each mail arrived
when the archive says. Run with `-s` it prints the figures for bench/README.md.
"""

import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, select

from monitor.store import tables
from tests.servers.archive import Archive, certain, load_archive
from tests.story.conftest import Houses
from tests.story.house import House, Json, kinds


class Played(NamedTuple):
    """The archive in a house whose monitor has looked once."""

    house: House
    archive: Archive
    now: datetime
    seconds: float
    letters: list[tuple[str, str]]
    flags: dict[Any, Any]


def staff_of(archive: Archive) -> str:
    """Staff as the config says it."""
    people = ", ".join(f'"{address}"' for address in sorted(archive.staff))
    return f"domains = []\npeople = [{people}]"


@pytest.fixture
def played(corpora: Path, houses: Houses) -> Played:
    """Loaded into Dovecot, and looked at once, with everything that lies back."""
    archive = load_archive(corpora)
    house = houses(imap='lookback = "all"', staff=staff_of(archive))
    for folder, of_staff in (("INBOX", False), ("Sent", True)):
        mails = [(mail.raw, mail.when, ()) for mail in archive.mails if archive.is_staff(mail) is of_staff]
        house.dovecot.append_many(house.address("info"), folder, mails)
    flags = house.flags()
    now = archive.mails[-1].when + timedelta(days=3)
    started = time.perf_counter()
    letters = house.round(now)
    return Played(house, archive, now, time.perf_counter() - started, kinds(letters), flags)


@pytest.mark.full
def test_eighteen_years_of_a_mailing_list(played: Played) -> None:
    house, archive, now = played.house, played.archive, played.now
    assert played.letters == [("opening", house.lead())]
    assert house.flags() == played.flags

    threads = house.threads(now)
    everything_is_accounted_for(threads, house.status(now)["troubles"], archive)
    arrival_times_are_kept(threads, archive)
    precision, recall, pairs = agreement(threads, archive)
    states = Counter(wait["state"] for thread in threads for wait in thread["waits"])
    print(
        f"\n{len(archive.mails)} messages in {played.seconds:.1f} s ({len(archive.mails) / played.seconds:.0f}/s), "
        f"{len(threads)} conversations, {states.total()} waits ({dict(states)}); "
        f"pairs {pairs}: precision {precision:.4f}, recall {recall:.4f}"
    )
    # Ids would put more together: what names an old mail in References alone, under another subject, is a new topic.
    assert precision >= 0.999
    assert recall >= 0.998

    before = contents(house)
    assert house.round(now) == []
    assert contents(house) == before
    assert house.round(now + timedelta(days=1)) == []
    assert house.flags() == played.flags


def everything_is_accounted_for(threads: list[Json], troubles: list[Json], archive: Archive) -> None:
    shown = Counter(m["message_id"].strip("<>") for thread in threads for m in thread["messages"])
    assert set(shown.values()) == {1}
    assert shown.total() + len(troubles) == len(archive.mails)
    assert not shown.keys() - {mail.message_id for mail in archive.mails}
    assert troubles == []


def arrival_times_are_kept(threads: list[Json], archive: Archive) -> None:
    received = {m["message_id"].strip("<>"): m["received_at"] for thread in threads for m in thread["messages"]}
    expected = {mail.message_id: mail.when.strftime("%Y-%m-%dT%H:%M:%SZ") for mail in archive.mails}
    assert received == expected


def agreement(threads: list[Json], archive: Archive) -> tuple[float, float, int]:
    """(precision, recall, true pairs) of pairs of messages in one conversation, where headers know the truth."""
    truth = {name: number for number, group in enumerate(certain(archive.mails)) for name in group}
    ours = {
        name: thread["number"]
        for thread in threads
        for m in thread["messages"]
        if (name := m["message_id"].strip("<>")) in truth
    }
    both = pairs_of(Counter((truth[name], ours[name]) for name in truth))
    true, found = pairs_of(Counter(truth.values())), pairs_of(Counter(ours.values()))
    return both / found, both / true, true


def pairs_of(groups: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in groups.values())


def contents(house: House) -> dict[str, list[Any]]:
    """Every row of every table, but for how many looks there were."""
    engine = create_engine(house.store_url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                (tuple(row) for row in connection.execute(select(table)) if row[0] != "tallies"), key=repr
            )
            for table in tables.metadata.sorted_tables
        }
    engine.dispose()
    return found
