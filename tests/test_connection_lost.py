"""Resources that forget their connection, and clients that leave theirs: it comes home all the same."""

import gc
import threading

from occwserv.connection import Connection
from occwserv.http.errors import HTTPError
from occwserv.net.outlet import ClientGone

from .sockets import Client, request
from .standstill import HELLO
from .test_connection import HOME, ConnectionTestCase, Step, begin, write


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

    def test_wherever_the_ring_is_noticed_it_is_answered_by_the_reactor(self) -> None:
        gc.disable()
        self.addCleanup(gc.enable)
        threads = []
        failure = self.listener.site.failure

        def answer(connection: Connection, error: HTTPError) -> None:
            threads.append(threading.current_thread())
            failure(connection, error)

        self.listener.site.failure = answer
        client, connection = self.given()
        ring = [connection]
        ring.append(ring)
        del ring, connection
        collecting = threading.Thread(target=gc.collect)
        collecting.start()
        collecting.join()
        self.assertEqual(threads, [])
        self.assertEqual(client.answer().status, 500)
        self.assertEqual(threads, [threading.current_thread()])

    def test_a_connection_forgotten_after_its_client_has_left_comes_home(self) -> None:
        client, connection = self.given()
        client.transport.abortConnection()
        client.close()
        del connection
        self.reactor.pump()
        self.assertEqual(self.stats.lost, 1)
        self.is_home(499)

    def test_a_thousand_forgotten_connections_in_a_row_are_answered_in_a_row(self) -> None:
        client = self.forget()
        client.answer()
        client.send(request(b"/forgetful") * 1000)
        self.assertEqual([client.answer().status for _ in range(1000)], [500] * 1000)
        self.assertEqual(self.stats.lost, 1001)


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
