"""ROOF. The command that makes a service of the program: `service`."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.commands.shared import fail
from monitor.config import ConfigError
from monitor.config.needs import Needs, needs
from monitor.exits import BAD_CONFIG
from monitor.screen.output import out, talk
from monitor.screen.unit import SYSUSERS, Installed, unit

PROGRAM = "inbox-monitor"
_USUAL = (Path("/usr/bin"), Path("/usr/local/bin"))


class File(StrEnum):
    """Which of the files."""

    unit = "unit"
    sysusers = "sysusers"


def service(
    context: typer.Context,
    file: Annotated[File, typer.Argument(help="The systemd unit, or the sysusers.d file of the user it runs as.")],
    program: Annotated[
        Path | None,
        typer.Option(help="For a package: where the program will be. No config is looked at.", show_default=False),
    ] = None,
) -> None:
    """Print the files of a systemd service, with the paths of this program and this config."""
    if file is File.sysusers:
        out(SYSUSERS)
        return
    config = context.obj.config.absolute()
    try:
        out(unit(_installed(program), config, None if program else _needs(config)))
    except ConfigError as error:
        fail(BAD_CONFIG, str(error))
    except ValueError as error:
        fail(BAD_CONFIG, f"no unit can be made: {error}")


def _needs(config: Path) -> Needs | None:
    """What the config asks for; None where there is none, or none that we may read."""
    try:
        config.open("rb").close()
    except OSError as error:
        talk(f"{config}: {error.strerror}; make the unit again once it can be read: what it asks for belongs there")
        return None
    return needs(config)


def _installed(program: Path | None) -> Installed:
    if program:
        return Installed((str(program.absolute()),), (), _systemd())
    folders = (Path(sys.prefix), Path(sys.base_prefix), Path(monitor.__file__).parents[1])
    return Installed(_started_by(), tuple(dict.fromkeys(folders)), _systemd())


def _started_by() -> tuple[str, ...]:
    """The absolute path of our entry point, in the environment that runs now, or of a link to it in a usual place."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        own = folder / PROGRAM
        if os.access(own, os.X_OK):
            linked = (usual / PROGRAM for usual in _USUAL if (usual / PROGRAM).resolve() == own.resolve())
            return (str(next(linked, own)),)
    return (sys.executable, "-m", "monitor")


def _systemd() -> int:
    """The version of systemd here; 0 where there is none."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return 0
    done = subprocess.run([systemctl, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"systemd (\d+)", done.stdout)
    return int(found[1]) if found else 0
