"""Login services on this machine, and what an app proves itself by there."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.servers.certificate import Certificate, make_certificate
from tests.tokens.provider import Entra, Google

DOCS = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True)
class Made:
    """By the commands of docs/microsoft365.md: `pair` is named in the config, `public` is uploaded."""

    pair: Path
    public: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Runs what the page tells an administrator to type, in a folder of its own."""
    folder = tmp_path_factory.mktemp("app")
    page = (DOCS / "microsoft365.md").read_text()
    block = next(b for b in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "openssl req" in b)
    lines = [line for line in block.replace("\\\n", " ").splitlines() if line.startswith(("openssl", "cat"))]
    assert len(lines) == 2, "a key with its certificate, then both in one file"
    for line in lines:
        words = shlex.split(line.replace("/etc/inbox-monitor/", ""))
        if ">" in words:
            words, target = words[: words.index(">")], words[words.index(">") + 1]
            (folder / target).write_bytes(subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout)
        else:
            subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return Made(folder / "microsoft.pem", folder / "microsoft.crt")


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def entra(tls: Certificate, made: Made) -> Iterator[Entra]:
    with Entra(tls.public, tls.private) as service:
        service.registered = made.public.read_bytes()
        yield service


@pytest.fixture(scope="session")
def google_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def google(google_key: rsa.RSAPrivateKey) -> Iterator[Google]:
    with Google(google_key.public_key()) as service:
        yield service


@pytest.fixture
def account(google: Google, google_key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """The JSON key of a service account."""
    pem = google_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "client_id": "104857600",
        "client_email": "monitor@project.iam.example",
        "private_key_id": "k1",
        "private_key": pem,
        "token_uri": f"{google.url}/token",
    }


@pytest.fixture
def desktop(google: Google) -> str:
    """The JSON of an OAuth client of the type desktop app."""
    ids = {"client_id": "777.apps.example", "client_secret": "GOCSPX-plag-66Z"}
    return json.dumps(
        {"installed": {**ids, "auth_uri": "https://accounts.example/auth", "token_uri": f"{google.url}/token"}}
    )
