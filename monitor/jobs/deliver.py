"""FLOOR 2. Empties the outbox: after the claim, send and mark (law 4). One bad letter never blocks the others."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.config import SecretError, SmtpSettings
from monitor.core.flood import latched_until, room
from monitor.core.token import TokenError
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.logged import event
from monitor.jobs.logging_in import Keyring, Refusals, token_of
from monitor.outbox.smtp import Relay, SendError, SmtpSender
from monitor.store.outbox import (
    LONGEST_PAUSE,
    LONGEST_PAUSE_OF_SERVER,
    MOST_UNCERTAIN,
    RECEIPT,
    LetterRow,
    begin_try,
    mark_refused,
    mark_sent,
    note_unreachable,
    pending,
    sent_lately,
    try_later,
)
from monitor.store.reminding import waits_of_letter
from monitor.store.store import Store

LONGEST_SECONDS = 300.0
"""No letter is begun later in a round: what was looked at once more grows old, and the mailboxes wait."""
CAN_WAIT = frozenset({"reminder", "opening", "blind", "double"})
"""The kinds of letters that go only while their recipient's sending window is open (core/sending.py)."""

log = logging.getLogger("monitor.deliver")


@dataclass(slots=True)
class Delivery:
    """What became of the letters of one round. `fault` is what the mail server as a whole said no to."""

    sent: int = 0
    refused: int = 0
    fault: str | None = None
    held: int = 0
    """Those that wait because their recipient has had as many as one may get (core/flood.py)."""


def relay_of(smtp: SmtpSettings, keyring: Keyring | None = None) -> Relay:
    """The mail server of the config, and what opens it."""

    def password() -> str:
        try:
            return smtp.password() if smtp.password else ""
        except SecretError as error:
            raise SendError(f"{smtp.where}: {error}", server_wide=True, fault="secret") from None

    by_token = token_of(keyring, smtp)

    def token(refused: str) -> str:
        try:
            return by_token(refused) if by_token else ""
        except TokenError as error:
            fault = "" if error.fault == "unreachable" else error.fault
            raise SendError(f"{smtp.where}: {error}", server_wide=True, fault=fault) from None

    tokens = token if by_token else None
    return Relay(
        smtp.host,
        smtp.port,
        smtp.security,
        smtp.username,
        password,
        smtp.ca_file,
        tokens,
        smtp.mechanism,
        smtp.login,
    )


def deliver(
    store: Store,
    smtp: SmtpSettings,
    knowledge: Knowledge,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    is_open: Callable[[str], bool] = lambda _recipient: True,
    keyring: Keyring | None = None,
) -> Delivery:
    """Try every letter that is due. A reminder goes only while all mailboxes it speaks of are freshly seen.

    What a slow server, or `stopping`, leaves over goes with the next round. `is_open`: whether letters that can wait
    may go to a recipient now (core/sending.py). `keyring`: what opens a mail server that takes no password.
    """
    done, ends = Delivery(), time.monotonic() + LONGEST_SECONDS
    letters = pending(store, now)
    if not letters:
        return done
    refusals = keyring.refusals_of(smtp) if keyring else Refusals()
    if words := refusals.in_force(now):
        return Delivery(fault=words)
    recipients = {letter.recipient for letter in letters}
    floods = {asked: _Flood(store, recipients, now, asked) for asked in (False, True)}
    with SmtpSender(relay_of(smtp, keyring)) as sender:
        for letter in letters:
            if stopping() or time.monotonic() >= ends:
                break
            if not _is_true_now(store, letter, knowledge, now):
                continue
            if not _may_go(letter, is_open):
                continue
            flood = floods[letter.kind == RECEIPT]
            if not flood.has_room(letter.recipient):
                done.held += 1
                continue
            try:
                sender.connect()
            except SendError as error:
                log.warning(
                    "letters stay in the outbox: %s",
                    error,
                    extra=event("letters stay", letters=len(letters), error=error),
                )
                note_unreachable(store, letters, str(error))
                done.fault = str(error)
                if error.fault == "refused":
                    refusals.refused(now, str(error))
                break
            refusals.accepted()
            before = done.sent
            goes_on = _try(store, sender, letter, done, now)
            if done.sent > before:
                flood.sent(letter.recipient)
            if not goes_on:
                break
    return done


