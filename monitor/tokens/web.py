"""FLOOR 1. How a provider is asked over HTTPS: by the proxy of the environment, never for long, and what went wrong."""

import ssl
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from monitor.core.token import TokenError

TIMEOUT = (15, 30)
"""Seconds to connect, and without a byte of the answer."""

UNTRUSTED = "the certificate of {host} is not trusted: if a proxy of yours looks into TLS, {trust}"
PROXY = "{host} cannot be reached by the proxy that HTTPS_PROXY names"
SILENT = "{host} does not answer in time"
AWAY = "{host} cannot be reached: does this machine reach the internet by HTTPS, or need HTTPS_PROXY?"
BROKEN = "{host} fails at the moment; it is asked again"
MESSAGES = (UNTRUSTED, PROXY, SILENT, AWAY, BROKEN)


class _Patient(HTTPAdapter):
    """With our time limits, and our `ca_file`, which requests would let REQUESTS_CA_BUNDLE overrule."""

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = TIMEOUT
        if self._ca_file:
            options["verify"] = self._ca_file
        return super().send(request, *args, **options)


def session(ca_file: str | None = None) -> requests.Session:
    """A session that trusts `ca_file` (PEM) where one is named. Raises TokenError where that is no file."""
    if ca_file and not Path(ca_file).is_file():
        raise TokenError("secret", f"the certificate authority {ca_file} cannot be read")
    found = requests.Session()
    for scheme in ("https://", "http://"):
        found.mount(scheme, _Patient(ca_file))
    return found


def unreachable(error: OSError | None, host: str, trust: str) -> TokenError:
    """Why nothing came back; the error's own text may name a proxy with its password, so it is not shown.

    `trust`: what to do so that another certificate authority is trusted.
    """
    for kind, text in (
        (requests.exceptions.SSLError, UNTRUSTED),
        (ssl.SSLError, UNTRUSTED),
        (requests.exceptions.ProxyError, PROXY),
        (requests.exceptions.Timeout, SILENT),
    ):
        if isinstance(error, kind):
            return TokenError("unreachable", text.format(host=host, trust=trust))
    return TokenError("unreachable", (AWAY if error else BROKEN).format(host=host))
