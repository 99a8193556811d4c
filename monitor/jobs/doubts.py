"""FLOOR 2. What makes the monitor doubt its own view, and letters nobody takes: told to the operator once each."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.core.brake import Brake
from monitor.core.said import say, say_n
from monitor.jobs.changes import Change, Scene, subject, when
from monitor.jobs.hidden import turns
from monitor.outbox.letters import News
from monitor.store.outbox import latched, refused_since
from monitor.store.reporting import open_now

GIVEN_UP_TOLD = timedelta(days=7)
"""A letter that was refused longer ago is no news."""


def hidden(scene: Scene) -> Iterator[Change]:
    """Replies that leave by a path we cannot see."""
    for name, news in turns(scene.settings, scene.knowledge, scene.told, scene.now):
        yield Change((name,), news)


def braked(scene: Scene) -> Iterator[Change]:
    """An unusual share became late at once."""
    for mailbox in scene.knowledge.brakes:
        brake = scene.knowledge.held(mailbox, scene.now)
        if brake and (name := subject(mailbox, "brake", brake.since)) not in scene.told:
            yield Change((name,), _held(scene, mailbox, brake))


def _held(scene: Scene, mailbox: str, brake: Brake) -> News:
    return News(
        headline=say("Unusually many people became late at once at %(mailbox)s", mailbox=mailbox),
        sentences=(
            say_n(
                "Of the %(n)s person whose time ran out within a day, %(late)s have no reply that the monitor can see; "
                "on this day of the last four weeks it was %(percent)s%%. No reply at all was seen since they wrote.",
                "Of the %(n)s people whose time ran out within a day, %(late)s have no reply that the monitor can see; "
                "on this day of the last four weeks it was %(percent)s%%. No reply at all was seen since they wrote.",
                brake.n,
                late=brake.late,
                percent=brake.usual_percent,
            ),
            say(
                "Perhaps nobody answered. But perhaps replies are kept where the monitor does not look any more, for "
                "example because a Sent folder was renamed or a mail program was changed."
            ),
            say(
                "So reminders about this mailbox are held back until %(until)s, or until a reply is seen. Then they go "
                "out as one letter to each owner.",
                until=when(scene, brake.until),
            ),
        ),
        what_to_do=(
            say(
                "Run `%(command)s`: it shows which folder was taken for Sent. If replies are kept in another one now, "
                "name it with %(setting)s.",
                command="inbox-monitor check",
                setting='sent = "…"',
            ),
            say(
                "If it is true that nobody answered, say %(setting)s for this mailbox, or do nothing.",
                setting='replies = "confirmed"',
            ),
        ),
    )


def never_seen(scene: Scene) -> Iterator[Change]:
    """The one setup warning: not one reply was ever seen, and so somebody who became late is not reminded about."""
    knowledge = scene.knowledge
    late = [w for w in open_now(scene.store, knowledge.as_of_all) if w.is_late]
    for mailbox, view in knowledge.views.items():
        first, name = view.first_as_of, f"{mailbox[:180]} unseen"
        if first is None or view.fault is not None or knowledge.replies_visible(mailbox) or name in scene.told:
            continue
        if knowledge.replies_hidden(mailbox):
            continue  # there is news of its own about that, and it says more
        if any(w.due_at > first and mailbox in w.mailboxes for w in late):
            yield Change((name,), _unseen(mailbox))


def _unseen(mailbox: str) -> News:
    return News(
        headline=say("No reply from %(mailbox)s was ever seen", mailbox=mailbox),
        sentences=(
            say(
                "People have waited there past the target, as far as we see; but not one outgoing mail of it was found."
            ),
            say("Its replies may be kept where we do not look, so nobody is reminded about it."),
        ),
        what_to_do=(
            say(
                "Run `%(command)s`: it shows which folder was taken for Sent. Name another one with %(setting)s.",
                command="inbox-monitor check",
                setting='sent = "…"',
            ),
            say(
                "If replies are surely kept there and nobody has answered yet, say %(setting)s.",
                setting='replies = "confirmed"',
            ),
        ),
    )


def clock_behind(scene: Scene) -> Iterator[Change]:
    """Mail arrived later than it is by our clock: the server's clock and ours differ."""
    found = [v for v in scene.knowledge.views.values() if v.ahead_by and v.ahead_since]
    names = [f"{v.address[:160]} clock {v.ahead_since.date()}" for v in found if v.ahead_since]
    if all(name in scene.told for name in names):
        return
    yield Change(
        tuple(name for name in names if name not in scene.told),
        News(
            headline=say("The clock of the monitor's machine seems to be behind"),
            sentences=(
                say(
                    "New mail was stamped by the mail server up to %(length)s later than the time it is here.",
                    length=timedelta(seconds=max(v.ahead_by or 0 for v in found)),
                ),
                say("Until the clocks agree, people are judged to wait shorter than they do, and reminders come late."),
            ),
            points=tuple(v.address for v in found),
            what_to_do=(
                say(
                    "Look at the clock of this machine, and at its time service (`%(command)s`).", command="timedatectl"
                ),
            ),
        ),
    )


def given_up(scene: Scene) -> Iterator[Change]:
    """Letters a mail server will never take, but for those to the operator, who would not get this one either."""
    rows = refused_since(scene.store, scene.now - GIVEN_UP_TOLD)
    rows = [r for r in rows if r.recipient != scene.settings.operator and f"letter {r.id} refused" not in scene.told]
    if not rows:
        return
    yield Change(
        tuple(f"letter {r.id} refused" for r in rows),
        News(
            headline=say_n("A letter was refused for good", "%(n)s letters were refused for good", len(rows)),
            sentences=(
                say_n(
                    "The mail server will not take it, so it is not tried again. Others go on.",
                    "The mail server will not take them, so they are not tried again. Others go on.",
                    len(rows),
                ),
            ),
            points=tuple(
                say("%(kind)s to %(recipient)s: %(reply)s", kind=r.kind, recipient=r.recipient, reply=r.reply)
                for r in rows
            ),
            what_to_do=(say("Check the addresses of owners and recipients in the config."),),
        ),
    )


def latched_recipients(scene: Scene) -> Iterator[Change]:
    """Who got so many letters for hours that something must be wrong: they get no more for a day (core/flood.py)."""
    found = latched(scene.store, scene.now)
    found.pop(scene.settings.operator or "", None)
    new = {f"{who[:160]} latched {until.isoformat()}": who for who, until in found.items()}
    new = {name: who for name, who in new.items() if name not in scene.told}
    if not new:
        return
    yield Change(
        tuple(new),
        News(
            headline=say("Somebody got too many letters from the monitor"),
            sentences=(
                say(
                    "Ten letters an hour for three hours running are no reminders any more but a fault. Whoever is "
                    "named below gets none for a day; what falls due meanwhile waits, and is then told at once."
                ),
            ),
            points=tuple(new.values()),
            what_to_do=(say("Look into the log of the monitor: it names each letter with its kind."),),
        ),
    )
