"""Adapter. A connection as a module sees it: a request that is read, and ways to answer it.

It is moved and not shared: who sends it over a channel, or has answered, does not have it any more, and using it raises
an error that names the line at which it went. One that is forgotten without an answer is answered with an incident.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import msgspec

from ....connection import Connection, Misuse
from ....csp.mobile import where
from ....http.answer import Pairs
from ....line import line_of
from ..roles import Handler
from ..sessions import SESSION, session_of
from .feed import Feed
from .request import Received
from .stream import Stream

Headers = Mapping[str, str] | Sequence[tuple[str, str]]

_HTML = ((b"Content-Type", b"text/html; charset=utf-8"),)
_TEXT = ((b"Content-Type", b"text/plain; charset=utf-8"),)
_JSON = ((b"Content-Type", b"application/json"),)
_OWN = str(Path(__file__).parents[3]) + "/"  # the package `occwserv`
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_FRAMING = {"content-length", "transfer-encoding", "connection", "date", "server"}


class OgiConnection(Received):
    """One request, and the client who waits for its answer."""

    _fields: Pairs = ()  # what goes with the answer whatever that is
    _session: str = ""

    def __del__(self) -> None:
        core = self._core
        if core is not None and not core.home:
            self._handler.forgotten(core)

    def __repr__(self) -> str:
        return f"<connection {self._core.request.line!r}>" if self._core else f"<connection given away {self._given}>"

    def give(self, giver: Any = None) -> "OgiConnection":
        """Give the connection away: only what is returned can be used from now on."""
        core = self._still()
        other = OgiConnection(core, self._handler, self._form)
        other._fields, other._session = self._fields, self._session
        other._leaving, other._given = self._leaving, self._given
        self._core, self._given = None, _where(giver)
        return other

    @property
    def session(self) -> str:
        """Who this is: 128 random bits in a cookie, set with the answer where the client has none yet.

        The requests of a session are given to the module one after the other: the next when the one before it has its
        answer, or the beginning of one.
        """
        if not self._session:
            known = session_of(self._still())
            self._session = known or token_hex(16)
            if not known:
                self.set_cookie(SESSION, self._session, path=self._handler.place)
        return self._session

    # The answer.

    async def text(self, text: str, status: int = 200) -> None:
        """Answer with plain text."""
        self._answer(status, _TEXT, text.encode("utf-8", "replace"))

    async def html(self, text: str, status: int = 200) -> None:
        """Answer with a page."""
        self._answer(status, _HTML, text.encode("utf-8", "replace"))

    async def json(self, value: Any, status: int = 200) -> None:
        """Answer with a value as JSON."""
        self._answer(status, _JSON, msgspec.json.encode(value))

    async def redirect(self, url: str, status: int = 303) -> None:
        """Send the client elsewhere; with 303 it asks there by GET (RFC 9110 15.4.4)."""
        self._answer(status, ((b"Location", quote(url, safe=_VISIBLE).encode("ascii")),), b"")

    async def reply(self, status: int = 200, headers: Headers = (), body: bytes | str = b"") -> None:
        """Answer with whatever it is."""
        data = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)
        self._answer(status, tuple(encoded(headers)), data)

    def set_cookie(self, name: str, value: str, path: str = "/", max_age: int | None = None) -> None:
        """Have a cookie set with the answer: HttpOnly, SameSite=Lax. Both parts are visible ASCII without `;`."""
        cookie = f"{name}={value}; Path={path}; HttpOnly; SameSite=Lax"
        if not cookie.isascii() or not cookie.isprintable() or ";" in name + value + path:
            raise ValueError(f"a cookie can not hold {name!r}={value!r}")
        cookie += f"; Max-Age={max_age}" if max_age is not None else ""
        core = self._still()
        if core.begun:
            raise Misuse(f"a cookie goes with the answer, which was begun {self._given or core.giver}")
        self._fields = (*self._fields, (b"Set-Cookie", cookie.encode("ascii")))

    def stream(self, content_type: str, status: int = 200, headers: Headers = ()) -> Stream:
        """Answer in pieces: `async with connection.stream("text/plain") as out: await out.write(b"...")`."""
        fields = [(b"Content-Type", content_type.encode("ascii")), *encoded(headers)]
        return Stream(self, status, fields)

    def events(self, room: int | None = None, policy: str = "drop-oldest") -> Feed:
        """Answer with a feed of events (server-sent events), for as long as the client stays.

        :param room: events that may wait while the client reads slowly; `ogi.feed` by default.
        :param policy: when more would have to wait: "block" makes who sends wait, "drop-oldest" loses the oldest and
            tells the client how many, "close" ends the feed.
        """
        last = self._still().request.fields.get(b"last-event-id", b"")
        return Feed(self, last, self._handler.settings.feed if room is None else room, policy)

    # What streams, feeds and the handler need.

    def begin(self, status: int, fields: list[tuple[bytes, bytes]]) -> Connection | None:
        """Begin an answer in pieces. None: the client has been told that it took too long."""
        core = self._still()
        if self._handler.is_late(core):
            return None
        self._check(core, status)
        core.begin(status, (*fields, *self._fields))
        self._note_answer()
        self._handler.answered(core)
        return core

    @property
    def handler(self) -> Handler:
        """Whose it is."""
        return self._handler

    def _answer(self, status: int, fields: Pairs, body: bytes) -> None:
        core, handler = self._core or self._still(), self._handler
        if handler.late is not None and core in handler.late:
            return  # the client has been told that it took too long
        if core.begun or status != 200:
            self._check(core, status)
        giver = line_of(sys._getframe(2))  # the line of the module that answers
        if self._fields:
            fields = (*fields, *self._fields)
        core.answer(status, fields, body, giver)
        self.left()
        handler.answered(core)

    def _check(self, core: Connection, status: int) -> None:
        """Refuse what would not be one whole answer."""
        given = self._given or core.giver
        if core.begun and given:
            core.misused(error := Misuse(f"the connection was answered already, {given}"))
            raise error
        if not 200 <= status <= 599:
            raise ValueError(f"{status!r} is not the status of an answer")

    def _note_answer(self) -> None:
        """Remember the line of the module that answers: three calls up."""
        self._given = line_of(sys._getframe(3))


def _where(giver: Any) -> str:
    """The line of the module at which something is given away.

    :param giver: the process that does; while it waits to do so, somebody else takes it.
    """
    routine = getattr(giver, "routine", None)
    if routine is not None and not routine.cr_running:
        return where(giver)
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return f"at {frame.f_code.co_filename}:{frame.f_lineno}"


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Header fields as bytes.

    :raise ValueError: for one that frames the answer, which is the server's own affair.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    for name, _ in pairs:
        if name.lower() in _FRAMING:
            raise ValueError(f"the field {name} is the server's own")
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in pairs]
