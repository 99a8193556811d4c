"""What holds of the letters of every story, whatever happened in it (failures.md §5)."""

from collections import Counter
from collections.abc import Sequence
from email.utils import parseaddr

import sqlalchemy
from sqlalchemy import Connection, select

from monitor.config import ConfigError, Settings, load
from monitor.store.store import Store, StoreError, open_store
from monitor.store.tables import letters, messages, notices, reminders, waits
from tests.servers.smtp_sink import Letter
from tests.story.house import House, kind_of

MARKS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN"}


def letters_keep_their_promises(house: House) -> None:
    """All that a letter never does. Of letters that came into the sink, and of the store that made them."""
    try:
        settings = load(house.config)
    except ConfigError:
        return  # a story of a config that is refused: nobody runs on it
    came = [letter for letter in house.sink.letters if is_from(letter, house)]
    for letter in came:
        is_marked_as_a_machines(letter)
        names_letters_of_ours_only(letter)
    comes_once(came, house)
    if not _has_store(house):
        return
    store = open_store(house.store_url)
    try:
        with store.reading() as connection:
            for letter in from_outbox(came, connection):
                goes_to_one_of_the_config(letter, settings)
            names_no_mail_of_anybody(came, connection)
            tells_each_step_once(came, connection)
            tells_of_nobody_answered_before(house, connection)
            is_noted_as_sent(came, house, connection)
    finally:
        store.close()


def is_from(letter: Letter, house: House) -> bool:
    """Whether this house's monitor wrote it: several houses may share a sink."""
    return parseaddr(letter.message["From"])[1] == f"monitor@{house.domain}"


def from_outbox(came: Sequence[Letter], connection: Connection) -> list[Letter]:
    """Those the monitor sent of itself; `check --send-test` goes to whomever somebody names, past the outbox."""
    known = set(connection.execute(select(letters.c.message_id)).scalars())
    return [letter for letter in came if str(letter.message["Message-ID"]) in known]


def is_marked_as_a_machines(letter: Letter) -> None:
    """No responder answers it (RFC 3834, MS-OXCMAIL), no filter takes it for a person's."""
    message = letter.message
    answers = {"Auto-Submitted": "auto-replied"} if kind_of(letter) == "receipt" else {}
    assert {name: message[name] for name in MARKS} == MARKS | answers
    assert message["List-Id"].startswith("<inbox-monitor.")
    assert message["X-Inbox-Monitor"] == kind_of(letter)


def names_letters_of_ours_only(letter: Letter) -> None:
    """A reply to one that named a customer's mail would look like an answer to it; repeats name the letter before."""
    named = f"{letter.message['References'] or ''} {letter.message['In-Reply-To'] or ''}".split()
    assert all(each.startswith(("<im.reminder.", "<im.receipt.")) for each in named), "it names somebody's mail"


def goes_to_one_of_the_config(letter: Letter, settings: Settings) -> None:
    """One recipient, whom the config names, and never a watched mailbox."""
    (recipient,) = letter.recipients
    assert letter.message["To"] == recipient
    assert recipient in allowed(settings), f"{recipient} is in no list of the config"
    assert not settings.staff.is_mailbox(recipient)


def allowed(settings: Settings) -> set[str]:
    """Everybody the config lets us write to."""
    steps = {to for step in settings.steps for to in step.to if to != "owners"}
    owners = {owner for owners in settings.owners.values() for owner in owners}
    report = set(settings.report.to) if settings.report else set()
    people = {who for each in settings.people.values() for who in (each.address, each.substitute) if who}
    staff = settings.staff.people if settings.double_answers else set()
    return steps | owners | people | report | staff | ({settings.operator} if settings.operator else set())


def comes_once(came: Sequence[Letter], house: House) -> None:
    """The same letter once more only for each time the server had it and we did not know; then byte for byte."""
    times = Counter(str(letter.message["Message-ID"]) for letter in came)
    doubled = [letter for letter, count in times.items() if count > 1]
    windows = house.windows + house.sink.kept_in_silence
    assert sum(times[letter] - 1 for letter in doubled) <= windows
    bodies = {str(letter.message["Message-ID"]): letter.raw for letter in came}
    assert all(bodies[str(letter.message["Message-ID"])] == letter.raw for letter in came), "frozen bytes (law 4)"


def names_no_mail_of_anybody(came: Sequence[Letter], connection: Connection) -> None:
    """No Message-ID that a customer or staff wrote: an answer to the letter would pass for an answer to the mail."""
    ids = [mid for mid in connection.execute(select(messages.c.message_id)).scalars() if len(mid) > 5]
    ours = {str(letter.message["Message-ID"]).strip("<>") for letter in came}
    for letter in came:
        head = letter.raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
        assert not [mid for mid in ids if mid.strip("<>") not in ours and mid.strip("<>") in head]


def tells_each_step_once(came: Sequence[Letter], connection: Connection) -> None:
    """No two different letters tell the same recipient the same step of the same wait, or the same notice."""
    ids = {str(letter.message["Message-ID"]) for letter in came}
    step = (reminders.c.wait, reminders.c.step, reminders.c.occurrence, reminders.c.recipient)
    notice = (notices.c.kind, notices.c.subject, notices.c.recipient)
    for table, columns in ((reminders, step), (notices, notice)):
        told = select(*columns, letters.c.message_id).join(letters, letters.c.id == table.c.letter)
        rows = [row for row in connection.execute(told) if row.message_id in ids]
        assert len({tuple(row)[:-1] for row in rows}) == len(rows)


def tells_of_nobody_answered_before(house: House, connection: Connection) -> None:
    """Who was answered before a letter was claimed does not stand in it, as far as a round could have known."""
    told = (
        select(letters.c.message_id, letters.c.created_at, waits.c.answered_at, messages.c.message_id)
        .join(reminders, reminders.c.letter == letters.c.id)
        .join(waits, waits.c.id == reminders.c.wait)
        .join(messages, messages.c.id == waits.c.answered_by)
        .where(waits.c.answered_at < letters.c.created_at)
    )
    found = [row for row in connection.execute(told) if row[3] not in house.late_news]
    assert not found, "a letter was claimed about somebody who had been answered"


def is_noted_as_sent(came: Sequence[Letter], house: House, connection: Connection) -> None:
    """What came is `sent` in the store, but for the window; so nothing withdrawn or given up was told to anybody."""
    rows = connection.execute(select(letters.c.message_id, letters.c.state))
    states = {row.message_id: row.state for row in rows}
    ids = {str(letter.message["Message-ID"]) for letter in came}
    unsent = [letter for letter in ids if states.get(letter, "sent") != "sent"]
    assert len(unsent) <= house.windows + house.sink.kept_in_silence


def _has_store(house: House) -> bool:
    try:
        store: Store = open_store(house.store_url)
    except StoreError:
        return False  # a story that broke its store on purpose
    with store.engine.connect() as connection:
        there = sqlalchemy.inspect(connection).has_table("letters")
    store.close()
    return there
