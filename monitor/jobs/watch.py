"""FLOOR 2. One letter to the operator for each change of state: a mailbox that cannot be read."""

from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.moments import since
from monitor.jobs.claims import Claims
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import Letters, NoticePage
from monitor.store.mailboxes import MailboxView
from monitor.store.reminding import Notice, noticed
from monitor.store.store import Store

AT_ONCE = frozenset({"refused", "certificate", "folder"})
"""Faults that do not mend themselves; the others are told when they have lasted."""
LASTED = timedelta(hours=2)


def tell_operator(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: Claims, now: datetime
) -> int:
    """Tell the operator about each mailbox that cannot be read, once a fault. Returns how many letters were made."""
    if settings.operator is None:
        return 0
    told = {subject for subject, _ in noticed(store, "fault")}
    notices = []
    for view in knowledge.views.values():
        subject = _subject(view)
        if subject is None or subject in told or not _is_due(view, now):
            continue
        rendered = letters.render_notice(_page(settings, view, now))
        letter = new_letter(store, settings, "notice", settings.operator, subject, rendered, now)
        notices.append(Notice("fault", (subject,), settings.operator, letter))
    claims.notices(notices, now)
    return len(notices)


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
