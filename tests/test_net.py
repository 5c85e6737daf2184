"""What leaves for a client: bytes and pieces of files in their order, on real sockets and in memory."""

import os
import tempfile
from collections.abc import Callable

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from occwserv.http.answer import FilePart
from occwserv.net.outlet import ClientGone, Outlet
from occwserv.net.sendfile import PIECE, FileEnded

LARGE = 8 * 1024 * 1024
"""More than the system holds between two ends of a connection."""


class End(Protocol):
    """One end of a connection: what it was sent, and Deferreds for what may be waited for."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.made: Deferred = Deferred()
        self.finished: Deferred = Deferred()  # the other end sends nothing more
        self.lost: Deferred = Deferred()  # the connection has ended
        self._wanted: list[tuple[Callable[[], bool], Deferred]] = []

    def connectionMade(self) -> None:
        self.made.callback(self)

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        self.look()

    def connectionLost(self, reason) -> None:
        self.finish()
        self.look()
        self.lost.callback(reason.value)

    def finish(self) -> None:
        if not self.finished.called:
            self.finished.callback(None)

    def when(self, condition: Callable[[], bool]) -> Deferred:
        """Fires when a condition holds, which is looked at when something has come."""
        waiting: Deferred = Deferred()
        self._wanted.append((condition, waiting))
        self.look()
        return waiting

    def look(self) -> None:
        for each in list(self._wanted):
            if each[0]():
                self._wanted.remove(each)
                each[1].callback(None)


@implementer(IHalfCloseableProtocol)
class HalfEnd(End):
    """An end that goes on when the other one has said that it sends nothing more."""

    def readConnectionLost(self) -> None:
        self.finish()

    def writeConnectionLost(self) -> None:
        """Our side is closed."""


@implementer(IHalfCloseableProtocol)
class Host(HalfEnd):
    """The server's end: everything it sends goes through an outlet."""

    def connectionMade(self) -> None:
        self.changes: list[bool] = []
        self.outlet = Outlet(self.transport, self.moved)
        super().connectionMade()

    def moved(self) -> None:
        self.changes.append(self.outlet.full)
        self.look()

    def connectionLost(self, reason) -> None:
        self.outlet.lost()
        super().connectionLost(reason)

    def send(self, *parts) -> Deferred:
        """Fires with None or the error when the parts have been sent; a second time would be an error."""
        done: Deferred = Deferred()
        self.outlet.send(parts, done.callback)
        return done


