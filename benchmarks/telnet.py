"""The game over telnet: python -m benchmarks.telnet [--players 2000]

A real `twistd` on one core, its players on another. What is measured is what a player sees: from the line that is sent
to the last byte of what it leads to, at the last of those who hear it. How late the players' own core was, which is in
that, is told beside it.
"""

import argparse
import asyncio
import gc
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import uvloop

from .adventure import names

ROOT = Path(__file__).parent.parent
SIDE = 7  # rooms in a row: as many in all as the shipped world has
RATE, SECONDS = 3000, 5
PACE = 5  # lines a second of one player at most: half of what the game lets him write
READY = re.compile(rb"telnet.listen: listening at .*port=(\d+)")
ENTERING = 50  # at once
SAYS = 20


def world() -> str:
    """A world of SIDE × SIDE rooms, each with a text of some length."""
    lines = ["name: Grid", "welcome: Welcome.", "start: r0_0", "rooms:"]
    for x in range(SIDE):
        for y in range(SIDE):
            near = {"east": (x + 1, y), "west": (x - 1, y), "north": (x, y + 1), "south": (x, y - 1)}
            ways = ", ".join(f"{way}: r{a}_{b}" for way, (a, b) in near.items() if 0 <= a < SIDE and 0 <= b < SIDE)
            text = "A place like others of some size and a view. " * 4
            lines.append(f"  r{x}_{y}: {{name: the Place {x} {y}, text: {text.strip()}, exits: {{{ways}}}}}")
    return "\n".join(lines) + "\n"


class Player(asyncio.Protocol):
    """A client that answers no negotiation. `until` has it wait for a text."""

    def __init__(self) -> None:
        self.text = b""
        self.wanted: bytes | None = None
        self.found: asyncio.Future | None = None
        self.at = 0.0

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.text = (self.text + data)[-4000:]
        if self.wanted is not None and self.wanted in self.text:
            self.at = perf_counter()
            self.wanted = None
            self.found.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if self.found is not None and not self.found.done():
            self.found.set_exception(error or EOFError(f"the server has closed, behind {self.text!r}"))

    def until(self, text: bytes) -> asyncio.Future:
        """Resolved when this text has come from now on; `at` is then when."""
        self.text, self.wanted = b"", text
        self.found = asyncio.get_running_loop().create_future()
        return self.found

    async def ask(self, line: str, text: bytes) -> float:
        """Seconds until an answer has come whole."""
        found, begun = self.until(text), perf_counter()
        self.transport.write(line.encode() + b"\r\n")
        await found
        return self.at - begun


