"""Through which list a mail came, as an operator would write it under `[staff] lists`."""

import re
from email.message import Message

_ADDRESS = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")
_OWNER = re.compile(r"^owner-|-(?:owner|admin|bounces|request|help)(?=@)")
"""What list programs put before or behind a list's name in the addresses of its owner."""
NAMES_ITSELF = ("List-Post", "X-BeenThere", "X-Mailing-List")
NAMES_ITS_OWNER = ("Mailing-List", "Sender")


def lists_of(message: Message) -> frozenset[str]:
    """The addresses of the lists; never the address of whoever wrote it."""
    found = {address for name in NAMES_ITSELF for address in _addresses(message, name)}
    for value in message.get_all("List-Id", []):
        local, dot, domain = str(value).rpartition("<")[2].strip("> \t").lower().partition(".")
        found |= {f"{local}@{domain}"} if dot and " " not in local else set()
    for name in NAMES_ITS_OWNER:
        addresses = _addresses(message, name)
        found |= {_OWNER.sub("", a) for a in addresses if name == "Mailing-List" or _OWNER.search(a)}
    if str(message.get("Precedence", "")).strip().lower() in ("list", "bulk"):
        found |= {*_addresses(message, "To"), *_addresses(message, "Cc")}
    return frozenset(found - {*_addresses(message, "From")})


def _addresses(message: Message, name: str) -> list[str]:
    return [each.lower() for value in message.get_all(name, []) for each in _ADDRESS.findall(str(value))]
