"""An SMTP server on loopback that keeps what it gets and answers what it was told to answer."""

import asyncio
import ssl
from collections import defaultdict, deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import ordinary
from tests.servers.certificate import make_certificate

Stage = Literal["EHLO", "MAIL", "RCPT", "DATA"]

CLOSE = "close"
"""Cut the connection instead of answering; at DATA the letter is lost."""

KEEP_AND_CLOSE = "keep and close"
"""At DATA: the letter is kept, and the connection is cut before the 250: the one window for a duplicate."""

HANG = "hang"
"""Never answer; at DATA the letter is lost."""


class Letter(NamedTuple):
    """One letter that was accepted: the envelope, and the bytes as they came."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The letter, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)


class SmtpSink:
    """`with SmtpSink(folder) as sink:` then send to `sink.host`, `sink.port` and look at `sink.letters`.

    `security` is as in the product's configuration; `login` = (user, password) makes a login (PLAIN or LOGIN)
    necessary. `sink.answer("DATA", "451 4.3.0 later", "250 OK")` is for the next two letters; after them, and for
    every stage without answers, it is 250 again. Answers may also be CLOSE, KEEP_AND_CLOSE and HANG.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *,
        security: Literal["none", "starttls", "tls"] = "none",
        login: tuple[str, str] | None = None,
        size_limit: int = 2**25,
    ) -> None:
        self.port = ordinary.free_port()
        self.connections = 0
        self.kept_in_silence = 0
        """How many letters were kept without a 250: each of these may come once more."""
        self.ca_file: Path | None = None
        self._changed = Condition()
        self._letters: list[Letter] = []
        self._answers: defaultdict[Stage, deque[str]] = defaultdict(deque)
        self._refused: dict[str, str] = {}
        self._login = login
        self._controller = self._make_controller(folder, security, size_limit)

    def __enter__(self) -> Self:
        self._controller.start()
        self.connections = 0  # the controller has looked whether its server lives
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    # -- what tests say and ask

    def answer(self, stage: Stage, *answers: str) -> None:
        """What to answer the next times at this stage."""
        with self._changed:
            self._answers[stage].extend(answers)

    def refuse(self, recipient: str, answer: str = "550 5.1.1 no such user") -> None:
        """From now on, refuse this one recipient."""
        with self._changed:
            self._refused[recipient.lower()] = answer

    @property
    def letters(self) -> list[Letter]:
        """What was accepted so far, in order."""
        with self._changed:
            return list(self._letters)

    def wait_for(self, number: int, within: float = 10.0) -> list[Letter]:
        """The letters, as soon as there are so many; fails when there are fewer in the end."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._letters) >= number, within):
                raise AssertionError(f"{len(self._letters)} letters came within {within} s, not {number}")
            return list(self._letters)

    def clear(self) -> None:
        """Forget letters, answers and refusals."""
        with self._changed:
            self._letters.clear()
            self._answers.clear()
            self._refused.clear()

    # -- what aiosmtpd calls, in its own thread

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet back. A server that knows no EHLO is then asked with HELO."""
        answer = await self._next("EHLO", server)
        if not answer.startswith("2"):
            return [answer]
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, once it has logged in where that is wanted."""
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        answer = await self._next("MAIL", server)
        if answer.startswith("2"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take one recipient."""
        answer = self._refused.get(address.lower()) or await self._next("RCPT", server)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the letter."""
        raw = envelope.original_content or b""
        letter = Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
        return await self._next("DATA", server, letter)

    async def _next(self, stage: Stage, server: SMTP, letter: Letter | None = None) -> str:
        with self._changed:
            answer = self._answers[stage].popleft() if self._answers[stage] else "250 OK"
            if letter and (answer.startswith("2") or answer == KEEP_AND_CLOSE):
                self._letters.append(letter)
                self.kept_in_silence += answer == KEEP_AND_CLOSE
                self._changed.notify_all()
        if answer == HANG:
            await asyncio.Event().wait()
        if answer in (CLOSE, KEEP_AND_CLOSE):
            cast("asyncio.WriteTransport", server.transport).abort()
            raise asyncio.CancelledError  # aiosmtpd's own way to end a connection
        return answer

    def _let_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == self._login
        return AuthResult(success=right, handled=False, auth_data=data)

    def _make_controller(self, folder: Path, security: str, size_limit: int) -> Controller:
        context = self._context(folder) if security != "none" else None
        return _Controller(
            self,
            self.host,
            self.port,
            server_hostname="sink.example",
            ssl_context=context if security == "tls" else None,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=self._let_in if self._login else None,
            auth_require_tls=False,  # over implicit TLS aiosmtpd does not see that there is TLS
            data_size_limit=size_limit,
        )

    def _context(self, folder: Path) -> ssl.SSLContext:
        certificate = make_certificate(folder)
        self.ca_file = certificate.public
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.public, certificate.private)
        return context


class _Controller(Controller):
    """Counts the connections."""

    handler: SmtpSink

    def factory(self) -> SMTP:
        """Called once for each connection."""
        self.handler.connections += 1
        return cast("SMTP", super().factory())  # type: ignore[no-untyped-call]
