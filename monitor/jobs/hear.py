"""FLOOR 2. The mailbox that hears what people say of our letters: one look, over the same source as any mailbox.

Only a mail that bears a token of a letter of ours is looked at; of all others nothing is kept. What it says is done,
noted and confirmed in one transaction (hear_one.py), so that each is done once wherever it is seen again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.config import MailboxSettings, Settings
from monitor.core.cursor import Cursor, FolderState, Plan, plan
from monitor.core.letter_ids import tokens_in
from monitor.core.message import Message, arrival
from monitor.core.orders import VALID
from monitor.inbox.folders import choose
from monitor.inbox.lines import split_fields
from monitor.inbox.reading import read
from monitor.inbox.source import MailSource, RawMail
from monitor.jobs.handed_out import HandedOut
from monitor.jobs.look import Progress, Sweep, at_the_edge, looked_into, new_mail
from monitor.outbox.letters import Letters
from monitor.store.hearing import PREFIX, Answered, forget_heard, letters_answered, were_heard
from monitor.store.looks import looked_completely
from monitor.store.mailboxes import FolderRow, cursor_moved, watch
from monitor.store.store import Store

if TYPE_CHECKING:
    from monitor.jobs.hear_one import Ear, Heard


def places(settings: Settings) -> tuple[MailboxSettings, ...]:
    """All that is looked at: the mailboxes, and the one for commands under a name of its own."""
    ear = settings.commands
    return (*settings.mailboxes, *((replace(ear, address=PREFIX + ear.address),) if ear else ()))


def is_ear(mailbox: MailboxSettings) -> bool:
    """Whether it is the one for commands."""
    return mailbox.address.startswith(PREFIX)


def listen(
    store: Store,
    source: MailSource,
    mailbox: MailboxSettings,
    settings: Settings,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    progress: Progress = lambda _mailbox, _count: None,
) -> Sweep:
    """Look once at the mailbox for commands, and do what it says. Never raises for what a server does.

    StoreError passes, for then nothing can go on.
    """
    looking = _Listening(store, source, mailbox, settings, now, stopping, progress)

    def complete() -> None:
        looked_completely(store, mailbox.address, now)
        forget_heard(store, now)

    return at_the_edge(store, mailbox.address, looking, now, stopping, complete)


@dataclass(slots=True)
class _Listening:
    """One look; lives for a single call of `listen`. `taken_in`: how many mails were seen."""

    store: Store
    source: MailSource
    mailbox: MailboxSettings
    settings: Settings
    now: datetime
    stopping: Callable[[], bool]
    progress: Progress
    taken_in: int = 0
    ear: "Ear | None" = None

    def look(self) -> None:
        """Every inbox of it."""
        wanted = [f for f in choose(self.source.folders(), self.mailbox.inbox, ()) if f.role == "inbox"]
        for row in watch(self.store, self.mailbox.address, [(f.name, f.role) for f in wanted]):
            state = self.source.state(row.name)
            reached = self._read(row, state, plan(row.cursor, state))
            looked_into(self.store, row, state, reached, self.now)

    def _read(self, row: FolderRow, state: FolderState, step: Plan) -> int:
        """Hear all mails the plan asks for; returns the first uid not heard. None counts that is older than VALID."""
        lookback = min(self.mailbox.lookback or VALID, VALID)
        handing, reached = HandedOut(self.source, self.mailbox.host, self.now), step.first_uid
        for uids in new_mail(self.source, row.name, step, lookback, self.now, self.stopping):
            mails, _ = handing.mails(row.name, uids)
            self._hear(row.name, mails)
            reached = uids[-1] + 1
            cursor_moved(self.store, row.id, Cursor(state.uidvalidity, reached, complete=step.step == "NEW_FROM"))
            self.taken_in += len(uids)
            self.progress(self.mailbox.address, len(uids))
        return reached

    def _hear(self, folder: str, mails: Sequence[RawMail]) -> None:
        """Those of a batch that answer a letter of ours and were not heard before, in their order."""
        from monitor.jobs.hear_one import Ear  # not above: a house that hears no commands does without it

        found = list(self._answering(folder, mails))
        before = were_heard(self.store, [one.identity for one in found])
        for one in found:
            if one.identity not in before:
                self.ear = self.ear or Ear(self.store, self.settings, Letters(self.settings.templates_dir), self.now)
                self.ear.hear(one, lambda uid=one.uid: self.source.text_starts(folder, [uid])[uid])  # type: ignore[misc]

    def _answering(self, folder: str, mails: Sequence[RawMail]) -> "Iterator[Heard]":
        from monitor.jobs.hear_one import Heard  # the same

        messages = [(mail, message) for mail in mails if isinstance(message := read(mail.header), Message)]
        ids = {name for _, message in messages for name in message.names}
        tokens = {token for _, message in messages for token in tokens_in(message.subject)}
        ours = letters_answered(self.store, ids, tokens) if ids or tokens else []
        for mail, message in messages if ours else ():
            letter = _letter(message, ours)
            came = arrival(mail.internaldate, None, message.sent_at, self.now)
            if letter is not None and self.now - came <= VALID:
                alone = len(split_fields(mail.header).get("from", ())) == 1
                yield Heard(mail.uid, message, came, letter, alone)


def _letter(message: Message, ours: Sequence[Answered]) -> Answered | None:
    """The letter it answers: that of the tag in its subject, else the nearest one it names."""
    by_token, by_id = {one.token: one for one in ours}, {one.message_id: one for one in ours}
    tagged = (by_token[token] for token in tokens_in(message.subject) if token in by_token)
    named = (by_id[name] for name in (*message.in_reply_to, *reversed(message.references)) if name in by_id)
    return next(tagged, next(named, None))
