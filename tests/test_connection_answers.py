"""What is on the wire of an answer, and what is closed behind it."""

import os
import tempfile

from occwserv.connection import Connection, Misuse
from occwserv.http.answer import Answer, FilePart
from occwserv.http.errors import HTTPError

from .sockets import Client, request
from .standstill import HELLO
from .test_connection import ConnectionTestCase, Step


class FramingTests(ConnectionTestCase):
    """What is on the wire for the ways of answering."""

    def pieces(self, *pieces: bytes, length: int | None = None, status: int = 200, **parts) -> tuple[Client, bytes]:
        """A client, and the bytes of an answer in pieces."""
        client, connection = self.given(**parts)
        connection.begin(status, ((b"X-Kind", b"test"),), length)
        for piece in pieces:
            connection.write(piece)
        connection.end()
        return client, client.sees().partition(b"\r\n\r\n")[2]

    def test_an_answer_of_unknown_length_is_chunked(self) -> None:
        client, body = self.pieces(b"hello", b"", b"x" * 20)
        self.assertEqual(body, b"5\r\nhello\r\n14\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n")
        self.assertEqual(client.answer()["transfer-encoding"], "chunked")
        self.assertFalse(client.ended)

    def test_to_http_1_0_its_end_is_the_end_of_the_connection(self) -> None:
        client, body = self.pieces(b"hello", b"", b"world", minor=0)
        self.assertEqual(body, b"helloworld")
        self.assertNotIn(b"chunked", client.sees())
        self.assertTrue(client.ended)

    def test_to_http_1_0_even_when_the_client_would_keep_it(self) -> None:
        client, connection = self.given(b"Connection: keep-alive", minor=0)
        connection.begin(200)
        connection.end()
        self.assertEqual(client.answer()["connection"], "close")
        self.assertTrue(client.ended)

    def test_a_known_length_is_told_and_nothing_is_chunked(self) -> None:
        for minor, kept in ((1, True), (0, False)):
            client, body = self.pieces(b"hello", b"world", length=10, minor=minor)
            self.assertEqual(body, b"helloworld")
            self.assertEqual(client.answer()["content-length"], "10")
            self.assertEqual(not client.ended, kept)

    def test_head_has_the_fields_and_no_body(self) -> None:
        for length, name in ((None, "transfer-encoding"), (5, "content-length")):
            client, body = self.pieces(b"hello", length=length, method=b"HEAD")
            self.assertEqual(body, b"")
            self.assertIn(name, client.answer("HEAD"))
            client.send(request(b"/later"))
            self.held.pop().reply(HELLO)
            self.assertEqual(client.answer().body, b"hello", "the next answer is where it belongs")

    def test_what_has_no_body_gets_none(self) -> None:
        for status in (204, 304):
            client, body = self.pieces(b"hello", status=status)
            self.assertEqual(body, b"")
            answer = client.answer()
            self.assertNotIn("transfer-encoding", answer)
            self.assertNotIn("content-length", answer)
            self.assertFalse(client.ended)

    def test_a_304_has_no_length_that_would_be_wrong(self) -> None:
        client, connection = self.given()
        connection.reply(Answer(304))
        self.assertNotIn("content-length", client.answer())

    def test_the_bytes_of_the_body_are_logged(self) -> None:
        for length, logged in ((10, b" 10"), (None, b" %d" % len(b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"))):
            self.pieces(b"hello", b"world", length=length)
            self.assertTrue(self.lines[-1].endswith(logged), self.lines)
        _, connection = self.given()
        connection.reply(HELLO)
        self.assertTrue(self.lines[-1].endswith(b" 5"))


class LengthTests(ConnectionTestCase):
    """A resource that announces a length and sends another must not make two answers of one, or one of two."""

    def test_too_little_can_not_be_ended_with(self) -> None:
        client, connection = self.given()
        connection.begin(200, (), 10)
        connection.write(b"hello")
        self.assertRaises(ValueError, connection.end)
        self.assertFalse(connection.home)
        connection.write(b"world")
        connection.end()
        self.assertEqual(client.answer().body, b"helloworld")
        self.assertFalse(client.ended)

    def test_a_resource_that_ends_with_too_little_costs_its_client_the_answer(self) -> None:
        def short(connection: Connection) -> None:
            connection.begin(200, (), 10)
            connection.write(b"hello")
            connection.end()

        self.serve(b"/short", short)
        client = self.connect().send(request(b"/short"))
        self.assertTrue(client.ended)
        self.is_home(200)
        self.assertEqual((self.stats.crashed, len(self.flushLoggedErrors(ValueError))), (1, 1))

    def test_too_much_is_not_sent(self) -> None:
        client, connection = self.given()
        connection.begin(200, (), 5)
        connection.write(b"hel")
        self.assertRaises(ValueError, connection.write, b"lo, HTTP/1.1 200 OK\r\n\r\n")
        self.assertTrue(client.sees().endswith(b"\r\n\r\nhel"))
        connection.write(b"lo")
        connection.end()
        self.assertEqual(client.answer().body, b"hello")
        self.assertFalse(client.ended)

    def test_head_and_304_may_announce_what_they_do_not_send(self) -> None:
        client, connection = self.given(method=b"HEAD")
        connection.begin(200, (), 10)
        connection.end()
        self.assertEqual(client.answer("HEAD")["content-length"], "10")
        self.assertFalse(client.ended)


INJECTIONS = [
    (b"X-Evil", b"a\r\nSet-Cookie: b"),
    (b"X-Evil", b"a\r\n\r\nHTTP/1.1 200 OK"),
    (b"X-Evil", b"a\nb"),
    (b"X-Evil", b"a\rb"),
    (b"X-Evil", b"a\0b"),
    (b"X-Evil\r\nSet-Cookie", b"b"),
]


class InjectionTests(ConnectionTestCase):
    """A line end in a field is refused, and the client gets 500."""

    def refused(self, act: Step) -> None:
        self.serve(b"/injecting", act)
        client = self.connect().send(request(b"/injecting") * 2)
        for _ in range(2):
            answer = client.answer()
            self.assertEqual(answer.status, 500)
            self.assertNotIn("set-cookie", answer)
        self.assertFalse(client.ended)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_in_a_reply(self) -> None:
        for number, field in enumerate(INJECTIONS, 1):
            self.refused(lambda connection, field=field: connection.reply(Answer(200, (field,), (b"hello",))))
            self.is_home(*[500] * 2 * number)

    def test_at_the_beginning_of_an_answer_in_pieces(self) -> None:
        for field in INJECTIONS:
            self.refused(lambda connection, field=field: connection.begin(200, (field,)))

    def test_in_the_reason(self) -> None:
        self.refused(lambda connection: connection.begin(200, reason="OK\r\nSet-Cookie: b"))

    def test_in_an_error_the_client_is_cut_off(self) -> None:
        def raising(connection: Connection) -> None:
            raise HTTPError(405, "not so", INJECTIONS[:1])

        self.serve(b"/injecting", raising)
        client = self.connect().send(request(b"/injecting"))
        self.assertEqual(client.sees(), b"")
        self.assertTrue(client.ended)
        self.is_home(405)
        self.assertTrue(self.flushLoggedErrors(ValueError))


class ReleaseTests(ConnectionTestCase):
    """What an answer holds open is closed once, however the answer ends."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.enterContext(tempfile.TemporaryFile())
        self.file.write(b"x" * 4_000_000)
        self.file.flush()
        self.released = 0

    def release(self) -> None:
        self.released += 1
        os.fstat(self.file.fileno())

    def answer(self, *fields: tuple[bytes, bytes]) -> Answer:
        return Answer(200, fields, (FilePart(self.file.fileno(), 0, 4_000_000),), self.release)

    def test_when_it_was_sent(self) -> None:
        client, connection = self.given()
        connection.reply(self.answer())
        self.assertEqual((self.released, connection.home), (0, True))
        self.assertEqual(len(client.answer().body), 4_000_000)
        self.assertEqual(self.released, 1)
        self.is_home(200)

    def test_when_the_client_leaves_in_the_middle(self) -> None:
        client, connection = self.given()
        connection.reply(self.answer())
        client.take(1000)
        client.close()
        self.assertEqual(self.released, 1)
        self.is_home(200)
        self.assertLess(int(self.lines[0].split()[-1]), 4_000_000)

    def test_when_the_client_had_left_before(self) -> None:
        client, connection = self.given()
        client.transport.abortConnection()
        client.close()
        connection.reply(self.answer())
        self.assertEqual(self.released, 1)

    def test_when_only_its_head_was_asked_for(self) -> None:
        client, connection = self.given(method=b"HEAD")
        connection.reply(self.answer())
        self.assertEqual(client.answer("HEAD")["content-length"], "4000000")
        self.assertEqual(self.released, 1)

    def test_when_it_was_a_reply_too_many(self) -> None:
        _, connection = self.given()
        connection.reply(HELLO)
        self.assertRaises(Misuse, connection.reply, self.answer())
        self.assertEqual(self.released, 1)

    def test_when_a_field_was_refused(self) -> None:
        _, connection = self.given()
        self.assertRaises(ValueError, connection.reply, self.answer(*INJECTIONS[:1]))
        self.assertEqual(self.released, 1)
        connection.reply(HELLO)
        self.assertEqual(self.released, 1)

    def test_when_the_file_shrinks(self) -> None:
        client, connection = self.given()
        connection.reply(self.answer())
        client.take(1000)
        self.file.truncate(2000)
        self.assertTrue(client.ended)
        self.assertEqual(self.released, 1)
        self.is_home(200)
