"""An SMTP server that takes tokens, as Gmail and Exchange Online do."""

from base64 import b64decode
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

from tests.servers.smtp_sink import SmtpSink

REFUSED = "535 5.7.8 Username and Password not accepted."


class OauthSink(SmtpSink):
    """`tokens` hold; each login is noted in `logins` as (mechanism, what was said without its base64).

    One that does not hold gets `challenge` (JSON), unless that is empty, and then `refusal`.
    """

    def __init__(self, folder: Path, *tokens: str, challenge: str = "", refusal: str = REFUSED) -> None:
        self.tokens = set(tokens)
        self.logins: list[tuple[str, bytes]] = []
        self._challenge, self._refusal = challenge, refusal
        super().__init__(folder, login=("monitor", "a password"))

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  # aiosmtpd's name
        """`AUTH XOAUTH2`, with or without an initial response."""
        return await self._bearer(server, args)

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """`AUTH OAUTHBEARER`."""
        return await self._bearer(server, args)

    async def _bearer(self, server: SMTP, args: list[str]) -> AuthResult:
        said: Any = b64decode(args[1]) if len(args) > 1 else await server.challenge_auth("")
        self.logins.append((args[0], said))
        if said.partition(b"auth=Bearer ")[2].rstrip(b"\1").decode() in self.tokens:
            return AuthResult(success=True, auth_data=said)
        if self._challenge:
            self.logins.append((args[0], await server.challenge_auth(self._challenge)))  # type: ignore[arg-type]
        return AuthResult(success=False, handled=False, message=self._refusal)
