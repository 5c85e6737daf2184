"""Adapter. A connection of Twisted's, as the link that a process works on."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, ISSLTransport
from twisted.internet.protocol import Protocol
from zope.interface import implementer

from ..net.goodbye import close
from .link import Link

HELD = 256 * 1024
"""Bytes that may wait for another side that takes none."""


@implementer(IPushProducer)
class Connection(Protocol):
    """A connection as the reactor has it; whoever works on it has a link.

    It is a producer of its own transport, to be told when the other side does not take what is written.
    """

    def __init__(self, serve: Callable[[Link], object]) -> None:
        self._serve = serve
        self._held = 0
        self._full = False
        self.over: Deferred = Deferred()

    def connectionMade(self) -> None:
        """Hand a link over."""
        secure = ISSLTransport.providedBy(self.transport)
        self.transport.registerProducer(self, True)
        self.link = Link(self._write, self._close, self._pause, secure)
        self._serve(self.link)

    def dataReceived(self, data: bytes) -> None:
        self.link.came(data)

    def connectionLost(self, reason: Any) -> None:
        self.link.ended(reason.getErrorMessage())
        self.over.callback(None)

    def _write(self, data: bytes) -> None:
        if self._full:
            self._held += len(data)
            if self._held > HELD:
                self.link.ended(f"the other side does not read: {self._held} bytes wait for it")
                self.transport.abortConnection()
                return
        self.transport.write(data)

    def _close(self) -> None:
        if not self.over.called:
            close(self.transport)

    def _pause(self, pause: bool) -> None:
        if pause:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def pauseProducing(self) -> None:
        """The other side takes nothing for now."""
        self._full, self._held = True, 0

    def resumeProducing(self) -> None:
        """It does again."""
        self._full = False

    def stopProducing(self) -> None:
        """The connection is over."""
