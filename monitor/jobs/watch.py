"""FLOOR 2. One letter to the operator for each change of state: a mailbox that cannot be read, or hides its replies."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.moments import since
from monitor.core.week import WaitFacts
from monitor.jobs.claims import Claims
from monitor.jobs.hidden import turns
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import Letters, NoticePage
from monitor.store.mailboxes import MailboxView
from monitor.store.reminding import Notice, noticed
from monitor.store.reporting import open_now
from monitor.store.store import Store

AT_ONCE = frozenset({"refused", "certificate", "folder"})
"""Faults that do not mend themselves; the others are told when they have lasted."""
LASTED = timedelta(hours=2)


def tell_operator(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: Claims, now: datetime
) -> int:
    """Tell the operator once a fault, and once a spell of unseen replies. Returns how many letters were made."""
    if settings.operator is None:
        return 0
    told = {subject for subject, _ in noticed(store, "fault")}
    late = [w for w in open_now(store, knowledge.as_of_all) if w.is_late]
    views = knowledge.views.values()
    found = [_fault(settings, view, now) or _unseen(settings, knowledge, view, late, now) for view in views]
    new = [pair for pair in found if pair is not None and pair[0] not in told]
    notices = []
    for subject, page in [*new, *turns(settings, knowledge, told, now)]:
        letter = None
        if page is not None:
            rendered = letters.render_notice(page)
            letter = new_letter(store, settings, "notice", settings.operator, subject, rendered, now)
        notices.append(Notice("fault", (subject,), settings.operator, letter))
    claims.notices(notices, now)
    return sum(n.letter is not None for n in notices)


def _fault(settings: Settings, view: MailboxView, now: datetime) -> tuple[str, NoticePage] | None:
    subject = _subject(view)
    return (subject, _page(settings, view, now)) if subject is not None and _is_due(view, now) else None


def _unseen(
    settings: Settings, knowledge: Knowledge, view: MailboxView, late: Sequence[WaitFacts], now: datetime
) -> tuple[str, NoticePage] | None:
    """The one setup warning: not one reply was ever seen, and so somebody who became late is not reminded about."""
    first = view.first_as_of
    if first is None or view.fault is not None or knowledge.replies_visible(view.address):
        return None
    if knowledge.replies_hidden(view.address):
        return None  # there is a letter of its own about that, and it says more
    if not any(w.due_at > first and view.address in w.mailboxes for w in late):
        return None
    page = NoticePage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        headline=f"No reply from {view.address} was ever seen",
        sentences=(
            "People have waited there past the target, as far as we see; but not one outgoing mail of it was found.",
            "Its replies may be kept where we do not look, so nobody is reminded about it.",
        ),
        what_to_do=(
            'Run `inbox-monitor check`: it shows which folder was taken for Sent. Name another one with sent = "…".',
            'If replies are surely kept there and nobody has answered yet, say replies = "confirmed".',
        ),
    )
    return f"{view.address[:180]} unseen", page


def _subject(view: MailboxView) -> str | None:
    if view.fault is None or view.fault_since is None:
        return None
    return f"{view.address[:180]} {view.fault} {view.fault_since.isoformat()}"


def _is_due(view: MailboxView, now: datetime) -> bool:
    return view.fault in AT_ONCE or (view.fault_since is not None and now - view.fault_since >= LASTED)


def _page(settings: Settings, view: MailboxView, now: datetime) -> NoticePage:
    seen = (
        f"It was last seen whole {since(view.as_of, settings.zone, now)}."
        if view.as_of
        else "It was never seen whole yet."
    )
    return NoticePage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        headline=f"{view.address} cannot be read",
        sentences=(
            view.fault_text or "",
            seen,
            "Until it can be read again, nobody is reminded about it: we would not know what was answered.",
        ),
        what_to_do=("Run `inbox-monitor check`: it names the mistake and the fix.",),
    )
