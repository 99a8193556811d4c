"""FLOOR 2. What `check` says of one mailbox: its folders and why they were chosen, whether its replies are seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.config import MailboxSettings, Settings
from monitor.core.durations import words
from monitor.core.invisible import Invisible
from monitor.inbox.folders import LOOKED_AT, choose, find_done, find_sent_by_share, missing_done
from monitor.inbox.source import TEXT_LIMIT, MailSource, RemoteFolder, SourceError, WatchedFolder
from monitor.jobs.check_fact import Fact, Mark
from monitor.jobs.hidden import COPY, commands, is_microsoft_365
from monitor.jobs.knowledge import Knowledge
from monitor.store.citations import StandIn

MOST_SUGGESTED = 10
"""So many people who may be staff are named for one mailbox: the latest."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store tells; nothing where it cannot be read."""

    knowledge: Knowledge | None = None
    suggestions: Sequence[StandIn] = ()


@dataclass(frozen=True, slots=True)
class _Choice:
    """A folder that is read, the reason for it, and how many mails it holds, if the server says."""

    folder: WatchedFolder
    why: str
    messages: int | None


def mailbox_facts(
    source: MailSource, settings: Settings, mailbox: MailboxSettings, known: Known, make_folders: bool = False
) -> Iterator[Fact]:
    """All facts of a mailbox; with `make_folders` its missing `done` folders are made, and nothing else."""
    try:
        if make_folders and mailbox.watch == "all":
            yield from _made(source, mailbox)
        remote = source.folders()
        choices = _choices(source, remote, settings, mailbox)
    except SourceError as error:
        yield Fact("Mailboxes", "fix", mailbox.address, str(error), fault=error.fault)
        return
    seen = "; ".join(f'{_messages(c.messages)} in "{c.folder.name}" ({_role(c)})' for c in choices)
    yield _fact(mailbox, "ok", f"{mailbox.host}:{mailbox.port}, logged in; {seen}")
    yield from _reply_facts(mailbox, [c.messages for c in choices if c.folder.role == "sent"], known.knowledge)
    yield from _doubts(mailbox, known.knowledge)
    if mailbox.watch == "all":
        yield from _done_facts(mailbox, remote)
    if mailbox.peek_closers:
        peeked = f"reads the first {TEXT_LIMIT // 1024} KB of replies, to tell a mere thank-you; none of it is kept"
        yield _fact(mailbox, "ok", peeked)
    for one in [s for s in known.suggestions if s.mailbox == mailbox.address][:MOST_SUGGESTED]:
        fix = f'if this is one of us, write people = ["{one.address}"] under [staff]'
        answered = f"{one.address} answered {one.conversations} conversations of {mailbox.address}: add to people?"
        yield _fact(mailbox, "look", answered, fix)


def ear_fact(source: MailSource, mailbox: MailboxSettings) -> Fact:
    """Where commands are heard."""
    try:
        inboxes = [f.name for f in choose(source.folders(), mailbox.inbox, ()) if f.role == "inbox"]
        seen = "; ".join(f'{_messages(source.state(name).messages)} in "{name}"' for name in inboxes)
    except SourceError as error:
        return Fact("Letters", "fix", mailbox.address, f"commands are not heard: {error}", fault=error.fault)
    return Fact("Letters", "ok", mailbox.address, f"commands are heard at {mailbox.host}:{mailbox.port}; {seen}")


def _fact(mailbox: MailboxSettings, mark: Mark, text: str, fix: str = "") -> Fact:
    return Fact("Mailboxes", mark, mailbox.address, text, fix)


def _made(source: MailSource, mailbox: MailboxSettings) -> Iterator[Fact]:
    for name in missing_done(source.folders(), mailbox.done):
        try:
            source.create(name)
        except SourceError as error:
            if error.fault != "folder":
                raise
            yield Fact("Mailboxes", "fix", mailbox.address, str(error), fault="folder")
        else:
            yield Fact("Mailboxes", "ok", mailbox.address, f'the folder "{name}" was made', changed=True)


def _choices(
    source: MailSource, remote: Sequence[RemoteFolder], settings: Settings, mailbox: MailboxSettings
) -> list[_Choice]:
    """The folders as a look at the mailbox would choose them."""
    folders = choose(remote, mailbox.inbox, mailbox.sent, mailbox.done, mailbox.watch == "all")
    reasons = [(folder, _why(folder, remote, mailbox)) for folder in folders]
    if not any(folder.role == "sent" for folder in folders):
        own = {mailbox.address, *settings.staff.mailboxes}
        found = find_sent_by_share(remote, folders, own, lambda name: source.senders(name, LOOKED_AT))
        reasons += [(WatchedFolder(name, "sent"), "nearly all its mail is ours") for name in found[:1]]
    return [_Choice(folder, why, source.state(folder.name).messages) for folder, why in reasons]


