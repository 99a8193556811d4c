"""FLOOR 2. What `check` says of this machine: its clock and zones, the files that are ours, the store and its disk."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from monitor.config import Settings
from monitor.core.moments import day_and_time
from monitor.jobs.check_fact import Fact, Section
from monitor.jobs.logged import event
from monitor.store.room import room
from monitor.store.store import Store

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd with each answer of a time server (systemd-timesyncd.service(8), "Files")."""
SECONDS = 3.0
"""For `timedatectl`: it asks the bus, which may hang."""
YEAR = timedelta(days=366)

log = logging.getLogger("monitor.daemon")


def clock_of_machine(settings: Settings, now: datetime) -> Iterator[Fact]:
    """The zone, where its rules come from, when clocks change next; whether the clock is kept right."""
    zone = settings.zone
    of = "of this system" if any(Path(folder, zone.key).exists() for folder in TZPATH) else "of the tzdata package"
    change = next_change(zone, now)
    when = f"clocks change next on {day_and_time(change, zone, now)}" if change else "its clocks do not change"
    yield Fact("Configuration", "ok", "", f"times are those of {zone.key} (rules {of}); {when}")
    kept = clock_is_kept()
    if kept is False:
        text = "the clock of this machine is not set by a time server: if it runs off, reminders come early or late"
        yield Fact("Configuration", "look", "", text, "timedatectl set-ntp true")
    elif kept:
        yield Fact("Configuration", "ok", "", "the clock of this machine is set by a time server")


def next_change(zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the offset of a zone changes next, within a year, to the minute (UTC); None if it does not."""
    low, start = now, now.astimezone(zone).utcoffset()
    step = timedelta(days=1)
    while low < now + YEAR and (low + step).astimezone(zone).utcoffset() == start:
        low += step
    if low >= now + YEAR:
        return None
    high = low + step
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == start else (low, middle)
    return (high - timedelta(seconds=high.second, microseconds=high.microsecond)).astimezone(UTC)


def clock_is_kept(flag: Path = SYNCHRONISED) -> bool | None:
    """Whether a time server sets the clock of this machine; None where nothing tells."""
    if flag.exists():
        return True
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        # The kernel's own word (adjtimex), whichever program keeps the clock.
        words = [program, "show", "--property=NTPSynchronized", "--value"]
        told = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(told.stdout.strip())


def warn_of_open_secrets(settings: Settings) -> None:
    """Tell the log of each file with a secret that everybody on this machine may read: to `check` it is a mistake."""
    for file in settings.secret_files:
        for fact in _open_to_others("Configuration", file):
            words = f"{fact.text}; {fact.fix}"
            log.warning("%s", words, extra=event("secret open", msg=words))


def secret_facts(settings: Settings) -> Iterator[Fact]:
    """Whether the files with secrets are for the service alone."""
    warned = [fact for file in settings.secret_files for fact in _open_to_others("Configuration", file)]
    yield from warned
    count = len(settings.secret_files)
    if count and not warned:
        text = f"{count} {'file' if count == 1 else 'files'} with secrets, none open to everybody on this machine"
        yield Fact("Configuration", "ok", "", text)


def store_facts(store: Store) -> Iterator[Fact]:
    """A store that could be opened."""
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    # Without its password, which may also stand in its query (libpq takes it there).
    url = store.engine.url.set(query={}).render_as_string(hide_password=True)
    place, name = room(store), store.engine.url.database
    if place is None or not name:
        yield Fact("Store", "ok", kind, f"{url}, schema up to date")
        return
    path = Path(name)
    size = path.stat().st_size
    text = f"{url}, schema up to date; {_bytes(size)}, {_bytes(place.free)} free"
    if place.is_short:
        fix = f"make room on the disk of {path.parent}: df -h {path.parent}"
        yield Fact("Store", "look", kind, text, fix)
    else:
        yield Fact("Store", "ok", kind, text)
    yield from _open_to_others("Store", path)
    yield from _owner(path)


def store_to_come(path: Path) -> Fact:
    """None is made by `check`: run by root it would be root's, and the service could not write to it."""
    folder = next(f for f in path.parents if f.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Fact("Store", "ok", "SQLite", f"there is none yet; the first look makes {path}")
    what = "is closed to us" if folder.is_dir() else "is no folder"
    fix = f"let the user of the service write below {folder}, or name another place with url under [store]"
    return Fact("Store", "fix", "SQLite", f"{path} cannot be made: {folder} {what}", fix, "store")


def _owner(path: Path) -> Iterator[Fact]:
    """A store that root made in the folder of the service: the service cannot write to it."""
    own, folders = path.stat().st_uid, path.parent.stat().st_uid
    if own == 0 and folders != 0:
        who = _name(folders)
        text = f"{path} is root's, and its folder {who}'s: the service cannot write to it"
        yield Fact("Store", "look", "SQLite", text, f"chown {who} {path}*")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _open_to_others(section: Section, path: Path) -> Iterator[Fact]:
    """Warns of a file that everybody on this machine may read."""
    what, why = ("the secret file", "a secret is for the service alone")
    if section == "Store":
        what, why = ("the store", "names, addresses and subjects are in it")
    try:
        everybody = path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH)
    except OSError:
        return  # what cannot be read is told where it is needed
    if everybody:
        text = f"{what} {path} is open to everybody on this machine: {why}"
        yield Fact(section, "look", "", text, f"chmod o= {path}")


def _bytes(count: int) -> str:
    """`38 MB`, `12 GB`."""
    return f"{count / 1e9:,.0f} GB" if count >= 1e9 else f"{count // 10**6} MB"
