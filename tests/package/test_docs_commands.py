"""Every command of README and docs/ is one that there is: each is parsed by the real command line, and each that can
run does so in the demo's library. What cannot run here stands in a table, with the reason and where it was run."""

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from typer import Context
from typer._click.exceptions import BadOptionUsage, MissingParameter
from typer.main import get_command
from typer.testing import CliRunner

from monitor.cli import app
from monitor.demo.imap_server import ImapServer
from monitor.demo.mail_sink import MailSink
from monitor.demo.stage_config import MONITOR, PASSWORD, write_config
from monitor.demo.story import MAILBOXES, MONDAY, mails_until
from monitor.screen.arguments import options_first
from tests.package.commands_said import ROOT, Said, expanded, pages, said

ALL = [each for page in pages() for each in said(page)]
OURS = list(dict.fromkeys((each.page, each.ours, each.in_text) for each in ALL if each.ours is not None))

NOT_RUN = {
    "run": "never ends by itself: tests/story/test_daemon_day.py",
    "check --fix": "the demo's server makes no folders: tests/story/test_check_dovecot.py",
    "demo": "plays for a while: tests/story/test_demo_stage.py",
    "login *": "asks Microsoft or Google: tests/tokens/test_login_command.py",
    "login": "the same",
    "run -v": "the same",
    "check --send-test *": "a real letter: tests/jobs/test_check_letters.py",
    "migrate *": "needs a second database: tests of store/moving.py",
    "service *": "looks for the program and systemd around it: tests/package/test_unit.py, tests/service",
}
"""Commands of ours that are only parsed."""

OTHERS = {
    "make *": "the targets are looked up in the Makefile; CI and the tests of packaging run them",
    "python3 -m venv *": "makes environments: tests/package/test_wheel.py",
    "*pip install *": "installs: tests/package/test_wheel.py",
    "*python -m pytest*": "what runs here just now",
    "apt-get *": "wants root and a mirror: tests of packaging, in a debootstrapped Debian",
    "apt *": "wants root and a mirror",
    "dpkg *": "wants root: tests of packaging",
    "ln -s *": "wants root",
    "openssl req -x509 *": "tests/tokens/test_certificate.py runs this very line",
    "cat /etc/inbox-monitor/*": "the same",
    "umask *": "is the shell's",
    "rm *": "wants root",
    "createuser *": "PostgreSQL's own: run by hand on a real server, as the four below",
    "createdb *": "the same",
    "dropdb *": "the same",
    "pg_dump *": "the same",
    "pg_restore *": "the same",
    "docker *": "wants an engine; the steps of the last stage are run by tests/service/test_container.py",
    "chgrp *": "wants root",
    "mkdir *": "wants root",
    "install *": "wants root",
    "chown *": "wants root",
    "chmod *": "wants root",
    "editor *": "is for people",
    "exit": "is the shell's",
    "runuser *": "wants root and the user of the package",
    "systemctl *": "wants systemd: tests/service",
    "systemd-*": "wants systemd: tests/service",
    "journalctl *": "wants systemd: tests/service",
}
"""Programs of others, that are not run here."""

MAY_FAIL = {"status": (0, 1), "threads --fail-if-late*": (0, 1)}
"""Exit codes that tell something of the demo's library, and are no failure of the command."""
PLACEHOLDERS = {
    "ADDRESS": "ann@reader.example",
    "TEAM": "Front desk",
    "FILE": "out",
    "F": "out",
    "DIR": "out",
    "/tmp/letters": "letters",
    "digital": "Front desk",
}


@cache
def root() -> Context:
    """The command line, ready to parse."""
    command = get_command(app)
    return Context(command, info_name="inbox-monitor")  # type: ignore[arg-type]


@pytest.mark.parametrize("each", ALL, ids=lambda each: f"{each.page}: {each.text}")
def test_every_command_of_another_program_is_a_known_one(each: Said) -> None:
    if each.ours is None:
        assert any(fnmatch(each.text, known) for known in OTHERS), f"{each.page} says {each.text}: where is it run?"
        if each.words[0] == "make":
            targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            assert {word for word in each.words[1:] if "=" not in word} <= set(targets)


