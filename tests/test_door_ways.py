"""The door and the long way, side by side: the same bytes to the client, the same lines in the log, the same counts."""

from collections import Counter
from collections.abc import Callable

from occwserv.backend.recycle import Recycle
from occwserv.backend.stats import Stats
from occwserv.connection import Connection
from occwserv.frontend.door import Door
from occwserv.http.answer import Answer
from occwserv.http.head import Request
from occwserv.http.target import Target

from .door_parts import BROWSER, MEMORABLE
from .sockets import NOW, request
from .standstill import HELLO
from .test_static import TARGETS, StaticTestCase

CODINGS = (b"br", b"gzip", b"zstd", b"identity", b"br;q=0.1, gzip", b"*;q=0", b"*", b"", b"br, gzip, zstd", b"compress")


class WaysTestCase(StaticTestCase):
    """A server whose log is kept, and which says how many requests were answered at the door."""

    def fill(self) -> None:
        super().fill()
        for ending in ("br", "gz", "zst"):
            self.write(f"page.html.{ending}", ending.encode() * 10)
        self.write("large.html", b"large" * 30_000)

    def begin(self, **sections) -> None:
        super().begin(**sections)
        self.site = self.listener.site
        self.anew()

    def anew(self) -> None:
        """Begin with nothing remembered, counted or logged."""
        site = self.site
        self.lines: list[bytes] = []
        self.stats = Stats(NOW)
        site.backend = Recycle(self.stats, self.lines.append, "combined", self.reactor.callFromThread)
        line, fields = site.door._log_line, site.backend.log_fields
        site.door = Door(site.settings.door.heads, site.settings.door.bytes, site.limits, site.route, line, fields)

    @property
    def at_door(self) -> int:
        return self.stats.holders.get("door", 0)

    def ask(self, *pieces: bytes) -> bytes:
        """All that a new client sees behind what it sends."""
        client = self.connect().send(*pieces)
        seen = client.sees()
        client.close()
        return seen


class SameTests(WaysTestCase):
    """One piece, and the door may answer; two, and it never does."""

    def same(self, heads: list[bytes]) -> int:
        """Send heads both ways, and compare what comes of it.

        :return: how many of them were answered at the door.
        """
        results = []
        for cut in (None, 9):
            self.anew()
            before = Counter(self.listener.traffic())
            answers = [
                self.ask(head) if cut is None else self.ask(head[:cut], head[cut:]) for head in heads for _ in range(3)
            ]
            figures = self.stats.figures()
            at_door, held = self.at_door, sum(self.stats.holders.values())
            del figures["resources"], figures["stations"]
            figures["bytes"] = Counter(self.listener.traffic()) - before
            results.append((answers, self.lines, figures, held, at_door))
        (*short, at_door), (*long, none) = results
        for head, one, other in zip([head for head in heads for _ in range(3)], short[0], long[0], strict=True):
            self.assertEqual(one, other, head)
        self.assertEqual(short, long)
        self.assertEqual(none, 0)
        return at_door

    def test_every_page(self) -> None:
        targets = [target for target, *_ in TARGETS if len(target) < 1000] + [b"/large.html"]
        for fields in ((), BROWSER):
            at_door = self.same([request(target, *fields) for target in targets])
            self.assertGreater(at_door, 3 * 20)

    def test_every_form_of_a_page(self) -> None:
        heads = [request(b"/page.html", b"Accept-Encoding: " + coding) for coding in CODINGS]
        self.assertEqual(self.same(heads), 3 * len(heads))

    def test_every_form_of_a_page_that_the_client_has(self) -> None:
        heads = []
        for coding in CODINGS:
            accept = b"Accept-Encoding: " + coding
            page = self.get(b"/page.html", accept)
            tag, modified = page["etag"].encode(), page["last-modified"].encode()
            for condition in (
                b"If-None-Match: " + tag, b"If-None-Match: W/" + tag, b"If-None-Match: *",
                b'If-None-Match: "a", ' + tag, b'If-None-Match: "a"', b"If-None-Match: nonsense",
                b"If-Modified-Since: " + modified, b"If-Modified-Since: nonsense",
                b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
            ):  # fmt: skip
                heads.append(request(b"/page.html", accept, condition))
            heads.append(request(b"/page.html", accept, b'If-None-Match: "a"', b"If-Modified-Since: " + modified))
        self.assertEqual(self.same(heads), 3 * len(heads))
        self.assertGreater(self.stats.answers[304], len(heads))

    def test_what_is_in_the_log_of_it(self) -> None:
        fields = (b'Referer: http://a/"\\\xff\t', b'User-Agent: "\\ \x80 -', b"Cookie: secret")
        heads = [request(b'/page.html?"\\&', *fields[:count]) for count in range(4)]
        self.assertEqual(self.same(heads), 3 * len(heads))
        self.assertNotIn(b"secret", b"".join(self.lines))
        self.assertEqual(len(self.lines), 3 * len(heads))

    def test_the_same_with_no_page_kept_in_memory(self) -> None:
        self.begin_in_root(cache={"pages": 0})
        heads = [request(b"/page.html", *BROWSER), request(b"/page.html"), request(b"/"), request(b"/none")]
        self.assertEqual(self.same(heads), 9)
        self.assertEqual(self.site.door.figures()["heads"], 0)

    def test_whatever_may_not_be_remembered(self) -> None:
        for method, target, minor, fields, expected in MEMORABLE:
            if expected or b"100-continue" in b"".join(fields):
                continue
            heads = [
                request(where, *more, *fields, method=method, minor=minor)
                for where in {target, target.replace(b"/", b"/page.html") if target == b"/" else target}
                for more in ((), BROWSER)
            ]
            self.assertEqual(self.same(heads), 0, heads)


