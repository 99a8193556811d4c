"""Tokens that a command prints: bare, or as a provider answers; when they end; what is said where there is none."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.token import TokenError
from monitor.tokens.command import UNSAID, source, token_in

NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def jwt(said: object) -> str:
    """A JSON Web Token with this payload, and no signature worth the name."""
    head, body = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "x"}, said))
    return f"{head}.{body}.c2ln"


@pytest.mark.parametrize(
    ("printed", "value", "lasts"),
    [
        ("planted\n", "planted", UNSAID * 4 / 3),
        ('{"access_token": "planted", "token_type": "Bearer", "expires_in": 3600}', "planted", HOUR),
        ('{"access_token": "planted", "expires_in": "3600"}\n', "planted", HOUR),
        ('{"access_token": "planted"}', "planted", UNSAID * 4 / 3),
        ('{"access_token": "planted", "expires_in": -5}', "planted", UNSAID * 4 / 3),
        ('{"access_token": "planted", "expires_in": 1e400}', "planted", UNSAID * 4 / 3),
        ('{"access_token": "planted", "expires_in": [1]}', "planted", UNSAID * 4 / 3),
    ],
)
def test_a_token_ends_as_it_is_said(printed: str, value: str, lasts: timedelta) -> None:
    token = token_in(printed, NOW)
    assert (token.value, token.ends) == (value, NOW + lasts)


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ({"exp": (NOW + HOUR).timestamp()}, NOW + HOUR),
        ({"exp": 1e300}, NOW + UNSAID * 4 / 3),
        ({"exp": None}, NOW + UNSAID * 4 / 3),
        ({}, NOW + UNSAID * 4 / 3),
        ([], NOW + UNSAID * 4 / 3),
    ],
)
def test_a_jwt_says_itself_when_it_ends(said: object, ends: datetime) -> None:
    assert token_in(jwt(said), NOW).ends == ends


def test_what_the_provider_says_goes_before_what_the_jwt_says() -> None:
    printed = json.dumps({"access_token": jwt({"exp": NOW.timestamp()}), "expires_in": 3600})
    assert token_in(printed, NOW).ends == NOW + HOUR


@pytest.mark.parametrize(
    ("printed", "fault", "told"),
    [
        ("", "secret", "gives nothing"),
        ("Enter the planted passphrase:", "secret", "more than a token"),
        ("planted\nplanted", "secret", "more than a token"),
        ("plänted", "secret", "more than a token"),
        ('{"error": "invalid_grant", "error_description": "planted"}', "refused", 'the error "invalid_grant"'),
        ('{"error": "planted secret!"}', "secret", "JSON without an `access_token`"),
        ('{"token": "planted"}', "secret", "JSON without an `access_token`"),
        ("{planted", "", ""),
    ],
)
def test_what_is_no_token_is_told_without_being_shown(printed: str, fault: str, told: str) -> None:
    if not fault:
        assert token_in(printed, NOW).value == printed
        return
    with pytest.raises(TokenError) as caught:
        token_in(printed, NOW)
    assert caught.value.fault == fault
    assert told in str(caught.value)
    assert "planted" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_output_is_a_token_or_a_token_error(printed: str) -> None:
    try:
        token = token_in(printed, NOW)
    except TokenError:
        return
    assert token.value.isascii()
    assert token.value.isprintable()
    assert " " not in token.value


def test_each_time_it_is_asked_anew() -> None:
    printed = iter(("one", "two"))
    tokens = source(lambda: next(printed), lambda: NOW)
    assert [tokens.token().value, tokens.token(fresh=True).value] == ["one", "two"]
