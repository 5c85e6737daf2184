"""Adapter. The wire to one client: its transport, its one deadline, and the ways it ends.

The deadline sits in the wheel. For an idle client and for a head it is fixed. For bodies and answers it is a window:
when it ends, the client must have moved `limits.rate` bytes for every second of it, and gets another, so that a byte
now and then does not hold a connection for ever, and a busy client costs nothing in between.
"""

from collections.abc import Callable
from enum import Enum
from weakref import ref

from twisted.internet.interfaces import ITCPTransport

from ..connection import Connection
from ..net.outlet import Outlet
from .site import Site
from .wheel import GONE


class State(Enum):
    """Where a client is.

    READING waits for a request, idle or in the middle of a head; AWAY while a resource holds the connection; DRAINING
    while the rest of a body is read that nobody wanted; LINGERING when our side is closed and what still comes is
    forgotten, because a socket closed over unread bytes resets the connection, and the client would lose our answer
    (RFC 9112 9.6); CLOSING when both sides will be closed as soon as the last bytes have left; GONE when they are.
    """

    READING = 1
    AWAY = 2
    DRAINING = 3
    LINGERING = 4
    CLOSING = 5
    GONE = 6


class Wire:
    """What of a client is the same whatever it says.

    :param left: called when the client is gone.
    """

    __slots__ = (
        "_at_door", "_ended", "_interrupted", "_left", "_mark", "_paused", "_since", "_state",
        "_watching", "address", "deadline", "origin", "outlet", "received", "site", "slot", "transport",
    )  # fmt: skip

    def __init__(self, site: Site, address: str, left: Callable[["Wire"], None]) -> None:
        self.site = site
        self.address = address
        self.origin = site.backend.origin(address)  # as the access log has it; not asked for with every request
        self.received = 0
        self.slot = GONE
        self._left = left
        self._state = State.READING
        # A request may be answered at the door: none is under way, nothing is unread, nothing in doubt. It stays so
        # while one from the door is answered at once.
        self._at_door = True
        self._ended = False  # the client has closed its side
        self._paused = False  # we do not read for now
        self._since = 0.0  # when the window began
        self._interrupted = 0.0  # when it was interrupted; 0.0 when it was not
        self._mark = 0  # what had been moved by then; while DRAINING, what was drained
        self._watching: ref[Connection] | None = None  # weak: one that is forgotten must be found to be so

    def makeConnection(self, transport) -> None:
        """Twisted: the client is here."""
        self.transport = transport
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)
        self.outlet = Outlet(transport, self._outlet_moved)
        self.site.wheel.add(self, self.site.now() + self.site.settings.timeouts.idle)

    def writeConnectionLost(self) -> None:
        """Twisted: our side is closed, as we asked."""

    def connectionLost(self, reason) -> None:
        """Twisted: it is over."""
        self._state = State.GONE
        self._ended = True
        self._at_door = False
        self.site.wheel.remove(self)
        self.outlet.lost()
        if self._watching is not None:
            self._tell_watching()
        self._left(self)

    def watch(self, connection: Connection) -> None:
        """Tell the connection when the client leaves."""
        self._watching = ref(connection)
        if self._ended:
            self._tell_watching()

    def _tell_watching(self) -> None:
        watching, self._watching = self._watching, None
        connection = None if watching is None else watching()
        if connection is not None:
            try:
                connection.left()
            except Exception:
                self.site.backend.crashed(connection)

    def _outlet_moved(self) -> None:
        """The outlet is full, or has room again."""
        if self.outlet.full:
            self._at_door = False
            self._watch(self.site.settings.timeouts.write)

    def clock_set(self, by: float) -> None:
        """The wheel: the time of day was set, and what was noted of it goes with that."""
        self.deadline += by
        self._since += by
        if self._interrupted:
            self._interrupted += by

    def _wait(self, seconds: float) -> None:
        """Set the deadline."""
        self.site.wheel.put(self, self.site.now() + seconds)

    @property
    def _moved(self) -> int:
        """Bytes the client moved, in both directions: only the one that is waited for can go on for long."""
        return self.received + self.outlet.taken

    def _watch(self, window: float) -> None:
        """From now on the client has to move bytes."""
        self._interrupted = 0.0
        self._since = self.site.now()
        self._mark = self._moved
        self._wait(window)

    def _watch_on(self, window: float) -> None:
        """Go on with the window that was interrupted; what has passed since was not the client's time.

        A new window for each piece of a body would let a client send it byte by byte for ever.
        """
        if not self._interrupted:
            self._watch(window)
            return
        self._since += self.site.now() - self._interrupted
        self._interrupted = 0.0
        self._wait(self._since + window - self.site.now())

    def _too_slow(self, window: float) -> bool:
        """At the deadline: whether the client moved too little. If not, it has another one."""
        waited = self.site.now() - self._since
        if waited < window:
            self._wait(window - waited)  # the deadline was an older one
            return False
        if self._moved - self._mark <= self.site.settings.limits.rate * waited:
            return True
        self._watch(window)
        return False

    def _linger(self) -> None:
        """Close our side, and read on so that the client gets to read what we said."""
        self._state = State.LINGERING
        self.outlet.half_close()
        self._resume()
        self._wait(self.site.settings.timeouts.linger)

    def _close(self) -> None:
        """Close when the last bytes have left."""
        self._state = State.CLOSING
        self._at_door = False
        if not self.outlet.close():
            self._watch(self.site.settings.timeouts.write)

    def _abort(self) -> None:
        """Close now, whatever has not left."""
        self._state = State.CLOSING
        self._at_door = False
        self.outlet.abort()

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self.transport.pauseProducing()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self.transport.resumeProducing()
