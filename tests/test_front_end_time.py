"""The deadlines of a client, on a clock that only the test moves."""

import tempfile
from collections.abc import Iterator

from twisted.internet.defer import Deferred

from occwserv.connection import Connection
from occwserv.http.answer import Answer, FilePart
from occwserv.http.errors import HTTPError
from occwserv.net.outlet import ClientGone

from .sockets import Client, request
from .standstill import HELLO, TICK, FrontEndTestCase

LATE = 2 * TICK
"""How much later than its deadline something may happen."""


class TimeTestCase(FrontEndTestCase):
    """Times that can be told from each other."""

    sections = {
        "timeouts": {"idle": 30, "head": 10, "body": 60, "write": 40, "linger": 2},
        "limits": {"rate": 500},
    }

    def ends_after(self, client: Client, seconds: float, trickle: Iterator[bytes] | None = None) -> None:
        """The client is left in so many seconds, not sooner and not later, whatever it sends a second."""
        for _ in range(int(seconds - TICK)):
            self.assertFalse(client.ended)
            if trickle is not None:
                client.send(next(trickle))
            self.wait(1)
        self.assertFalse(client.ended, "it is too soon")
        self.wait(seconds + LATE - int(seconds - TICK))
        self.assertTrue(client.ended, "it is too late")


class IdleTests(TimeTestCase):
    """Waiting for a request."""

    def test_who_says_nothing_is_closed_without_a_word(self) -> None:
        client = self.connect()
        self.ends_after(client, 30)
        self.assertEqual((client.sees(), self.lines), (b"", []))

    def test_so_is_who_says_nothing_more(self) -> None:
        client = self.connect()
        self.wait(20)
        client.send(request()).answer()
        self.wait(20)
        client.send(request()).answer()
        self.ends_after(client, 30)
        self.assertEqual(self.statuses, [200, 200])

    def test_a_busy_client_is_kept(self) -> None:
        client = self.connect()
        for _ in range(50):
            client.send(request()).answer()
            self.wait(7)
        self.assertFalse(client.ended)


class HeadTests(TimeTestCase):
    """A head has to be complete in time, however it trickles."""

    def refuse(self, client: Client, trickle: Iterator[bytes] | None) -> None:
        start = self.reactor.seconds()
        while self.listener.figures()["open"]:
            if trickle is not None:
                client.send(next(trickle))
            self.wait(TICK)
            if client.ended:
                break
        self.assertLessEqual(abs(self.reactor.seconds() - start - 10), LATE)
        answer = client.answer()
        self.assertEqual((answer.status, answer["connection"]), (408, "close"))
        self.assertEqual(self.statuses[-1], 408)

    def test_a_head_that_stops(self) -> None:
        self.refuse(self.connect().send(b"GET / HTTP/1.1\r\nHos"), None)

    def test_a_head_that_trickles(self) -> None:
        self.refuse(self.connect().send(b"G"), iter([b"E"] * 1000))

    def test_a_second_head(self) -> None:
        client = self.connect().send(request())
        client.answer()
        self.wait(20)
        self.refuse(client.send(b"G"), iter([b"E"] * 1000))

    def test_a_head_sent_ahead_begins_when_it_is_its_turn(self) -> None:
        client = self.connect().send(request(b"/later") + b"GET ")
        self.wait(100)
        self.held.pop().reply(HELLO)
        client.answer()
        self.refuse(client, None)

    def test_a_head_that_comes_in_time_has_the_next_deadlines(self) -> None:
        client = self.connect().send(request()[:10])
        self.wait(9)
        client.send(request()[10:]).answer()
        self.ends_after(client, 30)

    def test_the_time_of_a_head_is_that_of_its_first_byte(self) -> None:
        client = self.connect()
        self.wait(20)
        client.send(b"GET ")
        self.wait(5)
        client.send(b"/ HTTP/1.1\r\nHost: a\r\n\r\n").answer()
        self.assertEqual(self.stats.reading, 5)


