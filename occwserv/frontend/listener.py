"""Adapter. Takes clients in (the paper's `acceptor`): not too many in all, nor from one address.

When the process runs short of file descriptors, accepting pauses, so that those who are here are served on; it
resumes when there are enough again. The clients who wait meanwhile are in the kernel's queue.
"""

import os
import resource
from collections.abc import Callable
from sys import intern

from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger

from ..http.answer import encode_head
from ..net.negotiating import Negotiating
from ..net.turned import Turned
from .reader import ClientReader
from .site import Site
from .wire import Wire

SLACK = 8
"""Descriptors that must be free for accepting to go on: it shall not pause again with the next client."""

_BUSY = encode_head(503, ((b"Retry-After", b"5"), (b"Content-Length", b"0"), (b"Connection", b"close")))


class Listener(Negotiating):
    """The factory of clients, for every endpoint listened at.

    `site` is what the next client will see; a reload exchanges it.
    """

    log = Logger("occwserv.frontend")
    spoken = b"http/1.1"

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ports: list[IListeningPort] = []
        self._clients: set[ClientReader] = set()
        self._leaving = self._left  # one bound method for all clients
        self._from: dict[str, int] = {}  # clients of each address; never 0
        self._received = self._sent = 0  # bytes, of those who have gone
        self._accepted = 0
        self._refused = 0
        self._pauses = 0
        self._paused = False
        self._emptied: Callable[[], None] | None = None

    def comes_by(self, port: IListeningPort) -> None:
        """Clients may come by another port."""
        self.ports.append(port)
        if self._paused:
            port.stopReading()

    def buildProtocol(self, address) -> ClientReader | Turned:
        """Twisted: a client is at the door."""
        limits = self._site.settings.limits
        host = intern(getattr(address, "host", None) or "unix")
        others = self._from.get(host, 0)
        if len(self._clients) >= limits.connections or others >= limits.per_client:
            self._refused += 1
            return Turned(_BUSY)
        if len(self._clients) >= self._careless:
            self._check_descriptors()
        self._accepted += 1
        self._from[host] = others + 1
        client = ClientReader(self._site, host, self._leaving)
        self._clients.add(client)
        return client

    @property
    def site(self) -> Site:
        """What the next client will see."""
        return self._site

    @site.setter
    def site(self, site: Site) -> None:
        self._site = site
        self._careless = self._ceiling() // 2  # up to so many clients, nobody looks whether descriptors run short

    @property
    def arrived(self) -> int:
        """How many clients there were, whether or not they were taken in."""
        return self._accepted + self._refused

    def figures(self) -> dict:
        """How many clients there are and were."""
        return {
            "open": len(self._clients),
            "accepted": self._accepted,
            "refused": self._refused,
            "pauses": self._pauses,
        }

    def traffic(self) -> dict:
        """The bytes on the wire, heads and bodies. Each client counts its own, so that no request need be added up."""
        return {
            "received": self._received + sum(client.received for client in self._clients),
            "sent": self._sent + sum(client.outlet.total for client in self._clients),
        }

    def tick(self) -> None:
        """Once in a while: resume accepting if there are descriptors again."""
        self._careless = self._ceiling() // 2
        # A port that does not accept may have fewer descriptors than one that does. Without the slack accepting would
        # go on for the sake of those, and every time take one client more out of the reserve.
        if self._paused and self._headroom(len(self.ports) + SLACK):
            self._paused = False
            self.log.info("there are file descriptors again: accepting goes on")
            for port in self.ports:
                port.startReading()

    def stop(self, idle: bool) -> int:
        """End the clients behind their next answer; those that wait for a request at once, if `idle`.

        :return: how many are left.
        """
        for client in list(self._clients):
            client.site.stopping = True
            if idle:
                client.stop()
        return len(self._clients)

    def when_empty(self, act: Callable[[], None]) -> None:
        """Call once no client is left."""
        self._emptied = act
        self._tell_if_empty()

    def abort(self) -> None:
        """End all clients now."""
        for client in list(self._clients):
            self.log.warn("cut off {client} after the grace of the shutdown", client=client.address)
            client.cut_off()

    def _left(self, client: Wire) -> None:
        self._clients.discard(client)
        self._received += client.received
        self._sent += client.outlet.total
        others = self._from.pop(client.address) - 1
        if others:
            self._from[client.address] = others
        if self._emptied is not None:
            self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if not self._clients and self._emptied is not None:
            act, self._emptied = self._emptied, None
            act()

    def _check_descriptors(self) -> None:
        """Pause accepting when few descriptors are left."""
        if self._paused or self._headroom():  # asking costs two system calls
            return
        self._paused = True
        self._pauses += 1
        self.log.warn(
            "fewer than {reserve} file descriptors are free: accepting pauses; {count} clients are served on",
            reserve=self.site.settings.limits.descriptors, count=len(self._clients),
        )  # fmt: skip
        for port in self.ports:
            port.stopReading()

    def _ceiling(self) -> int:
        """The first descriptor that is of the reserve."""
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - self.site.settings.limits.descriptors

    def _headroom(self, wanted: int = 1) -> bool:
        """Whether so many descriptors are free besides the reserve: the kernel always gives the lowest that is."""
        probes = []
        try:
            for _ in range(wanted):
                probes.append(os.dup(0))
        except OSError:
            return False
        finally:
            for probe in probes:
                os.close(probe)
        return max(probes) < self._ceiling()
