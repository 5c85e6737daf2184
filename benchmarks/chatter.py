"""`python -m benchmarks.chatter`: how long a page takes while 1,000 processes of a module talk flat out.

One client asks for a small page again and again, first of a server at rest, then beside the talk: the time of an answer
shows how long the reactor was kept from its other business. At the end the server is told to stop, all the while.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .servers import ROOT

ASKED = 3000
TALK = """
from occwserv.csp import Channel


async def ping(left, right):
    while True:
        await right.send(await left.receive())


async def ogimain(ogi):
    await ogi.persist()
    async for connection in ogi:
        for _ in range(500):
            left, right = Channel(), Channel()
            ogi.fork(ping(left, right))
            ogi.fork(ping(right, left))
            ogi.fork(first(left))
        await connection.text("they talk")


async def first(channel):
    await channel.send(0)
"""


def ask(client: socket.socket, path: str) -> float:
    """Ask for a page, and how many milliseconds the answer took."""
    begun = time.perf_counter()
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(f"{path} was answered with {answer[:100]!r}")
    return (time.perf_counter() - begun) * 1000


def show(name: str, times: list[float]) -> None:
    times.sort()
    p50, p99, worst = times[len(times) // 2], times[len(times) * 99 // 100], times[-1]
    print(f"{name:28} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   longest {worst:6.2f} ms")


def main() -> None:
    """Measure it once."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        (Path(folder) / "ogi").mkdir()
        (Path(folder) / "ogi" / "talk.py").write_text(TALK)
        (Path(folder) / "public_html").mkdir()
        (Path(folder) / "public_html" / "page.html").write_text("x" * 500)
        listen = f"tcp:{port}:interface=127.0.0.1"
        command = [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "occwserv", "--listen", listen]
        server = subprocess.Popen(
            [*command, "--set", "irc.serve=null", "--set", "telnet.listen=null", "--set", "log.access=null",
              "--set", "limits.requests=1000000"],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            client = connect(port)
            show("at rest", [ask(client, "/page.html") for _ in range(ASKED)])
            ask(client, "/ogi/talk")
            show("beside 1,000 that talk", [ask(client, "/page.html") for _ in range(ASKED)])
            begun = time.perf_counter()
            server.send_signal(signal.SIGTERM)
            print(f"told to stop, it ended after {end(server, begun):.2f} s, with exit code {server.returncode}")
        finally:
            server.kill()
            server.wait()


def connect(port: int) -> socket.socket:
    """A connection, once the server listens."""
    until = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def end(server: subprocess.Popen, begun: float) -> float:
    """Wait for the end of a server, and how many seconds that took."""
    server.wait(30)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
