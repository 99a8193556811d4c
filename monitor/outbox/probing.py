"""FLOOR 1. Asks the mail server whether it would take our letters: an envelope without a letter, taken back (RSET)."""

import smtplib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from monitor.core.tls_line import TlsLine, tls_line
from monitor.outbox.smtp import TIMEOUT, SendError, SmtpSender

MOST_ASKED = 50
"""So many recipients are tried: who is asked for many suspects an attempt to guess addresses."""
PATIENCE = 20.0
"""Seconds for one answer until we are let in: somebody sits before it and waits."""
SECONDS = 60.0
"""For all of them: some servers answer more and more slowly."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the server said to an address. `permanent`: 5xx, it will never take it (RFC 5321 §4.2.1)."""

    address: str
    said: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """`line`: what protects the connection; `size`: the longest letter it takes, in octets (RFC 1870), None where it
    does not say.

    `sender`: why it does not take our sender; `refused`: which recipients it does not take; `asked`: how many were;
    `cut`: why it stopped before all were asked.
    """

    line: TlsLine
    size: int | None
    sender: Refusal | None = None
    refused: tuple[Refusal, ...] = ()
    asked: int = 0
    cut: str = ""


class Prober(SmtpSender):
    """An SmtpSender that hands nothing over."""

    timeout = PATIENCE

    def probe(self, sender: str, recipients: Iterable[str]) -> Probe:
        """MAIL FROM, RCPT TO for each of these addresses, and RSET. Raises SendError where we do not get in at all."""
        self.connect()
        smtp = self._smtp
        if smtp is None:
            raise SendError("not connected", server_wide=True)
        line, size = tls_line(smtp.sock), _size(smtp)
        if smtp.sock is not None:
            smtp.sock.settimeout(TIMEOUT)  # some servers ask others before they take a recipient
        wanted, refused = list(recipients)[:MOST_ASKED], list[Refusal]()
        asked = 0
        try:
            with self._within(SECONDS):
                if said := self._answer(sender, lambda: smtp.mail(sender)):
                    smtp.rset()
                    return Probe(line, size, sender=said)
                for recipient in wanted:
                    if said := self._answer(recipient, lambda to=recipient: smtp.rcpt(to)):  # type: ignore[misc]
                        refused.append(said)
                    asked += 1
                smtp.rset()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Probe(line, size, None, tuple(refused), asked, self._words(error))
        return Probe(line, size, None, tuple(refused), asked)

    def _answer(self, address: str, ask: Callable[[], tuple[int, bytes]]) -> Refusal | None:
        try:
            code, reply = ask()
        except ValueError:
            # smtplib speaks ASCII here and refuses line ends in a command (smtp.py).
            return Refusal(address, "it cannot be written in ASCII", permanent=True)
        if code in (250, 251, 252):
            return None
        if code == 421 or code < 0:
            raise smtplib.SMTPServerDisconnected(f"{code} {self._words(reply)}")
        return Refusal(address, f"{code} {self._words(reply)}", permanent=500 <= code < 600)


def _size(smtp: smtplib.SMTP) -> int | None:
    """0 stands for no fixed limit (RFC 1870 §4)."""
    said = str(smtp.esmtp_features.get("size", "")).strip()
    return int(said) if said.isascii() and said.isdigit() and int(said) else None
