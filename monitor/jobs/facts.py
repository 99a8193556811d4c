"""FLOOR 2. Facts about mails that their headers do not hold: what a delivery report says, Gmail's thread, an opt-in
peek."""

from collections.abc import Sequence
from dataclasses import replace

from monitor.config import MailboxSettings
from monitor.core.closers import looks_like_closer, plain_text
from monitor.core.house import House
from monitor.core.message import CALENDAR, CLOSER, FAILED, GMAIL_THREAD, Message, Role
from monitor.inbox.reports import failures
from monitor.inbox.source import MailSource, RawMail, TextStart

PEEKED_AT_MOST = 200_000
"""Octets: who only says thanks seldom sends more, and a large mail is more than thanks."""

Told = tuple[RawMail, Message]


def with_more_facts(
    source: MailSource, folder: str, role: Role, batch: Sequence[Told], mailbox: MailboxSettings, house: House
) -> dict[int, Message]:
    """The messages of a batch of which the server tells more than their headers, with that, by uid.

    What is read for it is dropped at once. A question is about all mails that it is asked of.
    """
    told = {mail.uid: message for mail, message in batch}
    found: dict[int, Message] = {}
    facts: dict[int, dict[str, tuple[str, ...]]] = {}
    for mail, message in batch:
        if mail.gmail:
            facts[mail.uid] = {GMAIL_THREAD: (f"{mailbox.address} {mail.gmail[1]}",)}
            found[mail.uid] = as_gmail_knows_it(mail, message, mailbox)
    reports = [mail.uid for mail, message in batch if role != "sent" and _is_report(message)]
    for uid, parts in source.report_parts(folder, reports).items() if reports else ():
        if failed := failures(parts):
            facts.setdefault(uid, {})[FAILED] = failed
    calendars = [mail.uid for mail, message in batch if _is_calendar(message)]
    for uid, method in source.calendar_methods(folder, calendars).items() if calendars else ():
        if method:
            facts.setdefault(uid, {})[CALENDAR] = (method,)
    if mailbox.peek_closers and role == "inbox":
        peeked = [mail.uid for mail, message in batch if _may_close(mail, message, house)]
        for uid, start in source.text_starts(folder, peeked).items() if peeked else ():
            facts.setdefault(uid, {})[CLOSER] = ("yes" if _closes(start) else "no",)
    for uid, more in facts.items():
        message = found.get(uid, told[uid])
        found[uid] = replace(message, headers={**message.headers, **more})
    return found


def as_gmail_knows_it(mail: RawMail, message: Message, mailbox: MailboxSettings) -> Message:
    """A mail without Message-ID by the number Gmail gives it in this account: one mail under several labels stays
    one."""
    if message.message_id or not mail.gmail:
        return message
    return replace(message, identity=f"gmail:{mailbox.address} {mail.gmail[0]}")


def _is_report(message: Message) -> bool:
    return "content-type" in message.headers and "multipart/report" in message.first("content-type").lower()


def _is_calendar(message: Message) -> bool:
    return "content-class" in message.headers and "calendarmessage" in message.first("content-class").lower()


def _may_close(mail: RawMail, message: Message, house: House) -> bool:
    answers = bool(message.in_reply_to) and mail.size <= PEEKED_AT_MOST
    return answers and not house.staff.is_ours(house.staff.writer(message).address)


def _closes(start: TextStart | None) -> bool:
    if start is None or start.has_attachment:
        return False
    return looks_like_closer(plain_text(start.text) if start.is_html else start.text)
