"""FLOOR 1. config.toml → values (settings.py) by way of the model; places.py shows a mistake where it stands."""

from collections.abc import Sequence
from pathlib import Path

from monitor.config.errors import ConfigError
from monitor.config.secrets import SecretError
from monitor.config.settings import GoneQuietSettings, MailboxSettings, ReportSettings, Settings, SmtpSettings

__all__ = [
    "ConfigError",
    "GoneQuietSettings",
    "MailboxSettings",
    "ReportSettings",
    "SecretError",
    "Settings",
    "SmtpSettings",
    "load",
]


def load(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    logs_in: bool = False,
    guarded: bool = True,
    opens_store: bool = True,
) -> Settings:
    """The settings of a config file, as `loading.load` gives them; raises what it raises.

    What reads a config is imported here: a service that was handed its settings (handing_on.py) has no use for pydantic
    until it is told to read them again.
    """
    from monitor.config import loading

    return loading.load(path, overrides, logs_in=logs_in, guarded=guarded, opens_store=opens_store)
