"""FLOOR 2. Where new letters go: into the outbox with what they fulfil (law 4); in a dry run on into a folder."""

import os
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from monitor.core.ladder import Reminder
from monitor.store.outbox import LetterRow
from monitor.store.past import ANEW
from monitor.store.reminding import NewLetter, Notice, claim, claim_notices
from monitor.store.reporting import claim_anew, claim_report
from monitor.store.store import Store
from monitor.store.telling import Frozen
from monitor.store.withdrawing import withdraw_outdated, withdraw_waiting


class Claims(Protocol):
    """What the jobs may do with the letters they make."""

    def withdraw(self, now: datetime) -> None:
        """Take back what is no longer true."""

    def supersede(self, recipients: Collection[str], now: datetime) -> bool:
        """Take back reminders not sent yet to people who get a newer one; whether there were any."""

    def reminder(self, letter: NewLetter, due: Sequence[Reminder], now: datetime) -> None:
        """A reminder letter and the reminders it fulfils."""

    def notices(self, notices: Sequence[Notice], now: datetime) -> None:
        """Letters that are sent once."""

    def report(
        self, week: str, letters: Sequence[NewLetter], figures: dict[str, Any], frozen: Frozen, now: datetime
    ) -> None:
        """The report of a week, frozen."""

    def reports_anew(self, subject: str, notices: Sequence[Notice], now: datetime) -> None:
        """Reports in place of those that were taken back unsent."""


class OutboxClaims:
    """The real thing: one transaction a claim."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def withdraw(self, now: datetime) -> None:
        """Letters of people who were answered meanwhile."""
        withdraw_outdated(self._store, now)

    def supersede(self, recipients: Collection[str], now: datetime) -> bool:
        """So that a day without a mail server ends in one letter, not in a pile."""
        return withdraw_waiting(self._store, recipients, now) > 0

    def reminder(self, letter: NewLetter, due: Sequence[Reminder], now: datetime) -> None:
        """Letter and reminders, both or neither."""
        claim(self._store, letter, due, now)

    def notices(self, notices: Sequence[Notice], now: datetime) -> None:
        """All of them or none."""
        claim_notices(self._store, notices, now)

    def report(
        self, week: str, letters: Sequence[NewLetter], figures: dict[str, Any], frozen: Frozen, now: datetime
    ) -> None:
        """Figures, what is kept of them, and letters: all or nothing, once a week."""
        claim_report(self._store, week, letters, figures, frozen, now)

    def reports_anew(self, subject: str, notices: Sequence[Notice], now: datetime) -> None:
        """The letters, and that they are made: all or nothing."""
        claim_anew(self._store, ANEW, subject, notices, now)


class LetterFolder:
    """A dry run: every letter becomes a file. The files are numbered in the order in which they would be sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: list[Path] = []
        for each in reversed([f for f in (folder, *folder.parents) if not f.exists()]):
            each.mkdir(mode=0o700)  # `parents` would make those between by the umask
        folder.mkdir(exist_ok=True)  # a file there is an error, as ever

    def take(self, letters: Iterable[LetterRow]) -> None:
        """A file each."""
        for letter in letters:
            # An address may hold "/" (RFC 5322 §3.2.3): never let it choose the folder.
            name = "".join(c if c.isalnum() or c in "@.-_+" else "_" for c in letter.recipient)
            path = self._folder / f"{len(self.written) + 1:03d}-{letter.kind}-{name}.eml"
            write_private(path, letter.body)
            self.written.append(path)


def write_private(path: Path, content: bytes) -> None:
    """Names and addresses are in it: for nobody else, whatever the umask or an older file (failures.md §7)."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
