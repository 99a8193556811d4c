"""FLOOR 2. What every look at a mailbox has in common: the edge around it, and the way through new mail in batches."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from monitor.core.cursor import Cursor, FolderState, Plan
from monitor.core.message import EARLIEST_SANE_YEAR
from monitor.inbox.source import MailSource, SourceError
from monitor.jobs.logged import event
from monitor.store.looks import failed_look
from monitor.store.mailboxes import FolderRow, folder_looked_at
from monitor.store.store import Store, StoreError

BATCH = 500
"""Mails fetched at once: bounds memory."""
STORED_AT_ONCE = 1_500
"""So many mails are stored at once where so many come. Each transaction writes the leaves of all indexes anew: with
1,000 a mail costs a twelfth more (of 100,000 on SQLite); 2,000 cost no less, and 2 MB. That takes some 0.2 s."""
WEIGHT = 700_000
"""So many bytes of headers are fetched at once, and three times as many stored: what is made of a header takes several
times its memory. Most mailboxes stay far below it; what goes to lists and to many people has headers of 2 to 3 KB."""
LEAST = 50
"""So many are fetched at once however heavy they are: at most 800 KB (inbox/source.py: HEADER_LIMIT)."""

log = logging.getLogger("monitor.poll")

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one look at a mailbox came to. `fault` is None where it was complete."""

    mailbox: str
    taken_in: int = 0
    fault: SourceError | None = None


class Looking(Protocol):
    """A look at a mailbox: how far it came, and how it goes on to the end."""

    taken_in: int

    def look(self) -> None:
        """Raises SourceError and StoreError."""


def at_the_edge(
    store: Store,
    mailbox: str,
    looking: Looking,
    now: datetime,
    stopping: Callable[[], bool],
    complete: Callable[[], None],
) -> Sweep:
    """Look once, and note that it was `complete`, or what came in between.

    Whatever goes wrong with a mailbox, the others go on (law 8); StoreError passes, for then nothing can.
    """
    began = time.monotonic()
    try:
        looking.look()
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  # the edge around one mailbox; it is logged with its traceback
        fault = error if isinstance(error, SourceError) else _unexpected(mailbox, error)
        if fault.fault != "stopped" and not stopping():
            failed_look(store, mailbox, fault.fault, str(fault), now)
            said = event("look failed", mailbox=mailbox, fault=fault.fault, error=fault)
            log.warning("%s: %s", mailbox, fault, extra=said)
        return Sweep(mailbox, looking.taken_in, fault)
    complete()
    new, took = looking.taken_in, timedelta(seconds=time.monotonic() - began)
    said = event("looked", mailbox=mailbox, new=new, took=took)
    log.log(logging.INFO if new else logging.DEBUG, "%s: %d new messages", mailbox, new, extra=said)
    return Sweep(mailbox, new)


def new_mail(
    source: MailSource,
    folder: str,
    step: Plan,
    lookback: timedelta | None,
    now: datetime,
    stopping: Callable[[], bool],
) -> Iterator[Sequence[int]]:
    """The uids of all mails that the plan asks for, in batches; SourceError "stopped" where we are asked to stop."""
    if step.step not in ("FIRST", "RESIGHT", "NEW_FROM"):
        return
    since = now - lookback if step.within_lookback and lookback else None
    if since is not None and since.year < EARLIEST_SANE_YEAR:
        since = None
    for window in source.uids(folder, step.first_uid, since):
        for uids in batches(window):
            if stopping():
                raise SourceError("stopped", "asked to stop")
            yield uids


def looked_into(store: Store, row: FolderRow, state: FolderState, reached: int, now: datetime) -> None:
    """The folder was read to its end, as it was when it was opened. `reached`: the first uid not read."""
    folder_looked_at(store, row.id, cursor_after(state, reached), now)


def cursor_after(state: FolderState, reached: int) -> Cursor:
    """Of a folder that was read to its end."""
    return Cursor(state.uidvalidity, max(reached, state.uidnext or 1), state.highestmodseq, state.messages)


def batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """At most BATCH of them at a time."""
    for at in range(0, len(uids), BATCH):
        yield uids[at : at + BATCH]


def fitting(mails: int, weight: int) -> int:
    """How many are fetched at once where so many `mails` weigh so many bytes."""
    return min(BATCH, max(LEAST, WEIGHT * mails // weight)) if weight else BATCH


def is_full(batch: Sequence[int]) -> bool:
    """Whether more are likely to come behind it."""
    return len(batch) >= BATCH


def _unexpected(mailbox: str, error: Exception) -> SourceError:
    log.error("%s: an unexpected error", mailbox, exc_info=error, extra=event("look broken", mailbox=mailbox))
    return SourceError("protocol", f"an unexpected error ({type(error).__name__}); please report it with the log above")
