"""Adapter. `OPTIONS *`: what the server as a whole can do (RFC 9110 9.3.7)."""

from ..connection import Connection
from ..http.answer import Answer


class ServerOptions:
    """Answers the target `*`, which belongs to no page."""

    name = "options"

    def serve(self, connection: Connection) -> None:
        """Say which methods there are somewhere on the server."""
        connection.reply(Answer(204, ((b"Allow", b"GET, HEAD, OPTIONS"),)))
