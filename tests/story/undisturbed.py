"""What a house comes to when nothing goes wrong, to be compared with what it came to when something did."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from tests.story.house import House, Json, kinds

Come = tuple[list[Json], list[tuple[str, str]]]
"""All conversations, whatever their numbers; and (kind, recipient) of all letters, each counted once by its id."""


def come_to(house: House, now: datetime) -> Come:
    """What is known now, and the letters that were sent; the same letter twice bears the same Message-ID."""
    threads = [{**thread, "number": 0} for thread in house.threads(now)]
    threads.sort(key=lambda thread: sorted(m["message_id"] for m in thread["messages"]))
    once = {str(letter.message["Message-ID"]): letter for letter in house.sink.letters}
    return threads, kinds(list(once.values()))


def undisturbed(house: House, *moments: datetime) -> Come:
    """The same mailbox from the beginning, in a store of its own, at these moments."""
    with elsewhere(house):
        for moment in moments:
            house.round(moment)
        found = come_to(house, moments[-1])
    house.sink.clear()
    return found


def twice(house: House) -> Sequence[str]:
    """The ids of letters that came more than once."""
    ids = [str(letter.message["Message-ID"]) for letter in house.sink.letters]
    return sorted({each for each in ids if ids.count(each) > 1})


@contextmanager
def elsewhere(house: House) -> Iterator[None]:
    """Work with another store for a while."""
    kept, house.store_url = house.store_url, f"sqlite:///{house.folder / 'undisturbed.db'}"
    house.write_config()
    try:
        yield
    finally:
        house.store_url = kept
        house.write_config()
