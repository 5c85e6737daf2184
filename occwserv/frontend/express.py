"""Adapter. The express way of a whole small answer: written, counted and home in one go.

What a `Connection` does in a dozen calls for any answer (`reply`, and all behind it) is done here in one for most: a
client of HTTP/1.1 who stays, nothing unread, nothing in doubt, a body that is there in one piece, and all is well
(200). `tests/test_express.py` compares both ways.
"""

from ..connection import SERVER, Connection
from ..csp.mobile import Line
from ..http.answer import Pairs, encode_fields, length_line, opening
from ..http.dates import http_date
from .body import IDLE, BodyReader
from .wire import State

AWAY, READING = State.AWAY, State.READING  # asked with every request: a name is found ten times as quickly


class Express(BodyReader):
    """The part of a client that takes whole answers."""

    __slots__ = ("_advancing", "_served")

    def express(self, connection: Connection, status: int, fields: Pairs, body: bytes, giver: Line) -> bool:
        """Send an answer of one piece of bytes, and take its connection home.

        :param giver: the line that gives it away.
        :return: False when it has to go the plain way; then nothing has happened.
        :raise ValueError: for a field that would break out of its line.
        """
        site = self.site
        if (
            status != 200 or not connection.request.usual or self._reader is not IDLE or self._ended
            or site.stopping or self._served >= site.most_requests or connection.broken or self._state is not AWAY
        ):  # fmt: skip
            return False
        now = site.now()
        data = opening(200, http_date(int(now)), SERVER) + encode_fields(fields) + length_line(len(body)) + body
        self.outlet.total += len(data)
        self.transport.write(data)
        connection.begun = connection.home = True
        connection.giver = giver
        site.backend.passed(connection, len(body), now)
        self._watching = None
        self._state = READING
        if not self._advancing:
            self._advance()
        return True

    def _advance(self) -> None:
        """Go on with the next request."""
        raise NotImplementedError
