"""A house whose letters are heard: people reply to letters, and press their buttons, on the real Dovecot."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.config import load
from monitor.jobs.buttons import Buttons
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import Letter, SmtpSink
from tests.story.house import ANN, BEN, House, Mail, at, kind_of

EAR = "monitor"
"""The local part of the commands mailbox: the sender of our letters."""
TAG = re.compile(r"\[([a-z2-7]{4}(?:-[a-z2-7]{4}){3})\]")


class HeardHouse(House):
    """`[commands]` is the mailbox that letters come from, unless `ear` names another one."""

    def __init__(
        self,
        folder: Path,
        dovecot: Dovecot,
        sink: SmtpSink,
        address: Callable[[str], str],
        ear: str = EAR,
        config: str = "",
        **words: object,
    ) -> None:
        self.ear = ear
        (folder / "password-ear").touch(mode=0o600)
        (folder / "password-ear").write_text(dovecot.password)
        heard = "[commands]\n" + (f'address = "{address(ear)}"\n' if ear != EAR else "")
        heard += f'password = {{ file = "{folder / "password-ear"}" }}\n'
        super().__init__(folder, dovecot, sink, address, config=heard + config, **words)  # type: ignore[arg-type]

    def reply(
        self,
        letter: Letter,
        line: str,
        when: datetime,
        *,
        by: str = "",
        names: bool = True,
        subject: str | None = None,
        **fields: Any,
    ) -> Mail:
        """Somebody answers a letter with one line, as a mail program does; without `names` its id is lost."""
        head = {"In_Reply_To": str(letter.message["Message-ID"])} if names else {}
        about = f"Re: {letter.message['Subject']}" if subject is None else subject
        mail = self.mail(by or letter.recipients[0], self.address(self.ear), when, subject=about, **head, **fields)
        return self.says(with_text(mail, f"{line}\n\nOn Tuesday the monitor wrote:\n> 1. done 1\n> done 3"))

    def says(self, mail: Mail) -> Mail:
        """A mail comes into the commands mailbox."""
        self.dovecot.append(self.address(self.ear), "INBOX", mail.raw, mail.when)
        return mail

    def presses(self, letter: Letter, kind: str, nth: int, when: datetime, add: str = "") -> Mail:
        """Somebody presses a button of a letter, and sends the mail that comes of it."""
        buttons = Buttons(load(self.config), tag_of(letter)).of(nth)
        url = urlsplit(next(button.url for button in buttons if button.kind == kind))
        asked = parse_qs(url.query, strict_parsing=True)
        mail = self.mail(letter.recipients[0], unquote(url.path), when, subject=asked["subject"][0])
        return self.says(with_text(mail, asked["body"][0] + add))

    def three_wait(self) -> tuple[list[Mail], Letter]:
        """Three people wait past the target, and the letter that says so."""
        self.opens(at("Mon 08:00"))
        asked = [self.asks(at(f"Mon 1{n}:00"), who) for n, who in enumerate((ANN, BEN, "Cleo <cleo@club.example>"))]
        (letter,) = self.round(at("Tue 13:05"))
        return asked, letter

    def waiting(self, now: datetime) -> list[str]:
        """The domains of those who wait, who first did first."""
        return [w["opened_by"].strip("<>").rpartition("@")[2] for w in self.waits(now) if w["state"] == "waiting"]


def with_text(mail: Mail, text: str) -> Mail:
    """The same mail with another text."""
    message = message_from_bytes(mail.raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    message.set_content(f"{text}\n")
    return mail._replace(raw=message.as_bytes())


def tag_of(letter: Letter) -> str:
    """The tag in its subject."""
    (tag,) = TAG.findall(str(letter.message["Subject"]))
    return str(tag)


def receipts(letters: Sequence[Letter]) -> list[Letter]:
    """Those of them that are receipts."""
    return [letter for letter in letters if kind_of(letter) == "receipt"]
