"""The long run of OGI (`python -m tests.soak_ogi [requests [feeds]]`): a real server whose modules fail in every way.

Requests at random kinds of crash, and to hits; a static page is asked for all the while. Then 10,000 idle feeds, and
1,000 readers that stop reading while one publishes flat out; with 0 there are no feeds. Wanted: every accepted
connection gets exactly one answer or a clean close, the static page never fails, no hit is lost, memory and descriptors
are flat, exit code 0.
"""

import asyncio
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from occwserv.garbage import GROWTH

from .soak import memory

ROOT = Path(__file__).parent.parent
QUICK = ("exception", "index", "division", "recursion", "exit", "twice", "drop", "half")
SLOW = ("stop", "deadlock", "never", "loop", "stubborn", "sleep", "regex", "feeds", "descriptors")
CLIENTS = 20
PUBLISH = """
feeds = {}

async def ogimain(ogi):
    await ogi.persist()
    async for c in ogi:
        ogi.fork(publish(ogi, c) if c.path_info == "/publish" else listen(c))

async def listen(c):
    async with c.events() as feed:
        feeds[feed] = None
        try:
            await c.closed
        finally:
            del feeds[feed]

async def publish(ogi, c):
    events = 0
    until = ogi.reactor.seconds() + float(c.query)
    async with c.stream("text/plain") as out:
        while ogi.reactor.seconds() < until:
            for number, feed in enumerate(list(feeds)):
                if feed.open:
                    await feed.send("x" * 10_000)
                    events += 1
                if number % 100 == 0:
                    await ogi.sleep(0)
        await out.write(f"{len(feeds)}, {events}, {sum(feed.missed for feed in feeds)}")
"""
SETTINGS = (
    "ogi.faults=1000000", "ogi.window=1", "ogi.answer=2", "ogi.watchdog=0.1", "log.access=null",
    "limits.connections=20000", "limits.per_client=20000", "timeouts.write=600", "ogi.handlers=256", "ogi.feed=4",
)  # fmt: skip


def start_server(folder: str) -> tuple[subprocess.Popen, int]:
    """A real `twistd` with the shipped modules and one more, and its port."""
    shutil.copytree(ROOT / "ogi", f"{folder}/ogi", ignore=shutil.ignore_patterns("__pycache__"))
    Path(folder, "ogi", "publish.py").write_text(PUBLISH)
    command = [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "--logfile=twistd.log", "occwserv"]
    command += ["--listen", "tcp:0:interface=127.0.0.1:backlog=4096", "--root", str(ROOT / "public_html")]
    command += [word for setting in (*SETTINGS, "irc.serve=null", "telnet.listen=null") for word in ("--set", setting)]
    server = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
    log = Path(folder, "twistd.log")
    for _ in range(300):
        time.sleep(0.1)
        for line in log.read_text().splitlines() if log.exists() else ():
            if "serving " in line:
                return server, int(line.rpartition("port=")[2].strip(" )'\""))
    raise SystemExit("the server did not start")


def descriptors(pid: int) -> int:
    """Files it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


async def one(port: int, path: str) -> bytes:
    """All that comes for one request on a connection of its own, to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = b""
    try:
        async with asyncio.timeout(60):
            while data := await reader.read(65536):
                answer += data
    except ConnectionResetError:
        pass  # cut off: whether it should have been, is judged by what came
    finally:
        writer.close()
    return answer


