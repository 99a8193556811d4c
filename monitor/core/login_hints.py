"""GROUND. What the providers' own words at a refused login mean, and what to do; docs/ has the same at length."""

import re

_MAY_SEND = "Set-CASMailbox -SmtpClientAuthenticationDisabled $false"

_HINTS = (
    (
        r"smtpclientauthentication is disabled for the tenant",
        "SMTP AUTH is switched off for the whole organisation; for the mailbox that sends alone it is allowed by "
        f"{_MAY_SEND} (aka.ms/smtp_auth_disabled)",
    ),
    (
        r"smtpclientauthentication is disabled",
        f"SMTP AUTH is switched off for this mailbox; it is allowed by {_MAY_SEND} (aka.ms/smtp_auth_disabled)",
    ),
    (
        r"basic authentication is disabled",
        'Microsoft 365 takes no passwords here: use token = "microsoft"',
    ),
    (
        r"security defaults|did not meet the criteria",
        "the organisation's security defaults or conditional access forbid this login; Entra's sign-in log says which",
    ),
    (
        r"authenticated but not connected",
        "where that lasts, the token is right but opens no such mailbox: give who logs in access to it "
        "(Add-MailboxPermission), and see that IMAP is on for it (Set-CASMailbox -ImapEnabled $true)",
    ),
    (
        r"application-specific password|app password|web browser|\[webalert",
        'Google takes an app password, or token = "google"',
    ),
)

_OF_TOKENS = (
    (
        r"authenticate failed\.$|5\.7\.3\b",
        "has the app the permission, consented to by an administrator, and the mailbox let its service principal in "
        "(New-ServicePrincipal, Add-MailboxPermission)?",
    ),
    (
        r"invalid credentials \(failure\)|username and password not accepted|mail\.google\.com",
        "is the token for this very mailbox, and of the scope https://mail.google.com/?",
    ),
)

_OF_PASSWORDS = (
    (r"^(?:b')?login failed\.'?$|5\.7\.3\b", 'Microsoft 365 takes no passwords: use token = "microsoft"'),
    (r"invalid credentials \(failure\)", 'Google takes app passwords only, or token = "google"'),
)


def hint_of(text: str, by_token: bool) -> str:
    """What to do about a login that a server refused with these words; empty where they say nothing we know."""
    for pattern, fix in (*_HINTS, *(_OF_TOKENS if by_token else _OF_PASSWORDS)):
        if re.search(pattern, text, re.IGNORECASE):
            return fix
    return ""
