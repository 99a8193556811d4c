"""ROOF. What the demo leaves behind: the letters that really arrived, for a browser and for a mail client."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that arrived: for whom, its bytes, and what they say."""

    to: tuple[str, ...]
    raw: bytes
    message: EmailMessage

    @property
    def subject(self) -> str:
        """As a reader sees it."""
        return str(self.message["Subject"] or "").strip()

    @property
    def desk(self) -> str:
        """Whom it went to, without the domain."""
        return self.to[0].partition("@")[0]

    def part(self, kind: str) -> str:
        """Its `html` or its `plain` text; empty where it has none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if isinstance(body, EmailMessage) else ""


def letter(to: tuple[str, ...], raw: bytes) -> Letter:
    """A letter from the bytes that came over SMTP."""
    return Letter(to, raw, message_from_bytes(raw, policy=default))


def pressed(reminder: Letter, line: str, when: datetime) -> bytes:
    """The ready-made mail of the button that says `line`, as a mail program sends it (RFC 6068)."""
    links = (urlsplit(unescape(link)) for link in re.findall(r'href="(mailto:[^"]+)"', reminder.part("html")))
    found = ((link.path, parse_qs(link.query)) for link in links)
    to, asked = next((to, asked) for to, asked in found if asked["body"] == [line])
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Date"] = reminder.to[0], to, format_datetime(when)
    mail["Subject"], mail["Message-ID"] = asked["subject"][0], f"<pressed.{when:%H%M}@{to.partition('@')[2]}>"
    mail.set_content(f"{line}\n")
    return mail.as_bytes()


def last_to(letters: Sequence[Letter], addresses: Iterable[str]) -> Letter | None:
    """Of the last day's letters to any of these people the longest: it shows most. None if there are none."""
    wanted = set(addresses)
    theirs = [letter for letter in letters if wanted & set(letter.to)]
    last_day = [letter for letter in theirs if _day(letter) == _day(theirs[-1])]
    return max(last_day, key=lambda letter: len(letter.raw), default=None)


def _day(letter: Letter) -> str:
    return str(letter.message["Date"])[:16]


def put_out(output: Path, letters: Sequence[Letter], named: dict[str, Letter]) -> None:
    """Write `named` letters as .html and .txt, and every letter as .eml; what an earlier demo left goes away."""
    every = output / "letters"
    every.mkdir(parents=True, exist_ok=True)
    for old in every.glob("[0-9][0-9]-*.eml"):
        old.unlink()
    for name, chosen in named.items():
        (output / f"{name}.html").write_text(chosen.part("html"), encoding="utf-8")
        (output / f"{name}.txt").write_text(chosen.part("plain"), encoding="utf-8")
    for number, each in enumerate(letters, start=1):
        (every / f"{number:02}-{each.desk}.eml").write_bytes(each.raw)
