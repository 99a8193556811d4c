"""FLOOR 2. One line a fact, and the fix beside it: can everything be reached, logged into and seen? Sends nothing."""

from calendar import day_name
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.config import MailboxSettings, Settings
from monitor.core.durations import canonical, words
from monitor.inbox.folders import choose
from monitor.inbox.imap import ImapSource
from monitor.inbox.source import Fault, SourceError
from monitor.jobs.deliver import relay_of
from monitor.jobs.knowledge import know
from monitor.jobs.remind import new_letter
from monitor.jobs.round import login_of
from monitor.outbox.letters import Letters, NoticePage
from monitor.outbox.smtp import SendError, SmtpSender
from monitor.store.store import Store, StoreAddressError, StoreError, open_store

Mark = Literal["ok", "look", "fix"]
Section = Literal["Configuration", "Mailboxes", "Letters", "Store"]


@dataclass(frozen=True, slots=True)
class Fact:
    """`mark`: fine, to look at, or to fix; `fault` is the kind of a fault, for the exit code."""

    section: Section
    mark: Mark
    subject: str
    text: str
    fix: str = ""
    fault: Fault | Literal["smtp", "store", "config", ""] = ""


def check(settings: Settings, now: datetime) -> Iterator[Fact]:
    """All facts, in the order people read them."""
    yield from _config_facts(settings)
    store: Store | None = None
    try:
        store = open_store(settings.store_url)
    except StoreError as error:
        wrong: Literal["config", "store"] = "config" if isinstance(error, StoreAddressError) else "store"
        failed = Fact("Store", "fix", "store", str(error), fault=wrong)
    with ThreadPoolExecutor(max_workers=8) as pool:
        for facts in pool.map(lambda m: list(_mailbox_facts(settings, m, store, now)), settings.mailboxes):
            yield from facts
    yield _smtp_fact(settings)
    if store is None:
        yield failed
        return
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    yield Fact("Store", "ok", kind, f"{store.engine.url.render_as_string(hide_password=True)}, schema up to date")
    store.close()


def send_test(settings: Settings, address: str, now: datetime) -> Fact:
    """Send one letter to `address`, outside the outbox."""
    page = NoticePage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        headline="Letters from the monitor arrive here",
        sentences=("This is the test letter that `inbox-monitor check --send-test` was asked for.",),
        what_to_do=("Nothing: all is well.",),
    )
    try:
        store = open_store(settings.store_url)
        rendered = Letters(settings.templates_dir).render_notice(page)
        letter = new_letter(store, settings, "notice", address, f"test {now.isoformat()}", rendered, now)
        store.close()
        with SmtpSender(relay_of(settings.smtp)) as sender:
            reply = sender.send(letter.body, address)
    except SendError as error:
        return Fact("Letters", "fix", address, str(error), fault=error.fault or "smtp")
    except StoreError as error:
        return Fact("Letters", "fix", address, str(error), fault="store")
    return Fact("Letters", "ok", address, f"test letter accepted ({reply})")


def _config_facts(settings: Settings) -> Iterator[Fact]:
    owners = {o for owners in settings.owners.values() for o in owners}
    counted = (
        f"{_count(len(settings.mailboxes), 'mailbox', 'mailboxes')}, {_count(len(settings.teams), 'team', 'teams')}, "
    )
    yield Fact(
        "Configuration", "ok", "", counted + f"{_count(len(owners), 'owner', 'owners')}; every mailbox has a team"
    )
    steps = ", ".join(f"{canonical(s.after)} to {', '.join(s.to)}" for s in settings.steps)
    promise = f"target {words(settings.target.reply_within)} by the clock, goal {settings.target.goal:g}%"
    yield Fact("Configuration", "ok", "", f"{promise}; reminders at {steps}")
    domains = ", ".join(settings.staff.domains) or "no domain"
    people = _count(len(settings.staff.people), "person", "people")
    yield Fact("Configuration", "ok", "", f"ours are {domains} and {people}; everybody else is a customer")
    if settings.report:
        on = settings.report.on
        at = f"{day_name[on.weekday]} {on.hour:02}:{on.minute:02} ({settings.zone.key})"
        yield Fact("Configuration", "ok", "", f"weekly report on {at} to {', '.join(settings.report.to)}")
    else:
        fix = 'add [report] with to = ["…"]'
        yield Fact("Configuration", "look", "", "no weekly report is mailed: there is no [report]", fix)


def _mailbox_facts(settings: Settings, mailbox: MailboxSettings, store: Store | None, now: datetime) -> Iterator[Fact]:
    source = ImapSource(login_of(mailbox))
    try:
        folders = choose(source.folders(), mailbox.inbox, mailbox.sent, mailbox.done, mailbox.watch == "all")
        states = [(f, source.state(f.name).messages) for f in folders]
    except SourceError as error:
        yield Fact("Mailboxes", "fix", mailbox.address, str(error), fault=error.fault)
        return
    finally:
        source.close()
    seen = "; ".join(f'{_messages(count)} in "{f.name}" ({f.role})' for f, count in states)
    yield Fact("Mailboxes", "ok", mailbox.address, f"{mailbox.host}:{mailbox.port}, logged in; {seen}")
    sent = [count for f, count in states if f.role == "sent"]
    if not sent:
        fix = 'name it: sent = "…" for this mailbox; until then nobody is reminded about it'
        yield Fact("Mailboxes", "look", mailbox.address, "no Sent folder was found, so replies cannot be seen", fix)
    elif not any(sent) and not _replies_known(settings, mailbox, store, now):
        fix = 'reminders start with the first reply seen; replies = "confirmed" says that replies are kept there'
        yield Fact("Mailboxes", "look", mailbox.address, "its Sent folder is empty: no reply was ever seen", fix)


def _replies_known(settings: Settings, mailbox: MailboxSettings, store: Store | None, now: datetime) -> bool:
    if mailbox.replies_confirmed or store is None:
        return mailbox.replies_confirmed
    try:
        return know(store, settings, now).replies_visible(mailbox.address)
    except StoreError:
        return False  # what is wrong with the store is told by a command that needs it


def _smtp_fact(settings: Settings) -> Fact:
    smtp = settings.smtp
    try:
        with SmtpSender(relay_of(smtp)) as sender:
            sender.connect()
    except SendError as error:
        text = str(error).removeprefix(f"{smtp.where}: ")
        return Fact("Letters", "fix", smtp.where, text, fault=error.fault or "smtp")
    login = f"logged in as {smtp.username}" if smtp.username else "no login"
    return Fact("Letters", "ok", smtp.where, f"connected ({smtp.security}), {login}; letters come from {smtp.from_}")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _messages(count: int | None) -> str:
    return "messages" if count is None else f"{count:,} {'message' if count == 1 else 'messages'}"
