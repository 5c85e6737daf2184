"""Adapter. The body of a request, read piece by piece by whoever holds the connection, or forgotten when nobody did."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, fail, succeed

from ..connection import Connection, Misuse
from ..http.answer import CONTINUE
from ..http.chunked import End
from ..http.head import Limits
from ..http.reader import Refusal, RequestReader
from ..net.outlet import ClientGone
from .site import Site
from .wire import Wire

IDLE = RequestReader(Limits())
"""Stands for the reader of everybody of whom nothing has come yet: most clients wait, and most who ask are answered at
the door, so most need none. It is never fed."""


class BodyReader(Wire):
    """The part of a client that reads bodies."""

    __slots__ = ("_reader", "_waiting")

    def __init__(self, site: Site, address: str, left: Callable[[Wire], None]) -> None:
        super().__init__(site, address, left)
        self._reader = IDLE
        self._waiting: Deferred | None = None  # whoever waits for the body

    def connectionLost(self, reason) -> None:
        """Twisted: it is over."""
        waiting, self._waiting = self._waiting, None
        super().connectionLost(reason)
        if waiting is not None:
            waiting.errback(ClientGone())

    def _drain(self) -> None:
        """Forget the rest of a body nobody wanted, up to `limits.drain`."""
        while self._reader.in_body:
            event = self._reader.next()
            if isinstance(event, bytes):
                self._mark += len(event)
            if isinstance(event, Refusal) or self._mark > self.site.settings.limits.drain:
                self._end()
                return
            if event is None:
                if self._ended:
                    self._end()
                return
        self._next()

    def read_body(self, connection: Connection) -> Deferred:
        """The next piece of the body, empty at its end."""
        if self._waiting is not None:
            return fail(Misuse("the body is being read already"))
        if not self._reader.in_body:
            return succeed(b"")
        self._waiting = waiting = Deferred(self._forget_waiting)
        if not self._give_body(waited=False):
            if connection.request.expects_continue and not connection.begun:
                connection.request.expects_continue = False
                self.outlet.write(CONTINUE)
            self._resume()
            self._watch_on(self.site.settings.timeouts.body)
        return waiting

    def _forget_waiting(self, waiting: Deferred) -> None:
        """Whoever waited for the body waits no more: what comes is kept for who asks next."""
        self._waiting = None

    def _give_body(self, waited: bool = True) -> bool:
        """Give whoever waits for the body what has come of it."""
        event = self._reader.next()
        if event is None and not self._ended:
            return False
        if waited:
            self._interrupted = self.site.now()
        waiting, self._waiting = self._waiting, None
        if isinstance(event, Refusal):
            waiting.errback(event.error)
        elif event is None:
            waiting.errback(ClientGone())
        else:
            waiting.callback(b"" if isinstance(event, End) else event)
        return True
