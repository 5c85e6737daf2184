"""Adapter. A request's body on its way to the program: collected first, or passed on while it comes.

    full    all of it is there before the program starts, which reads it from a file: a client that is slow to send
            holds up no program, and the length is always known
    spill   the program starts at once; what it does not take yet is kept, up to `limits.spill` bytes
    none    the program starts at once; the client can send no faster than it reads

A body whose length its head does not tell is collected in any case: programs are told it before they start.
"""

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks
from twisted.internet.interfaces import IPullProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ...connection import Connection
from ...http.errors import HTTPError, TooLarge, Unavailable
from ...net.outlet import ClientGone
from ...net.process import Program
from ...settings.cgi import CgiLimits, Flow
from .backlog import Backlog
from .spool import Spool
from .start import AGAIN


class Body:
    """One body.

    :param failed: is told why it can not be had; nothing, when the client has left.
    """

    log = Logger("occwserv.cgi")

    __slots__ = ("_connection", "_failed", "_limits", "_spool", "_stream", "passed_on")

    def __init__(
        self, connection: Connection, flow: Flow, limits: CgiLimits, failed: Callable[[HTTPError | None], None]
    ) -> None:
        length = connection.request.length
        if length is not None and limits.body is not None and length > limits.body:
            raise TooLarge(413, "the body", limits.body)
        self._connection: Connection | None = connection
        self._limits = limits
        self._failed: Callable[[HTTPError | None], None] | None = failed
        self._spool = Spool(limits.spool)
        self._stream: Stream | None = None
        self.passed_on = bool(length) and flow != "full"
        if self.passed_on:
            self._stream = Stream(connection, limits.spool, limits.spill if flow == "spill" else 0, failed)

    @property
    def is_there(self) -> bool:
        """Whether the program need not wait for it."""
        return self.passed_on or self._connection is None or self._connection.request.length == 0

    @property
    def length(self) -> int:
        """Bytes, when the program starts."""
        return self._connection.request.length if self.passed_on else self._spool.length

    @inlineCallbacks
    def collect(self, collected: Callable[[], None]):
        """Have all of it, and then go on."""
        try:
            while piece := (yield self._connection.read()):
                if self._limits.body is not None and self._spool.length + len(piece) > self._limits.body:
                    raise TooLarge(413, "the body", self._limits.body)
                self._spool.add(piece)
            collected()
        except HTTPError as error:
            self._fail(error)
        except OSError as error:
            self.log.error("a request's body can not be kept: {error}", error=error)
            self._fail(Unavailable("the server has no place for the body", AGAIN))
        except (ClientGone, CancelledError):
            self._fail(None)

    def _fail(self, error: HTTPError | None) -> None:
        if self._failed is not None:
            self._failed(error)

    def open(self) -> int | None:
        """What the program reads, as a descriptor that stays the body's own; None if it is to have a pipe."""
        return None if self.passed_on else self._spool.open()

    def begin(self, program: Program) -> None:
        """The program runs: it is told the body, if that comes meanwhile."""
        if self._stream is not None:
            self._stream.begin(program)

    def start(self, length: int) -> bytes:
        """Its first bytes, of one that was collected."""
        return self._spool.start(length)

    def close(self) -> None:
        """Forget it, and whoever was to be told of it."""
        self._spool.close()
        self._connection = self._failed = None
        if self._stream is not None:
            self._stream.stopProducing()
            self._stream = None


@implementer(IPullProducer)
class Stream:
    """A body that is passed on while it comes.

    :param room: bytes that are kept, so many of them in `memory`, while the program takes nothing.
    """

    __slots__ = ("_backlog", "_connection", "_ended", "_failed", "_program", "_reading", "_room", "_wanted")

    def __init__(
        self, connection: Connection, memory: int, room: int, failed: Callable[[HTTPError | None], None]
    ) -> None:
        self._connection: Connection | None = connection
        self._backlog = Backlog(memory)
        self._room = room
        self._failed = failed
        self._program: Program | None = None
        self._reading = self._ended = self._wanted = False

    def begin(self, program: Program) -> None:
        """The program runs."""
        self._program = program
        program.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Twisted: the program's pipe has room."""
        self._wanted = True
        self._go_on()

    def stopProducing(self) -> None:
        """The program reads no more, or no more will come: it sees the end then."""
        program, self._program = self._program, None
        self._connection = None
        self._backlog.close()
        if program is not None:
            program.unregisterProducer()
            program.closeStdin()

    def _go_on(self) -> None:
        connection = self._connection
        if connection is None or connection.home:
            return
        if self._wanted and self._backlog:
            self._wanted = False
            self._program.write(self._backlog.take())
        elif self._wanted and self._ended:
            self._program.unregisterProducer()
            self._program.closeStdin()
            return
        if not self._reading and not self._ended and len(self._backlog) <= self._room:
            self._reading = True
            reading: Deferred = connection.read()
            reading.addCallback(self._came)
            reading.addErrback(self._lost)

    def _came(self, piece: bytes) -> None:
        self._reading = False
        if self._connection is None:
            return
        if piece:
            self._backlog.add(piece)
        else:
            self._ended = True
        self._go_on()

    def _lost(self, failure: Failure) -> None:
        error = failure.value
        if self._connection is None:
            return  # the program does not want it any more
        if isinstance(error, HTTPError):
            self._failed(error)
        elif isinstance(error, OSError):
            self._failed(Unavailable("the server has no place for the body", AGAIN))
        elif isinstance(error, ClientGone):
            self._failed(None)
        elif not isinstance(error, CancelledError):  # the answer is complete: the rest of the body is for nobody
            failure.raiseException()
