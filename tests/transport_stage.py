"""Where scenes between a transport and its client are played, in a process with the reactor they are about.

A scene is a coroutine with a `Stage`: it listens with Twisted protocols, connects clients, and lets them act. What the
server's side was told and what the client's side was told is noted on two sheets, in words. `play` gives the sheets of
all scenes, played on Twisted's own transports under its own choice of a reactor, or on uvloop's.
"""

import json
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from zlib import crc32

from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater, react
from twisted.python import log
from zope.interface import implementer

from occwserv.net.port import LoopEndpoint, quick
from occwserv.net.reactor import install_reactor

from .raw_client import PATIENCE
from .serving import REPOSITORY, environment

KINDS = ("stock", "loop")
LOCAL = "tcp:0:interface=127.0.0.1"
MUCH = bytes(range(251)) * 40_000
"""More than the system holds between two ends of a connection."""


def told(data: bytes) -> str:
    """Data as it is noted: how it was cut does not matter."""
    return f"data {bytes(data)!r}" if len(data) < 80 else f"data {len(data)} bytes {crc32(data):08x}"


class Sheet:
    """What one side was told, in its order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._data = bytearray()

    def note(self, line: str) -> None:
        """Something happened."""
        self.settle()
        self.lines.append(line)

    def data(self, data: bytes) -> None:
        """Bytes came."""
        self._data += data

    def settle(self) -> None:
        """Note the bytes that came since something else happened."""
        if self._data:
            self.lines.append(told(self._data))
            self._data.clear()

    @property
    def unsettled(self) -> bytes:
        """The bytes that came since something else happened."""
        return bytes(self._data)

    def forget(self) -> bytes:
        """The same, which are not to be noted."""
        data = self.unsettled
        self._data.clear()
        return data

    def __contains__(self, line: str) -> bool:
        return line in self.lines


class Party(Protocol):
    """One side of a connection. It notes what it is told, and then does what the scene gave it to do."""

    def __init__(self, sheet: Sheet, **acts: Callable) -> None:
        self.sheet = sheet
        self.acts = acts

    def _told(self, event: str, *args) -> None:
        act = self.acts.get(event)
        if act is not None:
            act(self, *args)

    def connectionMade(self) -> None:
        self.sheet.note("made")
        self._told("made")

    def dataReceived(self, data: bytes) -> None:
        self.sheet.data(data)
        self._told("data", data)

    def connectionLost(self, reason) -> None:
        self.sheet.note(f"lost {type(reason.value).__name__}")
        self._told("lost")


@implementer(IHalfCloseableProtocol)
class HalfParty(Party):
    """One that goes on when the other side has said that it sends nothing more."""

    def readConnectionLost(self) -> None:
        self.sheet.note("read lost")
        self._told("read_lost")

    def writeConnectionLost(self) -> None:
        self.sheet.note("write lost")
        self._told("write_lost")


class Producer:
    """A producer that notes what it is told. A pull producer sends its pieces, one each time it is asked."""

    def __init__(self, party: Party, pieces: list[bytes] | None = None) -> None:
        self._party = party
        self._pieces = pieces

    def pauseProducing(self) -> None:
        self._party.sheet.note("pause")

    def resumeProducing(self) -> None:
        self._party.sheet.note("resume")
        if self._pieces:
            self._party.transport.write(self._pieces.pop(0))
        elif self._pieces is not None:
            self._party.transport.unregisterProducer()
            self._party._told("produced")
        else:
            self._party._told("resumed")

    def stopProducing(self) -> None:
        self._party.sheet.note("stop")


class Guest:
    """The client's side: a socket of the system, read and written at each turn, as far as that goes at once."""

    def __init__(self, sheet: Sheet, family: int, name) -> None:
        self.sheet = sheet
        self.reading = True
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # or the system comes to hold ever more
        self.socket.connect(name)
        self.socket.setblocking(False)
        self._unsent = b""
        self._over = False

    def send(self, data: bytes) -> None:
        """Send bytes, now or when the server takes them."""
        self._unsent += data
        self.look()

    @property
    def sent(self) -> bool:
        """Whether the system has taken all that was to be sent."""
        return not self._unsent

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        self.look()
        assert self.sent
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the connection at once, whatever is under way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._over = True
        self.socket.close()

    def look(self) -> None:
        """Send and receive what can be."""
        if self._over:
            return
        try:
            if self._unsent:
                with suppress(BlockingIOError):
                    self._unsent = self._unsent[self.socket.send(self._unsent) :]
            if self.reading:
                with suppress(BlockingIOError):
                    while data := self.socket.recv(1 << 20):
                        self.sheet.data(data)
                    self._end("ended")
        except ConnectionError:
            self._end("reset")

    def _end(self, how: str) -> None:
        self.sheet.note(how)
        self.reading = False


class Stage:
    """What a scene has to work with. `host` is the sheet of the server's side, `guest` that of the client's."""

    def __init__(self, reactor, kind: str) -> None:
        self.reactor = reactor
        self.host = Sheet()
        self.guest = Sheet()
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self._kind = kind
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
        if self._kind == "loop":
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


def scene(host: list[str], guest: list[str]) -> Callable:
    """Marks a scene, and tells what is to be noted in it on every transport."""

    def mark(act: Callable) -> Callable:
        act.scene = {"host": host, "guest": guest}
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
