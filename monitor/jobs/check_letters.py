"""FLOOR 2. What `check` says of letters: whether the server would take them, and whether one could come back to us."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parseaddr

from monitor.config import Settings
from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.core.addresses import plain_address
from monitor.core.lately import Copy
from monitor.core.letter_ids import is_letter_id
from monitor.core.lists import LIST_FIELDS
from monitor.core.message import Message
from monitor.core.said import say
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_fixes import AGAIN, apart, wrong_smtp
from monitor.jobs.check_line import line_fact
from monitor.jobs.remind import new_letter
from monitor.outbox.letters import MOST_BYTES, Letters, NoticePage
from monitor.outbox.probing import Probe, Prober, Refusal
from monitor.outbox.smtp import Relay, SendError, SmtpSender
from monitor.store.store import StoreError, open_store
from monitor.store.there import file_to_come

LONGEST_LETTER = 4 * MOST_BYTES
"""Octets: HTML as it goes on the wire, the same as text, a picture and a table beside it."""
MOST_REFUSED = 5


def letter_facts(settings: Settings, relay: Relay, now: datetime) -> Iterator[Fact]:
    """Templates of the operator's own, and the mail server: asked for sender and recipients, it is sent nothing."""
    yield from _template_facts(settings)
    smtp = settings.smtp
    prober = Prober(relay)
    try:
        with prober:
            probe = prober.probe(parseaddr(smtp.from_)[1], recipients(settings))
    except SendError as error:
        yield wrong_smtp(smtp, error)
        return
    login = f"logged in as {smtp.login or smtp.username}" if smtp.username else "no login"
    way = "" if smtp.security == "none" else f" ({smtp.security})"
    more = f"connected{way}, {login}; letters come from {smtp.from_}"
    yield line_fact("Letters", smtp.where, smtp.host, probe.line, "[smtp]", more, now)
    yield from _taken(settings, probe)
    yield from _sender_facts(settings)


def recipients(settings: Settings) -> list[str]:
    """Everybody who may get a letter, in the order of the alphabet."""
    return sorted({to for kind in settings.recipients.values() for to in kind})


def _taken(settings: Settings, probe: Probe) -> Iterator[Fact]:
    """Whether it takes our sender, each recipient, and letters of our size."""
    where = settings.smtp.where
    if probe.sender is not None:
        yield _sender_refused(settings, probe.sender)
    elif probe.cut:
        yield Fact("Letters", "look", where, f"it hung up when asked whom it writes to ({probe.cut})", AGAIN)
    elif probe.asked and not probe.refused:
        who = "the one who gets" if probe.asked == 1 else f"all {probe.asked} who get"
        yield Fact("Letters", "ok", where, f"it takes our sender, and {who} letters")
    for refusal in probe.refused[:MOST_REFUSED]:
        yield _refused(refusal)
    if len(probe.refused) > MOST_REFUSED:
        more = f"and {len(probe.refused) - MOST_REFUSED} more recipients are refused"
        yield Fact("Letters", "look", where, more, f"mend those above first, then {AGAIN}")
    if probe.size is not None and probe.size < LONGEST_LETTER:
        text = f"it takes letters of at most {probe.size // 1024} KB, and a report may have {LONGEST_LETTER // 1024}"
        yield Fact("Letters", "look", where, text, "raise it: message_size_limit, in Postfix and in Exim")


def _sender_refused(settings: Settings, refusal: Refusal) -> Fact:
    text = f"it does not take our sender {refusal.address} ({refusal.said})"
    if not refusal.permanent:
        return Fact("Letters", "look", settings.smtp.where, text, AGAIN)
    login = settings.smtp.username
    fix = f'let {login} send as it, or write from = "{login}"' if login and "@" in login else "name another with `from`"
    return Fact("Letters", "fix", settings.smtp.where, text, f"{fix} under [smtp]", "config")


def _refused(refusal: Refusal) -> Fact:
    text = f"the mail server does not take letters to it ({refusal.said})"
    if not refusal.permanent:
        return Fact("Letters", "look", refusal.address, text, f"nothing, if it delays who is new to it; {AGAIN}")
    fix = "correct the address in the config, or let the server accept it; nothing would arrive there"
    return Fact("Letters", "fix", refusal.address, text, fix, "config")


