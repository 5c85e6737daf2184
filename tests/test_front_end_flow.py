"""Back-pressure both ways, clients that close their side, and the server's own end, as the front end sees them."""

import os
import tempfile

from occwserv.connection import Connection, Misuse
from occwserv.frontend.reader import ROW
from occwserv.http.answer import Answer, FilePart
from occwserv.net.outlet import ClientGone

from .sockets import request
from .standstill import HELLO, FrontEndTestCase

KERNEL = 300_000
"""More than the system holds between two ends of a connection in these tests."""


class AheadTests(FrontEndTestCase):
    """A client that sends on while its request is away."""

    sections = {"limits": {"pipeline": 10_000}, "timeouts": {"idle": 30, "head": 10}}

    def test_reading_stops_when_enough_was_read_ahead(self) -> None:
        client = self.connect().send(request(b"/later"), request() * 40_000)
        self.assertTrue(client.unsent)
        self.assertLess(client.protocol.received, 10_000 + 2 * 65536)
        self.held.pop().reply(HELLO)
        self.assertEqual(client.answer().body, b"hello")
        # The server writes as long as the client reads, and reads again when it has answered what it had.
        answers = 0
        while answers < 40_000:
            seen = client.push().sees()
            count = seen.count(b"\r\n\r\nhello")
            client.take(len(seen))
            self.assertGreater(count, 0, "it stands still")
            answers += count
        self.assertEqual(answers, 40_000)

    def test_others_have_their_turn_between_the_requests_of_one(self) -> None:
        asked: list[str] = []

        def answer(connection: Connection) -> None:
            asked.append(connection.client.address)
            connection.reply(HELLO)

        self.serve(b"/who", answer)
        many, other = self.connect(host="192.0.2.1"), self.connect(host="192.0.2.2")
        many.socket.sendall(request(b"/who") * 1000)
        other.send(request(b"/who"))
        self.assertEqual(len(asked), 1001)
        self.assertLessEqual(asked.index("192.0.2.2"), len(ROW))
        self.assertEqual(many.sees().count(b"\r\n\r\nhello"), 1000)
        self.assertEqual(other.answer().body, b"hello")

    def test_behind_many_requests_it_is_seen_that_the_client_leaves(self) -> None:
        for ahead in (len(ROW) - 1, len(ROW), 3 * len(ROW)):
            client = self.connect().send(request() * ahead + request(b"/later"))
            left: list[int] = []
            connection = self.held.pop()
            connection.when_gone(lambda left=left: left.append(1))
            client.close()
            self.reactor.pump()
            self.assertEqual(left, [1], ahead)
            connection.abort("the client has left")

    def test_behind_many_requests_it_is_idle_again(self) -> None:
        for ahead in (len(ROW), len(ROW) + 1, 3 * len(ROW)):
            client = self.connect().send(request() * ahead)
            self.wait(25)
            self.assertFalse(client.ended)
            self.assertEqual(client.send(request()).sees().count(b"\r\n\r\nhello"), ahead + 1)
            self.wait(31)
            self.assertTrue(client.ended)

    def test_a_body_nobody_reads_is_not_read(self) -> None:
        client = self.connect().send(request(b"/later", method=b"POST", body=b"x" * 5_000_000))
        self.assertLess(client.protocol.received, 10_000 + 2 * 65536)
        connection = self.held.pop()
        read = 0
        while read < 5_000_000:
            waiting = connection.read()
            client.push()
            read += len(self.successResultOf(waiting))
            self.assertLess(client.protocol.received - read, 10_000 + 2 * 65536)
        self.assertEqual(self.successResultOf(connection.read()), b"")
        connection.reply(HELLO)
        self.assertEqual((read, client.answer().body), (5_000_000, b"hello"))

    def test_nothing_is_read_ahead_where_that_is_the_limit(self) -> None:
        self.configure(limits={"pipeline": 0})
        client = self.connect().send(request(b"/later") + request() * 3)
        self.held.pop().reply(HELLO)
        self.assertEqual([client.answer().body for _ in range(4)], [b"hello"] * 4)


