"""Pure. Whether a connection lives on behind an answer (RFC 9112 9.3), and the field that says so."""

from dataclasses import dataclass

from .head import Request


@dataclass(slots=True)
class Circumstances:
    """What besides the request decides.

    `served` answers have gone out on this connection, this one included, of at most `most`. `unread` bytes of the
    body are still to come: None when nobody knows how many. `stopping`: the server ends. `broken`: an error left it
    uncertain where the next request begins.
    """

    served: int
    most: int
    unread: int | None
    drain: int
    stopping: bool
    broken: bool


def persists(request: Request, now: Circumstances) -> bool:
    """Whether another request may follow on the connection."""
    if now.broken or now.stopping or not request.keep_alive or now.served >= now.most:
        return False
    if request.expects_continue and now.unread != 0:
        # RFC 9110 10.1.1: the client was never told to go on; whether the body still comes is anybody's guess.
        return False
    # An unread body is read on a little, so that the connection can be kept; a long one costs more than a new
    # connection. A chunked one may turn out short, and is given up when it does not.
    return now.unread is None or now.unread <= now.drain


def connection_line(request: Request, keep: bool) -> bytes:
    """The line of the `Connection` field, with its end: said where it differs from what the version means by itself."""
    if not keep:
        return b"Connection: close\r\n"
    return b"Connection: keep-alive\r\n" if request.minor == 0 else b""
