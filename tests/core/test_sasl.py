"""What is said to log in, byte for byte as the standards and providers write it, and what a server says of a token."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import sasl
from monitor.core.login_hints import hint_of
from monitor.core.redaction import HIDDEN, without
from monitor.core.sasl import Conversation

USER, TOKEN = "info@ours.example", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (sasl.plain("tim", "tanstaaf"), ["\0tim\0tanstaaf"]),  # RFC 4616 §4
        (sasl.plain("Kurt", "xipj3plmq", "Ursel"), ["Ursel\0Kurt\0xipj3plmq"]),
        (sasl.plain("info", "päss", "info"), ["\0info\0päss"]),
        (sasl.login("info", "geheim"), ["info", "geheim"]),
        (sasl.xoauth2(USER, TOKEN), [f"user={USER}\1auth=Bearer {TOKEN}\1\1", ""]),
        (
            sasl.oauthbearer(USER, TOKEN, "server.example", 143),  # RFC 7628 §4.1
            [f"n,a={USER},\1host=server.example\1port=143\1auth=Bearer {TOKEN}\1\1", "\1"],
        ),
        (sasl.oauthbearer("a=b,c", "t", "h", 993), ["n,a=a=3Db=2Cc,\1host=h\1port=993\1auth=Bearer t\1\1", "\1"]),
    ],
)
def test_each_mechanism_says_its_words_in_turn_and_then_gives_up(talk: Conversation, said: list[str]) -> None:
    assert [talk(b"") for _ in said] == [each.encode() for each in said]
    assert talk(b"") is None
    assert talk.reply(b"") == b"*"


def test_what_was_said_at_once_is_not_said_again() -> None:
    talk = sasl.xoauth2(USER, TOKEN)
    assert talk.at_once(900) == f"user={USER}\1auth=Bearer {TOKEN}\1\1".encode()
    assert talk(b'{"status":"400"}') == b""


def test_a_long_token_waits_for_a_challenge_as_does_who_must_not_begin() -> None:
    assert sasl.xoauth2(USER, "t" * 900).at_once(sasl.MOST_IMAP) is None
    assert sasl.login("info", "geheim").at_once(sasl.MOST_IMAP) is None
    assert sasl.coded(b"") == "="


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        (
            b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
            "status 400, scope https://mail.google.com/",
        ),
        (b'{"status":"invalid_token","openid-configuration":"https://x.example"}', "status invalid_token"),
        (b'{"status":401}', "status 401"),
        (b'{"status":{"a":1},"scope":null}', ""),
        (b'["status"]', ""),
        (b"Username:", ""),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
        (b"", ""),
    ],
)
def test_an_error_challenge_tells_its_status_and_scope_and_nothing_else(challenge: bytes, told: str) -> None:
    talk = sasl.xoauth2(USER, TOKEN)
    talk.reply(b"")
    talk.reply(b64encode(challenge))
    assert talk.told == told


@given(st.binary(max_size=60))
def test_any_challenge_is_answered(challenge: bytes) -> None:
    talk = sasl.oauthbearer(USER, TOKEN, "h", 993)
    assert b64decode(talk.reply(challenge)).startswith(b"n,a=")
    assert talk.reply(challenge) == b"AQ=="
    assert talk.reply(challenge) == b"*"


@given(st.binary(max_size=40), st.text("!#%+/=abcXYZ019._-~ä", min_size=6, max_size=80), st.binary(max_size=9))
def test_a_token_within_any_base64_is_hidden_but_for_its_edges(before: bytes, token: str, after: bytes) -> None:
    coded = b64encode(before + token.encode() + after).decode()
    shown = without(f"NO I got {coded}", token)
    assert HIDDEN in shown
    left = shown.removeprefix("NO I got ").replace(HIDDEN, "")
    assert len(coded) - len(left) >= len(token.encode()) * 8 // 6 - 1


@pytest.mark.parametrize(
    ("said", "by_token", "word"),
    [
        (
            "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/x",
            True,
            "whole",
        ),
        ("535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox.", True, "Set-CASMailbox"),
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", False, '"microsoft"'),
        ("535 5.7.139 Authentication unsuccessful, the request did not meet the criteria", False, "security defaults"),
        ("535 5.7.3 Authentication unsuccessful [AM0PR01CA0001]", True, "New-ServicePrincipal"),
        ("535 5.7.3 Authentication unsuccessful [AM0PR01CA0001]", False, '"microsoft"'),
        ("AUTHENTICATE failed.", True, "New-ServicePrincipal"),
        ("LOGIN failed.", False, '"microsoft"'),
        ("User is authenticated but not connected.", True, "Add-MailboxPermission"),
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", True, "mail.google.com"),
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", False, "app password"),
        ("[ALERT] Application-specific password required: https://support.google.com", False, '"google"'),
        ("[AUTHENTICATIONFAILED] Authentication failed.", True, ""),
        ("[AUTHENTICATIONFAILED] Authentication failed.", False, ""),
    ],
)
def test_what_a_provider_says_comes_with_what_to_do(said: str, by_token: bool, word: str) -> None:
    hint = hint_of(said, by_token)
    assert word in hint
    assert bool(word) == bool(hint)
