"""FLOOR 2. The commands mailbox that cannot be read, and when it can be again: told once a spell, like any mailbox."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.core.moments import since
from monitor.jobs.changes import Change, Scene, open_spell, over, subject
from monitor.jobs.unread import AT_ONCE, LASTED
from monitor.outbox.letters import News
from monitor.store.hearing import PREFIX, ear_view

STEADY = timedelta(minutes=30)
"""So long it has been heard again before that is told: no letter a minute where it comes and goes."""


def deaf(scene: Scene) -> Iterator[Change]:
    """Nobody hears what people reply to letters: told at once where a person must mend it, else when it has lasted."""
    ear = scene.settings.commands
    view = ear_view(scene.store, ear.address) if ear else None
    if ear is None or view is None or view.fault is None or view.fault_since is None:
        return
    key = PREFIX + ear.address
    if open_spell(scene.told, key, "unread"):
        return
    if view.fault in AT_ONCE or scene.now - view.fault_since >= LASTED:
        yield Change(
            (subject(key, "unread", view.fault_since),),
            News(
                headline=f"Replies to letters are not heard: {ear.address} cannot be read",
                sentences=(
                    view.fault_text or "",
                    "What people say in a reply is done as soon as it can be read again. Reminders go on meanwhile.",
                ),
                what_to_do=("Run `inbox-monitor check`: it names the mistake and the fix.",),
            ),
        )


def hears_again(scene: Scene) -> Iterator[Change]:
    """The end of what `deaf` told."""
    ear = scene.settings.commands
    key = PREFIX + ear.address if ear else ""
    began = open_spell(scene.told, key, "unread") if ear else None
    view = ear_view(scene.store, ear.address) if ear else None
    if ear is None or began is None or view is None or view.fault is not None or view.readable_since is None:
        return
    if scene.now - view.readable_since >= STEADY:
        again = since(view.readable_since, scene.settings.zone, scene.now)
        headline = f"Replies to letters are heard again at {ear.address}"
        said = f"It can be read since {again}. What was said meanwhile has been done."
        yield Change((over(subject(key, "unread", began)),), News(headline=headline, sentences=(said,)))
