"""Adapter. uvloop's own transports under Twisted protocols.

Twisted's TCP transport reads and writes its sockets in Python; uvloop's does both in C, several times as quickly. A
`LoopTransport` is the one object in between: the loop sees an asyncio protocol, the Twisted protocol sees a transport
that behaves as Twisted's does (`tests/test_transports.py` runs the same tests on both). What comes in goes past it:
the loop calls the protocol's own `dataReceived`. What goes out does, too, while nothing has to wait: `write` is the
loop's own then.

What asyncio does otherwise, and is made to fit here:

    a half-closed client    asyncio asks what to do; only a protocol that provides IHalfCloseableProtocol keeps it
    loseConnection          asyncio would drop what is written in the same turn after `close`; Twisted sends it
    abortConnection         asyncio closes; Twisted resets, so that the client can not take it for the end
    producers               asyncio has water marks; Twisted's resume when the buffer is empty, so the low mark is 0
"""

import os
import socket

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IHalfCloseableProtocol, IPushProducer, ITCPTransport, ITransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer, implementer_only

from .closing import Closing, forget
from .options import TcpOptions
from .reading import Reading

HIGH = 64 * 1024
"""Bytes the transport holds before it pauses a push producer: as Twisted's `FileDescriptor.bufferSize`."""

_DONE = Failure(ConnectionDone())  # one for all who leave as expected: Twisted, too, tells them so