def would_send(
    store: Store, knowledge: Knowledge, now: datetime, is_open: Callable[[str], bool] = lambda _recipient: True
) -> list[LetterRow]:
    """The letters that `deliver` would try, now or when their next try is due; in its order."""
    letters = pending(store, now, also_later=True)
    return [one for one in letters if _may_go(one, is_open) and _is_true_now(store, one, knowledge, now)]


def _may_go(letter: LetterRow, is_open: Callable[[str], bool]) -> bool:
    """Whether its recipient's sending window lets it out now."""
    return letter.kind not in CAN_WAIT or is_open(letter.recipient)


class _Flood:
    """What each recipient has had lately, this round included; who may get no more is named in the log once a round.

    `asked_for`: of receipts, else of all other letters.
    """

    def __init__(self, store: Store, recipients: Iterable[str], now: datetime, asked_for: bool) -> None:
        self._now = now
        self._sent = dict(sent_lately(store, list(recipients), now, asked_for=asked_for))
        self._named: set[str] = set()

    def has_room(self, recipient: str) -> bool:
        """Whether one more may go to them now."""
        if recipient in self._named:
            return False
        times = self._sent.get(recipient, [])
        if room(times, self._now):
            return True
        self._named.add(recipient)
        if until := latched_until(times, self._now):
            said = event("recipient latched", to=recipient, until=until)
            log.error("%s got too many letters for hours; no more before %s", recipient, until.isoformat(), extra=said)
        else:
            said = event("recipient full", to=recipient)
            log.warning("%s has had as many letters as go out in an hour; the others wait", recipient, extra=said)
        return False

    def sent(self, recipient: str) -> None:
        """One more went to them."""
        self._sent.setdefault(recipient, []).append(self._now)


def _try(store: Store, sender: SmtpSender, letter: LetterRow, done: Delivery, now: datetime) -> bool:
    """One letter; False where the next one would fare the same."""
    if not begin_try(store, letter.id):
        return True
    store.expect_fence()  # who was suspended just here for long must not send what another daemon has sent since
    try:
        reply = sender.send(letter.body, letter.recipient)
    except SendError as error:
        said = event("letter failed", id=letter.id, kind=letter.kind, to=letter.recipient, error=error)
        log.warning("letter %d: %s", letter.id, error, extra=said)
        if error.permanent:
            mark_refused(store, letter.id, str(error), now)
            done.refused += 1
        elif error.uncertain and letter.uncertain and letter.tries + 1 >= MOST_UNCERTAIN:
            # Each of these tries may have arrived, and one after the other would till the end of days.
            mark_sent(store, letter.id, f"perhaps: {error}", now)
            said = event("letter uncertain", id=letter.id, kind=letter.kind, to=letter.recipient)
            log.error("letter %d: perhaps sent, and not tried again", letter.id, extra=said)
        else:
            # Where it may have arrived already, it need not come again every hour.
            longest = LONGEST_PAUSE_OF_SERVER if error.server_wide and not error.uncertain else LONGEST_PAUSE
            try_later(store, letter, str(error), letter.uncertain or error.uncertain, now, longest)
        done.fault = str(error) if error.server_wide else done.fault
        return not error.server_wide
    mark_sent(store, letter.id, reply, now)
    said = event("letter sent", id=letter.id, kind=letter.kind, to=letter.recipient)
    log.info("letter %d sent (%s)", letter.id, letter.kind, extra=said)
    done.sent += 1
    return True


def _is_true_now(store: Store, letter: LetterRow, knowledge: Knowledge, now: datetime) -> bool:
    """Looked at once more: a reminder of somebody answered, or where silence proves nothing now, is held back."""
    if letter.kind != "reminder":
        return True
    rows = waits_of_letter(store, letter.id)
    waiting = [r.state == "waiting" and (r.snoozed_until is None or r.snoozed_until <= now) for r in rows]
    if not (any(waiting) if letter.uncertain else all(waiting)):
        return False
    return all(knowledge.silence_proved(row.mailboxes, now) for row in rows)
