"""FLOOR 1. What Google's refusals mean to whoever set the login up.

Source: Google, "Using OAuth 2.0 for Server to Server Applications" and "OAuth 2.0 for iOS & Desktop Apps", their parts
on errors. One code (`invalid_grant`) has several meanings, told apart by a word of its description.
"""

from monitor.tokens.refusals import Refusal

AGAIN = "sign in again: inbox-monitor login {user}"

WORDS: tuple[tuple[str, str, str], ...] = (
    ("invalid_grant", "signature", "invalid_grant: signature"),
    ("invalid_grant", "iat", "invalid_grant: iat"),
    ("invalid_grant", "account not found", "invalid_grant: account not found"),
    ("invalid_grant", "email", "invalid_grant: email"),
    ("invalid_grant", "account", "invalid_grant: account"),
    ("invalid_grant", "rapt", "invalid_rapt"),
)
"""(code, word of the description, what it is called here): the first that fits counts."""

BUSY = frozenset({"internal_failure", "server_error", "temporarily_unavailable", "rate_limit_exceeded"})
"""These pass by themselves."""

REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        ("unauthorized_client",),
        "the service account may not act for people",
        "in the Admin console, under Security, Access and data control, API controls, Manage domain-wide delegation, "
        "add the client ID {client} with the scope {scope}; it takes up to a day",
    ),
    Refusal(
        ("access_denied",),
        "the scope is not delegated, or the sign-in was declined",
        "for a service account, compare the client ID {client} and the scope {scope} under Manage domain-wide "
        "delegation in the Admin console; a person signs in again: inbox-monitor login {user}",
    ),
    Refusal(
        ("invalid_grant: email", "invalid_grant: account"),
        "the address is no account of Google Workspace",
        "{user} may be an alias or a group, which has no mailbox of its own: name the first address of an account",
    ),
    Refusal(
        ("invalid_grant: signature", "invalid_grant: account not found"),
        "the key of the service account is not valid any more",
        "make a new JSON key in the Cloud console, under IAM & Admin, Service Accounts, Keys, and put it where "
        "`service_account` says",
    ),
    Refusal(
        ("invalid_grant: iat",),
        "the clock of this machine is wrong",
        "set it right, best by a time service (timedatectl set-ntp true)",
    ),
    Refusal(
        ("invalid_grant",),
        "the sign-in holds no more",
        "sign in again: inbox-monitor login {user}; it ends with a new password, after half a year without use, and "
        "after seven days while the app's publishing status is Testing",
    ),
    Refusal(
        ("invalid_rapt", "rapt_required"),
        "a policy of the house wants a person to sign in again and again",
        "leave the app out of the session control for Google Cloud, or use a service account",
    ),
    Refusal(
        ("invalid_client", "deleted_client", "disabled_client"),
        "the OAuth client is not known, deleted, or disabled",
        "take its JSON from the Cloud console anew, under APIs & Services, Credentials; its type must be Desktop app",
    ),
    Refusal(
        ("admin_policy_enforced", "app_not_configured_for_user", "access_not_configured"),
        "a policy of the house does not let the app in",
        "in the Admin console, under Security, API controls, App access control, trust the client ID {client}",
    ),
    Refusal(
        ("org_internal",),
        "the app is for people of another organisation",
        "sign in with an account of the organisation that the project belongs to",
    ),
    Refusal(
        ("invalid_scope",),
        "the scope is not known",
        "delegate exactly {scope}, with the slash at its end",
    ),
    Refusal(
        ("redirect_uri_mismatch", "invalid_request"),
        "the OAuth client is of the wrong type",
        "make one of the type Desktop app in the Cloud console, under APIs & Services, Credentials",
    ),
)
