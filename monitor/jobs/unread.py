"""FLOOR 2. Mailboxes that cannot be read, or are not looked at, and when they can be again: told once a spell."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitor.core.said import Said, say, say_n
from monitor.jobs.changes import Change, Scene, open_spell, over, spells, subject, when
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
    return News(
        headline=say_n(
            "%(mailbox)s cannot be read", "%(n)s mailboxes cannot be read", len(views), mailbox=views[0].address
        ),
        sentences=(
            *(texts if len(texts) == 1 else ()),
            *((_last_seen(scene, views[0].as_of),) if one else ()),
            say_n(
                "Until it can be read again, nobody is reminded about it: we would not know what was answered.",
                "Until they can be read again, nobody is reminded about them: we would not know what was answered.",
                len(views),
            ),
        ),
        points=() if one else tuple(_seen_and_why(scene, v, v.fault_text if len(texts) > 1 else "") for v in views),
        what_to_do=(say("Run `%(command)s`: it names the mistake and the fix.", command="inbox-monitor check"),),
    )


def _seen_and_why(scene: Scene, view: MailboxView, why: str | None) -> Said:
    seen = _point(scene, view.address, view.as_of)
    return say("%(sentence)s %(fault)s", sentence=seen, fault=why) if why else seen


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
    lengths = [sum((s.length for s in blind if s.mailbox == address), timedelta(0)) for address in addresses]
    one = len(found) == 1
    return News(
        headline=say_n(
            "%(mailbox)s can be read again", "%(n)s mailboxes can be read again", len(found), mailbox=addresses[0]
        ),
        sentences=(
            *((_again(scene, found[0][0], lengths[0]),) if one else ()),
            say("What came and was answered meanwhile has been read and is judged by its real times. Reminders go on."),
        ),
        points=()
        if one
        else tuple(_again_point(scene, view, length) for (view, _), length in zip(found, lengths, strict=True)),
    )


def _again(scene: Scene, view: MailboxView, blind: timedelta) -> Said:
    since = when(scene, view.readable_since or scene.now)
    if blind:
        return say("It can be read since %(since)s; it was blind for %(length)s.", since=since, length=blind)
    return say("It can be read since %(since)s.", since=since)


def _again_point(scene: Scene, view: MailboxView, blind: timedelta) -> Said:
    mailbox, since = view.address, when(scene, view.readable_since or scene.now)
    if blind:
        return say(
            "%(mailbox)s: it can be read since %(since)s; it was blind for %(length)s.",
            mailbox=mailbox,
            since=since,
            length=blind,
        )
    return say("%(mailbox)s: it can be read since %(since)s.", mailbox=mailbox, since=since)


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
    return News(
        headline=say_n(
            "%(mailbox)s was not looked at in time",
            "%(n)s mailboxes were not looked at in time",
            len(views),
            mailbox=views[0].address,
        ),
        sentences=(
            *((_last_seen(scene, views[0].as_of),) if one else ()),
            say("No fault is known: the monitor is too slow, or was not running. Nobody is reminded from an old view."),
        ),
        points=() if one else tuple(_point(scene, view.address, view.as_of) for view in views),
        what_to_do=(
            say(
                "Look at its log. If a mailbox takes longer than two rounds, make %(setting)s longer for it.",
                setting="poll_every",
            ),
        ),
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
        headline = say_n(
            "%(mailbox)s is looked at in time again",
            "%(n)s mailboxes are looked at in time again",
            len(found),
            mailbox=addresses[0],
        )
        points = () if len(found) == 1 else tuple(addresses)
        yield Change(subjects, News(headline=headline, sentences=(say("Reminders go on."),), points=points))


def _last_seen(scene: Scene, as_of: datetime | None) -> Said:
    if as_of is None:
        return say("It was never seen whole yet.")
    return say("It was last seen whole %(since)s.", since=when(scene, as_of))


def _point(scene: Scene, mailbox: str, as_of: datetime | None) -> Said:
    """The same as a point of a list."""
    if as_of is None:
        return say("%(mailbox)s: it was never seen whole yet.", mailbox=mailbox)
    return say("%(mailbox)s: it was last seen whole %(since)s.", mailbox=mailbox, since=when(scene, as_of))
