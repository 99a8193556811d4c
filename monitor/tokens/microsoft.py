"""FLOOR 1. Tokens for Exchange Online, by Microsoft's own library (MSAL); this module alone knows it.

An app with a secret or a certificate logs in by itself (client credentials, RFC 6749 §4.4); without, a person signs in
once with a code (RFC 8628), and what MSAL keeps of that is written down. Source: Microsoft Learn, "Authenticate an
IMAP, POP or SMTP connection using OAuth".
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from monitor.core.token import Clock, Token, TokenError, TokenSource
from monitor.tokens.certificate import in_force
from monitor.tokens.kept import Kept
from monitor.tokens.microsoft_refusals import BUSY, REFUSALS
from monitor.tokens.refusals import refusal_of, refused
from monitor.tokens.signed_in import DAMAGED, NOBODY, Asked, SignedIn, file_of, written

NOT_INSTALLED = 'msal is not installed: pip install "inbox-monitor[microsoft]"'
NO_LOGIN_SERVICE = (
    "{host} does not answer as a login service of Microsoft: compare `authority`, and what stands between (a proxy?)"
)
NOT_HTTPS = "`authority` must be an address that begins with https://, and `tenant` a word without blanks or slashes"
UNKNOWN = "Microsoft refuses the login ({code}): look it up at https://login.microsoftonline.com/error?code={number}"
MESSAGES = (NOT_INSTALLED, NO_LOGIN_SERVICE, NOT_HTTPS, UNKNOWN)

TRUST = 'name its authority with ca_file = "…" under [microsoft]'

# It logs, as an error, the whole of an answer that is broken off, tokens and all; and whose id token it was.
logging.getLogger("msal.oauth2cli").setLevel(logging.CRITICAL + 1)

_CODE = re.compile(r"AADSTS(\d+)")
_CLOUDS = ((".us", "https://outlook.office365.us"), (".cn", "https://partner.outlook.cn"))
"""Where Exchange Online is, by how the host of the authority ends (Microsoft Learn, "National clouds")."""
_PERSON = ("IMAP.AccessAsUser.All", "SMTP.Send")


@dataclass(frozen=True, slots=True)
class App:
    """An app registered in Entra ID. `secret` reads it anew each time, and raises TokenError where it cannot.

    `authority` is the address of the cloud without the tenant; `ca_file` (PEM) is trusted for it instead of the usual.
    """

    tenant: str
    client: str
    secret: Callable[[], str] | None = None
    certificate: Path | None = None
    authority: str = "https://login.microsoftonline.com"
    ca_file: str | None = None

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to sign in for it."""
        return self.secret is None and self.certificate is None

    @property
    def host(self) -> str:
        """Whom it asks for tokens."""
        return urlsplit(self.authority).hostname or self.authority

    @property
    def exchange(self) -> str:
        """What tokens are for: Exchange Online of the same cloud."""
        return next((url for end, url in _CLOUDS if self.host.endswith(end)), "https://outlook.office365.com")

    @property
    def scopes(self) -> list[str]:
        """One token for both reading and sending: what the app was given, or what a person grants it."""
        if not self.needs_person:
            return [f"{self.exchange}/.default"]
        exchange = self.exchange.replace("office365.com", "office.com")  # as the page above writes it for people
        return [f"{exchange}/{name}" for name in _PERSON]


def source(app: App, user: str, kept: Path, clock: Clock) -> TokenSource:
    """Tokens for whoever logs in as `user`; `kept` is the folder where the sign-ins of people are written down."""
    if not app.needs_person:
        return Asked(lambda _: _of_app(app, user, clock))
    file = Kept(file_of(kept, "microsoft", user))
    return Asked(lambda fresh: _of_person(app, user, file, clock, fresh), file)


def sign_in(app: App, user: str, show: Callable[[str, str, timedelta], None]) -> SignedIn:
    """Let a person sign in for `user`. Raises TokenError.

    `show` gets the address to open, the code to type there, and for how long it holds; then this waits.
    """
    with _asking(app):
        msal, cache = _msal(), _cache(None, user)
        client = msal.PublicClientApplication(app.client, token_cache=cache, **_common(app))
        flow = client.initiate_device_flow(app.scopes)
        if "user_code" not in flow:
            raise _refusal(flow, user)
        show(flow["verification_uri"], flow["user_code"], timedelta(seconds=flow["expires_in"]))
        answer = client.acquire_token_by_device_flow(flow)
    _token(answer, user, None)
    claims = answer.get("id_token_claims") or {}
    return SignedIn(str(claims.get("preferred_username") or user).lower(), cache.serialize())


