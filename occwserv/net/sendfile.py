"""Adapter. Files to sockets inside the kernel: `sendfile` under a Twisted transport (the paper, 2.2).

Twisted has no such call, but asks a pull producer for more each time its own buffer is empty and the socket takes
more. At that moment nothing can overtake the file's bytes, so they may go around the transport, straight from
descriptor to descriptor. Transports whose bytes must not be touched (TLS, test doubles) are written to instead.
"""

import os
import socket
from collections.abc import Callable

from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer

PIECE = 4 * 1024 * 1024
"""Bytes a client is sent in a turn: so that one quick downloader does not keep the reactor from the others."""


class FileEnded(Exception):
    """The file is shorter than it was: what was announced can not be sent."""


@implementer(IPullProducer)
class FileSender:
    """Sends one piece of an open file: `length` bytes from `offset` on.

    :param moved: called with the number of bytes of each step.
    :param done: called once: with None, `FileEnded` or the `OSError` that ended it.
    """

    __slots__ = ("_descriptor", "_done", "_left", "_moved", "_offset", "_ready", "_socket", "_transport")

    def __init__(
        self, transport, descriptor: int, offset: int, length: int, moved: Callable[[int], None], done: Callable
    ) -> None:
        self._transport = transport
        self._descriptor = descriptor
        self._offset = offset
        self._left = length
        self._moved = moved
        self._done = done
        self._socket = own_socket(transport)
        self._ready = self._socket is None

    def start(self) -> None:
        """Begin, when the transport has sent what it holds."""
        self._transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        if self._done is None:
            return
        if not self._ready:
            # This first call comes from registering, with bytes perhaps still in the transport's buffer. The next
            # one comes when that is empty.
            self._ready = True
            self._transport.startWriting()
            return
        try:
            count = self._step()
        except BlockingIOError:
            self._transport.startWriting()
            return
        except OSError as error:
            self._finish(error)
            return
        if count == 0 and self._left:
            self._finish(FileEnded("the file became shorter while it was sent"))
            return
        self._offset += count
        self._left -= count
        if count:
            self._moved(count)
        if self._left == 0:
            self._finish(None)
        elif self._socket is not None:
            self._transport.startWriting()

    def stopProducing(self) -> None:
        """The transport ends; the outlet is told by its owner."""

    def stop(self) -> None:
        """Send nothing more, and tell nobody."""
        self._done = None

    def _step(self) -> int:
        count = min(self._left, PIECE)
        if self._socket is not None:
            return os.sendfile(self._socket.fileno(), self._descriptor, self._offset, count)
        data = os.pread(self._descriptor, count, self._offset)
        self._transport.write(data)
        return len(data)

    def _finish(self, error: Exception | None) -> None:
        done, self._done = self._done, None
        self._transport.unregisterProducer()
        done(error)


def own_socket(transport) -> socket.socket | None:
    """The transport's socket, None if it has none that may be written to, or no descriptor is left to share it by."""
    try:
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
    except OSError:
        return None
    return handle if isinstance(handle, socket.socket) else None
