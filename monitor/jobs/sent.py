"""FLOOR 2. The Sent folder of a server that marks none and gives it a name of its own: most of its mail is from us."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.config import MailboxSettings
from monitor.core.house import House
from monitor.inbox.folders import LOOKED_AT, find_sent_by_share
from monitor.inbox.source import OF_ONE_FOLDER, MailSource, RemoteFolder, SourceError, WatchedFolder
from monitor.store.mailboxes import folders_of, sought_sent, views
from monitor.store.store import Store

AGAIN = timedelta(days=1)
"""A mailbox without a Sent folder is looked through once a day."""


def sent_by_share(
    store: Store,
    source: MailSource,
    remote: Sequence[RemoteFolder],
    watched: Sequence[WatchedFolder],
    mailbox: MailboxSettings,
    house: House,
    now: datetime,
) -> list[WatchedFolder]:
    """The folder taken for Sent before, if it is still there; else one over 80 % of whose mails are ours; else none."""
    there = {folder.name for folder in remote}
    kept = [f.name for f in folders_of(store, mailbox.address) if f.role == "sent" and f.name in there]
    if kept:
        return [WatchedFolder(name, "sent") for name in kept[:1]]
    view = views(store).get(mailbox.address)
    if view is not None and view.sent_sought_at is not None and now - view.sent_sought_at < AGAIN:
        return []
    own = {mailbox.address, *house.staff.mailboxes}
    found = find_sent_by_share(remote, watched, own, lambda name: _senders(source, name))
    sought_sent(store, mailbox.address, now)
    return [WatchedFolder(name, "sent") for name in found[:1]]


def _senders(source: MailSource, name: str) -> list[str]:
    """A folder that cannot be asked tells nothing, and must not keep the mailbox from being read."""
    try:
        return source.senders(name, LOOKED_AT)
    except SourceError as fault:
        if fault.fault not in OF_ONE_FOLDER:
            raise
        return []
