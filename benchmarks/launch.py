"""How long the start of a program holds the reactor up (`python -m benchmarks.launch`).

With few descriptors open and with many; beside other ways to start one.
"""

import argparse
import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable

from occwserv.net.launch import start

ENV = {b"PATH": b"/usr/bin:/bin"}
WAYS = {
    "posix_spawn": lambda ends: start([b"/bin/true"], ENV, b"/usr", ends),
    "Popen": lambda ends: popen(ends, True),
    "Popen, close_fds=False": lambda ends: popen(ends, False),
}


def popen(ends: tuple[int, int, int], close: bool) -> int:
    """The same with the standard library; whoever asked looks after the child."""
    child = subprocess.Popen(
        [b"/bin/true"], env=ENV, cwd=b"/usr", stdin=ends[0], stdout=ends[1], stderr=ends[2],
        close_fds=close, process_group=0,
    )  # fmt: skip
    child.returncode = 0
    return child.pid


def measure(launch: Callable[[tuple[int, int, int]], int], count: int) -> list[float]:
    """Milliseconds of each start, the shortest first."""
    null = os.open(os.devnull, os.O_RDWR)
    took = []
    for _ in range(count):
        began = time.perf_counter()
        pid = launch((null, null, null))
        took.append(1000 * (time.perf_counter() - began))
        os.waitpid(pid, 0)
    os.close(null)
    return sorted(took)


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.launch", description=__doc__)
    parser.add_argument("--count", type=int, default=400, help="starts (%(default)s)")
    parser.add_argument("--descriptors", type=int, default=5000, help="sockets that are open (%(default)s)")
    parser.add_argument("--memory", type=int, default=200, help="MB in use (%(default)s)")
    chosen = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = bytearray(b"x") * (chosen.memory << 20)
    for number in (0, chosen.descriptors):
        sockets = [socket.socket() for _ in range(number)]
        for name, launch in WAYS.items():
            took = measure(launch, chosen.count)
            figures = ", ".join(
                f"{what} {took[min(int(len(took) * share), len(took) - 1)]:.2f}"
                for what, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1))
            )
            print(f"{number:5} descriptors  {name:24} ms: {figures}")
        for each in sockets:
            each.close()
    del held


if __name__ == "__main__":
    main()
