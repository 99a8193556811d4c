"""GROUND. What the receiving server says of a sender (RFC 8601)."""

import re
from typing import Literal

from monitor.core.house import House
from monitor.core.message import Message

Standing = Literal["pass", "fail", "none"]
_DMARC = re.compile(r"\bdmarc\s*=\s*([a-z]+)", re.IGNORECASE)


def standing(message: Message, house: House) -> Standing:
    """Placeholder until the whole reader of Authentication-Results is in."""
    results = [result.lower() for result in _DMARC.findall(message.first("authentication-results"))]
    if "fail" in results:
        return "fail"
    return "pass" if results[:1] == ["pass"] else "none"


def authserv_id(message: Message) -> str:
    """Who wrote the topmost Authentication-Results (RFC 8601 §2.5), lower case; empty where there is none."""
    return message.first("authentication-results").partition(";")[0].strip().partition(" ")[0].lower()
