"""FLOOR 1. What a failed IMAP call means, in one line that says what to do.

imapclient raises LoginError for a wrong password, `[UNAVAILABLE]`, "Too many simultaneous connections", EOF and BYE
alike, and one dead connection shows as a dozen different errors (failures.md §1); so the text decides.
"""

import re
import socket
import ssl

from imapclient.exceptions import IMAPClientAbortError, LoginError

from monitor.inbox.fetching import FetchRefused
from monitor.inbox.reading import clean
from monitor.inbox.source import SourceError

_TRANSIENT = (
    "unavailable",
    "too many",
    "eof",
    "bye",
    "inuse",
    "limit",
    "timed out",
    "temporar",
    "try again",
    "connection",
)
_NO_FOLDER = ("nonexistent", "doesn't exist", "does not exist", "no such", "unknown mailbox", "not found")
_BYTES = re.compile(r"^b(?:'(.*)'|\"(.*)\")$", re.DOTALL)
"""imaplib raises the server's words as bytes, and imapclient makes a text of that."""

_TLS_VERSION = ("wrong_version_number", "wrong version number", "record layer", "unknown protocol")


def fault_of(error: BaseException, where: str, who: str, doing: str) -> SourceError:
    """The SourceError for whatever a connection to `where` ("host:port") for `who` raised while `doing` something."""
    text = clean(_BYTES.sub(r"\1\2", str(error)), 200) or type(error).__name__
    if isinstance(error, SourceError):
        return error
    if isinstance(error, FetchRefused):
        return SourceError("message", f"{where}: the server refuses {doing} ({text})")
    if isinstance(error, LoginError):
        return _login(text, where, who)
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = clean(error.verify_message, 120)
        return SourceError(
            "certificate",
            f"{where}: its certificate does not fit ({reason}); give the right host, or trust one with ca_file",
        )
    if isinstance(error, ssl.SSLError):
        return _tls(text, where)
    if isinstance(error, socket.gaierror):
        return SourceError("unreachable", f"{where}: there is no such host ({text}); check `host` under [imap]")
    if isinstance(error, ConnectionRefusedError):
        return SourceError(
            "unreachable", f"{where}: nothing answers there; check `host` and `port`, and that the server runs"
        )
    if isinstance(error, TimeoutError):
        return SourceError("unreachable", f"{where}: no answer in time while {doing}; tried again at the next poll")
    if isinstance(error, OSError):
        return SourceError("unreachable", f"{where}: the connection failed while {doing} ({text})")
    if isinstance(error, IMAPClientAbortError) and "unexpected response" not in text:
        return SourceError("unreachable", f"{where}: the connection broke while {doing} ({text})")
    return SourceError("protocol", f"{where}: the server said something unexpected while {doing} ({text})")


def is_no_folder(fault: SourceError) -> bool:
    """Whether the server, asked for a folder by its name, said that there is none."""
    text = str(fault).lower()
    return fault.fault == "protocol" and any(word in text for word in _NO_FOLDER)


def _login(text: str, where: str, who: str) -> SourceError:
    if any(word in text.lower() for word in _TRANSIENT):
        return SourceError(
            "busy", f"{where}: the server does not let {who} in just now ({text}); tried again at the next poll"
        )
    return SourceError("refused", f"{where}: the login of {who} was refused ({text}); check `username` and `password`")


def _tls(text: str, where: str) -> SourceError:
    hint = ""
    if any(word in text.lower() for word in _TLS_VERSION):
        hint = '; the port does not speak TLS: is security = "starttls" meant?'
    return SourceError("unreachable", f"{where}: TLS failed ({text}){hint}")
