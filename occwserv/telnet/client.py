"""Adapter. A client of the telnet door: what comes from the network, and what goes there.

It is read only as fast as it is played for, and only while it takes what it is told; what it is told then waits in its
seat's buffer, which forgets. So a client costs a bounded amount of memory, whatever it does.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol, IPushProducer, ITransport
from zope.interface import implementer

from ..csp import Channel, EndOfChannel, Process
from ..csp.process import Outside
from ..settings import Telnet
from .machine import Flooded, Limits, Machine, Said, Wanted
from .session import Session
from .talk import House
from .text import END, write

NEVER = float("inf")


class Clients(House, Protocol):
    """The door, as its clients have it."""

    rules: Telnet
    game: Callable[[], Any]

    def left(self, client: "Client") -> None:
        """A client is gone."""

    def report(self, process: Process) -> None:
        """A client's process has ended."""


@implementer(IProtocol, IHalfCloseableProtocol, IPushProducer)
class Client(Outside):
    """One client: what comes from the network, and goes there."""

    __slots__ = (
        "_deadline", "_full", "_gone", "_house", "_input", "_playing", "_silent", "_waits", "address", "machine",
        "rules", "session", "transport",
    )  # fmt: skip

    def __init__(self, house: Clients, address: str) -> None:
        rules = self.rules = house.rules
        self._house, self.address = house, address
        self.machine = Machine(Limits(rules.line, rules.subnegotiation, rules.commands, rules.compress))
        self.session: Session | None = None
        self.transport: Any = None
        self._input = Channel("lines of a telnet client")
        self._silent = False  # it will say nothing more
        self._gone = False  # nor is anything of it read
        self._playing = False
        self._waits: Channel | None = None  # ends when it takes more
        self._full = NEVER  # since when it takes nothing
        self._deadline = house.now() + rules.login

    # What Twisted calls.

    def makeConnection(self, transport: ITransport) -> None:
        """It has come."""
        self.transport = transport
        transport.registerProducer(self, True)  # type: ignore[attr-defined]
        with suppress(AttributeError):  # a UNIX socket has none
            transport.setTcpKeepAlive(True)  # type: ignore[attr-defined]
        try:
            self.session = Session(self, self._house, self._house.game())
        except self._house.refused as refused:
            self.dismiss(str(refused))
            return
        process = self._house.scheduler.spawn(self.session.run(), f"telnet client at {self.address}")
        process.observed = True
        process.when_ended(self._house.report)

    def dataReceived(self, data: bytes) -> None:
        """It says something."""
        if self._silent:
            return
        self.machine.receive(data)
        if self._waits is not None:
            self.transport.pauseProducing()
        elif self._input.sendable:
            self._house.scheduler.work(self._read)
        elif self.machine.waiting > self.rules.ahead:
            self.transport.pauseProducing()

    def readConnectionLost(self) -> None:
        """It has said all that it will; it may still listen (RFC 9293, 3.6)."""
        self._silent = True
        self._input.close()

    def writeConnectionLost(self) -> None:
        """We have."""

    def connectionLost(self, reason: Any) -> None:
        """It is gone."""
        self._silent = self._gone = True
        self._let_go_on()
        self._input.close()
        if self.session is not None:
            self.session.lost()
        self._house.left(self)

    def pauseProducing(self) -> None:
        """It takes nothing more for now: so nothing more is taken from it, either, once it says something.

        Not before: TLS takes nothing until it has read the client's part of the handshake.
        """
        self._full = self._house.now()
        self._waits = Channel("a telnet client that takes nothing")

    def resumeProducing(self) -> None:
        """It takes more."""
        self._let_go_on()
        self.transport.resumeProducing()
        if self._input.sendable and not self._silent:
            self._house.scheduler.work(self._read)

    def stopProducing(self) -> None:
        """It is gone; `connectionLost` says so, too."""

    # What its session calls.

    async def line(self) -> str:
        """The next line, once the client takes what the last one led to."""
        if self._waits is not None:
            await self.writable()
        line = None if self._gone else self._next_line()
        if line is not None:
            return line
        self.flush()
        if self._silent:
            raise EndOfChannel("lines of a telnet client")
        self.transport.resumeProducing()
        return await self._input.receive()

    @property
    def full(self) -> bool:
        """Whether it takes nothing more for now."""
        return self._waits is not None

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
        if self._gone:
            return
        self.flush()
        self._silent = self._gone = True
        self._deadline = self._house.now() + self.rules.write
        self._input.close()
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    # What its door calls.

    def has_entered(self) -> None:
        """It plays now."""
        self._playing = True
        self._deadline = self._house.now() + self.rules.idle

    def tick(self, now: float) -> None:
        """Once a second or so: whoever stands still is ended."""
        if now > self._full + self.rules.write:
            self.transport.abortConnection()
        elif now > self._deadline:
            if self._silent:
                self.transport.abortConnection()
            else:
                self.dismiss("You have not written anything for too long. Good-bye.")

    def dismiss(self, text: str) -> None:
        """Tell it why, and close."""
        self.machine.put(END + write(text, "", self.machine.style))
        self.end()

    def _let_go_on(self) -> None:
        """Nobody has to wait any more until it takes more."""
        self._full = NEVER
        waits, self._waits = self._waits, None
        if waits is not None:
            waits.close()

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
                if self._playing:
                    self._deadline = self._house.now() + self.rules.idle
                return event.text
            if kind is Flooded:
                self.transport.abortConnection()
                return None
            if kind is Wanted:
                self.session.wanted(event.option)
            else:
                self.session.say(f"That line was too long: {self.rules.line} bytes are the most.")
        return None
