"""FLOOR 1. The table of the config that says where a secret is."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor.config.secrets import Secret

LIKE = '{ file = "…" }, { credential = "…" }, { env = "…" } or { command = […] }'


def _is_a_list(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(
            'must be a list of the program and its arguments, like ["pass", "show", "imap"]; no shell runs'
        )
    return value


class SecretPart(BaseModel):
    """Where a secret is kept: exactly one of the four."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    credential: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="the name of a systemd credential (LoadCredential=)", examples=["imap"]
    )
    file: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="a file that holds it; not one that everybody on the machine may read",
        examples=["/etc/inbox-monitor/imap-password"],
    )
    env: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="the name of an environment variable", examples=["IMAP_PASSWORD"]
    )
    command: Annotated[tuple[str, ...], BeforeValidator(_is_a_list), Field(min_length=1)] | None = Field(
        default=None,
        description="a program that prints it, and its arguments; no shell runs",
        examples=[["pass", "show", "imap"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _is_a_table(cls, value: object) -> object:
        if not isinstance(value, dict | SecretPart):
            raise ValueError(f"must say where the secret is, not what it is: {LIKE}")
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "SecretPart":
        if sum(v is not None for v in (self.credential, self.file, self.env, self.command)) != 1:
            raise ValueError("must have exactly one of credential, file, env, command")
        return self

    @property
    def kind(self) -> str:
        """Which of the four: `file`."""
        return next(name for name in SecretPart.model_fields if getattr(self, name) is not None)

    def secret(self, file: str | None) -> Secret:
        """The secret to be read; `file`: where the one named here lies."""
        return Secret(self.credential, file, self.env, self.command)
