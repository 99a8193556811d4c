"""FLOOR 1. config.toml → values (settings.py), by way of the model (model.py); mistakes are shown where they stand (places.py)."""

from monitor.config.load import ConfigError, load
from monitor.config.settings import MailboxSettings, ReportSettings, Settings, SmtpSettings

__all__ = ["ConfigError", "MailboxSettings", "ReportSettings", "Settings", "SmtpSettings", "load"]
