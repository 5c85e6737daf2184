"""Adapter. A connection whose client is in the server's hands: what is done with it is said over the link."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from ....connection import Misuse
from ....http.answer import Pairs
from ....http.errors import HTTPError
from ....http.head import Request
from ....line import Line
from ....net.outlet import ClientGone
from ..pools.link import Link


class Asker:
    """The client of a connection, as far as it is known here."""

    def __init__(self, address: str) -> None:
        self.address = address


class Relayed:
    """A connection whose client is in the server's hands: what is done with it is said over the link.

    It stands for a `Connection` (`connection.py`) wherever the farm uses one.
    """

    def __init__(
        self, link: Link, number: int, request: Request, address: str, form: list[bytes], now: float, over: Callable
    ) -> None:
        self.request = request
        self.client = Asker(address)
        self.routed = self.entered = now
        self.home = self.begun = False
        self.holder = "ogi"
        self.giver: Line | None = None
        self._link = link
        self._number = number
        self._over = over
        self._form = form
        self._reading: Deferred | None = None
        self._writing: list[Deferred] = []
        self._gone = False
        self._left: Callable[[], None] | None = None

    def answer(self, status: int, fields: Pairs, body: bytes, giver: Line) -> None:
        """A whole answer."""
        self._check(False)
        self.giver = giver
        self._finish("reply", status, fields, body)

    def begin(self, status: int, fields: Any = (), length: int | None = None) -> None:
        """The beginning of an answer in pieces."""
        self._check(False)
        self.begun = True
        self._link.say("begin", self._number, status, list(fields), length)

    def write(self, data: bytes) -> Deferred:
        """A piece of it."""
        self._check(True)
        if self._gone:
            return fail(ClientGone())
        self._link.say("write", self._number, data)
        taken: Deferred = Deferred()
        self._writing.append(taken)
        return taken

    def end(self) -> None:
        """The end of it."""
        self._check(True)
        self._finish("end")

    def fail(self, error: HTTPError) -> None:
        """The error page."""
        if self.home:
            self._check(False)
        self._finish("fail", error.status, error.why, list(error.fields), error.close)

    def abort(self, why: str) -> None:
        """Cut the client off."""
        if self.home:
            self._check(False)
        self._finish("abort", why)

    def read(self) -> Deferred:
        """The next piece of the body."""
        if self._form:
            return succeed(self._form.pop(0))
        wanted: Deferred = Deferred()
        self._reading = wanted
        self._link.say("read", self._number)
        return wanted

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Called when the client has left."""
        self._left = callback
        if self._gone:
            callback()

    def told(self, what: str, *rest: Any) -> None:
        """The server has said something about it."""
        if what == "room":
            if self._writing:
                self._writing.pop(0).callback(None)
        elif what == "gone":
            self._gone = True
            for waiting in [*self._writing, *([self._reading] if self._reading else [])]:
                waiting.errback(ClientGone())
            self._writing, self._reading = [], None
            if self._left is not None and not self.home:
                self._left()
        elif self._reading is not None:
            reading, self._reading = self._reading, None
            if what == "refused":
                reading.errback(HTTPError(rest[0], rest[1], close=True))
            else:
                reading.callback(rest[0])

    def misused(self, error: Misuse) -> None:
        """Have it counted and told that the module used the connection after it had given it away."""
        self._link.say("misused", self._number, str(error))

    def _check(self, begun: bool) -> None:
        if self.home or self.begun is not begun:
            raise Misuse(f"ogi used the connection of {self.request.line!r}, which was given away or is not that far")

    def _finish(self, what: str, *rest: Any) -> None:
        self.begun = self.home = True
        self._link.say(what, self._number, *rest)
        self._over(self._number)
