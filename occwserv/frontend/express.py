"""Adapter. The express way of a whole small answer: written, counted and home in one go.

What a `Connection` does in a dozen calls for any answer (`reply`, and all behind it) is done here in one for most: a
client of HTTP/1.1 who stays, nothing unread, nothing in doubt, a body that is there in one piece. An application that
answers from memory is a fifth quicker by it. `tests/test_express.py` compares both ways.
"""

from ..connection import SERVER, Connection
from ..http.answer import Answer, encode_fields, opening
from ..http.dates import http_date
from .body import IDLE, BodyReader
from .wire import State


class Express(BodyReader):
    """The part of a client that takes whole answers."""

    __slots__ = ("_advancing", "_served")

    def express(self, connection: Connection, answer: Answer) -> bool:
        """Send an answer of one piece of bytes, and take its connection home.

        :return: False when it has to go the plain way; then nothing has happened.
        :raise ValueError: for a field that would break out of its line.
        """
        request, site, status = connection.request, self.site, answer.status
        if (
            self._reader is not IDLE or self._ended or site.stopping or self._served >= site.most_requests
            or connection.broken or not request.keep_alive or not request.minor or request.method == b"HEAD"
            or status < 200 or status in (204, 304) or self._state is not State.AWAY or self.outlet.gone
        ):  # fmt: skip
            return False
        body = answer.parts[0]
        now = site.now()
        first = opening(status, http_date(int(now)), SERVER)
        data = b"%b%bContent-Length: %d\r\n\r\n%b" % (first, encode_fields(tuple(answer.fields)), len(body), body)
        connection.arrive(status, len(body), now)
        self.outlet.write(data)
        site.backend.home(connection)
        self._watching = None
        self._state = State.READING
        if not self._advancing:
            self._advance()
        return True

    def _advance(self) -> None:
        """Go on with the next request."""
        raise NotImplementedError
