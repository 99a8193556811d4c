"""Replies that name nothing: some mail programs, ticket systems and telephones leave In-Reply-To and References out."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence

from tests.servers.archive import ArchiveMail

SHARE = 0.3
SEED = 1
FIELDS = ("In-Reply-To", "References")


def addressees(mails: Iterable[ArchiveMail], staff: Collection[str]) -> dict[str, ArchiveMail]:
    """For each reply of staff, the message whose author it would be sent to, by the reply's id.

    That is the message it names, where it names several the newest; where staff wrote that one too (they add to what
    they said) the one before it, as mail programs address a reply to one's own mail to those who got that. Replies
    that lead to no customer's message of the archive are not here.
    """
    known = {mail.message_id: mail for mail in mails}
    found = {}
    for mail in known.values():
        if mail.sender in staff:
            customer = _customer(mail, known, staff)
            if customer is not None:
                found[mail.message_id] = customer
    return found


def chosen(replies: Collection[str]) -> list[str]:
    """The share of these replies that loses its ids; always the same."""
    ordered = sorted(replies)
    return sorted(random.Random(SEED).sample(ordered, round(SHARE * len(ordered))))


def strip(mails: Sequence[ArchiveMail], replies: Collection[str]) -> list[ArchiveMail]:
    """The archive with these replies naming nothing; their bytes are left to whoever delivers them."""
    lost = frozenset(replies)
    return [mail._replace(refers_to=frozenset()) if mail.message_id in lost else mail for mail in mails]


def _customer(mail: ArchiveMail, known: Mapping[str, ArchiveMail], staff: Collection[str]) -> ArchiveMail | None:
    passed = set()
    while mail.sender in staff:
        passed.add(mail.message_id)
        named = [known[each] for each in mail.refers_to if each in known and each not in passed]
        if not named:
            return None
        mail = max(named, key=lambda each: (each.when, each.message_id))
    return mail
