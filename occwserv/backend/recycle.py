"""Adapter. Where connections come home: counted, logged, and their client kept or closed (the paper, 2.5).

Here it is also noticed when one does not come home as it should: never, twice, or with an exception.
"""

from collections.abc import Callable
from math import floor

from twisted.logger import Logger

from ..connection import Connection, Misuse, Reuse
from ..http.errors import HTTPError
from ..http.head import Request
from ..roles import Finished
from .logline import combined, common, log_time, origin, outcome, request_line
from .stats import Stats


class Recycle:
    """The back end.

    :param write: takes a line of the access log.
    :param format: "combined" or "common".
    :param soon: calls a function in the reactor's thread, from whatever thread it is told to.
    """

    log = Logger("occwserv.backend")
    origin = staticmethod(origin)

    def __init__(self, stats: Stats, write: Callable[[bytes], None], format: str, soon: Callable) -> None:
        self._stats = stats
        self._write = write
        self._soon = soon
        self._second = self._next = 0.0  # the second whose time is `_stamp`, and the next one
        self._stamp = b""
        self.log_fields = combined if format == "combined" else common

    def home(self, connection: Connection) -> Reuse:
        """Take a connection back, and say what becomes of its client."""
        self.count(connection, connection.status, connection.body_sent, connection.answered, connection.finished)
        return Reuse.REUSE if connection.keep and not connection.broken else Reuse.CLOSE

    def count(self, connection: Connection, status: int, body_sent: int, answered: float, finished: float) -> None:
        """Count and log a connection that has been answered."""
        stats, holder, began, routed = self._stats, connection.holder, connection.began, connection.routed
        stats.answers[status] = stats.answers.get(status, 0) + 1
        stats.holders[holder] = stats.holders.get(holder, 0) + 1
        if began == routed <= answered == finished:  # as most come from the door: `went` would say the same
            stats.answering += answered - routed
        else:
            stats.went(began, routed, answered, finished)
        line, rest = connection.said or self._said(connection.request)
        parts = connection.client.origin, self._time(began), line, outcome(status, body_sent), rest
        self._write(b"".join(parts))

    def _said(self, request: Request) -> tuple[bytes, bytes]:
        """What the log has of a request line, and of the fields."""
        return request_line(request.line), self.log_fields(request.fields)

    def known(self, finished: Finished, tail: bytes, origin: bytes, now: float) -> None:
        """Count and log a request that was answered at the door, without a connection.

        :param tail: the rest of its line in the log; `origin` the beginning.
        """
        stats, status = self._stats, finished.status
        stats.answers[status] = stats.answers.get(status, 0) + 1
        stats.holders["door"] = stats.holders.get("door", 0) + 1
        self._write(b"".join((origin, self._time(now), tail)))

    def _time(self, now: float) -> bytes:
        """A time as the log has it, which is the same for a second."""
        if not self._second <= now < self._next:
            self._second = now // 1
            self._next = self._second + 1
            self._stamp = log_time(floor(now))
        return self._stamp

    def lost(self, connection: Connection) -> None:
        """A resource forgot a connection; its client is answered in the resource's place."""
        # Not now: this is called where the last reference ended. If that was in a ring, it is in the middle of
        # whatever was being done when the garbage was collected, perhaps in the thread that writes the log.
        self._soon(self._answer_lost, connection.again())

    def _answer_lost(self, connection: Connection) -> None:
        self._stats.lost += 1
        self.log.error("{holder} never gave back the connection of {line}", **self._about(connection))
        connection.fail(HTTPError(500, "the application forgot to answer"))

    def misused(self, error: Misuse) -> None:
        """A resource used a connection that it had given away."""
        self._stats.twice += 1
        self.log.error("{error}", error=error)

    def crashed(self, connection: Connection) -> None:
        """A resource raised something that is not an answer. Called while that is being handled."""
        self._stats.crashed += 1
        self.log.failure("{holder} failed at {line}", **self._about(connection))
        if not connection.home:
            connection.fail(HTTPError(500, "the server made a mistake; its log has the details"))

    @staticmethod
    def _about(connection: Connection) -> dict:
        return {"holder": connection.holder, "line": connection.request.line}
