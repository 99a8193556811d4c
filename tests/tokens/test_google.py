"""Google's library against a token endpoint of our own: what goes over the wire, and what is said when that refuses."""

import json
import sys
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.core.token import TokenError
from monitor.tokens.google import NOT_INSTALLED, REDIRECT, SCOPE, GoogleApp, consent, redeem, source
from monitor.tokens.google_refusals import BUSY, REFUSALS
from monitor.tokens.signed_in import file_of, write_down
from tests.tokens.provider import Google

INFO = "info@ours.example"


def clock() -> datetime:
    return datetime.now(UTC)


def by_account(account: dict[str, Any]) -> GoogleApp:
    return GoogleApp(service_account=lambda: json.dumps(account))


def refused(app: GoogleApp, folder: Path, fault: str = "refused") -> str:
    with pytest.raises(TokenError) as caught:
        source(app, INFO, folder, clock).token()
    assert caught.value.fault == fault, caught.value
    return str(caught.value)


def test_a_service_account_acts_for_each_mailbox(account: dict[str, Any], google: Google, tmp_path: Path) -> None:
    token = source(by_account(account), INFO, tmp_path, clock).token()
    assert token.value == "google-token-1"
    assert token.ends is not None
    assert abs(token.ends - clock() - timedelta(hours=1)) < timedelta(minutes=1)
    claims = google.claims
    assert (claims["iss"], claims["sub"], claims["scope"]) == (account["client_email"], INFO, SCOPE)
    assert claims["exp"] - claims["iat"] <= 3600


REFUSED = [
    ("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method", "delegation, add"),
    ("access_denied", "Requested client not authorized.", "the scope is not delegated"),
    ("invalid_grant", "Invalid email or User ID", "is no account of Google Workspace (invalid_grant: email)"),
    ("invalid_grant", "Invalid JWT Signature.", "the key of the service account is not valid any more"),
    ("invalid_grant", "Invalid grant: account not found", "the key of the service account"),
    (
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
        "Check your iat and exp values in the JWT claim.",
        "the clock of this machine is wrong",
    ),
    ("invalid_grant", "Token has been expired or revoked.", "the sign-in holds no more"),
    ("invalid_scope", "Invalid OAuth scope", "with the slash at its end"),
    ("disabled_client", "The OAuth client was disabled.", "the OAuth client is not known"),
    ("something_new", "plag-33Z", "Google refuses the login (something_new)"),
]


@pytest.mark.parametrize(("error", "description", "says"), REFUSED)
def test_every_refusal_says_what_to_do(
    account: dict[str, Any], google: Google, tmp_path: Path, error: str, description: str, says: str
) -> None:
    google.refuse = 400, {"error": error, "error_description": description}
    said = refused(by_account(account), tmp_path)
    assert says in said
    assert description not in said
    assert "{" not in said


def test_missing_delegation_gives_what_is_to_be_pasted(account: dict[str, Any], google: Google, tmp_path: Path) -> None:
    google.refuse = 401, {"error": "unauthorized_client", "error_description": "…"}
    assert f"add the client ID {account['client_id']} with the scope {SCOPE};" in refused(by_account(account), tmp_path)


def test_no_refusal_lacks_a_value_for_its_words() -> None:
    for one in REFUSALS:
        assert "{" not in one.does.format(user=INFO, client="1", scope=SCOPE)


