"""FLOOR 2. Visits all mailboxes as the daemon does, each by its own connection; tells what their servers are like."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from monitor.config import MailboxSettings, Settings
from monitor.core.tls_line import TlsLine
from monitor.inbox.asking import AskingSource, Quota
from monitor.inbox.faults import is_crowded
from monitor.inbox.imap import Login
from monitor.inbox.source import MailSource, SourceError
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_line import line_fact
from monitor.jobs.check_mailbox import Known, Looked, ear_fact, look_at
from monitor.jobs.connections import login_of
from monitor.jobs.poller import MOST_CONNECTIONS, MOST_ON_A_HOST

LONGEST_SECONDS = 120.0
"""For one mailbox: a server that drips never runs into a timeout of its own."""
WORTH_KNOWING = (
    "CONDSTORE",
    "QRESYNC",
    "LIST-STATUS",
    "SPECIAL-USE",
    "IDLE",
    "NOTIFY",
    "COMPRESS=DEFLATE",
    "X-GM-EXT-1",
)
NEARLY_FULL = 90
"""Percent of a mailbox's quota: from here on it is told."""


@dataclass(slots=True)
class Visit:
    """One mailbox. `ear`: only the letters' mailbox is asked for, and `looked` holds its one line."""

    mailbox: MailboxSettings
    ear: bool = False
    looked: Looked = field(default_factory=lambda: Looked(()))
    line: TlsLine | None = None
    offers: frozenset[str] = frozenset()
    quotas: Sequence[Quota] = ()
    others: Sequence[str] = ()
    """Below what the folders of others and shared ones lie (RFC 2342)."""


@dataclass(slots=True)
class Server:
    """All mailboxes of one server. `at_once`: so many connections it let in together; `crowded`: how it said no."""

    host: str
    port: int
    visits: list[Visit]
    at_once: int = 0
    crowded: str = ""


def visited(
    settings: Settings,
    known: Known,
    now: datetime,
    make_folders: bool,
    login: Callable[[MailboxSettings], Login] = login_of,
) -> list[Server]:
    """Every mailbox, in the order of the config; several at a time, as many of one server as the daemon looks at.

    `login`: how to get into each.
    """
    servers: dict[tuple[str, int], Server] = {}
    visits = [Visit(mailbox) for mailbox in settings.mailboxes]
    visits += [Visit(settings.commands, ear=True)] if settings.commands else []
    for visit in visits:
        where = visit.mailbox.host, visit.mailbox.port
        servers.setdefault(where, Server(*where, [])).visits.append(visit)

    def look(source: AskingSource, visit: Visit) -> None:
        if visit.ear:
            visit.looked = _heard(source, visit.mailbox)
        else:
            visit.looked = look_at(source, settings, visit.mailbox, known, now, make_folders)
        if visit.looked.error is None:
            _ask(source, visit)

    slots = threading.Semaphore(MOST_CONNECTIONS)
    with ThreadPoolExecutor(max_workers=max(1, len(servers)), thread_name_prefix="check") as pool:
        list(pool.map(lambda server: _visit(server, login, look, slots), servers.values()))
    return list(servers.values())


def _visit(
    server: Server,
    login: Callable[[MailboxSettings], Login],
    look: Callable[[AskingSource, Visit], None],
    slots: threading.Semaphore,
) -> None:
    """Connections stay open till all mailboxes were looked at, as the daemon keeps them: so it shows whether the server
    lets in so many. Whom it turned away for that is looked at again when the others have left."""
    sources = [AskingSource(login(visit.mailbox)) for visit in server.visits]

    def one(source: AskingSource, visit: Visit) -> None:
        timer = threading.Timer(LONGEST_SECONDS, source.abort)
        timer.daemon = True
        timer.start()
        try:
            with slots:
                look(source, visit)
        finally:
            timer.cancel()

    try:
        with ThreadPoolExecutor(max_workers=MOST_ON_A_HOST, thread_name_prefix="check") as pool:
            list(pool.map(one, sources, server.visits))
        away = [(s, v) for s, v in zip(sources, server.visits, strict=True) if _turned_away(v.looked)]
        server.at_once = sum(v.looked.error is None for v in server.visits)
        if away and server.at_once:
            server.crowded = str(away[0][1].looked.error)
            _close(sources)
            for source, visit in away:
                one(source, visit)
                source.close()
    finally:
        _close(sources)


