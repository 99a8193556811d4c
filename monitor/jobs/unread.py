"""FLOOR 2. Mailboxes that cannot be read, or are not looked at, and when they can be again: told once a spell."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitor.core.blind import Blind
from monitor.core.durations import words
from monitor.core.moments import since
from monitor.jobs.changes import Change, Scene, named, open_spell, over, spells, subject
from monitor.jobs.knowledge import stale_after
from monitor.outbox.letters import News
from monitor.store.blind import blind_spells
from monitor.store.mailboxes import MailboxView

AT_ONCE = frozenset({"refused", "certificate", "folder", "secret"})
"""Faults that do not mend themselves; the others are told when they have lasted."""
LASTED = timedelta(hours=2)
LONGEST_STEADY = timedelta(hours=8)


def unread(scene: Scene) -> Iterator[Change]:
    """What became unreadable, by the kind of fault: a dead server with sixty mailboxes is one piece of news."""
    found: dict[str, list[tuple[MailboxView, tuple[str, ...]]]] = defaultdict(list)
    for view in scene.knowledge.views.values():
        if view.fault is not None and (subjects := _untold(scene, view)):
            found[view.fault].append((view, subjects))
    for pairs in found.values():
        yield Change(tuple(s for _, subjects in pairs for s in subjects), _cannot_be_read(scene, [v for v, _ in pairs]))


def _untold(scene: Scene, view: MailboxView) -> tuple[str, ...]:
    """The subjects to remember, if its fault is to be told now: once a spell, and once for each fault to be mended."""
    if view.fault is None or view.fault_since is None:
        return ()
    open_ = open_spell(scene.told, view.address, "unread")
    began = open_ or view.fault_since
    as_a_spell = subject(view.address, "unread", began)
    if view.fault in AT_ONCE:
        kind = subject(view.address, view.fault, began)
        return () if kind in scene.told else (kind, *([] if open_ else [as_a_spell]))
    return () if open_ or scene.now - view.fault_since < LASTED else (as_a_spell,)


def _cannot_be_read(scene: Scene, views: Sequence[MailboxView]) -> News:
    texts, one = {view.fault_text or "" for view in views}, len(views) == 1
    it = "it" if one else "them"
    seen = [_last_seen(scene, view.as_of) for view in views]
    points = [f"{v.address}: {_small(s)}" for v, s in zip(views, seen, strict=True)]
    if len(texts) > 1:
        points = [f"{point} {view.fault_text}" for point, view in zip(points, views, strict=True)]
    again = f"Until {'it' if one else 'they'} can be read again, nobody is reminded about {it}"
    return News(
        headline=named([v.address for v in views], "cannot be read", "cannot be read"),
        sentences=(
            *(texts if len(texts) == 1 else ()),
            *(seen if one else ()),
            f"{again}: we would not know what was answered.",
        ),
        points=() if one else tuple(points),
        what_to_do=("Run `inbox-monitor check`: it names the mistake and the fix.",),
    )


def readable_again(scene: Scene) -> Iterator[Change]:
    """The end of a spell that was told. After several spells in a day only once it has held: no letter a minute."""
    found: list[tuple[MailboxView, datetime]] = []
    for view in scene.knowledge.views.values():
        began = open_spell(scene.told, view.address, "unread")
        if began is not None and view.fault is None and _is_steady(scene, view):
            found.append((view, began))
    if found:
        subjects = tuple(over(subject(view.address, "unread", began)) for view, began in found)
        yield Change(subjects, _can_be_read(scene, found))


def _is_steady(scene: Scene, view: MailboxView) -> bool:
    began = [s for s in spells(scene.told, view.address, "unread") if scene.now - s < timedelta(days=1)]
    needed = min(LASTED * 2 ** (len(began) - 2), LONGEST_STEADY) if len(began) > 1 else timedelta(0)
    return view.readable_since is not None and scene.now - view.readable_since >= needed


def _can_be_read(scene: Scene, found: Sequence[tuple[MailboxView, datetime]]) -> News:
    addresses = [view.address for view, _ in found]
    earliest = min(began for _, began in found)
    blind = blind_spells(scene.store, earliest, scene.now)
    said = [_blind_words(scene, view, [s for s in blind if s.mailbox == view.address]) for view, _ in found]
    one = len(found) == 1
    return News(
        headline=named(addresses, "can be read again", "can be read again"),
        sentences=(
            *(said if one else ()),
            "What came and was answered meanwhile has been read and is judged by its real times. Reminders go on.",
        ),
        points=() if one else tuple(f"{a}: {_small(s)}" for a, s in zip(addresses, said, strict=True)),
    )


def _blind_words(scene: Scene, view: MailboxView, blind: Sequence[Blind]) -> str:
    again = f"It can be read since {since(view.readable_since or scene.now, scene.settings.zone, scene.now)}"
    length = sum((s.length for s in blind), timedelta(0))
    return f"{again}; it was blind for {words(length)}." if length else f"{again}."


def stale(scene: Scene) -> Iterator[Change]:
    """Nothing is wrong with them, but no look ended in time: told when two more rounds have brought none either."""
    late: list[MailboxView] = []
    for mailbox, view in scene.knowledge.views.items():
        if view.fault is not None or view.as_of is None or not scene.knowledge.is_stale(mailbox, scene.now):
            continue
        told = subject(mailbox, "stale", view.as_of)
        noted = [s for s in scene.told if s.startswith(f"{told} from ")]
        if not noted:
            yield Change((f"{told} from {scene.now.isoformat()}",), None)
        elif told not in scene.told and _lasts(scene, mailbox, noted[0]):
            late.append(view)
    if late:
        yield Change(tuple(subject(v.address, "stale", v.as_of) for v in late if v.as_of), _not_looked_at(scene, late))


def _lasts(scene: Scene, mailbox: str, noted: str) -> bool:
    first = datetime.fromisoformat(noted.rpartition(" ")[2])
    return scene.now - first >= stale_after(scene.knowledge.poll_every[mailbox])


def _not_looked_at(scene: Scene, views: Sequence[MailboxView]) -> News:
    one = len(views) == 1
    seen = [_last_seen(scene, view.as_of) for view in views]
    return News(
        headline=named([v.address for v in views], "was not looked at in time", "were not looked at in time"),
        sentences=(
            *(seen if one else ()),
            "No fault is known: the monitor is too slow, or was not running. Nobody is reminded from an old view.",
        ),
        points=() if one else tuple(f"{v.address}: {_small(s)}" for v, s in zip(views, seen, strict=True)),
        what_to_do=("Look at its log. If a mailbox takes longer than two rounds, make poll_every longer for it.",),
    )


def looked_at_again(scene: Scene) -> Iterator[Change]:
    """The end of what `stale` told."""
    found = []
    for mailbox, view in scene.knowledge.views.items():
        began = open_spell(scene.told, mailbox, "stale")
        if began is not None and view.as_of != began and scene.knowledge.seen_recently(mailbox, scene.now):
            found.append((mailbox, began))
    if found:
        subjects = tuple(over(subject(mailbox, "stale", began)) for mailbox, began in found)
        addresses = [mailbox for mailbox, _ in found]
        headline = named(addresses, "is looked at in time again", "are looked at in time again")
        points = () if len(found) == 1 else tuple(addresses)
        yield Change(subjects, News(headline=headline, sentences=("Reminders go on.",), points=points))


def _last_seen(scene: Scene, as_of: datetime | None) -> str:
    if as_of is None:
        return "It was never seen whole yet."
    return f"It was last seen whole {since(as_of, scene.settings.zone, scene.now)}."


def _small(sentence: str) -> str:
    """A sentence as it goes on after a colon."""
    return sentence[:1].lower() + sentence[1:]
