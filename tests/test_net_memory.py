"""Where the bytes of a file have to pass through the transport, they are written to it."""

import os
import tempfile

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from occwserv.http.answer import FilePart
from occwserv.net.outlet import ClientGone, Outlet
from occwserv.net.sendfile import PIECE, FileEnded


class Memory(StringTransport):
    """A transport in memory that asks a pull producer for its first bytes, as real ones do."""

    def registerProducer(self, producer, streaming: bool) -> None:
        super().registerProducer(producer, streaming)
        if not streaming:
            producer.resumeProducing()


class InMemoryTests(SynchronousTestCase):
    """Where the bytes of a file have to pass through the transport, they are written to it."""

    def setUp(self) -> None:
        self.file = self.enterContext(tempfile.TemporaryFile())
        self.content = os.urandom(3 * PIECE)
        self.file.write(self.content)
        self.file.flush()
        self.transport = Memory()
        self.outlet = Outlet(self.transport, lambda: None)
        self.ends: list[Exception | None] = []

    def send(self, *parts) -> None:
        self.outlet.send(parts, self.ends.append)

    def pull(self) -> None:
        """The transport is empty, and asks for more."""
        self.assertFalse(self.transport.streaming)
        self.transport.producer.resumeProducing()

    def test_pieces_are_written_as_they_are_asked_for(self) -> None:
        self.send(b"a", FilePart(self.file.fileno(), 10, 2 * PIECE + 5), b"z")
        self.assertEqual(self.transport.value(), b"a" + self.content[10 : 10 + PIECE])
        self.pull()
        self.assertEqual((self.ends, self.outlet.full), ([], True))
        self.pull()
        self.assertEqual((self.ends, self.outlet.full), ([None], False))
        self.assertTrue(self.transport.value() == b"a" + self.content[10 : 10 + 2 * PIECE + 5] + b"z")
        self.assertTrue(self.transport.streaming, "the outlet is the transport's producer again")
        self.assertEqual(self.outlet.total, len(self.transport.value()))

    def test_small_pieces_one_behind_the_other_take_one_turn(self) -> None:
        self.send(*[FilePart(self.file.fileno(), number, 1) for number in range(16)], b"z")
        self.assertEqual(self.ends, [None])
        self.assertEqual(self.transport.value(), self.content[:16] + b"z")

    def test_a_file_that_is_shorter_ends_with_an_error(self) -> None:
        self.send(FilePart(self.file.fileno(), 2 * PIECE, 2 * PIECE))
        self.pull()
        self.assertIsInstance(self.ends[0], FileEnded)
        self.assertEqual(len(self.transport.value()), PIECE)

    def test_a_client_that_leaves_in_the_middle_is_told_once(self) -> None:
        self.send(FilePart(self.file.fileno(), 0, 3 * PIECE))
        sender = self.transport.producer
        self.outlet.lost()
        self.assertIsInstance(self.ends[0], ClientGone)
        self.file.close()
        sender.resumeProducing()
        sender.stopProducing()
        self.assertEqual(len(self.ends), 1)
        self.assertEqual(len(self.transport.value()), PIECE)
