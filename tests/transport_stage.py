"""Where scenes between a transport and its client are played, in a process with the reactor they are about.

A scene is a coroutine with a `Stage`: it listens with Twisted protocols, connects clients, and lets them act. What the
server's side was told and what the client's side was told is noted on two sheets, in words. `play` gives the sheets of
all scenes, played on Twisted's own transports under its own choice of a reactor, or on uvloop's.
"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater, react
from twisted.python import log

from occwserv.net.port import LoopEndpoint, quick
from occwserv.net.reactor import install_reactor

from .raw_client import PATIENCE
from .serving import REPOSITORY, environment
from .transport_parties import Guest, Party, Sheet

KINDS = ("stock", "loop")
LOCAL = "tcp:0:interface=127.0.0.1"
try:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
    LOCAL6 = "tcp6:0:interface=\\:\\:1"
except OSError:
    LOCAL6 = LOCAL  # a machine without it


class Stage:
    """What a scene has to work with. `host` is the sheet of the server's side, `guest` that of the client's."""

    def __init__(self, reactor, kind: str) -> None:
        self.reactor = reactor
        self.host = Sheet()
        self.guest = Sheet()
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.kind = kind
        self._ports: list = []
        self._guests: list[Guest] = []

    @property
    def unix(self) -> str:
        """An endpoint of this scene in the file system."""
        return f"unix:{self.folder}/socket"

    async def listen(self, build: Callable[[], Protocol | None] | Factory, where: str | object = LOCAL):
        """A port whose clients are given to the protocols that are built.

        :param where: an endpoint, or its description.
        """
        endpoint = serverFromString(self.reactor, where) if isinstance(where, str) else where
        if self.kind == "loop":
            endpoint = quick(endpoint, self.reactor)
            assert isinstance(endpoint, LoopEndpoint)
        factory = build
        if not isinstance(build, Factory):
            factory = Factory()
            factory.noisy = False
            factory.buildProtocol = lambda address: build()
        port = await endpoint.listen(factory)
        self._ports.append(port)
        return port

    def connect(self, port) -> Guest:
        """A client of the port."""
        where = port.getHost()
        if isinstance(where, UNIXAddress):
            guest = Guest(self.guest, socket.AF_UNIX, where.name)
        else:
            family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
            guest = Guest(self.guest, family, (where.host, where.port))
        self._guests.append(guest)
        return guest

    def forget(self, port) -> None:
        """The scene closes the port itself."""
        self._ports.remove(port)

    async def meet(
        self, host: type[Party] = Party, where: str = LOCAL, first: bytes = b"", **acts
    ) -> tuple[Party, Guest]:
        """Both sides of a new connection. The acts are those of the host.

        :param first: what the client has sent before it is taken in.
        """
        hosts: list[Party] = []

        def build() -> Party:
            hosts.append(host(self.host, **acts))
            return hosts[0]

        port = await self.listen(build, where)
        port.stopReading()
        guest = self.connect(port)
        guest.send(first)
        await self.turns()
        port.startReading()
        await self.until(lambda: hosts and hosts[0].transport)
        return hosts[0], guest

    async def turns(self, count: int = 30) -> None:
        """Let everything happen that can."""
        for _ in range(count):
            await deferLater(self.reactor, 0)
            for guest in self._guests:
                guest.look()

    async def until(self, reached: Callable[[], object]) -> None:
        """Let things happen until something has come about."""
        deadline = time.monotonic() + PATIENCE / 3
        while not reached():
            if time.monotonic() > deadline:
                raise AssertionError("never came about")
            await self.turns(1)

    async def heard(self, line: str, times: int = 1) -> None:
        """Wait until clients have noted something so many times."""
        await self.until(lambda: self.guest.lines.count(line) == times)

    async def noted(self, line: str, times: int = 1) -> None:
        """Wait until the server's side has noted something so many times."""
        await self.until(lambda: self.host.lines.count(line) == times)

    async def clear(self) -> dict[str, list[str]]:
        """What was noted. Then all is closed."""
        await self.turns()
        for sheet in (self.host, self.guest):
            sheet.settle()
        sheets = {"host": list(self.host.lines), "guest": list(self.guest.lines)}
        for guest in self._guests:
            guest.close()
        await DeferredList([maybeDeferred(port.stopListening) for port in self._ports])
        await self.turns()
        shutil.rmtree(self.folder)
        return sheets


async def _play_all(reactor, kind: str, scenes: dict[str, Callable]) -> None:
    played = {}
    sheets: list[Sheet] = []

    def note_failure(event: dict) -> None:
        if event["isError"]:
            sheets[-1].note(f"logged {event['failure'].type.__name__}")

    log.addObserver(note_failure)
    for name, act in scenes.items():
        stage = Stage(reactor, kind)
        sheets.append(stage.host)
        try:
            await act(stage)
        except Exception:
            stage.host.note(traceback.format_exc())
        played[name] = await stage.clear()
    print(json.dumps(played))


def main(kind: str, module: str) -> None:
    """In the child: play the scenes of a module, and write what was noted."""
    if kind == "loop":
        install_reactor()
    scenes = {name: act for name, act in vars(import_module(module)).items() if hasattr(act, "scene")}
    react(lambda reactor: Deferred.fromCoroutine(_play_all(reactor, kind, scenes)))


def scene(host: list[str], guest: list[str], loop_host: list[str] | None = None) -> Callable:
    """Marks a scene, and tells what is to be noted in it on every transport.

    :param loop_host: what the server's side notes with uvloop, where it has to be something else.
    """

    def mark(act: Callable) -> Callable:
        act.scene = {kind: {"host": host, "guest": guest} for kind in KINDS}
        if loop_host is not None:
            act.scene["loop"]["host"] = loop_host
        return act

    return mark


def play(module: str) -> dict[str, dict]:
    """The scenes of a module on each kind of transport, both at once."""
    program = "import sys; from tests.transport_stage import main; main(*sys.argv[1:])"
    children = {
        kind: subprocess.Popen(
            (sys.executable, "-c", program, kind, module), cwd=REPOSITORY, env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for kind in KINDS
    }  # fmt: skip
    played = {}
    for kind, child in children.items():
        try:
            said, complained = child.communicate(timeout=4 * PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            said, complained = child.communicate()
        if child.returncode:
            raise AssertionError(f"{kind}: {complained.decode()}")
        played[kind] = json.loads(said)
    return played
