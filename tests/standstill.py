"""A front end for tests: real transports on real sockets, and nothing that happens by itself.

Time passes when a test says so, and bytes move when it asks for them. So nothing is waited for, and what did *not*
happen can be told as surely as what did.
"""

import os
import resource
import select
import socket
from collections.abc import Callable
from contextlib import suppress

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.defer import inlineCallbacks
from twisted.internet.posixbase import _DisconnectSelectableMixin
from twisted.internet.testing import MemoryReactorClock
from twisted.internet.unix import Server as Transport
from twisted.python import log
from twisted.trial.unittest import SynchronousTestCase

from occwserv.backend.recycle import Recycle
from occwserv.backend.stats import Stats
from occwserv.connection import Connection
from occwserv.frontend.listener import Listener
from occwserv.frontend.site import Site
from occwserv.frontend.wheel import Wheel
from occwserv.http.answer import Answer
from occwserv.http.errors import HTTPError
from occwserv.net.outlet import ClientGone
from occwserv.resources.failure import Failure
from occwserv.server import Server
from occwserv.settings import Settings

from . import raw_client

NOW = 1_700_000_000.0
TICK = 0.5


def settings(**sections) -> Settings:
    """Settings in which only this differs from the defaults."""
    return msgspec.convert(sections, Settings)


def request(
    path: bytes = b"/", *fields: bytes, method: bytes = b"GET", minor: int = 1, body: bytes | None = None
) -> bytes:
    """The bytes of a request; a body is framed by its length."""
    framing = () if body is None else (b"Content-Length: %d" % len(body),)
    head = (b"%b %b HTTP/1.%d" % (method, path, minor), b"Host: a", *fields, *framing)
    return b"\r\n".join((*head, b"", b"")) + (body or b"")


