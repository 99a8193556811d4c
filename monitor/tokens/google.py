"""FLOOR 1. Tokens for Gmail, by Google's own library (google-auth); this module alone knows it.

A service account with domain-wide delegation acts for each mailbox (RFC 7523); for an installed app a person signs in
once, in a browser elsewhere (RFC 8252), and the refresh token is written down. Sources: Google, "Using OAuth 2.0 for
Server to Server Applications", "OAuth 2.0 for iOS & Desktop Apps", "XOAuth2 protocol".
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from monitor.core.token import Clock, Token, TokenError, TokenSource
from monitor.tokens.google_refusals import BUSY, REFUSALS, WORDS
from monitor.tokens.kept import Kept
from monitor.tokens.refusals import refusal_of, refused
from monitor.tokens.signed_in import DAMAGED, Asked, SignedIn, file_of, written

SCOPE = "https://mail.google.com/"
"""The one that IMAP and SMTP take (Google, "XOAuth2 protocol")."""
REDIRECT = "http://127.0.0.1:51736/"
"""Where the browser is sent after the sign-in; nothing listens there, what matters is the address it then shows.
A desktop app may use any port of 127.0.0.1 (Google, "Loopback IP address"); showing a code to copy ended in 2023."""

NOT_INSTALLED = 'google-auth is not installed: pip install "inbox-monitor[google]"'
NO_ACCOUNT = "what `service_account` names is not the JSON key of a service account"
NO_CLIENT = "what `client` names is not the JSON of an OAuth client of the type Desktop app"
NOTHING_NAMED = "[google] names neither `service_account` nor `client`"
NOT_PASTED = "that is not the address the browser showed at the end: it begins with " + REDIRECT
ANOTHER = "that address belongs to another sign-in: begin again with inbox-monitor login {user}"
NOT_GRANTED = "reading mail was not ticked at the sign-in: inbox-monitor login {user}"
NOT_KEPT = "Google gave no refresh token: take the app's access away at myaccount.google.com, then sign in again"
UNKNOWN = "Google refuses the login ({code})"
MESSAGES = (NOT_INSTALLED, NO_ACCOUNT, NO_CLIENT, NOTHING_NAMED, NOT_PASTED, ANOTHER, NOT_GRANTED, NOT_KEPT, UNKNOWN)

TRUST = "name its authority in the environment: REQUESTS_CA_BUNDLE=…"


@dataclass(frozen=True, slots=True)
class GoogleApp:
    """Each reads the JSON that Google gave; both raise TokenError where they cannot. One of them is enough."""

    service_account: Callable[[], str] | None = None
    client: Callable[[], str] | None = None

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to sign in for it."""
        return self.service_account is None


