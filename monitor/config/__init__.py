"""FLOOR 1. config.toml → values (settings.py) by way of the model; places.py shows a mistake where it stands."""

from monitor.config.load import ConfigError, load
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
