"""ROOF. What a shell may complete from the config: mailboxes, teams. Where there is no config there is nothing."""

import os
from pathlib import Path

import typer

from monitor.commands.shared import DEFAULT_CONFIG
from monitor.config import ConfigError, Settings, load


def config_path(config: Path | None) -> Path:
    """The config file: that of `--config`, else of the environment, else the usual one."""
    return config or Path(os.environ.get("INBOX_MONITOR_CONFIG") or DEFAULT_CONFIG)


def mailboxes(context: typer.Context, incomplete: str) -> list[str]:
    """Addresses of mailboxes that begin so."""
    settings = _settings(context)
    return [a for a in settings.desks if a.startswith(incomplete.lower())] if settings else []


def teams(context: typer.Context, incomplete: str) -> list[str]:
    """Names of teams that begin so."""
    settings = _settings(context)
    return [t for t in settings.teams if t.startswith(incomplete)] if settings else []


def _settings(context: typer.Context) -> Settings | None:
    """A shell that asks must not see errors: whoever runs the command does."""
    try:
        return load(config_path(context.find_root().params.get("config")), opens_store=False)
    except ConfigError:
        return None
