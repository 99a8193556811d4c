"""A wall clock that a test sets, for programs of their own: libfaketime, told by a file; intervals stay true.

`clock = FalseClock(folder, moment)`, start a program with `clock.environment("Europe/Berlin")`, and `clock.set(other)`
while it runs.
"""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest


class FalseClock:
    """It goes on at the ordinary speed from the moment it was set to."""

    def __init__(self, folder: Path, moment: datetime) -> None:
        self._file = folder / "false-clock"
        self._library = library()
        self.set(moment)

    def set(self, moment: datetime) -> None:
        """From now on it is this moment."""
        # An offset, because a moment would be read in whatever zone the program is in.
        offset = (moment - datetime.now(UTC)).total_seconds()
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset:+.3f}\n")
        new.rename(self._file)

    def environment(self, zone: str) -> dict[str, str]:
        """What a program needs to believe it, on a host in this zone."""
        return {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "TZ": zone,
        }


def library() -> str:
    """Where libfaketime is, as its own command preloads it; a test is skipped without it, but not on a CI machine."""
    command = shutil.which("faketime")
    if command is None:
        reason = "faketime is not installed: apt-get install faketime"
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(f"{reason} (CI is set, so that nothing may be skipped)", pytrace=False)
        pytest.skip(reason)
    done = subprocess.run(
        [command, "-m", "2024-11-11", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().split(":")[-1]
