"""A connection comes home exactly once, whatever its holder does with it, and whatever the client does."""

import inspect
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import globalLogPublisher

from occwserv.connection import Connection, Misuse
from occwserv.http.errors import HTTPError

from .sockets import Client, request
from .standstill import HELLO, FrontEndTestCase


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
