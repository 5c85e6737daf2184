"""Adapter. What the server and a worker process say to each other: messages over a socket, each a list.

server -> worker    request id line fields length keep address     a request; `body`, `gone` and `room` belong to it
                    body id bytes | refused id status why          a piece of its body; empty: it was the last
                    gone id                                        its client has left
                    room id                                        what was written has been taken
                    close                                          finish, and end
worker -> server    born id number                                 it is there, and what the system calls it
                    failed id what                                 its module has, with an incident in the log
                    logged id level system text                    a line for the log
                    misused id why                                 a connection was used that was answered
                    reply id status fields body                    a whole answer
                    begin id status fields length, write id data, end id
                    fail id status why fields close | abort id why
                    read id                                        more of the body is wanted
"""

from collections.abc import Callable
from typing import Any

import msgspec
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import Int32StringReceiver
from twisted.python.failure import Failure

MOST = 64 * 1024 * 1024
"""Bytes of the longest message: the largest body that is answered in one piece."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Link(Int32StringReceiver):
    """One end.

    :param received: is given each message. :param lost: is called when the other side is gone.
    :param at_once: a message leaves when it is said: who says it may not come back to its reactor for a while.
    """

    MAX_LENGTH = MOST

    def __init__(
        self, received: Callable[[list[Any]], object], lost: Callable[[], object], at_once: bool = False
    ) -> None:
        self._received = received
        self._lost = lost
        self._at_once = at_once

    def say(self, *message: Any) -> None:
        """Send a message."""
        if self.transport is not None and self.connected:
            try:
                self.sendString(_encode(message))
            except UnicodeEncodeError:  # a module's text may hold half a character, as the names of some files do
                self.sendString(_encode([_escaped(each) for each in message]))
            if self._at_once and not self.transport.disconnecting:
                self.transport.doWrite()

    def stringReceived(self, string: bytes) -> None:
        """Twisted: a message has come."""
        self._received(_decode(string))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Twisted: the other side is gone."""
        self._lost()


def _escaped(each: Any) -> Any:
    return each.encode("utf-8", "backslashreplace").decode() if isinstance(each, str) else each