@dataclass(frozen=True, slots=True)
class Consent:
    """A sign-in under way: `url` is to be opened by a person; `state` and `verifier` (RFC 7636) never leave us until
    they come back."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def source(app: GoogleApp, user: str, kept: Path, clock: Clock) -> TokenSource:
    """Tokens for the mailbox `user`; `kept` is the folder where the sign-ins of people are written down.

    google-auth tells when a token ends by the clock of the machine, whatever `clock` says.
    """
    if not app.needs_person:
        return Asked(lambda _: _of_service_account(app, user))
    file = Kept(file_of(kept, "google", user))
    return Asked(lambda _: _of_person(app, user, file), file)


def consent(app: GoogleApp, user: str) -> Consent:
    """Begin the sign-in of a person for `user`. Raises TokenError."""
    client = _client(app)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": client["client_id"],
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": f"{SCOPE} openid email",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",  # or there is no refresh token,
        "prompt": "consent",  # and none at the second time
        "login_hint": user,
    }
    return Consent(f"{client['auth_uri']}?{urlencode(asked)}", state, verifier)


def redeem(app: GoogleApp, user: str, begun: Consent, pasted: str) -> SignedIn:
    """End it: `pasted` is the address that the browser showed. Raises TokenError."""
    client = _client(app)
    code = _code(begun, pasted, user, client["client_id"])
    answer = _exchange(client, {"code": code, "code_verifier": begun.verifier, "redirect_uri": REDIRECT}, user)
    if SCOPE not in str(answer.get("scope", "")).split():
        raise TokenError("refused", NOT_GRANTED.format(user=user))
    if not answer.get("refresh_token"):
        raise TokenError("refused", NOT_KEPT)
    who = _who(str(answer.get("id_token", ""))) or user
    return SignedIn(who.lower(), json.dumps({"refresh_token": answer["refresh_token"]}))


def _code(begun: Consent, pasted: str, user: str, client: str) -> str:
    ours, _, query = pasted.strip().partition("?")
    given = {name: values[0] for name, values in parse_qs(query.partition("#")[0]).items()}
    if ours.rstrip("/") != REDIRECT.rstrip("/") or not given.keys() & {"code", "error"}:
        raise TokenError("refused", NOT_PASTED)
    if not secrets.compare_digest(given.get("state", "").encode(), begun.state.encode()):
        raise TokenError("refused", ANOTHER.format(user=user))
    if "error" in given:
        raise _refusal(given, user, client)
    return given["code"]


def _exchange(client: Mapping[str, str], given: Mapping[str, str], user: str) -> Mapping[str, Any]:
    """RFC 6749 §4.1.3."""
    from monitor.tokens import web

    asked = {"grant_type": "authorization_code", **_of_client(client), **given}
    host = urlsplit(client["token_uri"]).hostname or ""
    try:
        with web.session() as session:
            response = session.post(client["token_uri"], data=asked, allow_redirects=False)
            answer = response.json()
    except ValueError:  # before OSError: that of requests is both
        raise web.unreachable(None, host, TRUST) from None
    except OSError as error:
        raise web.unreachable(error, host, TRUST) from None
    if not isinstance(answer, dict) or response.status_code >= 500:
        raise web.unreachable(None, host, TRUST)
    if response.status_code != 200:
        raise _refusal(answer, user, client["client_id"])
    return answer


def _who(id_token: str) -> str:
    """The address in it, unverified: it came from Google itself over TLS (OpenID Connect Core §3.1.3.7)."""
    try:
        payload = id_token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get("email", ""))
    except (IndexError, ValueError, AttributeError):
        return ""


def _of_service_account(app: GoogleApp, user: str) -> Token:
    info = _json(app.service_account, NO_ACCOUNT)
    with _asking(info.get("token_uri"), user, str(info.get("client_id", ""))):
        from google.oauth2 import service_account  # not above: only who logs in to Google installs it

        try:
            of = service_account.Credentials.from_service_account_info  # it has no types
            made = of(info, scopes=[SCOPE], subject=user)  # type: ignore[no-untyped-call]
        except ValueError:
            raise TokenError("secret", NO_ACCOUNT) from None
        return _refreshed(made)


def _of_person(app: GoogleApp, user: str, kept: Kept) -> Token:
    client, text = _client(app), written(kept, user)
    try:
        refresh_token = str(json.loads(text)["refresh_token"])
    except (ValueError, KeyError, TypeError):
        raise TokenError("secret", DAMAGED.format(user=user)) from None
    with _asking(client["token_uri"], user, client["client_id"]):
        from google.oauth2.credentials import Credentials  # not above, as before

        who = {"token_uri": client["token_uri"], **_of_client(client)}
        return _refreshed(Credentials(None, refresh_token, **who))  # type: ignore[no-untyped-call]


def _refreshed(credentials: Any) -> Token:
    from google.auth.transport.requests import Request

    with _web().session() as session:
        credentials.refresh(Request(session))
    ends = credentials.expiry
    return Token(credentials.token, ends.replace(tzinfo=UTC) if ends else None)


@contextmanager
def _asking(token_uri: object, user: str, client: str) -> Iterator[None]:
    """Whatever google-auth raises becomes a TokenError of our words."""
    web = _web()
    from google.auth.exceptions import RefreshError, TransportError

    host = urlsplit(str(token_uri)).hostname or "oauth2.googleapis.com"
    try:
        yield
    except TransportError as error:
        raise web.unreachable(error.__cause__ if isinstance(error.__cause__, OSError) else None, host, TRUST) from None
    except RefreshError as error:
        answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else None
        if answer is None and "reauth" in str(error).lower():  # google.oauth2.reauth says so in words alone
            answer = {"error": "invalid_rapt"}
        if error.retryable or answer is None:
            raise web.unreachable(None, host, TRUST) from None
        raise _refusal(answer, user, client) from None


def _refusal(answer: Mapping[str, Any], user: str, client: str) -> TokenError:
    """By its code and, where that has several meanings, a word of its description, which is not shown."""
    code, description = str(answer.get("error", "")), str(answer.get("error_description", "")).lower()
    if code in BUSY:
        busy: TokenError = _web().unreachable(None, "Google's login service", TRUST)
        return busy
    said = f"{description} {answer.get('error_subtype', '')}"
    name = next((name for its, word, name in WORDS if its == code and word in said), code)
    if found := refusal_of([name], REFUSALS):
        return refused("Google", *found, user=user, client=client, scope=SCOPE)
    shown = "".join(c for c in code if c.isascii() and (c.isalnum() or c == "_"))[:40]
    return TokenError("refused", UNKNOWN.format(code=shown or "no reason given"))


def _web() -> Any:
    """How Google is asked. Raises TokenError where the packages for it are not there."""
    try:
        import google.auth  # noqa: F401  # not above: only who logs in to Google installs it

        from monitor.tokens import web
    except ImportError:
        raise TokenError("secret", NOT_INSTALLED) from None
    return web


def _client(app: GoogleApp) -> Mapping[str, str]:
    """The part of the JSON of an OAuth client that says who it is. Raises TokenError."""
    if app.client is None:
        raise TokenError("secret", NOTHING_NAMED)
    part = _json(app.client, NO_CLIENT).get("installed")
    wanted = ("client_id", "client_secret", "auth_uri", "token_uri")
    if not isinstance(part, dict) or not all(isinstance(part.get(name), str) for name in wanted):
        raise TokenError("secret", NO_CLIENT)
    return part


def _of_client(client: Mapping[str, str]) -> dict[str, str]:
    return {"client_id": client["client_id"], "client_secret": client["client_secret"]}


def _json(reader: Callable[[], str] | None, wrong: str) -> dict[str, Any]:
    try:
        found = json.loads(reader() if reader else "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise TokenError("secret", wrong)
    return found
