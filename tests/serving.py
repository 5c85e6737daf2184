"""What the end-to-end tests share: a real `twistd occwserv` in a process of its own, started and ended.

Nothing sleeps here. What is waited for is something to read: a line the server says, an answer, an end.
"""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from twisted.trial.unittest import SkipTest

from .program import Program
from .raw_client import PATIENCE, Answer, Client

HERE = "tcp:0:interface=127.0.0.1"
REPOSITORY = Path(__file__).resolve().parent.parent
TWISTD = Path(sys.executable).with_name("twistd")
SHUT = ("--set", "irc.serve=null", "--set", "telnet.listen=null")
"""No doors of the game: tests that run at once would meet at their ports."""
STATS = b"GET /stats.json HTTP/1.1\r\nHost: test\r\n\r\n"
SERVING = r"serving (.+) at IPv4Address\(.*port=(\d+)\)"


def environment() -> dict[str, str]:
    """The environment of every child: it finds the plug-in of this repository."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}


def run(command: Sequence[str | Path], folder: Path, text: bool = True) -> subprocess.CompletedProcess:
    """A command that ends by itself, and what it says."""
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8" if text else None, start_new_session=True,
    ) as child:  # fmt: skip
        try:
            said, complained = child.communicate(timeout=PATIENCE)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)  # with all that it started
            raise
    return subprocess.CompletedProcess(command, child.returncode, said, complained)


def twistd(*options: str, folder: Path) -> subprocess.CompletedProcess:
    """`twistd` with these options, when it is to end by itself."""
    return run((TWISTD, *options), folder)


def needed(program: str) -> str:
    """The path of a program that is not ours; without it the test is skipped."""
    path = shutil.which(program)
    if path is None:
        raise SkipTest(f"{program} is not installed")
    return path


class Server(Program):
    """A `twistd -n` that serves, and what it has said.

    :param options: those of occwserv; the doors of the game are shut if these do not open them, or `doors`.
    :param reactor: as of `twistd --reactor`; None for what occwserv chooses.
    :param endpoints: how many it will listen at.
    :param doors: whether the doors of the game are open as the settings say.
    :param descriptors: how many files it may have open; None for as many as we may.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        reactor: str | None = None,
        endpoints: int = 1,
        descriptors: int | None = None,
        doors: bool = False,
    ) -> None:
        chosen = ("--reactor", reactor) if reactor else ()
        limit = ("sh", "-c", f'ulimit -n {descriptors} && exec "$0" "$@"') if descriptors else ()
        self.folder = folder
        command = (*limit, TWISTD, *chosen, "-n", "occwserv", *(() if doors else SHUT), *options)
        super().__init__(command, folder, environment())
        try:
            self.ports = [int(self.wait_for(SERVING)[2]) for _ in range(endpoints)]
            # It has opened its ports; signals mean to it what they should only when its reactor runs. Then a client
            # that comes and goes without a word is let go.
            client = Client(self.ports[0])
            client.finish().rest()
            client.close()
        except BaseException:
            self.kill()
            raise
        self.port = self.ports[0]

    def wait_for(self, pattern: str) -> re.Match:
        """The next line with this pattern in what the server says, behind the one that was waited for last."""
        return super().wait_for(pattern + r".*\n")

    def descriptors(self) -> int:
        """How many files it has open. Those that lead to its standard output are not counted: the access log opens one
        when it has its first lines, which is in a second or so."""
        folder = Path(f"/proc/{self.pid}/fd")
        output, links = os.readlink(folder / "1"), []
        for each in os.listdir(folder):
            with suppress(FileNotFoundError):  # it was closed meanwhile
                links.append(os.readlink(folder / each))
        return sum(link != output for link in links)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal.

        :return: its exit status.
        """
        self.tell(number)
        return self.end()


class Serving:
    """What a test case is given to start servers and to talk to them. Everything is ended in the clean-up."""

    def new_folder(self) -> Path:
        """An empty folder."""
        folder = Path(tempfile.mkdtemp(prefix="occwserv-test-")).resolve()
        self.addCleanup(shutil.rmtree, folder)
        return folder

    def start(self, *options: str, folder: Path | None = None, listen: str | None = HERE, **how) -> Server:
        """A server that serves, of this test alone. Without `listen` it listens where its settings say."""
        where = ("--listen", listen) if listen else ()
        server = Server(folder or self.new_folder(), *where, *options, **how)
        self.addCleanup(server.kill)
        return server

    def connect(self, server: Server | int, **how) -> Client:
        """A client of the server, or of a port."""
        client = Client(server if isinstance(server, int) else server.port, **how)
        self.addCleanup(client.close)
        self.clients = [*getattr(self, "clients", ()), client]
        return client

    def end(self, server: Server) -> str:
        """Leave the server, and end it with SIGTERM, as it should end.

        :return: all that it said.
        """
        for client in self.clients:
            client.close()
        self.assertEqual(server.stop(), 0, server.output)
        self.assertNotIn("Traceback", server.output)
        return server.output

    def get(self, server: Server, path: str, *lines: str, method: str = "GET", **how) -> Answer:
        """The answer to a request on a connection of its own."""
        client = self.connect(server, **how)
        head = (f"{method} {path} HTTP/1.1", "Host: test", "Connection: close", *lines, "", "")
        answer = client.send("\r\n".join(head).encode("latin-1")).answer(method)
        self.assertEqual(client.rest(), b"")
        client.close()
        return answer

    def figures(self, server: Server) -> dict:
        """What the server says of itself."""
        return json.loads(self.get(server, "/stats.json").body)

    def until(self, server: Server, reached: Callable[[dict], object]) -> dict:
        """Ask the server for its figures until they are as they should become."""
        client = self.connect(server)
        deadline = time.monotonic() + PATIENCE
        while not reached(figures := json.loads(client.send(STATS).answer().body)):
            self.assertLess(time.monotonic(), deadline, f"never came about: {figures}")
        client.close()
        return figures

    def assert_refused(self, port: int) -> None:
        """Nobody listens at the port any more, or soon does not."""
        deadline = time.monotonic() + PATIENCE
        with self.assertRaises(ConnectionRefusedError):
            while time.monotonic() < deadline:
                with suppress(ConnectionResetError):
                    Client(port).close()


class Shared(Serving):
    """A test case whose tests share one server, because it takes most of a second to start one.

    Trial knows no setUpClass: the first test of a class starts the server, and the first one of another class that
    shares ends it, or else the end of all tests.
    """

    options: tuple[str, ...] = ()
    _current: tuple[type, Server] | None = None

    @classmethod
    def fill(cls, root: Path) -> None:
        """Put the files there that are served."""

    @classmethod
    def launch(cls, folder: Path) -> Server:
        """The server, in its own folder."""
        (folder / "root").mkdir()
        cls.fill(folder / "root")
        return Server(folder, "--listen", HERE, "--root", "root", *cls.options)

    def setUp(self) -> None:
        if Shared._current is None or Shared._current[0] is not type(self):
            Shared._end_current()
            folder = Path(tempfile.mkdtemp(prefix="occwserv-test-")).resolve()
            Shared._current = type(self), self.launch(folder)
        self.server = Shared._current[1]
        self.root = self.server.folder / "root"

    def tearDown(self) -> None:
        """After every test the server serves on, and has made no mistake."""
        self.assertEqual(self.figures(self.server)["faults"], {"lost": 0, "twice": 0, "crashed": 0})
        self.assertNotIn("Traceback", self.server.output)

    @classmethod
    def _end_current(cls) -> None:
        if Shared._current is not None:
            server, Shared._current = Shared._current[1], None
            server.kill()
            shutil.rmtree(server.folder)


atexit.register(Shared._end_current)
