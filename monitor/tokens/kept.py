"""FLOOR 1. A refresh token (RFC 6749 §1.5) that outlives the process: one small file that only the service can read."""

import os
import stat
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from monitor.core.token import TokenError


class Kept:
    """What is kept in one file; used by several threads.

    `fault` says why what was written last is in memory only, for whoever logs; empty where it is well.
    """

    def __init__(self, path: Path) -> None:
        self.fault = ""
        self._path = path
        self._lock = threading.Lock()
        self._unwritten: str | None = None

    def read(self) -> str | None:
        """What was written last; None where nothing was. Raises TokenError("secret")."""
        with self._lock:
            return self._unwritten if self._unwritten is not None else _read(self._path)

    def write(self, text: str) -> None:
        """Keep this instead. Never raises: on a full disk it goes on in memory, and `fault` says so."""
        with self._lock:
            try:
                _replace(self._path, text)
            except OSError as error:
                self._unwritten = text
                self.fault = (
                    f"{self._path} cannot be written ({error.strerror}); the login goes on until the monitor is "
                    "started again, and then a person must sign in anew"
                )
            else:
                self._unwritten, self.fault = None, ""


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as file:
            others = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
            text = file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise TokenError("secret", f"the kept login {path} cannot be read: {reason}") from None
    if others:
        # Whoever could read it may have it: to close the file now does not make the token ours alone again.
        raise TokenError("secret", f"the kept login {path} is open to others: delete it, and sign in again")
    return text


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: written beside it, and moved into its place once it is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600, whatever the umask
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
