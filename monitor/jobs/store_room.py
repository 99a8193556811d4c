"""FLOOR 2. A disk that is nearly full: told while the store still takes what is to be remembered."""

from collections.abc import Iterator

from monitor.core.said import say
from monitor.jobs.changes import Change, Scene, open_spell, over, subject
from monitor.outbox.letters import News
from monitor.store.room import FEWEST_BYTES, room

_STORE, _WORD = "store", "room"


def short_of_room(scene: Scene) -> Iterator[Change]:
    """Once a spell. When it is full nothing can be remembered, and so nobody is reminded (jobs/alarm.py tells that)."""
    there = room(scene.store)
    if there is None or not there.is_short or open_spell(scene.told, _STORE, _WORD) is not None:
        return
    yield Change(
        (subject(_STORE, _WORD, scene.now),),
        News(
            headline=say("The disk of the monitor's store is nearly full"),
            sentences=(
                say("Only %(free)s MB are free.", free=there.free // 1_000_000),
                say("When it is full the monitor can remember nothing, and so nobody is reminded until there is room."),
            ),
            what_to_do=(
                say(
                    "Make room there. If the store itself has grown large, %(setting)s says how long it keeps what.",
                    setting="[store] retention",
                ),
            ),
        ),
    )


def room_again(scene: Scene) -> Iterator[Change]:
    """The end of what `short_of_room` told; with room to spare: a disk on the limit brings no letter a round."""
    began, there = open_spell(scene.told, _STORE, _WORD), room(scene.store)
    if began is None or there is None or there.free < 2 * FEWEST_BYTES:
        return
    headline = say("There is room again on the disk of the monitor's store")
    sentences = (say("%(free)s MB are free.", free=there.free // 1_000_000),)
    yield Change((over(subject(_STORE, _WORD, began)),), News(headline=headline, sentences=sentences))
