"""FLOOR 1. What a config asks of the system around the program: secrets, files to read, folders to write to."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel

from monitor.config.kinds import beside
from monitor.config.loading import load
from monitor.config.mistakes import understood
from monitor.config.model import ConfigModel
from monitor.config.secret_part import SecretPart

_FILES = ("ca_file", "certificate", "templates_dir")
"""The keys that name files to read, in whatever table they stand."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a config asks for. Each once, in the order of the config."""

    credentials: tuple[str, ...] = ()
    """Names of systemd credentials."""
    variables: tuple[str, ...] = ()
    """Names of environment variables that hold secrets."""
    runs_commands: bool = False
    """Whether secrets are printed by programs of the operator."""
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    """Folders, beside the state folder."""
    local_postgresql: bool = False
    """Whether the store is a PostgreSQL of this machine."""
    socket: Path | None = None
    """The folder of its unix socket, where the config names one."""


def needs(path: Path) -> Needs:
    """What the config in this file asks for. Raises ConfigError with all that is wrong with it."""
    load(path, opens_store=False)
    folder = path.absolute().parent
    model, _ = understood(tomllib.loads(path.read_text(encoding="utf-8")), folder)
    return needs_of(model, folder) if model else Needs()  # None is not reached: `load` has raised


def needs_of(model: ConfigModel, folder: Path) -> Needs:
    """What a config asks for that lies in this folder."""
    found = list(_values(model))
    secrets = [value for _, value in found if isinstance(value, SecretPart)]
    files = [s.file for s in secrets if s.file] + [str(value) for name, value in found if name in _FILES and value]
    host = _postgresql_host(_address(model))
    return Needs(
        credentials=_each_once(s.credential for s in secrets if s.credential),
        variables=_each_once(s.env for s in secrets if s.env),
        runs_commands=any(s.command for s in secrets),
        reads=tuple(dict.fromkeys(Path(path) for file in files if (path := beside(folder, file)))),
        writes=tuple(dict.fromkeys(_written(model, folder))),
        local_postgresql=host is not None and (host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")),
        socket=Path(host) if host and host.startswith("/") else None,
    )


def _values(part: BaseModel) -> Iterator[tuple[str, object]]:
    """Every key of a table and of the tables below it, so that a secret of a new key is found, too."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, BaseModel) and not isinstance(each, SecretPart):
                yield from _values(each)
            else:
                yield name, each


def _each_once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _written(model: ConfigModel, folder: Path) -> Iterator[Path]:
    for name in (model.board.html if model.board else None, model.health.metrics):
        if path := beside(folder, name):
            yield Path(path).parent
    database = _address(model).removeprefix("sqlite:///")
    if database != _address(model) and database.startswith("/"):
        yield Path(database.partition("?")[0]).parent


def _address(model: ConfigModel) -> str:
    """Of the store, where the config tells it: who writes a unit need not be able to read secrets."""
    return model.store.url if isinstance(model.store.url, str) else ""


def _postgresql_host(url: str) -> str | None:
    """The host of a PostgreSQL address, "" for libpq's own; None for another store (SQLAlchemy, "Database URLs")."""
    if not url.startswith("postgresql"):
        return None
    try:
        parts = urlsplit(url)
        return (parse_qs(parts.query).get("host") or [parts.hostname or ""])[0]
    except ValueError:
        return None
