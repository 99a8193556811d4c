"""FLOOR 2. From rows to the pages that letters show: who waits, what is known of it, what happens next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.config import Settings
from monitor.core.blind import Blind
from monitor.core.crowd import spots
from monitor.core.ladder import coming
from monitor.core.promise import the_one
from monitor.jobs.buttons import Buttons, example_of
from monitor.jobs.hearers import Hearers, holders, owners_at
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.lines import lines_of, promise_to
from monitor.outbox.letters import (
    BlindLine,
    BlindPage,
    DoublePage,
    OpeningPage,
    ReminderPage,
    Unseen,
    Voice,
    WaitingLine,
)
from monitor.outbox.pages import MOST_LINES
from monitor.outbox.plain import isolated, safe_name, shown_address
from monitor.outbox.told import Gap, NextStep, Why
from monitor.store.doubles import Double
from monitor.store.reminding import WaitRow


def reminder_page(
    settings: Settings,
    knowledge: Knowledge,
    recipient: str,
    waits: Sequence[WaitRow],
    now: datetime,
    blind: Sequence[Blind] = (),
    reached: Hearers | None = None,
    instead_of: Sequence[str] = (),
    tag: str = "",
) -> ReminderPage:
    """The reminder for one recipient; most overdue first.

    `blind`: when what it tells could not be seen. `reached`: whom letters reach now; None: everybody. `instead_of`: the
    addresses of those who are away, for whom the recipient gets it. `tag`: by which a reply to it is known, where
    replies are heard.
    """
    reached = reached or Hearers(settings, now)
    mailboxes = _mailboxes(waits, settings)
    looks = [look for m in mailboxes if (look := knowledge.as_of(m)) is not None]
    one = the_one(promise_to(wait, settings) for wait in waits)
    return ReminderPage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        teams=_teams(waits, settings, recipient),
        promise=one and one.within,
        mode=one.mode if one else "elapsed",
        lines=lines_of(waits, settings, now, Buttons(settings, tag)),
        seen_up_to=min(looks, default=now),
        poll_every=max(knowledge.poll_every[m] for m in mailboxes),
        next_step=_next_step(reached, recipient, waits[0]),
        why=_why(settings, recipient, mailboxes),
        unseen=_unseen([s for s in blind if s.mailbox in mailboxes]),
        instead_of=tuple(map(reached.name, instead_of)),
        holds=_holds(waits, settings, recipient),
        handed_to_them=any(wait.handoff and wait.handoff.person == recipient for wait in waits),
        tag=tag,
        heard_at=settings.commands.address if settings.commands else None,
        done_folders=tuple(dict.fromkeys(f for m in mailboxes for f in knowledge.done_folders.get(m, ()))),
        hand_to=example_of(settings, recipient, [settings.desks[m].team for m in mailboxes]),
        language=settings.language_of(recipient),
    )


def numbered(waits: Sequence[WaitRow]) -> dict[int, int]:
    """What stands at each number of a reminder of these: the message (its row) that opened the wait."""
    lines = spots(waits, lambda wait: wait.who_address)[:MOST_LINES]
    return {position: spot.one.opener for position, spot in enumerate(lines, 1)}


def opening_page(
    settings: Settings,
    knowledge: Knowledge,
    owner: str,
    waits: Sequence[WaitRow],
    mailboxes: Sequence[str],
    now: datetime,
) -> OpeningPage:
    """The opening digest for one owner; oldest first."""
    one = the_one([*(promise_to(w, settings) for w in waits), *(settings.desks[m].target.promise for m in mailboxes)])
    return OpeningPage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        teams=tuple(dict.fromkeys(settings.desks[m].team for m in mailboxes)),
        promise=one and one.within,
        mode=one.mode if one else "elapsed",
        lines=lines_of(waits, settings, now),
        total=len(waits),
        replies_unseen=tuple(m for m in mailboxes if not knowledge.replies_visible(m)),
        why=_why(settings, owner, mailboxes),
        replies_hidden=tuple(m for m in mailboxes if knowledge.replies_hidden(m) and knowledge.replies_visible(m)),
        language=settings.language_of(owner),
    )


def blind_page(
    settings: Settings,
    owner: str,
    unseen: Sequence[Unseen],
    waits: Sequence[WaitRow],
    now: datetime,
    instead_of: tuple[str, ...] = (),
) -> BlindPage:
    """For one owner of mailboxes that could not be seen for long; `waits` as they stood then, most overdue first.

    `instead_of`: the names of those who are away, for whom the recipient gets it.
    """
    mailboxes = [one.mailbox for one in unseen]
    seen_at = {one.mailbox: one.since for one in unseen}
    earliest = min(seen_at.values())
    then = [w for w in waits if w.opened_at <= min((seen_at[m] for m in w.mailboxes if m in seen_at), default=earliest)]
    one = the_one(promise_to(wait, settings) for wait in waits)
    waited = tuple(_as_seen(line, seen_at.get(line.mailbox, earliest), now) for line in lines_of(waits, settings, now))
    return BlindPage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        teams=tuple(dict.fromkeys(settings.desks[m].team for m in mailboxes)),
        promise=one and one.within,
        mode=one.mode if one else "elapsed",
        lines=tuple(one.line for one in waited),
        unseen=tuple(unseen),
        waited=waited,
        total=len(then),
        wrote=len(waits) - len(then),
        operator_told=settings.operator is not None,
        instead_of=instead_of,
        why=_why(settings, owner, mailboxes),
        language=settings.language_of(owner),
    )


def _as_seen(line: WaitingLine, seen_at: datetime, now: datetime) -> BlindLine:
    """A line of now as it stood when the mailbox was last seen: only that is known."""
    ago = now - seen_at
    return BlindLine(replace(line, waited=line.waited - ago, past=line.past - ago), seen_at)


def double_page(
    settings: Settings, double: Double, looks_after: str, now: datetime, language: str = "en"
) -> DoublePage:
    """For one of the two who answered the same person; `looks_after`: the mailbox whose owner it goes to instead."""
    first, second = (
        Voice(seen.message.from_.name, shown_address(seen.message.from_.address), seen.received_at)
        for seen in double.answers
    )
    line = WaitingLine(
        number=double.number,
        position=1,
        subject=double.subject,
        who=double.who_name,
        address=shown_address(double.who_address),
        arrived=double.opened_at,
        waited=first.at - double.opened_at,
        past=first.at - double.due_at,
        team=double.team,
        mailbox=double.mailboxes[0],
    )
    return DoublePage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        line=line,
        voices=(first, second),
        looks_after=looks_after,
        language=language,
    )


def _unseen(blind: Sequence[Blind]) -> tuple[Gap, ...]:
    """The latest spell of each mailbox; of several with the same one it is said once."""
    latest = {spell.mailbox: (spell.since, spell.until) for spell in blind}
    return tuple(
        Gap(tuple(mailbox for mailbox, spell in latest.items() if spell == at), *at)
        for at in dict.fromkeys(latest.values())
    )


def _mailboxes(waits: Sequence[WaitRow], settings: Settings) -> list[str]:
    return list(dict.fromkeys(m for wait in waits for m in wait.mailboxes if m in settings.desks))


def _teams(waits: Sequence[WaitRow], settings: Settings, recipient: str) -> tuple[str, ...]:
    """The teams the letter speaks of: the recipient's own, where it owns the mailbox; else the wait's.

    And the team that has the ball, where it was handed on: both are to know of each other.
    """
    teams: dict[str, None] = {}
    for wait in waits:
        own = [settings.desks[m].team for m in wait.mailboxes if m in settings.desks]
        mine = [team for team in own if recipient in settings.owners.get(team, ())]
        handoff = wait.handoff
        holding = [handoff.to_team] if handoff and not handoff.decided and handoff.to_team in settings.owners else []
        teams |= dict.fromkeys([*(mine[:1] or [wait.team]), *holding])
    return tuple(teams)


def _holds(waits: Sequence[WaitRow], settings: Settings, recipient: str) -> tuple[str, ...]:
    """The recipient's teams that something in this letter was handed on to."""
    teams = [w.handoff.to_team for w in waits if w.handoff and recipient in holders(w.handoff, settings)]
    return tuple(dict.fromkeys(team for team in teams if recipient in settings.owners.get(team, ())))