class Server:
    """A `twistd` on its core."""

    def __init__(self, folder: str, core: int) -> None:
        Path(folder, "world.yaml").write_text(world())
        twistd = str(Path(sys.executable).with_name("twistd"))
        settings = (
            "irc.serve=null", "telnet.listen=tcp:0:interface=127.0.0.1:backlog=1024", "telnet.per_client=20000",
            "telnet.login=600", "log.access=null", "adventure.world=world.yaml", "adventure.save=null",
        )  # fmt: skip
        options = [word for setting in settings for word in ("--set", setting)]
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), twistd, "-n", "--pidfile=", "occwserv", "--listen",
             "tcp:0:interface=127.0.0.1", *options],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.port = next(int(found[1]) for line in self.process.stdout if (found := READY.search(line)))

    def memory(self) -> int:
        """Bytes in memory now."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def spent(self) -> float:
        """Seconds of the processor so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def serving(core: int) -> AsyncIterator[Server]:
    """A server, ended afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, core)
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait()


async def enter(server: Server, number: int, spread: bool = False) -> list[Player]:
    """So many players; in one room, or each in the next one."""
    loop = asyncio.get_running_loop()

    async def one(each: int, name: str) -> Player:
        _, player = await loop.create_connection(Player, "127.0.0.1", server.port)
        await player.ask(name, b"Ways:")
        for way, steps in (("east", each % SIDE), ("north", each // SIDE % SIDE)) if spread else ():
            for _ in range(steps):
                await player.ask(way, b"Ways:")
        return player

    players: list[Player] = []
    everybody = [*enumerate(names(number))]
    for begin in range(0, number, ENTERING):
        players += await asyncio.gather(*(one(*each) for each in everybody[begin : begin + ENTERING]))
    return players


async def looks(core: int, number: int) -> None:
    """Players spread over the world, who look."""
    async with serving(core) as server:
        (first,) = await enter(server, 1)
        first.transport.close()
        base = server.memory()
        print(f"before the first player: {base / 2**20:.1f} MiB")
        begun = perf_counter()
        players = await enter(server, number, spread=True)
        print(f"{number:,} players have entered, and gone to their rooms, in {perf_counter() - begun:.0f} s")
        await asyncio.sleep(3)
        print(f"a player: {(server.memory() - base) / number / 1024:.1f} KiB")
        taken: list[float] = []
        late: list[float] = []
        tasks = []

        async def look(player: Player) -> None:
            taken.append(await player.ask("look", b"Ways:"))

        spent, begun = server.spent(), perf_counter()
        rate = min(RATE, PACE * number)
        for turn in range(rate * SECONDS // 6):
            for each in range(6):
                player = players[(turn * 6 + each) % number]
                if player.wanted is None:
                    tasks.append(asyncio.ensure_future(look(player)))
            due = begun + (turn + 1) * 6 / rate
            await asyncio.sleep(max(0, due - perf_counter()))
            late.append(perf_counter() - due)
        await asyncio.gather(*tasks)
        seconds = perf_counter() - begun
        core_used = (server.spent() - spent) / seconds
        print(f"look at {len(taken) / seconds:,.0f}/s: {in_ms(taken)}, {core_used:.0%} of the core")
        print(f"the players themselves were late: {in_ms(late)}")
        tasks, begun = [], perf_counter()
        for each in range(number):
            tasks.append(look(players[each]))
        await asyncio.gather(*tasks)
        print(f"look by all at once: {number / (perf_counter() - begun):,.0f}/s")


def in_ms(seconds: list[float]) -> str:
    """The middle of some times, and how long all but a hundredth are at most."""
    p50, p99 = (quantiles(seconds, n=100)[at] * 1000 for at in (49, 98))
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"


async def says(core: int, listeners: int, watched: int) -> None:
    """From one line to the last who has heard it. Those who are not watched do not read it meanwhile.

    :param watched: every so many-th listener, and the last, is watched. All read on this one core: with as many as the
        server has told in the same time, it would be the reader that is measured.
    """
    async with serving(core) as server:
        players = await enter(server, listeners + 1)
        await asyncio.sleep(1)
        watching = [*players[::-watched]]
        others = [player for player in players if player not in watching]
        for player in others:
            player.transport.pause_reading()
        taken = []
        for number in range(SAYS):
            words = f"hello to all of you, {number} times".encode()
            heard = [player.until(words) for player in watching]
            begun = perf_counter()
            players[0].transport.write(b"say " + words + b"\r\n")
            await asyncio.gather(*heard)
            taken.append((max(player.at for player in watching) - begun) * 1000)
            for player in others:
                player.transport.resume_reading()
            await asyncio.sleep(0.2)
            for player in others:
                player.transport.pause_reading()
        print(
            f"say to {listeners:,}, seen by {len(watching):,}: median {median(taken):.2f} ms, worst {max(taken):.2f} ms"
        )


async def measure(server_core: int, number: int) -> None:
    """All of it."""
    await looks(server_core, number)
    for listeners in (60, 1000):
        for watched in (1, 20):
            await says(server_core, listeners, watched)


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.telnet", description=__doc__)
    parser.add_argument("--players", type=int, default=2000, help="players in all (%(default)s)")
    chosen = parser.parse_args()
    server_core, load_core = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, {load_core})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # its pauses would be the players'
    uvloop.install()
    asyncio.run(measure(server_core, chosen.players))


if __name__ == "__main__":
    main()
