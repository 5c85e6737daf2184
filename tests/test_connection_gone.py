"""Whoever holds a connection is told when its client leaves, also while nothing is read or written."""

import gc

from twisted.internet.defer import Deferred

from occwserv.connection import Connection, Misuse

from .sockets import Client
from .standstill import HELLO
from .test_connection import ConnectionTestCase


class GoneTests(ConnectionTestCase):
    """`Connection.when_gone`."""

    def watched(self, *fields: bytes, **parts) -> tuple[Client, Connection, list[str]]:
        """A client, its connection, and what its holder was told so far."""
        client, connection = self.given(*fields, **parts)
        told: list[str] = []
        connection.when_gone(lambda: told.append("gone"))
        return client, connection, told

    def test_nothing_is_said_while_the_client_stays(self) -> None:
        client, connection, told = self.watched()
        self.wait(1000)
        client.send(b"more")
        self.assertEqual(told, [])
        connection.abort("the test is over")
        self.assertEqual(told, [])

    def test_a_client_that_closes_is_noticed_once_before_and_within_an_answer(self) -> None:
        for begun in (False, True):
            client, connection, told = self.watched()
            if begun:
                connection.begin(200)
            client.close()
            self.reactor.pump()
            self.assertEqual(told, ["gone"])
            self.assertFalse(connection.home, "it stays with its holder")
            connection.abort("the client has left")
            self.assertEqual(told, ["gone"])
        self.is_home(499, 200)

    def test_one_that_closes_its_side_alone_counts_as_leaving_and_may_still_be_answered(self) -> None:
        client, connection, told = self.watched()
        client.finish()
        self.assertEqual(told, ["gone"])
        connection.reply(HELLO)
        self.assertEqual(client.answer().body, b"hello")
        self.is_home(200)

    def test_whoever_asks_later_is_told_at_once(self) -> None:
        client, connection = self.given()
        client.close()
        self.reactor.pump()
        told: list[str] = []
        connection.when_gone(lambda: told.append("gone"))
        self.assertEqual(told, ["gone"])
        connection.abort("the client has left")

    def test_it_is_forgotten_when_the_connection_comes_home(self) -> None:
        client, connection, told = self.watched()
        connection.reply(HELLO)
        client.close()
        self.reactor.pump()
        self.assertEqual(told, [])
        self.is_home(200)

    def test_who_gave_the_connection_away_can_not_ask(self) -> None:
        _, connection = self.given()
        connection.reply(HELLO)
        self.assertRaises(Misuse, connection.when_gone, lambda: None)

    def test_in_the_middle_of_a_body_both_who_reads_and_who_asked_are_told(self) -> None:
        client, connection, told = self.watched(b"Content-Length: 10", method=b"POST")
        reading: Deferred = connection.read()
        reading.addErrback(lambda failure: told.append(type(failure.value).__name__))
        client.close()
        self.reactor.pump()
        self.assertEqual(sorted(told), ["ClientGone", "gone"])
        connection.abort("the client has left")

    def test_a_callback_may_end_the_connection(self) -> None:
        client, connection = self.given()
        connection.when_gone(lambda: connection.abort("the client has left"))
        client.close()
        self.reactor.pump()
        self.is_home(499)

    def test_a_callback_that_fails_is_logged_and_the_connection_comes_home(self) -> None:
        client, connection = self.given()
        connection.when_gone(lambda: 1 / 0)
        client.close()
        self.reactor.pump()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(connection.home)

    def test_it_does_not_keep_a_forgotten_connection_alive(self) -> None:
        client, connection = self.given()
        connection.when_gone(lambda held=connection: None)
        del connection
        gc.collect()
        self.reactor.pump()
        self.assertEqual(client.answer().status, 500)
        self.assertEqual(self.stats.lost, 1)
