"""FLOOR 2. A mail that left its folder is looked for in all others: moved, put away, deleted, or gone (rules.md §1)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from monitor.config import MailboxSettings
from monitor.core.house import House
from monitor.core.message import Message, same_mail
from monitor.core.topic import alike
from monitor.inbox.folders import search_places
from monitor.inbox.reading import read
from monitor.inbox.source import (
    OF_ONE_FOLDER,
    MailSource,
    RawMail,
    RemoteFolder,
    SourceError,
    WatchedFolder,
    is_clean_id,
)
from monitor.jobs.facts import as_gmail_knows_it
from monitor.store.arrivals import Arrival, Look
from monitor.store.intake import seen_elsewhere
from monitor.store.mailboxes import folder_beside
from monitor.store.store import Store
from monitor.store.stories import arrivals_of

A_DAY = timedelta(days=1)


class Vanished:
    """Looks for mails of one mailbox; lives for one look at a folder."""

    def __init__(self, store: Store, source: MailSource, mailbox: MailboxSettings, house: House, look: Look) -> None:
        self.store, self.source, self.mailbox, self.house, self.look = store, source, mailbox, house, look

    def look_for(
        self, missing: Sequence[Message], left: str, remote: Sequence[RemoteFolder], watched: Sequence[WatchedFolder]
    ) -> None:
        """Find these mails in any folder but the one they left, and remember where they are. Raises SourceError."""
        open_ = {message.identity: message for message in missing}
        for place in search_places(remote, watched, self.mailbox.ignored):
            if not open_:
                return
            if place.name == left:
                continue
            found = self._all_in(place.name, open_.values())
            if found:
                self._remember(place, found)
            for arrival in found:
                if isinstance(arrival.message, Message):
                    open_.pop(arrival.message.identity, None)

    def _remember(self, place: WatchedFolder, found: Sequence[Arrival]) -> None:
        folder = folder_beside(self.store, self.mailbox.address, place.name, place.role)
        uidvalidity = self.source.state(place.name).uidvalidity
        seen_elsewhere(self.store, folder, uidvalidity, found, self.house, self.look)

    def _all_in(self, folder: str, messages: Iterable[Message]) -> list[Arrival]:
        """A folder that cannot be opened, or asked, is passed over: the mail may be in another one."""
        try:
            return [hit for message in list(messages) if (hit := self._in(folder, message))]
        except SourceError as fault:
            if fault.fault not in OF_ONE_FOLDER:
                raise
            return []

    def _in(self, folder: str, message: Message) -> Arrival | None:
        uids = self._candidates(folder, message)
        for mail in self.source.mails(folder, uids) if uids else ():
            if self._is(folder, mail, message):
                arrived = mail.internaldate or self.look.now
                return Arrival(mail.uid, mail.flags, mail.size, arrived, message)
        return None

    def _candidates(self, folder: str, message: Message) -> list[int]:
        """By the exact id where it may stand in a command; else those that arrived about that day: a move keeps the
        day."""
        if is_clean_id(message.message_id):
            try:
                return self.source.find(folder, message.message_id)
            except SourceError as fault:
                if fault.fault != "message":
                    raise
        arrived = arrivals_of(self.store, message.identity)
        if arrived is None:
            return []
        return self.source.arrived_between(folder, (arrived - A_DAY).date(), (arrived + A_DAY).date())

    def _is(self, folder: str, mail: RawMail, message: Message) -> bool:
        there = read(mail.header)
        if isinstance(there, Message) and not there.message_id:
            there = read(mail.header, self.source.whole_headers(folder, [mail.uid]).get(mail.uid))
        if not isinstance(there, Message):
            return False
        there = alike(as_gmail_knows_it(mail, there, self.mailbox), message, self.house)
        return there.identity == message.identity or (
            bool(message.message_id) and there.message_id == message.message_id and same_mail(there, message)
        )