def _of_app(app: App, user: str, clock: Clock) -> Token:
    with _asking(app):
        client = _msal().ConfidentialClientApplication(
            app.client, client_credential=_credential(app, clock), **_common(app)
        )
        return _token(client.acquire_token_for_client(app.scopes), user, clock)


def _of_person(app: App, user: str, kept: Kept, clock: Clock, fresh: bool) -> Token:
    """By what was kept of a sign-in; its refresh token is a new one each time, so it is written down again."""
    text = written(kept, user)
    with _asking(app):
        msal, cache = _msal(), _cache(text, user)
        client = msal.PublicClientApplication(app.client, token_cache=cache, **_common(app))
        accounts = client.get_accounts()
        answer = accounts and client.acquire_token_silent_with_error(app.scopes, accounts[0], force_refresh=fresh)
    if not answer:
        raise TokenError("refused", NOBODY.format(user=user))
    if cache.has_state_changed:
        kept.write(cache.serialize(), instead_of=text)
    return _token(answer, user, clock)


def _credential(app: App, clock: Clock) -> str | dict[str, str]:
    """What the app proves itself by. With the certificate itself beside the key, MSAL computes its thumbprint, and
    sends it along, so that one can also be trusted by its subject and issuer."""
    if app.certificate is not None:
        pair = in_force(app.certificate, clock())
        return {"private_key": pair.key, "public_certificate": pair.certificate}
    return app.secret() if app.secret else ""


def _common(app: App) -> dict[str, Any]:
    """MSAL need not ask Microsoft's public cloud whether an authority is one: this one is of the config."""
    from monitor.tokens import web

    authority = f"{app.authority.rstrip('/')}/{app.tenant}"
    if urlsplit(authority).scheme != "https" or re.search(r"[\s/?#]", app.tenant):
        raise TokenError("secret", NOT_HTTPS)
    return {"authority": authority, "http_client": web.session(app.ca_file), "instance_discovery": False}


def _msal() -> Any:
    try:
        import msal  # not above: only who logs in to Microsoft installs it
    except ImportError:
        raise TokenError("secret", NOT_INSTALLED) from None
    return msal


def _cache(text: str | None, user: str) -> Any:
    """MSAL's own memory of a sign-in, which it believes blindly: so whoever damaged it is found out here."""
    cache = _msal().SerializableTokenCache()
    try:
        kinds = json.loads(text) if text else {}
        if not all(isinstance(entry, dict) for entries in kinds.values() for entry in entries.values()):
            raise ValueError
    except (ValueError, AttributeError):
        raise TokenError("secret", DAMAGED.format(user=user)) from None
    cache.deserialize(text)
    return cache


@contextmanager
def _asking(app: App) -> Iterator[None]:
    """Whatever MSAL raises becomes a TokenError of our words."""
    _msal()
    import msal.exceptions

    from monitor.tokens import web

    try:
        yield
    except OSError as error:  # those of requests are OSErrors, and a ca_file that is no certificate gives one of ssl
        raise web.unreachable(error, app.host, TRUST) from None
    except msal.exceptions.MsalServiceError:  # an HTTP status of 500 or more
        raise web.unreachable(None, app.host, TRUST) from None
    except ValueError as error:
        raise _misread(error, app) from None


def _misread(error: ValueError, app: App) -> TokenError:
    """MSAL raises ValueError where the discovery of a tenant is refused; the refusal is in the text before it."""
    if found := _CODE.findall(str(error.__context__)):
        return _refusal({"error_codes": found}, "")
    return TokenError("unreachable", NO_LOGIN_SERVICE.format(host=app.host))


def _token(answer: Mapping[str, Any], user: str, clock: Clock | None) -> Token:
    """The token of an answer of MSAL. Raises TokenError."""
    if "access_token" not in answer:
        raise _refusal(answer, user)
    lasts = timedelta(seconds=int(answer.get("expires_in", 0)))
    return Token(answer["access_token"], clock() + lasts if clock else None)


def _refusal(answer: Mapping[str, Any], user: str) -> TokenError:
    """By its codes alone: `error_description` may repeat what it was sent."""
    numbers = answer.get("error_codes") or _CODE.findall(str(answer.get("error_description", "")))
    codes = [f"AADSTS{number}" for number in numbers if str(number).isdecimal()]
    if BUSY.intersection(codes) or answer.get("error") == "temporarily_unavailable":
        from monitor.tokens import web

        return web.unreachable(None, "Microsoft's login service", TRUST)
    word = re.sub(r"[^a-z_]", "", str(answer.get("error", "")))[:40]
    if found := refusal_of([*codes, word], REFUSALS):
        return refused("Microsoft", *found, user=user or "ADDRESS")
    code = codes[0] if codes else word or "no reason given"
    return TokenError("refused", UNKNOWN.format(code=code, number=code.removeprefix("AADSTS")))