class AtDoorTests(WaysTestCase):
    """What happens at the door in the life of a client."""

    def warm(self, *heads: bytes) -> None:
        """Let heads be remembered."""
        for head in heads * 3:
            self.assertTrue(self.ask(head).startswith(b"HTTP/1.1 200 "))

    def test_only_a_whole_head_that_comes_alone(self) -> None:
        head = request(b"/page.html")
        self.warm(head)
        whole = self.ask(head)
        before = self.at_door
        client = self.connect()
        for pieces in ((head + head,), (head[:20], head[20:]), (head + head[:7], head[7:]), (b"\r\n" + head,)):
            client.send(*pieces)
            self.assertEqual(
                client.take(len(client.sees())), whole * (2 if len(b"".join(pieces)) > 1.5 * len(head) else 1)
            )
        self.assertEqual(self.at_door, before)
        client.send(head)
        self.assertEqual((client.sees(), self.at_door), (whole, before + 1), "then again at the door")

    def test_what_is_sent_while_another_answer_is_awaited_is_not_answered_before_it(self) -> None:
        held: list[Connection] = []

        class Later:
            name = "later"
            serve = staticmethod(held.append)

        head = request(b"/page.html")
        self.warm(head)
        whole, route = self.ask(head), self.site.route
        self.site.route = lambda event: Later() if event.target.path == b"/later" else route(event)
        self.anew()
        self.warm(head)
        client = self.connect().send(request(b"/later"), head, head)
        self.assertEqual(client.sees(), b"")
        held.pop().reply(HELLO)
        self.reactor.pump()
        self.assertEqual(client.answer().body, b"hello")
        self.assertEqual(client.sees(), whole * 2)

    def test_the_limit_of_requests_is_kept(self) -> None:
        for most in range(1, 7):
            self.begin_in_root(limits={"requests": most})
            head = request(b"/page.html")
            for _ in range(3):
                client = self.connect()
                for number in range(1, most + 1):
                    answer = client.send(head).answer()
                    self.assertEqual(answer.status, 200)
                    self.assertEqual("connection" in answer, number == most, (number, most))
                self.assertTrue(client.ended)
            self.assertEqual(self.at_door > 0, most > 1)

    def test_a_server_that_ends_answers_nobody_here(self) -> None:
        head = request(b"/page.html")
        self.warm(head)
        client = self.connect()
        before = self.at_door
        self.listener.stop(idle=False)
        self.assertEqual(client.send(head).answer()["connection"], "close")
        self.assertTrue(client.ended)
        self.assertEqual(self.at_door, before)

    def test_a_path_that_goes_up_is_dropped(self) -> None:
        self.warm(request(b"/page.html"))
        for path in (b"/../page.html", b"/folder/../page.html", b"/folder/../page.html?a"):
            for _ in range(3):
                client = self.connect().send(request(path))
                self.assertEqual((client.sees(), client.ended), (b"", True))
                self.assertIn(b" 400 0 ", self.lines[-1])
        self.assertEqual(self.stats.holders["door"], 2 + 1)

    def test_a_returning_browser_is_told_of_a_change(self) -> None:
        tag = self.get(b"/page.html")["etag"].encode()
        head = request(b"/page.html", b"If-None-Match: " + tag)
        for _ in range(4):
            self.assertTrue(self.ask(head).startswith(b"HTTP/1.1 304 "))
        before = self.at_door
        self.write("page.html", b"another state of the page")
        self.reactor.advance(1)
        for _ in range(4):
            self.assertTrue(self.ask(head).endswith(b"another state of the page"))
        self.assertGreaterEqual(self.at_door, before + 3)


class MistakeTests(WaysTestCase):
    """Whatever goes wrong at the door goes wrong, or right, on the long way."""

    def serve_with(self, page: Callable[[Target], object], serve: Callable[[Connection], object]) -> None:
        class Odd:
            name = "odd"

        Odd.page, Odd.serve = staticmethod(page), staticmethod(serve)
        route = self.site.route

        def way(event: Request) -> object:
            return Odd() if event.target.path == b"/odd" else route(event)

        self.site.route = way
        self.anew()

    def test_a_page_that_fails_is_served_on_the_long_way(self) -> None:
        class Failing:
            def finished(self, fields: dict[bytes, bytes], second: int) -> None:
                raise OSError("the disk")

        for page in (lambda target: Failing(), lambda target: 1 // 0, lambda target: None):
            self.serve_with(page, lambda connection: connection.reply(Answer(200, (), (b"served",))))
            for _ in range(3):
                self.assertTrue(self.ask(request(b"/odd")).endswith(b"\r\n\r\nserved"))
            self.assertEqual((self.at_door, self.stats.holders["odd"], self.stats.crashed), (0, 3, 0))

    def test_a_resource_that_fails_there_too_is_500(self) -> None:
        self.serve_with(lambda target: 1 // 0, lambda connection: 1 // 0)
        self.assertTrue(self.ask(request(b"/odd")).startswith(b"HTTP/1.1 500 "))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1, "told once")
        self.assertEqual((self.at_door, self.stats.crashed), (0, 1))

    def test_the_memories_are_bounded_whatever_clients_send(self) -> None:
        self.begin(static={"root": str(self.root)}, door={"heads": 50})
        client = self.connect()
        for number in range(2000):
            client.send(request(b"/page.html?%d" % (number // 2), b"X: %d" % (number // 2)))
            client.take(len(client.sees()))
        figures = self.site.door.figures()
        self.assertTrue(all(0 < count <= 50 for count in figures.values()), figures)
