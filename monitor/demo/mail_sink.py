"""ROOF. The demo's SMTP server: takes every letter and keeps it. Needs aiosmtpd, which only the demo needs."""

import asyncio
from dataclasses import dataclass
from types import TracebackType

from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.demo.background import HOST, Background


@dataclass(frozen=True, slots=True)
class Received:
    """A letter as it came over SMTP."""

    recipients: tuple[str, ...]
    raw: bytes


class MailSink:
    """Listens inside a `with` block; `letters` in the order they came."""

    host = HOST

    def __init__(self) -> None:
        self.letters: list[Received] = []
        self.port = 0
        self._background = Background("demo-smtp", self._open)

    def __enter__(self) -> "MailSink":
        self.port = self._background.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        self._background.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd for each letter, under the name it looks for."""
        content = envelope.original_content or b""
        self.letters.append(Received(tuple(envelope.rcpt_tos), content))
        return "250 Taken"

    async def _open(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(lambda: SMTP(self, hostname="demo.example"), HOST, 0)
