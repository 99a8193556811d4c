"""FLOOR 2. From waits to the lines of letters: who waits, for how long, what was promised, and what happened since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from monitor.config import Settings
from monitor.core.crowd import Spot, spots
from monitor.core.house import Target
from monitor.core.promise import Promise
from monitor.jobs.buttons import Buttons, open_url
from monitor.outbox.letters import WaitingLine
from monitor.outbox.plain import shown_address
from monitor.outbox.told import Context
from monitor.store.reminding import WaitRow


def lines_of(
    waits: Sequence[WaitRow], settings: Settings, now: datetime, buttons: Buttons | None = None
) -> tuple[WaitingLine, ...]:
    """Who waits as letters list them: a sender of very many has a few lines only."""
    lines = spots(waits, lambda wait: wait.who_address)
    return tuple(_line(spot, position, settings, now, buttons) for position, spot in enumerate(lines, 1))


def _line(
    spot: Spot[WaitRow], position: int, settings: Settings, now: datetime, buttons: Buttons | None
) -> WaitingLine:
    wait = spot.one
    others = (Context("more", count=spot.more),) if spot.more else ()
    return WaitingLine(
        number=wait.number,
        position=position,
        subject=wait.subject,
        who=wait.who_name,
        address=shown_address(wait.who_address),
        arrived=wait.opened_at,
        waited=now - wait.opened_at,
        past=now - wait.due_at,
        team=wait.team,
        mailbox=wait.mailboxes[0],
        context=(*context_of(wait, settings), *others),
        open_url=open_url(wait, settings),
        more=spot.more,
        actions=buttons.of(position) if buttons else (),
        promise=promise_to(wait, settings),
    )


def promise_to(wait: WaitRow, settings: Settings) -> Promise:
    """What was promised to them: by the mailbox that they belong to."""
    desk = settings.desks.get(wait.mailboxes[0])
    return (desk.target if desk else Target()).promise


def context_of(wait: WaitRow, settings: Settings) -> tuple[Context, ...]:
    """What happened since they wrote."""
    told: list[Context] = []
    if wait.chased_at is not None:
        told.append(Context("chased", wait.chased_at))
    if (handoff := wait.handoff) is not None:
        kind: Literal["decided", "assigned", "passed on"]
        kind = "decided" if handoff.decided else "assigned" if handoff.person else "passed on"
        told.append(Context(kind, handoff.at, handoff.from_team, handoff.to_team, _called(handoff.person, settings)))
    if wait.missing:
        told.append(Context("missing"))
    if wait.low_urgency:
        told.append(Context("low urgency"))
    return tuple(told)


def _called(address: str, settings: Settings) -> str:
    """What colleagues call somebody."""
    return settings.person(address).name or address
