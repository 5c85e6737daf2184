"""Adapter. Reads one client: from the first byte of a request to its resource, and on when it comes home.

Reading is the client's own job, so nobody waits for a slow one. While a resource holds the connection, what the
client sends ahead is kept, up to `limits.pipeline`; its answers leave in the order of its requests.
"""

from collections.abc import Callable

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol
from zope.interface import implementer

from ..connection import Connection, Misuse, Reuse
from ..http.answer import CONTINUE
from ..http.chunked import End
from ..http.errors import HTTPError
from ..http.head import Limits, Request
from ..http.persistence import Circumstances, persists
from ..http.reader import Refusal, RequestReader
from ..net.outlet import ClientGone
from .site import FAREWELL, Site
from .wire import State, Wire

IDLE = RequestReader(Limits())
"""Stands for the reader of everybody of whom nothing has come yet: most clients wait, and most who ask are answered at
the door, so most need none. It is never fed."""


@implementer(IProtocol, IHalfCloseableProtocol)
class ClientReader(Wire):
    """One client of the server, from `makeConnection` to `connectionLost`."""

    __slots__ = ("_advancing", "_began", "_reader", "_served", "_waiting")

    def __init__(self, site: Site, address: str, left: Callable[[Wire], None]) -> None:
        super().__init__(site, address, left)
        self._reader = IDLE
        self._advancing = False
        self._began = 0.0  # when the first byte of the request came; 0.0 between requests
        self._served = 0
        self._waiting: Deferred | None = None  # whoever waits for the body

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        if self._at_door and self._answer_at_door(data):
            return
        self.received += len(data)
        if self._state in (State.LINGERING, State.CLOSING):
            return
        if self._reader is IDLE:
            self._reader = RequestReader(self.site.limits)
        self._reader.feed(data)
        if self._state is State.READING:
            self._advance()
        elif self._state is State.DRAINING:
            self._drain()
        elif self._waiting is not None:
            self._give_body()
        elif self._reader.buffered > self.site.settings.limits.pipeline:
            self._pause()

    def _answer_at_door(self, head: bytes) -> bool:
        """Answer a request the short way, with all duties but without a connection being made.

        :return: False when it has to go the long way.
        """
        site = self.site
        self._served += 1
        if site.stopping or self._served >= site.most_requests:
            self._served -= 1
            return False
        now = site.now()
        second = int(now)
        known = site.door.look(head, second)
        answer = None if known is None else known.finished.at(second)
        if answer is None:
            self._served -= 1
            if known is not None:
                site.door.forget(head)
            return False
        self.transport.write(answer)
        self.deadline = now + site.idle
        site.backend.known(known.finished, known.tail, self.address, second, len(head), len(answer))
        if self.outlet.full:
            self._rest()
        return True

    def readConnectionLost(self) -> None:
        """Twisted: the client has closed its side, and may still wait for answers."""
        self._ended = True
        if self._state is State.READING:
            self._advance()
        elif self._state is not State.AWAY:
            self._close()
        else:
            if self._waiting is not None:
                self._give_body()
            self._tell_watching()

    def connectionLost(self, reason) -> None:
        """Twisted: it is over."""
        waiting, self._waiting = self._waiting, None
        super().connectionLost(reason)
        if waiting is not None:
            waiting.errback(ClientGone())

    def _advance(self) -> None:
        """Take requests as long as there are any and the client takes the answers.

        A loop and not a recursion: a thousand requests may come in one piece and be answered at once, and
        `came_home`, called from in here, only changes the state.
        """
        if self._advancing:
            return
        self._advancing = True
        self._at_door = False
        while self._state is State.READING and not self.outlet.full:
            event = self._reader.next()
            if event is None:
                break
            self._dispatch(event)
        self._advancing = False
        if self._state is State.READING:
            self._rest()

    def _dispatch(self, event: Request | Refusal) -> None:
        """Make a connection of a request, and give it to its resource."""
        now = self.site.now()
        refused = isinstance(event, Refusal)
        connection = Connection(Request.unread(event.line) if refused else event, self, self._began or now, now)
        self._state = State.AWAY
        self._served += 1
        self._began = self._interrupted = 0.0
        try:
            self._serve(connection, event)
        except Exception:
            self.site.backend.crashed(connection)

    def _serve(self, connection: Connection, event: Request | Refusal) -> None:
        try:
            if isinstance(event, Refusal):
                raise event.error
            if event.target.climbs:
                connection.abort("the path goes up", 400)
                return
            resource = self.site.route(event)
            connection.holder = resource.name
            resource.serve(connection)
        except HTTPError as error:
            connection.fail(error)

    def _rest(self) -> None:
        """Nothing to do: wait, for as long as is fitting."""
        self._at_door = False
        if self.outlet.full:
            self._pause()
        elif self._ended:
            self._close()
        elif not self._reader.in_head:
            self._at_door = True
            self._reader = IDLE
            self._resume()
            idle = self.site.settings.timeouts.idle
            self._wait(min(idle, FAREWELL) if self.site.stopping else idle)
        else:
            self._resume()
            if not self._began:
                self._began = self.site.now()
                self._wait(self.site.settings.timeouts.head)

    def persists(self, connection: Connection) -> bool:
        """Whether the client's connection will live on behind the answer that is being begun."""
        limits = self.site.settings.limits
        unread = self._reader.body_left if self._reader.in_body else 0
        if self._reader.dead or (self._ended and not self._reader.buffered):
            return False
        return persists(
            connection.request,
            Circumstances(self._served, limits.requests, unread, limits.drain, self.site.stopping, connection.broken),
        )

    def came_home(self, connection: Connection) -> None:
        """The connection is home: the back end says what becomes of the client."""
        verdict = self.site.backend.home(connection)
        self._watching = None
        if self._waiting is not None:
            self._waiting.cancel()  # what comes from now on is not for whoever gave the connection away
        if self._state in (State.CLOSING, State.GONE):
            return
        if connection.aborted:
            self._abort()
        elif verdict is Reuse.CLOSE:
            self._end(connection.request.keep_alive or self._reader.dead)
        elif self._reader.in_body:
            self._state = State.DRAINING
            self._mark = 0
            self._resume()
            self._wait(self.site.settings.timeouts.linger)
            self._drain()
        else:
            self._next()

    def _next(self) -> None:
        self._state = State.READING
        self._reader.resume()
        self._advance()

    def _end(self, more: bool = True) -> None:
        """No further request: close, but not over bytes that may still come.

        :param more: whether the client may send on, because it was not itself who wanted the end: its next request may
            be on its way, and would reset the connection if that were closed.
        """
        if (more or self._reader.in_body or self._reader.buffered) and not self._ended:
            self._linger()
        else:
            self._close()

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

    def stop(self) -> None:
        """The server ends: an idle client is left, one that is being answered is let finish."""
        if self._state is State.READING and not self._reader.in_head:
            self._close()

    def cut_off(self) -> None:
        """The server ends, and waited long enough."""
        self._abort()

    def expired(self) -> None:
        """The wheel: the deadline is over."""
        timeouts = self.site.settings.timeouts
        if self._waiting is not None:
            if self._too_slow(timeouts.body):
                waiting, self._waiting = self._waiting, None
                waiting.errback(HTTPError(408, "the body did not come in time", close=True))
        elif self._state is State.CLOSING or (self.outlet.full and self._state in (State.READING, State.AWAY)):
            if self._too_slow(timeouts.write):
                self._abort()
        elif self._state is State.AWAY:
            self._wait(timeouts.write)  # the resource takes its time; that is its own affair
        elif self._state is State.READING and self._reader.in_head:
            self._dispatch(self._reader.give_up(HTTPError(408, "the request did not come in time", close=True)))
        else:
            self._close()

    def _outlet_moved(self) -> None:
        super()._outlet_moved()
        if not self.outlet.full and self._state is State.READING:
            self._advance()
