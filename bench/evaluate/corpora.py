"""The development corpora: a folder that holds them, or the archive they come in."""

import sys
import tarfile
from pathlib import Path
from typing import Any

LABELS = "labels.csv"
HOW = "make evaluate CORPORA=FOLDER   (or the dev-pack.tar.xz itself)"


class NoCorporaError(Exception):
    """There is nothing to measure by; the text says what to do."""


def find(named: Path | None, folder: Path) -> Path:
    """The folder that holds labels.csv; an archive is unpacked into `folder` first. Raises NoCorporaError."""
    if named is None:
        raise NoCorporaError(f"which corpora? Type: {HOW}")
    if named.is_file():
        _unpack(named, folder)
        named = folder
    for place in (named, *sorted(path for path in named.glob("*") if path.is_dir())):
        if (place / LABELS).is_file() and (place / "list-twisted" / "twisted-web").is_dir():
            return place
    raise NoCorporaError(f"{named} holds no {LABELS} beside list-twisted/twisted-web. Type: {HOW}")


def say(text: str) -> None:
    """What is going on, for somebody who watches."""
    if sys.stderr.isatty():
        print(f"{text} …", file=sys.stderr, flush=True)


def _unpack(pack: Path, folder: Path) -> None:
    say(f"unpacking {pack.name}")
    safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from 3.11.4 on
    try:
        with tarfile.open(pack) as opened:
            opened.extractall(folder, **safely)
    except tarfile.TarError as error:
        raise NoCorporaError(f"{pack} is no archive that can be unpacked. Type: {HOW}") from error