@pytest.mark.parametrize("answer", [(400, {"error": sorted(BUSY)[0]}), (503, b"<html>"), (429, {"error": "slow"})])
def test_what_passes_by_itself_is_no_refusal(
    account: dict[str, Any],
    google: Google,
    tmp_path: Path,
    answer: tuple[int, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # google-auth tries thrice
    google.refuse = answer
    refused(by_account(account), tmp_path, "unreachable")


def test_a_service_that_is_away_is_not_a_refusal(account: dict[str, Any], tmp_path: Path) -> None:
    account["token_uri"] = "http://localhost:1/token"
    assert refused(by_account(account), tmp_path, "unreachable").startswith("localhost cannot be reached")


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"type": "service_account"}', '{"installed": {}}'])
def test_json_of_another_kind_is_a_mistake_of_the_config(tmp_path: Path, text: str) -> None:
    app = GoogleApp(service_account=lambda: text)
    assert "is not the JSON key of a service account" in refused(app, tmp_path, "secret")
    write_down(file_of(tmp_path, "google", INFO), '{"refresh_token": "x"}', INFO)
    app = GoogleApp(client=lambda: text)
    assert "is not the JSON of an OAuth client" in refused(app, tmp_path, "secret")


def test_without_its_library_it_says_what_to_install(
    account: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    assert refused(by_account(account), tmp_path, "secret") == NOT_INSTALLED


# -- people


def back(url: str, **said: str) -> str:
    """The address that the browser shows at the end of what `url` began."""
    asked = parse_qs(urlsplit(url).query)
    return f"{asked['redirect_uri'][0]}?state={said.get('state', asked['state'][0])}&code=4/abc&scope=x\n"


def test_a_person_signs_in_in_a_browser_elsewhere(desktop: str, google: Google, tmp_path: Path) -> None:
    app = GoogleApp(client=lambda: desktop)
    begun = consent(app, INFO)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}
    assert (asked["access_type"], asked["prompt"], asked["login_hint"]) == ("offline", "consent", INFO)
    assert asked["scope"].split()[0] == SCOPE
    done = redeem(app, INFO, begun, back(begun.url))
    assert done.who == "anna@ours.example"
    form = google.asked[-1]
    challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (form["code"], challenge) == ("4/abc", asked["code_challenge"])
    write_down(file_of(tmp_path, "google", INFO), done.text, INFO)
    assert source(app, INFO, tmp_path, clock).token().value == "google-token-2"
    assert google.asked[-1]["refresh_token"] == "google-refresh"
    assert begun.verifier not in repr(begun)
    assert "google-refresh" not in repr(done)


def test_an_address_of_another_sign_in_is_not_taken(desktop: str, google: Google) -> None:
    app = GoogleApp(client=lambda: desktop)
    begun = consent(app, INFO)
    with pytest.raises(TokenError, match="belongs to another sign-in"):
        redeem(app, INFO, begun, back(consent(app, INFO).url))
    assert google.asked == [], "the code was not given away"


@pytest.mark.parametrize("pasted", ["", "4/abc", "https://evil.example/?code=1&state=2", REDIRECT, "http://[::1"])
def test_what_is_no_such_address_is_told(desktop: str, pasted: str) -> None:
    app = GoogleApp(client=lambda: desktop)
    with pytest.raises(TokenError, match="that is not the address the browser showed at the end"):
        redeem(app, INFO, consent(app, INFO), pasted)


def test_a_declined_sign_in_says_so(desktop: str) -> None:
    app = GoogleApp(client=lambda: desktop)
    begun = consent(app, INFO)
    with pytest.raises(TokenError, match="or the sign-in was declined"):
        redeem(app, INFO, begun, back(begun.url).replace("code=4/abc", "error=access_denied"))


def test_a_box_that_was_not_ticked_is_told(desktop: str, google: Google) -> None:
    app, google.granted = GoogleApp(client=lambda: desktop), "openid email"
    begun = consent(app, INFO)
    with pytest.raises(TokenError, match="reading mail was not ticked"):
        redeem(app, INFO, begun, back(begun.url))


def test_without_a_refresh_token_nothing_is_kept(desktop: str, google: Google) -> None:
    app, google.gives = GoogleApp(client=lambda: desktop), {}
    begun = consent(app, INFO)
    with pytest.raises(TokenError, match="gave no refresh token"):
        redeem(app, INFO, begun, back(begun.url))


@pytest.mark.parametrize("answer", [(200, b"<html>"), (502, {}), (200, [])])
def test_a_broken_answer_to_a_sign_in_is_no_refusal(desktop: str, google: Google, answer: tuple[int, object]) -> None:
    app, google.refuse = GoogleApp(client=lambda: desktop), answer
    begun = consent(app, INFO)
    with pytest.raises(TokenError, match="localhost fails at the moment") as caught:
        redeem(app, INFO, begun, back(begun.url))
    assert caught.value.fault == "unreachable"


def test_a_person_whose_sign_in_was_taken_back_signs_in_again(desktop: str, google: Google, tmp_path: Path) -> None:
    app = GoogleApp(client=lambda: desktop)
    assert refused(app, tmp_path) == f"nobody has signed in for {INFO} yet: inbox-monitor login {INFO}"
    write_down(file_of(tmp_path, "google", INFO), '{"refresh_token": "gone"}', INFO)
    google.refuse = 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert f"sign in again: inbox-monitor login {INFO}" in refused(app, tmp_path)
    google.refuse = 400, {"error": "invalid_grant", "error_subtype": "invalid_rapt", "error_description": "reauth"}
    assert "a policy of the house wants a person to sign in again" in refused(app, tmp_path)
    write_down(file_of(tmp_path, "google", INFO), "{}", INFO)
    assert "is damaged" in refused(app, tmp_path, "secret")
