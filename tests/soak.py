"""The long run (`make soak`): a real server, a minute of quick and slow clients, reloads and the end under load.

500 clients ask for pages on kept connections, as fast as they get them; 50 send a request one byte a second. Twenty
times the server is told to reload, and at last to end. Wanted: no error for the 500, the 50 cut off at the configured
time, memory flat, exit code 0.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = 3.0
"""Seconds a head may take: the setting the slow clients meet."""


@dataclass
class Tally:
    """What the clients saw."""

    answers: int = 0
    farewells: int = 0
    ending: bool = False
    errors: list[str] = field(default_factory=list)
    cut_after: list[float] = field(default_factory=list)


def start_server(folder: str) -> tuple[subprocess.Popen, int]:
    """A real `twistd`, and the port it chose."""
    twistd = Path(sys.executable).with_name("twistd")
    command = [twistd, "-n", "--pidfile=", "occwserv", "--listen", "tcp:0:interface=127.0.0.1:backlog=1024"]
    command += ["--root", str(ROOT / "public_html"), "--set", f"log.access={folder}/access.log"]
    command += ["--set", f"timeouts.head={HEAD}", "--set", "irc.serve=null", "--set", "telnet.listen=null"]
    server = subprocess.Popen(
        [str(part) for part in command], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in server.stdout:
        if "port=" in line:
            return server, int(line.rpartition("port=")[2].strip(" )\n"))
    raise SystemExit("the server did not start")


async def quick(port: int, page: bytes, until: asyncio.Event, tally: Tally) -> None:
    """Ask again and again; a connection the server closes as announced is opened anew."""
    request = b"GET /%b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: soak\r\n\r\n" % page
    while not until.is_set():
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError as error:
            if not tally.ending:
                tally.errors.append(f"connect: {error}")
            return
        try:
            while not until.is_set():
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                if not head.startswith(b"HTTP/1.1 200 "):
                    tally.errors.append(head.partition(b"\r\n")[0].decode())
                tally.answers += 1
                if b"Connection: close" in head:
                    tally.farewells += 1
                    break
        except (OSError, asyncio.IncompleteReadError) as error:
            tally.errors.append(repr(error))
        writer.close()


async def slow(port: int, until: asyncio.Event, tally: Tally) -> None:
    """Send a request one byte a second, and note when one is cut off."""
    while not until.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = time.monotonic()
        try:
            for byte in b"GET /index.html HTTP/1.1\r\nHost: localhost\r\nUser-Agent: slow\r\n\r\n":
                writer.write(bytes([byte]))
                try:
                    await asyncio.wait_for(reader.read(65536), 1)
                    break  # an answer, or the end: either way the server is through with us
                except TimeoutError:
                    if until.is_set():
                        return
        except OSError:
            pass
        tally.cut_after.append(time.monotonic() - began)
        writer.close()


def memory(pid: int) -> int:
    """Resident memory in KiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def run(server: subprocess.Popen, port: int, seconds: float, quicks: int, slows: int) -> Tally:
    """The whole load; the server has ended afterwards."""
    tally, until = Tally(), asyncio.Event()
    pages = [b"index.html", b"style.css", b"robots.txt", b"about.html"]
    tasks = [asyncio.create_task(quick(port, pages[n % 4], until, tally)) for n in range(quicks)]
    tasks += [asyncio.create_task(slow(port, until, tally)) for _ in range(slows)]
    sizes = []
    for step in range(20):
        await asyncio.sleep(seconds / 20)
        server.send_signal(signal.SIGHUP)
        sizes.append(memory(server.pid))
        at = (step + 1) * seconds / 20
        print(f"{at:5.1f} s  {tally.answers:8} answers  {sizes[-1]:7} KiB  {len(tally.errors)} errors")
    tally.ending = True  # from now on a new connection may find the door shut; a kept one must not be cut
    server.send_signal(signal.SIGTERM)
    until_closed = asyncio.get_running_loop().run_in_executor(None, server.wait)
    # The clients go on asking: each is told to close with its next answer, and finds the door shut then.
    await asyncio.sleep(0.2)
    until.set()
    await asyncio.gather(*tasks)
    await until_closed
    print(f"memory after a quarter and at the end: {sizes[4]} and {sizes[-1]} KiB")
    if sizes[-1] > sizes[4] * 1.1:
        tally.errors.append("memory is not flat")
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--quick", type=int, default=500)
    parser.add_argument("--slow", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server, port = start_server(folder)
        tally = asyncio.run(run(server, port, options.seconds, options.quick, options.slow))
        lines = Path(folder, "access.log").read_bytes().count(b'" 200 ')
    cut = tally.cut_after
    print(f"{tally.answers} answers, {lines} of them logged; {tally.farewells} clients were told to close")
    print(f"exit code {server.returncode}")
    if cut:
        print(f"{len(cut)} slow clients were cut off after {min(cut):.1f} to {max(cut):.1f} s")
    for error in tally.errors[:10]:
        print("error:", error)
    print(f"{len(tally.errors)} errors")
    raise SystemExit(bool(tally.errors or server.returncode))


if __name__ == "__main__":
    main()
