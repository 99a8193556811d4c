"""FLOOR 2. What `check` says of replies: whether they can be seen, by the mail of the last 14 days and by the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.config import MailboxSettings
from monitor.core.invisible import FEWEST, Invisible
from monitor.core.lately import Copy, Lately
from monitor.core.message import Message, Place, arrival
from monitor.core.moments import since
from monitor.core.sightings import Sighting
from monitor.inbox.reading import read
from monitor.inbox.source import OF_ONE_FOLDER, MailSource, SourceError
from monitor.jobs.check_fact import Fact, Mark
from monitor.jobs.check_folders import Choice
from monitor.jobs.hidden import COPY, commands, is_microsoft_365
from monitor.jobs.knowledge import Knowledge

LATELY = timedelta(days=14)
MOST_READ = 400
"""So many of the newest mails of a folder are read: about 240 KB."""


@dataclass(frozen=True, slots=True)
class Found:
    """The newest mails of a mailbox; all that came since `since` is among them. `newest`: when the newest of its inbox
    came, by the server's clock."""

    copies: Sequence[Copy]
    since: datetime
    newest: datetime | None = None


def newest_mail(source: MailSource, picked: Sequence[Choice], mailbox: MailboxSettings, now: datetime) -> Found:
    """The mail of the last 14 days, or as much of it as is read: two questions a folder. Raises SourceError."""
    copies: list[Copy] = []
    begin, newest = now - LATELY, None
    for choice in picked:
        if choice.folder.role not in ("inbox", "sent"):
            continue
        try:
            here, whole = _of_folder(source, choice, mailbox, now)
        except SourceError as error:
            if error.fault not in OF_ONE_FOLDER:
                raise
            continue
        copies += here
        stamps = [copy.received_at for copy in here]
        if not whole and stamps:
            begin = max(begin, min(stamps))
        if choice.folder.role == "inbox" and stamps:
            newest = max([*stamps, *([newest] if newest else [])])
    return Found(copies, begin, newest)


def _of_folder(source: MailSource, choice: Choice, mailbox: MailboxSettings, now: datetime) -> tuple[list[Copy], bool]:
    """The mails of a folder, and whether these are all of the last 14 days."""
    uids = [uid for window in source.uids(choice.folder.name, 1, now - LATELY) for uid in window]
    copies = []
    for mail in source.mails(choice.folder.name, uids[-MOST_READ:]) if uids else ():
        message = read(mail.header)
        if isinstance(message, Message):
            place = Place(mailbox.address, choice.folder.role)
            flags = frozenset(flag.lower() for flag in mail.flags)
            # Not held against a clock that is behind: what came is there.
            stamp = mail.internaldate or arrival(None, None, message.sent_at, now)
            copies.append(Copy(message, stamp, Sighting(place, flags, False, mail.size, now)))
    return copies, len(uids) <= MOST_READ


def reply_facts(
    mailbox: MailboxSettings,
    sent: Sequence[int | None],
    lately: Lately,
    begin: datetime,
    knowledge: Knowledge | None,
    zone: ZoneInfo,
    now: datetime,
) -> Iterator[Fact]:
    """Whether replies can be seen (rules.md §6): `sent` are the sizes of its Sent folders, `lately` the mail since
    `begin`."""
    measured = knowledge.invisible_replies(mailbox.address) if knowledge else Invisible()
    counted = _counted(lately, begin, zone, now)
    if not sent:
        fix = 'name it: sent = "…" for this mailbox; until then nobody is reminded about it'
        yield _fact(mailbox, "look", "no Sent folder was found, so replies cannot be seen", _gmail(mailbox) or fix)
    elif not measured.too_many and not _shows_replies(mailbox, sent, knowledge):
        fix = 'reminders start with the first reply seen; replies = "confirmed" says that replies are kept there'
        nothing = "holds none" if any(sent) else "is empty"
        fix = f"{fix}. {_in_exchange(mailbox)}" if is_microsoft_365(mailbox) else fix
        more = f"; {_came(lately, begin, now)}" if lately.questions else ""
        yield _fact(mailbox, "look", f"its Sent folder {nothing}: no reply was ever seen{more}", fix)
    elif mailbox.watch == "all" and not lately.sent and not lately.answered and lately.questions >= FEWEST:
        fix = _in_exchange(mailbox) if is_microsoft_365(mailbox) else _elsewhere()
        yield _fact(mailbox, "look", f"{_came(lately, begin, now)}, and no reply to one of them is in Sent", fix)
    elif mailbox.watch == "all" or lately.sent:
        yield _fact(mailbox, "ok", counted)
    if measured.n:
        yield _measured(mailbox, measured, knowledge)


def _counted(lately: Lately, begin: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`41 mails sent in the last 14 days, the last one today 09:12; 38 of 44 questions have a reply`."""
    last = f", the last one {since(lately.last_sent, zone, now)}" if lately.last_sent else ""
    sent = f"{_many(lately.sent, 'mail')} sent in the last {_days(begin, now)}{last}"
    if not lately.questions:
        return f"{sent}; no question came"
    have = "has" if lately.questions == 1 else "have"
    return f"{sent}; {lately.answered} of {_many(lately.questions, 'question')} {have} a reply"


def _came(lately: Lately, begin: datetime, now: datetime) -> str:
    return f"{_many(lately.questions, 'question')} came in the last {_days(begin, now)}"


def _days(begin: datetime, now: datetime) -> str:
    """A day that is only in part read is counted as one."""
    days = max(1, -((begin - now) // timedelta(days=1)))
    return f"{days} days" if days > 1 else "day"


def _many(number: int, one: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def _measured(mailbox: MailboxSettings, measured: Invisible, knowledge: Knowledge | None) -> Fact:
    """What customers' answers prove, by the store."""
    said = f"{measured.words} of the replies that people answered in the last four weeks were never seen"
    if not measured.too_many:
        return _fact(mailbox, "ok", said)
    stopped = knowledge is not None and knowledge.replies_hidden(mailbox.address)
    fix = _in_exchange(mailbox) if is_microsoft_365(mailbox) else _elsewhere()
    return _fact(mailbox, "look", said + (", so nobody is reminded" if stopped else ""), fix)


def _shows_replies(mailbox: MailboxSettings, sent: Sequence[int | None], knowledge: Knowledge | None) -> bool:
    """What the store says after the first complete look; before it, whether there is anything in Sent."""
    if mailbox.replies_confirmed or (knowledge and knowledge.replies_visible(mailbox.address)):
        return True
    view = knowledge.views.get(mailbox.address) if knowledge else None
    return any(sent) and (view is None or view.first_as_of is None)


def _in_exchange(mailbox: MailboxSettings) -> str:
    told = "Microsoft 365 keeps them in the sender's own Sent Items until Exchange Online PowerShell is told:"
    return "\n".join((told, *commands(mailbox.address)))


def _elsewhere() -> str:
    return f'name the folder they are in with sent = "…", add the mailboxes they leave from with watch = "sent", {COPY}'


def _gmail(mailbox: MailboxSettings) -> str:
    """Gmail shows over IMAP only the labels that its settings say."""
    if mailbox.host.lower() not in ("imap.gmail.com", "imap.googlemail.com"):
        return ""
    return "in Gmail's settings of this mailbox, under Labels, tick Show in IMAP beside Sent"


def _fact(mailbox: MailboxSettings, mark: Mark, text: str, fix: str = "") -> Fact:
    return Fact("Mailboxes", mark, mailbox.address, text, fix)
