"""Microsoft's library against a directory of our own: what goes over the wire, and what is said when it is refused."""

import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.token import TokenError
from monitor.tokens import web
from monitor.tokens.microsoft import NOT_INSTALLED, App, sign_in, source
from monitor.tokens.microsoft_refusals import BUSY, REFUSALS
from monitor.tokens.signed_in import SignedIn, file_of, write_down
from tests.servers.certificate import Certificate
from tests.tokens.conftest import Made
from tests.tokens.provider import CLIENT, SECRET, TENANT, Entra, refusal

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
INFO = "info@ours.example"
Make = Callable[..., App]


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def app(entra: Entra, tls: Certificate) -> Make:
    def make(**said: object) -> App:
        return App(**{"tenant": TENANT, "client": CLIENT, "authority": entra.url, "ca_file": str(tls.public), **said})  # type: ignore[arg-type]

    return make


def secret() -> str:
    return SECRET


def refused(app: App, folder: Path, fault: str = "refused") -> str:
    """What is said when there is no token."""
    with pytest.raises(TokenError) as caught:
        source(app, INFO, folder, clock).token()
    assert caught.value.fault == fault, caught.value
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_an_app_logs_in_by_its_secret(app: Make, entra: Entra, tmp_path: Path) -> None:
    token = source(app(secret=secret), INFO, tmp_path, lambda: NOW).token()
    assert (token.value, token.ends) == ("app-token-1", NOW + timedelta(seconds=3599))
    assert entra.scopes == {"https://outlook.office365.com/.default"}
    assert SECRET not in repr(token)
    assert list(tmp_path.iterdir()) == [], "an app keeps nothing"


def test_an_app_logs_in_by_its_certificate_as_the_page_makes_it(
    app: Make, entra: Entra, made: Made, tmp_path: Path
) -> None:
    tokens = source(app(certificate=made.pair), INFO, tmp_path, clock)
    assert [tokens.token().value, tokens.token(fresh=True).value] == ["app-token-1", "app-token-2"]
    assert all("client_secret" not in form for form in entra.asked)


@pytest.mark.parametrize(
    ("authority", "scope"),
    [
        ("https://login.microsoftonline.com", "https://outlook.office365.com/.default"),
        ("https://login.microsoftonline.us", "https://outlook.office365.us/.default"),
        ("https://login.partner.microsoftonline.cn", "https://partner.outlook.cn/.default"),
    ],
)
def test_each_cloud_has_an_exchange_of_its_own(authority: str, scope: str) -> None:
    assert App(TENANT, CLIENT, secret, authority=authority).scopes == [scope]


@pytest.mark.parametrize("code", [code for one in REFUSALS for code in one.codes])
def test_every_known_refusal_says_what_to_do(app: Make, entra: Entra, tmp_path: Path, code: str) -> None:
    entra.refuse = refusal(int(code[6:]) if code.startswith("AADSTS") else code, "You sent")
    said = refused(app(secret=secret), tmp_path)
    assert said.startswith("Microsoft refuses the login: ")
    assert f"({code}): " in said
    assert "{" not in said
    assert "You sent" not in said


def test_a_refusal_nobody_foresaw_shows_its_code_and_where_it_is_explained(
    app: Make, entra: Entra, tmp_path: Path
) -> None:
    entra.refuse = refusal(123456)
    said = refused(app(secret=secret), tmp_path)
    assert said == (
        "Microsoft refuses the login (AADSTS123456): look it up at https://login.microsoftonline.com/error?code=123456"
    )


@pytest.mark.parametrize("code", sorted(BUSY))
def test_what_passes_by_itself_is_no_refusal(app: Make, entra: Entra, tmp_path: Path, code: str) -> None:
    entra.refuse = refusal(int(code[6:]))
    refused(app(secret=secret), tmp_path, "unreachable")


@pytest.mark.parametrize("answer", [(503, {"error": "x"}), (500, b"<html>"), (200, b"<html>log in to our wifi</html>")])
def test_a_broken_answer_is_no_refusal(app: Make, entra: Entra, tmp_path: Path, answer: tuple[int, object]) -> None:
    entra.refuse = answer
    refused(app(secret=secret), tmp_path, "unreachable")


