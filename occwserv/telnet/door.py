"""Adapter. The telnet door: takes clients in, not too many in all nor from one address; ends those that stand still."""

from collections import Counter
from collections.abc import Callable
from sys import intern
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..csp import Process, Scheduler
from ..csp.process import Outside
from ..net.moving import MovingPort
from ..net.negotiating import Negotiating
from ..net.turned import Turned
from ..settings import Settings, Telnet
from .client import Client

FAREWELL = "The server is going down now. What you have is kept."
TOO_MANY = b"Too many are at this door now. Please try again later.\r\n"


class Door(Negotiating, Outside):
    """The factory of clients, and where it listens.

    :param game: gives the game, or raises `refused`, with a text for the client.
    """

    log = Logger("occwserv.telnet")
    spoken = b"telnet"

    def __init__(self, reactor: Any, scheduler: Scheduler, game: Callable[[], Any], refused: type[Exception]) -> None:
        self.rules = Telnet()
        self.scheduler, self.now, self.game, self.refused = scheduler, reactor.seconds, game, refused
        self.started = reactor.seconds()
        self._port = MovingPort(reactor, "telnet.listen", self)
        self._clients: dict[Client, None] = {}
        self._from: Counter[str] = Counter()
        self._players = self._accepted = self._turned = 0
        self._emptied: Deferred | None = None

    def configure(self, settings: Settings) -> Deferred:
        """Listen where the settings say; who comes from now on is treated as they say."""
        self.rules = settings.telnet
        return self._port.move(self.rules.listen)

    def buildProtocol(self, address: Any) -> Client | Turned:
        """Twisted: a client is at the door."""
        host = intern(getattr(address, "host", None) or "unix")
        if len(self._clients) >= self.rules.connections or self._from[host] >= self.rules.per_client:
            self._turned += 1
            self._from += Counter()  # forgets those of whom there is none
            return Turned(TOO_MANY)
        self._accepted += 1
        self._from[host] += 1
        client = Client(self, host)
        self._clients[client] = None
        return client

    def entered(self, client: Client) -> None:
        """A client has become a player."""
        client.has_entered()
        self._players += 1

    def left(self, client: Client) -> None:
        """A client is gone."""
        del self._clients[client]
        self._from[client.address] -= 1
        if not self._from[client.address]:
            del self._from[client.address]
        if self._emptied is not None and not self._clients:
            emptied, self._emptied = self._emptied, None
            emptied.callback(None)

    def tick(self) -> None:
        """Once in a while: see who stands still."""
        now = self.now()
        for client in list(self._clients):
            client.tick(now)

    def report(self, process: Process) -> None:
        """A session has ended, or died."""
        if process.failure is not None:
            self.log.failure("{path} died", Failure(process.failure), path=process.path)

    def close(self) -> Deferred:
        """Let nobody in any more, and tell all that the server ends; fires when the last is gone."""
        return self._port.move(None).addCallback(lambda _: self._farewell())

    def _farewell(self) -> Deferred:
        for client in list(self._clients):
            client.dismiss(FAREWELL)
        if not self._clients:
            return succeed(None)
        self._emptied = Deferred()
        return self._emptied

    def abort(self) -> None:
        """End all clients now."""
        for client in list(self._clients):
            client.transport.abortConnection()

    def figures(self) -> dict[str, int]:
        """How many clients there are and were."""
        return {
            "open": len(self._clients),
            "accepted": self._accepted,
            "refused": self._turned,
            "entered": self._players,
        }
