"""Adapter. The roles the parts of the server play for each other.

The parts do not know each other; each knows the roles it needs, and `server.py` casts them. What a connection needs of
others stands with it, in `connection.py`.
"""

from typing import Protocol

from .connection import Connection, Keeper, Reuse


class Resource(Protocol):
    """What answers requests. `name` stands in logs and statistics."""

    name: str

    def serve(self, connection: Connection) -> None:
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

    def finished(self, fields: dict[bytes, bytes], second: int) -> Finished | None:
        """The answer to a GET with these fields, None when it can not be had so simply."""


class Backend(Keeper, Protocol):
    """Where connections come home."""

    def home(self, connection: Connection) -> Reuse:
        """Take a connection back; says what becomes of its client."""

    def known(self, finished: Finished, tail: bytes, address: str, second: int, received: int, sent: int) -> None:
        """A request was answered without a connection being made."""