class OutletTests(TestCase):
    """On Twisted's TCP transports over 127.0.0.1."""

    timeout = 20

    def setUp(self) -> None:
        self.file = self.enterContext(tempfile.TemporaryFile())
        self.content = os.urandom(LARGE)
        self.file.write(self.content)
        self.file.flush()

    async def pair(self, client: type[End] = HalfEnd) -> tuple[Host, End]:
        """Both ends of a new connection."""
        host, end = Host(), client()
        port = reactor.listenTCP(0, Factory.forProtocol(lambda: host), interface="127.0.0.1")
        await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), end)
        await host.made
        await port.stopListening()

        async def close() -> None:
            for each in (host, end):
                if each.transport.connected:
                    each.transport.abortConnection()
            await DeferredList([host.lost, end.lost])

        self.addCleanup(lambda: Deferred.fromCoroutine(close()))
        return host, end

    def piece(self, offset: int = 0, length: int = LARGE) -> FilePart:
        return FilePart(self.file.fileno(), offset, length)

    async def test_bytes_and_pieces_of_files_arrive_in_their_order(self) -> None:
        host, end = await self.pair()
        parts = [
            b"head",
            self.piece(5, 10),
            b"",
            self.piece(0, 0),
            self.piece(1000, 3_000_000),
            b"between" * 20_000,
            self.piece(LARGE - 7, 7),
            self.piece(0, 200_000),
            b"tail",
        ]
        expected = b"".join(
            part if isinstance(part, bytes) else self.content[part.offset : part.offset + part.length] for part in parts
        )
        for _ in range(3):
            self.assertIsNone(await host.send(*parts))
        host.outlet.write(b"end")
        host.outlet.close()
        await end.finished
        self.assertTrue(end.data == expected * 3 + b"end")
        self.assertEqual((host.outlet.total, host.outlet.taken), (len(end.data), len(end.data)))

    async def test_what_is_behind_a_full_buffer_waits_for_it(self) -> None:
        host, end = await self.pair()
        host.outlet.write(b"x" * LARGE)
        self.assertTrue(host.outlet.full)
        done = host.send(b"a", self.piece(0, 100_000), b"z")
        self.assertIsNone(await done)
        host.outlet.close()
        await end.finished
        self.assertTrue(end.data == b"x" * LARGE + b"a" + self.content[:100_000] + b"z")

    async def test_a_slow_reader_gets_all_and_holds_up_only_himself(self) -> None:
        host, end = await self.pair()
        end.transport.pauseProducing()
        done = host.send(b"head", self.piece(), b"tail")
        other, quick = await self.pair()
        self.assertIsNone(await other.send(self.piece(), b"tail"))
        await quick.when(lambda: len(quick.data) == LARGE + 4)
        self.assertNoResult(done)
        self.assertTrue(host.outlet.full)
        self.assertLess(host.outlet.total, LARGE)
        end.transport.resumeProducing()
        self.assertIsNone(await done)
        self.assertFalse(host.outlet.full)
        await end.when(lambda: len(end.data) == LARGE + 8)
        self.assertTrue(end.data == b"head" + self.content + b"tail")

    async def test_what_was_taken_is_told_from_what_is_held(self) -> None:
        host, end = await self.pair()
        end.transport.pauseProducing()
        host.outlet.write(b"x" * LARGE)
        self.assertEqual((host.outlet.total, host.outlet.taken), (LARGE, 0))
        other, _ = await self.pair()  # some turns of the reactor
        self.assertIsNone(await other.send(self.piece()))
        before = host.outlet.taken
        self.assertLess(before, LARGE)
        end.transport.resumeProducing()
        await end.when(lambda: len(end.data) == LARGE)
        self.assertEqual(host.outlet.taken, LARGE)
        self.assertGreater(before, 0)

    async def test_a_file_that_shrinks_ends_with_an_error(self) -> None:
        host, end = await self.pair()
        end.transport.pauseProducing()
        done = host.send(self.piece(), b"never sent")
        other, _ = await self.pair()
        self.assertIsNone(await other.send(self.piece(0, PIECE)))
        self.file.truncate(LARGE - 1)
        end.transport.resumeProducing()
        self.assertIsInstance(await done, FileEnded)
        await end.when(lambda: len(end.data) == LARGE - 1)
        self.assertEqual(host.outlet.total, LARGE - 1)
        self.assertFalse(host.outlet.full)
        self.assertIsNone(await host.send(b"the transport is as it was"))

    async def test_a_descriptor_that_can_not_be_read_ends_with_an_error(self) -> None:
        host, _ = await self.pair()
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        for descriptor in (folder, writing):
            self.assertIsInstance(await host.send(b"head", FilePart(descriptor, 0, 10)), OSError)

    async def test_a_client_that_leaves_ends_what_was_sent_to_him(self) -> None:
        for parts in ((self.piece(),), (b"x" * 100_000, self.piece(), self.piece())):
            host, end = await self.pair()
            end.transport.pauseProducing()
            done = host.send(*parts)
            end.transport.abortConnection()
            self.assertIsInstance(await done, ClientGone | OSError)
            await host.lost
            self.assertTrue(host.outlet.gone)

    async def test_after_that_nothing_is_sent_and_whoever_tries_is_told(self) -> None:
        host, end = await self.pair()
        end.transport.abortConnection()
        await host.lost
        total = host.outlet.total
        host.outlet.write(b"x")
        self.assertIsInstance(self.successResultOf(host.send(b"x", self.piece())), ClientGone)
        self.failureResultOf(host.outlet.room(), ClientGone)
        self.assertEqual(host.outlet.total, total)
        host.outlet.close()
        host.outlet.half_close()
        host.outlet.abort()

    async def test_there_is_room_until_there_is_none_and_then_again(self) -> None:
        host, end = await self.pair()
        self.successResultOf(host.outlet.room())
        end.transport.pauseProducing()
        host.outlet.write(b"x" * LARGE)
        first, second = host.outlet.room(), host.outlet.room()
        self.assertNoResult(first)
        end.transport.resumeProducing()
        await first
        await second
        self.successResultOf(host.outlet.room())
        await end.when(lambda: len(end.data) == LARGE)
        self.assertEqual(host.changes, [True, False])

    async def test_whoever_waits_for_room_is_told_that_the_client_left(self) -> None:
        host, end = await self.pair()
        end.transport.pauseProducing()
        host.outlet.write(b"x" * LARGE)
        waiting = host.outlet.room()
        end.transport.abortConnection()
        await self.assertFailure(waiting, ClientGone)

    async def test_closing_sends_what_is_held_first(self) -> None:
        host, end = await self.pair()
        host.outlet.write(b"x" * LARGE)
        host.outlet.close()
        await end.finished
        await host.lost
        self.assertEqual(len(end.data), LARGE)

    async def test_closing_our_side_leaves_the_other_open(self) -> None:
        host, end = await self.pair()
        host.outlet.write(b"x" * LARGE)
        host.outlet.half_close()
        await end.finished
        self.assertEqual(len(end.data), LARGE)
        end.transport.write(b"still here")
        await host.when(lambda: host.data == b"still here")
        host.outlet.close()
        await host.lost

    async def test_a_client_that_closed_its_side_gets_the_rest(self) -> None:
        host, end = await self.pair()
        end.transport.loseWriteConnection()
        await host.finished
        self.assertIsNone(await host.send(b"head", self.piece(), b"tail"))
        host.outlet.close()
        await host.lost
        await end.finished
        self.assertEqual(len(end.data), LARGE + 8)

    async def test_aborting_drops_what_is_held(self) -> None:
        host, end = await self.pair()
        end.transport.pauseProducing()
        host.outlet.write(b"x" * LARGE)
        host.outlet.abort()
        await host.lost
        end.transport.resumeProducing()
        await end.lost
        self.assertLess(len(end.data), LARGE)
