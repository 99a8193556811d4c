"""A process of its own: how long it takes by the clock and on the processor, and how much memory it has at most."""

import contextlib
import os
import resource
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

LOOK_AGAIN = 0.1  # seconds between two looks at the memory; 0.02 takes a fortieth of a core from what is measured
TIME_LIMIT = 7200
SAID = 3000  # so much of what a failed process said is told


class Run(NamedTuple):
    """Seconds by the clock and on the processor (user and system, of it and its children), most memory in MB."""

    seconds: float
    cpu: float
    peak_mb: float


def run(
    words: Sequence[str | Path], *, limit: float = TIME_LIMIT, out: Path | None = None, cores: int | None = None
) -> Run:
    """Run a command to its end, on so many cores; what it prints goes to `out`. Raises RuntimeError where it fails."""
    # As it is installed: with its byte code, which the first run writes where it is missing.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(word) for word in words]
    with tempfile.TemporaryFile("w+") as errors, (out or Path(os.devnull)).open("w") as file:
        start, cpu = time.perf_counter(), children_cpu()
        with only(cores):
            started = subprocess.Popen(command, stdout=file, stderr=errors, text=True, env=environment)
        with started as process:
            peak = watch(process, start + limit)
            seconds = time.perf_counter() - start
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{errors.read()[-SAID:]}")
        return Run(seconds, children_cpu() - cpu, peak)


@contextlib.contextmanager
def only(cores: int | None) -> Iterator[None]:
    """What is started meanwhile may use so many of our cores, and so may what it starts (sched_setaffinity(2))."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(ours)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def children_cpu() -> float:
    """Seconds on the processor of all processes that we started and that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def own_cpu() -> float:
    """Seconds on the processor of this process, all its threads and those children that have ended."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + children_cpu()


def resident_kb() -> float:
    """The memory of this process now, in KB (VmRSS, proc(5))."""
    return _status_kb("self", "VmRSS:")


def watch(process: subprocess.Popen[str], end: float) -> float:
    """Wait for its end; the sum of the peaks of it and its children, in MB, as of the last look before."""
    # Not getrusage: its peak of a child that was forked starts with that of the parent.
    peaks: dict[str, float] = {}
    ended = os.pidfd_open(process.pid)  # Popen.wait looks again and again itself, and late
    try:
        while process.poll() is None:
            for pid in (str(process.pid), *_own_programs(process.pid)):
                peaks[pid] = max(peaks.get(pid, 0.0), _status_kb(pid, "VmHWM:") / 1024)
            select.select([ended], [], [], LOOK_AGAIN)
            if time.perf_counter() > end:
                process.kill()
    finally:
        os.close(ended)
    return sum(peaks.values())


def _own_programs(pid: int) -> list[str]:
    """Its children, but for one that is about to be: until its exec it has the memory of its parent."""
    ours = _command_line(str(pid))
    return [child for child in _children(pid) if _command_line(child) not in (ours, b"")]


def _command_line(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _children(pid: int) -> list[str]:
    """Of every thread: a child belongs to the one that started it (proc(5))."""
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += task.read_text().split()
    return found


def _status_kb(pid: str, field: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith(field)]
    return float(sizes[0]) if sizes else 0.0
