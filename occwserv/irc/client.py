"""Adapter. Keeps a network reached: connects, hands each connection to a session, and connects again when it has ended.

The pace of attempts is `Backoff`'s: it begins anew only when a connection has lasted, so that a server which lets us in
and throws us out is not asked every second.
"""

import secrets
from collections.abc import Callable
from functools import partial
from random import random
from typing import Any

from twisted.application.internet import ClientService
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure
from zope.interface import implementer

from occwserv.csp import Scheduler

from .connection import Connection
from .door import Door
from .link import Link
from .network import Network
from .pacing import Backoff
from .session import Session

GOODBYE = 2.0
"""Seconds that a server may take to end the connection when we have said good-bye."""


@implementer(IStreamClientEndpoint)
class Attempts:
    """An endpoint of which it is told why it can not be reached: `ClientService` keeps that to itself."""

    def __init__(self, endpoint: Any, failed: Callable[[Failure], Failure]) -> None:
        self._endpoint, self._failed = endpoint, failed

    def connect(self, factory: Factory) -> Deferred:
        """As of the endpoint."""
        return self._endpoint.connect(factory).addErrback(self._failed)


class Client:
    """A network that is kept reached, from `start` to `stop`.

    :param endpoint: a client endpoint.
    :param pace: `first`, `most` and `stable`, as of `Backoff`.
    """

    def __init__(
        self,
        reactor: Any,
        scheduler: Scheduler,
        endpoint: Any,
        network: Network,
        door: Door,
        log: Any,
        pace: Any,
    ) -> None:
        self._reactor, self._scheduler, self.network, self.door, self.log = reactor, scheduler, network, door, log
        self._backoff = Backoff(pace.first, pace.most, pace.stable, random)
        self._since = 0.0
        self._why = ""  # the last attempt has failed
        self._session: Session | None = None
        self._connection: Connection | None = None
        self._service = ClientService(
            Attempts(endpoint, self._failed),
            Factory.forProtocol(self._connection_made),
            retryPolicy=lambda attempts: self._wait(),
            clock=reactor,
        )

    def start(self) -> None:
        """Connect, now and whenever the connection is lost."""
        self._service.startService()

    def stop(self) -> Deferred:
        """Say good-bye; fires when the connection has ended."""
        session, connection = self._session, self._connection
        if session is not None:
            session.leave("The server is going down")
        if connection is not None:  # and whatever the server thinks of it
            call = self._reactor.callLater(GOODBYE, connection.transport.abortConnection)
            connection.over.addCallback(lambda _: call.active() and call.cancel())
        return maybeDeferred(self._service.stopService)

    def _connection_made(self) -> Connection:
        self._connection = Connection(self._serve)
        return self._connection

    def _serve(self, link: Link) -> None:
        self._since = self._reactor.seconds()
        nonce = partial(secrets.token_urlsafe, 24)
        session = Session(link, self.network, self.door, self._reactor.seconds, nonce, self.log)
        self._session = session
        self._scheduler.spawn(session.run(), f"irc {self.network.name}")

    def _failed(self, failure: Failure) -> Failure:
        self._why = failure.getErrorMessage()
        return failure

    def _wait(self) -> float:
        """The connection has ended, or there was none: seconds until the next attempt."""
        session, self._session = self._session, None
        why, self._why = self._why, ""
        if session is not None:
            self._backoff.lasted(self._reactor.seconds() - self._since)
            why = session.why or session.link.lost
        wait = self._backoff.wait()
        self.log.warn(
            "{network}: not connected: {why}; again in {wait:.0f} s", network=self.network.name, why=why, wait=wait
        )
        return wait
