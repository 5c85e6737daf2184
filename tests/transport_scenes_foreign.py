"""Scenes with protocols that nobody here wrote, on the server's side."""

import io

from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import FileSender, Int32StringReceiver, LineReceiver
from twisted.protocols.policies import LimitTotalConnectionsFactory, WrappingFactory
from twisted.protocols.portforward import ProxyFactory
from twisted.protocols.wire import QOTD, Chargen, Discard, Echo

from .transport_parties import MUCH, told
from .transport_stage import Stage, scene


@scene(host=[], guest=[told(b"hello, world" + MUCH), "data b'another'"])
async def an_echo(stage: Stage) -> None:
    port = await stage.listen(Echo)
    guest = stage.connect(port)
    for piece in (b"hello, ", b"world", MUCH):
        guest.send(piece)
        await stage.turns(5)
    await stage.until(lambda: len(stage.guest.unsettled) == 12 + len(MUCH))
    stage.guest.settle()
    guest.finish()
    await stage.turns()
    stage.guest.lines.remove("ended")
    stage.connect(port).send(b"another")
    await stage.until(lambda: stage.guest.unsettled == b"another")


@scene(host=[], guest=["data b'An apple a day keeps the doctor away.\\r\\n'", "ended"])
async def a_quote_of_the_day(stage: Stage) -> None:
    stage.connect(await stage.listen(QOTD)).send(b"unread")
    await stage.heard("ended")


@scene(host=[], guest=["all of it"])
async def a_hole_for_data(stage: Stage) -> None:
    guest = stage.connect(await stage.listen(Discard))
    guest.send(MUCH)
    await stage.until(lambda: guest.sent)
    stage.guest.note("all of it")


