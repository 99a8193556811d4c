"""The unit that `service unit` prints: right for what the config asks for, and without complaint by systemd."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config.needs import Needs, needs
from monitor.screen.unit import SYSUSERS, Installed, quoted, unit
from tests.servers.available import need_systemd

HERE = Installed((sys.executable, "-m", "monitor"), (), 252)
CONFIG = Path("/etc/inbox-monitor/config.toml")

WHOLE = """
[imap]
host = "imap.harbourcity.example"
password = { credential = "imap" }
[[mailbox]]
address = "info@harbourcity.example"
team = "Front desk"
[[mailbox]]
address = "events@harbourcity.example"
team = "Front desk"
password = { credential = "events" }
[[mailbox]]
address = "loans@harbourcity.example"
team = "Front desk"
password = { env = "LOANS" }
[[team]]
name = "Front desk"
owners = ["lead@harbourcity.example"]
[smtp]
host = "smtp.harbourcity.example"
from = "monitor@harbourcity.example"
password = { credential = "imap" }
[board]
html = "/srv/www/waiting.html"
[health]
metrics = "/var/lib/node-exporter/monitor.prom"
ping = { credential = "ping" }
[store]
url = "postgresql:///monitor?host=/run/postgresql"
"""

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text)
        return path

    return write


def lines(asked: Needs | None, installed: Installed = HERE, config: Path = CONFIG) -> list[str]:
    return unit(installed, config, asked).splitlines()


def values(key: str, asked: Needs | None, installed: Installed = HERE, config: Path = CONFIG) -> list[str]:
    return [line.partition("=")[2] for line in lines(asked, installed, config) if line.startswith(f"{key}=")]


EVERY_KIND = [
    pytest.param(None, id="no config"),
    pytest.param(Needs(), id="files"),
    pytest.param(Needs(credentials=("imap", "smtp-2")), id="credentials"),
    pytest.param(Needs(runs_commands=True, variables=("TOKEN",)), id="commands"),
    pytest.param(Needs(writes=(Path("/srv/www/50% done"), Path("/home/ann/public"))), id="folders"),
    pytest.param(
        Needs(local_postgresql=True, socket=Path("/run/postgresql"), reads=(Path("/home/x/ca.pem"),)), id="postgresql"
    ),
]


@pytest.mark.parametrize("asked", EVERY_KIND)
def test_systemd_has_nothing_to_say_and_finds_it_closed(asked: Needs | None, tmp_path: Path) -> None:
    analyze = need_systemd()
    file = tmp_path / "inbox-monitor.service"
    file.write_text(unit(HERE, CONFIG, asked))
    verified = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    score = [analyze, "security", "--offline=true", "--threshold=13", "--no-pager", str(file)]
    judged = subprocess.run(score, capture_output=True, text=True, check=False)
    print(judged.stdout.strip().splitlines()[-1])
    assert judged.returncode == 0, judged.stdout


def test_verify_is_read_by_its_words_as_it_ends_well_with_a_key_it_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "odd.service"
    file.write_text(unit(HERE, CONFIG, Needs()).replace("WatchdogSec", "WatchdgSec"))
    verified = subprocess.run([need_systemd(), "verify", str(file)], capture_output=True, text=True, check=False)
    assert verified.returncode == 0
    assert "WatchdgSec" in verified.stderr


def test_each_secret_and_folder_of_a_config_is_found_once(written: Written) -> None:
    found = needs(written(WHOLE))
    assert found == Needs(
        credentials=("imap", "events", "ping"),
        variables=("LOANS",),
        writes=(Path("/srv/www"), Path("/var/lib/node-exporter")),
        local_postgresql=True,
        socket=Path("/run/postgresql"),
    )
    assert values("LoadCredential", found) == [
        f"{name}:/etc/inbox-monitor/credentials/{name}" for name in ("imap", "events", "ping")
    ]
    assert values("EnvironmentFile", found) == ["/etc/inbox-monitor/environment"]
    assert values("ReadWritePaths", found) == ["-/srv/www", "-/var/lib/node-exporter"]
    assert "postgresql.service" in values("After", found)[0]


@pytest.mark.parametrize(
    ("url", "folders", "is_local"),
    [
        ("sqlite:////srv/monitor/monitor.db", ["-/srv/monitor"], False),
        ("sqlite:////var/lib/inbox-monitor/other.db", [], False),
        ("postgresql://monitor@db.harbourcity.example/monitor", [], False),
        ("postgresql://monitor@localhost/monitor", [], True),
        ("postgresql+psycopg:///monitor", [], True),
    ],
)
def test_the_store_decides_where_to_write_and_after_whom_to_start(
    url: str, folders: list[str], is_local: bool, written: Written
) -> None:
    head = WHOLE.partition("[board]")[0]
    found = needs(written(f'{head}\n[store]\nurl = "{url}"\n'))
    assert values("ReadWritePaths", found) == folders
    assert found.local_postgresql == is_local


def test_a_secret_command_may_do_what_our_own_program_never_needs() -> None:
    strict, lax = "\n".join(lines(Needs())), "\n".join(lines(Needs(runs_commands=True)))
    for key in ("MemoryDenyWriteExecute=yes", "ProcSubset=pid", "SystemCallFilter=~@privileged @resources"):
        assert f"\n{key}\n" in strict
        assert f"\n{key}\n" not in lax


def test_what_lies_in_a_home_is_seen_though_homes_are_hidden() -> None:
    at_home = replace(HERE, program=("/home/ann/m/bin/inbox-monitor",), folders=(Path("/home/ann/m"), Path("/usr")))
    asked = Needs(writes=(Path("/home/ann/public"),))
    assert values("ProtectHome", asked, at_home) == ["tmpfs"]
    assert values("BindReadOnlyPaths", asked, at_home) == ["/home/ann/m"]
    assert values("BindPaths", asked, at_home) == ["-/home/ann/public"]
    assert values("ProtectHome", Needs()) == ["yes"]


def test_another_config_is_named_and_odd_paths_are_quoted() -> None:
    path = Path("/srv/50% of $it/a b.toml")
    assert values("ExecStart", None, HERE, path) == [
        f'{quoted(sys.executable)} -m monitor --config "/srv/50%% of $$it/a b.toml" run'
    ]
    assert "--config" not in values("ExecStart", None)[0]


@pytest.mark.parametrize("word", ["a\nExecStart=/bin/evil", "tab\there", "\x1b[31m"])
def test_no_path_begins_a_line_of_its_own(word: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a unit"):
        quoted(word)


@pytest.mark.parametrize("name", ["", "..", "a/b", "a:b", "é", "a\nb"])
def test_a_credential_with_a_name_that_systemd_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="may have only letters"):
        unit(HERE, CONFIG, Needs(credentials=(name,)))


@pytest.mark.parametrize(("version", "steps"), [(0, False), (252, False), (254, True), (257, True)])
def test_an_old_systemd_is_not_told_of_steps(version: int, steps: bool) -> None:
    assert bool(values("RestartSteps", Needs(), replace(HERE, systemd=version))) == steps


def test_the_command_names_this_program_and_this_config(written: Written) -> None:
    config = written(WHOLE)
    done = CliRunner().invoke(app, ["--config", str(config), "service", "unit"])
    assert done.exit_code == 0
    start = next(line for line in done.stdout.splitlines() if line.startswith("ExecStart="))
    program, *rest = shlex.split(start.removeprefix("ExecStart="))
    assert Path(program).is_absolute()
    assert Path(program).exists()
    assert rest[-3:] == ["--config", str(config), "run"]


def test_without_a_config_it_says_what_will_be_missing(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--config", str(tmp_path / "none.toml"), "service", "unit"])
    assert done.exit_code == 0
    assert "make the unit again" in done.stderr
    assert "# LoadCredential=NAME:/etc/inbox-monitor/credentials/NAME" in done.stdout


def test_a_config_with_mistakes_makes_no_unit(written: Written) -> None:
    done = CliRunner().invoke(app, ["--config", str(written("[imap]\nhots = 1\n")), "service", "unit"])
    assert (done.exit_code, done.stdout) == (78, "")
    assert "did you mean" in done.stderr


def test_the_user_has_the_state_folder_as_its_home() -> None:
    done = CliRunner().invoke(app, ["service", "sysusers"])
    assert done.stdout == SYSUSERS
    assert done.stdout.splitlines()[-1] == 'u inbox-monitor - "Inbox Monitor" /var/lib/inbox-monitor'
