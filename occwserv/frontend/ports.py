"""Adapter. Where clients are listened for: at the endpoints of the settings, and nowhere else."""

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger

from ..net.port import quick
from .listener import Listener


class ListenError(Exception):
    """An endpoint can not be listened at."""


class Ports:
    """The open ports. An endpoint that is named twice, as `tcp:0` can be, has two.

    :param listener: who takes in the clients.
    """

    log = Logger("occwserv.frontend")

    def __init__(self, reactor: Any, listener: Listener) -> None:
        self._reactor, self._listener = reactor, listener
        self._open: list[tuple[str, IListeningPort]] = []

    def open(self, endpoint: str) -> Deferred:
        """Listen at an endpoint; a `ListenError` says where that is not possible, and why."""

        def opened(port: IListeningPort) -> None:
            self._open.append((endpoint, port))
            self._listener.comes_by(port)
            root = self._listener.site.settings.static.root
            self.log.info("serving {root} at {where}", root=root, where=port.getHost())

        def refused(failure: Any) -> None:
            raise ListenError(f"can not listen at {endpoint}: {failure.getErrorMessage()}")

        listening = quick(serverFromString(self._reactor, endpoint), self._reactor).listen(self._listener)
        return listening.addCallbacks(opened, refused)

    @inlineCallbacks
    def move(self, endpoints: Sequence[str]) -> Any:
        """Listen there, and nowhere else; what can not be is told in the log."""
        missing, surplus = list(endpoints), []
        for endpoint, port in self._open:
            if endpoint in missing:
                missing.remove(endpoint)
            else:
                surplus.append((endpoint, port))
        # A new endpoint may be at the place of an old one, such as another interface of the same port, and it takes a
        # turn of the reactor until that is free.
        yield DeferredList([self._close(*each) for each in surplus])
        for endpoint in missing:
            yield self.open(endpoint).addErrback(
                lambda failure: self.log.error("{error}", error=failure.getErrorMessage())
            )

    def _close(self, endpoint: str, port: IListeningPort) -> Deferred:
        """Listen no more. Clients who are in the kernel's queue are taken in first: closing would cut them."""
        self._open.remove((endpoint, port))
        self._listener.ports.remove(port)
        if hasattr(port, "doRead"):
            arrived = -1
            while arrived != self._listener.arrived:  # Twisted's port takes in a few at a time
                arrived = self._listener.arrived
                port.doRead()
        return maybeDeferred(port.stopListening)
