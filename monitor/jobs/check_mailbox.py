"""FLOOR 2. What `check` says of one mailbox: its folders and why they were chosen, whether its replies are seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import MailboxSettings, Settings
from monitor.core.durations import words
from monitor.inbox.folders import choose, find_done, missing_done
from monitor.inbox.source import TEXT_LIMIT, MailSource, RemoteFolder, SourceError
from monitor.jobs.check_fact import Fact, Mark
from monitor.jobs.check_fixes import apart, wrong
from monitor.jobs.check_folders import choices, chosen, messages, missing, not_chosen
from monitor.jobs.check_replies import Found, newest_mail
from monitor.jobs.knowledge import Knowledge
from monitor.store.citations import StandIn
from monitor.store.looks import CLOCK_SKEW

MOST_SUGGESTED = 10
"""So many people who may be staff are named for one mailbox: the latest."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store tells; nothing where it cannot be read."""

    knowledge: Knowledge | None = None
    suggestions: Sequence[StandIn] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look told: lines, those that come behind what is said of replies, the sizes of its Sent folders, and its
    newest mail; `found` None: it was not read."""

    facts: Sequence[Fact]
    more: Sequence[Fact] = ()
    sent: Sequence[int | None] = ()
    found: Found | None = None
    error: SourceError | None = None


def look_at(
    source: MailSource,
    settings: Settings,
    mailbox: MailboxSettings,
    known: Known,
    now: datetime,
    make_folders: bool = False,
) -> Looked:
    """Everything about one mailbox but its replies, which others may have answered; with `make_folders` its missing
    `done` folders are made, and nothing else."""
    facts: list[Fact] = []
    try:
        if make_folders and mailbox.watch == "all":
            facts += _made(source, mailbox)
        remote = source.folders()
        if gone := missing(mailbox, remote):
            return Looked([*facts, *gone], list(_done_facts(mailbox, remote)) if mailbox.done else ())
        picked = choices(source, remote, settings, mailbox)
        found = newest_mail(source, picked, mailbox, now)
        others = list(not_chosen(source, remote, picked, settings, mailbox, now))
    except SourceError as error:
        return Looked([*facts, wrong("Mailboxes", mailbox, error)], error=error)
    servers = {(m.host, m.port) for m in settings.mailboxes}
    where = f"{mailbox.host}:{mailbox.port}, " if len(servers) > 1 else ""
    facts.append(_fact(mailbox, "ok", f"{where}logged in {login_words(settings, mailbox)}; {chosen(picked)}"))
    more = [*others, *_doubts(mailbox, known.knowledge, found, now)]
    if mailbox.watch == "all":
        more += _done_facts(mailbox, remote)
    if mailbox.peek_closers:
        peeked = f"reads the first {TEXT_LIMIT // 1024} KB of replies, to tell a mere thank-you; none of it is kept"
        more.append(_fact(mailbox, "ok", peeked))
    more += _suggested(mailbox, known)
    return Looked(facts, more, [c.messages for c in picked if c.folder.role == "sent"], found)


def _suggested(mailbox: MailboxSettings, known: Known) -> Iterator[Fact]:
    """Who answers for us and may be one of us."""
    for one in [s for s in known.suggestions if s.mailbox == mailbox.address][:MOST_SUGGESTED]:
        fix = f'if this is one of us, write people = ["{one.address}"] under [staff]'
        answered = f"{one.address} answered {one.conversations} conversations of {mailbox.address}: add to people?"
        yield _fact(mailbox, "look", answered, fix)


def login_words(settings: Settings, mailbox: MailboxSettings) -> str:
    """Which way of login was taken: `with a password`, `by Microsoft 365 as the app itself (certificate)`."""
    way = "with a password"
    if mailbox.token == "microsoft":  # noqa: S105  # where it comes from
        way = _by_microsoft(settings)
    elif mailbox.token == "google":  # noqa: S105
        way = _by_google(settings)
    elif mailbox.token is not None:
        way = "with the token that `token` names"
    return f"{way} as {mailbox.login}" if mailbox.login else way


def _by_microsoft(settings: Settings) -> str:
    app = settings.microsoft
    if app and (app.certificate or app.secret):
        return f"by Microsoft 365 as the app itself ({'certificate' if app.certificate else 'secret'})"
    return "by Microsoft 365 as the person who signed in"


def _by_google(settings: Settings) -> str:
    if settings.google and settings.google.service_account:
        return "by Google as the service account"
    return "by Google as the person who signed in"


def ear_fact(source: MailSource, mailbox: MailboxSettings) -> Fact:
    """Where commands are heard."""
    try:
        inboxes = [f.name for f in choose(source.folders(), mailbox.inbox, ()) if f.role == "inbox"]
        seen = "; ".join(f'{messages(source.state(name).messages)} in "{name}"' for name in inboxes)
    except SourceError as error:
        return wrong("Letters", mailbox, error, "commands are not heard: ")
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
            text, hint = apart(str(error))
            fix = hint or 'make it by hand in a mail program, or name another one with done = ["…"]'
            said = f'the folder "{name}" was not made: {text}'
            yield Fact("Mailboxes", "fix", mailbox.address, said, fix, "folder")
        else:
            yield Fact("Mailboxes", "ok", mailbox.address, f'the folder "{name}" was made', changed=True)


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


def _doubts(mailbox: MailboxSettings, knowledge: Knowledge | None, found: Found, now: datetime) -> Iterator[Fact]:
    """Why its view is doubted: its clock and ours differ, or an unusual share became late at once."""
    view = knowledge.views.get(mailbox.address) if knowledge else None
    by = timedelta(seconds=view.ahead_by or 0) if view else timedelta(0)
    if found.newest and found.newest - now > CLOCK_SKEW:
        by = found.newest - now
    if by:
        ahead = words(by)
        fix = "look at the clock of this machine (`timedatectl`); until they agree reminders come late"
        yield _fact(mailbox, "look", f"new mail is stamped {ahead} later than the time it is here", fix)
    if knowledge and (brake := knowledge.held(mailbox.address, knowledge.now)):
        fix = 'name the folder replies are kept in now with sent = "…", or say replies = "confirmed"'
        late = f"{brake.late} of {brake.n} became late at once, usually {brake.usual_percent}%"
        yield _fact(mailbox, "look", f"{late}; its reminders are held back", fix)