class NotReadingTests(FrontEndTestCase):
    """A client that does not read its answers."""

    def setUp(self) -> None:
        super().setUp()
        self.served = 0
        self.serve(b"/large", self.large)

    def large(self, connection: Connection) -> None:
        self.served += 1
        connection.reply(Answer(200, (), (b"x" * 10_000,)))

    def test_no_further_request_of_it_is_taken(self) -> None:
        client = self.connect().send(request(b"/large") * 500)
        self.assertLess(self.served, (KERNEL + 65536) // 10_000 + 2)
        self.assertEqual([len(client.answer().body) for _ in range(500)], [10_000] * 500)
        self.assertEqual(self.served, 500)

    def test_nor_are_its_requests_read(self) -> None:
        client = self.connect().send(request(b"/large") * 500)
        before = client.protocol.received
        client.send(request() * 100_000)
        self.assertTrue(client.unsent)
        self.assertLess(client.protocol.received - before, 65536 * 2)

    def test_who_writes_is_told_when_there_is_room(self) -> None:
        client = self.connect().send(request(b"/later"))
        connection = self.held.pop()
        connection.begin(200)
        written = 0
        while (room := connection.write(b"x" * 10_000)).called:
            self.reactor.pump()
            written += 1
            self.assertLess(written, 1000, "there is always room")
        self.assertNoResult(room)
        client.sees()
        self.successResultOf(room)
        connection.end()
        self.assertEqual(len(client.answer().body), (written + 1) * 10_000)

    def test_who_waits_for_room_is_told_that_the_client_left(self) -> None:
        client = self.connect().send(request(b"/later"))
        connection = self.held.pop()
        connection.begin(200)
        room = connection.write(b"x" * 1_000_000)
        self.assertNoResult(room)
        client.close()
        self.failureResultOf(room, ClientGone)
        connection.end()
        self.assertEqual(self.statuses, [200])

    def test_who_does_not_wait_is_not_stopped(self) -> None:
        client = self.connect().send(request(b"/later") + request())
        connection = self.held.pop()
        connection.begin(200)
        for _ in range(100):
            connection.write(b"x" * 10_000)
        connection.end()
        self.assertEqual(len(client.answer().body), 1_000_000)
        self.assertEqual(client.answer().body, b"hello")


class HalfClosedTests(FrontEndTestCase):
    """A client that has closed its side still gets what it asked for, and then the connection ends."""

    def test_an_idle_one_is_closed(self) -> None:
        for before in (b"", request(), b"\r\n"):
            client = self.connect().send(before).finish()
            client.sees()
            self.assertTrue(client.ended)
            self.assertEqual(self.listener.figures()["open"], 0)

    def test_in_the_middle_of_a_head_it_is_closed(self) -> None:
        client = self.connect().send(b"GET / HT").finish()
        self.assertEqual((client.sees(), client.ended), (b"", True))

    def test_a_request_that_is_away_is_answered(self) -> None:
        client = self.connect().send(request(b"/later")).finish()
        self.assertFalse(client.ended)
        self.held.pop().reply(HELLO)
        answer = client.answer()
        self.assertEqual((answer.body, answer["connection"]), (b"hello", "close"))
        self.assertTrue(client.ended)
        self.assertEqual(self.listener.figures()["open"], 0)

    def test_so_are_those_that_were_sent_ahead(self) -> None:
        client = self.connect().send(request(b"/later") + request() * 2 + request(b"/later")).finish()
        self.held.pop().reply(HELLO)
        self.held.pop().reply(HELLO)
        answers = [client.answer() for _ in range(4)]
        self.assertEqual([answer.body for answer in answers], [b"hello"] * 4)
        self.assertEqual(["connection" in answer for answer in answers], [False, False, False, True])
        self.assertTrue(client.ended)

    def test_a_large_answer_is_sent_to_its_end(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(3_000_000)
            parts = (b"x" * 1_000_000, FilePart(file.fileno(), 0, 3_000_000), b"y" * 1_000_000)
            self.serve(b"/large", lambda connection: connection.reply(Answer(200, (), parts)))
            for count in (1, 2):
                client = self.connect().send(request(b"/large") * count).finish()
                for _ in range(count):
                    self.assertEqual(len(client.answer().body), 5_000_000)
                self.assertTrue(client.ended)

    def test_who_reads_the_body_is_told(self) -> None:
        client = self.connect().send(request(b"/later", b"Content-Length: 10", method=b"POST") + b"half")
        connection = self.held.pop()
        self.assertEqual(self.successResultOf(connection.read()), b"half")
        waiting = connection.read()
        self.assertNoResult(waiting)
        client.finish()
        self.failureResultOf(waiting, ClientGone)
        self.failureResultOf(connection.read(), ClientGone)
        connection.reply(HELLO)
        self.assertEqual(client.answer().body, b"hello", "it may still read")
        self.assertTrue(client.ended)
        self.assertEqual(self.statuses, [200])

    def test_a_body_that_is_all_there_is_read(self) -> None:
        client = self.connect().send(request(b"/later", method=b"POST", body=b"all of it")).finish()
        connection = self.held.pop()
        self.assertEqual(self.successResultOf(connection.read()), b"all of it")
        self.assertEqual(self.successResultOf(connection.read()), b"")
        connection.reply(HELLO)
        self.assertEqual(client.answer().body, b"hello")
        self.assertTrue(client.ended)

    def test_an_unread_body_that_will_not_come_is_not_waited_for(self) -> None:
        for early in (True, False):
            client = self.connect().send(request(b"/later", b"Content-Length: 10", method=b"POST") + b"half")
            if early:
                client.finish()
            self.held.pop().reply(HELLO)
            self.assertEqual(client.answer().body, b"hello")
            client.finish()
            self.assertTrue(client.ended)
            self.assertEqual(self.listener.figures()["open"], 0)

    def test_one_that_lingers_is_closed(self) -> None:
        client = self.connect().send(b"GARBAGE\r\n\r\n")
        self.assertEqual(client.answer().status, 400)
        self.assertEqual((client.ended, self.listener.figures()["open"]), (True, 1))
        client.finish()
        self.assertEqual(self.listener.figures()["open"], 0)


class StopTests(FrontEndTestCase):
    """The server ends: nobody is cut off in the middle."""

    def test_an_idle_client_is_closed(self) -> None:
        clients = [self.connect(), self.connect().send(request())]
        clients[1].answer()
        self.assertEqual(self.listener.stop(idle=True), 2)
        self.assertTrue(all(client.ended for client in clients))

    def test_first_it_may_still_ask_and_is_told_to_close(self) -> None:
        client = self.connect()
        self.listener.stop(idle=False)
        self.assertFalse(client.ended)
        client.send(request() * 3)
        self.assertEqual(client.answer()["connection"], "close")
        self.assertTrue(client.ended)
        self.assertEqual(self.stats.requests, 1)

    def test_a_request_that_is_away_is_answered(self) -> None:
        client = self.connect().send(request(b"/later"))
        self.listener.stop(idle=True)
        self.assertFalse(client.ended)
        self.held.pop().reply(HELLO)
        answer = client.answer()
        self.assertEqual((answer.body, answer["connection"]), (b"hello", "close"))
        self.assertTrue(client.ended)

    def test_a_head_that_is_coming_is_waited_for(self) -> None:
        whole = request()
        client = self.connect().send(whole[:20])
        self.listener.stop(idle=True)
        self.assertFalse(client.ended)
        client.send(whole[20:])
        self.assertEqual(client.answer()["connection"], "close")
        self.assertTrue(client.ended)

    def test_a_body_that_is_coming_is_waited_for(self) -> None:
        client = self.connect().send(request(b"/echo", b"Content-Length: 8", method=b"POST") + b"half")
        self.listener.stop(idle=True)
        client.send(b"half")
        answer = client.answer()
        self.assertEqual((answer.body, answer["connection"]), (b"halfhalf", "close"))
        self.assertTrue(client.ended)

    def test_an_answer_that_was_begun_is_sent_to_its_end(self) -> None:
        client = self.connect().send(request(b"/later"))
        connection = self.held.pop()
        connection.begin(200)
        self.listener.stop(idle=True)
        connection.write(b"hello")
        connection.end()
        self.assertEqual(client.answer().body, b"hello")
        self.assertFalse(client.ended, "it was told that it is kept, and is closed when it is idle")
        self.listener.stop(idle=True)
        self.assertTrue(client.ended)

    def test_who_does_not_read_is_not_waited_for_longer_than_its_deadline(self) -> None:
        client = self.connect().send(request(b"/later"))
        self.held.pop().reply(Answer(200, (), (b"x" * 1_000_000,)))
        self.listener.stop(idle=True)
        self.wait(200)
        self.assertEqual(self.listener.figures()["open"], 0)
        self.assertLess(len(client.sees()), 1_000_000)

    def test_cut_off_ends_everything_at_once_and_all_comes_home(self) -> None:
        clients = [
            self.connect(),
            self.connect().send(b"GET / HT"),
            self.connect().send(request(b"/later")),
            self.connect().send(b"GARBAGE\r\n\r\n"),
            self.connect().send(request(b"/later", b"Content-Length: 8", method=b"POST")),
        ]
        waiting = self.held[1].read()
        self.listener.abort()
        self.held[0].reply(HELLO)
        self.assertEqual(self.stats.requests, 2, "nothing more is done for a client that is cut off")
        self.reactor.pump()
        self.assertTrue(all(client.ended for client in clients))
        self.assertEqual(self.listener.figures()["open"], 0)
        self.failureResultOf(waiting, ClientGone)
        self.held[1].abort("enough")
        self.assertRaises(Misuse, self.held[0].abort, "enough")
        self.assertEqual(self.statuses[-1], 499)

    def test_who_is_cut_off_gets_no_further_request_taken(self) -> None:
        self.connect().send(request(b"/later") * 3)
        self.listener.abort()
        self.held[0].reply(HELLO)
        self.assertEqual(len(self.held), 1)


class DescriptorTests(FrontEndTestCase):
    """The front end itself keeps no descriptor."""

    def test_a_thousand_clients_leave_none_behind(self) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for number in range(1000):
            client = self.connect()
            client.send((request(), b"GARBAGE\r\n\r\n", b"GET", request(b"/a/../b"))[number % 4])
            client.close()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
