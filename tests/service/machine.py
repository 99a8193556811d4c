"""A throw-away Debian 12: its root from debootstrap, an overlay for what is changed, and systemd as its PID 1.

It has namespaces and a control group of its own, and shares neither /tmp nor /run with this machine: a systemd that
boots empties both.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from tests.servers.available import need_programs

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
BOOT = Path(__file__).parent / "boot.sh"
RELEASE = "bookworm"
PACKAGES = "systemd,systemd-sysv,python3,ca-certificates,tzdata,dovecot-imapd"
NAMESPACES = ("--mount", "--pid", "--net", "--uts", "--ipc")
PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOOPBACK_UP = """import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH22x", b"lo", 0x49))  # SIOCSIFFLAGS (netdevice(7))"""


def base() -> Path:
    """The root that all machines lie on, made once (about 80 s); nothing ever changes it."""
    need_programs("debootstrap", "unshare", "nsenter", "setpriv")
    made = BUILD / "debian-12"
    if not made.exists():
        shutil.rmtree(half := BUILD / "debian-12.new", ignore_errors=True)
        BUILD.mkdir(exist_ok=True)
        with TemporaryDirectory(dir="/var/tmp") as folder:  # debootstrap fails below a folder with a blank in its name
            target = f"{folder}/debian"
            _run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, target], timeout=900)
            _run(["mv", target, str(half)], timeout=600)
        half.rename(made)
    return made


def package() -> Path:
    """The newest Debian package that `make deb` built."""
    built = sorted(BUILD.glob("inbox-monitor_*.deb"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise AssertionError("there is no package yet: make deb")
    return built[-1]


class Disk:
    """The changes on top of the base, in a folder; commands run on it without that it boots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)

    def put(self, path: str, text: str, when: datetime | None = None) -> None:
        """A file of root's, as old as it is said to be; only while nothing has the disk mounted."""
        file = self.folder / "upper" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if when:
            os.utime(file, (when.timestamp(),) * 2)

    def shell(self, script: str, *files: Path) -> str:
        """What a shell script prints there, both streams; `files` lie in its /tmp."""
        root, lower = quote(str(self.folder / "root")), quote(f"lowerdir={base()},upperdir=upper,workdir=work")
        mounts = (
            "set -e; mount --make-rprivate /\n"
            f"{quote(sys.executable)} -c '{LOOPBACK_UP}'\n"
            f"cd {quote(str(self.folder))}; mount -t overlay -o {lower} overlay {root}\n"
            f"mount -t proc proc {root}/proc; mount -t tmpfs tmpfs {root}/tmp; mount -t tmpfs tmpfs {root}/run\n"
            + "".join(f"cp {quote(str(file))} {root}/tmp/\n" for file in files)
            + f'exec chroot {root} env -i PATH={PATH} LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -euc "$SCRIPT"'
        )
        return _run(["unshare", *NAMESPACES, "--fork", "--kill-child", "sh", "-c", mounts], {"SCRIPT": script})


class Machine:
    """`with Machine(disk) as machine:` it has booted."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def __enter__(self) -> Self:
        self._group = _control_groups() / f"inbox-monitor-{os.getpid()}-{self._disk.folder.name}"
        self._group.mkdir()
        joining = f'echo $$ >"{self._group}/cgroup.procs"; exec "$@"'
        unshare = ["unshare", *NAMESPACES, "--cgroup", "--fork", "--kill-child", "sh", str(BOOT)]
        command = ["sh", "-c", joining, "sh", *unshare, str(base()), str(self._disk.folder)]
        self._outer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._init = ""
        try:
            self.until(self._is_up, "it boots", 60)
        except BaseException:
            self._off()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._off()

    def _is_up(self) -> bool:
        if self._outer.poll() is not None:
            raise AssertionError(f"it does not boot: {self._outer.stderr.read() if self._outer.stderr else b''!r}")
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()
        self._init = children[0] if children else ""
        if not self._init or Path(f"/proc/{self._init}/comm").read_text() != "systemd\n":
            return False
        return self.ask("systemctl", "is-active", "multi-user.target", check=False).strip() == "active"

    def _off(self) -> None:
        self._outer.kill()  # its PID 1 goes with it, and all the rest with that
        self._outer.wait()
        if self._outer.stderr:
            self._outer.stderr.close()
        events = self._group / "cgroup.events"
        self.until(lambda: "populated 0" in events.read_text(), "it is off", 20)
        for group in sorted(self._group.rglob("*"), reverse=True):
            if group.is_dir():
                group.rmdir()
        self._group.rmdir()

    # -- what tests do with it

    def ask(self, *command: str, text: str = "", check: bool = True) -> str:
        """What a command prints, both streams; run by root, inside. With `check` it must succeed."""
        inside = ["nsenter", "--target", self._init, "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--"]
        return _run([*inside, "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", *command], text=text, check=check)

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file of root's, replaced at once."""
        script = 'mkdir -p "$(dirname "$1")"; cat >"$1.new"; chmod "$2" "$1.new"; mv "$1.new" "$1"'
        self.ask("sh", "-euc", script, "sh", path, f"{mode:o}", text=text)

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.ask("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def journal(self, unit: str) -> str:
        """What a unit said in its present and all former lives."""
        self.ask("journalctl", "--sync")
        return self.ask("journalctl", "--output=cat", "--no-pager", f"--unit={unit}")

    def journal_of_this_life(self, unit: str) -> str:
        """What it said itself since it was started last."""
        self.ask("journalctl", "--sync")
        life = f"_SYSTEMD_INVOCATION_ID={self.show(unit, 'InvocationID')}"
        return self.ask("journalctl", "--output=cat", "--no-pager", life)

    def until(self, is_so: Callable[[], object], what: str, seconds: float = 30.0) -> None:
        """Wait for something; fails where it does not come."""
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.1)


def _control_groups() -> Path:
    """Where the control groups of version 2 are; beside those of version 1 on older machines."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(where)
    raise AssertionError("this machine has no control groups of version 2")


def _run(
    command: Sequence[str], more: dict[str, str] | None = None, text: str = "", check: bool = True, timeout: float = 300
) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **(more or {})},
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0 or not check, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout
