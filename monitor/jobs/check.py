"""FLOOR 2. One line a fact, and the fix beside it: can everything be reached, logged into and seen? Sends nothing."""

import os
import stat
from calendar import day_name
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Literal

from monitor.config import MailboxSettings, Settings
from monitor.core.durations import canonical
from monitor.core.said import say
from monitor.inbox.imap import ImapSource
from monitor.jobs.check_clocks import clock_facts
from monitor.jobs.check_fact import Fact, Section
from monitor.jobs.check_mailbox import Known, ear_fact, mailbox_facts
from monitor.jobs.connections import login_of
from monitor.jobs.deliver import relay_of
from monitor.jobs.expiring import expiry_facts
from monitor.jobs.health import suggestions
from monitor.jobs.knowledge import know
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import Letters, NoticePage
from monitor.outbox.smtp import SendError, SmtpSender
from monitor.store.store import Store, StoreAddressError, StoreError, open_store


def check(settings: Settings, now: datetime, make_folders: bool = False) -> Iterator[Fact]:
    """All facts, in the order people read them. With `make_folders` the `done` folders that are missing are made."""
    yield from _config_facts(settings, now)
    yield from expiry_facts(settings, now)
    for file in settings.secret_files:
        yield from _open_to_others("Configuration", "the secret file", file, "a secret is for the service alone")
    store: Store | None = None
    try:
        store = open_store(settings.store_url)
    except StoreError as error:
        wrong: Literal["config", "store"] = "config" if isinstance(error, StoreAddressError) else "store"
        failed = Fact("Store", "fix", "store", str(error), fault=wrong)
    known = _known(store, settings, now) if store else Known()
    with ThreadPoolExecutor(max_workers=8) as pool:
        for facts in pool.map(lambda m: _mailbox_facts(settings, m, known, make_folders), settings.mailboxes):
            yield from facts
    yield from _ear_facts(settings)
    yield from _letter_facts(settings)
    yield _smtp_fact(settings)
    if store is None:
        yield failed
        return
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    yield Fact("Store", "ok", kind, f"{_shown_url(store)}, schema up to date")
    database = store.engine.url.database
    if store.is_sqlite and database and database != ":memory:":
        yield from _open_to_others("Store", "the store", Path(database), "names, addresses and subjects are in it")
    store.close()


def _known(store: Store, settings: Settings, now: datetime) -> Known:
    try:
        return Known(know(store, settings, now), suggestions(store, settings, now))
    except StoreError:
        return Known()  # what is wrong with the store is told by a command that needs it


def _mailbox_facts(settings: Settings, mailbox: MailboxSettings, known: Known, make_folders: bool) -> list[Fact]:
    source = ImapSource(login_of(mailbox))
    try:
        return list(mailbox_facts(source, settings, mailbox, known, make_folders))
    finally:
        source.close()


def _ear_facts(settings: Settings) -> list[Fact]:
    """Whether the mailbox can be read where people's replies to letters are heard."""
    if settings.commands is None:
        return []
    source = ImapSource(login_of(settings.commands))
    try:
        return [ear_fact(source, settings.commands)]
    finally:
        source.close()


def send_test(settings: Settings, address: str, now: datetime) -> Fact:
    """Send one letter to `address`, outside the outbox."""
    page = NoticePage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        headline=say("Letters from the monitor arrive here"),
        sentences=(
            say("This is the test letter that `%(command)s` was asked for.", command="inbox-monitor check --send-test"),
        ),
        what_to_do=(say("Nothing: all is well."),),
        language=settings.language_of(address),
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


def _config_facts(settings: Settings, now: datetime) -> Iterator[Fact]:
    owners = {o for owners in settings.owners.values() for o in owners}
    counted = (
        f"{_count(len(settings.mailboxes), 'mailbox', 'mailboxes')}, {_count(len(settings.teams), 'team', 'teams')}, "
    )
    yield Fact(
        "Configuration", "ok", "", counted + f"{_count(len(owners), 'owner', 'owners')}; every mailbox has a team"
    )
    steps = ", ".join(f"{canonical(s.after)} to {', '.join(s.to)}" for s in settings.steps)
    yield from clock_facts(settings, now)
    yield Fact("Configuration", "ok", "", f"reminders at {steps}")
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
    if settings.gone_quiet:
        quiet = settings.gone_quiet
        whose = ", ".join((*quiet.partners, *(("those the mail teaches",) if quiet.learn else ()))) or "nobody yet"
        after = _count(quiet.after, "week", "weeks")
        yield Fact("Configuration", "ok", "", f"the report tells who has gone quiet for {after}: {whose}")
    yield from _board_facts(settings)


def _board_facts(settings: Settings) -> Iterator[Fact]:
    """Whether the page on the wall can be written anew: a file beside it takes its place."""
    if settings.board is None:
        return
    html, folder = settings.board.html, settings.board.html.parent
    if not folder.is_dir():
        fix = f"mkdir {folder}, for the user of the service to write to"
        yield Fact(
            "Configuration", "fix", "", f"the board cannot be written: there is no folder {folder}", fix, "config"
        )
    elif not os.access(folder, os.W_OK | os.X_OK):
        fix = "let the user of the service write to it, or name another one"
        yield Fact("Configuration", "fix", "", f"the board cannot be written: {folder} is closed to us", fix, "config")
    else:
        who = "the group of its folder" if settings.board.subjects else "everybody on this machine"
        yield Fact("Configuration", "ok", "", f"the board is {html}, which {who} can read")


def _letter_facts(settings: Settings) -> Iterator[Fact]:
    if settings.templates_dir is None:
        return
    faults = Letters(settings.templates_dir).faults
    for fault in faults:
        yield Fact("Letters", "fix", "", fault, "mend it, or take it away: then the shipped one is used", "config")
    if not faults:
        yield Fact("Letters", "ok", "", f"your own templates in {settings.templates_dir} can be read")


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


def _shown_url(store: Store) -> str:
    """The address of the database without its password, which may also stand in its query (libpq takes it there)."""
    return store.engine.url.set(query={}).render_as_string(hide_password=True)


def _open_to_others(section: Section, what: str, path: Path, why: str) -> Iterator[Fact]:
    """Warns of a file that everybody on this machine may read."""
    try:
        everybody = path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH)
    except OSError:
        return  # what cannot be read is told where it is needed
    if everybody:
        yield Fact(
            section, "look", "", f"{what} {path} is open to everybody on this machine: {why}", f"chmod 600 {path}"
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
