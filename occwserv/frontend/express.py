"""Adapter. The express way of a whole small answer: written, counted and home in one go.

What a `Connection` does in a dozen calls for any answer (`reply`, and all behind it) is done here in one for most: a
client of HTTP/1.1 who stays, nothing unread, nothing in doubt, a body that is there in one piece, and all is well
(200). `tests/test_express.py` compares both ways.
"""

from math import floor

from ..connection import SERVER, Connection
from ..http.answer import Pairs, head_of, length_line
from ..line import Line
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
        if status != 200 or not connection.request.usual or connection.broken or site.stopping:
            return False
        if not self._at_door and not self._stays():
            return False
        now = site.now()  # of which `floor` makes seconds twice as quickly as `int`
        data = b"".join((head_of(floor(now), SERVER, fields), length_line(len(body)), body))
        self.outlet.total += len(data)
        self.transport.write(data)
        connection.begun = connection.home = True
        connection.giver = giver
        site.backend.count(connection, 200, len(body), now, now)
        self._watching = None
        self._state = READING
        if not self._advancing:
            self._advance()
        return True

    def _stays(self) -> bool:
        """Whether the client may ask again behind the answer, and nothing of it is unread: who is at the door does."""
        served = self._served < self.site.most_requests
        return served and self._reader is IDLE and not self._ended and self._state is AWAY

    def _advance(self) -> None:
        """Go on with the next request."""
        raise NotImplementedError
