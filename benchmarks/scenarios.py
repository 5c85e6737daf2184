"""What is measured: each scenario checks a server's answers, warms it up, and measures it once in every round."""

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from . import loads, processes
from .servers import Server, Unfit
from .site import HELLO, LARGE, LARGE_BYTES, PAGE, PAGE_BYTES, PROGRAM, Site

Run = dict[str, float]
"""The figures of one run, by name."""

SERVERS = ("occwserv", "nginx", "nginx-cache", "lighttpd", "h2o", "apache")
HITS = "/ogi/hits"
FIRST_IDLE = 1000
"""Idle connections from which on their memory is counted: those before it fill what a server has ready anyhow."""
REST = 4
"""Seconds after which connections that were opened are idle for the kernel, too, and those that were closed gone."""
TURNS = 3
"""How often the idle connections come and go in a run."""


@dataclass(frozen=True)
class Bench:
    """What all scenarios share."""

    site: Site
    server_core: int
    load_core: int
    rounds: int
    seconds: int
    idle: int
    rates: tuple[int, ...]
    settings: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """One question put to several servers.

    :param prepare: checks and warms up a server, and returns what measures it once.
    :param columns: the figures that are shown.
    :param compared: those of them that are compared with each peer's.
    :param fresh: whether the server is started anew for each run.
    """

    letter: str
    title: str
    prepare: Callable[[Bench, Server], Callable[[], Run]]
    columns: tuple[str, ...]
    compared: tuple[str, ...]
    peers: tuple[str, ...] = SERVERS
    fresh: bool = False


def page(bench: Bench, server: Server) -> Callable[[], Run]:
    """The 8 KiB page."""
    server.check(bench.site, [PAGE])
    return warm(bench, lambda seconds: sized(loads.wrk(server, bench.load_core, seconds), PAGE_BYTES))


def mixed(bench: Bench, server: Server) -> Callable[[], Run]:
    """Files of mixed size, asked for by many browsers."""
    server.check(bench.site, bench.site.mixed)
    return warm(bench, lambda seconds: loads.wrk(server, bench.load_core, seconds, replay=bench.site.requests))


def conditional(bench: Bench, server: Server) -> Callable[[], Run]:
    """What a browser asks that has the page already."""
    server.check(bench.site, [PAGE])
    etag = server.ask(PAGE)[0].getheader("ETag")
    if etag is None:
        raise Unfit("it sends no ETag")
    answer, body = server.ask(PAGE, {"If-None-Match": etag})
    if answer.status != 304 or body:
        raise Unfit(f"If-None-Match with its ETag {etag} was answered with {answer.status}")
    header = f"If-None-Match: {etag}"
    return warm(bench, lambda seconds: sized(loads.wrk(server, bench.load_core, seconds, header=header), 0))


def warm(bench: Bench, measure: Callable[[int], Run]) -> Callable[[], Run]:
    """Run it for a second first."""
    measure(1)
    return lambda: measure(bench.seconds)


def sized(run: Run, body: int) -> Run:
    """The run, if the answers to it had about the right size: wrk itself does not tell 200 from 304."""
    if not body < run["answer_bytes"] < body + 1000:
        raise Unfit(f"its answers to the load had {run['answer_bytes']:.0f} bytes, with a body of {body}")
    return run


def large(bench: Bench, server: Server) -> Callable[[], Run]:
    """A file of 100 MB."""
    server.check(bench.site, [LARGE])
    return lambda: loads.download(server, bench.load_core, bench.seconds, LARGE, LARGE_BYTES)