def _sender_facts(settings: Settings) -> Iterator[Fact]:
    """What can be told offline about the address that letters come from."""
    address = parseaddr(settings.smtp.from_)[1]
    domain = address.rpartition("@")[2].lower()
    own = 'write from = "monitor@…" of a domain of yours under [smtp]'
    if domain in PUBLIC_PROVIDERS and domain.split(".")[0] not in settings.smtp.host.lower():
        text = f"letters come from {domain}, but not over its servers: they will be taken for forged (DMARC)"
        yield Fact("Letters", "look", address, text, own)
    elif "." not in domain:
        yield Fact("Letters", "look", address, f"{domain} is no domain that others know: letters get lost", own)
    if settings.commands is None and settings.staff.is_mailbox(address):
        text = "letters come from a watched mailbox: who answers one writes to the customers' desk"
        fix = "write another address with `from` under [smtp], or add [commands] to have such answers understood"
        yield Fact("Letters", "look", address, text, fix)


def loop_facts(settings: Settings, copies: Sequence[Copy], key: bytes) -> Iterator[Fact]:
    """Whether a letter would come back to us as a mail: by the config, and by what lies in the inboxes."""
    for to in recipients(settings):
        text = ""
        if settings.commands and plain_address(to) == plain_address(settings.commands.address):
            text = "it hears commands, and gets letters: each letter would be taken for an answer"
        elif settings.staff.is_mailbox(to):
            text = "it is a watched mailbox, and gets letters: they would come round again"
        elif settings.staff.is_outsiders_list(to):
            text = "it is a list that outsiders read, and gets letters, which name customers"
        if text:
            yield Fact("Letters", "fix", to, text, "name a person instead", "config")
    yield from _delivered_to_us(settings, copies, key)


def _delivered_to_us(settings: Settings, copies: Sequence[Copy], key: bytes) -> Iterator[Fact]:
    """An address that gets letters, and whose mail lies in a watched inbox: an alias the config does not know."""
    wanted, told = {plain_address(to): to for to in recipients(settings)}, set[tuple[str, str]]()
    for copy in copies:
        to = [plain_address(r.address) for r in copy.message.recipients]
        if copy.seen.place.role != "inbox" or len(to) != 1 or to[0] not in wanted or _of_list(copy.message):
            continue
        mailbox, ours = copy.seen.place.mailbox, is_letter_id(copy.message.message_id, key)
        if (to[0], mailbox) in told:
            continue
        told.add((to[0], mailbox))
        what = "a letter of ours" if ours else "mail written to it alone"
        text = f"{what} lies in the inbox of {mailbox}: letters to it would come round again"
        fix = f'if it is an alias, write aliases = ["{to[0]}"] for {mailbox}, and name a person instead'
        yield Fact("Letters", "look", wanted[to[0]], text, fix)


def _of_list(message: Message) -> bool:
    return any(name in message.headers for name in LIST_FIELDS)


def _template_facts(settings: Settings) -> Iterator[Fact]:
    if settings.templates_dir is None:
        return
    faults = Letters(settings.templates_dir).faults
    for fault in faults:
        yield Fact("Letters", "fix", "", fault, "mend it, or take it away: then the shipped one is used", "config")
    if not faults:
        yield Fact("Letters", "ok", "", f"your own templates in {settings.templates_dir} can be read")


def sent_test(settings: Settings, relay: Relay, address: str, now: datetime) -> Fact:
    """Send one letter to `address`, outside the outbox. No store is made for it: it might belong to the wrong user."""
    headline = "Letters from the monitor arrive here"
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
        store = open_store("sqlite://" if file_to_come(settings.store_url) else settings.store_url)
        try:
            rendered = Letters(settings.templates_dir).render_notice(page)
            letter = new_letter(store, settings, "notice", address, f"test {now.isoformat()}", rendered, now)
        finally:
            store.close()
        with SmtpSender(relay) as sender:
            reply = sender.send(letter.body, address)
    except SendError as error:
        return _unsent(settings, address, error)
    except StoreError as error:
        text, hint = apart(str(error))
        return Fact("Letters", "fix", address, text, hint or AGAIN, "store")
    seen = f'look there, also under Junk, for "{headline}"; if it does not come, this reply says whom to ask'
    return Fact("Letters", "ok", address, f"test letter accepted by {settings.smtp.where} ({reply}); {seen}")


def _unsent(settings: Settings, address: str, error: SendError) -> Fact:
    if error.permanent:
        fix = "correct the address, or let the mail server accept it"
        text = apart(str(error))[0]
        return Fact("Letters", "fix", address, text, fix, error.fault or "smtp")
    fact = wrong_smtp(settings.smtp, error, address)
    return Fact("Letters", "fix", address, f"{settings.smtp.where}: {fact.text}", fact.fix, fact.fault)
