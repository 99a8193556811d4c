"""What a server's words mean: a wrong password, or something that passes. Lines such as real servers send."""

import pytest
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from monitor.inbox.faults import asked_wait, fault_of, is_crowded, refusal
from monitor.inbox.fetching import FetchRefused
from monitor.inbox.source import SourceError

REFUSED = [
    "[AUTHENTICATIONFAILED] Authentication failed.",
    "[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
    "[AUTHENTICATIONFAILED] (#AUTH012) Incorrect password, or too many attempts",
    "[AUTHORIZATIONFAILED] No such authorization-ID",
    "[EXPIRED] That password has expired; try again with another one",
    "[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
    "[CONTACTADMIN] Call the help desk",
    "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)",
    "[WEBALERT https://accounts.google.com/signin/continue?sarp=1] Web login required.",
    "[ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
    "[ALERT] Your account is not enabled for IMAP use. Please visit your settings page.",
    "[ALERT] Account locked: too many failed logins, try again later",
    "Too many invalid login attempts",
    "LOGIN failed.",
    "AUTHENTICATE failed.",
    "Login failed: authentication failure",
    "Authentication unsuccessful, basic authentication is disabled",
    "",
]

BUSY = [
    "[UNAVAILABLE] Temporary authentication failure.",
    "[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)",
    "[unavailable] Account is temporarily unavailable; password not checked",
    "[LIMIT] LOGIN Rate limit hit",
    "[INUSE] The mailbox is locked",
    "[SERVERBUG] Internal error occurred. Refer to server log for more information.",
    "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
    "[ALERT] Too many simultaneous connections. (Failure)",
    "Too many simultaneous connections",
    "Request is throttled. Suggested Backoff Time: 92415 milliseconds",
    "User is authenticated but not connected.",
    "Server Unavailable. 15 (the service is unavailable)",
    "Temporary problem, please try again later",
    "command: LOGIN => socket error: EOF",
    "Session invalidated - AccessTokenExpired",
]


@pytest.mark.parametrize("text", REFUSED)
def test_only_a_person_can_mend_it(text: str) -> None:
    assert refusal(text) == "refused"
    assert login_fault(LoginError(f"b'{text}'")) == "refused"


@pytest.mark.parametrize("text", BUSY)
def test_it_passes_and_never_counts_as_a_wrong_password(text: str) -> None:
    assert refusal(text) == "busy"
    assert login_fault(LoginError(f"b'{text}'")) == "busy"


@pytest.mark.parametrize(
    "text", ["Session invalidated - AccessTokenExpired", "LOGIN failed.", "socket error: EOF", "x"]
)
def test_a_server_that_hangs_up_in_the_middle_of_a_login_has_said_nothing_of_the_password(text: str) -> None:
    assert login_fault(login_error_after(IMAPClientAbortError(text))) == "busy"
    assert login_fault(login_error_after(IMAPClientError("LOGIN failed."))) == "refused"


def test_a_login_that_wants_tls_says_so() -> None:
    told = fault_of(LoginError("[PRIVACYREQUIRED] no"), "h:143", "info", "listing folders")
    assert 'security = "tls"' in str(told)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (FetchRefused("('NO', [b'Request is throttled. Suggested Backoff Time: 299910 milliseconds'])"), "busy"),
        (FetchRefused("NO [UNAVAILABLE] a subsystem is down"), "busy"),
        (FetchRefused("NO [SERVERBUG] this mail's file is damaged"), "message"),
        (FetchRefused("BAD Command Argument Error. 11"), "message"),
        (IMAPClientError("STATUS command error: BAD [b'User is authenticated but not connected.']"), "busy"),
        (IMAPClientError("b'* BYE Too many connections from your address'"), "busy"),
        (IMAPClientError("b'220 mail.example ESMTP'"), "protocol"),
        (IMAPClientAbortError("Session invalidated - AccessTokenExpired"), "unreachable"),
        (IMAPClientAbortError("Server shutting down."), "unreachable"),
    ],
)
def test_what_is_said_to_any_question(error: Exception, fault: str) -> None:
    assert fault_of(error, "h:993", "info", "fetching headers").fault == fault


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Request is throttled. Suggested Backoff Time: 299910 milliseconds", 299.91),
        ("BAD [b'Request is throttled. Suggested Backoff Time: 92415 milliseconds']", 92.415),
        ("suggested backoff time: 60 seconds", 60.0),
        ("Suggested Backoff Time: many milliseconds", None),
        ("Suggested Backoff Time: -5 milliseconds", None),
        ("AUTHENTICATE failed.", None),
    ],
)
def test_the_pause_that_a_server_asks_for(text: str, seconds: float | None) -> None:
    assert asked_wait(text) == seconds
    assert fault_of(LoginError(text), "h:993", "info", "listing folders").wait == seconds


@pytest.mark.parametrize(
    ("text", "crowded"),
    [
        ("[UNAVAILABLE] Maximum number of connections from user+IP exceeded", True),
        ("[ALERT] Too many simultaneous connections. (Failure)", True),
        ("[UNAVAILABLE] Temporary authentication failure.", False),
        ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", False),
    ],
)
def test_a_server_that_counts_connections_is_known_from_one_that_is_ill(text: str, crowded: bool) -> None:
    assert is_crowded(fault_of(LoginError(text), "h:993", "info", "listing folders")) == crowded
    assert not is_crowded(SourceError("refused", text))


def login_fault(error: LoginError) -> str:
    return fault_of(error, "h:993", "info", "listing folders").fault


def login_error_after(error: Exception) -> LoginError:
    """As imapclient makes it: the text of the first one, raised while that is handled."""
    try:
        try:
            raise error
        except IMAPClientError as first:
            raise LoginError(str(first))  # noqa: B904
    except LoginError as told:
        return told