def idle(bench: Bench, server: Server) -> Callable[[], Run]:
    """32 active clients, in turns among many idle connections and without them: a server slows as it ages, too.

    They take a breath before each request: as fast as they are answered, the load would be late, and not the server.
    """
    server.check(bench.site, [PAGE])
    number = min(bench.idle, server.capacity)

    def active() -> Run:
        time.sleep(REST)
        loads.wrk(server, bench.load_core, 1, connections=32, pause=1)
        return loads.wrk(server, bench.load_core, bench.seconds, connections=32, pause=1)

    def crowd(stack: ExitStack) -> tuple[int, int]:
        """Let the idle ones come. Returns the memory with the first of them, and with all."""
        idlers = stack.enter_context(loads.idlers(server, bench.load_core))
        idlers.open(FIRST_IDLE)
        first = processes.memory(server.process)
        idlers.open(number)
        stack.callback(keeps, idlers)
        time.sleep(REST)
        return first, processes.memory(server.process)

    def keeps(idlers: loads.Idlers) -> None:
        if (kept := idlers.count()) < number:
            raise Unfit(f"of {number} idle connections it kept {kept}")

    def measure() -> Run:
        runs: dict[str, list[Run]] = {"alone": [], "crowded": []}
        memory = []
        base = processes.memory(server.process)
        for _ in range(TURNS):
            with ExitStack() as stack:
                memory.append(crowd(stack))
                runs["crowded"].append(active())
            runs["alone"].append(active())
        first, full = memory[0]
        found = {
            f"{name}_{which}": statistics.median(run[name] for run in taken)
            for which, taken in runs.items()
            for name in ("rate", "p50", "p99", "errors")
        }
        return {
            "idle": number,
            "base": base / 2**20,
            "full": full / 2**20,
            "each": (full - first) / 1024 / (number - FIRST_IDLE),
            **found,
            "slower": found["p99_crowded"] / found["p99_alone"],
        }

    return measure


def programs(bench: Bench, server: Server) -> Callable[[], Run]:
    """A CGI program that says hello, 16 at once, while a page is asked for all the while."""
    if not (bench.site.root / PROGRAM[1:]).exists():
        raise Unfit("there is no C compiler for the program (Debian: gcc)")
    answer, body = server.ask(PROGRAM)
    if answer.status != 200 or body != HELLO:
        raise Unfit(f"{PROGRAM} was answered with {answer.status} and {body[:100]!r}")
    return warm(
        bench,
        lambda seconds: sized(loads.programs(server, bench.load_core, seconds, PROGRAM), len(HELLO)),
    )


def application(bench: Bench, server: Server) -> Callable[[], Run]:
    """An application in the server: our counter of hits, the others' hello."""
    answer, body = server.ask(HITS)
    if answer.status != 200 or b"</p>" not in body:
        raise Unfit(f"{HITS} was answered with {answer.status} and {body[:100]!r}")
    return warm(bench, lambda seconds: loads.wrk(server, bench.load_core, seconds, path=HITS))


def at_rate(rate: int) -> Scenario:
    """The paper's experiment at one rate."""

    def prepare(bench: Bench, server: Server) -> Callable[[], Run]:
        server.check(bench.site, [PAGE])
        return lambda: loads.httperf(server, bench.load_core, rate, 2)

    return Scenario("c", f"{rate} connections/s", prepare, (), (), fresh=True)


WRK = ("rate", "cpu", "server_busy", "load_busy", "p50", "p99", "errors", "logged")
IDLE = ("idle", "base", "full", "each", "rate_alone", "rate_crowded", "p50_alone", "p50_crowded")
SCENARIOS = {
    "page": Scenario("a", "the 8 KiB page, 64 kept connections", page, WRK, ("rate", "cpu")),
    "mixed": Scenario("b", "1,000 files of mixed size, 500 browsers, Zipf", mixed, WRK, ("rate", "cpu")),
    "paper": Scenario(
        "c", "the paper's experiment: 4 requests a connection, rising rate, 2 s a run", page, (), (),
        ("occwserv", "nginx", "lighttpd", "h2o", "apache"),
    ),
    "conditional": Scenario("d", "conditional requests, answered 304", conditional, WRK, ("rate", "cpu")),
    "large": Scenario(
        "e", "a file of 100 MB", large, ("speed", "cpu_mb", "server_busy", "load_busy", "peak"), ("speed", "cpu_mb")
    ),
    "idle": Scenario(
        "f", "32 active clients among idle connections", idle,
        (*IDLE, "p99_alone", "p99_crowded", "slower", "errors_crowded"), ("each", "p99_crowded"), fresh=True,
    ),
    "python": Scenario(
        "g", "the 8 KiB page, 64 kept connections; servers in Python", page, WRK, ("rate", "cpu"),
        ("occwserv", "twisted", "aiohttp", "starlette"),
    ),
    "cgi": Scenario(
        "h", "a CGI program that says hello, 16 at once, and a page all the while", programs,
        ("rate", "server_busy", "load_busy", "p50", "p99", "errors", "page_p50", "page_p99", "page_most"),
        ("rate", "page_p99"), ("occwserv", "lighttpd-cgi", "apache-cgi"),
    ),
    "application": Scenario(
        "i", "an application in the server: /ogi/hits, and hello by ASGI without an access log", application, WRK,
        ("rate", "cpu"), ("occwserv", "uvicorn", "granian"),
    ),
}  # fmt: skip
