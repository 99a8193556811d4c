"""Secrets by file, credential, environment and command: what is read, and what is said where that fails."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import ConfigError, SecretError, Settings, load
from monitor.config.secrets import Secret

PLANTED = "hunter2-plag"
Looked = Callable[..., Settings]


@pytest.fixture
def looked(tmp_path: Path, right: str) -> Looked:
    """`looked(table)`: the config with this password, read by what is going to log in."""

    def of(table: str, more: str = "", logs_in: bool = True) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(right.replace('{ env = "INBOX_MONITOR_TEST_PW" }', table) + more)
        return load(path, logs_in=logs_in)

    return of


def kept(folder: Path, content: str | bytes, mode: int = 0o600, name: str = "pw") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def printing(program: str) -> Secret:
    return Secret(command=(sys.executable, "-c", program))


def why_not(secret: Secret) -> str:
    with pytest.raises(SecretError) as caught:
        secret.value()
    assert PLANTED not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("content", ["correct horse", "correct horse\n", "correct horse\r\n", "\ufeffcorrect horse\n"])
def test_line_ends_and_marks_of_editors_belong_to_no_secret(tmp_path: Path, content: str) -> None:
    assert Secret(file=str(kept(tmp_path, content))).value() == "correct horse"
    assert printing(f"import sys; sys.stdout.buffer.write({content.encode()!r})").value() == "correct horse"


def test_the_blanks_around_a_secret_belong_to_it(tmp_path: Path) -> None:
    assert Secret(file=str(kept(tmp_path, " a b \n"))).value() == " a b "


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\r\n\n", "is empty"),
        (f"{PLANTED}\nmore", "holds several lines; a password is one line, and nothing may follow it"),
        (f"{PLANTED}\rmore", "holds several lines"),
        (f"{PLANTED}\0", "holds a NUL character"),
        (b"\xff" + PLANTED.encode(), "cannot be read: it is not UTF-8 text"),
    ],
)
def test_what_can_be_no_password_is_refused_and_not_shown(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in why_not(Secret(file=str(kept(tmp_path, content))))


def test_what_is_no_password_is_refused_from_the_environment_and_a_command_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOX_MONITOR_TEST_PW", f"{PLANTED}\nmore")
    assert why_not(Secret(env="INBOX_MONITOR_TEST_PW")).startswith(
        "the environment variable INBOX_MONITOR_TEST_PW holds"
    )
    assert "printed nothing" in why_not(printing("pass"))
    assert "holds several lines" in why_not(printing(f"print('{PLANTED}'); print(1)"))


def test_json_of_a_provider_may_have_lines(tmp_path: Path) -> None:
    assert Secret(file=str(kept(tmp_path, '{\n "a": 1\n}\n'))).text() == '{\n "a": 1\n}'


def test_a_credential_is_looked_for_where_systemd_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert why_not(Secret(credential="pw")) == 'the credential "pw" cannot be read: No such file or directory'
    kept(tmp_path, "geheim")
    assert Secret(credential="pw").value() == "geheim"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/nonexistent/program", PLANTED), "cannot be started (No such file or directory)"),
        (("/etc/passwd",), "cannot be started (Permission denied)"),
        (
            ("sh", "-c", f"echo {PLANTED} >&2; exit 3"),
            "it ended with 3; what it said is not shown, as the secret may be",
        ),
        (("sh", "-c", f"exit 4 # {PLANTED}"), "it ended with 4: run it by hand as the user of the monitor"),
        (("sh", "-c", f"no-such-{PLANTED}"), "it ended with 127 (a program in it was not found)"),
        (("sh", "-c", "kill -9 $$"), "signal 9 ended it"),
        (("printf", r"\377"), "what it printed is not UTF-8 text"),
    ],
)
def test_a_command_that_fails_says_why_and_nothing_it_printed(command: tuple[str, ...], said: str) -> None:
    told = why_not(Secret(command=command))
    assert told.startswith(f"the secret command {command[0]} failed: ")
    assert said in told


def test_a_command_that_waits_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.config.secrets.COMMAND_SECONDS", 0.2)
    assert "it must not wait for anybody to type" in why_not(Secret(command=("sleep", "60")))


# -- looked at when the config is read


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o660])
def test_a_file_of_the_service_or_its_group_is_fine(tmp_path: Path, looked: Looked, mode: int) -> None:
    kept(tmp_path, "geheim", mode)
    assert looked('{ file = "pw" }').mailboxes[0].password() == "geheim"


@pytest.mark.parametrize(
    ("table", "content", "mode", "said"),
    [
        ('{ file = "pw" }', "geheim", 0o644, "pw is open to everybody on this machine; type: chmod o= "),
        ('{ file = "pw" }', "geheim", 0o602, "pw is open to everybody on this machine"),
        ('{ file = "pw" }', "", 0o600, "pw is empty"),
        ('{ file = "pw" }', f"{PLANTED}\n{PLANTED}", 0o600, "pw holds several lines"),
        ('{ file = "none" }', "", 0o600, "none cannot be read: No such file or directory"),
        ('{ file = "." }', "", 0o600, "cannot be read: Is a directory"),
        ('{ env = "INBOX_MONITOR_NO_SUCH" }', "", 0o600, "the environment variable INBOX_MONITOR_NO_SUCH is not set"),
        ('{ credential = "imap" }', "", 0o600, 'the credential "imap" is there only under systemd (LoadCredential=)'),
        ('{ command = ["no-such-program"] }', "", 0o600, "there is no such program; name its whole path"),
    ],
)
def test_what_is_wrong_with_a_secret_is_shown_where_it_stands(
    tmp_path: Path, looked: Looked, monkeypatch: pytest.MonkeyPatch, table: str, content: str, mode: int, said: str
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    tmp_path.chmod(0o755)
    kept(tmp_path, content, mode)
    with pytest.raises(ConfigError) as caught:
        looked(table)
    told = str(caught.value)
    assert told.startswith("config.toml:3:14: ")
    assert said in told.replace("'", "")
    assert "1 problem;" in told
    assert PLANTED not in told
    assert looked(table, logs_in=False).mailboxes, "what only asks the store looks at no secret"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_the_monitor_may_not_read_is_told(tmp_path: Path, looked: Looked) -> None:
    kept(tmp_path, "geheim", 0)
    with pytest.raises(ConfigError, match="Permission denied; the user that the monitor runs as must be let read it"):
        looked('{ file = "pw" }')


def test_every_kind_of_secret_is_looked_at(tmp_path: Path, looked: Looked) -> None:
    kept(tmp_path, "geheim")
    kept(tmp_path, "-----BEGIN PRIVATE KEY-----", 0o644, "app.pem")
    more = (
        '[smtp]\ntoken = { file = "no-1" }\n[commands]\npassword = { file = "no-2" }\n'
        '[microsoft]\ntenant = "t"\nclient = "c"\ncertificate = "app.pem"\n'
        '[google]\nservice_account = { file = "no-3" }\n[health]\nping = { file = "no-4" }\n'
    )
    with pytest.raises(ConfigError) as caught:
        looked('{ file = "pw" }', more)
    told = str(caught.value)
    assert all(f"no-{n} cannot be read" in told for n in (1, 2, 3, 4))
    assert "app.pem is open to everybody" in told
    assert told.endswith("5 problems; nothing was started.")


def test_the_address_of_the_store_may_be_a_secret(tmp_path: Path, looked: Looked) -> None:
    address = f"postgresql://monitor:{PLANTED}@db.ours.example/monitor"
    kept(tmp_path, f"{address}\n", name="store")
    kept(tmp_path, "geheim")
    found = looked('{ file = "pw" }', '[store]\nurl = { file = "store" }\n', logs_in=False)
    assert (found.store_url, PLANTED in repr(found)) == (address, False)
    assert found.secret_files == (tmp_path / "pw", tmp_path / "store")
    for logs_in in (True, False):
        with pytest.raises(ConfigError, match=r"13:9: the secret file .*/no-store cannot be read") as told:
            looked('{ file = "pw" }', '[store]\nurl = { file = "no-store" }\n', logs_in=logs_in)
        assert str(told.value).endswith("1 problem; nothing was started.")


def test_a_command_is_a_list_as_no_shell_takes_it_apart(looked: Looked) -> None:
    with pytest.raises(ConfigError, match="must be a list of the program and its arguments"):
        looked('{ command = "pass show imap" }')
    with pytest.raises(ConfigError, match="`command` must not be empty"):
        looked("{ command = [] }")
