"""Conversations as rows, and what became of them as lines.

    "10:00 Ann → info, cc it: a question"
    "11:00 info → Ann"                        ⇒   "1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"

Row n bears the id `<n@mail.example>` and answers the row before it. A mailbox as the writer: lies in its Sent folder;
a mailbox among the recipients: lies in its inbox.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.house import Desk, House
from monitor.core.message import Address, Message, Place, Seen
from monitor.core.staff import Staff
from monitor.core.wait import Folded, Wait
from monitor.core.waits import fold

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
INFO, OPS, IT = "info@ours.example", "ops@ours.example", "it@ours.example"

PEOPLE = {
    "info": Address("Info", INFO),
    "ops": Address("Operations", OPS),
    "it": Address("IT", IT),
    "Olga": Address("Olga Owner", "olga@ours.example"),
    "Olaf": Address("Olaf Operator", "olaf@ours.example"),
    "Eva": Address("Eva Staff", "eva@ours.example"),
    "group": Address("All of us", "everybody@ours.example"),
    "list": Address("Users", "users@lists.example"),
    "Ann": Address("Ann Other", "ann@customer.example"),
    "Bob": Address("Bob Third", "bob@customer.example"),
    "Sue": Address("Sue Supplier", "sue@supplier.example"),
}

HOUSE = House(
    staff=Staff(
        mailboxes=frozenset({INFO, OPS}),
        people=frozenset({IT}),
        domains=("ours.example",),
        lists=frozenset({"users@lists.example"}),
        groups=frozenset({"everybody@ours.example"}),
    ),
    desks={INFO: Desk(INFO, "Information"), OPS: Desk(OPS, "Operations")},
    letter_key=b"a key for tests",
    owners={"Information": frozenset({"olga@ours.example"}), "IT": frozenset({IT})},
)

SERVES_ITS_OWN = replace(
    HOUSE, desks={INFO: Desk(INFO, "Information", internal_customers=True), OPS: Desk(OPS, "Operations")}
)
"""The same house, where info@ has customers inside the house too."""

_ROW = re.compile(
    r"(?:(?P<day>[A-Z][a-z]{2}) )?(?P<hour>\d\d):(?P<minute>\d\d) (?P<who>\w+) → (?P<to>[^:]*)(?:: (?P<subject>.*))?"
)


def id_of(number: int) -> str:
    """The Message-ID of a row."""
    return f"<{number}@mail.example>"


def at(text: str) -> datetime:
    """`"Tue 10:30"`, `"10:30"` (on Monday) in UTC."""
    day, _, clock = text.rpartition(" ")
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=DAYS.index(day or "Mon"), hours=int(hour), minutes=int(minute))


def mail(row: str, number: int = 1, answers: Sequence[int] = (), **facts: Any) -> Seen:
    """One row as a message that was seen. `headers` are given with lower-case names; other facts as in Message."""
    match = _ROW.fullmatch(row)
    assert match, f"not a row: {row}"
    people = [PEOPLE[name.removeprefix("cc ")] for name in match["to"].split(", ") if name]
    message = Message(
        identity=id_of(number),
        message_id=id_of(number),
        from_=PEOPLE[match["who"]],
        recipients=tuple(people),
        subject=match["subject"] or "a question",
        in_reply_to=tuple(id_of(n) for n in answers),
    )
    headers = {name: (value,) for name, value in facts.pop("headers", {}).items()}
    message = replace(message, headers=headers, **facts)
    when = at(f"{match['day'] or 'Mon'} {match['hour']}:{match['minute']}")
    return Seen(message, when, places(match["who"], [p.address for p in people]))


def places(writer: str, recipients: Iterable[str]) -> frozenset[Place]:
    """Where a mail lies: the Sent folder of the mailbox that wrote it, the inbox of every other that got it."""
    sent = PEOPLE[writer].address
    found = {Place(sent, "sent")} if writer in ("info", "ops") else set()
    return frozenset(found | {Place(a, "inbox") for a in recipients if a in HOUSE.desks and a != sent})


def talk(*rows: str | Seen) -> list[Seen]:
    """A conversation: each row answers the one before it. A row that is more than text is taken as it is."""
    return [
        row if isinstance(row, Seen) else mail(row, number, (number - 1,) if number > 1 else ())
        for number, row in enumerate(rows, 1)
    ]


def seen_in(seen: Seen, *where: Place) -> Seen:
    """The same mail, in these places."""
    return replace(seen, places=frozenset(where))


def lines(messages: Iterable[Seen], house: House = HOUSE) -> list[str]:
    """What became of a conversation, one line a wait."""
    return [line(wait) for wait in fold(messages, house).waits]


def line(wait: Wait) -> str:
    """One wait as a line."""
    text = f"{number_of(wait.opener)} of {clock(wait.opened_at)} ({wait.who.name.split()[0]}): "
    if wait.answered_by and wait.answered_at:
        return text + f"answered by {number_of(wait.answered_by)} {clock(wait.answered_at)} ({wait.evidence})"
    return text + wait.state + (f", chased {clock(wait.chased_at)}" if wait.chased_at else "")


def rules(folded: Folded) -> list[str]:
    """The rule that judged each row."""
    return [folded.verdicts[i].rule for i in sorted(folded.verdicts)]


def number_of(identity: str) -> str:
    """`"1"` of `<1@mail.example>`."""
    return identity.strip("<").partition("@")[0]


def clock(moment: datetime) -> str:
    """`"Mon 10:00"`."""
    return f"{DAYS[moment.weekday()]} {moment:%H:%M}"
