"""GROUND. What protects a connection: whom it trusts, the version of TLS, and when the server's certificate ends."""

import errno
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class TlsLine:
    """`tls` is `TLSv1.3`, empty for none; `ends`: when the certificate does (UTC), None where that is not known."""

    tls: str = ""
    ends: datetime | None = None


@lru_cache(maxsize=16)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """One context for all connections that trust the same: an own one each costs 878 KB and 33 ms (limits.md)."""
    context = ssl.create_default_context(cafile=ca_file)
    context.sslsocket_class = _Line
    return context


class _Line(ssl.SSLSocket):
    def getpeername(self) -> Any:
        """`ssl` asks this before it begins; up to Python 3.12 it lets go of a line that was reset without closing it.

        Its file stayed open for as long as somebody kept the error. Raises ConnectionResetError.
        """
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "reset before TLS began") from error


def tls_line(line: object) -> TlsLine:
    """That of an open socket, encrypted or not."""
    if not isinstance(line, ssl.SSLSocket):
        return TlsLine()
    return TlsLine(line.version() or "TLS", end_of(line.getpeercert() or {}))


def end_of(certificate: Mapping[str, object]) -> datetime | None:
    """`notAfter` of a certificate as the `ssl` module gives it (`Jan  5 09:34:43 2028 GMT`)."""
    ends = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
