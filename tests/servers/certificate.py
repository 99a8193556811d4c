"""A self-made certificate for 127.0.0.1 and localhost, which is its own authority."""

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

# EC, because an RSA key takes ten times as long; Python 3.13 wants keyUsage of an authority.
OPTIONS = [
    *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
    *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
]


class Certificate(NamedTuple):
    """Two PEM files; `public` is also the CA file that a client must trust."""

    public: Path
    private: Path


def make_certificate(folder: Path) -> Certificate:
    """Let openssl make it."""
    certificate = Certificate(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", *OPTIONS, "-keyout", certificate.private, "-out", certificate.public],
        check=True,
        capture_output=True,
    )
    return certificate


def trusting(ca_file: Path) -> ssl.SSLContext:
    """A TLS context for clients in tests, which trusts our own certificate and nothing else."""
    return ssl.create_default_context(cafile=str(ca_file))
