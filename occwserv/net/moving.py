"""Adapter. A port that the settings may move, and that need not be there: where it can not listen, it warns."""

from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.logger import Logger

from .port import quick


class MovingPort:
    """Where something listens that the server can do without.

    :param setting: which one says so.
    """

    log = Logger("occwserv.net")

    def __init__(self, reactor: Any, setting: str, factory: IProtocolFactory) -> None:
        self._reactor, self._setting, self._factory = reactor, setting, factory
        self._endpoint: str | None = None
        self._port: IListeningPort | None = None
        self._moved: Deferred = succeed(None)

    def move(self, endpoint: str | None) -> Deferred:
        """Listen there alone; None: nowhere. Fires when that is so, or when it was warned that it can not be."""
        self._moved.addCallback(lambda _: self._move(endpoint))
        return self._after()

    def _after(self) -> Deferred:
        """Fires when all moves so far are over."""
        done: Deferred = Deferred()
        self._moved.addBoth(done.callback)
        return done

    def _move(self, endpoint: str | None) -> Deferred | None:
        if endpoint == self._endpoint:
            return None
        port, self._port, self._endpoint = self._port, None, None
        closed = succeed(None) if port is None else maybeDeferred(port.stopListening)
        return closed if endpoint is None else closed.addCallback(lambda _: self._listen(endpoint))

    def _listen(self, endpoint: str) -> Deferred:
        listening = quick(serverFromString(self._reactor, endpoint), self._reactor).listen(self._factory)
        return listening.addCallbacks(lambda port: self._listens(endpoint, port), lambda why: self._warn(endpoint, why))

    def _listens(self, endpoint: str, port: IListeningPort) -> None:
        self._endpoint, self._port = endpoint, port
        self.log.info("{setting}: listening at {where}", setting=self._setting, where=port.getHost())

    def _warn(self, endpoint: str, failure: Any) -> None:
        self.log.warn(
            "{setting}: can not listen at {endpoint}: {error}. The server goes on without it: name a port that "
            "is free, as in tcp:4001:interface=127.0.0.1, or null for none, and reload",
            setting=self._setting, endpoint=endpoint, error=failure.getErrorMessage().rstrip("."),
        )  # fmt: skip
