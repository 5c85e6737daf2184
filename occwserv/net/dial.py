"""Adapter. Connecting with uvloop's transports, to whatever a Twisted client endpoint describes.

Endpoints find addresses, try several of a host, and wrap TLS; in the end they ask their reactor for a TCP connection.
`dialling` gives them a reactor that makes it with the loop, as `port.quick` does for listening. Twisted's own transport
has the loop poll its socket: at an error, such as a peer's reset, libuv ends that polling, and Twisted is never told
(docs/decisions has the figures). The loop's own transport is.
"""

import asyncio
import socket
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectError, UserError, getConnectError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IConnector
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from .port import address_maker
from .transport import LoopTransport


def dialling(reactor: Any) -> Any:
    """The reactor, with uvloop's transports for connections out of here if it runs on uvloop."""
    loop = getattr(reactor, "_asyncioEventloop", None)
    if loop is None or type(loop).__module__.partition(".")[0] != "uvloop":
        return reactor
    return LoopDialler(reactor, loop)


class LoopDialler:
    """A reactor for client endpoints. All but `connectTCP` is the other's."""

    def __init__(self, reactor: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._reactor = reactor
        self._loop = loop
        directlyProvides(self, providedBy(reactor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None) -> Any:
        """Connect to an address; the factory is told how that went, as Twisted's reactor would tell it."""
        return LoopConnector(self._loop, host, port, factory, timeout, bindAddress)


@implementer(IConnector)
class LoopConnector:
    """One attempt to connect."""

    def __init__(self, loop: Any, host: str, port: int, factory: Any, timeout: float | None, bind: Any) -> None:
        self._loop, self._host, self._port, self._factory = loop, host, port, factory
        self.transport: LoopTransport | None = None
        factory.doStart()
        factory.startedConnecting(self)
        self._failure: Exception = UserError()  # what it is when somebody stops it
        self._task = loop.create_task(self._connect(bind))
        self._task.add_done_callback(self._done)
        self._limit = loop.call_later(timeout, self._too_late) if timeout is not None else None

    def getDestination(self) -> IPv4Address | IPv6Address:
        """Where to."""
        kind = IPv6Address if ":" in self._host else IPv4Address
        return kind("TCP", self._host, self._port)

    def connect(self) -> None:
        """It connects from its making on."""

    def stopConnecting(self) -> None:
        """Give the attempt up."""
        self._task.cancel()

    def disconnect(self) -> None:
        """Whatever there is, it is to end."""
        if self.transport is not None:
            self.transport.loseConnection()
        else:
            self.stopConnecting()

    async def _connect(self, bind: Any) -> None:
        address = address_maker(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        _, self.transport = await self._loop.create_connection(
            lambda: LoopTransport(self._loop, self._factory.buildProtocol, address),
            self._host,
            self._port,
            local_addr=bind,
        )

    def _too_late(self) -> None:
        self._failure = ConnectTimeout()
        self._task.cancel()

    def _done(self, task: asyncio.Task) -> None:
        if self._limit is not None:
            self._limit.cancel()
        if task.cancelled():
            error: BaseException | None = self._failure
        else:
            error = task.exception()
            if isinstance(error, OSError):
                error = (
                    getConnectError((error.errno, error.strerror)) if error.errno else ConnectError(string=str(error))
                )
        if error is not None:
            self._factory.clientConnectionFailed(self, Failure(error))
            self._factory.doStop()
