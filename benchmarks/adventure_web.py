"""Figures of the adventure at its web door: python -m benchmarks.adventure_web [SECONDS]

A real `twistd occwserv` on one core, 500 players with live feeds on another one. They write `look` at a steady pace,
whether they are answered or not; the time counts from when a line was due.
"""

import asyncio
import gc
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import uvloop

from .adventure import PLAYERS, names
from .crowd import PLACE, field

ROOT = Path(__file__).parent.parent
RATES = (500, 1000, 1500, 2000, 3000)


class Post(asyncio.Protocol):
    """The connection that a player plays by: one line after the other."""

    def __init__(self) -> None:
        self._held = b""
        self._waiting: list[tuple[bytes, asyncio.Future]] = []

    def connection_made(self, transport) -> None:
        self._transport = transport

    def post(self, form: bytes, cookie: bytes = b"") -> asyncio.Future:
        """The head of the answer, some time."""
        request = (
            b"POST %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (PLACE.encode(), cookie or b"none=1", len(form), form)
        )
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if len(self._waiting) == 1:
            self._transport.write(request)
        return answer

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, end, rest = self._held.partition(b"\r\n\r\n")
        length = int(field(head.decode("latin-1") + "\r\n", "content-length") or 0) if end else 0
        if end and len(rest) >= length:
            self._held = rest[length:]
            _, answer = self._waiting.pop(0)
            answer.set_result(head.decode("latin-1") + "\r\n")
            if self._waiting:
                self._transport.write(self._waiting[0][0])


class Feed(asyncio.Protocol):
    """A live feed: read, and counted."""

    lines = cut = 0

    def data_received(self, data: bytes) -> None:
        Feed.lines += data.count(b"\ndata: ")

    def connection_lost(self, error: Exception | None) -> None:
        Feed.cut += 1


class Web:
    """A server, and its players."""

    def __init__(self, port: int, server: subprocess.Popen) -> None:
        self.port, self.server = port, server
        self.loop = asyncio.get_running_loop()
        self.players: list[tuple[Post, bytes]] = []

    async def enter(self) -> None:
        """Have all come in, and go where there is room."""
        for number, name in enumerate(names(PLAYERS)):
            _, post = await self.loop.create_connection(Post, "127.0.0.1", self.port)
            head = await post.post(b"name=" + name.encode())
            cookie = field(head, "set-cookie").partition(";")[0].encode()
            feed, _ = await self.loop.create_connection(Feed, "127.0.0.1", self.port)
            feed.write(b"GET %s/events HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n" % (PLACE.encode(), cookie))
            self.players.append((post, cookie))
            for step in range(number % 6):  # not all in one room
                await post.post(b"command=" + (b"north", b"east", b"west", b"south")[(number + step) % 4], cookie)

    def spent(self) -> float:
        """Seconds of a core that the server has used."""
        times = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")

    async def look(self, rate: int, seconds: float) -> None:
        """All look, so many times a second."""
        taken: list[float] = []
        lines, cpu, begun = Feed.lines, self.spent(), self.loop.time()
        pending = []
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            if (early := due - self.loop.time()) > 0:
                await asyncio.sleep(early)
            post, cookie = self.players[number % PLAYERS]
            answer = post.post(b"command=look", cookie)
            answer.add_done_callback(lambda _, due=due: taken.append(self.loop.time() - due))
            pending.append(answer)
        await asyncio.wait(pending, timeout=30)
        wall = self.loop.time() - begun
        p50, p99 = (quantiles(taken, n=100)[at] * 1000 for at in (49, 98))
        print(
            f"look at {rate:,}/s: {len(taken) / wall:,.0f}/s answered, median {p50:.1f} ms, p99 {p99:.1f} ms, "
            f"{(Feed.lines - lines) / wall:,.0f} lines/s in feeds, {(self.spent() - cpu) / wall:.0%} of the core",
            flush=True,
        )


async def measure(folder: str, seconds: float) -> None:
    cores = sorted(os.sched_getaffinity(0))[:2]
    settings = ("static.root=" + folder, "adventure.save=null", "log.access=null", "limits.per_client=4000",
                "telnet.listen=null", "irc.serve=null", "timeouts.idle=600", f"adventure.rate={RATES[-1]}")  # fmt: skip
    server = subprocess.Popen(
        ("taskset", "-c", str(cores[0]), Path(sys.executable).with_name("twistd"), "-n", "occwserv", "--listen",
         "tcp:0:interface=127.0.0.1", *(word for setting in settings for word in ("--set", setting))),
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    os.sched_setaffinity(0, {cores[-1]})
    try:
        while (found := re.search(r"serving .*port=(\d+)", server.stdout.readline())) is None:
            pass
        web = Web(int(found[1]), server)
        await web.enter()
        await asyncio.sleep(1)
        for rate in RATES:
            await web.look(rate, seconds)
            await asyncio.sleep(1)
        print(f"{Feed.cut} of {PLAYERS} feeds were cut")
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    gc.disable()  # its pauses would be the players'
    with TemporaryDirectory() as folder:
        uvloop.run(measure(folder, float(sys.argv[1]) if len(sys.argv) > 1 else 5))


if __name__ == "__main__":
    main()
