"""FLOOR 1. The mails of a batch beside those that are known: which are the same, and which only bear the same id.

A batch is pairs of a copy, whatever is known of it, and the message that was read of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from monitor.core.house import House
from monitor.core.ids import digest
from monitor.core.message import SUBJECT, Message, same_mail, together
from monitor.core.topic import alike, without_subject
from monitor.store.rows import message_of
from monitor.store.tables import AnyRow

_Copy = TypeVar("_Copy")
Batch = Sequence[tuple[_Copy, Message]]


def as_kept(batch: Batch[_Copy], known: Mapping[str, AnyRow], house: House) -> Batch[_Copy]:
    """The one place where subjects that are not kept go; nor does one come back that went before."""
    if not house.keeps_subjects:
        return [(arrival, without_subject(message, house)) for arrival, message in batch]
    firsts = {identity: message_of(row) for identity, row in known.items() if SUBJECT in row.headers}
    if not firsts:
        return batch
    return [(a, alike(m, firsts[m.identity], house) if m.identity in firsts else m) for a, m in batch]


def told_apart(message: Message) -> Message:
    """Another mail under a Message-ID that is known, with an identity of its own."""
    subject = message.about("base") or message.subject
    mark = digest(f"{message.from_.address}\n{message.sent_at}\n{subject}".encode())[7:19]
    return replace(message, identity=f"{message.message_id}#{mark}")


def all_told_apart(batch: Batch[_Copy], firsts: dict[str, Message]) -> Batch[_Copy]:
    """A program that repeats one Message-ID must not make people vanish: another mail gets another identity."""
    if not firsts and len({message.identity for _, message in batch}) == len(batch):  # nearly all, in a first look
        return batch
    apart = []
    for arrival, message in batch:
        first = firsts.setdefault(message.identity, message)
        if first is not message and message.message_id and not same_mail(message, first):
            apart.append((arrival, told_apart(message)))
        else:
            apart.append((arrival, message))
    return apart


def fresh_of(batch: Batch[_Copy], known: Collection[str]) -> dict[str, Message]:
    """By identity, the messages that are not known, each as all its copies together say it."""
    fresh = {} if known else {message.identity: message for _, message in batch}
    if len(fresh) == len(batch):  # as above
        return fresh
    fresh.clear()
    for _, message in batch:
        if message.identity in known:
            continue
        first = fresh.setdefault(message.identity, message)
        if first is not message:
            fresh[message.identity] = together(first, message)
    return fresh
