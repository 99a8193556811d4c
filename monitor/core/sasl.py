"""GROUND. What is said to log in (SASL, RFC 4422), over IMAP and SMTP alike, and what a server says of a token."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64

MOST_IMAP, MOST_SMTP = 900, 480
"""So many characters may be said with the command itself: longer lines need not be read (RFC 2683 §3.2.1.5: about
1,000; RFC 5321 §4.5.3.1.4: 512, and RFC 4954 §4 of it). What answers a challenge may be longer; tokens often are."""
_TOLD = ("status", "scope")


class Conversation:
    """The client's half of one login: what is said to each challenge in turn. `mechanism` as the server calls it.

    `told`: what the last challenge said of a token that is not taken, in words; it holds what the server chose to say.
    """

    def __init__(self, mechanism: str, *says: bytes, begins: bool = True) -> None:
        """`begins`: the client speaks first, so that it may do so with the command itself (RFC 4422 §3)."""
        self.mechanism = mechanism
        self.told = ""
        self._says = list(says)
        self._begins = begins

    def at_once(self, most: int) -> bytes | None:
        """The initial response (RFC 4959, RFC 4954), if there is one of at most so many characters of base64.

        It is not said again.
        """
        if not self._begins or len(b64encode(self._says[0])) > most:
            return None
        return self._says.pop(0)

    def __call__(self, challenge: bytes) -> bytes | None:
        """What is said to a challenge, both not base64 any more; None: nothing, the login is given up."""
        self.told = told(challenge) or self.told
        return self._says.pop(0) if self._says else None

    def reply(self, challenge: bytes) -> bytes:
        """The same as it stands on the line, in base64; `*` gives up (RFC 3501 §6.2.2, RFC 4954 §4)."""
        answer = self(decoded(challenge))
        return b"*" if answer is None else b64encode(answer)


def plain(login: str, password: str, user: str = "") -> Conversation:
    """PLAIN (RFC 4616): `login` proves who it is, and acts as `user` where that is another."""
    acts_as = user if user != login else ""
    return Conversation("PLAIN", f"{acts_as}\0{login}\0{password}".encode())


def login(user: str, password: str) -> Conversation:
    """LOGIN, which has no standard: the name, then the password (draft-murchison-sasl-login)."""
    return Conversation("LOGIN", user.encode(), password.encode(), begins=False)


def xoauth2(user: str, token: str) -> Conversation:
    """XOAUTH2, of Google and Microsoft. `user` is the mailbox, which may be another than the token's own.

    A token that is not taken brings a challenge that must be answered by an empty line
    (developers.google.com/workspace/gmail/imap/xoauth2-protocol).
    """
    return Conversation("XOAUTH2", f"user={user}\1auth=Bearer {token}\1\1".encode(), b"")


def oauthbearer(user: str, token: str, host: str, port: int) -> Conversation:
    """OAUTHBEARER (RFC 7628 §3.1); a challenge about a token that is not taken is answered by ^A (§3.2.3)."""
    name = user.replace("=", "=3D").replace(",", "=2C")
    said = f"n,a={name},\1host={host}\1port={port}\1auth=Bearer {token}\1\1"
    return Conversation("OAUTHBEARER", said.encode(), b"\1")


def coded(said: bytes) -> str:
    """An initial response as it stands on the line: an empty one is `=` (RFC 4959 §3)."""
    return b64encode(said).decode("ascii") or "="


def decoded(challenge: bytes) -> bytes:
    """A challenge without its base64; as it is where it is in none, as some servers send it."""
    try:
        return b64decode(challenge, validate=True)
    except NotBase64:
        return challenge


def told(challenge: bytes) -> str:
    """What the JSON of an error challenge says (RFC 7628 §3.2.2), such as "status 401"; empty where it says nothing."""
    try:
        said = json.loads(challenge)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    return ", ".join(f"{name} {said[name]}" for name in _TOLD if isinstance(said.get(name), str | int))
