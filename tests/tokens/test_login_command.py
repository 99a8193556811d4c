"""`inbox-monitor login`: a person signs in once, and the service can read what is kept of it, and nobody else."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from monitor.cli import app
from tests.servers.certificate import Certificate
from tests.tokens.conftest import Made
from tests.tokens.provider import CLIENT, SECRET, TENANT, Entra, Google, refusal

MAILBOXES = """
[[mailbox]]
address = "info@ours.example"
team = "Desk"
[[mailbox]]
address = "events@ours.example"
team = "Desk"
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
"""
SERVICE = 12345
Login = Callable[..., Result]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    return folder


@pytest.fixture
def login(tmp_path: Path, state: Path) -> Login:
    def run(head: str, *words: str, typed: str = "") -> Result:
        path = tmp_path / "config.toml"
        path.write_text(head + MAILBOXES)
        path.chmod(0o600)
        return CliRunner().invoke(app, ["--config", str(path), "login", *words], input=typed)

    return run


@pytest.fixture
def microsoft(entra: Entra, tls: Certificate) -> str:
    """Anna signs in, and opens both mailboxes."""
    part = (
        f'[microsoft]\ntenant = "{TENANT}"\nclient = "{CLIENT}"\nauthority = "{entra.url}"\nca_file = "{tls.public}"\n'
    )
    return f'{part}[imap]\nhost = "imap.ours.example"\ntoken = "microsoft"\nlogin = "anna@ours.example"\n'


def test_a_code_is_shown_and_what_is_kept_is_for_the_service_alone(login: Login, microsoft: str, state: Path) -> None:
    said = login(microsoft)
    assert said.exit_code == 0, said.output
    assert "type this code: ABCD-EFGH" in said.stderr
    assert said.stdout == ("Signed in to Microsoft as anna@ours.example, for info@ours.example, events@ours.example.\n")
    (file,) = (state / "tokens").iterdir()
    assert file.name == "microsoft-anna@ours.example.json"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_keeps_belongs_to_whom_the_state_belongs(
    login: Login, microsoft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory() as name:  # where the service can get to: pytest's own folders are root's alone
        state = Path(name)
        os.chown(state, SERVICE, SERVICE)
        monkeypatch.setenv("STATE_DIRECTORY", name)
        said = login(microsoft)
        assert said.exit_code == 0, said.output
        (file,) = (state / "tokens").iterdir()
        assert (file.stat().st_uid, file.stat().st_gid, file.parent.stat().st_uid) == (SERVICE, SERVICE, SERVICE)
    assert os.geteuid() == 0, "root again"


def test_a_mailbox_names_who_signs_in_for_it(login: Login, microsoft: str) -> None:
    assert login(microsoft, "Events@ours.example").exit_code == 0


def test_another_person_than_the_config_names_is_told(login: Login, microsoft: str, entra: Entra) -> None:
    entra.person.name = "Ben@ours.example"
    said = login(microsoft)
    assert said.exit_code == 0
    assert "The config says anna@ours.example: ben@ours.example must have access" in said.stderr


def test_a_refusal_keeps_nothing_and_has_the_code_of_a_refused_login(
    login: Login, microsoft: str, entra: Entra, state: Path
) -> None:
    entra.refuse = refusal(7000218)
    said = login(microsoft)
    assert (said.exit_code, said.stdout) == (77, "")
    assert "set Allow public client flows to Yes" in said.stderr
    assert list(state.iterdir()) == []


def test_where_nobody_has_to_sign_in_it_says_so(login: Login, microsoft: str, made: Made) -> None:
    said = login(microsoft.replace("[imap]", f'certificate = "{made.pair}"\n[imap]'))
    assert said.exit_code == 2
    assert "Nobody has to sign in" in said.stderr


def test_of_several_one_must_be_named(login: Login, desktop: str, tmp_path: Path) -> None:
    head = google_config(tmp_path, desktop)
    assert "Say who signs in: info@ours.example, events@ours.example" in login(head).stderr
    said = login(head, "nobody@ours.example")
    assert said.exit_code == 2
    assert "nobody@ours.example has not to sign in" in said.stderr


def google_config(folder: Path, desktop: str) -> str:
    client = folder / "client.json"
    client.write_text(desktop)
    client.chmod(0o600)
    return f'[google]\nclient = {{ file = "{client}" }}\n[imap]\nhost = "imap.gmail.com"\ntoken = "google"\n'


def test_an_address_is_pasted_back(
    login: Login, desktop: str, google: Google, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Browser:
        """Reads the address that was printed, and types what a browser would show at the end."""

        def readline(self) -> str:
            url = next(line for line in printed if line.startswith("https://accounts.example/"))
            return f"http://127.0.0.1:51736/?state={parse_qs(urlsplit(url).query)['state'][0]}&code=4/abc\n"

    printed: list[str] = []
    monkeypatch.setattr("monitor.commands.logging_in.talk", lambda text: printed.extend(text.splitlines()))
    monkeypatch.setattr("monitor.commands.logging_in.sys", type("Sys", (), {"stdin": Browser()}))
    said = login(google_config(tmp_path, desktop), "info@ours.example")
    assert said.exit_code == 0, said.output
    assert said.stdout == "Signed in to Google as anna@ours.example, for info@ours.example.\n"
    (file,) = (state / "tokens").iterdir()
    assert "google-refresh" in file.read_text()
    assert "google-refresh" not in said.output + "".join(printed)


def test_nothing_pasted_keeps_nothing(login: Login, desktop: str, tmp_path: Path, state: Path) -> None:
    said = login(google_config(tmp_path, desktop), "info@ours.example")
    assert said.exit_code == 130
    assert said.stderr.endswith("Interrupted; nothing was kept.\n")
    assert list(state.iterdir()) == []


def test_a_sign_in_can_be_forgotten(login: Login, microsoft: str, state: Path) -> None:
    login(microsoft)
    said = login(microsoft, "--forget")
    assert (said.exit_code, said.stdout) == (0, "What was kept of the sign-in of anna@ours.example is removed.\n")
    assert list((state / "tokens").iterdir()) == []
    said = login(microsoft, "--forget")
    assert (said.exit_code, said.stderr) == (0, "Nothing is kept of anna@ours.example.\n")


def test_no_secret_is_printed(login: Login, microsoft: str, entra: Entra) -> None:
    said = login(microsoft)
    assert SECRET not in said.output
    assert entra.person.refresh not in said.output