def _close(sources: Sequence[MailSource]) -> None:
    with ThreadPoolExecutor(max_workers=MOST_ON_A_HOST) as pool:
        list(pool.map(lambda source: source.close(), sources))


def _turned_away(looked: Looked) -> bool:
    return looked.error is not None and is_crowded(looked.error)


def _heard(source: MailSource, mailbox: MailboxSettings) -> Looked:
    fact = ear_fact(source, mailbox)
    return Looked([fact], error=SourceError(fact.fault, fact.text) if fact.mark == "fix" else None)  # type: ignore[arg-type]


def _ask(source: AskingSource, visit: Visit) -> None:
    """What is not about the mail comes last, and changes nothing of what was found."""
    try:
        visit.line, visit.offers = source.line(), source.capabilities()
        visit.others = source.prefixes()[1]
        visit.quotas = source.quotas()
    except SourceError:
        return


def server_facts(server: Server, now: datetime) -> Iterator[Fact]:
    """A line about how safe and able it is, and one about how many connections it lets in."""
    seen = next((v for v in server.visits if v.line is not None), None)
    where = f"{server.host}:{server.port}"
    if seen is not None and seen.line is not None:
        able = [word for word in WORTH_KNOWING if word in seen.offers]
        more = f"offers {', '.join(able)}" if able else "offers nothing beyond the basics of IMAP, which is enough"
        yield line_fact("Mailboxes", where, server.host, seen.line, "[imap]", more, now)
        yield Fact("Mailboxes", "ok", where, _noticed(server, seen.offers))
    wanted = len(server.visits)
    if server.crowded:
        text = f"it lets in {server.at_once} of the {wanted} connections that stay open from look to look"
        fix = (
            f"allow {wanted} from this machine: mail_max_userip_connections in Dovecot, MAXPERIP in Courier; "
            "until then those that do not fit log in anew at each look"
        )
        yield Fact("Mailboxes", "look", where, f"{text} ({server.crowded})", fix)
    elif server.at_once > 1:
        text = f"it lets in {server.at_once} connections at once, one for each mailbox"
        yield Fact("Mailboxes", "ok", where, text)


def _noticed(server: Server, offers: Collection[str]) -> str:
    """How soon what comes is seen: by what the server says between two looks (inbox/idling.py), or at the next one."""
    waiting = [visit for visit in server.visits if visit.mailbox.idle]
    if not waiting:
        return "replies are noticed at the next look, as idle = false asks for"
    but = "" if len(waiting) == len(server.visits) else ", but where idle = false asks for none"
    if "NOTIFY" in offers:
        return f"replies and new mail are noticed within seconds, by NOTIFY{but}"
    if "IDLE" in offers:
        return f"replies are noticed within seconds, by IDLE on a Sent folder{but}; new mail at the next look"
    return "replies are noticed at the next look: it offers neither NOTIFY nor IDLE"


def quota_facts(visit: Visit) -> Iterator[Fact]:
    """A mailbox that is nearly full: what is written to it then bounces, and whoever wrote waits unseen."""
    for quota in visit.quotas:
        if quota.percent < NEARLY_FULL:
            continue
        what = f"of its quota ({_size(quota)})"
        text = f"{quota.percent}% {what} is used: when it is full, mail to it goes back and nobody sees who waits"
        yield Fact("Mailboxes", "look", visit.mailbox.address, text, "empty its Trash and Junk, or raise its quota")


def namespace_facts(visit: Visit) -> Iterator[Fact]:
    """Folders of others that this login sees: they are read only as mailboxes of their own, or where they are named."""
    if visit.others:
        below = ", ".join(f'"{prefix}"' for prefix in visit.others[:4])
        text = f"folders of others, or shared ones, lie below {below}; none is read unless it is named"
        yield Fact("Mailboxes", "ok", visit.mailbox.address, text)


def _size(quota: Quota) -> str:
    if quota.resource != "STORAGE":
        return f"{quota.used:,} of {quota.limit:,} {quota.resource.lower()}s"
    return f"{quota.used / 2**20:.1f} of {quota.limit / 2**20:.1f} GiB"
