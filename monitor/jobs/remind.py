"""FLOOR 2. Who must be reminded now: computed at as_of, claimed into the outbox, one letter a recipient."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from types import MappingProxyType

from monitor.config import Settings
from monitor.core.blind import Blind
from monitor.core.ladder import Reminder, Told, due
from monitor.core.letter_ids import letter_id, tag_of, token_of
from monitor.jobs.claims import Claims
from monitor.jobs.edge import Edge
from monitor.jobs.hearers import SOON, Hearers, hearers, owners_at
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.logged import event
from monitor.jobs.pages import numbered, opening_page, reminder_page
from monitor.outbox.letters import Attachment, Letters, Rendered, compose
from monitor.store.blind import blind_spells
from monitor.store.hearing import ANSWERABLE, told_before
from monitor.store.past import WITHDRAWN
from monitor.store.reminding import (
    NewLetter,
    Notice,
    WaitRow,
    already_claimed,
    due_between,
    last_letters,
    noticed,
    recently_written_to,
)
from monitor.store.store import Store

LETTER_PAUSE = timedelta(hours=1)
"""At most one reminder letter an hour for each recipient; what falls due meanwhile stands in the next one."""
WORTH_A_WORD = timedelta(hours=1)
"""A reminder that comes later than this, because the monitor could not see, says so."""

log = logging.getLogger("monitor.remind")


def remind(
    store: Store,
    settings: Settings,
    letters: Letters,
    knowledge: Knowledge,
    claims: Claims,
    now: datetime,
    edge: Edge | None = None,
) -> int:
    """One sweep; idempotent. Returns how many letters were put into the outbox; one that cannot be made stops none."""
    edge, made, reached = edge or Edge(), 0, hearers(store, settings, now)
    claims.withdraw(now)
    asleep = reached.asleep()
    # What did not leave while their window was open is made anew when it opens: by then it says something else.
    if asleep:
        claims.supersede(asleep, now)
    with edge.around("the opening digests"):
        made += _open(store, settings, letters, knowledge, claims, reached)
    by_recipient = _due(store, knowledge, reached)
    quiet = {*asleep, *recently_written_to(store, now - LETTER_PAUSE, now)}
    if claims.supersede(by_recipient.keys() - quiet, now):
        by_recipient = _due(store, knowledge, reached)
    for recipient, found in sorted(by_recipient.items()):
        if recipient in quiet:
            continue
        with edge.around("a reminder"):
            letter = _reminder(store, letters, knowledge, reached, recipient, found)
            claims.reminder(letter, [reminder for _, reminder in found], now)
            said = event("reminder made", to=recipient, people=len(found))
            log.info("reminder for %d %s", len(found), "person" if len(found) == 1 else "people", extra=said)
            made += 1
    return made


def _reminder(
    store: Store,
    letters: Letters,
    knowledge: Knowledge,
    reached: Hearers,
    recipient: str,
    found: Sequence[tuple[WaitRow, Reminder]],
) -> NewLetter:
    settings, now = reached.settings, reached.now
    waits = {wait.id: wait for wait, _ in found}  # told to somebody for two people, it stands there once
    waiting = [*waits.values()]
    instead_of = tuple(dict.fromkeys(r.recipient for _, r in found if r.recipient != recipient))
    obligation = " ".join((now.isoformat(), *(f"{r.wait}/{r.step}/{r.occurrence}/{r.recipient}" for _, r in found)))
    tag = tag_for(store, settings, "reminder", recipient, obligation)
    page = reminder_page(
        settings, knowledge, recipient, waiting, now, _kept_from(store, found, now), reached, instead_of, tag
    )
    return new_letter(
        store,
        settings,
        "reminder",
        recipient,
        obligation,
        letters.render_reminder(page),
        now,
        references=_before(store, waiting[0].id, recipient),
        lines=numbered(waiting),
    )


def _before(store: Store, wait: int, recipient: str) -> list[str]:
    """The first and the last reminder about who stands first, so that mail programs show them all together."""
    before = told_before(store, wait, recipient)
    return list(dict.fromkeys([*before[:1], *before[-1:]]))


def tag_for(store: Store, settings: Settings, kind: str, recipient: str, obligation: str) -> str:
    """The tag that the letter of this obligation will have in its subject; none where nobody hears what is replied."""
    message_id = id_of_letter(store, settings, kind, recipient, obligation)
    return tag_of(token_of(message_id, store.letter_key)) if settings.commands else ""


def id_of_letter(store: Store, settings: Settings, kind: str, recipient: str, obligation: str) -> str:
    """The Message-ID of the letter that fulfils this."""
    domain = parseaddr(settings.smtp.from_)[1].rpartition("@")[2]
    return letter_id(kind, f"{recipient} {obligation}", domain, store.letter_key)


def new_letter(
    store: Store,
    settings: Settings,
    kind: str,
    recipient: str,
    obligation: str,
    rendered: Rendered,
    now: datetime,
    attachments: Sequence[Attachment] = (),
    references: Sequence[str] = (),
    lines: Mapping[int, int] = MappingProxyType({}),
) -> NewLetter:
    """A letter with its frozen bytes; its Message-ID follows from what it fulfils.

    `references`: ids of our letters. `lines`: which message (its row) stands at each of its numbers.
    """
    domain = parseaddr(settings.smtp.from_)[1].rpartition("@")[2]
    message_id = id_of_letter(store, settings, kind, recipient, obligation)
    body = compose(
        rendered,
        from_=settings.smtp.from_,
        to=recipient,
        message_id=message_id,
        date=now.astimezone(settings.zone),
        list_id=f"inbox-monitor.{domain}",
        kind=kind,
        attachments=attachments,
        references=references,
        reply_to=settings.commands.address if settings.commands and kind in ANSWERABLE else "",
    )
    token = token_of(message_id, store.letter_key)
    return NewLetter(kind, message_id, recipient, rendered.subject, body, token, lines)


def _due(store: Store, knowledge: Knowledge, reached: Hearers) -> Mapping[str, list[tuple[WaitRow, Reminder]]]:
    """The reminders due at as_of, by who gets the letter; most overdue first."""
    settings, now = reached.settings, reached.now
    by_recipient: dict[str, list[tuple[WaitRow, Reminder]]] = defaultdict(list)
    earliest = min((step.after for step in settings.steps), default=timedelta(0))
    first_looks = [v.first_as_of for v in knowledge.views.values() if v.first_as_of is not None]
    if not first_looks:
        return by_recipient
    # What was overdue at every first look never enters the ladder; the index skips it.
    until = now - earliest + SOON if earliest < timedelta(0) else now
    waiting = due_between(store, min(first_looks), until)
    ids = [wait.id for wait in waiting]
    claimed, heard = already_claimed(store, ids), last_letters(store, ids, now)
    for wait in waiting:
        as_of = _known_up_to(wait, knowledge, now)
        owners = _owners(wait, settings, knowledge)
        if as_of is None or not owners:
            continue
        done = claimed.get(wait.id, [])
        # One of the future was claimed before the clock was set back: it must silence nobody until then.
        last = {r.recipient: r.moment for r in sorted(done, key=lambda r: r.moment) if r.moment <= now}
        told = Told(last, {(r.step, r.occurrence, r.recipient) for r in done}, heard.get(wait.id, {}))
        for reminder in due(
            wait.id,
            wait.due_at,
            settings.steps,
            owners,
            as_of,
            told,
            teams=settings.owners,
            snoozed_until=wait.snoozed_until,
            hears=reached.hears,
            early=reached.warns,
        ):
            by_recipient[reminder.via].append((wait, reminder))
    return by_recipient


def _kept_from(store: Store, found: Sequence[tuple[WaitRow, Reminder]], now: datetime) -> list[Blind]:
    """The long blind spells of its mailboxes in which one of these reminders fell due: else it had come earlier."""
    oldest = min(reminder.moment for _, reminder in found)
    long = [spell for spell in blind_spells(store, oldest, now) if spell.length >= WORTH_A_WORD]
    return [s for s in long if any(s.since < r.moment <= s.until and s.mailbox in w.mailboxes for w, r in found)]


def _known_up_to(wait: WaitRow, knowledge: Knowledge, now: datetime) -> datetime | None:
    """as_of of the wait; None where silence in one of its mailboxes proves nothing, or none shows replies (law 2)."""
    return knowledge.as_of_all(wait.mailboxes) if knowledge.silence_proved(wait.mailboxes, now) else None


def _owners(wait: WaitRow, settings: Settings, knowledge: Knowledge) -> list[str]:
    """The owners of every mailbox it is in that shows its replies, but not where it was overdue at the first look.

    With them those who hold the ball: it enters their ladder where it enters that of a mailbox it came to.
    """
    homes: list[str] = []
    for mailbox in wait.mailboxes:
        view = knowledge.views.get(mailbox)
        if not (mailbox in settings.desks and view and view.first_as_of and knowledge.replies_visible(mailbox)):
            continue
        if wait.due_at > view.first_as_of:
            homes.append(mailbox)
    return owners_at(homes, wait.handoff, settings) if homes else []


def _open(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: Claims, reached: Hearers
) -> int:
    """The opening digest: what was overdue at a mailbox's first complete look, told once to each owner.

    For whom no letter may go to now there is a note that theirs is still to be made.
    """
    now, opened, later = reached.now, noticed(store, "opening"), noticed(store, WITHDRAWN)
    told, again = {mailbox for mailbox, _ in opened}, later - opened
    looked = [m for m, v in knowledge.views.items() if v.first_as_of and settings.desks[m].team in settings.owners]
    new = [m for m in looked if m not in told or any(m == mailbox for mailbox, _ in again)]
    late = _late_at_first_look(store, new, knowledge)
    notices: list[Notice] = []
    for owner, all_ in _by_owner(settings, new).items():
        mailboxes = [m for m in all_ if m not in told or (m, owner) in again]
        if mailboxes and not reached.is_open(owner):
            if put_off := tuple(m for m in mailboxes if (m, owner) not in later):
                notices.append(Notice(WITHDRAWN, put_off, owner, None))
            continue
        if not mailboxes:
            continue
        waits = {wait.id: wait for m in mailboxes for wait in late[m]}
        ordered = sorted(waits.values(), key=lambda w: (w.due_at, w.id))
        letter = None
        # Without an operator nobody else would learn that no reminder comes, because no reply was ever seen.
        if ordered or (settings.operator is None and not all(map(knowledge.replies_visible, mailboxes))):
            page = opening_page(settings, knowledge, owner, ordered, mailboxes, now)
            letter = new_letter(
                store, settings, "opening", owner, " ".join(mailboxes), letters.render_opening(page), now
            )
        notices.append(Notice("opening", tuple(mailboxes), owner, letter))
    claims.notices(notices, now)
    return sum(n.letter is not None for n in notices)


def _late_at_first_look(
    store: Store, mailboxes: Sequence[str], knowledge: Knowledge
) -> Mapping[str, Sequence[WaitRow]]:
    """Of each mailbox who was overdue at its first complete look; read once for all of them."""
    found: dict[str, list[WaitRow]] = {m: [] for m in mailboxes}
    firsts = {m: first for m in mailboxes if (first := knowledge.views[m].first_as_of)}
    for wait in due_between(store, None, max(firsts.values())) if firsts else ():
        for mailbox in wait.mailboxes:
            if mailbox in firsts and wait.due_at <= firsts[mailbox]:
                found[mailbox].append(wait)
    return found


def _by_owner(settings: Settings, mailboxes: Iterable[str]) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for mailbox in mailboxes:
        for owner in settings.owners[settings.desks[mailbox].team]:
            found[owner].append(mailbox)
    return dict(found)
