"""ROOF. The command line. stdout is data, stderr is talk; exit codes are those of sysexits.h (design.md §6)."""

import os
import sys
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor import logs
from monitor.commands.acting import assign, done, reopen, snooze, undo
from monitor.commands.asking import explain, threads
from monitor.commands.forgetting import forget
from monitor.commands.looking import check, status
from monitor.commands.previewing import preview
from monitor.commands.reporting import report
from monitor.commands.shared import Global, fail
from monitor.commands.showing_board import board
from monitor.commands.simulating import simulate
from monitor.commands.working import run
from monitor.daemon import wall_clock
from monitor.exits import USAGE
from monitor.screen import arguments
from monitor.screen.output import finish, talk

DEFAULT_CONFIG = Path("/etc/inbox-monitor/config.toml")

app = typer.Typer(
    help="Who still waits for a reply from a shared mailbox, and for how long.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
commands = (
    *(run, threads, explain, done, snooze, assign, reopen, undo),
    *(report, simulate, board, preview, status, check, forget),
)
for command in commands:
    app.command()(command)


@app.callback(invoke_without_command=True)
def _global(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The config file [default: /etc/inbox-monitor/config.toml].")
    ] = None,
    now: Annotated[str | None, typer.Option(help="Work as if it were this moment (ISO 8601).")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"inbox-monitor {monitor.__version__}")
        raise typer.Exit
    logs.set_up()
    moment = _moment(now) if now else None
    path = config or Path(os.environ.get("INBOX_MONITOR_CONFIG") or DEFAULT_CONFIG)
    context.obj = Global(path, (lambda: moment) if moment else wall_clock)


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the letters are put.")] = Path("demo-output"),
) -> None:
    """Play eleven days of a library's mail through the real thing, on servers of its own."""
    from monitor.demo.stage import run_demo

    raise typer.Exit(run_demo(output))


def main() -> None:
    """The program. Errors become one line on stderr and an exit code; a closed pipe is no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows only ASCII ends no program
    try:
        words = arguments.options_first(sys.argv[1:])
    except ValueError as error:
        talk(str(error))
        sys.exit(USAGE)
    try:
        app(words)
    finally:
        finish()


def _moment(text: str) -> datetime:
    try:
        return arguments.moment(text)
    except ValueError as error:
        fail(USAGE, str(error))
