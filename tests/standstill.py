"""A front end, and a whole server, for tests that move the clock and the bytes themselves."""

import os
import resource
import socket
from collections.abc import Callable

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.defer import inlineCallbacks
from twisted.internet.unix import Server as Transport
from twisted.trial.unittest import SynchronousTestCase

from occwserv.backend import logline
from occwserv.backend.recycle import Recycle
from occwserv.backend.stats import Stats
from occwserv.connection import Connection
from occwserv.frontend.door import Door
from occwserv.frontend.listener import Listener
from occwserv.frontend.site import Site
from occwserv.frontend.wheel import Wheel
from occwserv.http.answer import Answer
from occwserv.http.errors import HTTPError
from occwserv.net.outlet import ClientGone
from occwserv.resources.failure import Failure
from occwserv.server import Server
from occwserv.settings import Settings

from .sockets import NOW, Client, SocketReactor

GAME = {"world": os.path.join(os.path.dirname(os.path.dirname(__file__)), "adventure", "world.yaml"), "save": None}
SITE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "public_html")
TICK = 0.5


def settings(**sections) -> Settings:
    """Settings in which only this differs from the defaults, and the doors of the game, which are shut."""
    return msgspec.convert({"irc": {"serve": None}, "telnet": {"listen": None}, **sections}, Settings)


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
        chosen = settings(static={"root": SITE}, **sections)
        site = Server(self.reactor, chosen, lambda: chosen)._site(chosen)
        site.route = lambda request: self.resources[request.target.path]
        site.failure = Failure(lambda name: None)
        site.backend = Recycle(self.stats, self.lines.append, "common", self.reactor.callFromThread)
        site.wheel = self.wheel
        site.door = Door(
            chosen.door.heads, chosen.door.bytes, site.limits, site.route, logline.request_line, site.backend.log_fields
        )
        return site

    def configure(self, **sections) -> None:
        """Let the next client see these settings."""
        self.listener.site = self.site(**sections)

    def serve(self, path: bytes, act: Callable[[Connection], object]) -> None:
        """Answer a path with a function."""
        self.resources[path] = Act(path.decode().strip("/") or "root", act)
        if hasattr(self, "listener"):
            self.new_door()

    def new_door(self) -> None:
        """A door that remembers nothing."""
        site = self.listener.site
        log_fields = site.backend.log_fields
        site.door = Door(
            site.settings.door.heads,
            site.settings.door.bytes,
            site.limits,
            site.route,
            logline.request_line,
            log_fields,
        )

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
        usual = {"log": {"access": None}, "listen": ["tcp:80"], "static": {"root": SITE}, "adventure": GAME}
        chosen = settings(**{**usual, **self.sections, **sections})
        self.reactor.ports.clear()
        self.server = Server(self.reactor, chosen, lambda: chosen)
        self.server.privilegedStartService()
        self.listener = self.reactor.ports[-1].factory
