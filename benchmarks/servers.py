"""A server's life: started with its configuration filled in, asked whether it answers rightly, ended."""

import grp
import http.client
import os
import pwd
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from . import processes
from .peers import PEERS, TWISTD, Peer, find
from .site import Site

HERE = Path(__file__).parent
ROOT = HERE.parent
PATIENCE = 20.0
"""Seconds that a server may take to start."""
RESERVE = 500
"""File descriptors that are not for idle connections."""


class Unfit(Exception):
    """A server that can not be measured, and why."""


@dataclass
class Server:
    """A server that runs."""

    name: str
    port: int
    process: subprocess.Popen
    folder: Path

    @property
    def capacity(self) -> int:
        """How many idle connections it can hold beside some active ones."""
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // PEERS[self.name].descriptors - RESERVE

    def output(self) -> str:
        """The end of what it has said."""
        said = "".join(
            file.read_text(errors="replace")
            for file in (self.folder / "output", self.folder / "error.log")
            if file.exists()
        )
        return said[-2000:].strip()

    def logged(self, awaited: int = 0) -> int:
        """How many lines its access log got since this was last asked.

        It is emptied, lest the disk fill. Some servers write their lines late: up to two seconds for those awaited.
        twisted.web begins a new file with every megabyte.
        """
        lines = 0
        until = time.monotonic() + 2
        while True:
            lines += sum(map(emptied, self.folder.glob("access.log*")))
            if lines >= 0.99 * awaited or time.monotonic() > until:
                return lines
            time.sleep(0.1)

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
        """One answer, on a connection of its own."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", path, headers=headers or {})
            answer = client.getresponse()
            return answer, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unfit(f"{path} was not answered: {error!r}\n{self.output()}") from error
        finally:
            client.close()

    def check(self, site: Site, paths: Sequence[str]) -> None:
        """Every path is answered with its file, whatever browser asks."""
        for number, path in enumerate(paths):
            answer, body = self.ask(path, site.headers[number % len(site.headers)])
            if answer.status != 200 or body != (site.root / path[1:]).read_bytes():
                raise Unfit(f"{path} was answered with {answer.status} and {len(body)} bytes, which are not the file")


def emptied(file: Path) -> int:
    """The lines of a file that it has no more."""
    with file.open("rb") as log:
        lines = sum(block.count(b"\n") for block in iter(lambda: log.read(1 << 20), b""))
    os.truncate(file, 0)
    return lines


@contextmanager
def running(
    name: str, site: Site, core: int, settings: Sequence[str] = (), connections: int = 4096
) -> Iterator[Server]:
    """A server, from its first accepted connection on.

    :param connections: how many it must be able to hold.
    :param settings: more --set for occwserv.
    :raise Unfit: if it does not start.
    """
    peer = PEERS[name]
    if lacking := peer.missing():
        raise Unfit(lacking)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=site.root.parent) as folder:
        values = names(Path(folder), site, peer, connections)
        if peer.config:
            values["more"] = Template(peer.more).substitute(values)
            template = Template((HERE / "peers" / peer.config).read_text())
            Path(values["config"]).write_text(template.substitute(values))
        command = [Template(word).substitute(values) for word in peer.command.split()]
        command[0] = find(command[0]) or command[0]
        if name == "occwserv":
            command += [word for setting in settings for word in ("--set", setting)]
        with open(f"{folder}/output", "wb") as output:
            process = processes.spawn(
                command, core, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
            )
        server = Server(name, int(values["port"]), process, Path(folder))
        try:
            await_start(server)
            yield server
        finally:
            processes.stop(process)


def names(folder: Path, site: Site, peer: Peer, connections: int) -> dict[str, str]:
    """What the $names in commands and configurations stand for."""
    # The workers of nginx and Apache serve as nobody. A server of one process keeps its user: by changing it, it would
    # forget that it is to end when the harness is killed.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {
        "port": str(free_port()),
        "root": str(site.root),
        "folder": str(folder),
        "log": f"{folder}/access.log",
        "config": f"{folder}/config",
        "user": user.pw_name,
        "identity": "user: root" if os.geteuid() == 0 else "",
        "group": grp.getgrgid(user.pw_gid).gr_name,
        "descriptors": str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        "connections": str(connections),
        "modules": "/usr/lib/apache2/modules",
        "peers": str(HERE / "peers"),
        "python": sys.executable,
        "twistd": str(TWISTD),
    }


def free_port() -> int:
    """A port that nobody listens at, below those that clients are given."""
    while True:
        port = random.randrange(18000, 32000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def await_start(server: Server) -> None:
    """Return when the server accepts a connection."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    code = server.process.poll()
    how = "is not listening" if code is None else f"ended with code {code}"
    raise Unfit(f"{how}; it said:\n{server.output() or '(nothing)'}")
