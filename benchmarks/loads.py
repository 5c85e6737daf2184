"""The loads: each runs one of the load generators on its own core and returns what was measured, by name."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import processes
from .peers import find
from .servers import ROOT, Server, Unfit
from .site import PAGE

SCRIPT = Path(__file__).with_name("wrk.lua")
CALLS = 4
"""Requests on each of httperf's connections, as in the paper."""
TIMEOUT = 5
"""Seconds after which httperf gives an answer up."""


def missing(programs: Sequence[str] = ("wrk", "httperf")) -> list[str]:
    """Load generators that are not installed."""
    return [program for program in programs if find(program) is None]


def run(command: Sequence[str | Path], core: int, patience: float) -> str:
    """What a load generator prints.

    :raise Unfit: if it fails, or does not end.
    """
    child = processes.spawn(
        command, core, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    try:
        output, _ = child.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        raise Unfit(f"{command[0]} did not end in {patience} s") from None
    finally:
        processes.stop(child)
    if child.returncode:
        raise Unfit(f"{command[0]} ended with code {child.returncode}:\n{output[-1500:]}")
    return output


def wrk(
    server: Server,
    core: int,
    seconds: int,
    *,
    path: str = PAGE,
    connections: int = 64,
    header: str = "",
    replay: Path | None = None,
    pause: int = 0,
) -> dict[str, float]:
    """Requests as fast as they are answered, on connections that are kept.

    :param header: one more field.
    :param replay: a file of prepared requests to send instead.
    :param pause: milliseconds that each client waits before it asks again.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", SCRIPT]
    command += ["-H", header] if header else []
    command += [f"http://127.0.0.1:{server.port}{path}", "--", *([replay] if replay else [])]
    command += [f"pause={pause}"] if pause else []
    server.logged()
    with processes.Watch(server.process) as watch:
        output = run(command, core, seconds + 30)
    told = json.loads(output.splitlines()[-1])
    requests = told["requests"]
    if not requests or server.process.poll() is not None:
        raise Unfit(f"it answered {requests} requests\n{server.output()}")
    return {
        "rate": requests / told["seconds"],
        "cpu": 1e6 * watch.server_cpu / requests,
        "p50": told["p50"] / 1000,
        "p99": told["p99"] / 1000,
        "errors": told["errors"],
        "answer_bytes": told["bytes"] / requests,
        "logged": 100 * server.logged(requests) / requests,
        **watch.shares(told["seconds"]),
    }


def programs(server: Server, core: int, seconds: int, path: str, connections: int = 16) -> dict[str, float]:
    """Requests that a program answers each, as fast as they are answered, and a page asked for all the while."""
    poll = [sys.executable, "-m", "benchmarks.client", "poll", str(server.port), PAGE, str(seconds)]
    child = processes.spawn(poll, core, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        found = wrk(server, core, seconds, path=path, connections=connections)
        told = json.loads(child.communicate(timeout=seconds + 30)[0].splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        raise Unfit("the page that was asked for all the while did not come") from None
    finally:
        processes.stop(child)
    return {**found, "page_p50": told["p50"], "page_p99": told["p99"], "page_most": told["most"]}


NUMBER = r"([\d.]+)"
HTTPERF = {
    "connections": rf"Total: connections {NUMBER} ",
    "requests": rf"Total: .* requests {NUMBER} ",
    "replies": rf"Total: .* replies {NUMBER} ",
    "seconds": rf"Total: .* test-duration {NUMBER} s",
    "concurrent": rf"Connection rate: .*<={NUMBER} concurrent",
    "request_rate": rf"Request rate: {NUMBER} ",
    "net": rf"Net I/O: {NUMBER} KB/s",
    "right": rf"Reply status: .* 2xx={NUMBER} ",
    "errors": rf"Errors: total {NUMBER} ",
    "no_port": rf"Errors: .* addrunavail {NUMBER} ",
}
"""Where httperf's report has what is wanted."""


def httperf(server: Server, core: int, rate: int, seconds: int) -> dict[str, float]:
    """The paper's load: so many new connections each second, four requests on each, whatever the answers."""
    command = ["httperf", "--server", "127.0.0.1", "--port", str(server.port), "--uri", PAGE]
    command += ["--num-calls", str(CALLS), "--rate", str(rate), "--num-conns", str(seconds * rate)]
    command += ["--timeout", str(TIMEOUT)]
    with processes.Watch(server.process) as watch:
        output = run(command, core, 10 * seconds + 60)
    if server.process.poll() is not None:
        raise Unfit(f"it ended\n{server.output()}")
    told = read_httperf(output)
    server.logged()
    return {
        "attempted": CALLS * rate,
        "request_rate": told["request_rate"],
        "reply_rate": told["right"] / told["seconds"] if told["seconds"] else 0,
        "errors": told["errors"],
        "error_share": 100 * told["errors"] / (seconds * rate),
        "no_port": told["no_port"],
        "net": told["net"] * 1024 / 1e6,
        "concurrent": told["concurrent"],
        "cpu": 1e6 * watch.server_cpu / max(1, told["right"]),
        "server_busy": 100 * watch.server_cpu / (told["seconds"] or 1),
    }


def read_httperf(output: str) -> dict[str, float]:
    """The figures in httperf's report."""
    found = {}
    for name, pattern in HTTPERF.items():
        match = re.search(pattern, output)
        if match is None:
            raise Unfit(f"httperf told no {name}:\n{output[-1500:]}")
        found[name] = float(match[1])
    return found


def download(server: Server, core: int, seconds: int, path: str, size: int) -> dict[str, float]:
    """A large file, again and again on one connection."""
    command = [sys.executable, "-m", "benchmarks.client", "download", str(server.port), path, str(seconds)]
    with processes.Watch(server.process) as watch:
        told = json.loads(run(command, core, seconds + 60).splitlines()[-1])
    if told["bytes"] % size:
        raise Unfit(f"{path} was answered with {told['bytes']} bytes in all, not a multiple of {size}")
    return {
        "speed": told["bytes"] / told["seconds"] / 1e6,
        "cpu_mb": 1e6 * watch.server_cpu / (told["bytes"] / 1e6),
        "peak": processes.peak_memory(server.process) / 2**20,
        **watch.shares(told["seconds"]),
    }


class Idlers:
    """Connections that have asked for one page each and then rest, held by a child."""

    def __init__(self, child: subprocess.Popen) -> None:
        self._child = child

    def _order(self, order: str) -> int:
        with contextlib.suppress(BrokenPipeError):  # it has said why
            print(order, file=self._child.stdin, flush=True)
        answer = self._child.stdout.readline()
        if not answer.startswith("{"):
            raise Unfit(f"{order}: {answer}{self._child.stdout.read()[-1500:]}")
        return json.loads(answer)["open"]

    def open(self, number: int) -> None:
        """Have this many of them."""
        found = self._order(f"open {number}")
        if found < number:
            raise Unfit(f"of {number} idle connections it kept {found}")

    def count(self) -> int:
        """How many the server has kept."""
        return self._order("count")


@contextmanager
def idlers(server: Server, core: int) -> Iterator[Idlers]:
    """Idle connections, for a while."""
    pipe = subprocess.PIPE
    child = processes.spawn(
        [sys.executable, "-m", "benchmarks.client", "idle", str(server.port), PAGE],
        core, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield Idlers(child)
    finally:
        processes.stop(child)
