"""What all servers here share: who runs them, where they live, which port, when they are ready."""

import os
import pwd
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

START_WITHIN = 20.0  # seconds; a server here needs a fifth of a second, a loaded machine more
LOOK_AGAIN = 0.005


def ordinary_account() -> pwd.struct_passwd:
    """Me, or `nobody` for root: PostgreSQL refuses root, and Dovecot refuses to read mail as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def give_away(path: Path) -> Path:
    """Make a folder the server's own, where we are root and the server is not."""
    if os.geteuid() == 0:
        account = ordinary_account()
        os.chown(path, account.pw_uid, account.pw_gid)
    return path


def short_folder() -> Path:
    """A new folder of the server's, with a name short enough for UNIX sockets (107 characters in all)."""
    return give_away(Path(tempfile.mkdtemp(prefix="im-", dir="/tmp")))


def reachable(folder: Path) -> bool:
    """Can the server get there? pytest's own folders are closed to everybody but root."""
    if os.geteuid() != 0:
        return True
    path = folder.resolve()
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def own_folder(path: Path) -> Path:
    """Make sure of a folder of the server's own."""
    path.mkdir(exist_ok=True)
    return give_away(path)


def start(command: Sequence[str | Path], cwd: Path) -> subprocess.Popen[bytes]:
    """Start a server as the ordinary user, in a process group of its own."""
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **_as_ordinary_user(cwd),
    )


def run(command: Sequence[str | Path], cwd: Path, given: bytes = b"") -> None:
    """Run a command as the ordinary user, with `given` to read; what it said is in the error."""
    words = [str(word) for word in command]
    done = subprocess.run(words, input=given, capture_output=True, check=False, **_as_ordinary_user(cwd))
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{said}")


def _as_ordinary_user(cwd: Path) -> dict[str, Any]:
    account, root = ordinary_account(), os.geteuid() == 0
    return {
        "cwd": cwd,
        "user": account.pw_uid if root else None,
        "group": account.pw_gid if root else None,
        "extra_groups": [] if root else None,
        "env": {**os.environ, "HOME": str(cwd), "LC_ALL": "C"},
    }


def stop(process: subprocess.Popen[bytes], signal: int, within: float = 10.0) -> None:
    """Ask a server to end; after `within` seconds, or if any of its children stays, end its whole group."""
    if process.poll() is None:
        process.send_signal(signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(within)
    kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a server and its children at once, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    """Wait until the server answers; if it dies or stays silent instead, say what its log says."""
    end = time.monotonic() + START_WITHIN
    while not is_ready():
        if _has_ended(process) or time.monotonic() > end:
            said = log.read_text(errors="replace") if log.exists() else "(no log)"
            raise RuntimeError(f"the server did not start (exit status {process.poll()}):\n{said}")


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """A moment's pause that ends early when the server does."""
    try:
        process.wait(LOOK_AGAIN)
    except subprocess.TimeoutExpired:
        return False
    return True


def greets(port: int) -> bool:
    """Does a server on this port of loopback accept us and speak first, as IMAP and SMTP servers do?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return bool(select.select([connection], [], [], 1)[0]) and bool(connection.recv(1))
    except OSError:
        return False
