"""Adapter. A request as a module sees it: what it says, its body, and whether its client is still there."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote_to_bytes

from msgspec import Struct
from twisted.internet.defer import Deferred

from ....connection import Connection
from ....csp import Movable, Moved
from ....csp.process import Outside
from ....http.errors import HTTPError
from ....line import Line
from ....net.outlet import ClientGone
from ..forms import Args, Form, is_form, parse_cookies, parse_form, parse_query
from ..roles import Handler


class Leaving:
    """What is done when a client leaves. Apart from the connection, so that the two make no ring."""

    __slots__ = ("_acts", "over")

    def __init__(self) -> None:
        self._acts: list[Callable[[], object]] = []
        self.over = False

    def add(self, act: Callable[[], object]) -> None:
        """Have something done then; now, if it is over."""
        if self.over:
            act()
        else:
            self._acts.append(act)

    def happened(self) -> None:
        """The client has left, or has its answer."""
        self.over = True
        acts, self._acts = self._acts, []
        for act in acts:
            act()


class Received(Struct, Movable, Outside, eq=False, weakref=True):
    """A request. What a module can do about it is said in `connection.py`."""

    _core: Connection | None
    _handler: Handler
    _form: bytes | None = None  # the bytes of a form, which was read before the module was bothered
    _given: Line | str = ""  # where it was given away, or an answer in pieces begun
    _leaving: Leaving | None = None

    @property
    def method(self) -> str:
        """GET, POST and so on."""
        return self._still().request.method.decode("ascii")

    @property
    def path_info(self) -> str:
        """The path behind the module's name, decoded: empty, or begins with a slash."""
        return self._handler.module.rest_of(self._still().request.target.path).decode("utf-8", "replace")

    @property
    def query(self) -> str:
        """What stands behind the question mark, decoded as one text."""
        query = self._still().request.target.query or b""
        return unquote_to_bytes(query.replace(b"+", b" ")).decode("utf-8", "replace")

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
    def closed(self) -> Deferred:
        """Fires when the client has left, or has the whole answer."""
        left: Deferred = Deferred()
        self.when_gone(lambda: left.called or left.callback(None))
        return left

    def when_gone(self, act: Callable[[], object]) -> None:
        """Have something called when the client has left; now, if it has."""
        core = self._still()
        if self._leaving is None:
            self._leaving = Leaving()
            if core.home:
                self._leaving.happened()
            else:
                core.when_gone(self._leaving.happened)
        self._leaving.add(act)

    def left(self) -> None:
        """The client has left, or needs nothing more: it has its answer."""
        if self._leaving is not None:
            self._leaving.happened()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes.

        :raise HTTPError: it is malformed, too large or too slow. :raise ClientGone: the client left.
        """
        if self._form is not None:
            yield self._form
            return
        while piece := await self._read():
            yield piece

    async def _read(self) -> bytes:
        """The next piece. What the client takes to send it is not the module's time."""
        core = self._still()
        if self._handler.is_late(core):
            raise ClientGone
        self._handler.waits_for_client(core)
        try:
            return await core.read()
        finally:
            self._handler.goes_on_with(core)

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

    @property
    def core(self) -> Connection | None:
        """The connection itself; None when this handle on it was given away."""
        return self._core

    def _still(self) -> Connection:
        if self._core is None:
            raise Moved(f"the connection was given away {self._given}")
        return self._core
