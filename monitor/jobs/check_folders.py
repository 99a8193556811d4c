"""FLOOR 2. What `check` says of the folders of a mailbox: which were chosen and why, and which might have been."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from monitor.config import MailboxSettings, Settings
from monitor.inbox.folders import LOOKED_AT, SHARE, choose, find_sent_by_share, looks_sent, share_from
from monitor.inbox.source import MailSource, RemoteFolder, SourceError, WatchedFolder
from monitor.jobs.check_fact import Fact, Mark

MOST_CANDIDATES = 3
"""So many folders that were not chosen are looked into: each costs three round trips."""
FRESH = timedelta(days=14)
"""A folder that was written to this lately is in use."""
MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """A folder that is read, the reason for it, and how many mails it holds, if the server says."""

    folder: WatchedFolder
    why: str
    messages: int | None


def missing(mailbox: MailboxSettings, remote: Sequence[RemoteFolder]) -> list[Fact]:
    """A line for each folder that the config names and that is not there, with the one that was meant."""
    there = [f.name for f in remote if not f.attributes & {"\\noselect", "\\nonexistent"}]
    wanted: list[tuple[str, Sequence[str]]] = [("sent", mailbox.sent)]
    if mailbox.watch == "all":
        wanted.insert(0, ("inbox", mailbox.inbox))
    return [
        _missing(mailbox, key, name, there, remote)
        for key, names in wanted
        for name in names
        if name not in there and not (name.upper() == "INBOX" and "INBOX" in map(str.upper, there))
    ]


def _missing(
    mailbox: MailboxSettings, key: str, name: str, there: Sequence[str], remote: Sequence[RemoteFolder]
) -> Fact:
    near = _near(name, there)
    if not near and key == "sent":
        near = next((f.name for f in remote if f.name in there and looks_sent(f)), "")
    if near:
        fix = f'write {key} = "{near}" for {mailbox.address}'
    else:
        more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
        named = ", ".join(f'"{n}"' for n in there[:MOST_NAMED])
        fix = f"name one of those that are there with `{key}`: {named}{more}"
    text = f'there is no folder "{name}", which `{key}` names' + (f'; found "{near}"' if near else "")
    return Fact("Mailboxes", "fix", mailbox.address, text, fix, "folder")


def _near(name: str, there: Sequence[str]) -> str:
    """The folder that was probably meant: in another case, below INBOX, or with a slip of the pen."""
    folded = {n.casefold(): n for n in there}
    for end in ("", ".", "/"):
        for low, real in folded.items():
            if low == name.casefold() or (end and low.endswith(f"{end}{name.casefold()}")):
                return real
    return next((folded[n] for n in get_close_matches(name.casefold(), folded, n=1)), "")


def choices(
    source: MailSource, remote: Sequence[RemoteFolder], settings: Settings, mailbox: MailboxSettings
) -> list[Choice]:
    """The folders as a look at the mailbox would choose them. Raises SourceError."""
    folders = choose(remote, mailbox.inbox, mailbox.sent, mailbox.done, mailbox.watch == "all")
    reasons = [(folder, _why(folder, remote, mailbox)) for folder in folders]
    if not any(folder.role == "sent" for folder in folders):
        own = {mailbox.address, *settings.staff.mailboxes}
        found = find_sent_by_share(remote, folders, own, lambda name: source.senders(name, LOOKED_AT))
        reasons += [(WatchedFolder(name, "sent"), "nearly all its mail is ours") for name in found[:1]]
    return [Choice(folder, why, source.state(folder.name).messages) for folder, why in reasons]


def _why(folder: WatchedFolder, remote: Sequence[RemoteFolder], mailbox: MailboxSettings) -> str:
    named = {"inbox": mailbox.inbox, "sent": mailbox.sent, "done": mailbox.done}.get(folder.role, ())
    marked = any(f.name == folder.name and "\\sent" in f.attributes for f in remote)
    if named:
        return "named in the config"
    if folder.role == "inbox":
        return ""
    return "marked \\Sent" if folder.role == "sent" and marked else "by its name"


def chosen(picked: Sequence[Choice]) -> str:
    """`3,412 messages in "INBOX" (inbox); 2,988 messages in "Sent" (sent, marked \\Sent)`."""
    return "; ".join(f'{messages(c.messages)} in "{c.folder.name}" ({_role(c)})' for c in picked)


def _role(choice: Choice) -> str:
    return f"{choice.folder.role}, {choice.why}" if choice.why else choice.folder.role


def messages(count: int | None) -> str:
    """`1 message`, `3,412 messages`; `messages` where nobody knows how many."""
    return "messages" if count is None else f"{count:,} {'message' if count == 1 else 'messages'}"


def not_chosen(
    source: MailSource,
    remote: Sequence[RemoteFolder],
    picked: Sequence[Choice],
    settings: Settings,
    mailbox: MailboxSettings,
    now: datetime,
) -> Iterator[Fact]:
    """Folders that look like a second Sent folder and are in use; and one that holds everything once more."""
    own = {mailbox.address, *settings.staff.mailboxes}
    sent = [c.folder.name for c in picked if c.folder.role == "sent"]
    taken = {c.folder.name for c in picked}
    others = [f for f in remote if f.name not in taken and looks_sent(f)]
    for folder in others[:MOST_CANDIDATES] if sent else ():
        yield from _candidate(source, folder, sent, own, mailbox, now)
    for folder in remote:
        if "\\all" in folder.attributes:
            yield _all_mail(folder.name, folder.name in taken, mailbox)


def _candidate(
    source: MailSource,
    folder: RemoteFolder,
    sent: Sequence[str],
    own: set[str],
    mailbox: MailboxSettings,
    now: datetime,
) -> Iterator[Fact]:
    try:
        if share_from(source.senders(folder.name, LOOKED_AT), own) <= SHARE:
            return
        fresh = any(source.uids(folder.name, 1, now - FRESH))
        count = source.state(folder.name).messages
    except SourceError as error:
        if error.fault not in ("folder", "message", "protocol"):
            raise
        return
    mark: Mark = "look" if fresh else "ok"
    lately = "some of the last 14 days" if fresh else "none of the last 14 days"
    text = f'"{folder.name}" looks like a Sent folder, too, and was not chosen; it holds {messages(count)} of ours, '
    both = ", ".join(f'"{name}"' for name in [*sent, folder.name])
    fix = f"name both: write sent = [{both}] for {mailbox.address}" if fresh else ""
    yield Fact("Mailboxes", mark, mailbox.address, text + lately, fix)


def _all_mail(name: str, taken: bool, mailbox: MailboxSettings) -> Fact:
    if taken:
        text = f'"{name}" holds all mail, sent and received, so that it can be told apart only by its sender'
        return Fact("Mailboxes", "look", mailbox.address, text, 'name "INBOX" and the Sent folder instead')
    text = f'"{name}" holds all mail once more, and is only looked into for a mail that left its folder'
    return Fact("Mailboxes", "ok", mailbox.address, text)
