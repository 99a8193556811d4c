"""GROUND. What protects a connection: the version of TLS, and when the certificate of the server ends."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class TlsLine:
    """`tls` is `TLSv1.3`, empty for none; `ends`: when the certificate does (UTC), None where that is not known."""

    tls: str = ""
    ends: datetime | None = None


def tls_line(line: object) -> TlsLine:
    """That of an open socket, encrypted or not."""
    if not isinstance(line, ssl.SSLSocket):
        return TlsLine()
    return TlsLine(line.version() or "TLS", end_of(line.getpeercert() or {}))


def end_of(certificate: Mapping[str, object]) -> datetime | None:
    """`notAfter` of a certificate as the `ssl` module gives it (`Jan  5 09:34:43 2028 GMT`)."""
    ends = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
