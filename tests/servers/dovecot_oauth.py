"""A real Dovecot that takes tokens (OAuth2 passdb), and the local server that gives them and says which ones hold."""

import json
import secrets
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from tests.servers import ordinary
from tests.servers.dovecot import Dovecot

MASTER = "opens-every-mailbox"
"""The password of whoever logs in as another (PLAIN with an authorization identity)."""

# Whose domain a token is of, that one's mailboxes it opens: such as an app of the house has them.
OAUTH2 = """\
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
username_format = %d
active_attribute = active
active_value = true
force_introspection = yes
scope = mail
"""

EXTRA = """
auth_mechanisms = plain login xoauth2 oauthbearer
auth_cache_size = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {file}
}}
passdb {{
  driver = static
  master = yes
  args = password={master}
}}
"""


class TokenServer:
    """Gives tokens and says which hold (RFC 7662), over HTTP on loopback.

    `given` counts the tokens by whose they are; `asked` the introspections.
    """

    def __init__(self) -> None:
        self.given: Counter[str] = Counter()
        self.asked = 0
        self._holding: dict[str, str] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def give(self, user: str, length: int = 40) -> str:
        """A new token of this user."""
        token = f"planted-{secrets.token_hex(length // 2)}"
        with self._lock:
            self.given[user] += 1
            self._holding[token] = user
        return token

    def end(self, *tokens: str) -> None:
        """These hold no more; without any, none does."""
        with self._lock:
            for token in tokens or list(self._holding):
                self._holding.pop(token, None)

    def introspected(self, token: str) -> dict[str, object]:
        """What is said of a token (RFC 7662 §2.2)."""
        with self._lock:
            self.asked += 1
            user = self._holding.get(token)
        return {"active": True, "username": user, "scope": "mail"} if user else {"active": False}


def _handler(server: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            body = json.dumps(server.introspected(form["token"][0])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: tests look at their own lines."""

    return Handler


class DovecotOauth(Dovecot):
    """`with DovecotOauth(folder, tokens) as server:` takes the tokens of `tokens`, and passwords as before."""

    def __init__(self, folder: Path, tokens: TokenServer) -> None:
        self.tokens = tokens
        own = ordinary.own_folder(ordinary.short_folder())
        file = own / "oauth2.conf.ext"
        file.write_text(OAUTH2.format(port=tokens.port))
        ordinary.give_away(file)
        self._own = own
        super().__init__(folder, extra=EXTRA.format(file=file, master=MASTER))

    def _leave(self) -> None:
        super()._leave()
        for file in self._own.iterdir():
            file.unlink()
        self._own.rmdir()