@implementer(ITCPTransport, IConsumer, IPushProducer)
class LoopTransport(TcpOptions, Reading, Closing):
    """Twisted's transport to a client, uvloop's protocol of a client.

    :param loop: the running uvloop.
    :param build: makes the Twisted protocol of a peer's address, or None to refuse it.
    """

    log = Logger("occwserv.net")

    __slots__ = (
        "_address", "_again", "_asked", "_backed", "_build", "_early", "_empty", "_ended", "_handle", "_loop",
        "_paused", "_producer", "_protocol", "_reading", "_reason", "_streaming", "_write_ended", "connected",
        "data_received", "disconnecting", "write",
    )  # fmt: skip

    def __init__(self, loop, build, address) -> None:
        self._loop = loop
        self._build = build
        self._address = address
        self._protocol = None
        self._producer = None
        self._streaming = False
        self._paused = False  # the push producer was told to pause
        self._reading = True
        self._early = None
        self._ended = False  # the client has closed its side
        self._write_ended = False
        self._empty = None  # to be called when all that was written has left
        self._delays = False
        self._handle = None
        self._asked = False  # the loop tells us whenever the socket takes more
        self._again = False  # and is to go on doing so
        self._reason = None
        self._backed = False  # something that was written has not left
        self.connected = 0
        self.disconnecting = False
        self.data_received = None  # the protocol's own, from the first connection on
        self.write = forget  # the loop's own, or `_write` while somebody has to be held back or waits for all to leave

    # What the loop calls.

    def connection_made(self, uv) -> None:
        self._uv = uv
        self.connected = 1
        self.write = uv.write
        address = self._address(uv.get_extra_info("peername"))
        try:  # whoever has no address has left already
            protocol = None if address is None else self._build(address)
        except Exception:
            self.log.failure("no protocol could be built")
            protocol = None
        if protocol is None:
            uv.abort()
            return
        self._protocol = protocol
        self.data_received = protocol.dataReceived
        uv.set_protocol(self)  # the loop remembers `data_received` from here
        uv.set_write_buffer_limits(0, 0)  # tell us whenever something is left in the buffer, and when nothing is
        try:
            protocol.makeConnection(self)
        except Exception:
            self.log.failure("makeConnection failed")  # and the connection lives on, as Twisted's does
        if not self._reading:
            self._keep_early()

    def eof_received(self) -> bool:
        self._ended = True
        if self.disconnecting or not self._reading:
            return True  # one who does not read will be told when it reads again
        half = IHalfCloseableProtocol(self._protocol, None)
        if half is None:
            self._end(ConnectionDone())
            return True
        self._reading = False
        self._tell(half.readConnectionLost)
        return True

    def pause_writing(self) -> None:
        self._backed = True
        self.write = self._write
        self._hold_back()  # the loop says so behind all that it does in `write`

    def resume_writing(self) -> None:
        self._backed = False
        if self._empty is None and not self._write_ended:
            self.write = self._uv.write
        if self._producer is not None and (self._paused or not self._streaming):
            self._paused = False
            self._ask()
        elif self._empty is not None:
            act, self._empty = self._empty, None
            act()

    def connection_lost(self, error: Exception | None) -> None:
        self.connected = 0
        self.disconnecting = True
        self.write = forget
        if self._handle is not None:
            self._drop_handle()
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()
        protocol, self._protocol = self._protocol, None
        if protocol is None:
            return
        reason = self._reason or error
        if isinstance(reason, OSError):
            reason = ConnectionLost()
        self.data_received = None
        protocol.connectionLost(_DONE if reason is None else Failure(reason))

    # What the protocol calls: ITransport.

    def _write(self, data: bytes) -> None:
        if self._write_ended:
            return
        self._uv.write(data)
        if self._backed:
            self._hold_back()
        elif self._empty is not None:
            self._look_again()

    def _hold_back(self) -> None:
        if self._streaming and not self._paused and self._uv.get_write_buffer_size() > HIGH:
            self._paused = True
            self._producer.pauseProducing()

    @property
    def held(self) -> int:
        """Bytes that wait here until the client takes more."""
        return self._uv.get_write_buffer_size() if self.connected else 0

    def writeSequence(self, data) -> None:
        self.write(b"".join(data))

    def getPeer(self):
        return self._address(self._uv.get_extra_info("peername"))

    def getHost(self):
        return self._address(self._uv.get_extra_info("sockname"))

    # IConsumer: somebody who writes here, and has to be held back.

    def registerProducer(self, producer, streaming: bool) -> None:
        if self._producer is not None:
            raise RuntimeError(f"{self._producer} is registered already: {producer} can not be")
        if not self.connected:
            producer.stopProducing()
            return
        self._producer = producer
        self._streaming = streaming
        self._paused = False
        if not streaming:
            producer.resumeProducing()
            self._pull_on()

    def unregisterProducer(self) -> None:
        self._producer = None
        self._streaming = False
        self._drop_handle()
        if self._empty is not None and self.connected:
            self._look_again()

    # What `sendfile` needs: the socket itself, and to be told when it takes bytes and nothing is before them.

    def getHandle(self) -> socket.socket:
        """A socket object of this connection, on a descriptor of its own: the loop refuses to share its own."""
        if self._handle is None:
            self._handle = socket.socket(fileno=os.dup(self._socket().fileno()))
        return self._handle

    def startWriting(self) -> None:
        """Ask the pull producer for more when the transport is empty and the socket takes more."""
        if not self.connected or self._backed:
            return
        if not self._asked:
            self._asked = True
            self._loop.add_writer(self.getHandle(), self._writable)
        self._again = True

    def _writable(self) -> None:
        self._again = False
        if self._producer is not None:
            self._ask()
        if self._asked and not self._again:
            self._asked = False
            self._loop.remove_writer(self._handle)

    def _ask(self) -> None:
        """Let the producer go on."""
        if self._tell(self._producer.resumeProducing):
            self._pull_on()

    def _pull_on(self) -> None:
        """A pull producer is asked until it has no more: again now, if what it wrote has left already."""
        if self._producer is not None and not self._streaming and self._handle is None and not self._backed:
            self._loop.call_soon(self._pull_again, self._producer)

    def _pull_again(self, producer) -> None:
        if self._producer is producer and not self._backed:
            self.resume_writing()

    def _drop_handle(self) -> None:
        if self._handle is not None:
            if self._asked:
                self._asked = False
                self._loop.remove_writer(self._handle)
            self._handle.close()
            self._handle = None


@implementer_only(ITransport, IConsumer, IPushProducer)
class UnixLoopTransport(LoopTransport):
    """The same over a UNIX socket, which has none of TCP's options: setting one fails."""

    __slots__ = ()
