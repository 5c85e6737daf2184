"""The front end reads requests and bodies, whatever way they come, and answers in their order."""

from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks

from occwserv.connection import Connection
from occwserv.http.answer import CONTINUE, Answer
from occwserv.http.errors import HTTPError

from .feeding import cut
from .sockets import request
from .standstill import HELLO, FrontEndTestCase

SIZES = (0, 1, 2, 3, 7, 100)


def chunked(*pieces: bytes, path: bytes = b"/echo") -> bytes:
    """A request with a body in chunks."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return request(path, b"Transfer-Encoding: chunked", method=b"POST") + chunks + b"0\r\n\r\n"


def post(body: bytes, *fields: bytes, path: bytes = b"/echo") -> bytes:
    """A request with a body of a known length."""
    return request(path, *fields, method=b"POST", body=body)


def expecting(body: bytes | None, *fields: bytes, path: bytes = b"/later") -> bytes:
    """A request whose client waits to be told to go on; the body is not part of it."""
    whole = request(path, b"Expect: 100-continue", *fields, method=b"POST", body=body)
    return whole.removesuffix(body or b"")


class KeepAliveTests(FrontEndTestCase):
    """Many requests on one connection."""

    def test_however_requests_are_cut_each_is_answered(self) -> None:
        for size in SIZES:
            client = self.connect().send(*cut(request() * 10, size))
            self.assertEqual([client.answer().body for _ in range(10)], [b"hello"] * 10)
            self.assertFalse(client.ended)

    def test_who_keeps_the_connection(self) -> None:
        for minor, fields, kept, said in (
            (1, (), True, None),
            (1, (b"Connection: keep-alive",), True, None),
            (1, (b"Connection: close",), False, "close"),
            (1, (b"Connection: x, Close",), False, "close"),
            (0, (), False, "close"),
            (0, (b"Connection: keep-alive",), True, "keep-alive"),
            (0, (b"Connection: keep-alive, close",), False, "close"),
        ):
            client = self.connect().send(request(b"/", *fields, minor=minor))
            answer = client.answer()
            self.assertEqual((answer.body, dict(answer.fields).get("connection")), (b"hello", said))
            self.assertEqual(not client.ended, kept, (minor, fields))

    def test_a_connection_has_so_many_requests_and_no_more(self) -> None:
        self.configure(limits={"requests": 3})
        client = self.connect().send(request() * 5)
        answers = [client.answer() for _ in range(3)]
        self.assertEqual(["connection" in answer for answer in answers], [False, False, True])
        self.assertTrue(client.ended)
        self.assertEqual(self.stats.requests, 3)

    def test_an_empty_line_between_requests_is_no_request(self) -> None:
        client = self.connect().send(request() + b"\r\n" + request())
        self.assertEqual([client.answer().status for _ in range(2)], [200, 200])

    def test_a_path_that_goes_up_is_dropped_and_logged(self) -> None:
        client = self.connect().send(request(b"/a/../b") + request())
        self.assertEqual((client.sees(), client.ended, self.statuses), (b"", True, [400]))

    def test_what_is_no_request_is_refused_and_the_connection_ends(self) -> None:
        for bytes_, status in ((b"GARBAGE\r\n\r\n", 400), (b"GET / HTTP/2.0\r\n\r\n", 505), (b"\x16\x03\x01", 400)):
            client = self.connect().send(bytes_ + request())
            self.assertEqual((answer := client.answer()).status, status)
            self.assertEqual(answer["connection"], "close")
            self.assertTrue(client.ended)
            client.send(b"more of it" * 1000).close()
        self.assertEqual(self.statuses, [400, 505, 400])


class PipeliningTests(FrontEndTestCase):
    """Requests sent ahead: answers leave in their order."""

    def test_a_quick_answer_waits_for_the_slow_one_before_it(self) -> None:
        client = self.connect().send(request(b"/later") + request() + request(b"/later") + request())
        self.assertEqual((client.sees(), len(self.held)), (b"", 1))
        self.held.pop().reply(Answer(200, (), (b"first",)))
        self.assertEqual([client.answer().body for _ in range(2)], [b"first", b"hello"])
        self.assertEqual(client.sees(), b"")
        self.held.pop().reply(Answer(200, (), (b"second",)))
        self.assertEqual([client.answer().body for _ in range(2)], [b"second", b"hello"])

    def test_thousands_in_one_piece_do_not_recurse(self) -> None:
        client = self.connect().send(request() * 3000)
        self.assertEqual([client.answer().body for _ in range(3000)], [b"hello"] * 3000)
        self.assertEqual(self.stats.requests, 3000)

    def test_thousands_that_are_answered_later_do_not_recurse(self) -> None:
        self.serve(b"/soon", lambda connection: self.reactor.callLater(0, connection.reply, HELLO))
        client = self.connect().send(request(b"/soon") * 3000)
        self.assertEqual([client.answer().body for _ in range(3000)], [b"hello"] * 3000)

    def test_thousands_of_bodies_do_not_recurse(self) -> None:
        client = self.connect().send(post(b"body") * 2000, chunked(b"bo", b"dy") * 2000)
        self.assertEqual([client.answer().body for _ in range(4000)], [b"body"] * 4000)

    def test_thousands_of_chunks_do_not_recurse(self) -> None:
        client = self.connect().send(chunked(*[b"x"] * 5000))
        self.assertEqual(client.answer().body, b"x" * 5000)

    def test_thousands_of_unread_bodies_do_not_recurse(self) -> None:
        client = self.connect().send(post(b"body", path=b"/") * 2000, chunked(b"body", path=b"/") * 2000)
        self.assertEqual([client.answer().body for _ in range(4000)], [b"hello"] * 4000)


class BodyTests(FrontEndTestCase):
    """A resource reads the body piece by piece."""

    def test_however_a_body_is_framed_and_cut_the_resource_reads_it(self) -> None:
        content = bytes(range(256)) * 4
        pieces = (content[:1], content[1:300], content[300:])
        for framed in (post(content), chunked(*pieces), post(b""), chunked()):
            expected = content if len(framed) > 300 else b""
            for size in SIZES:
                client = self.connect().send(*cut(framed + request(), size))
                self.assertEqual(client.answer().body, expected)
                self.assertEqual(client.answer().body, b"hello", "what is behind the body is the next request")

    def test_what_comes_after_the_end_is_empty(self) -> None:
        self.connect().send(post(b"body", path=b"/later"))
        connection = self.held.pop()
        reads = [self.successResultOf(connection.read()) for _ in range(4)]
        self.assertEqual(reads, [b"body", b"", b"", b""])
        connection.reply(HELLO)

    def test_reading_and_writing_go_together(self) -> None:
        @inlineCallbacks
        def through(connection: Connection):
            connection.begin(200)
            while piece := (yield connection.read()):
                yield connection.write(piece.upper())
            connection.end()

        self.serve(b"/through", through)
        client = self.connect().send(request(b"/through", b"Content-Length: 10", method=b"POST"))
        for piece in (b"a", b"bcd", b"efghij"):
            client.send(piece)
            self.assertIn(b"%x\r\n%b\r\n" % (len(piece), piece.upper()), client.sees())
        self.assertEqual(client.answer().body, b"ABCDEFGHIJ")

    def test_a_body_that_is_announced_too_large_is_refused_at_once(self) -> None:
        self.configure(limits={"body": 10})
        client = self.connect().send(request(b"/echo", b"Content-Length: 11", method=b"POST"))
        self.assertEqual(client.answer().status, 413)
        self.assertTrue(client.ended)

    def test_a_body_that_grows_too_large_fails_its_reader(self) -> None:
        self.configure(limits={"body": 10})
        client = self.connect().send(chunked(b"12345678", b"9012345") + request())
        self.assertEqual(client.answer().status, 413)
        self.assertTrue(client.ended)
        self.assertEqual(self.statuses, [413])

    def test_a_malformed_body_fails_its_reader(self) -> None:
        client = self.connect().send(request(b"/echo", b"Transfer-Encoding: chunked", method=b"POST") + b"zz\r\n")
        self.assertEqual(client.answer().status, 400)
        self.assertTrue(client.ended)

    def test_a_read_that_is_given_up_loses_nothing(self) -> None:
        client = self.connect().send(request(b"/later", b"Content-Length: 8", method=b"POST"))
        connection = self.held.pop()
        given_up = connection.read()
        given_up.cancel()
        self.failureResultOf(given_up, CancelledError)
        client.send(b"all ")
        self.assertEqual(self.successResultOf(connection.read()), b"all ")
        waiting = connection.read()
        client.send(b"here")
        self.assertEqual(self.successResultOf(waiting), b"here")
        connection.reply(HELLO)

    def test_who_gave_the_connection_away_gets_nothing_of_the_next_request(self) -> None:
        client = self.connect().send(request(b"/later", b"Content-Length: 6", method=b"POST"))
        connection = self.held.pop()
        waiting = connection.read()
        connection.reply(HELLO)
        self.failureResultOf(waiting, CancelledError)
        client.send(b"forgot" + post(b"secret"))
        self.assertEqual([client.answer().body for _ in range(2)], [b"hello", b"secret"])


class UnreadTests(FrontEndTestCase):
    """A body nobody wanted is read on a little; a long one ends the connection, so that the answer is not lost."""

    sections = {"limits": {"drain": 1000, "pipeline": 100}}

    def test_a_short_one_is_read_and_the_connection_goes_on(self) -> None:
        for framed in (post(b"x" * 1000, path=b"/"), chunked(b"x" * 500, b"x" * 500, path=b"/")):
            for size in SIZES:
                client = self.connect().send(*cut(framed + request(), size))
                self.assertEqual([client.answer().body for _ in range(2)], [b"hello"] * 2)
                self.assertFalse(client.ended)

    def test_a_long_one_ends_the_connection_behind_the_answer(self) -> None:
        client = self.connect().send(post(b"x" * 1001, path=b"/") + request())
        answer = client.answer()
        self.assertEqual((answer.body, answer["connection"]), (b"hello", "close"))
        self.assertTrue(client.ended)
        client.send(b"x" * 100_000)
        self.assertEqual((client.unsent, self.statuses), (b"", [200]))

    def test_one_whose_length_nobody_knew_ends_it_when_it_gets_long(self) -> None:
        client = self.connect().send(request(b"/", b"Transfer-Encoding: chunked", method=b"POST"))
        self.assertEqual(client.answer().body, b"hello")
        client.send(b"%x\r\n%b" % (5000, b"x" * 900))
        self.assertFalse(client.ended)
        client.send(b"x" * 200)
        self.assertTrue(client.ended)
        self.assertEqual(self.statuses, [200])

    def test_one_that_is_malformed_ends_it(self) -> None:
        client = self.connect().send(request(b"/", b"Transfer-Encoding: chunked", method=b"POST") + b"zz\r\n")
        self.assertEqual(client.answer().body, b"hello")
        self.assertTrue(client.ended)

    def test_one_that_was_read_in_part_is_read_on(self) -> None:
        client = self.connect().send(request(b"/later", b"Content-Length: 100", method=b"POST") + b"x" * 40)
        connection = self.held.pop()
        self.assertEqual(self.successResultOf(connection.read()), b"x" * 40)
        connection.reply(HELLO)
        client.send(b"x" * 60 + request())
        self.assertEqual([client.answer().body for _ in range(2)], [b"hello"] * 2)

    def test_one_that_failed_its_reader_is_not_read_on(self) -> None:
        client = self.connect().send(request(b"/later", b"Transfer-Encoding: chunked", method=b"POST"))
        connection = self.held.pop()
        waiting = connection.read()
        client.send(b"zz\r\n" + request())
        self.failureResultOf(waiting, HTTPError)
        connection.reply(HELLO)
        self.assertEqual(client.answer()["connection"], "close")
        self.assertTrue(client.ended)


class ExpectationTests(FrontEndTestCase):
    """`Expect: 100-continue`: the client is told to go on when somebody wants the body, and not before."""

    def read(self) -> Deferred:
        return self.held[-1].read()

    def test_the_client_is_told_once_when_the_body_is_asked_for(self) -> None:
        for body, rest in ((b"12345678", b"5678"), (None, b"4\r\n5678\r\n0\r\n\r\n")):
            framing = () if body else (b"Transfer-Encoding: chunked",)
            client = self.connect().send(expecting(body, *framing))
            self.assertEqual(client.sees(), b"")
            waiting = self.read()
            self.assertEqual(client.sees(), CONTINUE)
            client.send(b"1234" if body else b"4\r\n1234\r\n")
            self.assertEqual(self.successResultOf(waiting), b"1234")
            waiting = self.read()
            client.send(rest)
            self.assertEqual(self.successResultOf(waiting), b"5678")
            self.assertEqual(self.successResultOf(self.read()), b"")
            self.assertEqual(client.take(len(CONTINUE)), CONTINUE)
            self.held.pop().reply(HELLO)
            self.assertEqual(client.answer().body, b"hello")
            self.assertFalse(client.ended)

    def test_a_client_that_did_not_wait_is_not_told(self) -> None:
        client = self.connect().send(expecting(b"body", path=b"/echo") + b"body")
        answer = client.answer()
        self.assertEqual((answer.status, answer.body), (200, b"body"))
        self.assertFalse(client.ended)

    def test_an_answer_instead_ends_the_connection(self) -> None:
        client = self.connect().send(expecting(b"body", path=b"/"))
        answer = client.answer()
        self.assertEqual((answer.status, answer["connection"]), (200, "close"))
        self.assertTrue(client.ended)

    def test_nothing_is_told_once_the_answer_has_begun(self) -> None:
        client = self.connect().send(expecting(b"body"))
        connection = self.held.pop()
        connection.begin(200, (), 5)
        waiting = connection.read()
        connection.write(b"hello")
        self.assertNotIn(CONTINUE, client.sees())
        client.send(b"body")
        self.assertEqual(self.successResultOf(waiting), b"body")
        connection.end()
        self.assertEqual(client.answer().body, b"hello")

    def test_where_there_is_no_body_nothing_is_told(self) -> None:
        client = self.connect().send(request(b"/later", b"Expect: 100-continue"))
        self.assertEqual(self.successResultOf(self.read()), b"")
        self.held.pop().reply(HELLO)
        self.assertEqual(client.answer().status, 200)
        self.assertFalse(client.ended)

    def test_http_1_0_expects_nothing(self) -> None:
        client = self.connect().send(request(b"/later", b"Expect: 100-continue", b"Content-Length: 4", minor=0))
        waiting = self.read()
        self.assertEqual(client.sees(), b"")
        client.send(b"body")
        self.assertEqual(self.successResultOf(waiting), b"body")
        self.held.pop().reply(HELLO)

    def test_another_expectation_is_417(self) -> None:
        client = self.connect().send(request(b"/", b"Expect: the-unexpected", b"Content-Length: 4", method=b"POST"))
        self.assertEqual(client.answer().status, 417)
        self.assertTrue(client.ended)
