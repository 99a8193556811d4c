"""FLOOR 1. Secrets: always a table that says where the secret is, never the secret itself."""

import os
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

COMMAND_SECONDS = 30


class SecretError(Exception):
    """A secret cannot be had; the text says which one and why, never what it is."""


class Secret(BaseModel):
    """Where a secret is kept: exactly one of the four."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    credential: str | None = Field(default=None, description="the name of a systemd credential (LoadCredential=)")
    file: str | None = Field(default=None, description="a file that holds it, readable by the service alone")
    env: str | None = Field(default=None, description="the name of an environment variable")
    command: tuple[str, ...] | None = Field(default=None, description="a program that prints it, and its arguments")

    @model_validator(mode="before")
    @classmethod
    def _is_a_table(cls, value: object) -> object:
        if not isinstance(value, dict | Secret):
            raise ValueError(
                "must say where the secret is, not what it is: "
                '{ file = "…" }, { credential = "…" }, { env = "…" } or { command = […] }'
            )
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "Secret":
        if sum(v is not None for v in (self.credential, self.file, self.env, self.command)) != 1:
            raise ValueError("must have exactly one of credential, file, env, command")
        return self

    def value(self) -> str:
        """The secret, read anew each time. Raises SecretError."""
        if self.env is not None:
            if self.env not in os.environ:
                raise SecretError(f"the environment variable {self.env} is not set")
            return os.environ[self.env]
        if self.command is not None:
            return _run(self.command)
        return _read(self._path())

    def _path(self) -> Path:
        if self.file is not None:
            return Path(self.file)
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise SecretError(
                f'the credential "{self.credential}" is there only under systemd (LoadCredential=); '
                "elsewhere set CREDENTIALS_DIRECTORY to the folder that holds it"
            )
        return Path(folder) / str(self.credential)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretError(f"the secret file {path} cannot be read: {reason}") from None


def _run(command: tuple[str, ...]) -> str:
    try:
        # The operator's own command, from the operator's own config, without a shell.
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise SecretError(f"the secret command {command[0]} failed ({type(error).__name__})") from None
    return done.stdout.rstrip("\r\n")
