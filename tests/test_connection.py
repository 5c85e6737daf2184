"""A connection comes home exactly once, whatever its holder does with it, and whatever the client does."""

import gc
import inspect
import os
import tempfile
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import globalLogPublisher

from occwserv.connection import Connection, Misuse
from occwserv.http.answer import Answer, FilePart
from occwserv.http.errors import HTTPError
from occwserv.net.outlet import ClientGone

from .standstill import Client, FrontEndTestCase, request

HELLO = Answer(200, (), (b"hello",))


def reply(connection: Connection) -> None:
    connection.reply(HELLO)


def begin(connection: Connection) -> None:
    connection.begin(200)


def write(connection: Connection) -> Deferred:
    return connection.write(b"hello")


def end(connection: Connection) -> None:
    connection.end()


def read(connection: Connection) -> Deferred:
    return connection.read()


def fail(connection: Connection) -> None:
    connection.fail(HTTPError(404, "there is no such page"))


def abort(connection: Connection) -> None:
    connection.abort("enough")


Step = Callable[[Connection], object]

HOME = [
    # how it comes home, the status that is logged, whether the client is kept
    ((reply,), 200, True),
    ((begin, write, end), 200, True),
    ((begin, end), 200, True),
    ((begin, write, write, write, end), 200, True),
    ((read, reply), 200, True),
    ((begin, read, end), 200, True),
    ((fail,), 404, True),
    ((abort,), 499, False),
    ((begin, abort), 200, False),
    ((begin, write, abort), 200, False),
    ((begin, fail), 200, False),
    ((begin, write, fail), 200, False),
]

MISUSES = [
    # what was done, what must not be done then, and what is said of the connection
    ((reply,), reply, "given away at"),
    ((reply,), begin, "given away at"),
    ((reply,), write, "given away at"),
    ((reply,), end, "given away at"),
    ((reply,), read, "given away at"),
    ((reply,), fail, "given away at"),
    ((reply,), abort, "given away at"),
    ((begin, end), reply, "given away at"),
    ((begin, end), write, "given away at"),
    ((begin, end), end, "given away at"),
    ((begin, end), read, "given away at"),
    ((abort,), reply, "given away at"),
    ((fail,), reply, "given away at"),
    ((begin, fail), write, "given away at"),
    ((begin,), reply, "had begun already"),
    ((begin,), begin, "had begun already"),
    ((begin, write), reply, "had begun already"),
    ((), write, "had not begun yet"),
    ((), end, "had not begun yet"),
]


class ConnectionTestCase(FrontEndTestCase):
    """Connections that the test itself holds."""

    def setUp(self) -> None:
        super().setUp()
        self.events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)

    def given(self, *fields: bytes, **parts) -> tuple[Client, Connection]:
        """A client, and the connection of its request."""
        client = self.connect()
        client.send(request(b"/later", *fields, **parts))
        return client, self.held.pop()

    def said(self) -> str:
        """What the server has logged."""
        return "\n".join(event.get("log_format", "").format(**event) for event in self.events if "log_format" in event)

    def is_home(self, *statuses: int) -> None:
        """These connections have come home, each once, and no others."""
        self.assertEqual(self.statuses, list(statuses))
        self.assertEqual(self.stats.requests, len(statuses))
        self.assertEqual(sum(self.stats.answers.values()), len(statuses))


class ComingHomeTests(ConnectionTestCase):
    """The ways home."""

    def test_every_way_home_is_taken_once(self) -> None:
        for number, (steps, status, kept) in enumerate(HOME):
            client, connection = self.given()
            for step in steps:
                self.assertFalse(connection.home)
                step(connection)
            self.assertTrue(connection.home)
            self.is_home(*(status for _, status, _ in HOME[: number + 1]))
            self.assertEqual(not client.ended, kept, steps)
        self.assertEqual(self.stats.figures()["faults"], {"lost": 0, "twice": 0, "crashed": 0})

    def test_every_misuse_is_raised_named_and_counted(self) -> None:
        for number, (steps, wrong, said) in enumerate(MISUSES, 1):
            client, connection = self.given()
            for step in steps:
                step(connection)
            seen = client.sees()
            error = self.assertRaises(Misuse, wrong, connection)
            self.assertIn("later used the connection of b'GET /later HTTP/1.1'", str(error))
            self.assertIn(said, str(error))
            if said == "given away at":
                file, line = inspect.getsourcefile(steps[-1]), inspect.getsourcelines(steps[-1])[1] + 1
                self.assertIn(f"{file}:{line}", str(error), steps)
            self.assertEqual(self.stats.twice, number)
            self.assertIn(str(error), self.said())
            self.assertEqual(client.sees(), seen, "a misuse sends nothing")
            if not connection.home:
                connection.abort("the test is over")
            self.assertEqual(self.stats.requests, number, "it comes home once all the same")

    def test_a_misuse_costs_the_client_nothing(self) -> None:
        def twice(connection: Connection) -> None:
            connection.reply(HELLO)
            connection.reply(HELLO)

        self.serve(b"/twice", twice)
        client = self.connect().send(request(b"/twice") * 3)
        self.assertEqual([client.answer().body for _ in range(3)], [b"hello"] * 3)
        self.assertFalse(client.ended)
        self.assertEqual((self.stats.twice, len(self.flushLoggedErrors(Misuse))), (3, 3))

    def test_two_reads_at_once_are_a_misuse(self) -> None:
        client, connection = self.given(b"Content-Length: 5")
        first, second = connection.read(), connection.read()
        self.failureResultOf(second, Misuse)
        client.send(b"hello")
        self.assertEqual(self.successResultOf(first), b"hello")
        connection.reply(HELLO)
        self.assertEqual(client.answer().body, b"hello")


