"""The short way: a request that is answered at the door gets what it would have got on the long one."""

from .raw_client import Answer
from .sockets import request
from .standstill import TICK
from .test_static import TARGETS, StaticTestCase

FIELDS = (
    (),
    (b"Accept-Encoding: br, gzip",),
    (b"Accept-Encoding: identity;q=0",),
    (b"Connection: keep-alive",),
    (b"Connection: close",),
    (b"If-None-Match: *",),
    (b'If-None-Match: "another"',),
    (b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",),
    (b"If-Modified-Since: Fri, 06 Nov 2099 08:49:37 GMT",),
    (b'If-Match: "another"',),
    (b"Range: bytes=0-2",),
    (b"Range: bytes=0-2", b'If-Range: "another"'),
    (b"Content-Length: 0",),
    (b"Expect: 100-continue",),
    (b"Expect: other",),
    (b"Bad field: x",),
    (b"Host: another",),
    (b"X-Long: " + b"x" * 5000,),
    (b"Upgrade: h2c", b"Connection: upgrade"),
)


class DoorTests(StaticTestCase):
    """A head that comes in one piece may be answered at the door; one that comes in two is not."""

    sections = {"timeouts": {"idle": 30, "write": 40}, "limits": {"rate": 500, "requests": 1000}}

    def fill(self) -> None:
        super().fill()
        self.write("page.html.br", b"BR")
        self.write("page.html.gz", b"GZIP")

    def tick(self) -> None:
        self.server._wheel.turn(self.reactor.seconds())

    def figures(self) -> dict:
        return self.server.figures()

    @property
    def at_door(self) -> int:
        """How many requests were answered at the door."""
        return self.figures()["resources"].get("door", 0)

    def both_ways(self, target: bytes, fields: tuple[bytes, ...], method: bytes, minor: int) -> list:
        """What a request gets in one piece, and what in two; and whether the client is kept."""
        whole = request(target, *fields, method=method, minor=minor)
        seen = []
        for pieces in ((whole,), (whole[:9], whole[9:])):
            client = self.connect().send(*pieces)
            if not client.sees():
                seen.append((None, client.ended))
            else:
                answer: Answer = client.answer(method.decode())
                answer.fields = [field for field in answer.fields if field[0] != "date"]
                seen.append((answer, client.ended, client.sees()))
            client.close()
        return seen

    def test_both_ways_lead_to_the_same_answer(self) -> None:
        targets = [target for target, *_ in TARGETS if len(target) < 1000]
        for method, minor in ((b"GET", 1), (b"HEAD", 1), (b"GET", 0), (b"POST", 1)):
            usual = (method, minor) == (b"GET", 1)
            for fields in FIELDS if usual else FIELDS[:6]:
                for target in targets if usual else targets[::3]:
                    for _ in range(2 if usual else 1):
                        short, long = self.both_ways(target, fields, method, minor)
                        self.assertEqual(short, long, (method, minor, target, fields))
        self.assertGreater(self.at_door, 300)

    def test_requests_sent_ahead_are_answered_in_their_order(self) -> None:
        client = self.connect()
        for _ in range(20):
            client.send(request(b"/page.html"), request(b"/") + request(b"/page.html"), request(b"/none"))
        bodies = [client.answer().body for _ in range(80)]
        self.assertEqual(bodies[:3], [b"a page", b"the front page", b"a page"])
        self.assertEqual(bodies, bodies[:4] * 20)
        self.assertGreater(self.at_door, 10)

    def test_a_client_that_does_not_read_is_not_read_and_is_cut_off(self) -> None:
        self.write("page.html", b"x" * 20_000)
        client = self.connect(send_buffer=10_000)
        for _ in range(2000):
            if client.unsent:
                break
            client.send(request(b"/page.html"))
        self.assertTrue(client.unsent)
        self.assertLess(self.figures()["requests"]["total"], 20)
        self.wait(2 * 40 + 2 * TICK)
        self.assertEqual(self.listener.figures()["open"], 0)

    def test_one_that_reads_slowly_gets_all(self) -> None:
        self.write("page.html", b"x" * 20_000)
        client = self.connect(send_buffer=10_000)
        for _ in range(100):
            client.send(request(b"/page.html"))
        received = 0
        for _ in range(500):
            self.reactor.pump()
            received += client.some(6000)
            client.push()
            self.wait(1)
            if received >= 100 * 20_000 and not client.some(1):
                break
        self.assertGreater(received, 100 * 20_000)
        self.assertEqual(self.figures()["requests"]["total"], 100)

    def test_it_counts_for_the_limit_of_requests(self) -> None:
        self.begin_in_root(limits={"requests": 5})
        client = self.connect()
        for _ in range(5):
            client.send(request(b"/"))
        answers = [client.answer() for _ in range(5)]
        self.assertEqual(["connection" in answer for answer in answers], [False] * 4 + [True])
        self.assertTrue(client.ended)
        self.assertGreater(self.at_door, 0)

    def test_it_has_the_deadline_of_an_idle_client_behind_it(self) -> None:
        client = self.connect()
        for _ in range(5):
            client.send(request(b"/")).answer()
            self.wait(20)
            self.assertFalse(client.ended)
        self.wait(10 + 2 * TICK)
        self.assertTrue(client.ended)
        self.assertEqual(self.at_door, 5)

    def test_it_is_closed_when_the_server_ends(self) -> None:
        client = self.connect().send(request(b"/"))
        client.answer()
        self.listener.stop(idle=False)
        self.assertEqual(client.send(request(b"/")).answer()["connection"], "close")

    def test_a_client_that_has_closed_its_side_gets_its_answers(self) -> None:
        client = self.connect().send(request(b"/"), request(b"/"), request(b"/")).finish()
        self.assertEqual([client.answer().body for _ in range(3)], [b"the front page"] * 3)
        self.assertTrue(client.ended)
