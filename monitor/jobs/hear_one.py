"""FLOOR 2. One mail to the commands mailbox: checked, understood, done, noted and confirmed; all that at once, or none.

Its text is looked at only when every check was passed: the first line somebody wrote new. It is kept nowhere.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.acts import Command, Puzzled, understand
from monitor.core.letter_ids import without_tags
from monitor.core.message import Message
from monitor.core.new_text import new_text, plain_text
from monitor.core.orders import Order, refusal, speaker
from monitor.core.subject import base_subject, has_reply_prefix
from monitor.inbox.source import TextStart
from monitor.jobs.acting import Act, Performed, perform, undo
from monitor.jobs.edge import Edge
from monitor.jobs.logged import event
from monitor.jobs.receipts import Receipts, batch_of
from monitor.outbox.letters import Letters
from monitor.outbox.receipts import Came
from monitor.store.acts import is_said
from monitor.store.hearing import Answered, lines_of, note_heard, note_outcome, put_receipt, times
from monitor.store.reminding import NewLetter
from monitor.store.store import Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPOKE = ("done", "undone", "nothing", "help", "puzzled", "prose")
"""What comes of the mails that passed every check; these count for how many there may be in an hour."""
TOLD_ONCE: dict[str, timedelta] = {"refuted": DAY, "expired": DAY, "too-many": HOUR}
"""What is refused and told: to one person once in so long. All else that is refused brings no letter."""
MOST_HELP = 3
"""In an hour: whoever is not understood more often is no person, or knows by now."""

log = logging.getLogger("monitor.hear")


@dataclass(frozen=True, slots=True)
class Heard:
    """A mail that answers a letter of ours. `came`: when it arrived (UTC); `alone`: it has one From field."""

    uid: int
    message: Message
    came: datetime
    letter: Answered
    alone: bool

    @property
    def identity(self) -> str:
        """By which it is known wherever it is seen again."""
        return self.message.identity

    @property
    def said_at(self) -> datetime:
        """Nobody answers a letter before it is made, whatever the clock of the server says."""
        return max(self.came, self.letter.written_at)


class Ear:
    """Hears one mail after the other, for one look at `now`."""

    def __init__(self, store: Store, settings: Settings, letters: Letters, now: datetime) -> None:
        self._store, self._settings, self._letters, self._now = store, settings, letters, now
        self._house = settings.house(store.letter_key)

    def hear(self, one: Heard, text: Callable[[], TextStart | None]) -> None:
        """Do what it says, if it may. `text` fetches how its text begins. Whatever is wrong with it stops no other.

        Raises SourceError where its text could not be fetched, and it is still to be heard.
        """
        edge, outcome = Edge(), None
        who = speaker(one.message, one.letter.recipient, self._settings.speakers, self._house.staff)
        who = who if one.alone else ""
        with edge.around("a command by mail"):
            outcome = self._refused(one, who)
        if outcome is None and not edge.broken:
            begins = text()  # outside of the edge: where the connection fails, the next look hears this mail
            with edge.around("a command by mail"):
                outcome = self._obeyed(one, who, begins)
        if edge.broken:
            self._note(one, who, "failed", None)
        said = event("reply heard", letter=one.letter.id, outcome=outcome or "failed")
        log.info("a reply to letter %d: %s", one.letter.id, outcome or "failed", extra=said)

    def _refused(self, one: Heard, who: str) -> str | None:
        lately = times(self._store, who, SPOKE, one.came - HOUR, one.came) if who else 0
        order = Order(one.message, one.came, one.letter.written_at, one.letter.recipient, who, lately, self._house)
        why = refusal(order)
        if why is None:
            return None
        if why == "automatic" or why == "stranger":
            self._note(one, "", why, None)
            return why
        told = times(self._store, who, [why], one.came - TOLD_ONCE[why], one.came)
        self._note(one, who, why, None if told else self._receipt(self._receipts(one, who, {}), why))
        return why

    def _obeyed(self, one: Heard, who: str, text: TextStart | None) -> str:
        """What it says is done, noted and confirmed together: whatever happens in between, none of it has."""
        said = understand(first_line(text, one.message.subject))
        receipts = self._receipts(one, who, lines_of(self._store, one.letter.id))
        helped = times(self._store, who, ("puzzled",), one.came - HOUR, one.came)
        batch = self._told_of(one.letter)
        with self._store.together() as connection:
            if not note_heard(connection, one.identity, one.came, who, "done"):
                return "repeated"
            outcome, receipt = self._done(one, receipts, said, batch, helped)
            note_outcome(connection, one.identity, outcome)
            put_receipt(connection, receipt, self._now)
        return outcome

    def _done(
        self, one: Heard, receipts: Receipts, said: Command | Puzzled, batch: str | None, helped: int
    ) -> tuple[str, NewLetter | None]:
        """What came of it, and what is said of that. `batch`: what an `undo` takes back; None: whatever was last."""
        done: Performed | Puzzled
        if isinstance(said, Puzzled):
            done = said
        elif said.word == "help":
            return "help", self._receipt(receipts, "help")
        elif said.word == "undo":
            acts = undo(self._store, self._settings, who=receipts.who, now=self._now, batch=batch).acts
            came: Came = "undone" if acts else "nothing"
            return came, self._receipt(receipts, came, acts)
        else:
            on = {number: (message,) for number, message in receipts.lines.items()}
            who, batch, now = receipts.who, receipts.batch, self._now
            words = {"who": who, "via": "mail", "batch": batch}
            done = perform(
                self._store,
                self._settings,
                said,
                on,
                **words,
                now=now,
                said_at=one.said_at,
                letter_at=one.letter.written_at,
            )
        if isinstance(done, Performed):
            return "done", self._receipt(receipts, "acted", done.acts)
        # Nothing like a command, in answer to a receipt: so the answer of a responder ends the exchange.
        if one.letter.kind == "receipt" and done.why in ("word", "empty") and not done.did_you_mean:
            return "prose", None
        return "puzzled", self._receipt(receipts, "puzzled", puzzled=done) if helped < MOST_HELP else None

    def _told_of(self, letter: Answered) -> str | None:
        """The acts that a receipt tells of, which is what an `undo` in reply to it means."""
        if letter.kind != "receipt":
            return None
        with self._store.reading() as connection:
            batch = batch_of(letter.message_id)
            return batch if is_said(connection, batch) else None

    def _receipts(self, one: Heard, who: str, lines: dict[int, int]) -> Receipts:
        return Receipts(self._store, self._settings, self._letters, one.identity, who, one.letter, lines, self._now)

    def _receipt(
        self, receipts: Receipts, came: Came, acts: Sequence[Act] = (), puzzled: Puzzled | None = None
    ) -> NewLetter | None:
        """The letter; none where an own template cannot be rendered: what was said is done all the same."""
        with Edge().around("a receipt"):
            return receipts.of(came, acts, puzzled)
        return None

    def _note(self, one: Heard, who: str, outcome: str, receipt: NewLetter | None) -> None:
        with self._store.writing() as connection:
            if note_heard(connection, one.identity, one.came, who, outcome):
                put_receipt(connection, receipt, self._now)


def first_line(text: TextStart | None, subject: str) -> str:
    """What somebody says: the first line they wrote themselves, else the subject, as some programs lose the text.

    The subject of a mail that is only sent on was written for another one.
    """
    written = new_text(plain_text(text.text) if text.is_html else text.text) if text else ""
    about = without_tags(subject)
    base = base_subject(about)
    own = base if base == about or has_reply_prefix(about) else ""
    return next((line for line in written.split("\n") if line.strip()), "") or own
