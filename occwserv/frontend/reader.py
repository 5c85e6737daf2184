"""Adapter. Reads one client: from the first byte of a request to its resource, and on when it comes home.

Reading is the client's own job, so nobody waits for a slow one. While a resource holds the connection, what the
client sends ahead is kept, up to `limits.pipeline`; its answers leave in the order of its requests.
"""

from collections.abc import Callable
from math import floor

from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol
from zope.interface import implementer

from ..connection import Connection, Reuse
from ..http.errors import HTTPError
from ..http.head import Request
from ..http.persistence import Circumstances, persists
from ..http.reader import Refusal, RequestReader
from .body import IDLE
from .door import Known, Prepared
from .express import AWAY, READING, Express
from .site import FAREWELL, Site
from .wire import State, Wire

ROW = range(32)
"""Requests of one client that are taken in a row: it may have sent thousands, and others shall have their turn."""


@implementer(IProtocol, IHalfCloseableProtocol)
class ClientReader(Express):
    """One client of the server, from `makeConnection` to `connectionLost`."""

    __slots__ = ("_began", "_yielded")

    def __init__(self, site: Site, address: str, left: Callable[[Wire], None]) -> None:
        super().__init__(site, address, left)
        self._advancing = False
        self._began = 0.0  # when the first byte of the request came; 0.0 between requests
        self._served = 0
        self._yielded = False  # there may be more to take, when others have had their turn

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came. Most often a head that is known, answered with all duties but without a connection."""
        if self._at_door:
            site = self.site
            self._served += 1
            if self._served < site.most_requests and not site.stopping:
                now = site.now()
                known = site.door.heads[data] or site.door.look(data, floor(now))
                if type(known) is Known:
                    second = floor(now)  # twice as quickly as `int`
                    answer = known.finished.at(second)
                    if answer is not None:
                        self.received += len(data)
                        self.outlet.total += len(answer)
                        self.deadline = now + site.idle
                        self.transport.write(answer)
                        site.backend.known(known.finished, known.tail, self.origin, now)
                        if not self._at_door:  # the transport holds more than it likes
                            self._rest()
                        return
                    site.door.forget(data)
                elif known is not None:
                    self._serve_prepared(known, len(data), now)
                    return
            self._served -= 1
        self._take(data)

    def _take(self, data: bytes) -> None:
        """Read what came: the long way."""
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

    def _serve_prepared(self, prepared: Prepared, length: int, now: float) -> None:
        """Make a connection of a request that was read at the door, and give it to its resource."""
        site = self.site
        self.received += length
        self._advancing = True
        self._state = AWAY
        connection = Connection(prepared.request, self, now, now, prepared.said, prepared.holder)
        try:
            try:
                prepared.serve(connection)
            except HTTPError as error:
                connection.fail(error)
        except Exception:
            site.backend.crashed(connection)
        self._advancing = False
        if self._state is not READING:
            self._at_door = False  # the answer takes its time, or the client is left
        elif self._at_door:
            self.deadline = now + site.idle
        else:
            self._rest()

    def readConnectionLost(self) -> None:
        """Twisted: the client has closed its side, and may still wait for answers."""
        self._ended = True
        if self._at_door:
            self._close()  # most often: nothing is under way
        elif self._state is State.READING:
            self._advance()
        elif self._state is not State.AWAY:
            self._close()
        else:
            if self._waiting is not None:
                self._give_body()
            self._tell_watching()

    def _advance(self) -> None:
        """Take requests as long as there are any and the client takes the answers.

        A loop and not a recursion: a thousand requests may come in one piece and be answered at once, and
        `came_home`, called from in here, only changes the state.
        """
        if self._advancing or self._yielded:
            return
        self._advancing = True
        self._at_door = False
        for _ in ROW:
            if self._state is not State.READING or self.outlet.full:
                break
            event = self._reader.next()
            if event is None:
                break
            self._dispatch(event)
        else:
            self._yielded = self._state is State.READING
        self._advancing = False
        if self._yielded:
            self._pause()
            self._wait(self.site.settings.timeouts.head)
            self.site.soon(self._go_on)
        elif self._state is State.READING:
            self._rest()

    def _go_on(self) -> None:
        """Others have had their turn."""
        self._yielded = False
        self._resume()  # else nobody would notice that the client leaves, while the next request takes its time
        if self._state is State.READING:
            self._advance()

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
                connection.fail(event.error)
                return
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
        if self._reader is IDLE and not self._ended and self._served < self.site.most_requests:
            # Nothing is unread, and nothing is in doubt: most requests. `persists` would say the same.
            return connection.request.keep_alive and not (self.site.stopping or connection.broken)
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
        if self._reader is not IDLE:
            self._reader.resume()
        if not self._advancing:
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
