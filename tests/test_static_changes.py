"""Files that change while they are served, and that every descriptor is closed whatever becomes of the answer."""

import gc
import os

from occwserv.http.dates import http_date
from occwserv.http.head import Limits, parse_head
from occwserv.resources.files import OpenFile, Root

from .sockets import Client, request
from .test_static import METHODS, TARGETS, StaticTestCase

LARGE = 3_000_000


class ChangeTests(StaticTestCase):
    """A page that changes."""

    def test_who_has_the_page_is_told_so(self) -> None:
        for _ in range(3):
            answer = self.get(b"/page.html")
            for field in (
                b"If-None-Match: " + answer["etag"].encode(),
                b"If-None-Match: W/" + answer["etag"].encode(),
                b"If-None-Match: *",
                b"If-Modified-Since: " + answer["last-modified"].encode(),
            ):
                again = self.get(b"/page.html", field)
                self.assertEqual((again.status, again["etag"]), (304, answer["etag"]), field)
                self.assertNotIn("content-length", again)
            self.assertEqual(self.get(b"/page.html", b'If-Match: "another"').status, 412)
            self.assertEqual(self.get(b"/page.html", b'If-None-Match: "another"').status, 200)

    def test_a_date_that_lies_ahead_is_not_told(self) -> None:
        ahead = 2_000_000_000_000_000_000
        os.utime(self.write("page.html", b"of the year 2033"), ns=(ahead, ahead))
        told = self.get(b"/page.html")["last-modified"]
        self.assertEqual(told, http_date(int((self.root / "page.html").stat().st_ctime)).decode(), "RFC 9110 8.8.2.1")

    def test_another_file_of_the_same_size_and_time_has_another_tag(self) -> None:
        path = self.root / "page.html"
        facts = path.stat()
        tags = set()
        for content in (b"page 1", b"page 2", b"page 3"):
            new = self.write("new", content)
            os.utime(new, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            os.replace(new, path)
            answer = self.get(b"/page.html")
            self.assertEqual(answer.body, content)
            tags.add(answer["etag"])
        self.assertEqual(len(tags), 3)

    def test_a_file_that_is_written_anew_has_another_tag(self) -> None:
        before = self.get(b"/page.html")
        self.write("page.html", b"another page")
        after = self.get(b"/page.html", b"If-None-Match: " + before["etag"].encode())
        self.assertEqual((after.status, after.body), (200, b"another page"))
        self.assertNotEqual(after["etag"], before["etag"])

    def test_a_file_that_comes_and_goes(self) -> None:
        for _ in range(5):
            self.assertEqual(self.get(b"/new.html").status, 404)
            self.write("new.html", b"new")
            self.assertEqual([self.get(b"/new.html").status for _ in range(3)], [200] * 3)
            (self.root / "new.html").unlink()

    def test_a_large_file_that_is_replaced_while_it_is_sent_is_sent_as_it_was(self) -> None:
        self.write("large", b"1" * LARGE)
        client = self.connect().send(request(b"/large"))
        os.replace(self.write("new", b"2" * LARGE), self.root / "large")
        self.assertTrue(client.answer().body == b"1" * LARGE)

    def test_a_large_file_that_shrinks_while_it_is_sent_cuts_the_client_off(self) -> None:
        self.write("large", b"1" * LARGE)
        client = self.connect().send(request(b"/large"))
        os.truncate(self.root / "large", LARGE // 2)
        seen = client.sees()
        self.assertTrue(client.ended)
        self.assertIn(b"Content-Length: %d\r\n" % LARGE, seen)
        self.assertLess(len(seen), LARGE)

    def test_a_small_file_that_changes_while_it_is_read_is_read_again(self) -> None:
        class Restless(Root):
            """A root whose page is written anew each time it has been opened, so many times."""

            times = 0

            def open(self, relative: bytes) -> OpenFile:
                file = super().open(relative)
                if relative == b"page.html" and self.times:
                    self.times -= 1
                    with open(self.path + b"/page.html", "wb") as page:
                        page.write(b"%d more states" % self.times)
                return file

        self.begin_in_root(cache={"pages": 0})
        static = self.listener.site.route(parse_head(request(b"/page.html"), Limits()))
        root = static._library.root = Restless(str(self.root))
        for times in (1, 2):
            root.times = times
            answer = self.get(b"/page.html")
            self.assertEqual((answer.status, answer.body), (200, b"0 more states"))
        root.times = 1000
        answer = self.get(b"/page.html")
        self.assertEqual((answer.status, answer["retry-after"]), (503, "1"))


class UncachedChangeTests(ChangeTests):
    """The same with no page kept in memory."""

    sections = {"cache": {"pages": 0}}


class DescriptorTests(StaticTestCase):
    """Every descriptor that is opened is closed, whatever becomes of the answer."""

    FIELDS = (
        (),
        (b"Accept-Encoding: br",),
        (b"Range: bytes=0-0",),
        (b"Range: bytes=0-0,1000-2000,100000-900000",),
        (b"Range: bytes=9999999-",),
        (b'If-Match: "another"',),
        (b"If-None-Match: *",),
        (b"Range: bytes=0-0", b'If-Range: "another"'),
    )

    def setUp(self) -> None:
        super().setUp()
        self.write("large", b"x" * LARGE)
        self.write("large.br", b"y" * LARGE)
        self.write("page.html.br", b"BR")
        self.get(b"/")
        gc.collect()
        self.before = self.open()
        self.addCleanup(lambda: self.assertEqual(self.open(), self.before))

    @staticmethod
    def open() -> int:
        """How many descriptors this process has."""
        return len(os.listdir("/proc/self/fd"))

    def test_behind_every_kind_of_answer(self) -> None:
        targets = [target for target, *_ in TARGETS if len(target) < 1000] + [b"/large"]
        for method in (b"GET", b"HEAD"):
            for fields in self.FIELDS:
                for target in targets:
                    self.get(target, *fields, method=method)
                    self.assertEqual(self.open(), self.before, (method, target, fields))
        for method, target, _ in METHODS:
            self.get(target, method=method)

    def test_behind_clients_that_leave(self) -> None:
        for fields in self.FIELDS:
            for much in (0, 100, 1_000_000):
                client = self.connect().send(request(b"/large", *fields) * 3)
                self.assertLessEqual(self.open(), self.before + 4, "more than one file is open for a client")
                while much and (data := self.some(client)):
                    much -= len(data)
                client.close()
                self.assertEqual(self.open(), self.before)

    @staticmethod
    def some(client: Client) -> bytes:
        return client._receive() or b""

    def test_behind_a_server_that_cuts_its_clients_off(self) -> None:
        clients = [self.connect().send(request(b"/large")) for _ in range(5)]
        self.listener.abort()
        self.reactor.pump()
        for client in clients:
            client.close()
        self.assertEqual(self.open(), self.before)

    def test_behind_an_answer_that_was_never_sent(self) -> None:
        client = self.connect()
        client.socket.close()
        client.transport.abortConnection()
        client.protocol.dataReceived(request(b"/large") * 2)
        self.reactor.pump()
        self.assertEqual(self.open(), self.before)
