"""Adapter. What leaves for one client: bytes and pieces of files, in order, no faster than the client takes them.

The outlet is the transport's push producer. `full` tells that the transport holds more than it likes, or that a file
is under way; whoever writes on regardless is not stopped, but the front end takes no further request of that client
until there is room.
A piece of a file goes out by `sendfile`, once everything written before it has left (`net/sendfile.py`).
"""

from collections.abc import Callable, Iterable, Iterator

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from . import goodbye
from .sendfile import FileSender


class ClientGone(Exception):
    """The client closed the connection: not an error of anybody here."""


Done = Callable[[Exception | None], None]


@implementer(IPushProducer)
class Outlet:
    """Where answers leave by.

    :param transport: a Twisted `ITransport`.
    :param moved: called whenever `full` changed.
    """

    __slots__ = ("_done", "_moved", "_parts", "_room", "_sender", "full", "gone", "total", "transport")

    def __init__(self, transport, moved: Callable[[], None]) -> None:
        self.transport = transport
        self.total = 0
        self.full = False
        self._moved = moved
        self.gone = False
        self._parts: Iterator | None = None
        self._done: Done | None = None
        self._room: list[Deferred] | None = None
        self._sender: FileSender | None = None
        transport.registerProducer(self, True)

    @property
    def taken(self) -> int:
        """Bytes that have left for the client: of `total`, those that the transport does not hold any more."""
        return self.total - _held(self.transport)

    def write(self, data: bytes) -> None:
        """Send bytes. `total` counts all that was given to the transport."""
        if data and not self.gone:
            self.total += len(data)
            self.transport.write(data)

    def send(self, parts: Iterable, done: Done) -> None:
        """Send bytes, and files as objects with `descriptor`, `offset` and `length`.

        :param done: called when all has left, with None or with what prevented it.
        """
        if self.gone:
            done(ClientGone())
            return
        self._parts = iter(parts)
        self._done = done
        self._go_on(None)

    def room(self) -> Deferred:
        """Fires when the client has taken enough for more to be written; fails with `ClientGone`."""
        if self.gone:
            return fail(ClientGone())
        if not self.full:
            return succeed(None)
        waiting: Deferred = Deferred()
        self._room = [*(self._room or ()), waiting]
        return waiting

    def _go_on(self, error: Exception | None) -> None:
        """Send the parts up to the next file, or to the end."""
        self._sender = None
        held = []
        for part in self._parts if error is None else ():
            if isinstance(part, bytes):
                held.append(part)
                continue
            self.write(b"".join(held))
            self.transport.unregisterProducer()
            self.full = True
            self._moved()
            self._sender = FileSender(
                self.transport, part.descriptor, part.offset, part.length, self._sent_piece, self._sent_file
            )
            self._sender.start()
            return
        self.write(b"".join(held))
        done, self._done, self._parts = self._done, None, None
        done(error)

    def _sent_piece(self, count: int) -> None:
        self.total += count

    def _sent_file(self, error: Exception | None) -> None:
        if not self.gone:
            self.full = False
            self.transport.registerProducer(self, True)
            self._go_on(error)

    def pauseProducing(self) -> None:
        self.full = True
        self._moved()

    def resumeProducing(self) -> None:
        self.full = False
        waiting, self._room = self._room, None
        for each in waiting or ():
            each.callback(None)
        self._moved()

    def stopProducing(self) -> None:
        """The transport ends; `lost` follows."""

    def lost(self) -> None:
        """The client has gone: whoever waits here is told."""
        self.gone = True
        self._moved = _nobody  # else client and outlet would hold each other, and the collector would have to find them
        if self._sender is not None:
            self._sender.stop()
            self._sender = None
        waiting, self._room = self._room, None
        for each in waiting or ():
            each.errback(ClientGone())
        done, self._done, self._parts = self._done, None, None
        if done is not None:
            done(ClientGone())

    def close(self) -> bool:
        """End the connection when all that was written has left.

        :return: whether all had left already, so that it is closed now.
        """
        return True if self.gone else goodbye.close(self.transport)

    def half_close(self) -> None:
        """End our side only, when all that was written has left: the client can still be read from."""
        if not self.gone:
            goodbye.half_close(self.transport)

    def abort(self) -> None:
        """End the connection now."""
        goodbye.abort(self.transport)


def _nobody() -> None:
    """Who is told of the room in the outlet of a client who has gone."""


def _held(transport) -> int:
    """Bytes that wait in a transport until the client takes more, as far as it tells."""
    if isinstance(transport, FileDescriptor):  # Twisted has no public name for it
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    return getattr(transport, "held", 0)
