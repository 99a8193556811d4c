"""ROOF. The program, as it begins: by its command line, or with what it was handed when it began anew."""

import sys
from io import TextIOWrapper
from typing import NoReturn

from monitor.collector import walk_seldom
from monitor.handing_on import begun
from monitor.screen.output import finish, talk
from monitor.task import Task


def main() -> None:
    """The program. Errors become one line on stderr and an exit code; a closed pipe is no error."""
    walk_seldom()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows only ASCII ends no program
    handed = begun()
    try:
        if handed is not None and isinstance(handed.task, Task):
            _go_on(handed.task)
        from monitor.cli import understand  # not above: who was handed a task needs no command line

        understand(sys.argv[1:], own_process=handed is None)
    finally:
        finish()


def _go_on(task: Task) -> NoReturn:
    from monitor import logs  # not above: one that only prints its version needs none of it
    from monitor.service import work

    logs.set_up(task.verbose, task.quiet)
    try:
        sys.exit(work(task))
    except KeyboardInterrupt:
        talk("Aborted!")
        sys.exit(1)
