"""Adapter. The IRC door as the server has it: the networks that the settings name, or our own server; all at once."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from time import time
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.endpoints import clientFromString
from twisted.logger import Logger

from .. import __version__
from ..csp import Process, Scheduler, sleep
from ..net.dial import dialling
from ..net.moving import MovingPort
from ..settings import Irc, IrcNetwork, IrcServer, Settings
from .client import Client
from .door import Door
from .network import Network
from .server.port import Port
from .server.service import Server
from .session import Session

OURS = "the built-in server"
FREELY = 50.0
"""Lines a second that our own server lets the game say."""

ALL = 2**30
"""Lines that it may leave unread: it is ours."""

AGAIN = 1.0
"""Seconds until the game comes back to our own server, should it ever have to leave it."""

FAREWELL = "The server is going down now. What you have is kept."


def motd(nick: str) -> tuple[str, ...]:
    """What newcomers on our own server are told."""
    return (
        f"A world of processes: /msg {nick} help",
        "or in a browser, at /ogi/adventure of the web server that this belongs to.",
    )


def networks(irc: Irc) -> list[Network]:
    """The networks that the settings name, those of which there is nothing more to say first."""
    named = [IrcNetwork(server=server) for server in irc.server or ()] + list(irc.networks)
    return [Network.of(irc, each) for each in named]


class Networks:
    """All networks. Those whose settings change are left, and joined anew; the others notice nothing of a reload.

    :param game: gives the game, or raises `refused`, with a text for the player.
    """

    log = Logger("occwserv.irc")

    def __init__(self, reactor: Any, scheduler: Scheduler, game: Callable[[], Any], refused: type[Exception]) -> None:
        self._reactor, self._scheduler, self._game, self._refused = reactor, scheduler, game, refused
        self._clients: dict[tuple[Network, Any], Client] = {}
        self._own: Own | None = None

    def configure(self, settings: Settings) -> None:
        """Be on the networks that the settings name, and on no others."""
        irc = settings.irc
        wanted = {(network, irc.reconnect): None for network in networks(irc)}
        for key in [key for key in self._clients if key not in wanted]:
            self._clients.pop(key).stop()
        for key in wanted:
            if key not in self._clients:
                self._clients[key] = self._join(*key)
        if self._own is not None and (wanted or irc.serve is None):
            own, self._own = self._own, None
            own.close()
        elif not wanted and irc.serve is not None:
            self._own = self._own or Own(self._reactor, self._scheduler, self._door(), self.log)
            self._own.configure(irc)

    def _door(self) -> Door:
        return Door(self._scheduler, self._reactor.seconds, self._game, self._refused, self.log)

    def _join(self, network: Network, pace: Any) -> Client:
        endpoint = clientFromString(dialling(self._reactor), network.endpoint)
        client = Client(self._reactor, self._scheduler, endpoint, network, self._door(), self.log, pace)
        client.start()
        return client

    def tick(self) -> None:
        """Every session looks at the time itself."""

    def close(self) -> Deferred:
        """Leave all networks; fires when that is done."""
        clients, self._clients = self._clients, {}
        own, self._own = self._own, None
        left = [client.stop() for client in clients.values()]
        return DeferredList([*left, succeed(None) if own is None else own.close()])

    def abort(self) -> None:
        """Whoever does not let go is left in the end by `Client.stop` itself."""

    def figures(self) -> dict[str, Any]:
        """How many networks there are, how many of them are reached, and how many players they have."""
        doors = [client.door for client in self._clients.values()] + ([self._own.door] if self._own else [])
        return {
            "networks": len(doors),
            "reached": sum(door.session is not None for door in doors),
            "players": sum(len(door.players) for door in doors),
            "clients": len(self._own.server.guests) if self._own else 0,
        }


class Own:
    """Our own server, with the game on it."""

    def __init__(self, reactor: Any, scheduler: Scheduler, door: Door, log: Any) -> None:
        self._scheduler, self._now, self._log = scheduler, reactor.seconds, log
        self.door = door
        version = f"occwserv-{__version__}"
        self.server = Server(scheduler, reactor.seconds, time, IrcServer(), version)
        self._port = MovingPort(reactor, "irc.serve", Port(self.server))
        self._network: Network | None = None
        self._process: Process | None = None

    def configure(self, irc: Irc) -> Deferred:
        """Listen where the settings say; the game comes in anew when its settings are others."""
        self.server.limits, self.server.motd = irc.local, motd(irc.nick)
        network = replace(
            Network.of(irc, IrcNetwork()), name=OURS, endpoint="", rate=FREELY, burst=int(FREELY), unread=ALL
        )
        if network != self._network or self._process is None:
            self._network = network
            if self._process is not None:
                self._process.kill()
            self._process = self._scheduler.spawn(self._stay(), "irc: the game on the built-in server")
        return self._port.move(irc.serve)

    async def _stay(self) -> None:
        while True:
            link = self.server.connect()
            await Session(link, self._network, self.door, self._now, secrets.token_urlsafe, self._log).run()
            await sleep(AGAIN)

    def close(self) -> Deferred:
        """End the server."""
        if self._process is not None:
            self._process.kill()
        self.server.end(FAREWELL)
        return self._port.move(None)
