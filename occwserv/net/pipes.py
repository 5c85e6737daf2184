"""Adapter. The pipes to a program, and the pidfd that tells its end, as the reactor watches them."""

import os
from typing import Protocol

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.main import CONNECTION_LOST
from twisted.logger import Logger
from zope.interface import implementer

from .endings import Endings

MOST = 64 * 1024
"""Bytes that are read or written at once: what a pipe holds."""


log = Logger("occwserv.net")


class Owner(Protocol):
    """Whose pipes these are."""

    pid: int
    reactor: object
    protocol: object

    def closed(self, number: int) -> None: ...
    def exited(self) -> None: ...


@implementer(IReadDescriptor)
class Output:
    """What the program writes."""

    __slots__ = ("_closed", "_descriptor", "_endings", "_reading", "_transport", "number")

    def __init__(self, descriptor: int, number: int, transport: Owner) -> None:
        os.set_blocking(descriptor, False)
        self.number = number
        self._descriptor = descriptor
        self._transport = transport
        self._reading = self._closed = False
        self._endings: Endings | None = None  # who waits for its end, while it is left alone

    def fileno(self) -> int:
        return self._descriptor

    def logPrefix(self) -> str:
        return "program"

    def doRead(self) -> None:
        self.take()

    def take(self) -> bool:
        """Read once; whether there was something."""
        try:
            data = os.read(self._descriptor, MOST)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self._transport.protocol.childDataReceived(self.number, data)
        else:
            self.close()
        return bool(data)

    def look(self) -> None:
        """Take what is there, if it is not watched; watch it from then on, if there was something."""
        if not self._reading and not self._closed and self.take():
            self.read(True)

    def leave_alone(self, endings: Endings) -> None:
        """Read it when it has ended, or has not for a while."""
        if endings.watch(self):
            self._endings = endings
            self._reading = True
        else:
            self.read(True)

    def ended(self) -> None:
        """Nobody will write any more: take all that is there, unless whoever gets it wants to wait."""
        self._endings = None
        try:
            while self._reading and self.take():
                pass
        except Exception:
            log.failure("what a program wrote could not be taken")
        self.lasts()

    def lasts(self) -> None:
        """From now on it is read as it comes."""
        self._endings = None
        if self._reading and not self._closed:
            self._reading = False
            self.read(True)

    def read(self, wanted: bool) -> None:
        if self._reading is wanted or self._closed:
            return
        self._reading = wanted
        endings, self._endings = self._endings, None
        if endings is not None:
            endings.forget(self)
            return
        reactor = self._transport.reactor
        loop = getattr(reactor, "_asyncioEventloop", None)
        if loop is None:
            (reactor.addReader if wanted else reactor.removeReader)(self)
        elif wanted:  # the same, without what the reactor does around it
            loop.add_reader(self._descriptor, self._ready)
        else:
            loop.remove_reader(self._descriptor)

    def _ready(self) -> None:
        try:
            self.take()
        except Exception:
            log.failure("what a program wrote could not be taken")

    def close(self) -> None:
        if not self._closed:
            self.read(False)
            self._closed = True
            os.close(self._descriptor)
            self._transport.closed(self.number)

    def connectionLost(self, reason) -> None:
        self.close()

    def drain(self) -> None:
        """Take what is there, once, and close."""
        if not self._closed:
            self.take()
            self.close()


class Input(FileDescriptor):
    """What the program reads."""

    def __init__(self, descriptor: int, transport: Owner) -> None:
        super().__init__(transport.reactor)
        os.set_blocking(descriptor, False)
        self.connected = 1
        self._descriptor = descriptor
        self._transport = transport

    def fileno(self) -> int:
        return self._descriptor

    def writeSomeData(self, data: bytes):
        try:
            return os.write(self._descriptor, data[:MOST])
        except BlockingIOError:
            return 0
        except OSError:
            return CONNECTION_LOST  # it does not want to read more, which is its right

    def connectionLost(self, reason) -> None:
        if self.connected:
            super().connectionLost(reason)
            os.close(self._descriptor)
            self._transport.closed(0)


@implementer(IReadDescriptor)
class Exit:
    """The program's end, as something to be read."""

    __slots__ = ("_descriptor", "_transport")

    def __init__(self, transport: Owner) -> None:
        self._transport = transport
        self._descriptor = os.pidfd_open(transport.pid)

    def fileno(self) -> int:
        return self._descriptor

    def logPrefix(self) -> str:
        return "program"

    def doRead(self) -> None:
        self.close()
        self._transport.exited()

    def close(self) -> None:
        self._transport.reactor.removeReader(self)
        os.close(self._descriptor)

    def connectionLost(self, reason) -> None:
        pass
