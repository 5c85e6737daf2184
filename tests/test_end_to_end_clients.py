"""Clients of raw sockets: quick ones, old ones, slow ones, rude ones."""

import random
import select
import socket
import struct
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .serving import Shared

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
OLD = b"GET / HTTP/1.0\r\n\r\n"
PAGES = [b"page %d" % number * (number + 1) for number in range(10)]
LARGE_PAGE = random.Random(1).randbytes(3_000_000)
MIDDLE_PAGE = b"middle" * 10_000
RESET = struct.pack("ii", 1, 0)


class Clients(Shared, SynchronousTestCase):
    """One server for all of them."""

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("front")
        (root / "large").write_bytes(LARGE_PAGE)
        (root / "middle").write_bytes(MIDDLE_PAGE)
        for number, page in enumerate(PAGES):
            (root / str(number)).write_bytes(page)

    def test_a_thousand_requests_in_one_piece_are_answered_in_order(self) -> None:
        numbers = random.Random(2).choices(range(12), k=1000)
        client = self.connect(self.server)
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in numbers))
        for number in numbers:
            answer = client.answer()
            if number < 10:
                self.assertEqual((answer.status, answer.body), (200, PAGES[number]))
            else:
                self.assertEqual(answer.status, 404)
        self.assertEqual(client.finish().rest(), b"")

    def test_large_and_small_answers_leave_in_order(self) -> None:
        client = self.connect(self.server, window=65536)
        part = b"GET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=1-4\r\n\r\n"
        client.send(LARGE + PAGE + LARGE.replace(b"GET", b"HEAD") + LARGE + part + PAGE)
        bodies = [client.answer(method).body for method in ("GET", "GET", "HEAD", "GET", "GET", "GET")]
        self.assertTrue(bodies == [LARGE_PAGE, b"front", b"", LARGE_PAGE, LARGE_PAGE[1:5], b"front"])

    def test_a_client_that_has_said_all_gets_all_its_answers(self) -> None:
        for requests in (PAGE, LARGE, PAGE + LARGE, PAGE * 10, OLD):
            answers = self.connect(self.server).send(requests).finish().answers()
            self.assertEqual([answer.status for answer in answers], [200] * requests.count(b"GET"))
            self.assertTrue(all(answer.body in (b"front", LARGE_PAGE) for answer in answers))

    def test_a_client_that_ends_before_its_request_does_gets_nothing(self) -> None:
        for beginning in (b"", b"\r\n", PAGE[:-1], PAGE[:5]):
            self.assertEqual(self.connect(self.server).send(beginning).finish().rest(), b"", beginning)

    def test_a_client_of_the_old_version_is_closed_unless_it_asks_to_be_kept(self) -> None:
        answer, *more = self.connect(self.server).send(OLD + OLD).answers()
        self.assertEqual((answer.status, answer["connection"], answer.body, more), (200, "close", b"front", []))
        kept = self.connect(self.server)
        for _ in range(3):
            answer = kept.send(OLD.replace(b"\r\n\r\n", b"\r\nConnection: Keep-Alive\r\n\r\n")).answer()
            self.assertEqual((answer["connection"], answer.body), ("keep-alive", b"front"))
        self.assertEqual([answer["connection"] for answer in kept.send(OLD).answers()], ["close"])

    def test_a_client_that_wants_to_close_is_closed(self) -> None:
        for option in (b"close", b"Close", b"keep-alive, close", b"x,close , y"):
            request = PAGE.replace(b"\r\n\r\n", b"\r\nConnection: " + option + b"\r\n\r\n")
            (answer,) = self.connect(self.server).send(request + PAGE).answers()
            self.assertEqual((answer["connection"], answer.body), ("close", b"front"), option)

    def test_one_empty_line_before_a_request_is_overlooked(self) -> None:
        client = self.connect(self.server)
        for _ in range(3):
            self.assertEqual(client.send(b"\r\n" + PAGE).answer().body, b"front")
        self.assertEqual([answer.status for answer in client.send(b"\r\n\r\n" + PAGE).answers()], [400])

    def test_a_request_in_any_pieces_is_the_same_request(self) -> None:
        request = b"\r\nGET /3?q=%41 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
        client = self.connect(self.server)
        for byte in request:
            client.send(bytes([byte]))
        self.assertEqual(client.answer().body, PAGES[3])
        for cut in range(1, len(request)):
            self.assertEqual(client.send(request[:cut], request[cut:]).answer().body, PAGES[3], cut)

    def test_nobody_is_told_to_go_on_with_a_body_that_is_not_wanted(self) -> None:
        request = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        (answer,) = self.connect(self.server).send(request).answers()
        self.assertEqual((answer.status, answer["connection"]), (405, "close"))
        (answer,) = self.connect(self.server).send(request.replace(b"100-c", b"200-c")).answers()
        self.assertEqual(answer.status, 417)

    def test_clients_that_leave_in_the_middle_disturb_nobody(self) -> None:
        middles = (
            b"", b"GE", PAGE[:-1], PAGE, LARGE, LARGE * 5,
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbo",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", b"nonsense\r\n\r\n",
        )  # fmt: skip
        steady = self.connect(self.server)
        steady.send(PAGE).answer()
        before = self.server.descriptors()
        for middle in middles:
            for reset in (False, True):
                for wait in (False, True):
                    client = self.connect(self.server, window=4096)
                    if reset:
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    client.send(middle)
                    if wait and b"\r\n\r\n" in middle:
                        client.take(20)
                    client.close()
                    self.assertEqual(steady.send(PAGE).answer().body, b"front")
        self.until(self.server, lambda figures: figures["connections"]["open"] == 2)
        self.assertEqual(steady.send(PAGE).answer().body, b"front")
        self.assertLessEqual(self.server.descriptors(), before + 1)  # that of the client who asked for the figures

    def test_a_client_that_asks_and_never_reads_is_not_read_either(self) -> None:
        request = b"GET /middle HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 8000 + b"\r\n\r\n"
        client = self.connect(self.server, window=65536)
        client.socket.setblocking(False)
        sent = 0
        # Blocked for so long that the server would have read on if it wanted to.
        while select.select([], [client.socket], [], 0.5)[1] and sent < 64 << 20:
            sent += client.socket.send(request[sent % len(request) :])
        self.assertLess(sent, 32 << 20)
        self.assertEqual(self.get(self.server, "/").body, b"front")
        client.socket.settimeout(30)
        complete, begun = divmod(sent, len(request))
        bodies = [client.answer().body for _ in range(complete)]
        if begun:
            bodies.append(client.send(request[begun:]).answer().body)
        self.assertTrue(all(body == MIDDLE_PAGE for body in bodies))
