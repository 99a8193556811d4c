"""FLOOR 1. A refresh token (RFC 6749 §1.5) that outlives the process: one small file that only the service can read."""

import fcntl
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from monitor.core.token import TokenError


class Kept:
    """What is kept in one file; used by several threads, and the file by several processes.

    `fault` says why what was written last is in memory only, for whoever logs; empty where it is well.
    """

    def __init__(self, path: Path) -> None:
        self.fault = ""
        self._path = path
        self._lock = threading.Lock()
        self._unwritten: tuple[str | None, str] | None = None
        """What lies in the file, and what belongs there instead."""

    @property
    def stamp(self) -> object:
        """Another one whenever another file has taken its place; None where there is none."""
        try:
            there = self._path.stat()
        except OSError:
            return None
        return there.st_mtime_ns, there.st_ino, there.st_size

    def read(self) -> str | None:
        """What was written last; None where nothing was. Raises TokenError("secret")."""
        with self._lock:
            return self._newest()

    def write(self, text: str, instead_of: str | None = None) -> None:
        """Keep this instead. Never raises: on a full disk it goes on in memory, and `fault` says so.

        `instead_of`: only if that is still what is kept; who has signed in meanwhile, or out, must not be overwritten.
        """
        with self._lock:
            try:
                with _folder(self._path.parent) as folder:
                    if instead_of is not None and self._is_another(instead_of):
                        return
                    _replace(folder, self._path.name, text)
            except OSError as error:
                self._unwritten = (_there(self._path), text)
                self.fault = (
                    f"{self._path} cannot be written ({error.strerror}); the login goes on until the monitor is "
                    "started again, and then a person must sign in anew"
                )
            else:
                self._unwritten, self.fault = None, ""

    def _newest(self) -> str | None:
        if self._unwritten is None:
            return _read(self._path)
        instead_of, text = self._unwritten
        if _there(self._path) == instead_of:
            return text
        self._unwritten, self.fault = None, ""  # somebody has signed in anew
        return _read(self._path)

    def _is_another(self, text: str) -> bool:
        try:
            return self._newest() != text
        except TokenError:
            return True


def _there(path: Path) -> str | None:
    """What lies there, if it can be read."""
    with suppress(TokenError):
        return _read(path)
    return None


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


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """The folder, open, ours alone, and nobody else's to write in meanwhile. Raises OSError, also where it is a link:
    root, who may be asked to `check`, must not be led elsewhere by whom it belongs to."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(folder, 0o700)
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def _replace(folder: int, name: str, text: str) -> None:
    """Whole or not at all: written beside it, and moved into its place once it is on the disk. What root writes
    belongs to whom the folder does: the service must be able to read it."""
    beside = f".{name}.{secrets.token_hex(4)}"
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            if os.geteuid() == 0:
                owner = os.fstat(folder)
                os.fchown(number, owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(number)
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise
