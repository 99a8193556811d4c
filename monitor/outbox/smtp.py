"""FLOOR 1. Hands letters to the mail server, one recipient a letter, over one connection for as long as it holds."""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.utils import parseaddr
from typing import Literal

from monitor.core.login_hints import hint_of
from monitor.core.redaction import without
from monitor.core.tls_line import tls_context
from monitor.outbox.smtp_login import NotOfferedError, Relay, log_in

__all__ = ["Relay", "SendError", "SmtpSender"]

TIMEOUT = 60.0
"""Seconds for one read or write."""
DEADLINE = 180.0
"""Seconds to connect and log in, and for each letter: a server that drips never runs into TIMEOUT."""
_SENDER = re.compile(r"5\.7\.60\b|SendAsDenied|send as this sender", re.IGNORECASE)
"""Exchange Online, of a `from` that who logs in may not use: said after the letter, and yet of every letter."""
GOODBYE = 5.0
"""Seconds for QUIT: it is a courtesy."""


class SendError(Exception):
    """A letter was not taken, or we do not know.

    `permanent`: the server will never take it (5xx for this letter). `uncertain`: the connection broke after the letter
    was handed over, so it may have arrived. `server_wide`: the next letter would fare the same; `fault` then says which
    mistake of the config it is, if it is one.
    """

    def __init__(
        self,
        text: str,
        *,
        permanent: bool = False,
        uncertain: bool = False,
        server_wide: bool = False,
        fault: Literal["refused", "secret", ""] = "",
    ) -> None:
        super().__init__(text)
        self.permanent, self.uncertain, self.server_wide, self.fault = permanent, uncertain, server_wide, fault


