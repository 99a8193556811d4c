"""FLOOR 1. What holds where the config says nothing: the model shows it, and load fills it in."""

from datetime import timedelta
from typing import Any, NamedTuple

from monitor.config.kinds import Security
from monitor.core.house import Target
from monitor.core.ladder import Step

ORGANISATION = "Inbox Monitor"
SECURITY: Security = "tls"
LOOKBACK = timedelta(days=30)
POLL_EVERY = timedelta(minutes=5)
IDLE = True
IMAP_PORTS: dict[Security, int] = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "none": 25}
SMTP_SECURITY: dict[int, Security] = {465: "tls", 25: "none"}
"""By port; of any other port, and where none is named, it is starttls."""
SENDER = "Reply monitor"
"""The name that letters come from."""
TARGET = Target()
STEPS = (Step(timedelta(0), ("owners",), timedelta(hours=24)),)
"""The ladder of a config without a [[reminder]]."""


class Otherwise(NamedTuple):
    """What holds where a key of the model is left out, whose own default is None: a value, or, where that depends on
    other keys, words for people."""

    value: Any = None
    words: str = ""


def ports(by_security: dict[Security, int]) -> str:
    """`993 for tls, 143 for starttls, 143 for none`."""
    return ", ".join(f"{port} for {security}" for security, port in by_security.items())