class Library:
    """The demo's library, at the first look of all."""

    def __init__(self, folder: Path, imap: ImapServer, sink: MailSink) -> None:
        self.folder = folder
        self.config = write_config(folder, (imap.host, imap.port), (sink.host, sink.port))
        self.config.write_text(f'{self.config.read_text()}\n[board]\nhtml = "{folder / "board.html"}"\n')
        for mail in mails_until(MONDAY):
            imap.deliver(mail.user, mail.folder, mail.raw, mail.arrived)
        assert self.run(("run", "--once")) == (0, "")
        told = CliRunner().invoke(app, [*self._at(MONDAY), "threads", "--json"])
        self.number = str(json.loads(told.stdout)[0]["number"])
        self.message = json.loads(told.stdout)[0]["messages"][0]["message_id"]

    def run(self, words: tuple[str, ...]) -> tuple[int, str]:
        """Its exit code, and what it said where that is not 0."""
        done = CliRunner().invoke(app, options_first([*self._at(MONDAY), *words]), catch_exceptions=False)
        return done.exit_code, done.stderr if done.exit_code else ""

    def with_real_names(self, words: list[str]) -> tuple[str, ...]:
        """Numbers of examples, and what stands for something, as there are here."""
        known = PLACEHOLDERS | {
            "N": self.number,
            "NUMBER": self.number,
            "MESSAGE-ID": self.message,
            "<message-id>": self.message,
        }
        return tuple(self.number if re.fullmatch(r"\d\d+", word) else known.get(word, word) for word in words)

    def _at(self, now: datetime) -> list[str]:
        return ["--config", str(self.config), "--now", now.isoformat()]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with ImapServer(dict.fromkeys((*MAILBOXES, MONITOR), PASSWORD)) as imap, MailSink() as sink:
        yield Library(tmp_path_factory.mktemp("library"), imap, sink)


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written where nobody minds; no browser opens."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BROWSER", "true")
    monkeypatch.delenv("DISPLAY", raising=False)
    os.environ.pop("WAYLAND_DISPLAY", None)


@pytest.mark.parametrize(
    ("page", "words", "in_text"), OURS, ids=lambda part: " ".join(part) if isinstance(part, tuple) else str(part)
)
def test_every_command_of_ours_is_one_and_runs(
    library: Library, page: str, words: tuple[str, ...], in_text: bool
) -> None:
    shortest, options = expanded(words) if in_text else (list(words), [])
    real = library.with_real_names(shortest)
    known = _options_of(real)
    assert set(options) <= known, f"{page}: inbox-monitor {' '.join(words)}"
    if in_text and _is_mention(real):
        return
    if not any(fnmatch(" ".join(real), pattern) for pattern in NOT_RUN):
        code, said_ = library.run(real)
        fine = next((codes for pattern, codes in MAY_FAIL.items() if fnmatch(" ".join(real), pattern)), (0,))
        assert code in fine, f"{page}: inbox-monitor {' '.join(words)}\n{said_}"


def _options_of(words: tuple[str, ...]) -> set[str]:
    """All options of a command, and those that go with every one."""
    contexts = [root()]
    for word in words:
        group = contexts[-1].command
        if hasattr(group, "get_command") and not word.startswith("-"):
            command = group.get_command(contexts[-1], word)
            assert command is not None, f"there is no command {word}"
            contexts.append(command.context_class(command, info_name=word, parent=contexts[-1]))
    params = [param for context in contexts for param in context.command.get_params(context)]
    return {option for param in params for option in (*param.opts, *param.secondary_opts)}


def _is_mention(words: tuple[str, ...]) -> bool:
    """Whether something is missing for it to be a whole command: the text only speaks of it."""
    name, *rest = [word for word in words if word not in ("-v", "-q")]  # these go with every command
    command = root().command.get_command(root(), name)  # type: ignore[attr-defined]
    try:
        command.make_context(name, rest, parent=root())
    except (MissingParameter, BadOptionUsage):
        return True
    return False


def test_the_tables_hold_nothing_that_no_page_says() -> None:
    texts = [each.text for each in ALL if each.ours is None]
    assert [p for p in ("make *", "systemctl *", "editor *") if not any(fnmatch(t, p) for t in texts)] == []
