"""Adapter. Listening with uvloop's transports, at whatever a Twisted endpoint describes.

`LoopEndpoint` wraps an endpoint. That one opens and binds the socket, knows the address families and options, and
wraps the factory for TLS; then the socket is taken over, and the loop accepts from it.
"""

import asyncio
import socket

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.logger import Logger
from zope.interface import implementer

from .transport import LoopTransport, UnixLoopTransport

BACKLOG = 1024
"""Clients the kernel holds until they are accepted, where the endpoint asks for fewer."""


@implementer(IStreamServerEndpoint)
class LoopEndpoint:
    """A server endpoint whose clients are uvloop's.

    :param endpoint: any server endpoint of TCP or UNIX sockets.
    :param loop: the uvloop that the reactor runs on.
    """

    def __init__(self, endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self._endpoint = endpoint
        self._loop = loop

    def listen(self, factory):
        """Listen; fires with an `IListeningPort`, as with the endpoint itself."""
        return self._endpoint.listen(factory).addCallback(lambda port: LoopPort(port, self._loop))


@implementer(IListeningPort)
class LoopPort:
    """A listening socket.

    :param port: Twisted's port, which does not accept any more from here on, but keeps the socket open.
    """

    log = Logger("occwserv.net")

    def __init__(self, port, loop: asyncio.AbstractEventLoop) -> None:
        port.stopReading()
        self._port = port
        self._loop = loop
        self._socket = port.socket
        self._server: asyncio.AbstractServer | None = None
        self._wanted = False
        self._taking: set[asyncio.Task] = set()  # those who were accepted, and have no protocol yet
        self._build = port.factory.buildProtocol
        self._kind = UnixLoopTransport if self._socket.family == socket.AF_UNIX else LoopTransport
        self._address = address_maker(self._socket.family)
        self.startReading()

    def getHost(self):
        """Where it listens."""
        return self._port.getHost()

    def startListening(self) -> None:
        """It listens from its making on."""

    def startReading(self) -> None:
        """Accept clients."""
        self._wanted = True
        self._loop.call_soon(lambda: self._loop.create_task(self._accept()))

    def stopReading(self) -> None:
        """Accept nobody for now; clients wait in the kernel's queue."""
        self._wanted = False
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def doRead(self) -> None:
        """Take in those who wait in the kernel's queue now, whether or not the loop accepts."""
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            client.setblocking(False)
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._transport, client))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    def stopListening(self):
        """Accept nobody any more, and close the socket; fires when those who were taken in have their protocols."""
        self.stopReading()
        taken = DeferredList([Deferred.fromFuture(task) for task in self._taking], consumeErrors=True)
        return taken.addCallback(lambda _: self._port.stopListening())

    async def _accept(self) -> None:
        if self._wanted and self._server is None:
            # The loop closes what it listens at when it is told to stop; it gets a descriptor of its own.
            self._server = await self._loop.create_server(
                self._transport, sock=self._socket.dup(), backlog=max(BACKLOG, socket.SOMAXCONN)
            )

    def _transport(self) -> LoopTransport:
        return self._kind(self._loop, self._build, self._address)


def address_maker(family: int):
    """Makes Twisted addresses of what the sockets of a family call their ends."""
    if family == socket.AF_INET:
        return lambda name: IPv4Address("TCP", *name) if name else None
    if family == socket.AF_INET6:
        return lambda name: IPv6Address("TCP", name[0], name[1], *name[2:]) if name else None
    return lambda name: UNIXAddress(name or None)


def quick(endpoint, reactor):
    """The endpoint, with uvloop's transports if the reactor runs on uvloop."""
    loop = getattr(reactor, "_asyncioEventloop", None)
    if loop is None or type(loop).__module__.partition(".")[0] != "uvloop":
        return endpoint
    return LoopEndpoint(endpoint, loop)
