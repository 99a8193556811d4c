"""FLOOR 1. A rendered letter as the bytes that go over SMTP: the same bytes for the same letter, every time (law 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from monitor.outbox.plain import tame

LONGEST_LINE = 250  # RFC 5322 §2.1.1 allows 998
KIND_HEADER = "X-Inbox-Monitor"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter's three parts."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter; text in UTF-8."""

    name: str
    text: str
    subtype: str = "csv"


def compose(
    rendered: Rendered,
    *,
    from_: str,
    to: str,
    message_id: str,
    date: datetime,
    references: Sequence[str] = (),
    list_id: str,
    kind: str,
    attachments: Sequence[Attachment] = (),
    reply_to: str = "",
) -> bytes:
    """The frozen bytes. `references` are ids of our own letters only, never a customer's (failures.md §5)."""
    # Python folds a long subject after its colon, and some clients then show a blank before it.
    letter = EmailMessage(policy=SMTP.clone(max_line_length=LONGEST_LINE))
    _address(letter, rendered.subject, from_, to)
    if reply_to:
        letter["Reply-To"] = tame(reply_to)
    letter["Date"] = format_datetime(date)
    letter["Message-ID"] = tame(message_id)
    if references:
        letter["In-Reply-To"] = tame(references[-1])
        letter["References"] = " ".join(tame(reference) for reference in references)
    _mark(letter, list_id, kind)
    letter.set_content(rendered.text, cte="quoted-printable")
    letter.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    letter.set_boundary(_boundary(message_id, "parts"))
    for attachment in attachments:
        _attach(letter, attachment)
    if attachments:
        letter.set_boundary(_boundary(message_id, "files"))
    return letter.as_bytes()


def _address(letter: EmailMessage, subject: str, from_: str, to: str) -> None:
    letter["From"] = tame(from_)
    letter["To"] = tame(to)
    letter["Subject"] = tame(subject)


def _mark(letter: EmailMessage, list_id: str, kind: str) -> None:
    # RFC 3834 §5: a receipt answers a mail.
    letter["Auto-Submitted"] = "auto-replied" if kind == "receipt" else "auto-generated"
    # Not "All": it would suppress the bounces that tell us of a dead address.
    letter["X-Auto-Response-Suppress"] = "OOF, AutoReply, RN, NRN"
    listed = tame(list_id)
    letter["List-Id"] = listed if listed.endswith(">") else f"<{listed}>"
    letter[KIND_HEADER] = tame(kind)


def _attach(letter: EmailMessage, attachment: Attachment) -> None:
    letter.add_attachment(
        attachment.text.encode("utf-8", "replace"),
        maintype="text",
        subtype=attachment.subtype,
        filename=tame(attachment.name),
        params={"charset": "utf-8"},
    )


def _boundary(message_id: str, part: str) -> str:
    # "=_" cannot occur in quoted-printable or base64, so no text can end its part early.
    return f"=_{part}_{sha256(message_id.encode('utf-8', 'replace')).hexdigest()[:24]}"
