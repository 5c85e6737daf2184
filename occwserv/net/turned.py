"""Adapter. Clients that are one too many: told so, and closed."""

from twisted.internet.protocol import Protocol

from .outlet import Outlet


class Turned(Protocol):
    """A client that is turned away. One that comes by TLS is not told why: that would have to wait for its handshake.

    :param said: what it is told.
    """

    def __init__(self, said: bytes) -> None:
        self._said = said

    def connectionMade(self) -> None:
        outlet = Outlet(self.transport, _nobody)
        outlet.write(self._said)
        outlet.close()


def _nobody() -> None:
    """Who is told that the client takes no more for now."""
