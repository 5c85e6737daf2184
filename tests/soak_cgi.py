"""The long run of the CGI farm (`python -m tests.soak_cgi`): two hundred clients at a farm of sixteen places, for a
minute, with programs that hang, flood, die and fork, while somebody asks for a page all the while.

Wanted: for each client its exact status; afterwards no program, nobody who was not looked after, no descriptor and no
memory more than before; the page at once all the time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from .cgi_site import group_of, program, zombies_of
from .raw_client import Client
from .serving import STATS, environment

TYPE = "echo 'Content-Type: text/plain'; echo; "
CUT_OFF = -1
"""Stands for the status of an answer that did not become whole."""

# What a program does, and the status its client gets.
CASES = {
    "plain": (TYPE + "echo hello", 200),
    "hangs": ("sleep 1000", 504),
    "stops": (TYPE + "echo begun; sleep 1000", CUT_OFF),
    "floods": (TYPE + "head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2", 200),
    "dies": ("kill -9 $$", 502),
    "fails": ("echo no head; exit 1", 502),
    "forks": (TYPE + "echo hello; for i in 1 2 3; do sleep 1000 & done; exit 0", 200),
    "stubborn": ("trap '' TERM; (trap '' TERM; sleep 1000) & while :; do sleep 1000; done", 504),
}


def one(port: int, name: str) -> int:
    """The status that a client of a program gets."""
    client = Client(port)
    try:
        client.send(f"GET /cgi-bin/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return client.answer().status
    except (AssertionError, OSError):
        return CUT_OFF
    finally:
        client.close()


def page(port: int, until: float) -> list[float]:
    """How long a page took, again and again."""
    client, took = Client(port), []
    while time.monotonic() < until:
        began = time.perf_counter()
        client.send(b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n").answer()
        took.append(time.perf_counter() - began)
        time.sleep(0.002)
    client.close()
    return sorted(took)


def start(folder: Path, mark: str) -> tuple[subprocess.Popen, int]:
    """A real server with the programs, and its port."""
    for name, (text, _) in CASES.items():
        program(folder / "root", name, text)
    (folder / "root" / "index.html").write_text("front")
    variable, value = mark.split("=")
    options = (
        "cgi.workers=16", "cgi.wait=60", "cgi.timeouts={first_byte: 0.5, idle: 0.5, kill: 0.2, linger: 0.2}",
        f"cgi.mounts=[{{mount: /cgi-bin/, env: {{{variable}: {value}}}}}]", "log.access=null", "limits.rate=0",
        "irc.serve=null", "telnet.listen=null",
    )  # fmt: skip
    command = [Path(sys.executable).with_name("twistd"), "-n", "--pidfile=", "occwserv", "--root", "root"]
    command += ["--listen", "tcp:0:interface=127.0.0.1"]
    command += [part for option in options for part in ("--set", option)]
    said = folder / "server.log"
    with said.open("w") as log:
        server = subprocess.Popen(
            [str(part) for part in command], cwd=folder, env=environment(), stdout=log, stderr=log
        )
    for _ in range(1000):
        for line in said.read_text().splitlines():
            if "port=" in line:
                return server, int(line.rpartition("port=")[2].strip(" )"))
        time.sleep(0.01)
    raise SystemExit("the server did not start")


def farm(port: int) -> dict:
    """What the farm says of itself."""
    return json.loads(Client(port).send(STATS).answer().body)["cgi"]


def run(port: int, pid: int, seconds: float, clients: int) -> list[str]:
    """The whole load; what went wrong."""
    until = time.monotonic() + seconds
    tally: Counter = Counter()

    def ask(number: int) -> None:
        names = list(CASES)
        while time.monotonic() < until:
            name = names[number % len(names)]
            tally[name, one(port, name)] += 1
            number += 1

    one(port, "plain")
    before = len(os.listdir(f"/proc/{pid}/fd"))
    # Who measures is a process of its own, or it would measure how it waits for two hundred threads.
    with ProcessPoolExecutor(1) as apart, ThreadPoolExecutor(clients) as pool:
        pages = apart.submit(page, port, until)
        list(pool.map(ask, range(clients)))
        took = pages.result()
    while (figures := farm(port))["running"]:
        time.sleep(0.05)
    time.sleep(0.5)
    wrong = [f"{count} times {seen} of {name}" for (name, seen), count in tally.items() if seen != CASES[name][1]]
    after = len(os.listdir(f"/proc/{pid}/fd"))
    if after > before + 1:
        wrong.append(f"{after - before} descriptors more than before")
    if zombies_of(pid):
        wrong.append("somebody was not looked after")
    print(", ".join(f"{name} {seen}: {count}" for (name, seen), count in sorted(tally.items())))
    print({name: value for name, value in figures.items() if name != "scripts"})
    print(f"a page took {1000 * took[len(took) // 2]:.2f} ms, p99 {1000 * took[len(took) * 99 // 100]:.2f} ms")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=200)
    options = parser.parse_args()
    mark = f"OCCWSERV_MARK=soak{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        server, port = start(Path(folder), mark)
        try:
            wrong = run(port, server.pid, options.seconds, options.clients)
        finally:
            server.terminate()
            status = server.wait()
        said = Path(folder, "server.log").read_text()
    wrong += ["a traceback"] * ("Traceback" in said) + [f"still there: {group_of(mark)}"] * bool(group_of(mark))
    print(f"exit code {status}", *wrong, sep="\n")
    raise SystemExit(bool(wrong or status))


if __name__ == "__main__":
    main()