class BodyTests(TimeTestCase):
    """Whoever waits for a body is told when it does not come."""

    def asked(self, length: int) -> tuple[Client, Deferred]:
        client = self.connect().send(request(b"/later", b"Content-Length: %d" % length, method=b"POST"))
        return client, self.held[-1].read()

    def test_a_body_that_does_not_come_fails_its_reader(self) -> None:
        client, waiting = self.asked(10)
        self.wait(59)
        self.assertNoResult(waiting)
        self.wait(1 + LATE)
        error = self.failureResultOf(waiting, HTTPError).value
        self.assertEqual((error.status, error.close), (408, True))
        self.held.pop().fail(error)
        self.assertEqual(client.answer().status, 408)
        self.assertTrue(client.ended)

    def test_a_body_that_trickles_fails_its_reader(self) -> None:
        client = self.connect().send(request(b"/echo", b"Content-Length: 100000", method=b"POST"))
        for _ in range(61):
            client.send(b"x" * 400)
            self.wait(1)
        self.assertEqual(client.answer().status, 408)
        self.assertEqual(self.statuses, [408])

    def test_a_body_that_keeps_up_the_rate_may_take_long(self) -> None:
        client = self.connect().send(request(b"/echo", b"Content-Length: 300000", method=b"POST"))
        for _ in range(500):
            self.assertFalse(client.ended)
            client.send(b"x" * 600)
            self.wait(1)
        self.assertEqual(len(client.answer().body), 300_000)

    def test_a_resource_that_takes_its_time_costs_the_client_nothing(self) -> None:
        client, waiting = self.asked(10)
        client.send(b"hello")
        self.successResultOf(waiting)
        self.wait(1000)
        self.assertFalse(client.ended)
        waiting = self.held[-1].read()
        self.wait(50)
        self.assertNoResult(waiting)
        client.send(b"world")
        self.assertEqual(self.successResultOf(waiting), b"world")
        self.wait(1000)
        self.held.pop().reply(HELLO)
        self.assertEqual(client.answer().body, b"hello")
        self.ends_after(client, 30)

    def test_an_unread_body_that_does_not_come_is_waited_for_briefly(self) -> None:
        client = self.connect().send(request(b"/", b"Content-Length: 10", method=b"POST") + b"half")
        self.assertEqual(client.answer().body, b"hello")
        self.ends_after(client, 2)

    def test_after_an_unread_body_has_come_the_client_is_idle(self) -> None:
        client = self.connect().send(request(b"/", b"Content-Length: 10", method=b"POST"))
        client.answer()
        client.send(b"x" * 10)
        self.ends_after(client, 30)


