"""Adapter. What the factories of all clients have in common: the protocol they speak, for clients that come by TLS."""

from twisted.internet.interfaces import IProtocolFactory, IProtocolNegotiationFactory
from zope.interface import implementer


@implementer(IProtocolFactory, IProtocolNegotiationFactory)
class Negotiating:
    """A factory of clients, for any endpoint; `buildProtocol` makes them.

    `spoken`: the name of its protocol (RFC 7301, 6).
    """

    noisy = False
    spoken: bytes

    def acceptableProtocols(self) -> list[bytes]:
        """Twisted: what may be chosen from the protocols a TLS client offers (RFC 7301, 3.1).

        A factory that says nothing refuses in the handshake every client that offers any, as browsers and `curl` do.
        One who offers others alone is refused: a browser is not made to speak to a door of the game.
        """
        return [self.spoken]

    def doStart(self) -> None:
        """Twisted: an endpoint was opened."""

    def doStop(self) -> None:
        """Twisted: an endpoint was closed."""
