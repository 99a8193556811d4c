"""ROOF. What `run` is to do: all that its command line and its config say."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.config import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """`lasts`: it is a daemon's, and no single round. `dry_run`: the folder for its letters. `now`: as if it were this
    moment; None: by the clock on the wall."""

    settings: Settings
    lasts: bool
    dry_run: Path | None
    now: datetime | None
    verbose: bool
    quiet: bool
