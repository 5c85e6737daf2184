"""Adapter. The thing that travels: one request, with the client who waits for its answer.

The front end makes a `Connection` of every request and gives it to one resource. Whoever holds it owns it, and it
comes home to the back end exactly once, by the last thing the holder does with it:

    reply(answer)              the whole answer at once; the server sends it and brings the connection home
    begin, write ..., end      an answer in pieces
    fail(error)                the error page
    abort(why)                 the client is cut off: the answer can not be completed truthfully

Until then `read()` gives the request's body, and `when_gone(callback)` tells that the client has left.

Two mistakes are found in life, not only in tests. A holder that uses a connection after it gave it away is told who
gave it, and where (`Misuse`). A holder that forgets a connection loses its last reference: the server notices,
logs the name of the resource, and answers 500 in its place.
"""

import sys
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct
from twisted.internet.defer import Deferred, succeed

from .http.answer import Answer, Pairs, encode_fields, framing_line, has_body, opening
from .http.chunked import LAST_CHUNK, encode_chunk
from .http.dates import http_date
from .http.errors import Fields, HTTPError
from .http.head import Request
from .http.persistence import connection_line
from .line import Line, line_of

if TYPE_CHECKING:
    from .roles import Client

SERVER = b"occwserv"
Said = tuple[bytes, bytes] | None
CLIENT_LEFT = 499
"""The status that is counted and logged when the client left before any answer; it is never sent."""


class Misuse(RuntimeError):
    """A connection was used by somebody who had given it away: a defect of the resource named."""


class Reuse(Enum):
    """What happens to the client's connection behind an answer, as a value."""

    REUSE = 1
    CLOSE = 2


