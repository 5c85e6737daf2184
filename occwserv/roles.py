"""Adapter. Who does what with a connection: the roles the parts of the server play for each other.

The parts do not know each other; each knows the roles it needs, and `server.py` casts them.
"""

from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import Deferred

from .http.errors import HTTPError
from .net.outlet import Outlet

if TYPE_CHECKING:
    from .connection import Connection, Misuse, Reuse


class Resource(Protocol):
    """What answers requests. `name` stands in logs and statistics."""

    name: str

    def serve(self, connection: "Connection") -> None:
        """Take the connection over. An `HTTPError` raised from here becomes the error page."""


class Finished(Protocol):
    """An answer that is ready to be sent.

    `sent` is how many bytes its body has. `lasts`: it may be remembered, and asked again in another second.
    """

    status: int
    sent: int
    lasts: bool

    def at(self, second: int) -> bytes | None:
        """All bytes of the answer in this second since 1970, None when it does not stand any more."""


class Page(Protocol):
    """The short way to the answer of a request that wants a whole page and nothing else."""

    def finished(self, fields: dict[bytes, bytes], now: float) -> Finished | None:
        """The answer to a GET with these fields, None when it can not be had so simply."""


class Backend(Protocol):
    """Where connections come home, and where it is noticed when they do not."""

    def home(self, connection: "Connection") -> "Reuse": ...
    def known(self, finished: Finished, tail: bytes, address: str, now: float, received: int, sent: int) -> None: ...
    def lost(self, connection: "Connection") -> None: ...
    def misused(self, error: "Misuse") -> None: ...
    def crashed(self, connection: "Connection") -> None: ...


class Site(Protocol):
    """The parts of the server a connection talks to."""

    backend: Backend

    def now(self) -> float: ...
    def failure(self, connection: "Connection", error: HTTPError) -> None: ...


class Client(Protocol):
    """What a connection needs of its client; the front end's reader is one."""

    site: Site
    outlet: Outlet
    address: str

    def traffic(self) -> tuple[int, int]: ...
    def persists(self, connection: "Connection") -> bool: ...
    def read_body(self, connection: "Connection") -> Deferred: ...
    def came_home(self, connection: "Connection") -> None: ...
