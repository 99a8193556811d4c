"""Invented pages of the letters that are sent once: what cannot be seen, and double answers."""

from dataclasses import replace
from datetime import timedelta

from monitor.outbox.letters import (
    BlindLine,
    BlindPage,
    DoublePage,
    ReceiptLine,
    ReceiptPage,
    Trouble,
    Unseen,
    Voice,
    WaitingLine,
)
from monitor.outbox.mailto import mailto
from tests.outbox.samples import DAY, HOUR, LONDON, NOW, TAG, THREE, WHY, line

EVENTS, DESK = "events@harbourcity.example", "info@harbourcity.example"
SEEN_AT = NOW - 26 * HOUR


def blind(
    lines: tuple[WaitingLine, ...] = THREE, more: int = 0, trouble: Trouble = "login", *others: Unseen
) -> BlindPage:
    """The owners of Events & rooms, 26 hours after the last look: one was late then, one is by now, one wrote since."""
    ago = (-10 * HOUR, 4 * HOUR, 6 * HOUR)
    shown = [replace(one, waited=one.waited - ago[at % 3], past=one.past - ago[at % 3]) for at, one in enumerate(lines)]
    waited = tuple(BlindLine(_then(one), SEEN_AT) for one in shown)
    return BlindPage(
        organisation="Harbour City Libraries",
        now=NOW,
        zone=LONDON,
        teams=("Events & rooms",),
        promise=DAY,
        lines=tuple(one.line for one in waited),
        unseen=(Unseen(EVENTS, SEEN_AT, EVENTS, trouble), *others),
        waited=waited,
        total=sum(not one.wrote_since for one in waited) + more,
        wrote=sum(one.wrote_since for one in waited),
        operator_told=True,
        why=WHY,
    )


def _then(one: WaitingLine) -> WaitingLine:
    """As it stood at SEEN_AT."""
    return replace(one, arrived=NOW - one.waited, waited=one.waited - (NOW - SEEN_AT), past=one.past - (NOW - SEEN_AT))


FROM_DESK = Unseen("rooms@harbourcity.example", NOW - 25 * HOUR, DESK, "unreachable")
"""The rooms can be read, but that mail is also answered from the front desk."""


def double(looks_after: str = "") -> DoublePage:
    """Eva Marsh and the front desk answered Daniel Okafor."""
    return DoublePage(
        organisation="Harbour City Libraries",
        now=NOW,
        zone=LONDON,
        line=line(2, "Step-free route to the lantern workshop", "Daniel Okafor", "d.okafor@post.example", 3 * HOUR, ()),
        voices=(
            Voice("Eva Marsh", EVENTS, NOW - HOUR),
            Voice("", DESK, NOW - HOUR + timedelta(minutes=4)),
        ),
        looks_after=looks_after,
    )


LINE = ReceiptLine(2, "done", "Step-free route", "Daniel Okafor", "d.okafor@post.example", "no_reply_needed")


def receipts() -> dict[str, ReceiptPage]:
    """Of each kind of outcome one, for the owner of Events & rooms."""
    undo = mailto("monitor@harbourcity.example", f"undo [{TAG}]", "undo")
    page = ReceiptPage("Harbour City Libraries", NOW, LONDON, "acted", TAG, (LINE,), hand_to="anna", undo=undo)
    snoozed = replace(LINE, position=3, kind="snooze", until=NOW + DAY)
    handed = replace(LINE, position=4, kind="assign", team="Digital help", already=True)
    return {
        "receipt": page,
        "receipt of several": replace(page, lines=(LINE, snoozed, handed)),
        "receipt, undone": replace(page, came="undone", undo=None),
        "receipt, puzzled": replace(page, came="puzzled", lines=(), why="word", undo=None, did_you_mean=("done 2",)),
        "receipt, help": replace(page, came="help", lines=(), undo=None),
        "receipt, refused": replace(page, came="refuted", lines=(), undo=None),
    }