class Connection(Struct, eq=False, weakref=True):
    """One request on its way through the server. A struct, because it is made in C then, in a third of the time.

    `said` is what the access log has of the request line and of the fields, where that is known already.
    `status` and `body_sent` (bytes) tell what was answered; `began`, `routed`, `answered`, `finished` (seconds) when
    it passed the stations; `entered` when it came to an application, by a clock that is never set; `holder` who holds
    it; `broken` that no request may follow on the client's connection, `aborted` that it must end before the answer
    does; `begun` that the head has left, so that no other status can be sent; `home` that it was given away, or has
    come home: its holder holds nothing any more; `giver` the line that gave it away.
    """

    request: Request
    client: "Client"
    began: float
    routed: float
    said: Said = None
    holder: str = "frontend"
    answered: float = 0.0
    finished: float = 0.0
    entered: float = 0.0
    status: int = 0
    body_sent: int = 0
    keep: bool = False
    broken: bool = False
    aborted: bool = False
    begun: bool = False
    home: bool = False
    giver: Line | None = None
    _chunked: bool = False
    _raw: bool = False
    _body_from: int = 0
    _owed: int | None = None  # bytes of the announced length still to be written
    _release: Callable[[], None] | None = None
    _left: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"<connection of {self.request.line!r}>"  # and not its fields: they hold what is secret

    def __del__(self) -> None:
        if not self.home:
            self.client.site.backend.lost(self)

    def again(self) -> "Connection":
        """The same connection in other hands, when its holder forgot it: all but the reference to it is kept."""
        copy = Connection(self.request, self.client, self.began, self.routed)
        for name in (
            "holder", "status", "keep", "broken", "begun", "_chunked", "_body_from", "_owed", "_raw", "_release",
        ):  # fmt: skip
            setattr(copy, name, getattr(self, name))
        return copy

    def reply(self, answer: Answer) -> None:
        """Send a whole answer; the connection is given away."""
        giver, parts = self.giver or line_of(sys._getframe(1)), answer.parts
        if len(parts) == 1 and type(parts[0]) is bytes and answer.release is None:
            self.answer(answer.status, tuple(answer.fields), parts[0], giver)
        else:
            self._reply(answer, giver)

    def answer(self, status: int, fields: Pairs, body: bytes, giver: Line) -> None:
        """Send a whole answer of one piece; the connection is given away.

        :param giver: the line that gives it.
        """
        if self.begun:
            self._misused()
        if not self.client.express(self, status, fields, body, giver):
            self._reply(Answer(status, fields, (body,)), giver)

    def _reply(self, answer: Answer, giver: Line) -> None:
        try:
            if self.begun:
                self._misused()
            head = self._head(answer.status, answer.fields, answer.length)
        except BaseException:
            # The connection stays with its holder, so that the client still gets an answer.
            if answer.release is not None:
                answer.release()
            raise
        self.begun = self.home = True
        self.giver = giver
        self._release = answer.release
        self._body_from = self.client.outlet.total + len(head)
        body = answer.parts if has_body(self.request.method, answer.status) else ()
        self.client.outlet.send((head, *body), self._sent)

    def begin(
        self, status: int, fields: Fields = (), length: int | None = None, reason: str | None = None, data: bytes = b""
    ) -> None:
        """Send the head of an answer in pieces.

        :param length: bytes of the body if known; else it is chunked, or ended by closing for HTTP/1.0.
        :param data: the first piece of the body, which leaves with the head.
        """
        self._check(False)
        self._chunked = length is None and self.request.minor == 1
        self.broken = self.broken or (length is None and not self._chunked)
        head = self._head(status, fields, length, reason)
        self._owed = length if has_body(self.request.method, status) else None
        body = self._framed(data)
        self.begun = True
        self._body_from = self.client.outlet.total + len(head)
        self.client.outlet.write(head + body)

    def begin_raw(self, status: int) -> None:
        """Begin an answer that its holder writes to the letter, head and all; the client is closed behind it."""
        self._check(False)
        self.broken = self._raw = True
        self.status = CLIENT_LEFT if self.client.outlet.gone else status
        self.answered = self.client.site.now()
        self.begun = True
        self._body_from = self.client.outlet.total

    def write(self, data: bytes) -> Deferred:
        """Send a piece of the body.

        :return: fires when the client has taken enough for more to be written; fails with `ClientGone`.
        :raise ValueError: if it is more than the length announced: the client would take it for the next answer.
        """
        self._check(True)
        self.client.outlet.write(self._framed(data))
        return self.client.outlet.room()

    def end(self) -> None:
        """The answer in pieces is complete; the connection is given away.

        :raise ValueError: if it is less than the length announced: the client would wait for the rest.
        """
        self._check(True)
        if self._owed:
            raise ValueError(f"the answer ends {self._owed} bytes short of the length announced")
        self._give()
        last = self._chunked and has_body(self.request.method, self.status)
        self.client.outlet.send((LAST_CHUNK,) if last else (), self._sent)

    def read(self) -> Deferred:
        """The next piece of the request's body.

        :return: fires with bytes, empty at the end; fails with `HTTPError` (malformed, too large, too slow) or
            `ClientGone`. Nothing is read from the client meanwhile that was not asked for.
        """
        if self.home:
            self._misused()
        if self.request.length == 0:
            return succeed(b"")  # what is still unread may be the body of a request that was made another since
        return self.client.read_body(self)

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Call once, when the client leaves or closes its side while the connection is held; now, if it has."""
        self._check()
        self._left = callback
        self.client.watch(self)

    def left(self) -> None:
        """The front end: the client has left. Whether one that closed its side still reads can not be told."""
        callback, self._left = self._left, None
        if callback is not None and not self.home:
            callback()

    def fail(self, error: HTTPError) -> None:
        """Answer with the error page, or cut the client off when an answer has begun."""
        self._check()
        self._note_giver()
        self.broken = self.broken or error.close
        if self.begun:
            self.abort(error.why)
            return
        try:
            self.client.site.failure(self, error)
        except Exception:
            # Not even the error page can be sent. It must not be tried again: that would never end.
            if not self.home:
                self.abort("the error page failed", error.status)
            self.client.site.backend.crashed(self)

    def abort(self, why: str, status: int = CLIENT_LEFT) -> None:
        """Cut the client off, so that it sees that the answer is not complete; the connection is given away.

        :param status: what is logged when nothing has been sent.
        """
        self._give()
        self.aborted = True
        self.status = self.status or status
        self._sent(ConnectionAbortedError(why))

    def _head(self, status: int, fields: Fields, length: int | None, reason: str | None = None) -> bytes:
        client, request = self.client, self.request
        self.keep = client.persists(self)
        now = client.site.now()
        first = opening(status, http_date(int(now)), SERVER, reason)
        frame = framing_line(status, length, request.minor)
        head = b"%b%b%b%b\r\n" % (first, encode_fields(tuple(fields)), frame, connection_line(request, self.keep))
        self.status = CLIENT_LEFT if client.outlet.gone else status
        self.answered = now
        return head

    def _framed(self, data: bytes) -> bytes:
        """A piece of the body as it is sent."""
        if self._owed is not None:
            if len(data) > self._owed:
                raise ValueError(f"{len(data)} bytes where {self._owed} are left of the length announced")
            self._owed -= len(data)
        if not self._raw and not has_body(self.request.method, self.status):
            return b""
        return encode_chunk(data) if self._chunked else data

    def _sent(self, error: Exception | None) -> None:
        """The outlet is done with the answer."""
        if self._release is not None:
            self._release()
            self._release = None
        if error is not None:
            self.broken = self.aborted = True
            self.status = self.status or CLIENT_LEFT
        if self._body_from:
            self.body_sent = max(self.client.outlet.total - self._body_from, 0)
        self.finished = self.client.site.now()
        self.answered = self.answered or self.finished
        self.begun = self.home = True
        self.client.came_home(self)

    def _give(self) -> None:
        self._check()
        self.begun = self.home = True
        self._note_giver(3)

    def _note_giver(self, depth: int = 2) -> None:
        """Remember the line that gives the connection away: the first one, when giving it leads to giving it on."""
        if self.giver is None:
            self.giver = line_of(sys._getframe(depth))

    def _check(self, begun: bool | None = None) -> None:
        if self.home or (begun is not None and self.begun is not begun):
            self._misused()

    def misused(self, error: Misuse) -> None:
        """Count and tell that somebody used the connection who had given it away."""
        self.client.site.backend.misused(error)

    def _misused(self) -> None:
        if self.home:
            place = f"was given away {self.giver}"
        else:
            place = "had begun already" if self.begun else "had not begun yet"
        error = Misuse(f"{self.holder} used the connection of {self.request.line!r}, which {place}")
        self.misused(error)
        raise error
