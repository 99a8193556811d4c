"""FLOOR 1. What an untagged line says while nobody has asked anything: whether it may be news (RFC 3501 §7, RFC 5465).

Only what comes into a folder is news; what leaves it, or is read there, waits for the next look.
"""

import re

MOST_NAMES = 100
"""Of so many folders it is remembered what was heard."""
_EXISTS = re.compile(rb"\* (\d{1,10}) EXISTS\b", re.IGNORECASE)
_FEWER = re.compile(rb"\* (?:(\d{1,10}) EXPUNGE|VANISHED)\b", re.IGNORECASE)
_STATUS = re.compile(rb"\* STATUS (.{1,1000}) \(([^()]*)\)\s*\Z", re.IGNORECASE)
_UIDNEXT = re.compile(rb"\bUIDNEXT (\d{1,10})\b", re.IGNORECASE)
_OVERFLOW = re.compile(rb"\* OK \[NOTIFICATIONOVERFLOW\b", re.IGNORECASE)
_GOODBYE = re.compile(rb"\* BYE\b(.*)", re.IGNORECASE)


class News:
    """What was heard over one connection, spell after spell."""

    def __init__(self) -> None:
        self._uidnext: dict[bytes, int] = {}
        self._exists: int | None = None

    def begin(self) -> None:
        """A folder is about to be opened: how many mails lie in it is not known."""
        self._exists = None

    def told(self, line: bytes, opening: bool = False) -> bool:
        """Whether a line is news; `opening`: a folder is being opened, which tells how many mails lie there."""
        if told := _EXISTS.match(line):
            before, self._exists = self._exists, int(told[1])
            return not opening and (before is None or self._exists > before)
        if told := _FEWER.match(line):
            self._exists = self._exists - 1 if told[1] and self._exists is not None else None
            return False
        if line[:9].upper() == b"* STATUS ":
            return self._grew(line)
        return _OVERFLOW.match(line) is not None

    def _grew(self, line: bytes) -> bool:
        """Whether a folder's UIDNEXT has; where it is not told, it may have."""
        told = _STATUS.match(line)
        uidnext = _UIDNEXT.search(told[2]) if told else None
        if told is None or uidnext is None:
            return True
        name, now = told[1].strip(b'"'), int(uidnext[1])
        before = self._uidnext.get(name)
        if before is not None or len(self._uidnext) < MOST_NAMES:
            self._uidnext[name] = now
        return before is None or now > before


def goodbye(line: bytes) -> str | None:
    """The words of a BYE; None where it is none."""
    told = _GOODBYE.match(line)
    return told[1].decode("utf-8", "replace").strip()[:300] if told else None
