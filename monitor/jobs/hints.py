"""FLOOR 2. Hints that a mailbox may have news: one thread listens to all connections that wait between two looks.

A hint brings a look forward (agenda.py), and that is all it does: the poll stays as it is, and alone knows what is new.
So nothing is lost with a hint that never came, and one that was false cost one look.
"""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from monitor.inbox.idling import Idling
from monitor.inbox.imap import ImapSource
from monitor.jobs.logged import event
from monitor.store.mailboxes import FolderRow, folders_of
from monitor.store.store import Store, StoreError

RENEW_SECONDS = 540.0
"""So long a spell lasts at most. Servers may hang up after 30 minutes (RFC 3501 §5.4, RFC 2177); some do so after ten,
and Exchange Online has been seen to fall silent by then. Looks that come oftener renew it anyhow."""
MOST_LOSSES = 3
"""So many spells one after the other may end with the connection, or be refused, before a mailbox is left alone."""
REST = 50
"""For so many looks it is left alone then: a server that hangs up on who waits costs no login more than without."""
LAST_SECONDS = 2.0

log = logging.getLogger("monitor.hints")


@dataclass(slots=True)
class _Heeded:
    """What is known of one mailbox."""

    folders: Sequence[str] = ()
    spell: Idling | None = None
    losses: int = 0
    rest: int = 0


class Hints:
    """Listens, and remembers whose server has spoken. `seconds` is its monotonic clock."""

    def __init__(self, store: Store, seconds: Callable[[], float] = time.monotonic) -> None:
        self._store, self._seconds = store, seconds
        self._heeded: dict[str, _Heeded] = {}
        self._lock = threading.Lock()
        self._spoken: set[str] = set()
        self._new: list[tuple[str, Idling]] = []
        self._over = False
        self._bell: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def listen(self, mailbox: str, source: ImapSource, changed: bool) -> None:
        """Its look has ended: wait over its connection, which nobody uses until the next one.

        `changed`: something was read, so that its folders may have changed. Waits for no answer.
        """
        heeded = self._heeded.setdefault(mailbox, _Heeded())
        if not self._may_begin(mailbox, heeded):
            return
        if changed or not heeded.folders:
            with suppress(StoreError):
                heeded.folders = worth_hearing(folders_of(self._store, mailbox))
        heeded.spell = source.begin_hints(heeded.folders)
        if heeded.spell is not None:
            with self._lock:
                self._new.append((mailbox, heeded.spell))
            if self._thread is None:
                self._start()
            self._ring()

    def heard(self) -> set[str]:
        """The mailboxes whose servers have spoken since this was asked last."""
        with self._lock:
            spoken, self._spoken = self._spoken, set()
        return spoken

    def pardon(self) -> None:
        """Nothing is held against any server any more."""
        self._heeded.clear()

    def close(self) -> None:
        """Listen no more. The connections are others' to close."""
        self._over = True
        self._ring()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)
        if self._bell is not None:
            self._bell.close()

    def _may_begin(self, mailbox: str, heeded: _Heeded) -> bool:
        last, heeded.spell = heeded.spell, None
        if heeded.rest:
            heeded.rest -= 1
            return not heeded.rest
        if last is not None:
            heeded.losses = 0 if last.worked and not last.gone else heeded.losses + 1
        if heeded.losses >= MOST_LOSSES:
            heeded.losses, heeded.rest = MOST_LOSSES - 1, REST
            words = "%s: the server does not let us wait for news; it is looked at as often as the config says"
            log.info(words, mailbox, extra=event("hints rest", mailbox=mailbox))
            return False
        return True

    def _start(self) -> None:
        self._bell, ear = socket.socketpair()
        self._bell.setblocking(False)
        self._thread = threading.Thread(target=self._listen, args=(ear,), name="hints", daemon=True)
        self._thread.start()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already
            if self._bell is not None:
                self._bell.send(b"!")

    def _listen(self, ear: socket.socket) -> None:
        with ear, selectors.DefaultSelector() as selector:
            listening = _Listening(selector, self._seconds)
            selector.register(ear, selectors.EVENT_READ)
            while not self._over:
                for key, _ in selector.select(listening.rest()):
                    if key.fileobj is ear:
                        ear.recv(4096)
                        self._take_on(listening)
                    elif (mailbox := listening.heard(key.fd)) is not None:
                        with self._lock:
                            self._spoken.add(mailbox)
                listening.renew()

    def _take_on(self, listening: "_Listening") -> None:
        with self._lock:
            new, self._new = self._new, []
        for mailbox, spell in new:
            listening.add(mailbox, spell)


@dataclass(slots=True)
class _Spell:
    mailbox: str
    idling: Idling
    renew_at: float


class _Listening:
    """What the thread listens to, by file descriptor. One that was closed meanwhile, or used, falls out by itself."""

    def __init__(self, selector: selectors.BaseSelector, seconds: Callable[[], float]) -> None:
        self._selector, self._seconds = selector, seconds
        self._spells: dict[int, _Spell] = {}

    def add(self, mailbox: str, idling: Idling) -> None:
        number = idling.fileno()
        self._drop(number)
        with suppress(OSError, ValueError):  # it was closed before we came to it
            self._selector.register(number, selectors.EVENT_READ)
            self._spells[number] = _Spell(mailbox, idling, self._seconds() + RENEW_SECONDS)

    def heard(self, number: int) -> str | None:
        """The mailbox, if there are news."""
        spell = self._spells.get(number)
        told = spell.idling.hear() if spell is not None else "over"
        if told == "over":
            self._drop(number)
        return spell.mailbox if spell is not None and told == "news" else None

    def rest(self) -> float | None:
        """Seconds until something must be renewed; None: nothing need be."""
        first = min((spell.renew_at for spell in self._spells.values()), default=None)
        return None if first is None else max(0.0, first - self._seconds())

    def renew(self) -> None:
        """What has waited for long."""
        now = self._seconds()
        for spell in self._spells.values():
            if spell.renew_at <= now:
                spell.idling.renew()
                spell.renew_at = now + RENEW_SECONDS

    def _drop(self, number: int) -> None:
        if self._spells.pop(number, None) is not None:
            with suppress(OSError, ValueError, KeyError):
                self._selector.unregister(number)


def worth_hearing(folders: Sequence[FolderRow]) -> list[str]:
    """The folders of a mailbox, what matters most first: a reply prevents a reminder, a new question can wait.

    Where there are several for replies, the one that has seen most comes first.
    """

    def matters(row: FolderRow) -> tuple[bool, bool, int]:
        most = row.cursor.uidnext if row.cursor else 0
        return row.role != "sent", row.role != "inbox", -most

    return [row.name for row in sorted(folders, key=matters)]
