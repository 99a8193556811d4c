"""FLOOR 1. What the letter about two answers to one person says, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.outbox.pages import WaitingLine, shown_name
from monitor.outbox.plain import isolated, safe_name


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the two answers: the name and address in its From, and when it went out."""

    written_by: str
    address: str
    at: datetime

    @property
    def name(self) -> str:
        """The name it shows."""
        return shown_name(self.written_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublePage:
    """To two of us who answered the same person. `line` is that person's message; `voices`: the first answer first.

    `looks_after`: the mailbox that an answer left from, where its owner is told; empty where it is the reader's own.
    """

    organisation: str
    now: datetime
    zone: ZoneInfo
    line: WaitingLine
    voices: tuple[Voice, Voice]
    looks_after: str = ""
    language: str = "en"

    @property
    def who(self) -> str:
        """`Ellen Marsh`, where the name is fit for our own subject line; else empty."""
        return isolated(safe_name(self.line.who))

    @property
    def apart(self) -> timedelta | None:
        """How long after the first answer the second went out; None within the same minute."""
        length = self.voices[1].at - self.voices[0].at
        return length if length >= timedelta(minutes=1) else None
