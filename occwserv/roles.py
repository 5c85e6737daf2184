"""Adapter. The roles the parts of the server play for each other.

The parts do not know each other; each knows the roles it needs, and `server.py` casts them.
"""

from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITransport

from .connection import Connection, Misuse, Reuse
from .http.answer import Pairs
from .http.errors import HTTPError
from .http.target import Target
from .line import Line
from .net.outlet import Outlet


class Keeper(Protocol):
    """Who is told when a connection does not come home as it should."""

    def lost(self, connection: Connection) -> None: ...
    def misused(self, error: Misuse) -> None: ...
    def crashed(self, connection: Connection) -> None: ...


class Site(Protocol):
    """The parts of the server a connection talks to."""

    backend: Keeper

    def now(self) -> float: ...
    def failure(self, connection: Connection, error: HTTPError) -> None: ...


class Client(Protocol):
    """What a connection needs of its client; the front end's reader is one."""

    site: Site
    outlet: Outlet
    address: str
    origin: bytes
    transport: ITransport

    def express(self, connection: Connection, status: int, fields: Pairs, body: bytes, giver: Line) -> bool: ...
    def persists(self, connection: Connection) -> bool: ...
    def read_body(self, connection: Connection) -> Deferred: ...
    def watch(self, connection: Connection) -> None: ...
    def came_home(self, connection: Connection) -> None: ...


class Resource(Protocol):
    """What answers requests. `name` stands in logs and statistics."""

    name: str

    def serve(self, connection: Connection) -> None:
        """Take the connection over. An `HTTPError` raised from here becomes the error page."""


Serve = Callable[[Connection], None]
"""What a resource does with a connection."""


class Collection(Resource, Protocol):
    """A resource of many, which tells the way to one of them."""

    def way(self, target: Target) -> Serve:
        """What serves the requests for a target that have no body, now and later, in place of `serve`."""


class Finished(Protocol):
    """An answer that is ready to be sent.

    `sent` is how many bytes its body has. `lasts`: it may be remembered, and asked again in another second, until
    it does not stand any more.
    """

    status: int
    sent: int
    lasts: bool

    def at(self, second: int) -> bytes | None:
        """All bytes of the answer in this second since 1970, None when it does not stand any more."""


class Page(Protocol):
    """The short way to the answer of a request that wants a whole page and nothing else.

    Of the fields it looks at `Accept-Encoding` and at conditions (`http.conditions.is_conditional`), and at no others:
    an answer that `lasts` is given to all who take the same codings and set no condition.
    """

    def finished(self, fields: dict[bytes, bytes], second: int) -> Finished | None:
        """The answer to a GET with these fields, None when it can not be had so simply."""


class Backend(Keeper, Protocol):
    """Where connections come home."""

    def origin(self, address: str) -> bytes:
        """What the access log has of a client's address."""

    def home(self, connection: Connection) -> Reuse:
        """Take a connection back; says what becomes of its client."""

    def count(self, connection: Connection, status: int, body_sent: int, answered: float, finished: float) -> None:
        """Count and log a connection whose client is kept, whatever comes; else as `home`."""

    def known(self, finished: Finished, tail: bytes, origin: bytes, now: float) -> None:
        """A request was answered without a connection being made."""
