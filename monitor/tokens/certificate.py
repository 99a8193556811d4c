"""FLOOR 1. The file that an app proves itself by: a private key and its certificate, both in PEM (RFC 7468)."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.core.token import TokenError

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)

UNREADABLE = "the certificate {path} cannot be read: {why}"
NO_KEY = "{path} has no private key in it: it must hold the key and the certificate, both in PEM"
NO_CERTIFICATE = "{path} has no certificate in it: it must hold the key and the certificate, both in PEM"
LOCKED = "the private key in {path} has a passphrase: take it off with `openssl rsa`, and protect the file instead"
BROKEN = "{path} is damaged: its key or its certificate cannot be understood"
NOT_RSA = "the private key in {path} is not of the type RSA, and Microsoft takes no other"
NOT_A_PAIR = "the certificate in {path} does not belong to the private key in it"
OVER = "the certificate {path} ended on {day}: make a new one, and upload it to the app registration"
MESSAGES = (UNREADABLE, NO_KEY, NO_CERTIFICATE, LOCKED, BROKEN, NOT_RSA, NOT_A_PAIR, OVER)


@dataclass(frozen=True, slots=True)
class Pair:
    """Key and certificate, each in PEM; `ends`: the certificate's notAfter, in UTC."""

    key: str = field(repr=False)
    certificate: str
    ends: datetime


def read(path: Path) -> Pair:
    """The pair in a file; where a chain is in it, the certificate of the key. Raises TokenError."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not in PEM"
        raise _wrong(UNREADABLE, path, why=why or "") from None
    found = [(block[1], block[0]) for block in _BLOCK.finditer(text)]
    keys = [(label, block) for label, block in found if label.endswith("PRIVATE KEY")]
    certificates = [block for label, block in found if label == "CERTIFICATE"]
    if not keys:
        raise _wrong(NO_KEY, path)
    if not certificates:
        raise _wrong(NO_CERTIFICATE, path)
    label, key = keys[0]
    if label.startswith("ENCRYPTED") or "Proc-Type: 4,ENCRYPTED" in key:
        raise _wrong(LOCKED, path)
    return _pair(path, key, certificates)


def _pair(path: Path, key: str, certificates: list[str]) -> Pair:
    from cryptography import x509  # not above: it comes with msal, which not everybody installs
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # Whether the numbers of a key are primes takes a tenth of a second, and is not what may be wrong with it here.
        private = load_pem_private_key(key.encode(), None, unsafe_skip_rsa_key_validation=True)
        read = [(pem, x509.load_pem_x509_certificate(pem.encode())) for pem in certificates]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _wrong(BROKEN, path) from None
    if not isinstance(private, RSAPrivateKey):
        raise _wrong(NOT_RSA, path)
    public = private.public_key()
    for pem, certificate in read:
        if certificate.public_key() == public:
            return Pair(key + "\n", pem + "\n", certificate.not_valid_after_utc.astimezone(UTC))
    raise _wrong(NOT_A_PAIR, path)


def in_force(path: Path, now: datetime) -> Pair:
    """The same, if the certificate has not ended at `now`. Raises TokenError."""
    pair = read(path)
    if pair.ends <= now:
        raise _wrong(OVER, path, day=f"{pair.ends:%Y-%m-%d}")
    return pair


def _wrong(text: str, path: Path, **values: Any) -> TokenError:
    return TokenError("secret", text.format(path=path, **values))
