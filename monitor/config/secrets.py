"""FLOOR 1. Secrets: always a table that says where the secret is (secret_part.py), never the secret itself."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

COMMAND_SECONDS = 30
_ENDINGS = {126: "it may not be executed", 127: "a program in it was not found"}
"""What shells mean by their exit status (POSIX, Shell Command Language, 2.8.2)."""


class SecretError(Exception):
    """A secret cannot be had; the text says which one and why, never what it is."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is kept: one of the four. It is read anew each time, so that a changed one is taken up."""

    credential: str | None = None
    file: str | None = None
    env: str | None = None
    command: tuple[str, ...] | None = None

    def value(self) -> str:
        """A secret of one line, read anew each time, without the line end behind it. Raises SecretError."""
        text = self.text()
        if "\n" in text or "\r" in text:
            raise SecretError(f"{self.name} holds several lines; a password is one line, and nothing may follow it")
        return text

    def text(self) -> str:
        """The same where it may have several lines, as JSON has. Raises SecretError."""
        text = self._raw().rstrip("\r\n")
        if not text:
            raise SecretError(f"{self.name} {'printed nothing' if self.command else 'is empty'}")
        if "\0" in text:
            raise SecretError(f"{self.name} holds a NUL character; no password has one: is it a text file in UTF-8?")
        return text

    @property
    def name(self) -> str:
        """What it is called in a message: `the secret file /etc/inbox-monitor/imap-password`."""
        if self.env is not None:
            return f"the environment variable {self.env}"
        if self.command is not None:
            return f"the secret command {self.command[0]}"
        return f"the secret file {self.file}" if self.file is not None else f'the credential "{self.credential}"'

    def _raw(self) -> str:
        if self.env is not None:
            if self.env not in os.environ:
                raise SecretError(f"{self.name} is not set")
            return os.environ[self.env]
        return _run(self.command, self.name) if self.command is not None else _read(self._path(), self.name)

    def _path(self) -> Path:
        if self.file is not None:
            return Path(self.file)
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise SecretError(
                f"{self.name} is there only under systemd (LoadCredential=); "
                "elsewhere set CREDENTIALS_DIRECTORY to the folder that holds it"
            )
        return Path(folder) / str(self.credential)


def _read(path: Path, name: str) -> str:
    try:
        # What Windows saves begins with a byte order mark, which belongs to no password.
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = "; the user that the monitor runs as must be let read it" if isinstance(error, PermissionError) else ""
        raise SecretError(f"{name} cannot be read: {reason}{hint}") from None


def _run(command: tuple[str, ...], name: str) -> str:
    """What a command prints. What it says on stderr may hold the secret, and is not told."""
    try:
        # The operator's own command, from the operator's own config, without a shell.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, timeout=COMMAND_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        return done.stdout.decode("utf-8-sig")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SecretError(f"{name} failed: {_why(error)}") from None


def _why(error: OSError | ValueError | subprocess.SubprocessError) -> str:
    """A hint that holds nothing of what the command printed, nor of its arguments."""
    if isinstance(error, OSError):
        return f"it cannot be started ({error.strerror})"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took over {COMMAND_SECONDS} seconds; it must not wait for anybody to type"
    if not isinstance(error, subprocess.CalledProcessError):
        return "what it printed is not UTF-8 text"
    if error.returncode < 0:
        return f"signal {-error.returncode} ended it"
    said = "; what it said is not shown, as the secret may be in it" if error.stderr else ""
    hint = _ENDINGS.get(error.returncode)
    because = f" ({hint})" if hint else ""
    return f"it ended with {error.returncode}{because}{said}: run it by hand as the user of the monitor"