class SocketReactor(_DisconnectSelectableMixin, MemoryReactorClock):
    """Twisted's clock in memory, which also looks after sockets when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.advance(NOW)

    def pump(self) -> None:
        """Let bytes move until none does any more."""
        for _ in range(100_000):
            self.advance(0)
            if not self._turn():
                return
        raise AssertionError("a transport is busy without end")

    def _turn(self) -> bool:
        readable, writable, _ = select.select(self.readers, self.writers, (), 0)
        for each in readable:
            if each in self.readers:
                self._do(each, each.doRead, True)
        for each in writable:
            if each in self.writers:
                self._do(each, each.doWrite, False)
        return bool(readable or writable)

    def _do(self, selectable, act: Callable, reading: bool) -> None:
        try:
            why = act()
        except Exception as error:
            log.err()
            why = error
        if why:
            self._disconnectSelectable(selectable, why, reading)


class Client(raw_client.Client):
    """A client that reads and writes without waiting: what does not come at once does not come."""

    def __init__(self, end: socket.socket, reactor: SocketReactor) -> None:
        end.setblocking(False)
        self.socket = end
        self.unsent = b""
        self._reactor = reactor
        self._held = bytearray()

    def send(self, *parts: bytes) -> "Client":
        """Send bytes, as many as the server takes; the rest is in `unsent`."""
        for part in parts:
            self.unsent += part
            with suppress(BlockingIOError):
                while self.unsent:
                    self.unsent = self.unsent[self.socket.send(self.unsent) :]
                    self._reactor.pump()
            self._reactor.pump()
        return self

    def push(self) -> "Client":
        """Try again to send what the server did not take."""
        rest, self.unsent = self.unsent, b""
        return self.send(rest)

    def finish(self) -> "Client":
        super().finish()
        self._reactor.pump()
        return self

    def close(self) -> None:
        super().close()
        self._reactor.pump()

    def sees(self) -> bytes:
        """All bytes there are, left where they are."""
        while self._receive():
            pass
        return bytes(self._held)

    @property
    def ended(self) -> bool:
        """Whether the server has closed the connection, or its side of it."""
        while data := self._receive():
            pass
        return data == b""

    def _receive(self) -> bytes | None:
        """What there is now, empty at the end; None when there is nothing, nor an end."""
        self._reactor.pump()
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            return b""
        self._held += data
        return data

    def _fill(self) -> bool:
        data = self._receive()
        if data is None:
            raise AssertionError(f"nothing comes behind {bytes(self._held[-200:])!r}")
        return bool(data)


class Act:
    """A resource that does what a test says."""

    def __init__(self, name: str, serve: Callable[[Connection], object]) -> None:
        self.name = name
        self._serve = serve

    def serve(self, connection: Connection) -> None:
        self._serve(connection)


HELLO = Answer(200, (), (b"hello",))


@inlineCallbacks
def echo(connection: Connection):
    """Read the body piece by piece, and answer with it."""
    pieces = []
    try:
        while piece := (yield connection.read()):
            pieces.append(piece)
    except HTTPError as error:
        connection.fail(error)
    except ClientGone:
        connection.abort("the client has left")
    else:
        connection.reply(Answer(200, (), pieces))


class StandstillTestCase(SynchronousTestCase):
    """Clients of a listener. Afterwards nothing may be left of any of them."""

    listener: Listener

    def setUp(self) -> None:
        self.reactor = SocketReactor()
        self.clients: list[Client] = []
        self.addCleanup(self._look_for_remains)

    def connect(self, send_buffer: int | None = None, host: str = "192.0.2.1") -> Client:
        """A new client.

        :param send_buffer: bytes the system takes from the server before the client reads.
        """
        ours, theirs = socket.socketpair()
        if send_buffer is not None:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        protocol = self.listener.buildProtocol(IPv4Address("TCP", host, 50000))
        transport = Transport(ours, protocol, None, None, 0, self.reactor)
        protocol.makeConnection(transport)
        client = Client(theirs, self.reactor)
        client.protocol, client.transport = protocol, transport
        self.clients.append(client)
        return client

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        until = self.reactor.seconds() + seconds
        while self.reactor.seconds() < until:
            self.reactor.advance(min(TICK, until - self.reactor.seconds()))
            self.tick()
            self.reactor.pump()

    def tick(self) -> None:
        """What else happens in the time of a tick."""

    def _look_for_remains(self) -> None:
        for client in self.clients:
            client.close()
        self.reactor.pump()
        self.assertEqual(self.listener.figures()["open"], 0)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertEqual((self.reactor.readers, self.reactor.writers), (set(), set()))


class FrontEndTestCase(StandstillTestCase):
    """A front end of its own, and a back end that counts.

    `resources` are found by their path: `/` says hello, `/echo` the request's body, and what `/later` was given is
    `held` for the test to answer.
    """

    sections: dict = {}

    def setUp(self) -> None:
        super().setUp()
        self.wheel = Wheel(TICK)
        self.stats = Stats(NOW)
        self.lines: list[bytes] = []
        self.held: list[Connection] = []
        self.resources: dict[bytes, Act] = {}
        self.serve(b"/", lambda connection: connection.reply(HELLO))
        self.serve(b"/echo", echo)
        self.serve(b"/later", self.held.append)
        self.listener = Listener(self.site(**self.sections))

    def site(self, **sections) -> Site:
        """A site under these settings."""
        chosen = settings(static={"root": os.path.dirname(__file__)}, **sections)
        site = Server(self.reactor, chosen, lambda: chosen)._site(chosen)
        site.route = lambda request: self.resources[request.target.path]
        site.failure = Failure(lambda name: None)
        site.backend = Recycle(self.stats, self.lines.append, "common")
        site.wheel = self.wheel
        return site

    def configure(self, **sections) -> None:
        """Let the next client see these settings."""
        self.listener.site = self.site(**sections)

    def serve(self, path: bytes, act: Callable[[Connection], object]) -> None:
        """Answer a path with a function."""
        self.resources[path] = Act(path.decode().strip("/") or "root", act)

    def tick(self) -> None:
        self.wheel.turn(self.reactor.seconds())

    @property
    def statuses(self) -> list[int]:
        """What has been logged."""
        return [int(line.split(b'" ')[1].split()[0]) for line in self.lines]

    def _look_for_remains(self) -> None:
        for client in self.clients:
            client.close()
        while self.held:
            connection = self.held.pop()
            if not connection.home:
                connection.abort("the test is over")
        super()._look_for_remains()
        self.assertEqual(len(self.wheel), 0)


class ServerTestCase(StandstillTestCase):
    """A whole server, as it is wired, but for its access log."""

    sections: dict = {}

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))

    def begin(self, **sections) -> None:
        """Let a server listen under these settings."""
        chosen = settings(**{"log": {"access": None}, "listen": ["tcp:80"], **self.sections, **sections})
        self.server = Server(self.reactor, chosen, lambda: chosen)
        self.server.privilegedStartService()
        self.listener = self.reactor.tcpServers[-1][1]
