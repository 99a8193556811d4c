"""FLOOR 1. Where all secrets of a config are, and whether they can be had and are kept from others.

They are looked at by what logs in (`run`, a reload of it, `check`, `report --send`). What only asks the store reads
none, so that people may ask `threads` who may not read the passwords. A file that everybody may read is a mistake to
`check`; `run` warns of it and works on, for a wrong file mode must not leave people waiting unseen.
"""

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from monitor.config.kinds import beside
from monitor.config.model import ConfigModel
from monitor.config.places import Mistake
from monitor.config.places import Path as Place
from monitor.config.secret_part import SecretPart
from monitor.config.secrets import Secret, SecretError


def secret_files(model: ConfigModel, folder: Path) -> tuple[Path, ...]:
    """The files that hold secrets, each once."""
    named = [secret.file for _, secret in _secrets(model) if secret.file]
    named += [model.microsoft.certificate] if model.microsoft and model.microsoft.certificate else []
    return tuple(dict.fromkeys(Path(beside(folder, name) or name) for name in named))


def not_to_be_had(model: ConfigModel, folder: Path, guarded: bool) -> Iterator[Mistake]:
    """Secrets that are missing, empty, or no secrets; `guarded`: also files that everybody on this machine may read.

    That the group may read a file is fine: so root's files are read by the service (0640 root:inbox-monitor). What
    comes as a credential is guarded by who gives it. No command is run: it may want a network that is not there yet.
    """
    for place, part in _secrets(model):
        found = part.secret(beside(folder, part.file))
        if text := _fault_of_file(found.name, Path(found.file), guarded) if found.file else _fault_of(found):
            yield Mistake((*place, part.kind), text)
        elif found.file and stat.S_ISFIFO(Path(found.file).stat().st_mode):
            continue  # whoever reads it here takes it from who needs it
        elif not found.command and (text := _unreadable(found, of_lines=_is_of_lines(place))):
            yield Mistake((*place, part.kind), text)
    if model.microsoft and model.microsoft.certificate:
        file = Path(beside(folder, model.microsoft.certificate) or "")
        if text := _fault_of_file(f"the certificate {file}", file, guarded) or _closed(file):
            yield Mistake(("microsoft", "certificate"), text)


def _secrets(part: BaseModel, place: Place = ()) -> Iterator[tuple[Place, SecretPart]]:
    for name, field in type(part).model_fields.items():
        value, here = getattr(part, name), (*place, field.alias or name)
        if isinstance(value, SecretPart):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from _secrets(value, here)
        elif isinstance(value, tuple):
            for n, each in enumerate(value):
                if isinstance(each, BaseModel):
                    yield from _secrets(each, (*here, n))


def _is_of_lines(place: Place) -> bool:
    """JSON has several lines, as Google gives it, and as commands print that ask for tokens."""
    return place[0] == "google" or place[-1] == "token"


def _fault_of_file(name: str, file: Path, guarded: bool) -> str | None:
    try:
        mode = file.stat().st_mode
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"
    if guarded and stat.S_ISREG(mode) and mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"{name} is open to everybody on this machine; type: chmod o= {shlex.quote(str(file))}"
    return None


def _closed(file: Path) -> str | None:
    readable = os.access(file, os.R_OK)
    return None if readable else f"{file} cannot be read; the user that the monitor runs as must be let read it"


def _fault_of(secret: Secret) -> str | None:
    if secret.command and not shutil.which(secret.command[0]):
        return f"{secret.name}: there is no such program; name its whole path"
    return None


def _unreadable(secret: Secret, of_lines: bool) -> str | None:
    try:
        secret.text() if of_lines else secret.value()
    except SecretError as error:
        return str(error)
    return None