class ForgettingTests(ConnectionTestCase):
    """A resource that drops a connection: its client does not wait for ever."""

    def forget(self, *steps: Step) -> Client:
        """A client whose connection is dropped after these steps."""

        def drop(connection: Connection) -> None:
            for step in steps:
                step(connection)

        self.serve(b"/forgetful", drop)
        return self.connect().send(request(b"/forgetful"))

    def test_before_anything_was_sent_the_client_gets_500_and_is_kept(self) -> None:
        client = self.forget()
        self.assertEqual(client.answer().status, 500)
        self.assertFalse(client.ended)
        self.is_home(500)
        self.assertEqual(self.stats.lost, 1)
        self.assertIn("forgetful never gave back the connection of b'GET /forgetful HTTP/1.1'", self.said())

    def test_when_the_answer_has_begun_the_client_is_cut_off(self) -> None:
        client = self.forget(begin, write)
        self.assertNotIn(b"0\r\n\r\n", client.sees())
        self.assertTrue(client.ended)
        self.is_home(200)
        self.assertEqual(self.stats.lost, 1)

    def test_those_who_gave_it_back_have_not_forgotten_it(self) -> None:
        for steps, *_ in HOME:
            self.forget(*steps)
        self.assertEqual(self.stats.lost, 0)
        self.assertEqual(self.stats.requests, len(HOME))

    def test_a_connection_in_a_ring_of_references_is_noticed_when_the_ring_is(self) -> None:
        client, connection = self.given()
        ring = [connection]
        ring.append(ring)
        del ring, connection
        self.assertEqual(client.sees(), b"")
        gc.collect()
        self.assertEqual(client.answer().status, 500)
        self.assertEqual(self.stats.lost, 1)

    def test_a_connection_forgotten_after_its_client_has_left_comes_home(self) -> None:
        client, connection = self.given()
        client.transport.abortConnection()
        client.close()
        del connection
        self.assertEqual(self.stats.lost, 1)
        self.is_home(499)

    def test_a_thousand_forgotten_connections_in_a_row_are_answered_in_a_row(self) -> None:
        client = self.forget()
        client.answer()
        client.send(request(b"/forgetful") * 1000)
        self.assertEqual([client.answer().status for _ in range(1000)], [500] * 1000)
        self.assertEqual(self.stats.lost, 1001)


