"""FLOOR 2. Double answers are told to the two who wrote them, once, where the config asks for that."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from monitor.config import Settings
from monitor.core.addresses import plain_address
from monitor.core.doubles import hand
from monitor.core.house import House
from monitor.core.message import Seen
from monitor.jobs.claims import Claims
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.pages import double_page
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import Letters
from monitor.store.doubles import Double, doubles
from monitor.store.reminding import Notice, noticed
from monitor.store.store import Store

STILL_NEWS = timedelta(hours=24)
"""What happened longer ago is not told any more: by then the two have met it themselves."""
KIND = "double"


def tell_doubles(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: Claims, now: datetime
) -> int:
    """One sweep; idempotent. Returns how many letters were put into the outbox."""
    if not settings.double_answers:
        return 0
    told, house = noticed(store, KIND), settings.house(store.letter_key)
    notices = []
    for double in doubles(store, now - STILL_NEWS):
        if not _is_news(double, knowledge):
            continue
        pair = _pair(double)
        for recipient, mailbox in _whom(double, settings, house).items():
            if (pair, recipient) not in told:
                page = double_page(settings, double, mailbox, now, settings.language_of(recipient))
                letter = new_letter(store, settings, KIND, recipient, pair, letters.render_double(page), now)
                notices.append(Notice(KIND, (pair,), recipient, letter))
    claims.notices(notices, now)
    return len(notices)


def _is_news(double: Double, knowledge: Knowledge) -> bool:
    """Whether it happened while the monitor watched: what the first look reads back is history."""
    first = [view.first_as_of for m in double.mailboxes if (view := knowledge.views.get(m))]
    return any(at is not None and double.answers[1].received_at > at for at in first)


def _pair(double: Double) -> str:
    """The two answers, whichever was seen first."""
    identities = sorted(seen.message.identity for seen in double.answers)
    return sha256(" ".join(identities).encode("utf-8", "replace")).hexdigest()[:40]


def _whom(double: Double, settings: Settings, house: House) -> Mapping[str, str]:
    """Who is told, and the mailbox for which they are; empty where they wrote one of the answers themselves."""
    found: dict[str, str] = {}
    for seen in double.answers:
        for recipient, mailbox in _of_answer(seen, settings, house):
            found[recipient] = found.get(recipient, mailbox) and mailbox
    allowed = settings.recipients[KIND]
    return {recipient: mailbox for recipient, mailbox in found.items() if recipient in allowed}


def _of_answer(seen: Seen, settings: Settings, house: House) -> Iterator[tuple[str, str]]:
    """Whoever wrote it, if the config knows their address; else the owners of the mailbox that it left from."""
    writer = hand(seen, house) or plain_address(house.staff.writer(seen.message).address)
    if writer in settings.recipients[KIND]:
        yield writer, ""
        return
    sent = [p.mailbox for p in sorted(seen.places) if p.role == "sent"]
    mailbox = writer if writer in settings.desks else next((m for m in sent if m in settings.desks), None)
    if mailbox is not None:
        for owner in settings.owners.get(settings.desks[mailbox].team, ()):
            yield owner, mailbox