class SmtpSender:
    """Sends letters; connects when first needed, and anew after a failure. Use as a context manager.

    `timeout`: seconds for one read or write.
    """

    timeout = TIMEOUT

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._smtp: smtplib.SMTP | None = None
        self._line: socket.socket | None = None
        self._secret = ""

    def __enter__(self) -> "SmtpSender":
        return self

    def __exit__(self, *_: object) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError), self._within(GOODBYE):
                self._smtp.quit()
        self._drop()

    def connect(self) -> None:
        """Connect and log in, if that is not done yet. Raises SendError(server_wide)."""
        if self._smtp is None:
            with self._within(DEADLINE):
                self._smtp = self._open()

    def send(self, body: bytes, recipient: str) -> str:
        """Hand one letter over; returns the server's words. Raises SendError."""
        self.connect()
        smtp = self._smtp
        if smtp is None:
            raise SendError("not connected", server_wide=True)
        with self._within(DEADLINE):
            return self._hand_over(smtp, body, recipient)

    def _hand_over(self, smtp: smtplib.SMTP, body: bytes, recipient: str) -> str:
        sender = parseaddr(message_from_bytes(body)["From"])[1]
        try:
            self._expect(smtp.mail(sender), "the sender", server_wide=True)
            self._expect(smtp.rcpt(recipient), recipient)
        except ValueError:
            # smtplib speaks ASCII here, SMTPUTF8 (RFC 6531) is not asked for; and it refuses line ends in a command.
            self._reset()
            raise SendError(f"{self._relay.where}: {recipient} cannot be written to in ASCII", permanent=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error, uncertain=False) from error
        try:
            code, reply = smtp.data(body)
        except smtplib.SMTPDataError as error:
            raise self._refused(error.smtp_code, error.smtp_error, "the letter") from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error, uncertain=True) from error
        self._expect((code, reply), "the letter")
        return f"{code} {self._words(reply)}"

    def _open(self) -> smtplib.SMTP:
        relay = self._relay
        try:
            return self._let_in()
        except smtplib.SMTPAuthenticationError as error:
            raise self._turned_away(error) from None
        except NotOfferedError as error:
            raise SendError(f"{relay.where}: {error}", server_wide=True, fault="refused") from None
        except UnicodeError:
            text = "`username` and `password` under [smtp] may hold only ASCII characters"
            raise SendError(f"{relay.where}: {text}", server_wide=True, fault="refused") from None
        except ssl.SSLCertVerificationError as error:
            text = f"its certificate does not fit ({error.verify_message})"
            fix = "give the right host, or trust one with ca_file"
            raise SendError(f"{relay.where}: {text}; {fix}", server_wide=True) from error
        except (smtplib.SMTPException, OSError) as error:
            text = f"no connection ({self._words(error)}); check `host`, `port` and `security` under [smtp]"
            raise SendError(f"{relay.where}: {text}", server_wide=True) from error

    def _let_in(self) -> smtplib.SMTP:
        """A connection that is logged in. A token that is refused may have ended: one more is asked for, and tried."""
        relay = self._relay
        self._secret = relay.secret() if relay.username else ""
        try:
            return self._greeted()
        except smtplib.SMTPAuthenticationError as error:
            if relay.token is None or error.smtp_code < 500:
                raise
            refused, self._secret = self._secret, relay.secret(self._secret)
            if self._secret == refused:
                raise
        return self._greeted()

    def _greeted(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.security == "tls":
            smtp: smtplib.SMTP = _Tls(self._opened, relay.host, relay.port, self.timeout, tls_context(relay.ca_file))
        else:
            smtp = _Plain(self._opened, relay.host, relay.port, self.timeout)
        try:
            if relay.security == "starttls":
                smtp.starttls(context=tls_context(relay.ca_file))
            smtp.ehlo_or_helo_if_needed()
            if relay.username:
                log_in(smtp, relay, relay.username, self._secret)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _turned_away(self, error: smtplib.SMTPAuthenticationError) -> SendError:
        """A login that was not accepted; 4xx is for later (RFC 4954 §6)."""
        relay, said = self._relay, f"{error.smtp_code} {self._words(error.smtp_error)}"
        by_token = relay.token is not None
        hint = hint_of(said, by_token)
        if error.smtp_code < 500:
            text = f"the server does not let {relay.login or relay.username} in just now ({said}); tried again later"
            return SendError(f"{relay.where}: {text}{'; ' if hint else ''}{hint}", server_wide=True)
        check = f"check `username` and `{'token' if by_token else 'password'}` under [smtp]"
        text = f"the login of {relay.login or relay.username} was refused ({said}); {hint or check}"
        return SendError(f"{relay.where}: {text}", server_wide=True, fault="refused")

    def _expect(self, answer: tuple[int, bytes], what: str, server_wide: bool = False) -> None:
        if answer[0] not in (250, 251):
            raise self._refused(answer[0], answer[1], what, server_wide)

    def _refused(self, code: int, reply: bytes | str, what: str, server_wide: bool = False) -> SendError:
        # 421: the server closes (RFC 5321 §4.2.1); no letter fares better until it is back.
        gone, words = code == 421 or code < 0, self._words(reply)
        if gone:
            self._drop()
        else:
            self._reset()
        hint, sender = "", _SENDER.search(words) is not None
        if sender:
            hint = "; let who logs in send as `from`, or make `from` the mailbox that logs in"
        text = f"{self._relay.where}: {code} for {what} ({words}){hint}"
        whole = server_wide or sender
        return SendError(text, permanent=500 <= code < 600 and not whole, server_wide=whole or gone)

    def _reset(self) -> None:
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _opened(self, plain: socket.socket) -> None:
        # TLS takes the socket over and gives another one back; a copy reaches the connection through all of that.
        self._drop()
        self._line = plain.dup()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Cut the connection if this takes longer: whatever is asked of it then fails."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        line = self._line
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _broken(self, error: Exception, uncertain: bool) -> SendError:
        self._drop()
        return SendError(
            f"{self._relay.where}: the connection broke ({self._words(error)})", uncertain=uncertain, server_wide=True
        )

    def _words(self, reply: object) -> str:
        """What the server, or the error, says: one line, and not our password, which a server may say back to us."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
        text = without(text, self._secret, self._relay.username or "")
        return "".join(c if c.isprintable() else " " for c in text)[:200].strip() or type(reply).__name__


class _Plain(smtplib.SMTP):
    """An SMTP that tells of its socket as soon as it is open, before the server has said a word."""

    def __init__(self, opened: Callable[[socket.socket], None], host: str, port: int, timeout: float) -> None:
        self._opened = opened
        super().__init__(host, port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        self._opened(plain)
        return plain


class _Tls(smtplib.SMTP_SSL):
    """The same with TLS from the start."""

    def __init__(
        self,
        opened: Callable[[socket.socket], None],
        host: str,
        port: int,
        timeout: float,
        context: ssl.SSLContext,
    ) -> None:
        self._opened = opened
        super().__init__(host, port, timeout=timeout, context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        try:
            self._opened(plain)
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
