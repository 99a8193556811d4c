"""ROOF. The command line about itself: its manual page, `man`, and what shells complete, `completion`."""

from enum import StrEnum
from inspect import cleandoc
from typing import Annotated, Any

import typer
from typer._completion_shared import get_completion_script

import monitor
from monitor.screen.manual import Told, manual
from monitor.screen.output import out

PROGRAM, VARIABLE = "inbox-monitor", "_INBOX_MONITOR_COMPLETE"

_FIRST_TAB = (
    "\ncompdef _inbox_monitor_completion inbox-monitor",
    """
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _inbox_monitor_completion "$@"
else
  compdef _inbox_monitor_completion inbox-monitor
fi""",
)
"""From a folder of $fpath zsh runs the file itself at the first Tab (zshcompsys(1), "Autoloaded files"): then it must
complete, and not only say who will. Click's own script does so, Typer's does not."""

WITH_EVERY = {"help"}
"""Options that stand on the page once."""


class Shell(StrEnum):
    """Those that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Of which shell.")]) -> None:
    """What makes a shell complete commands, options, mailboxes and teams.

    For bash: inbox-monitor completion bash > /etc/bash_completion.d/inbox-monitor; for zsh, into a file _inbox-monitor
    of a folder in $fpath; for fish, into ~/.config/fish/completions/inbox-monitor.fish.
    """
    script = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value)
    out(script.replace(*_FIRST_TAB) if shell is Shell.ZSH else script)


def man(context: typer.Context) -> None:
    """The manual page inbox-monitor(1), as roff: inbox-monitor man | man -l -."""
    root = context.find_root()
    root.info_name = PROGRAM
    commands = [told for name in root.command.list_commands(root) for told in _told(root, root.command, name)]  # type: ignore[attr-defined]
    out(manual(_of(root, ""), commands, monitor.__version__, context.obj.clock().date()))


def _told(parent: Any, group: Any, name: str) -> list[Told]:
    """A command, or each of a group of them."""
    command = group.get_command(parent, name)
    if command.hidden:
        return []
    context = command.context_class(command, info_name=name, parent=parent)
    if hasattr(command, "list_commands"):
        return [told for each in command.list_commands(context) for told in _told(context, command, each)]
    names = context.command_path.removeprefix(f"{PROGRAM} ")
    return [_of(context, " ".join([names, *command.collect_usage_pieces(context)]))]


def _of(context: Any, usage: str) -> Told:
    parameters = [p for p in context.command.get_params(context) if p.name not in WITH_EVERY or not usage]
    terms = [(term, text or "") for term, text in filter(None, (p.get_help_record(context) for p in parameters))]
    return Told(usage, cleandoc(context.command.help or ""), terms)