@scene(host=[], guest=["endless noise"])
async def endless_noise(stage: Stage) -> None:
    guest = stage.connect(await stage.listen(Chargen))
    for _ in range(5):
        guest.reading = False
        await stage.turns()
        guest.reading = True
        much = len(stage.guest.unsettled) + 10 * len(Chargen.noise)
        await stage.until(lambda much=much: len(stage.guest.unsettled) > much)
    guest.reading = False
    noise = stage.guest.forget()
    assert noise == (Chargen.noise * (len(noise) // len(Chargen.noise) + 1))[: len(noise)]
    stage.guest.note("endless noise")


class Clerk(LineReceiver):
    """Takes lines, counted data, and its leave."""

    def lineReceived(self, line: bytes) -> None:
        if line.startswith(b"take "):
            self._left = int(line[5:])
            self.setRawMode()
        elif line == b"pause":
            self.pauseProducing()
            self.factory.reactor.callLater(0, self.resumeProducing)
        elif line == b"bye":
            self.sendLine(b"bye")
            self.transport.loseConnection()
        else:
            self.sendLine(b"line " + line[::-1])

    def rawDataReceived(self, data: bytes) -> None:
        taken, rest = data[: self._left], data[self._left :]
        self._left -= len(taken)
        if not self._left:
            self.sendLine(b"taken")
            self.setLineMode(rest)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.sendLine(b"too long")
        self.transport.loseConnection()


@scene(
    host=[],
    guest=[
        "data b'line cba\\r\\ntaken\\r\\nline fed\\r\\nline ihg\\r\\nbye\\r\\n'",
        "ended",
        "data b'too long\\r\\n'",
        "ended",
    ],
)
async def lines_and_raw_data(stage: Stage) -> None:
    factory = Factory.forProtocol(Clerk)
    factory.reactor = stage.reactor
    port = await stage.listen(factory)
    guest = stage.connect(port)
    for piece in (b"ab", b"c\r", b"\ntake 5\r\n123", b"45def\r\npause\r\ngh", b"i\r\nbye\r\nnever answered\r\n"):
        guest.send(piece)
        await stage.turns(5)
    await stage.heard("ended")
    stage.connect(port).send(b"x" * 20_000)
    await stage.heard("ended", 2)


class Strings(Int32StringReceiver):
    """Sends each string back twice."""

    MAX_LENGTH = len(MUCH)

    def stringReceived(self, string: bytes) -> None:
        self.sendString(string)
        self.sendString(string)


@scene(host=[], guest=[told((b"\0\0\0\3abc" * 2) + (len(MUCH).to_bytes(4, "big") + MUCH) * 2)])
async def strings_with_their_lengths(stage: Stage) -> None:
    guest = stage.connect(await stage.listen(Strings))
    guest.send(b"\0\0")
    await stage.turns(5)
    guest.send(b"\0\3abc" + len(MUCH).to_bytes(4, "big") + MUCH)
    await stage.until(lambda: len(stage.guest.unsettled) == 14 + 2 * (4 + len(MUCH)))


class Sender(Protocol):
    """Sends a file, piece by piece, and closes."""

    def connectionMade(self) -> None:
        done = FileSender().beginFileTransfer(io.BytesIO(MUCH), self.transport)
        done.addCallbacks(self.factory.sent, self.factory.failed)
        done.addCallback(lambda _: self.transport.loseConnection())


@scene(host=["sent, last byte 250", "failed: Exception"], guest=[told(MUCH), "ended"])
async def a_file_in_pieces(stage: Stage) -> None:
    factory = Factory.forProtocol(Sender)
    factory.sent = lambda last: stage.host.note(f"sent, last byte {last[-1]}")
    factory.failed = lambda failure: stage.host.note(f"failed: {failure.type.__name__}")
    port = await stage.listen(factory)
    guest = stage.connect(port)
    guest.reading = False
    await stage.turns()
    guest.reading = True
    await stage.heard("ended")
    guest = stage.connect(port)
    guest.reading = False
    await stage.turns()
    guest.reset()
    await stage.until(lambda: len(stage.host.lines) == 2)


@scene(host=[], guest=[told(b"early, " + MUCH), "ended"])
async def a_proxy_before_an_echo(stage: Stage) -> None:
    behind = (await stage.listen(Echo)).getHost()
    factory = ProxyFactory(behind.host, behind.port)
    factory.noisy = False
    port = await stage.listen(factory)
    port.stopReading()
    guest = stage.connect(port)
    guest.send(b"early, ")
    await stage.turns()
    port.startReading()
    guest.reading = False
    guest.send(MUCH)
    await stage.turns(100)
    guest.reading = True
    await stage.until(lambda: len(stage.guest.unsettled) == 7 + len(MUCH))
    guest.finish()
    await stage.heard("ended")


@scene(host=[], guest=["data b'first'", "data b'second'", "ended", "ended"])
async def a_factory_around_a_factory(stage: Stage) -> None:
    wrapped = WrappingFactory(Factory.forProtocol(Echo))
    wrapped.noisy = False
    port = await stage.listen(wrapped)
    for word in (b"first", b"second"):
        stage.connect(port).send(word)
        await stage.until(lambda word=word: stage.guest.unsettled == word)
        stage.guest.settle()
    for protocol in list(wrapped.protocols):
        protocol.loseConnection()
    await stage.until(lambda: stage.guest.lines.count("ended") == 2 and not wrapped.protocols)


@scene(host=["limit 1"], guest=["ended", "data b'one'", "data b'three'"])
async def a_factory_that_refuses(stage: Stage) -> None:
    limited = LimitTotalConnectionsFactory()
    limited.protocol = Echo
    limited.connectionLimit = 1
    limited.noisy = False
    port = await stage.listen(limited)
    first = stage.connect(port)
    first.send(b"one")
    await stage.until(lambda: stage.guest.unsettled == b"one")
    stage.connect(port)
    await stage.heard("ended")
    stage.guest.lines.sort(reverse=True)
    stage.host.note(f"limit {limited.connectionCount}")
    first.close()
    await stage.until(lambda: not limited.connectionCount)
    stage.connect(port).send(b"three")
    await stage.until(lambda: stage.guest.unsettled == b"three")
