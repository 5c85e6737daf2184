"""Adapter. How connections are ended, those by TLS too, by who is registered as their producer.

With TLS to end is to say goodbye behind what was written (RFC 8446 6.1, RFC 9112 9.8). The socket's own ways to end,
which its transport passes on, would overtake what that has not encrypted yet.
"""

from twisted.internet.interfaces import INegotiated
from twisted.protocols.policies import ProtocolWrapper


def close(transport) -> bool:
    """End a connection when all that was written has left; nothing more will be written, not even in this turn.

    :return: whether all had left already, so that it is closed now.
    """
    if INegotiated.providedBy(transport):
        half_close(transport)
        transport = _below_tls(transport)  # TLS itself would wait until the client says goodbye, or for its handshake
    finish = getattr(transport, "finish", None)  # ours has a short way for it
    if finish is not None:
        return finish()
    transport.unregisterProducer()
    transport.loseConnection()
    return False


def half_close(transport) -> None:
    """End our side only, when all that was written has left: the client can still be read from."""
    transport.unregisterProducer()
    if INegotiated.providedBy(transport):
        transport.loseConnection()
    else:
        transport.loseWriteConnection()


def abort(transport) -> None:
    """End a connection now. By TLS nobody says goodbye: the client would take that for the end of the answer."""
    _below_tls(transport).abortConnection()


def _below_tls(transport):
    """The transport of the socket itself."""
    while isinstance(transport, ProtocolWrapper):
        transport = transport.transport
    return transport