def _next_letter(reached: Hearers, recipient: str, wait: WaitRow) -> tuple[datetime, tuple[str, ...]] | None:
    """When the next letter about a wait can go, and to whom besides: nobody else where it comes to the recipient."""
    settings, found = reached.settings, []
    owners = owners_at(wait.mailboxes, wait.handoff, settings)
    for moment, step in coming(wait.due_at, settings.steps, reached.now, wait.snoozed_until):
        hears = dict.fromkeys(reached.hears_at(step.recipients(owners, settings.owners), moment).values())
        others = [] if recipient in hears else list(hears)
        again = not others and step.repeat and moment > wait.due_at + step.after
        earliest = reached.now + step.repeat / 2 if again and step.repeat else moment
        at = min(reached.opens(each, max(moment, earliest)) for each in others or [recipient])
        found.append((at, tuple(others)))
    return min(found, key=lambda letter: letter[0], default=None)


def _next_step(reached: Hearers, recipient: str, wait: WaitRow) -> NextStep | None:
    """What comes next for the one who waits longest."""
    following = _next_letter(reached, recipient, wait)
    if following is None:
        return None
    moment, others = following
    return NextStep(moment, others[:2], isolated(safe_name(wait.who_name))) if others else NextStep(moment)


def _why(settings: Settings, recipient: str, mailboxes: Sequence[str]) -> Why | None:
    own = [m for m in mailboxes if recipient in settings.owners.get(settings.desks[m].team, ())]
    if not own and not _is_told_of_all(settings, recipient):
        return None
    if not own:
        return Why()
    together = [o for o in settings.owners.get(settings.desks[own[0]].team, ()) if o != recipient]
    return Why(tuple((m, settings.desks[m].team) for m in own[:3]), tuple(together[:2]))


def _is_told_of_all(settings: Settings, recipient: str) -> bool:
    """Whether a step names them, or their team."""
    return any(recipient in step.recipients((), settings.owners) for step in settings.steps)