def _why(folder: WatchedFolder, remote: Sequence[RemoteFolder], mailbox: MailboxSettings) -> str:
    named = {"inbox": mailbox.inbox, "sent": mailbox.sent, "done": mailbox.done}.get(folder.role, ())
    marked = any(f.name == folder.name and "\\sent" in f.attributes for f in remote)
    if named:
        return "named in the config"
    if folder.role == "inbox":
        return ""
    return "marked \\Sent" if folder.role == "sent" and marked else "by its name"


def _role(choice: _Choice) -> str:
    return f"{choice.folder.role}, {choice.why}" if choice.why else choice.folder.role


def _done_facts(mailbox: MailboxSettings, remote: Sequence[RemoteFolder]) -> Iterator[Fact]:
    """Which folders hold what nobody need answer, or which one could."""
    why = "named in the config" if mailbox.done else "by its name"
    for name in find_done(remote, mailbox.done):
        yield _fact(mailbox, "ok", f'mail moved to "{name}" needs no reply ({why})')
    for name in missing_done(remote, mailbox.done):
        if mailbox.done:
            fix = "inbox-monitor check --fix creates it"
            yield _fact(mailbox, "look", f'there is no folder "{name}", which `done` names', fix)
        else:
            yield _fact(mailbox, "ok", f'no folder "{name}" for mail that needs no reply; check --fix creates it')


def _reply_facts(mailbox: MailboxSettings, sent: Sequence[int | None], knowledge: Knowledge | None) -> Iterator[Fact]:
    """Whether replies can be seen (rules.md §6)."""
    measured = knowledge.invisible_replies(mailbox.address) if knowledge else Invisible()
    if not sent:
        fix = 'name it: sent = "…" for this mailbox; until then nobody is reminded about it'
        yield _fact(mailbox, "look", "no Sent folder was found, so replies cannot be seen", fix)
    elif not measured.too_many and not _shows_replies(mailbox, sent, knowledge):
        fix = 'reminders start with the first reply seen; replies = "confirmed" says that replies are kept there'
        nothing = "holds none" if any(sent) else "is empty"
        fix = f"{fix}. {_in_exchange(mailbox)}" if is_microsoft_365(mailbox) else fix
        yield _fact(mailbox, "look", f"its Sent folder {nothing}: no reply was ever seen", fix)
    if measured.n:
        said = f"{measured.words} of the replies that people answered in the last four weeks were never seen"
        stopped = knowledge is not None and knowledge.replies_hidden(mailbox.address)
        fix = _in_exchange(mailbox) if is_microsoft_365(mailbox) else _elsewhere()
        yield (
            _fact(mailbox, "look", said + (", so nobody is reminded" if stopped else ""), fix)
            if measured.too_many
            else _fact(mailbox, "ok", said)
        )


def _doubts(mailbox: MailboxSettings, knowledge: Knowledge | None) -> Iterator[Fact]:
    """Why its view is doubted: its clock and ours differ, or an unusual share became late at once."""
    view = knowledge.views.get(mailbox.address) if knowledge else None
    if view is not None and view.ahead_by:
        ahead = words(timedelta(seconds=view.ahead_by))
        fix = "look at the clock of this machine (`timedatectl`); until they agree reminders come late"
        yield _fact(mailbox, "look", f"new mail is stamped {ahead} later than the time it is here", fix)
    if knowledge and (brake := knowledge.held(mailbox.address, knowledge.now)):
        fix = 'name the folder replies are kept in now with sent = "…", or say replies = "confirmed"'
        late = f"{brake.late} of {brake.n} became late at once, usually {brake.usual_percent}%"
        yield _fact(mailbox, "look", f"{late}; its reminders are held back", fix)


def _shows_replies(mailbox: MailboxSettings, sent: Sequence[int | None], knowledge: Knowledge | None) -> bool:
    """What the store says after the first complete look; before it, whether there is anything in Sent."""
    if mailbox.replies_confirmed or (knowledge and knowledge.replies_visible(mailbox.address)):
        return True
    view = knowledge.views.get(mailbox.address) if knowledge else None
    return any(sent) and (view is None or view.first_as_of is None)


def _in_exchange(mailbox: MailboxSettings) -> str:
    lines = "; ".join(commands(mailbox.address))
    return f"Microsoft 365 keeps them in the sender's own Sent Items until Exchange Online PowerShell is told: {lines}"


def _elsewhere() -> str:
    return f'name the folder they are in with sent = "…", add the mailboxes they leave from with watch = "sent", {COPY}'


def _messages(count: int | None) -> str:
    return "messages" if count is None else f"{count:,} {'message' if count == 1 else 'messages'}"
