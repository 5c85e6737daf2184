"""Real transports on real sockets, and nothing that happens by itself.

Time passes when a test says so, and bytes move when it asks for them. So nothing is waited for, and what did *not*
happen can be told as surely as what did.
"""

import errno
import select
import socket
from collections.abc import Callable
from contextlib import suppress

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.internet.posixbase import _DisconnectSelectableMixin
from twisted.internet.task import deferLater
from twisted.internet.testing import MemoryReactorClock
from twisted.python import log
from twisted.python.failure import Failure
from zope.interface import implementer

from . import raw_client

NOW = 1_700_000_000.0


def request(
    path: bytes = b"/", *fields: bytes, method: bytes = b"GET", minor: int = 1, body: bytes | None = None
) -> bytes:
    """The bytes of a request; a body is framed by its length."""
    framing = () if body is None else (b"Content-Length: %d" % len(body),)
    head = (b"%b %b HTTP/1.%d" % (method, path, minor), b"Host: a", *fields, *framing)
    return b"\r\n".join((*head, b"", b"")) + (body or b"")


@implementer(IListeningPort)
class Port:
    """A port in memory, which refuses what a real one refuses."""

    def __init__(self, reactor: "SocketReactor", number: int, factory: IProtocolFactory, interface: str) -> None:
        self.factory = factory
        self.place = (interface, number)
        self.listening = self.reading = True
        self._reactor = reactor

    def startListening(self) -> None:
        """It listens from its making on."""

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", self.place[0] or "0.0.0.0", self.place[1])

    def startReading(self) -> None:
        if not self.listening:
            raise ValueError("a port that is closed can not be read from")
        self.reading = True

    def stopReading(self) -> None:
        self.reading = False

    def stopListening(self) -> Deferred:
        """Closed is it in the next turn, as with a real one: until then its place is taken."""
        self.reading = False
        return deferLater(self._reactor, 0, self._close)

    def _close(self) -> None:
        self.listening = False


class AtOnce:
    """A pool of threads without threads."""

    def callInThreadWithCallback(self, done: Callable, act: Callable, *args, **how) -> None:
        """Do something now."""
        try:
            result = act(*args, **how)
        except Exception:
            done(False, Failure())
        else:
            done(True, result)


class SocketReactor(_DisconnectSelectableMixin, MemoryReactorClock):
    """Twisted's clock in memory, which also looks after sockets when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.ports: list[Port] = []
        self.advance(NOW)

    def listenTCP(self, port: int, factory: IProtocolFactory, backlog: int = 50, interface: str = "") -> Port:
        for other in self.ports:
            overlap = "" in (interface, other.place[0]) or interface == other.place[0]
            if other.listening and other.place[1] == port and port and overlap:
                raise CannotListenError(interface, port, OSError(errno.EADDRINUSE, "Address already in use"))
        self.ports.append(Port(self, port, factory, interface))
        return self.ports[-1]

    def callFromThread(self, act: Callable, *args) -> None:
        self.callLater(0, act, *args)

    def getThreadPool(self) -> "AtOnce":
        return AtOnce()

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

    def some(self, count: int) -> int:
        """Read so many bytes at most, and forget them; how many there were."""
        try:
            return len(self.socket.recv(count))
        except BlockingIOError:
            return 0

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
