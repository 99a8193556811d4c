"""FLOOR 1. What the weekly report asks of the store, by indexed ranges of due_at; and the reports as sent.

What is kept no more (forgetting.py) counts as before.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, case, delete, func, insert, null, select, update

from monitor.core.message import FORGOTTEN_RULE
from monitor.core.report.figures import WaitFacts
from monitor.store.reminding import NewLetter, Notice, put_letter, put_notices
from monitor.store.report_tables import reports
from monitor.store.rows import handoffs_of
from monitor.store.store import Store, among
from monitor.store.tables import (
    AnyRow,
    folders,
    letters,
    messages,
    notices,
    past_mail,
    past_waits,
    sightings,
    waits,
)
from monitor.store.telling import Frozen, freeze, thaw

AsOf = Callable[[Iterable[str]], datetime | None]


def while_waiting(table: Table) -> ColumnElement[Any]:
    """The mailboxes of who still waits: of all others nothing hangs on what is known of these."""
    return case((table.c.state == "waiting", table.c.mailboxes), else_=null()).label("mailboxes")


FACTS = (
    waits.c.id,
    waits.c.conversation,
    waits.c.mailboxes,
    waits.c.team,
    waits.c.state,
    waits.c.opened_at,
    waits.c.due_at,
    waits.c.answered_at,
    waits.c.evidence,
    waits.c.closed_at,
    waits.c.handoffs,
)
"""What the figures need of a wait."""

PAST_FACTS = (
    past_waits.c.wait.label("id"),
    *(past_waits.c[column.name] for column in FACTS if column.name != "id"),
    past_waits.c.known_until,
)
"""The same of one that is not kept any more."""


def due_in(store: Store, start: datetime, end: datetime, as_of: AsOf) -> list[WaitFacts]:
    """The cohort: the waits whose promise runs out in [start, end). `as_of` says up to when mailboxes are known."""
    query = select(*FACTS).where(waits.c.due_at >= start, waits.c.due_at < end)
    past = select(*PAST_FACTS).where(past_waits.c.due_at >= start, past_waits.c.due_at < end)
    known = remembered(as_of)
    with store.reading() as connection:
        found = [(row.due_at, row.id, facts_of(row, known(row.mailboxes))) for row in connection.execute(query).all()]
        found += [(row.due_at, row.id, facts_of(row, _known(row, known))) for row in connection.execute(past).all()]
    return [facts for _, _, facts in sorted(found, key=lambda each: each[:2])]


def remembered(as_of: AsOf) -> AsOf:
    """The same, asked only once for the same mailboxes: thousands of waits have the same few."""
    known: dict[tuple[str, ...], datetime | None] = {}

    def asked(mailboxes: Iterable[str]) -> datetime | None:
        these = tuple(mailboxes)
        if these not in known:
            known[these] = as_of(these)
        return known[these]

    return asked


def _known(row: AnyRow, as_of: AsOf) -> datetime | None:
    """Of somebody who waited when they were forgotten, no more will ever be known."""
    return row.known_until if row.state == "waiting" else as_of(row.mailboxes)


def open_now(store: Store, as_of: AsOf) -> list[WaitFacts]:
    """Everybody who waits, longest first."""
    query = select(*FACTS).where(waits.c.state == "waiting").order_by(waits.c.opened_at, waits.c.id)
    with store.reading() as connection:
        return [facts_of(row, as_of(row.mailboxes)) for row in connection.execute(query)]


def left_out(store: Store, start: datetime, end: datetime) -> dict[str, int]:
    """Messages that arrived in an inbox in [start, end) and want no reply, by rule; not those of who was forgotten."""
    query = (
        select(messages.c.rule, func.count(messages.c.id.distinct()))
        .join(sightings, sightings.c.message == messages.c.id)
        .join(folders, folders.c.id == sightings.c.folder)
        .where(messages.c.received_at >= start, messages.c.received_at < end, folders.c.role == "inbox")
        .where(messages.c.wants_reply.is_(False), messages.c.rule != FORGOTTEN_RULE)
        .group_by(messages.c.rule)
    )
    past = (
        select(past_mail.c.rule, func.count())
        .where(past_mail.c.received_at >= start, past_mail.c.received_at < end, past_mail.c.rule.is_not(None))
        .group_by(past_mail.c.rule)
    )
    counts: Counter[str] = Counter()
    with store.reading() as connection:
        for rule, count in (*connection.execute(query), *connection.execute(past)):
            counts[str(rule)] += int(count)
    return dict(counts)


def stored(store: Store, week: str) -> dict[str, Any] | None:
    """The figures of a week's report as it was sent, if it was."""
    with store.reading() as connection:
        return connection.execute(select(reports.c.figures).where(reports.c.week == week)).scalar()


def claim_report(
    store: Store, week: str, sent: Sequence[NewLetter], figures: dict[str, Any], frozen: Frozen, now: datetime
) -> None:
    """Freeze the figures of a week, how each of its waits was counted, and what is said of earlier weeks, with the
    letters that bear them: all or nothing, and only once for a week."""
    with store.writing() as connection:
        if connection.execute(select(reports.c.week).where(reports.c.week == week)).first() is None:
            connection.execute(insert(reports).values(week=week, made_at=now, figures=figures))
            freeze(connection, week, frozen, now)
            for letter in sent:
                put_letter(connection, letter, now)


def claim_anew(store: Store, kind: str, subject: str, new: Sequence[Notice], now: datetime) -> None:
    """Letters in place of those that were taken back, of which a notice of this kind is the note: all or nothing."""
    with store.writing() as connection:
        connection.execute(delete(notices).where(notices.c.kind == kind, notices.c.subject == subject))
        put_notices(connection, new, now)


def withdraw_early(store: Store, is_over: Callable[[str], bool], now: datetime) -> list[str]:
    """Forget the reports made in the future of `now` of weeks that are not over: the clock was ahead then.

    Their letters are taken back where they still wait, and what they said of earlier weeks counts as unsaid. Tells
    which weeks these were.
    """
    with store.reading() as connection:
        rows = connection.execute(select(reports.c.week, reports.c.made_at).where(reports.c.made_at > now)).all()
    early = {row.week: row.made_at for row in rows if not is_over(row.week)}
    if early:
        with store.writing() as connection:
            connection.execute(delete(reports).where(among(reports.c.week, early, connection)))
            thaw(connection, early)
            asked_for = select(notices.c.letter).where(notices.c.letter.is_not(None))
            waiting = update(letters).where(letters.c.kind == "report", letters.c.state == "pending")
            theirs = waiting.where(letters.c.created_at.in_(early.values()), letters.c.id.not_in(asked_for))
            connection.execute(theirs.values(state="withdrawn", settled_at=now, subject="", body=b""))
    return list(early)


def facts_of(row: AnyRow, as_of: datetime | None) -> WaitFacts:
    """A row of FACTS as a value; `as_of`: up to when its mailboxes are known."""
    # By place: to ask for each by its name takes half of the time.
    id_, number, mailboxes, team, state, opened_at, due_at, answered_at, evidence, closed_at, handoffs = row[:11]
    return WaitFacts(
        number=number,
        team=team,
        state=state,
        opened_at=opened_at,
        due_at=due_at,
        answered_at=answered_at,
        evidence=evidence,
        as_of=as_of,
        mailboxes=tuple(mailboxes or ()),
        closed_at=closed_at,
        id=id_,
        handoffs=handoffs_of(handoffs) if handoffs else (),
    )
