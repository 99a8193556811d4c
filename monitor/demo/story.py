"""ROOF. The demo's story as mails: three shared mailboxes of an invented library, eleven days, the same every time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

from monitor.demo import story_mails, story_mails_later
from monitor.demo.story_row import DESKS, DOMAIN, PEOPLE, Row

FIRST_LOOK = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 14, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
"""The three moments at which the demo looks."""

MAILBOXES = tuple(address for _, address in DESKS.values())

_BOUNCE = """\
--report
Content-Type: text/plain; charset=us-ascii

This message could not be delivered.

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.retired.example

Final-Recipient: rfc822; fiona.gale@retired.example
Action: failed
Status: 5.1.1

--report--
"""


@dataclass(frozen=True, slots=True)
class StoryMail:
    """A mail as the server gets it: whose mailbox, which folder, what, and when it arrived there."""

    user: str
    folder: str
    raw: bytes
    arrived: datetime


@cache
def mails() -> tuple[StoryMail, ...]:
    """The whole story, oldest first."""
    rows = {row.key: row for row in story_mails.MAILS + story_mails_later.MAILS}
    told = [_story_mail(row, place, rows) for row in rows.values() for place in row.places.split()]
    return tuple(sorted(told, key=lambda mail: mail.arrived))


def mails_until(moment: datetime) -> tuple[StoryMail, ...]:
    """What had arrived at `moment`."""
    return tuple(mail for mail in mails() if mail.arrived <= moment)


def mails_after(moment: datetime) -> tuple[StoryMail, ...]:
    """What came later."""
    return tuple(mail for mail in mails() if mail.arrived > moment)


def mails_between(after: datetime, until: datetime) -> tuple[StoryMail, ...]:
    """What came between two looks."""
    return tuple(mail for mail in mails_after(after) if mail.arrived <= until)


def _story_mail(row: Row, place: str, rows: Mapping[str, Row]) -> StoryMail:
    desk, _, folder = place.partition("/")
    message = EmailMessage(policy=SMTP)
    if not folder:
        _stamp_arrival(message, row)
    _write_headers(message, row, rows)
    for name, value in row.headers.items():
        message[name] = value
    _fill(message, row)
    return StoryMail(DESKS[desk][1], folder or "INBOX", message.as_bytes(), _when(row))


def _write_headers(message: EmailMessage, row: Row, rows: Mapping[str, Row]) -> None:
    message["Message-ID"] = f"<{_id(row)}>"
    message["Date"] = format_datetime(_when(row))
    message["From"] = _address(row.who)
    message["To"] = [_address(who) for who in row.to.split()]
    if row.cc:
        message["Cc"] = [_address(who) for who in row.cc.split()]
    message["Subject"] = row.subject or _re(rows[row.replies_to].subject or _root(row, rows).subject)
    if row.replies_to:
        ids = [_id(earlier) if row.bare_ids else f"<{_id(earlier)}>" for earlier in _chain(row, rows)]
        message["In-Reply-To"] = ids[-1]
        message["References"] = " ".join(ids)


def _stamp_arrival(message: EmailMessage, row: Row) -> None:
    """What the receiving server writes: how it came, and for mail from outside whether the sender is who it says."""
    domain = _domain(row)
    stamp = f"from mail.{domain} by mx.{DOMAIN} with ESMTPS id {row.key}; {format_datetime(_when(row))}"
    if "Return-Path" not in row.headers:
        message["Return-Path"] = f"<{_address(row.who).addr_spec}>"
    message["Received"] = stamp
    if domain != DOMAIN:
        message["Authentication-Results"] = f"mx.{DOMAIN}; dmarc=pass header.from={domain}"


def _fill(message: EmailMessage, row: Row) -> None:
    if row.who == "mailer":
        message["MIME-Version"] = "1.0"
        message["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="report"'
        message.set_payload(_BOUNCE)
    else:
        message.set_content(row.text)


def _chain(row: Row, rows: Mapping[str, Row]) -> list[Row]:
    """The mails this one goes back to, oldest first."""
    chain: list[Row] = []
    while row.replies_to:
        row = rows[row.replies_to]
        chain.insert(0, row)
    return chain


def _root(row: Row, rows: Mapping[str, Row]) -> Row:
    return _chain(row, rows)[0]


def _re(subject: str) -> str:
    return subject if subject.startswith("Re: ") else f"Re: {subject}"


def _when(row: Row) -> datetime:
    return datetime.fromisoformat(f"2026-11-{row.when.replace(' ', 'T')}").replace(tzinfo=UTC)


def _id(row: Row) -> str:
    return f"{row.key}.2026-11-{row.when.replace(' ', '.').replace(':', '')}@{_domain(row)}"


def _domain(row: Row) -> str:
    return _address(row.who).domain


def _address(who: str) -> Address:
    name, addr_spec = DESKS.get(who) or PEOPLE[who]
    return Address(name, addr_spec=addr_spec)
