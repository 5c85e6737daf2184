"""Adapter. A connection as a module sees it: a request that is read, and ways to answer it.

It is moved and not shared: who sends it over a channel, or has answered, does not have it any more, and using it raises
an error that names the line at which it went. One that is forgotten without an answer is answered with an incident.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import msgspec
from twisted.internet.defer import Deferred

from ...connection import Connection
from ...csp import Movable, Moved
from ...csp.mobile import where
from ...csp.process import Outside
from ...http.answer import Answer
from ...http.errors import HTTPError
from .feed import Feed
from .forms import Args, Form, is_form, parse_cookies, parse_form, parse_query
from .stream import Stream

if TYPE_CHECKING:
    from .handler import Handler

Headers = Mapping[str, str] | Sequence[tuple[str, str]]

_HTML = b"text/html; charset=utf-8"
_TEXT = b"text/plain; charset=utf-8"
_JSON = b"application/json"
_SESSION = "ogi"


class OgiConnection(Movable, Outside):
    """One request, and the client who waits for its answer."""

    __slots__ = ("_core", "_fields", "_form", "_given", "_gone", "_handler", "_path_info", "_session")

    def __init__(self, core: Connection, handler: "Handler", path_info: bytes, form: bytes | None) -> None:
        self._core: Connection | None = core
        self._handler = handler
        self._path_info = path_info
        self._form = form  # the bytes of a form, which was read before the module was bothered
        self._fields: list[tuple[bytes, bytes]] = []  # what goes with the answer whatever that is
        self._session = ""
        self._given = ""
        self._gone: list[Callable[[], None]] | None = None

    def __del__(self) -> None:
        core = self._core
        if core is not None and not core.home:
            self._handler.forgotten(core)

    def __repr__(self) -> str:
        return f"<connection {self._core.request.line!r}>" if self._core else f"<connection given away {self._given}>"

    def give(self, giver: Any = None) -> "OgiConnection":
        """Give the connection away: only what is returned can be used from now on."""
        core = self._still()
        other = OgiConnection(core, self._handler, self._path_info, self._form)
        other._fields, other._session, other._gone = self._fields, self._session, self._gone
        self._core, self._given = None, where(giver)
        return other

    # The request.

    @property
    def method(self) -> str:
        """GET, POST and so on."""
        return self._still().request.method.decode("ascii")

    @property
    def path_info(self) -> str:
        """The path behind the module's name, decoded: empty, or begins with a slash."""
        return self._path_info.decode("utf-8", "replace")

    @property
    def query(self) -> str:
        """What stands behind the question mark, decoded as one text."""
        return " ".join(_decode(self._still().request.target.query or b"").split("+"))

    @property
    def args(self) -> Args:
        """The fields of the query."""
        return parse_query(self._still().request.target.query or b"")

    @property
    def headers(self) -> dict[str, str]:
        """The header fields, by their names in small letters."""
        fields = self._still().request.fields
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in fields.items()}

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were sent."""
        return parse_cookies(self._still().request.fields.get(b"cookie"))

    @property
    def client(self) -> str:
        """The client's address."""
        return self._still().client.address

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
                self.set_cookie(_SESSION, self._session, path=self._handler.place)
        return self._session

    @property
    def closed(self) -> Deferred:
        """Fires when the client has left."""
        left: Deferred = Deferred()
        self.when_gone(lambda: left.called or left.callback(None))
        return left

    def when_gone(self, act: Callable[[], None]) -> None:
        """Have something called when the client has left."""
        if self._gone is None:
            acts = self._gone = []
            self._still().when_gone(lambda: [each() for each in acts] and None)
        self._gone.append(act)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes.

        :raise HTTPError: it is malformed, too large or too slow. :raise ClientGone: the client left.
        """
        if self._form is not None:
            yield self._form
            return
        while piece := await self._still().read():
            yield piece

    async def body(self, limit: int | None = None) -> bytes:
        """The whole body.

        :param limit: bytes; the setting `limits.body` holds besides. :raise HTTPError: it is larger; else as `pieces`.
        """
        parts, size = [], 0
        async for piece in self.pieces():
            size += len(piece)
            if limit is not None and size > limit:
                raise HTTPError(413, f"the body is larger than the {limit} bytes that are taken here", close=True)
            parts.append(piece)
        return b"".join(parts)

    async def form(self) -> Form:
        """The fields and files of a form; of a body that is no form, none."""
        kind = self._still().request.fields.get(b"content-type", b"")
        return parse_form(kind, self._form) if self._form is not None and is_form(kind) else Form([])

    # The answer.

    async def text(self, text: str, status: int = 200) -> None:
        """Answer with plain text."""
        self._answer(status, [(b"Content-Type", _TEXT)], text.encode("utf-8", "replace"))

    async def html(self, text: str, status: int = 200) -> None:
        """Answer with a page."""
        self._answer(status, [(b"Content-Type", _HTML)], text.encode("utf-8", "replace"))

    async def json(self, value: Any, status: int = 200) -> None:
        """Answer with a value as JSON."""
        self._answer(status, [(b"Content-Type", _JSON)], msgspec.json.encode(value))

    async def redirect(self, url: str, status: int = 303) -> None:
        """Send the client elsewhere; with 303 it asks there by GET (RFC 9110 15.4.4)."""
        self._answer(status, [(b"Location", url.encode("ascii"))], b"")

    async def reply(self, status: int = 200, headers: Headers = (), body: bytes | str = b"") -> None:
        """Answer with whatever it is."""
        data = body.encode("utf-8") if isinstance(body, str) else bytes(body)
        self._answer(status, encoded(headers), data)

    def set_cookie(self, name: str, value: str, path: str = "/", max_age: int | None = None) -> None:
        """Have a cookie set with the answer: HttpOnly, SameSite=Lax. Both parts are visible ASCII without `;`."""
        cookie = f"{name}={value}; Path={path}; HttpOnly; SameSite=Lax"
        if not cookie.isascii() or not cookie.isprintable() or ";" in name + value + path:
            raise ValueError(f"a cookie can not hold {name!r}={value!r}")
        cookie += f"; Max-Age={max_age}" if max_age is not None else ""
        self._fields.append((b"Set-Cookie", cookie.encode("ascii")))

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
        return Feed(self, self._handler.settings.feed if room is None else room, policy)

    # What streams, feeds and the handler need.

    def begin(self, status: int, fields: list[tuple[bytes, bytes]]) -> Connection:
        """Begin an answer in pieces."""
        core = self._still()
        core.begin(status, [*fields, *self._fields])
        self._handler.answered(core)
        return core

    @property
    def handler(self) -> "Handler":
        """Whose it is."""
        return self._handler

    def _answer(self, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
        core = self._still()
        late = self._handler.late
        if late is not None and core in late:
            return  # the client has been told that it took too long
        if self._fields:
            fields += self._fields
        core.reply(Answer(status, fields, (body,)))
        self._handler.answered(core)

    def _still(self) -> Connection:
        if self._core is None:
            raise Moved(f"the connection was given away {self._given}")
        return self._core


def session_of(core: Connection) -> str:
    """The session that a request says it belongs to, empty for none."""
    field = core.request.fields.get(b"cookie")
    value = parse_cookies(field).get(_SESSION, "") if field is not None else ""
    return value if len(value) == 32 and all(letter in "0123456789abcdef" for letter in value) else ""


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Header fields as bytes."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in pairs]


def _decode(query: bytes) -> str:
    return unquote_to_bytes(query).decode("utf-8", "replace")
