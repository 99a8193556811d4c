"""FLOOR 2. Empties the outbox: after the claim, send and mark (law 4). One bad letter never blocks the others."""

import logging
from dataclasses import dataclass
from datetime import datetime

from monitor.config import SecretError, SmtpSettings
from monitor.jobs.knowledge import Knowledge
from monitor.outbox.smtp import Relay, SendError, SmtpSender
from monitor.store.outbox import LetterRow, begin_try, mark_refused, mark_sent, note_unreachable, pending, try_later
from monitor.store.reminding import waits_of_letter
from monitor.store.store import Store

log = logging.getLogger("monitor.deliver")


@dataclass(slots=True)
class Delivery:
    """What became of the letters of one round. `fault` is what the mail server as a whole said no to."""

    sent: int = 0
    refused: int = 0
    fault: str | None = None


def relay_of(smtp: SmtpSettings) -> Relay:
    """The mail server of the config."""

    def password() -> str:
        try:
            return smtp.password() if smtp.password else ""
        except SecretError as error:
            raise SendError(f"{smtp.where}: {error}", server_wide=True, fault="secret") from None

    return Relay(smtp.host, smtp.port, smtp.security, smtp.username, password, smtp.ca_file)


def deliver(store: Store, smtp: SmtpSettings, knowledge: Knowledge, now: datetime) -> Delivery:
    """Try every letter that is due. A reminder goes only while all mailboxes it speaks of are freshly seen."""
    done = Delivery()
    letters = pending(store, now)
    if not letters:
        return done
    with SmtpSender(relay_of(smtp)) as sender:
        for letter in letters:
            if not _is_true_now(store, letter, knowledge, now):
                continue
            try:
                sender.connect()
            except SendError as error:
                log.warning("letters stay in the outbox: %s", error)
                note_unreachable(store, letters, str(error))
                done.fault = str(error)
                break
            if not _try(store, sender, letter, done, now):
                break
    return done


def _try(store: Store, sender: SmtpSender, letter: LetterRow, done: Delivery, now: datetime) -> bool:
    """One letter; False where the next one would fare the same."""
    begin_try(store, letter.id)
    try:
        reply = sender.send(letter.body, letter.recipient)
    except SendError as error:
        log.warning("letter %d: %s", letter.id, error)
        if error.permanent:
            mark_refused(store, letter.id, str(error), now)
            done.refused += 1
        else:
            try_later(store, letter, str(error), letter.uncertain or error.uncertain, now)
        done.fault = str(error) if error.server_wide else done.fault
        return not error.server_wide
    mark_sent(store, letter.id, reply, now)
    log.info("letter %d sent (%s)", letter.id, letter.kind)
    done.sent += 1
    return True


def _is_true_now(store: Store, letter: LetterRow, knowledge: Knowledge, now: datetime) -> bool:
    """Looked at once more: a reminder of somebody answered, or whose mailboxes cannot be seen now, is held back."""
    if letter.kind != "reminder":
        return True
    rows = waits_of_letter(store, letter.id)
    waiting = [row.state == "waiting" for row in rows]
    if not (any(waiting) if letter.uncertain else all(waiting)):
        return False
    return all(knowledge.is_fresh(m, now) for row in rows for m in row.mailboxes if m in knowledge.poll_every)
