"""Is the real server installed? If not, a test is skipped with the line to type; on a CI machine it fails."""

import os
import shutil
from pathlib import Path

import pytest

from tests.servers import postgres

SERVERS_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def need_dovecot() -> None:
    """Go on only with Dovecot."""
    _need(bool(shutil.which("dovecot", path=SERVERS_PATH)), "Dovecot", "dovecot-imapd")


def need_sieve() -> None:
    """Go on only with Dovecot's Sieve, which answers for people who are away."""
    need_dovecot()
    folders = (Path("/usr/lib/dovecot"), Path("/usr/local/lib/dovecot"), Path("/usr/lib64/dovecot"))
    found = any(next(folder.rglob("lib90_sieve_plugin.so"), None) for folder in folders)
    _need(found, "Dovecot's Sieve", "dovecot-sieve")


def need_postgres() -> None:
    """Go on only with PostgreSQL."""
    _need(postgres.programs() is not None, "PostgreSQL", "postgresql")


def need_chromium() -> str:
    """The path of Chromium, in which letters are looked at."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    _need(found is not None, "Chromium", "chromium")
    return str(found)


def need_systemd() -> str:
    """The path of systemd-analyze; no systemd needs to run."""
    found = shutil.which("systemd-analyze")
    _need(found is not None, "systemd-analyze", "systemd")
    return str(found)


def need_programs(*names: str) -> None:
    """Go on only as root, with these programs: for whole machines that are booted and thrown away."""
    _need(os.geteuid() == 0, "root", "nothing: run it as root")
    for name in names:
        _need(shutil.which(name, path=SERVERS_PATH) is not None, name, name if name == "debootstrap" else "util-linux")


def _need(found: bool, name: str, package: str) -> None:
    if found:
        return
    reason = f"{name} is not installed: apt-get install {package}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (CI is set, so that nothing may be skipped)", pytrace=False)
    pytest.skip(reason)
