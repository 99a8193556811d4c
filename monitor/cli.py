"""ROOF. The command line. stdout is data, stderr is talk; exit codes are those of sysexits.h (design.md §6)."""

import sys
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import monitor
from monitor import logs
from monitor.commands.completing import config_path
from monitor.commands.shared import Global, fail
from monitor.exits import USAGE
from monitor.screen import arguments
from monitor.screen.output import talk

COMMANDS = {
    "run": "working", "threads": "asking", "explain": "asking",
    "done": "acting", "snooze": "acting", "assign": "acting", "reopen": "acting", "undo": "acting",
    "report": "reporting", "simulate": "simulating", "board": "showing_board", "preview": "previewing",
    "config": "showing_config", "status": "looking", "check": "looking", "metrics": "measuring", "login": "logging_in",
    "forget": "forgetting", "rebuild": "folding", "migrate": "moving",
    "service": "serving", "completion": "manual", "man": "manual",
}  # fmt: skip
"""In which module of commands/ each is, as a function of its name; in the order of `--help`."""
HIDDEN = {"man"}
"""Not for people at a prompt: whoever packs the program calls them."""


class _Commands(TyperGroup):
    """A command is imported when it is called for: a report must not wait for what reads mailboxes
    (Click, "Lazily Loading Subcommands")."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of `--help`."""
        return [*COMMANDS, *(name for name in self.commands if name not in COMMANDS)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name. For a name that is none all of them are imported, as one of them may be meant."""
        for name in [cmd_name] if cmd_name in COMMANDS or cmd_name in self.commands else COMMANDS:
            if name not in self.commands:
                self.commands[name] = _command(name)
        return super().get_command(ctx, cmd_name)


def _command(name: str) -> Any:
    alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    alone.command(name, hidden=name in HIDDEN)(getattr(import_module(f"monitor.commands.{COMMANDS[name]}"), name))
    return get_command(alone)


app = typer.Typer(
    cls=_Commands,
    help="Who still waits for a reply from a shared mailbox, and for how long.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _global(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The config file [default: /etc/inbox-monitor/config.toml].")
    ] = None,
    now: Annotated[str | None, typer.Option(help="Work as if it were this moment (ISO 8601).")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every look, too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log only what goes wrong.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"inbox-monitor {monitor.__version__}")
        raise typer.Exit
    logs.set_up(verbose, quiet)
    moment = _moment(now) if now else None
    context.obj = Global(config_path(config), moment, verbose, quiet, own_process=context.obj is True)


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the letters are put.")] = Path("demo-output"),
) -> None:
    """Play eleven days of a library's mail through the real thing, on servers of its own."""
    from monitor.demo.stage import run_demo

    raise typer.Exit(run_demo(output))


def understand(words: Sequence[str], own_process: bool) -> None:
    """Do what a command line says, and end with its exit code. Errors become one line on stderr.

    `own_process`: this process is there for nothing else.
    """
    try:
        words = arguments.options_first(words)
    except ValueError as error:
        talk(str(error))
        sys.exit(USAGE)
    app(words, obj=own_process)


def _moment(text: str) -> datetime:
    try:
        return arguments.moment(text)
    except ValueError as error:
        fail(USAGE, str(error))
