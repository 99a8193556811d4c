"""ROOF. What all commands share: config and store, opened; what is wrong, in one line with its exit code; a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from monitor.clock import clock_at
from monitor.config import ConfigError, Settings, load
from monitor.exits import BAD_CONFIG, USAGE, Failed
from monitor.screen.output import out, talk

if TYPE_CHECKING:
    from monitor.store.store import Store

DEFAULT_CONFIG = Path("/etc/inbox-monitor/config.toml")
STDOUT = Path("-")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True)
class Global:
    """What the options before the command say. `own_process`: this process is there for the command alone."""

    config: Path
    now: datetime | None
    verbose: bool
    quiet: bool
    own_process: bool

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time to work by."""
        return clock_at(self.now)


def settings_of(context: typer.Context, logs_in: bool = False, guarded: bool = True) -> Settings:
    """The config; ends the program where it cannot be used. `logs_in`: its secrets are needed, too.

    `guarded`: and no file with one may be open to everybody.
    """
    try:
        return load(context.obj.config, logs_in=logs_in, guarded=guarded)
    except ConfigError as error:
        fail(BAD_CONFIG, str(error))


@contextmanager
def opened(context: typer.Context, logs_in: bool = False) -> "Iterator[tuple[Store, Settings]]":
    """Config and store, opened; what goes wrong with either becomes one line and the right exit code."""
    from monitor.jobs.check_machine import warn_of_open_secrets  # not above: where `run` hands on it opens no store
    from monitor.opening import store_of

    settings = settings_of(context, logs_in, guarded=False)
    if logs_in:
        warn_of_open_secrets(settings)
    try:
        with store_of(settings) as store:
            yield store, settings
    except Failed as failed:
        fail(failed.code, str(failed))


def fail(code: int, text: str) -> NoReturn:
    """One line on stderr, and the end."""
    talk(text)
    raise typer.Exit(code)


def write(path: Path, content: str) -> None:
    """A file, or stdout for `-`; ends the program where it cannot be written."""
    if path == STDOUT:
        out(content)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        fail(USAGE, f"{path} cannot be written: {error.strerror}")
