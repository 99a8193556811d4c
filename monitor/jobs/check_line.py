"""FLOOR 2. What `check` says of a line to a server: encrypted or not, and how long its certificate is good."""

import ipaddress
from datetime import datetime, timedelta

from monitor.core.tls_line import TlsLine
from monitor.jobs.check_fact import Fact, Section

SOON = timedelta(days=14)
"""Certificates that are renewed by a program are so a month before they end (Let's Encrypt)."""


def line_fact(section: Section, where: str, host: str, line: TlsLine, table: str, more: str, now: datetime) -> Fact:
    """One line of it; `table` is where the config says how to reach it, `more` is said behind."""
    if not line.tls:
        if _is_here(host):
            return Fact(section, "ok", where, f"not encrypted, on this machine; {more}")
        text = f"not encrypted: whoever is on the way reads passwords and mail; {more}"
        return Fact(section, "look", where, text, f'write security = "tls" under {table}')
    tls = line.tls.replace("TLSv", "TLS ")
    if line.ends is None:
        return Fact(section, "ok", where, f"{tls}; {more}")
    days = (line.ends - now).days
    said = f"{tls}, certificate good for {days} {'day' if days == 1 else 'days'}; {more}"
    if line.ends - now < SOON:
        fix = f"have the certificate of {host} renewed before {line.ends:%Y-%m-%d}: then nothing is read any more"
        return Fact(section, "look", where, said, fix)
    return Fact(section, "ok", where, said)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or "/" in host
