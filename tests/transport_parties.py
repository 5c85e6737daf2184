"""Who acts in the scenes between a transport and its client (`transport_stage`), and what they note."""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from zlib import crc32

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from zope.interface import implementer

MUCH = bytes(range(251)) * 40_000
"""More than the system holds between two ends of a connection."""


def told(data: bytes) -> str:
    """Data as it is noted: how it was cut does not matter."""
    return f"data {bytes(data)!r}" if len(data) < 80 else f"data {len(data)} bytes {crc32(data):08x}"


class Sheet:
    """What one side was told, in its order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._data = bytearray()

    def note(self, line: str) -> None:
        """Something happened."""
        self.settle()
        self.lines.append(line)

    def data(self, data: bytes) -> None:
        """Bytes came."""
        self._data += data

    def settle(self) -> None:
        """Note the bytes that came since something else happened."""
        if self._data:
            self.lines.append(told(self._data))
            self._data.clear()

    @property
    def unsettled(self) -> bytes:
        """The bytes that came since something else happened."""
        return bytes(self._data)

    def forget(self) -> bytes:
        """The same, which are not to be noted."""
        data = self.unsettled
        self._data.clear()
        return data

    def __contains__(self, line: str) -> bool:
        return line in self.lines


class Party(Protocol):
    """One side of a connection. It notes what it is told, and then does what the scene gave it to do."""

    def __init__(self, sheet: Sheet, **acts: Callable) -> None:
        self.sheet = sheet
        self.acts = acts

    def _told(self, event: str, *args) -> None:
        act = self.acts.get(event)
        if act is not None:
            act(self, *args)

    def connectionMade(self) -> None:
        self.sheet.note("made")
        self._told("made")

    def dataReceived(self, data: bytes) -> None:
        self.sheet.data(data)
        self._told("data", data)

    def connectionLost(self, reason) -> None:
        self.sheet.note(f"lost {type(reason.value).__name__}")
        self._told("lost")


@implementer(IHalfCloseableProtocol)
class HalfParty(Party):
    """One that goes on when the other side has said that it sends nothing more."""

    def readConnectionLost(self) -> None:
        self.sheet.note("read lost")
        self._told("read_lost")

    def writeConnectionLost(self) -> None:
        self.sheet.note("write lost")
        self._told("write_lost")


class Producer:
    """A producer that notes what it is told. A pull producer sends its pieces, one each time it is asked."""

    def __init__(self, party: Party, pieces: list[bytes] | None = None) -> None:
        self._party = party
        self._pieces = pieces

    def pauseProducing(self) -> None:
        self._party.sheet.note("pause")

    def resumeProducing(self) -> None:
        self._party.sheet.note("resume")
        if self._pieces:
            self._party.transport.write(self._pieces.pop(0))
        elif self._pieces is not None:
            self._party.transport.unregisterProducer()
            self._party._told("produced")
        else:
            self._party._told("resumed")

    def stopProducing(self) -> None:
        self._party.sheet.note("stop")


class Guest:
    """The client's side: a socket of the system, read and written at each turn, as far as that goes at once."""

    def __init__(self, sheet: Sheet, family: int, name) -> None:
        self.sheet = sheet
        self.reading = True
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # or the system comes to hold ever more
        self.socket.connect(name)
        self.socket.setblocking(False)
        self._unsent = b""
        self._over = False

    def send(self, data: bytes) -> None:
        """Send bytes, now or when the server takes them."""
        self._unsent += data
        self.look()

    @property
    def sent(self) -> bool:
        """Whether the system has taken all that was to be sent."""
        return not self._unsent

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        self.look()
        assert self.sent
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the connection at once, whatever is under way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._over = True
        self.socket.close()

    def look(self) -> None:
        """Send and receive what can be."""
        if self._over:
            return
        try:
            if self._unsent:
                with suppress(BlockingIOError):
                    self._unsent = self._unsent[self.socket.send(self._unsent) :]
            if self.reading:
                with suppress(BlockingIOError):
                    while data := self.socket.recv(1 << 20):
                        self.sheet.data(data)
                    self._end("ended")
        except ConnectionError:
            self._end("reset")

    def _end(self, how: str) -> None:
        self.sheet.note(how)
        self.reading = False
