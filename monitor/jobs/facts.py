"""FLOOR 2. Facts about a mail that its header does not hold: what a delivery report says, Gmail's thread, an opt-in
peek."""

from dataclasses import replace

from monitor.config import MailboxSettings
from monitor.core.closers import looks_like_closer, plain_text
from monitor.core.house import House
from monitor.core.message import CALENDAR, CLOSER, FAILED, GMAIL_THREAD, Message, Role
from monitor.inbox.reports import failures
from monitor.inbox.source import MailSource, RawMail

PEEKED_AT_MOST = 200_000
"""Octets: who only says thanks seldom sends more, and a large mail is more than thanks."""


def with_more_facts(
    source: MailSource, folder: str, role: Role, mail: RawMail, message: Message, mailbox: MailboxSettings, house: House
) -> Message:
    """The message with what the server tells of it beside its header; what is read for that is dropped at once."""
    facts: dict[str, tuple[str, ...]] = {}
    if mail.gmail:
        facts[GMAIL_THREAD] = (f"{mailbox.address} {mail.gmail[1]}",)
    is_report = role != "sent" and "multipart/report" in message.first("content-type").lower()
    if is_report and (failed := failures(source.report_parts(folder, mail.uid))):
        facts[FAILED] = failed
    if "calendarmessage" in message.first("content-class").lower() and (
        method := source.calendar_method(folder, mail.uid)
    ):
        facts[CALENDAR] = (method,)
    if mailbox.peek_closers and role == "inbox" and _may_close(mail, message, house):
        facts[CLOSER] = ("yes" if _closes(source, folder, mail.uid) else "no",)
    message = as_gmail_knows_it(mail, message, mailbox)
    return replace(message, headers={**message.headers, **facts}) if facts else message


def as_gmail_knows_it(mail: RawMail, message: Message, mailbox: MailboxSettings) -> Message:
    """A mail without Message-ID by the number Gmail gives it in this account: one mail under several labels stays
    one."""
    if message.message_id or not mail.gmail:
        return message
    return replace(message, identity=f"gmail:{mailbox.address} {mail.gmail[0]}")


def _may_close(mail: RawMail, message: Message, house: House) -> bool:
    answers = bool(message.in_reply_to) and mail.size <= PEEKED_AT_MOST
    return answers and not house.staff.is_ours(house.staff.writer(message).address)


def _closes(source: MailSource, folder: str, uid: int) -> bool:
    start = source.text_start(folder, uid)
    if start is None or start.has_attachment:
        return False
    return looks_like_closer(plain_text(start.text) if start.is_html else start.text)
