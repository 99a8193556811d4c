"""FLOOR 1. What a failed IMAP call means, in one line that says what to do.

imapclient raises LoginError for a wrong password, `[UNAVAILABLE]`, "Too many simultaneous connections", EOF and BYE
alike, and one dead connection shows as a dozen different errors (failures.md §1); so the text decides.
"""

import re
import socket
import ssl

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from monitor.core.login_hints import hint_of
from monitor.core.redaction import without
from monitor.inbox.cleaning import clean
from monitor.inbox.fetching import FetchRefused
from monitor.inbox.source import Fault, SourceError

_CODE = re.compile(r"\[([A-Z-]+)[^\]]*\]")
_CODES: dict[str, Fault] = {
    **dict.fromkeys(("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA"), "busy"),
    **dict.fromkeys(("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED"), "refused"),
    **dict.fromkeys(("CONTACTADMIN", "NOPERM", "WEBALERT"), "refused"),
}
"""What the response code of a refused login means (RFC 5530 §3). OVERQUOTA at a login is Gmail's for too much traffic
(support.google.com/mail/answer/7126229); WEBALERT is Gmail's, too. Other codes, ALERT above all, leave it to the text.
"""
_LOCKED = re.compile(
    r"(?:failed|invalid|bad|wrong|many) (?:login|logon|auth|password)|lock(?:ed|out)|disabled|password"
)
"""Of an account that takes no login any more, whatever else the sentence says: to try on keeps it locked."""
_TRANSIENT = re.compile(
    r"too many|too frequent|try again|temporar|(?:currently|is|server|service) unavailable|throttl|backoff"
    r"|(?:connection|rate|bandwidth|session)s? limit|limit (?:reached|exceeded|hit)|maximum (?:number|connection)"
    r"|not connected|busy|overload|(?:system|server|internal|backend) (?:error|fail)|shutting down|timed? ?out"
    r"|tokenexpired|\beof\b|\bbye\b|session (?:invalidated|expired|closed)|connection (?:closed|lost|reset|broke)"
)
_THROTTLED = re.compile(
    r"\[(?:UNAVAILABLE|LIMIT|INUSE)\]|throttled|suggested backoff|authenticated but not connected", re.I
)
"""To any question: it is not the question that is wrong. Not SERVERBUG, which Dovecot says of one broken mail."""
_ASKED = re.compile(r"suggested backoff time: *(\d{1,12}) *(milliseconds|seconds)", re.I)
"""Exchange Online, in a tagged NO or BAD: `Request is throttled. Suggested Backoff Time: 299910 milliseconds`."""
_CROWDED = re.compile(r"\b(?:connection|session)s\b|connection limit", re.IGNORECASE)
_NO_FOLDER = ("nonexistent", "doesn't exist", "does not exist", "no such", "unknown mailbox", "not found")
_BYTES = re.compile(r"^b(?:'(.*)'|\"(.*)\")$", re.DOTALL)
"""imaplib raises the server's words as bytes, and imapclient makes a text of that."""

_GOODBYE = re.compile(r"\* BYE\b", re.IGNORECASE)
"""A greeting that turns us away (RFC 3501 §7.1.5)."""
_TLS_VERSION = ("wrong_version_number", "wrong version number", "record layer", "unknown protocol")


_OVER = re.compile(r"tokenexpired|session (?:invalidated|expired)", re.IGNORECASE)
"""A server that ends a session whose token has ended: `BYE Session invalidated - AccessTokenExpired` (Exchange Online).
"""


def fault_of(
    error: BaseException, where: str, who: str, doing: str, secret: str = "", *, by_token: bool = False
) -> SourceError:
    """The SourceError for whatever a connection to `where` ("host:port") for `who` raised while `doing` something.

    A server may say our password, or token, back to us; no text holds `secret`. `by_token`: that is what it is.
    """
    if isinstance(error, SourceError):
        return error
    text = clean(_BYTES.sub(r"\1\2", without(str(error), secret, who)), 200) or type(error).__name__
    fault = _told(error, text, where, who, doing, by_token)
    fault.wait = asked_wait(str(error))
    return fault


def asked_wait(text: str) -> float | None:
    """For so many seconds the server asks to be left alone; None where it asks for nothing."""
    match = _ASKED.search(text)
    return float(match[1]) / (1000 if match[2].lower() == "milliseconds" else 1) if match else None


def _told(error: BaseException, text: str, where: str, who: str, doing: str, by_token: bool) -> SourceError:
    if isinstance(error, LoginError):
        return _login(text, where, who, by_token, broke=isinstance(error.__context__, IMAPClientAbortError))
    if isinstance(error, FetchRefused | IMAPClientError) and (_THROTTLED.search(text) or _GOODBYE.match(text)):
        return _busy(text, where, who, by_token)
    if isinstance(error, FetchRefused):
        return SourceError("message", f"{where}: the server refuses {doing} ({text})")
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
        return SourceError("unreachable", f"{where}: no answer in time while {doing}; tried again later")
    if isinstance(error, OSError):
        return SourceError("unreachable", f"{where}: the connection failed while {doing} ({text})")
    if isinstance(error, IMAPClientAbortError) and "unexpected response" not in text:
        return SourceError("unreachable", f"{where}: the connection broke while {doing} ({text})")
    return SourceError("protocol", f"{where}: the server said something unexpected while {doing} ({text})")


def is_no_folder(fault: SourceError) -> bool:
    """Whether the server, asked for a folder by its name, said that there is none."""
    text = str(fault).lower()
    return fault.fault == "protocol" and any(word in text for word in _NO_FOLDER)


def is_over(fault: SourceError) -> bool:
    """Whether the server ended the session in the middle of it, as its token had ended: a new login goes on."""
    return fault.fault == "unreachable" and _OVER.search(str(fault)) is not None


def is_crowded(fault: SourceError) -> bool:
    """Whether the server turned us away because too many connections are open: some of ours may be among them."""
    return fault.fault == "busy" and _CROWDED.search(str(fault)) is not None


def refusal(text: str) -> Fault:
    """What a login that failed with these words of the server's means: `refused` by it, or `busy`.

    A response code says so (RFC 5530 §3); else the text does. What is not known is refused: to repeat a wrong password
    locks the account, while to wait a quarter of an hour for a busy server costs little.
    """
    for code in _CODE.findall(text.upper()):
        if code in _CODES:
            return _CODES[code]
    words = text.lower()
    return "busy" if _TRANSIENT.search(words) and not _LOCKED.search(words) else "refused"


def _login(text: str, where: str, who: str, by_token: bool, broke: bool) -> SourceError:
    """`broke`: the server hung up instead of an answer, which says nothing of the password."""
    if broke or refusal(text) == "busy":
        return _busy(text, where, who, by_token)
    hint = hint_of(text, by_token) or f"check `username` and `{'token' if by_token else 'password'}`"
    if "[PRIVACYREQUIRED]" in text.upper():
        hint = 'it takes logins only over TLS: check `security` (security = "tls" or "starttls")'
    return SourceError("refused", f"{where}: the login of {who} was refused ({text}); {hint}")


def _busy(text: str, where: str, who: str, by_token: bool) -> SourceError:
    hint = f"; {fix}" if (fix := hint_of(text, by_token)) else ""
    return SourceError("busy", f"{where}: the server does not let {who} in just now ({text}); tried again later{hint}")


def _tls(text: str, where: str) -> SourceError:
    hint = ""
    if any(word in text.lower() for word in _TLS_VERSION):
        hint = '; the port does not speak TLS: is security = "starttls" meant?'
    return SourceError("unreachable", f"{where}: TLS failed ({text}){hint}")
