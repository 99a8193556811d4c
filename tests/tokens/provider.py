"""Login services on this machine: they speak Entra's endpoints, or Google's, and check what they are sent."""

import json
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

TENANT, CLIENT, SECRET = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555", "se~cret.77Z"
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
Form = dict[str, str]
Answer = tuple[int, Any]


class Service:
    """An HTTP server in a thread; `asked` keeps every form it was sent. With a certificate it speaks TLS."""

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        self.asked: list[Form] = []
        self.refuse: Answer | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._tell(service.get(self.path))

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(raw).items()}
                service.asked.append(form)
                self._tell(service.refuse or service.post(self.path, form))

            def _tell(self, answer: Answer) -> None:
                body = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, path: str) -> Answer:
        return 404, {"error": f"nothing at {path}"}

    def post(self, path: str, form: Form) -> Answer:
        raise NotImplementedError


def refusal(code: int | str, description: str = "") -> Answer:
    """As Entra refuses: by a number, and a text that repeats what it was sent."""
    number = code if isinstance(code, int) else None
    text = f"AADSTS{number}: {description} {SECRET}\r\nTrace ID: 1" if number else f"{description} {SECRET}"
    return 400, {
        "error": "invalid_client" if number else code,
        "error_description": text,
        "error_codes": [number] if number else [],
        "correlation_id": "cc",
    }


@dataclass
class Person:
    """Who signs in with a code; `hesitates`: how often it is asked for in vain."""

    name: str = "anna@ours.example"
    hesitates: int = 1
    refresh: str = "refresh-0"
    used: list[str] = field(default_factory=list)


class Entra(Service):
    """One directory with one app; `certificate` is what was uploaded for it."""

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(certificate, key)
        self.registered: bytes = b""
        self.person = Person()
        self.scopes: set[str] = set()

    def get(self, path: str) -> Answer:
        tenant = path.split("/")[1]
        if path != f"/{tenant}/v2.0/.well-known/openid-configuration":
            return super().get(path)
        if tenant != TENANT:
            return 400, {"error": "invalid_tenant", "error_description": f"AADSTS90002: Tenant '{tenant}' not found."}
        base = f"{self.url}/{TENANT}"
        return 200, {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        }

    def post(self, path: str, form: Form) -> Answer:
        if form.get("client_id") != CLIENT:
            return refusal(700016)
        self.scopes = set(form.get("scope", "").split()) or self.scopes
        if path.endswith("/devicecode"):
            flow = {"user_code": "ABCD-EFGH", "device_code": "dev", "verification_uri": "https://login.example/device"}
            return 200, {**flow, "expires_in": 900, "interval": 0}
        by: dict[str, Callable[[Form], Answer]] = {
            "client_credentials": self.by_app,
            "urn:ietf:params:oauth:grant-type:device_code": self.by_code,
            "device_code": self.by_code,
            "refresh_token": self.by_refresh,
        }
        return by[form["grant_type"]](form)

    def by_app(self, form: Form) -> Answer:
        if "client_assertion" in form:
            self.verify(form["client_assertion"])
        elif form.get("client_secret") != SECRET:
            return refusal(7000215, "Invalid client secret provided:")
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": f"app-token-{len(self.asked)}"}

    def verify(self, assertion: str) -> None:
        """As Microsoft Learn, "Certificate credentials" has it; what is wrong ends the answer, and the test."""
        certificate = x509.load_pem_x509_certificate(self.registered)
        thumbprint = urlsafe_b64encode(certificate.fingerprint(SHA256())).decode()  # MSAL sends it padded
        header = jwt.get_unverified_header(assertion)
        assert (header["alg"], header["typ"], header["x5t#S256"]) == ("PS256", "JWT", thumbprint)
        assert header["x5c"], "so that a certificate can be trusted by its issuer"
        claims = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]
            algorithms=["PS256"],
            audience=f"{self.url}/{TENANT}/oauth2/v2.0/token",
            issuer=CLIENT,
            options={"require": ["exp", "jti", "sub"]},
        )
        assert claims["sub"] == CLIENT

    def by_code(self, form: Form) -> Answer:
        if form["device_code"] != "dev" or self.person.hesitates:
            self.person.hesitates -= 1
            return 400, {"error": "authorization_pending", "error_codes": [70016], "error_description": "AADSTS70016"}
        return 200, self.of_person()

    def by_refresh(self, form: Form) -> Answer:
        self.person.used.append(form["refresh_token"])
        if form["refresh_token"] != self.person.refresh:
            return 400, {"error": "invalid_grant", "error_codes": [700082], "error_description": "AADSTS700082: late"}
        return 200, self.of_person()

    def of_person(self) -> dict[str, Any]:
        count = len(self.asked)
        self.person.refresh = f"refresh-{count}"
        claims = {
            "aud": CLIENT,
            "iss": f"{self.url}/{TENANT}/v2.0",
            "exp": int(time.time()) + 3600,
            "oid": "o",
            "tid": TENANT,
        }
        claims |= {"sub": "s", "preferred_username": self.person.name}
        info = urlsafe_b64encode(json.dumps({"uid": "o", "utid": TENANT}).encode()).decode()
        return {
            "token_type": "Bearer",
            "expires_in": 3599,
            "scope": " ".join(self.scopes),
            "access_token": f"person-token-{count}",
            "refresh_token": self.person.refresh,
            "id_token": jwt.encode(claims, "k" * 32),
            "client_info": info,
        }


class Google(Service):
    """Google's token endpoint: for a service account whose public key is known, and for a desktop app."""

    def __init__(self, public_key: Any) -> None:
        super().__init__()
        self.public_key = public_key
        self.claims: dict[str, Any] = {}
        self.granted = "https://mail.google.com/ openid email"
        self.gives = {"refresh_token": "google-refresh"}
        self.name = "anna@ours.example"

    def post(self, path: str, form: Form) -> Answer:
        assert path == "/token"
        if form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            self.claims = jwt.decode(
                form["assertion"], self.public_key, algorithms=["RS256"], audience=GOOGLE_AUDIENCE,
                options={"require": ["exp", "iat"]},
            )  # fmt: skip
        if form["grant_type"] == "authorization_code":
            id_token = jwt.encode({"email": self.name}, "k" * 32)
            return 200, {"access_token": "first", "expires_in": 3599, "scope": self.granted, "id_token": id_token,
                         **self.gives}  # fmt: skip
        return 200, {"access_token": f"google-token-{len(self.asked)}", "expires_in": 3599, "token_type": "Bearer"}
