"""FLOOR 1. What the error codes of Microsoft Entra ID mean to whoever set the login up.

Source: Microsoft Learn, "Microsoft Entra authentication and authorization error codes". They may change at any time, so
a code that is not here is shown with the address where it is explained.
"""

from monitor.tokens.refusals import Refusal

AGAIN = "sign in again: inbox-monitor login {user}"


def _codes(*numbers: int) -> tuple[str, ...]:
    return tuple(f"AADSTS{number}" for number in numbers)


BUSY = frozenset(_codes(50033, 50087, 50196, 80001, 80002, 90006, 90012, 90024, 90033, 90055, 90090, 90091))
"""These pass by themselves."""

PENDING = "AADSTS70016"

REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        _codes(7000215),
        "the client secret is wrong",
        "what `secret` names must hold the Value of a client secret, not its Secret ID; if it is lost, make a new one "
        "under Certificates & secrets of the app registration",
    ),
    Refusal(
        _codes(7000222),
        "the client secret has expired",
        "make a new one under Certificates & secrets of the app registration, put its Value where `secret` says, and "
        "set `secret_expires`",
    ),
    Refusal(
        _codes(700016, 700011, 7000229),
        "the app is not known in this directory",
        "compare `client` with the Application (client) ID, and `tenant` with the Directory (tenant) ID",
    ),
    Refusal(
        _codes(7000112, 70001, 1000031),
        "the app is disabled",
        "in Enterprise applications open it, and under Properties set Enabled for users to sign-in to Yes",
    ),
    Refusal(
        _codes(90002, 900023, 50128, 50059),
        "the directory is not known",
        "`tenant` must be the Directory (tenant) ID, or a domain of it; in another cloud set `authority` too",
    ),
    Refusal(
        _codes(90038, 900382, 900432),
        "the directory belongs to another cloud",
        "set `authority` to that of its cloud: https://login.microsoftonline.us (US government) or "
        "https://login.partner.microsoftonline.cn (China)",
    ),
    Refusal(
        _codes(50194, 9001023, 90124, 90130),
        "the app belongs to one directory only",
        '`tenant` must be the Directory (tenant) ID, not "common" or "organizations"',
    ),
    Refusal(
        _codes(700027, 50012, 700030),
        "the certificate is not registered with the app",
        "upload the certificate, without its key, under Certificates & secrets of the app registration; wait a minute",
    ),
    Refusal(
        _codes(700024),
        "the clock of this machine is wrong",
        "set it right, best by a time service (timedatectl set-ntp true)",
    ),
    Refusal(
        _codes(7000218),
        "the app wants a secret or a certificate",
        "for a person's sign-in set Allow public client flows to Yes, under Authentication of the app registration; "
        "else name `secret` or `certificate` under [microsoft]",
    ),
    Refusal(
        _codes(700025),
        "the app takes neither secret nor certificate",
        "take `secret` and `certificate` away and sign in as a person, or register the app anew as a confidential one",
    ),
    Refusal(
        _codes(65001, 65005, 650056, 650057, 90094, 90095),
        "the app lacks a permission, or the consent to it",
        "under API permissions of the app registration add those that docs/microsoft365.md names, and press "
        "Grant admin consent",
    ),
    Refusal(_codes(65004), "the consent was declined at the sign-in", "sign in again, and accept"),
    Refusal(
        _codes(500011, 50001, 650052, 650054),
        "Exchange Online is not known in this directory",
        "the directory has no subscription with Exchange Online, or `tenant` or `authority` names another one",
    ),
    Refusal(_codes(28002, 70011), "Exchange Online does not know what was asked for", "compare `authority`"),
    Refusal(
        _codes(50034, 50020, 51004, 16000, 16003, 90072),
        "the account is not in this directory",
        "sign in with an account of the directory that `tenant` names",
    ),
    Refusal(
        _codes(500200, 500201, 500202, 500208),
        "a personal account was used",
        "sign in with a work or school account of the directory",
    ),
    Refusal(_codes(50056, 50064, 50126), "the name or the password was wrong", AGAIN),
    Refusal(
        _codes(50053),
        "the account, or the address of this machine, is blocked",
        "look at Sign-in logs in the Entra admin center; it is lifted after a while, or by an administrator",
    ),
    Refusal(
        _codes(50055, 50144),
        "the password of the account has expired",
        "give the account a new password, then sign in again: inbox-monitor login {user}",
    ),
    Refusal(
        _codes(50057),
        "the account is disabled",
        "the account of a shared mailbox always is: let somebody sign in who has Full Access to it, and name them by "
        "`login`",
    ),
    Refusal(_codes(50058, 50140, 700020), "nobody is signed in", AGAIN),
    Refusal(_codes(50072, 50074, 50076, 50078, 50079, 50158), "a second factor is asked for", AGAIN),
    Refusal(
        _codes(50005, 50097, 50129, 50155, 53000, 53001, 530003),
        "only a managed device may sign in",
        "use a certificate instead of a person, or leave this account out of that Conditional Access policy",
    ),
    Refusal(
        _codes(53002, 53003, 50131, 530032),
        "Conditional Access blocks the sign-in",
        "find the policy under Sign-in logs in the Entra admin center; many directories block the device code flow: "
        "then use a certificate instead of a person",
    ),
    Refusal(
        _codes(530035),
        "the security defaults block the sign-in",
        "use a certificate instead of a person",
    ),
    Refusal(
        _codes(50105),
        "the account is not assigned to the app",
        "in Enterprise applications open the app, and add the account under Users and groups",
    ),
    Refusal(_codes(70008, 700082, 700084, 70043, 50089), "the sign-in has expired", AGAIN),
    Refusal(_codes(50173, 50132, 50133, 70000), "the sign-in was taken back", AGAIN),
    Refusal(
        ("AADSTS70019", "AADSTS70020", "expired_token", "code_expired"),
        "the code was not used in time",
        "ask for a new one: inbox-monitor login {user}",
    ),
    Refusal(
        (PENDING, "authorization_pending"),
        "nobody has typed the code yet",
        "ask for a new one: inbox-monitor login {user}",
    ),
    Refusal(("authorization_declined", "access_denied"), "the sign-in was declined", AGAIN),
    Refusal(
        ("bad_verification_code", "AADSTS70018"),
        "the code is not known",
        "ask for a new one: inbox-monitor login {user}",
    ),
)
