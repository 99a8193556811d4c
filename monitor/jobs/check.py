"""FLOOR 2. One line a fact, and the fix beside it: can everything be reached, logged into and seen? Sends nothing."""

import os
from calendar import day_name
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Literal

from monitor.config import Settings
from monitor.core.durations import canonical
from monitor.core.lately import Copy, lately
from monitor.jobs.check_clocks import clock_facts
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_fixes import AGAIN, apart
from monitor.jobs.check_letters import letter_facts, loop_facts, sent_test
from monitor.jobs.check_machine import clock_of_machine, secret_facts, store_facts, store_to_come
from monitor.jobs.check_mailbox import Known
from monitor.jobs.check_replies import reply_facts
from monitor.jobs.check_servers import Server, namespace_facts, quota_facts, server_facts, visited
from monitor.jobs.connections import login_of
from monitor.jobs.deliver import relay_of
from monitor.jobs.expiring import expiry_facts
from monitor.jobs.health import suggestions
from monitor.jobs.knowledge import know
from monitor.jobs.logging_in import Keyring
from monitor.store.store import Store, StoreAddressError, StoreError, open_store
from monitor.store.there import file_to_come


def check(settings: Settings, now: datetime, make_folders: bool = False) -> Iterator[Fact]:
    """All facts, in the order people read them. With `make_folders` the `done` folders that are missing are made."""
    yield from _config_facts(settings, now)
    yield from clock_of_machine(settings, now)
    yield from secret_facts(settings)
    yield from expiry_facts(settings, now)
    keyring = Keyring(settings, lambda: now)
    store, told = _opened(settings)
    try:
        known, key = _known(store, settings, now), store.letter_key if store else b""
        with ThreadPoolExecutor(max_workers=1) as aside:
            # A mail server may be silent for a minute: it is asked while the mailboxes are looked at.
            letters = aside.submit(lambda: list(letter_facts(settings, relay_of(settings.smtp, keyring), now)))
            servers = visited(settings, known, now, make_folders, lambda mailbox: login_of(mailbox, keyring))
            copies = [c for server in servers for v in server.visits if v.looked.found for c in v.looked.found.copies]
            yield from _mailbox_facts(settings, servers, copies, known, key, now)
            yield from (fact for server in servers for v in server.visits if v.ear for fact in v.looked.facts)
            yield from letters.result()
        yield from loop_facts(settings, copies, key)
        yield from told or (store_facts(store) if store else ())
    finally:
        if store:
            store.close()


def send_test(settings: Settings, address: str, now: datetime) -> Fact:
    """Send one letter to `address`, outside the outbox."""
    return sent_test(settings, relay_of(settings.smtp, Keyring(settings, lambda: now)), address, now)


def _opened(settings: Settings) -> tuple[Store | None, list[Fact]]:
    """The store, or what is to be said in its place."""
    if path := file_to_come(settings.store_url):
        return None, [store_to_come(path)]
    try:
        return open_store(settings.store_url), []
    except StoreError as error:
        text, hint = apart(str(error))
        wrong: Literal["config", "store"] = "config" if isinstance(error, StoreAddressError) else "store"
        return None, [Fact("Store", "fix", "store", text, hint or AGAIN, wrong)]


def _known(store: Store | None, settings: Settings, now: datetime) -> Known:
    try:
        return Known(know(store, settings, now), suggestions(store, settings, now)) if store else Known()
    except StoreError:
        return Known()  # what is wrong with the store is told by a command that needs it


def _mailbox_facts(
    settings: Settings, servers: list[Server], copies: list[Copy], known: Known, key: bytes, now: datetime
) -> Iterator[Fact]:
    """Each server, then each mailbox in the order of the config: whether one was answered may be seen in another."""
    visits = {v.mailbox.address: v for server in servers for v in server.visits if not v.ear}
    began = {address: v.looked.found.since for address, v in visits.items() if v.looked.found}
    found = lately(copies, settings.house(key), began)
    for server in servers:
        yield from server_facts(server, now)
    for mailbox in settings.mailboxes:
        visit = visits[mailbox.address]
        yield from visit.looked.facts
        if mailbox.address in began:
            begin, zone = began[mailbox.address], settings.zone
            sent, counted = visit.looked.sent, found[mailbox.address]
            yield from reply_facts(mailbox, sent, counted, begin, known.knowledge, zone, now)
        yield from (*visit.looked.more, *quota_facts(visit), *namespace_facts(visit))


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
    yield from unused_facts(settings)


def unused_facts(settings: Settings) -> Iterator[Fact]:
    """A provider that is set up, and that nobody logs in by."""
    boxes = [*settings.mailboxes, *([settings.commands] if settings.commands else [])]
    used = [settings.smtp.token, *(box.token for box in boxes)]
    for name, part in (("microsoft", settings.microsoft), ("google", settings.google)):
        if part is not None and name not in used:
            text = f'[{name}] is there, but nothing says token = "{name}"'
            fix = f'write token = "{name}" under [imap], in a [[mailbox]] or under [smtp], or take [{name}] out'
            yield Fact("Configuration", "look", "", text, fix)


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


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