class Soak:
    """What was asked, and what came of it."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self.answers: Counter[str] = Counter()
        self.errors: list[str] = []
        self.hits = self.pages = 0
        self.slowest = 0.0
        self.most = 0  # KiB of memory since somebody set it to 0
        self.over = False

    async def crashes(self, count: int) -> None:
        """Many clients at once; one in a hundred requests is of a kind that takes its time."""
        left = iter(range(count))
        watching = asyncio.create_task(self.page())
        await asyncio.gather(*(self.client(left) for _ in range(CLIENTS)))
        self.over = True
        await watching

    async def client(self, left) -> None:
        for number in left:
            if number % 100 == 0:
                self.most = max(self.most, memory(self.pid))
            if number % 10_000 == 0:
                print(f"{number:8} requests  {memory(self.pid):7} KiB  {descriptors(self.pid)} descriptors", flush=True)
            if random.random() < 0.2:
                await self.hit()
            else:
                kind = random.choice(SLOW if random.random() < 0.01 else QUICK)
                self.judge(kind, await one(self.port, f"/ogi/crash?kind={kind}"))

    async def hit(self) -> None:
        answer = await one(self.port, "/ogi/hits")
        self.hits += answer.startswith(b"HTTP/1.1 200 ")
        self.judge("hits", answer)

    def judge(self, kind: str, answer: bytes) -> None:
        """Exactly one answer, and the right one; or half of one, cut off."""
        wanted = {
            "hits": (b"200",),
            "twice": (b"200",),
            "never": (b"504",),
            "half": (b"200",),
            "feeds": (b"200", b"500"),
        }
        status = answer[9:12]
        self.answers[f"{kind} {status.decode()}"] += 1
        cut = kind == "half" and answer.endswith(b"b\r\nhalf an ans\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        whole = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or -1) == len(body)
        if answer.count(b"HTTP/1.1 ") != 1 or status not in wanted.get(kind, (b"500",)) or not (whole or cut):
            self.errors.append(f"{kind}: {answer[:200]!r}")

    async def page(self) -> None:
        """The static page, all the while."""
        while not self.over:
            began = time.monotonic()
            answer = await one(self.port, "/robots.txt")
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.pages += 1
            if not answer.startswith(b"HTTP/1.1 200 "):
                self.errors.append(f"the static page: {answer[:100]!r}")
            await asyncio.sleep(0.02)

    async def feeds(self, count: int, buffer: int | None = None) -> list:
        """So many listeners that do not read."""
        writers = []
        for _ in range(count):
            client = socket.socket()
            if buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", self.port))
            reader, writer = await asyncio.open_connection(sock=client, limit=buffer or 65536)
            writer.write(b"GET /ogi/publish HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b":\n\n")
            if buffer:
                writer.transport.pause_reading()
            writers.append(writer)
        return writers


def flat(soak: Soak, what: str, before: int, after: int, most: float) -> None:
    print(f"{what}: {before} before, {after} after")
    if after > before * most:
        soak.errors.append(f"{what} is not flat")


async def run(soak: Soak, requests: int, idle: int) -> None:
    """All of it, one after the other. The feeds come first: later they would lie in memory that was used before."""
    await one(soak.port, "/ogi/hits")
    soak.hits += 1
    before = memory(soak.pid)
    if idle:
        writers = await soak.feeds(idle)
        print(f"{idle} idle feeds: {(memory(soak.pid) - before) / idle:.1f} KiB each")
        for writer in writers:
            writer.close()
        await asyncio.sleep(2)

    await soak.crashes(max(requests // 3, 200))  # so that all has been used once
    await asyncio.sleep(3)
    rest, most, open_before = memory(soak.pid), soak.most, descriptors(soak.pid)
    began, soak.over, soak.most = time.monotonic(), False, 0
    await soak.crashes(requests)
    print(f"{requests} requests took {time.monotonic() - began:.0f} s")
    await asyncio.sleep(3)
    # So much more, and the collector looks: memory is a saw with few teeth here, and may be met anywhere on them.
    flat(soak, "KiB at most", most, soak.most, GROWTH[0])
    flat(soak, "KiB at rest", rest, memory(soak.pid), GROWTH[0])
    flat(soak, "descriptors", open_before, descriptors(soak.pid), 1)
    print(f"the static page: {soak.pages} times, the slowest {soak.slowest:.2f} s")
    shown = await one(soak.port, "/ogi/hits")
    if b"<p>%d hits" % (soak.hits + 1) not in shown:
        soak.errors.append(f"hits were lost: {soak.hits + 1} are not in {shown!r}")
    if not idle:
        return

    writers = await soak.feeds(1000, buffer=1024)
    await one(soak.port, "/ogi/publish/publish?15")
    before = memory(soak.pid)
    answer = await one(soak.port, "/ogi/publish/publish?10")
    print("feeds, events, missed:", answer.split(b"\r\n")[-4].decode())
    flat(soak, "KiB with 1000 readers that stopped", before, memory(soak.pid), 1.05)
    for writer in writers:
        writer.close()
    await asyncio.sleep(1)


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = min(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000, hard - 500)
    with tempfile.TemporaryDirectory() as folder:
        server, port = start_server(folder)
        soak = Soak(port, server.pid)
        try:
            asyncio.run(run(soak, requests, idle))
            server.send_signal(signal.SIGTERM)
            if server.wait(10):
                soak.errors.append(f"exit code {server.returncode}")
        finally:
            server.kill()
    for kind, count in sorted(soak.answers.items()):
        print(f"{count:8} {kind}")
    for error in soak.errors[:10]:
        print("error:", error)
    print(f"{len(soak.errors)} errors")
    raise SystemExit(bool(soak.errors))


if __name__ == "__main__":
    main()
