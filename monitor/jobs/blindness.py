"""FLOOR 2. A mailbox that could not be seen for a day: its owners get one letter a spell, so that silence hides nobody.

Blindness brings no reminder (law 2), and nobody would look into the mailbox (rules.md §6).
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.config import Settings
from monitor.jobs.changes import open_spell, over, subject
from monitor.jobs.claims import Claims
from monitor.jobs.hearers import hearers
from monitor.jobs.knowledge import Knowledge, stale_after
from monitor.jobs.logged import event
from monitor.jobs.pages import blind_page
from monitor.jobs.remind import new_letter
from monitor.jobs.unread import LASTED
from monitor.outbox.letters import Letters, Trouble, Unseen
from monitor.store.blind import withdraw_blind
from monitor.store.mailboxes import MailboxView
from monitor.store.reminding import Notice, WaitRow, due_between, noticed
from monitor.store.store import Store

LONG = timedelta(hours=24)
"""For so long the operator has the time to mend it before the owners are told (rules.md §6)."""
KIND = "blind"
_NOBODY = ""
"""The recipient of what is only noted."""
_TROUBLES: Mapping[str | None, Trouble] = {
    None: "late",
    "refused": "login",
    "secret": "secret",
    "certificate": "certificate",
    "folder": "folder",
}

log = logging.getLogger("monitor.blindness")


def tell_blind(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: Claims, now: datetime
) -> int:
    """One sweep; idempotent. Returns how many letters were put into the outbox.

    Who is away hears by a substitute, and whose sending window is closed when it opens, if it still lasts then.
    """
    _note_sight(store, knowledge, claims, now)
    told = noticed(store, KIND)
    unseen = {m.address: one for m in settings.mailboxes if m.watch == "all" if (one := _unseen(knowledge, m.address))}
    unseen = {m: one for m, one in unseen.items() if _lasts(knowledge, one, told, claims, now)}
    waits = _waiting(store, knowledge, unseen)
    notices, reached = [], hearers(store, settings, now)
    heard = {m: reached.hears(settings.owners.get(settings.desks[m].team, ())) for m in unseen}
    for recipient in dict.fromkeys(via for hears in heard.values() for via in hears.values()):
        mine = {s for s, each in told if each == recipient}
        own = [u for m, u in unseen.items() if recipient in heard[m].values()]
        new = [one for one in own if open_spell(mine, one.mailbox, KIND) is None]
        if new and reached.is_open(recipient):
            away = [o for one in new for o, via in heard[one.mailbox].items() if via == recipient != o]
            instead_of = tuple(reached.name(owner) for owner in dict.fromkeys(away))
            notices.append(_notice(store, settings, letters, recipient, new, waits, now, instead_of))
            said = event("owner told of blindness", to=recipient, mailboxes=len(new))
            log.info("%d mailboxes could not be seen for a day: an owner is told", len(new), extra=said)
    claims.notices(notices, now)
    return len(notices)


def _notice(
    store: Store,
    settings: Settings,
    letters: Letters,
    owner: str,
    unseen: Sequence[Unseen],
    waits: Sequence[WaitRow],
    now: datetime,
    instead_of: tuple[str, ...],
) -> Notice:
    mailboxes = {one.mailbox for one in unseen}
    theirs = [w for w in waits if not mailboxes.isdisjoint(w.mailboxes)]
    page = blind_page(settings, owner, unseen, theirs, now, instead_of)
    subjects = tuple(subject(one.mailbox, KIND, one.since) for one in unseen)
    letter = new_letter(store, settings, KIND, owner, " ".join(subjects), letters.render_blind(page), now)
    return Notice(KIND, subjects, owner, letter)


def _unseen(knowledge: Knowledge, mailbox: str) -> Unseen | None:
    """Since when silence says nothing of a mailbox, if that is long: it, or one that answers its mail, is not seen.

    Not where replies were never seen, or too many are not: there is a warning of its own about that, and silence would
    prove nothing in sight either.
    """
    if not knowledge.replies_visible(mailbox) or knowledge.replies_hidden(mailbox):
        return None
    dark = [
        (view.as_of, address != mailbox, address, view)
        for address in (mailbox, *sorted(knowledge.others.get(mailbox, ())))
        if (view := knowledge.views.get(address)) and view.as_of and not knowledge.seen_recently(address, knowledge.now)
    ]
    if not dark:
        return None
    since, _, address, view = min(dark, key=lambda one: one[:3])
    if knowledge.now - since <= LONG:
        return None
    return Unseen(mailbox, since, address, _TROUBLES.get(view.fault, "unreachable"))


def _lasts(knowledge: Knowledge, unseen: Unseen, told: set[tuple[str, str]], claims: Claims, now: datetime) -> bool:
    """Whether it is no hiccup of a monitor that has just come back after a day itself.

    A fault must have lasted, which gives the operator time too; without one, two more rounds have brought no look
    either.
    """
    view: MailboxView = knowledge.views[unseen.dark]
    if view.fault is not None:
        return view.fault_since is not None and now - view.fault_since >= LASTED
    start = f"{subject(unseen.dark, 'dark', unseen.since)} from "
    noted = [s.removeprefix(start) for s, recipient in told if recipient == _NOBODY and s.startswith(start)]
    if not noted:
        told.add((start + now.isoformat(), _NOBODY))
        claims.notices([Notice(KIND, (start + now.isoformat(),), _NOBODY, None)], now)
        return False
    return now - datetime.fromisoformat(min(noted)) >= stale_after(knowledge.poll_every[unseen.dark])


def _waiting(store: Store, knowledge: Knowledge, unseen: Mapping[str, Unseen]) -> list[WaitRow]:
    """Who waits there as far as is known, most overdue first; not those of the opening digest."""
    if not unseen:
        return []
    first = {m: view.first_as_of for m, view in knowledge.views.items() if m in unseen}
    found = due_between(store, None, datetime.max.replace(tzinfo=UTC))
    return [w for w in found if any((at := first.get(m)) is not None and w.due_at > at for m in w.mailboxes)]


def _note_sight(store: Store, knowledge: Knowledge, claims: Claims, now: datetime) -> None:
    """Of mailboxes that can be seen again the spell is over, without a word: the reminder says why it comes late."""
    told = noticed(store, KIND)
    ended = []
    for owner in {recipient for _, recipient in told} - {_NOBODY}:
        mine = {s for s, recipient in told if recipient == owner}
        for mailbox in knowledge.views:
            began = open_spell(mine, mailbox, KIND)
            if began is not None and knowledge.is_fresh(mailbox, now):
                ended.append((subject(mailbox, KIND, began), owner))
    unsent = withdraw_blind(store, ended, now) if ended else set()
    over_ = [Notice(KIND, (over(s),), owner, None) for s, owner in ended if (s, owner) not in unsent]
    claims.notices(over_, now)
