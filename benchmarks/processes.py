"""The children of the benchmarks: started on a core of their own, measured from /proc, ended by their pids.

Every child leads a session, so its process tree is what /proc says is in that session, grandchildren whose parent
has ended included. When the harness ends, however it ends, its children do too.
"""

import atexit
import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 15.0
"""Seconds that a child may take to end before it is killed."""

children: list[subprocess.Popen] = []


def spawn(command: Sequence[str | Path], core: int, **options: Any) -> subprocess.Popen:
    """A child that runs on this core alone."""

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    options.setdefault("stdin", subprocess.DEVNULL)
    child = subprocess.Popen([str(part) for part in command], preexec_fn=prepare, start_new_session=True, **options)
    children.append(child)
    return child


def stop(child: subprocess.Popen) -> None:
    """End a child and all that it started: politely first."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    until = time.monotonic() + 1
    while any(tree(child)) and time.monotonic() < until:
        time.sleep(0.02)  # what it started ends by itself, as a rule
    for pid in list(tree(child)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if child in children:
        children.remove(child)


def stop_all() -> None:
    """End every child that is left."""
    while children:
        stop(children[-1])


def watch_over_children() -> None:
    """From now on no end of this process leaves a child behind."""

    def leave(number: int, frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    atexit.register(stop_all)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def stats() -> Iterator[tuple[int, list[str]]]:
    """The pid, and what follows the name in /proc/PID/stat, of every process."""
    for folder in os.listdir("/proc"):
        if folder.isdigit():
            try:
                fields = Path("/proc", folder, "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield int(folder), fields


def tree(child: subprocess.Popen) -> Iterator[int]:
    """The pids of a child and of all that it started, without those that have ended."""
    for pid, fields in stats():
        if int(fields[3]) == child.pid and fields[0] not in "ZX":
            yield pid


def cpu_seconds(child: subprocess.Popen) -> float:
    """User and system time of a child's tree so far, also of those in it that have ended."""
    ticks = 0
    for _, fields in stats():
        if int(fields[3]) == child.pid:
            ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return ticks / TICKS


def _kibibytes(pid: int, file: str, name: str) -> int | None:
    try:
        for line in Path("/proc", str(pid), file).read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
    except OSError:
        pass
    return None


def memory(child: subprocess.Popen) -> int:
    """Bytes of memory that a child's tree holds now: shared pages shared out (Pss), else the resident ones."""
    total = 0
    for pid in tree(child):
        share = _kibibytes(pid, "smaps_rollup", "Pss")
        total += (_kibibytes(pid, "status", "VmRSS") or 0) if share is None else share
    return total * 1024


def peak_memory(child: subprocess.Popen) -> int:
    """The sum of the largest resident sizes that the processes of a child's tree ever had, in bytes."""
    return 1024 * sum(_kibibytes(pid, "status", "VmHWM") or 0 for pid in tree(child))


class Watch:
    """The CPU seconds of a server and of the load in a `with` block.

    The load is counted when its process has been waited for in the block.
    """

    def __init__(self, server: subprocess.Popen) -> None:
        self._server = server

    @staticmethod
    def _load_cpu() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def __enter__(self) -> "Watch":
        self._before = cpu_seconds(self._server), self._load_cpu()
        return self

    def __exit__(self, *_: object) -> None:
        server, load = self._before
        self.server_cpu = cpu_seconds(self._server) - server
        self.load_cpu = self._load_cpu() - load

    def shares(self, seconds: float) -> dict[str, float]:
        """How busy the two were in the seconds that the load lasted, in percent."""
        return {
            "server_busy": 100 * self.server_cpu / seconds,
            "load_busy": 100 * self.load_cpu / seconds,
        }
