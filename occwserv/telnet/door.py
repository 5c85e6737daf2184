"""Adapter. The telnet door: takes clients in, gives each a machine and a session, and ends those that stand still.

A client is read only as fast as it is played for, and while it takes what it is told; what it is told waits in its
seat's buffer, which forgets. So a client costs a bounded amount of memory, whatever it does.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from sys import intern
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IProtocol,
    IProtocolFactory,
    IPushProducer,
    ITransport,
)
from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from zope.interface import implementer

from ..csp import Channel, EndOfChannel, Scheduler
from ..settings import Telnet
from .machine import Flooded, Limits, Machine, Said, Wanted
from .session import Session

FAREWELL = "The server is going down now. What you have is kept."
TOO_MANY = b"Too many are at this door now. Please try again later.\r\n"
NEVER = float("inf")


@implementer(IProtocol, IHalfCloseableProtocol, IPushProducer)
class Client:
    """One client: what comes from the network, and goes there."""

    __slots__ = ("_deadline", "_door", "_ended", "_full", "_input", "_waits", "address", "machine", "session", "transport")

    def __init__(self, door: "Door", address: str) -> None:
        rules = door.rules
        self._door, self.address = door, address
        self.machine = Machine(Limits(rules.line, rules.subnegotiation, rules.commands, rules.compress))
        self.session = Session(self, rules, door.scheduler, door.now, door.game, door.refused, self._entered)
        self.transport: Any = None
        self._input = Channel("lines of a telnet client")
        self._ended = False  # it will say nothing more
        self._waits: Channel | None = None  # ends when it takes more
        self._full = NEVER  # since when it takes nothing
        self._deadline = door.now() + rules.login

    # What Twisted calls.

    def makeConnection(self, transport: ITransport) -> None:
        """It has come."""
        self.transport = transport
        transport.registerProducer(self, True)  # type: ignore[attr-defined]
        with suppress(AttributeError):  # a UNIX socket has none
            transport.setTcpKeepAlive(True)  # type: ignore[attr-defined]
        process = self._door.scheduler.spawn(self.session.run(), f"telnet client at {self.address}")
        process.observed = True
        process.when_ended(self._door.report)

    def dataReceived(self, data: bytes) -> None:
        """It says something."""
        self.machine.receive(data)
        if self._input.sendable:
            self._door.scheduler.work(self._read)
        elif self.machine.waiting > self._door.rules.ahead:
            self.transport.pauseProducing()

    def readConnectionLost(self) -> None:
        """It has said all that it will; it may still listen (RFC 9293, 3.6)."""
        self._ended = True
        self._input.close()

    def writeConnectionLost(self) -> None:
        """We have."""

    def connectionLost(self, reason: Any) -> None:
        """It is gone."""
        self._ended = True
        self.machine.receive(b"", forget=True)
        self.resumeProducing()
        self._input.close()
        self.session.lost()
        self._door.left(self)

    def pauseProducing(self) -> None:
        """It takes nothing more for now: so nothing more is taken from it, either."""
        self._full = self._door.now()
        self._waits = Channel("a telnet client that takes nothing")
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """It takes more."""
        self._full = NEVER
        waits, self._waits = self._waits, None
        if waits is not None:
            waits.close()
            self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """It is gone; `connectionLost` says so, too."""

    # What its session calls.

    async def line(self) -> str:
        """The next line."""
        line = self._next_line()
        if line is not None:
            return line
        self.flush()
        if self._ended:
            raise EndOfChannel("lines of a telnet client")
        if self._waits is None:
            self.transport.resumeProducing()
        return await self._input.receive()

    async def writable(self) -> None:
        """Wait until it takes more."""
        while self._waits is not None:
            with suppress(EndOfChannel):
                await self._waits.receive()

    def flush(self) -> None:
        """Send what there is for it."""
        data = self.machine.take()
        if data and self.transport is not None:
            self.transport.write(data)

    def end(self) -> None:
        """Close, behind what was said to it."""
        self.flush()
        self._ended = True
        self._deadline = self._door.now() + self._door.rules.write
        self._input.close()
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    # And its door.

    def tick(self, now: float) -> None:
        """Once a second or so: whoever stands still is ended."""
        if now > self._full + self._door.rules.write:
            self.transport.abortConnection()
        elif now > self._deadline:
            if self._ended:
                self.transport.abortConnection()
            else:
                self.dismiss("You have not written anything for too long. Good-bye.")

    def dismiss(self, text: str) -> None:
        """Tell it why, and close."""
        self.session.say(text)
        self.end()

    def _entered(self) -> None:
        self._deadline = self._door.now() + self._door.rules.idle
        self._door.entered += 1

    def _read(self) -> None:
        line = self._next_line()
        if line is not None:
            self._input.send_now(line)
        self.flush()

    def _next_line(self) -> str | None:
        """The next line that was received already. All before it is seen to."""
        while (event := self.machine.next_event()) is not None:
            kind = type(event)
            if kind is Said:
                if self.session.seat is not None:
                    self._deadline = self._door.now() + self._door.rules.idle
                return event.text
            if kind is Wanted:
                self.session.wanted(event.option)
            elif kind is Flooded:
                self.transport.abortConnection()
                return None
            else:
                self.session.too_long()
        return None