class WriteTests(TimeTestCase):
    """A client has to take its answer with `limits.rate`; it may stand still for up to two windows."""

    SIZE = 2_000_000

    def setUp(self) -> None:
        super().setUp()
        self.file = self.enterContext(tempfile.TemporaryFile())
        self.file.truncate(self.SIZE)

    def reply(self, connection: Connection, kind: str) -> None:
        """Answer with `SIZE` bytes."""
        if kind == "file":
            connection.reply(Answer(200, (), (FilePart(self.file.fileno(), 0, self.SIZE),)))
        elif kind == "bytes":
            connection.reply(Answer(200, (), (b"\0" * self.SIZE,)))
        else:
            connection.begin(200, (), self.SIZE)
            connection.write(b"\0" * self.SIZE).addErrback(lambda failure: failure.trap(ClientGone))
            connection.end()

    def asking(self, kind: str, *fields: bytes, late: bool = False, minor: int = 1) -> Client:
        """A client that has asked; its connection is kept or closed behind the answer, as the fields say."""
        client = self.connect(send_buffer=10_000).send(request(b"/later", *fields, minor=minor))
        if late:
            self.wait(1000)
        self.reply(self.held.pop(), kind)
        return client

    def cases(self) -> Iterator[tuple[str, Client]]:
        for kind in ("file", "bytes", "pieces"):
            for late in (False, True):
                for fields, minor in (((), 1), ((b"Connection: close",), 1), ((), 0)):
                    name = f"{kind} {'late' if late else 'at once'} {fields} HTTP/1.{minor}"
                    yield name, self.asking(kind, *fields, late=late, minor=minor)

    def take(self, client: Client, count: int) -> int:
        """Let the client take some bytes; how many there were."""
        self.reactor.pump()
        taken = client.some(count)
        self.reactor.pump()
        return taken

    def test_who_takes_nothing_is_cut_off(self) -> None:
        for name, client in self.cases():
            self.wait(2 * 40 + 2 * LATE)
            self.assertEqual(self.listener.figures()["open"], 0, name)
            self.assertLess(len(client.sees()), self.SIZE)

    def test_who_takes_too_little_is_cut_off(self) -> None:
        for name, client in self.cases():
            taken = 0
            for _ in range(2 * 40 + 5):
                taken += self.take(client, 200)
                self.wait(1)
            self.assertEqual(self.listener.figures()["open"], 0, name)

    def test_who_keeps_up_the_rate_gets_all_of_it(self) -> None:
        for name, client in self.cases():
            taken = 0
            # For the kernel a buffer is empty when it is half empty: what a client takes moves the server in steps.
            for second in range(500):
                if second > 400 or not self.listener.figures()["open"]:
                    break
                taken += self.take(client, 5000)
                self.wait(1)
            self.assertGreaterEqual(taken + len(client.sees()), self.SIZE, f"{name}: {taken}")
            client.close()

    def test_a_rate_of_nothing_asks_only_for_something(self) -> None:
        self.configure(timeouts={"write": 40}, limits={"rate": 0})
        client = self.asking("bytes")
        for _ in range(20):
            self.take(client, 50_000)
            self.wait(35)
        self.assertEqual(self.listener.figures()["open"], 1)
        self.wait(2 * 40 + 2 * LATE)
        self.assertEqual(self.listener.figures()["open"], 0)

    def test_behind_a_slow_answer_the_next_request_is_taken(self) -> None:
        client = self.asking("bytes").send(request())
        for _ in range(390):
            self.take(client, 5000)
            self.wait(1)
        self.assertTrue(client.sees().endswith(b"\r\n\r\nhello"))
        self.ends_after(client, 30)

    def test_a_resource_that_writes_now_and_then_is_not_the_clients_fault(self) -> None:
        client = self.connect().send(request(b"/later"))
        connection = self.held.pop()
        connection.begin(200)
        for _ in range(100):
            self.successResultOf(connection.write(b"tick"))
            self.wait(33)
            client.sees()
        connection.end()
        self.assertEqual(client.answer().body, b"tick" * 100)


class EndTests(TimeTestCase):
    """The ways out have their deadlines too."""

    def test_a_client_that_goes_on_sending_is_lingered_for_briefly(self) -> None:
        client = self.connect().send(b"GARBAGE\r\n\r\n")
        self.assertEqual(client.answer().status, 400)
        for _ in range(3):
            self.assertEqual(self.listener.figures()["open"], 1)
            client.send(b"x" * 100_000)
            self.wait(TICK)
        self.wait(2 + LATE)
        self.assertEqual(self.listener.figures()["open"], 0)

    def test_so_is_one_that_did_not_ask_for_the_end(self) -> None:
        self.configure(timeouts={"linger": 2}, limits={"requests": 1})
        for fields, lingers in (((), True), ((b"Connection: close",), False)):
            client = self.connect().send(request(b"/", *fields))
            self.assertEqual(client.answer()["connection"], "close")
            self.assertEqual((client.ended, self.listener.figures()["open"]), (True, int(lingers)))
            client.send(request() if lingers else b"")
            self.wait(2 + LATE)
            self.assertEqual(self.listener.figures()["open"], 0)

    def test_a_refused_client_that_does_not_read_is_left(self) -> None:
        client = self.connect(send_buffer=5000)
        client.send(request(b"/later"), b"GARBAGE\r\n\r\n")
        self.held.pop().reply(Answer(200, (), (b"x" * 100_000,)))
        self.wait(2 * 40 + 2 + 3 * LATE)
        self.assertEqual(self.listener.figures()["open"], 0)

    def test_a_resource_that_never_answers_keeps_its_client(self) -> None:
        client = self.connect().send(request(b"/later"))
        self.wait(3600)
        self.assertFalse(client.ended)
        self.held.pop().reply(HELLO)
        self.assertEqual(client.answer().body, b"hello")