class RaisingTests(ConnectionTestCase):
    """A resource that raises, at each point of its work."""

    def raise_behind(self, error: Exception, *steps: Step) -> Client:
        """A client whose resource raises after these steps."""

        def act(connection: Connection) -> None:
            for step in steps:
                step(connection)
            raise error

        self.serve(b"/raising", act)
        return self.connect().send(request(b"/raising"))

    def test_an_error_of_http_is_its_answer(self) -> None:
        client = self.raise_behind(HTTPError(405, "not so", ((b"Allow", b"GET"),)))
        answer = client.answer()
        self.assertEqual((answer.status, answer["allow"]), (405, "GET"))
        self.assertFalse(client.ended)
        self.is_home(405)

    def test_an_error_that_says_so_ends_the_clients_connection(self) -> None:
        client = self.raise_behind(HTTPError(400, "not so", close=True))
        self.assertEqual(client.answer()["connection"], "close")
        self.assertTrue(client.ended)

    def test_any_other_exception_is_500_and_logged(self) -> None:
        client = self.raise_behind(ZeroDivisionError("a mistake"))
        self.assertEqual(client.answer().status, 500)
        self.assertFalse(client.ended)
        self.is_home(500)
        self.assertEqual((self.stats.crashed, len(self.flushLoggedErrors(ZeroDivisionError))), (1, 1))
        self.assertIn("raising failed at b'GET /raising HTTP/1.1'", self.said())

    def test_an_exception_in_the_middle_of_an_answer_cuts_the_client_off(self) -> None:
        for number, error in enumerate((ZeroDivisionError("a mistake"), HTTPError(404, "there is no such page")), 1):
            client = self.raise_behind(error, begin, write)
            self.assertNotIn(b"0\r\n\r\n", client.sees())
            self.assertTrue(client.ended)
            self.is_home(*[200] * number)
        self.assertEqual((self.stats.crashed, len(self.flushLoggedErrors(ZeroDivisionError))), (1, 1))

    def test_an_exception_behind_the_answer_is_logged_and_costs_the_client_nothing(self) -> None:
        for error in (ZeroDivisionError("a mistake"), HTTPError(404, "there is no such page")):
            client = self.raise_behind(error, reply).send(request(b"/raising"))
            self.assertEqual([client.answer().body for _ in range(2)], [b"hello"] * 2)
            self.assertFalse(client.ended)
        self.assertEqual((self.stats.requests, self.stats.crashed), (4, 4))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError, Misuse)), 4)

    def test_an_error_page_that_fails_cuts_the_client_off(self) -> None:
        def broken(connection: Connection, error: HTTPError) -> None:
            raise ZeroDivisionError("the page is broken")

        self.listener.site.failure = broken
        client = self.raise_behind(HTTPError(404, "there is no such page"))
        self.assertEqual(client.sees(), b"")
        self.assertTrue(client.ended)
        self.is_home(404)
        self.assertTrue(self.flushLoggedErrors(ZeroDivisionError))
        self.assertEqual(self.stats.crashed, 1)


class LeavingTests(ConnectionTestCase):
    """A client that leaves while a resource holds its connection."""

    def left(self, **parts) -> Connection:
        """The connection of a client that has left."""
        client, connection = self.given(**parts)
        client.transport.abortConnection()
        client.close()
        self.assertEqual(self.listener.figures()["open"], 0)
        return connection

    def test_a_reply_goes_nowhere_and_comes_home_as_499(self) -> None:
        self.left().reply(HELLO)
        self.is_home(499)
        self.assertIn(b" 499 0", self.lines[0])

    def test_an_answer_in_pieces_goes_nowhere_and_comes_home_as_499(self) -> None:
        connection = self.left()
        connection.begin(200)
        self.failureResultOf(connection.write(b"hello"), ClientGone)
        connection.end()
        self.is_home(499)

    def test_so_do_failing_and_aborting(self) -> None:
        self.left().fail(HTTPError(404, "there is no such page"))
        self.left().abort("enough")
        self.is_home(499, 499)

    def test_who_reads_then_is_told(self) -> None:
        connection = self.left(method=b"POST", body=None)
        self.assertEqual(self.successResultOf(connection.read()), b"", "there was no body")
        connection.abort("enough")

    def test_who_waits_for_the_body_is_told(self) -> None:
        for sent in (b"", b"half"):
            client, connection = self.given(b"Content-Length: 100", method=b"POST")
            client.send(sent)
            if sent:
                self.assertEqual(self.successResultOf(connection.read()), sent)
            waiting = connection.read()
            self.assertNoResult(waiting)
            client.transport.abortConnection()
            client.close()
            self.failureResultOf(waiting, ClientGone)
            connection.reply(HELLO)
        self.is_home(499, 499)

    def test_who_asks_for_the_body_later_is_told_at_once(self) -> None:
        client, connection = self.given(b"Content-Length: 100", method=b"POST")
        client.send(b"half")
        client.transport.abortConnection()
        client.close()
        self.assertEqual(self.successResultOf(connection.read()), b"half")
        self.failureResultOf(connection.read(), ClientGone)
        self.failureResultOf(connection.read(), ClientGone)
        connection.reply(HELLO)
        self.is_home(499)

    def test_what_was_begun_keeps_its_status(self) -> None:
        client, connection = self.given()
        connection.begin(206)
        client.transport.abortConnection()
        client.close()
        self.failureResultOf(connection.write(b"hello"), ClientGone)
        connection.end()
        self.is_home(206)


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
        client, connection = self.given()
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
        self.file = tempfile.TemporaryFile()
        self.addCleanup(self.file.close)
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
