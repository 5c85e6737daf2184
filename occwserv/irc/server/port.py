"""Adapter. Where clients of our own IRC server connect."""

from typing import Any

from ...net.negotiating import Negotiating
from ..connection import Connection
from .service import Server


class Port(Negotiating):
    """Gives every connection to the server."""

    spoken = b"irc"

    def __init__(self, server: Server) -> None:
        self._server = server

    def buildProtocol(self, address: Any) -> Connection:
        """A connection of a client."""
        return Connection(lambda link: self._server.enter(link, getattr(address, "host", "localhost")))