def test_an_answer_that_breaks_off_is_not_logged_with_the_token_in_it(
    app: Make, entra: Entra, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entra.refuse = (200, b'{"token_type": "Bearer", "access_token": "planted-44Z", "expi')
    refused(app(secret=secret), tmp_path, "unreachable")
    assert "planted-44Z" not in caplog.text


def test_a_directory_that_is_not_there_is_named(app: Make, tmp_path: Path) -> None:
    said = refused(app(tenant="nowhere.example", secret=secret), tmp_path)
    assert "the directory is not known (AADSTS90002)" in said


def test_a_wrong_secret_is_named(app: Make, tmp_path: Path) -> None:
    assert "the client secret is wrong (AADSTS7000215)" in refused(app(secret=lambda: "old"), tmp_path)


@pytest.mark.parametrize("said", [{"tenant": "a b"}, {"tenant": "a/b"}, {"authority": "http://login.example"}])
def test_an_address_that_is_none_is_a_mistake_of_the_config(app: Make, tmp_path: Path, said: dict[str, str]) -> None:
    assert "`authority` must be" in refused(app(secret=secret, **said), tmp_path, "secret")


def test_a_certificate_authority_that_is_not_named_is_not_trusted(app: Make, tmp_path: Path) -> None:
    said = refused(app(secret=secret, ca_file=None), tmp_path, "unreachable")
    assert said.startswith("the certificate of localhost is not trusted: ")
    assert "ca_file" in said


def test_the_named_authority_counts_whatever_the_environment_says(
    app: Make, tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.public))
    assert source(app(secret=secret), INFO, tmp_path, clock).token().value == "app-token-1"


def test_an_authority_that_cannot_be_read_is_a_mistake_of_the_config(app: Make, tmp_path: Path) -> None:
    assert "cannot be read" in refused(app(secret=secret, ca_file="/nowhere.pem"), tmp_path, "secret")


def test_a_proxy_that_is_away_is_named_without_its_password(
    app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://us:plag-44Z@127.0.0.1:1")
    said = refused(app(secret=secret), tmp_path, "unreachable")
    assert said == "localhost cannot be reached by the proxy that HTTPS_PROXY names"


def test_a_service_that_is_away_is_not_a_refusal(app: Make, tmp_path: Path) -> None:
    said = refused(app(secret=secret, authority="https://localhost:1"), tmp_path, "unreachable")
    assert said.startswith("localhost cannot be reached")


def test_a_service_that_stays_silent_is_not_waited_for(
    app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "TIMEOUT", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        authority = f"https://127.0.0.1:{silent.getsockname()[1]}"
        assert "does not answer in time" in refused(app(secret=secret, authority=authority), tmp_path, "unreachable")


def test_without_its_library_it_says_what_to_install(
    app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    assert refused(app(secret=secret), tmp_path, "secret") == NOT_INSTALLED


# -- people


def signed_in(app: App, folder: Path) -> SignedIn:
    shown: list[tuple[str, str, timedelta]] = []
    done = sign_in(app, INFO, lambda *what: shown.append(what))
    assert shown == [("https://login.example/device", "ABCD-EFGH", timedelta(minutes=15))]
    write_down(file_of(folder, "microsoft", INFO), done.text, INFO)
    return done


def test_a_person_signs_in_once_and_is_not_asked_again(app: Make, entra: Entra, tmp_path: Path) -> None:
    done = signed_in(app(), tmp_path)
    assert done.who == "anna@ours.example"
    assert {"https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"} <= entra.scopes
    first = entra.person.refresh
    assert source(app(), INFO, tmp_path, clock).token().value.startswith("person-token")
    assert entra.person.used == [], "the token of the sign-in still holds"
    renewed = source(app(), INFO, tmp_path, clock).token(fresh=True)
    assert entra.person.used == [first]
    assert renewed.value == f"person-token-{len(entra.asked)}"


def test_a_refresh_token_that_changes_is_written_down_each_time(app: Make, entra: Entra, tmp_path: Path) -> None:
    signed_in(app(), tmp_path)
    for _ in range(3):
        source(app(), INFO, tmp_path, clock).token(fresh=True)
    assert len(set(entra.person.used)) == 3
    (file,) = tmp_path.iterdir()
    assert entra.person.refresh in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_sign_in_that_was_not_used_for_long_asks_for_the_person(app: Make, entra: Entra, tmp_path: Path) -> None:
    signed_in(app(), tmp_path)
    entra.person.refresh = "another"
    with pytest.raises(TokenError, match=r"the sign-in has expired \(AADSTS700082\)") as caught:
        source(app(), INFO, tmp_path, clock).token(fresh=True)
    assert str(caught.value).endswith(f"inbox-monitor login {INFO}")


def test_who_never_signed_in_is_told_how(app: Make, tmp_path: Path) -> None:
    assert refused(app(), tmp_path) == f"nobody has signed in for {INFO} yet: inbox-monitor login {INFO}"


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"Account": 7}'])
def test_a_damaged_file_asks_for_the_person(app: Make, tmp_path: Path, text: str) -> None:
    write_down(file_of(tmp_path, "microsoft", INFO), text, INFO)
    with pytest.raises(TokenError, match=f"inbox-monitor login {INFO}"):
        source(app(), INFO, tmp_path, clock).token()


def test_a_directory_that_blocks_codes_says_so_at_once(app: Make, entra: Entra) -> None:
    entra.refuse = refusal(53003)
    with pytest.raises(TokenError, match="Conditional Access blocks the sign-in"):
        sign_in(app(), INFO, lambda *_: pytest.fail("there is no code"))
