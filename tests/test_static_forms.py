"""What a client gets of a file: all of it, parts, a compressed form, or the word that nothing has changed."""

import gc
import os
import re

from occwserv.http.head import Limits, parse_head
from occwserv.resources.files import OpenFile, Root

from .standstill import Client, request
from .test_static import METHODS, TARGETS, StaticTestCase

ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
LARGE = 3_000_000

RANGES = [
    # the Range field, the status, where the part is in the page, the body
    (b"bytes=0-4", 206, "bytes 0-4/26", b"abcde"),
    (b"bytes=20-", 206, "bytes 20-25/26", b"uvwxyz"),
    (b"bytes=20-100", 206, "bytes 20-25/26", b"uvwxyz"),
    (b"bytes=-3", 206, "bytes 23-25/26", b"xyz"),
    (b"bytes=-100", 206, "bytes 0-25/26", ALPHABET),
    (b"bytes=0-0", 206, "bytes 0-0/26", b"a"),
    (b"bytes=25-25", 206, "bytes 25-25/26", b"z"),
    (b"bytes=0-1,3-4", 206, "bytes 0-4/26", b"abcde"),
    (b"bytes=26-", 416, "bytes */26", None),
    (b"bytes=-0", 416, "bytes */26", None),
    (b"bytes=5-3", 200, None, ALPHABET),
    (b"bytes=a-b", 200, None, ALPHABET),
    (b"letters=0-4", 200, None, ALPHABET),
    (b"bytes=", 200, None, ALPHABET),
]

CODINGS = [
    # Accept-Encoding, the coding that is sent
    (None, None),
    (b"", None),
    (b"identity", None),
    (b"gzip", "gzip"),
    (b"x-gzip", "gzip"),
    (b"br", "br"),
    (b"gzip, br", "br"),
    (b"gzip, deflate, br, zstd", "br"),
    (b"gzip;q=1.0, br;q=0.5", "gzip"),
    (b"br;q=0, gzip", "gzip"),
    (b"br;q=0, gzip;q=0", None),
    (b"*", "br"),
    (b"*;q=0", None),
    (b"identity;q=1, *;q=0.5", None),
    (b"deflate", None),
]


class PrecompressedTests(StaticTestCase):
    """Neighbours such as `page.html.br`."""

    def setUp(self) -> None:
        super().setUp()
        self.write("page.html.gz", b"GZIP")
        self.write("page.html.br", b"BR")
        self.reactor.advance(2)

    def coding(self, *fields: bytes, target: bytes = b"/page.html") -> str | None:
        return dict(self.get(target, *fields).fields).get("content-encoding")

    def test_the_client_chooses(self) -> None:
        bodies = {None: b"a page", "gzip": b"GZIP", "br": b"BR"}
        tags = {}
        for accept, expected in CODINGS * 3:
            answer = self.get(b"/page.html", *[b"Accept-Encoding: " + accept] if accept is not None else [])
            self.assertEqual(dict(answer.fields).get("content-encoding"), expected, accept)
            self.assertEqual(answer.body, bodies[expected])
            self.assertEqual((answer["vary"], answer["content-type"]), ("Accept-Encoding", "text/html; charset=utf-8"))
            self.assertEqual(tags.setdefault(expected, answer["etag"]), answer["etag"])
        self.assertEqual(len(set(tags.values())), 3, "each form has a tag of its own")

    def test_a_page_without_neighbours_varies_with_nothing(self) -> None:
        self.assertNotIn("vary", self.get(b"/a%20b.txt", b"Accept-Encoding: br"))

    def test_a_neighbour_of_an_older_page_is_passed_over(self) -> None:
        page, neighbour = self.root / "page.html", self.root / "page.html.br"
        when = page.stat().st_mtime_ns
        for before, expected in ((1, None), (0, "br"), (-1, "br")):
            os.utime(neighbour, ns=(when, when - before))
            (self.root / "page.html.gz").unlink(missing_ok=True)
            self.assertEqual(self.coding(b"Accept-Encoding: br"), expected, before)

    def test_what_is_no_file_is_passed_over(self) -> None:
        (self.root / "page.html.br").unlink()
        (self.root / "page.html.br").mkdir()
        (self.root / "page.html.gz").unlink()
        os.symlink(self.folder / "outside.txt", self.root / "page.html.gz")
        answer = self.get(b"/page.html", b"Accept-Encoding: br, gzip")
        self.assertEqual((answer.status, answer.body), (200, b"a page"))

    def test_it_can_be_asked_for_itself(self) -> None:
        answer = self.get(b"/page.html.br", b"Accept-Encoding: br")
        self.assertEqual((answer.body, dict(answer.fields).get("content-encoding")), (b"BR", None))
        self.assertEqual(answer["content-type"], "application/octet-stream")

    def test_it_alone_is_not_the_page(self) -> None:
        self.write("alone.html.br", b"BR")
        self.assertEqual(self.get(b"/alone.html", b"Accept-Encoding: br").status, 404)

    def test_one_that_comes_or_goes_is_noticed(self) -> None:
        (self.root / "page.html.gz").unlink()
        accept = b"Accept-Encoding: br"
        for number in range(6):
            self.assertEqual(self.coding(accept), None if number % 2 else "br", number)
            self.assertEqual(self.coding(accept), None if number % 2 else "br", number)
            if number % 2:
                self.write("page.html.br", b"BR")
            else:
                (self.root / "page.html.br").unlink()

    def test_it_stands_for_an_index_too(self) -> None:
        self.write("folder/index.html.br", b"BR")
        self.assertEqual(self.get(b"/folder/", b"Accept-Encoding: br").body, b"BR")

    def test_a_range_is_of_the_form_that_is_sent(self) -> None:
        answer = self.get(b"/page.html", b"Accept-Encoding: br", b"Range: bytes=1-")
        self.assertEqual((answer.status, answer.body, answer["content-range"]), (206, b"R", "bytes 1-1/2"))

    def test_it_can_be_switched_off(self) -> None:
        self.begin_in_root(precompressed=[])
        self.assertEqual(self.coding(b"Accept-Encoding: br"), None)


class RangeTests(StaticTestCase):
    """Parts of a page."""

    def setUp(self) -> None:
        super().setUp()
        self.write("alphabet", ALPHABET)
        self.large = os.urandom(LARGE)
        self.write("large", self.large)

    def test_each_range_gets_its_part(self) -> None:
        for value, status, place, body in RANGES * 3:
            answer = self.get(b"/alphabet", b"Range: " + value)
            self.assertEqual((answer.status, dict(answer.fields).get("content-range")), (status, place), value)
            if body is not None:
                self.assertEqual(answer.body, body, value)
            head = self.get(b"/alphabet", b"Range: " + value, method=b"HEAD")
            self.assertEqual((head.status, head["content-length"]), (200, "26"), "a range is for GET alone")

    def test_several_ranges_come_in_parts(self) -> None:
        for name, page, spans in (
            ("large", self.large, ((0, 9), (1000, 200_000), (LARGE - 5, LARGE - 1))),
            ("large", self.large, ((5, 5), (500, 505))),
        ):
            value = ",".join(f"{first}-{last}" for first, last in spans)
            answer = self.get(b"/" + name.encode(), b"Range: bytes=" + value.encode())
            self.assertEqual(answer.status, 206)
            boundary = re.fullmatch(r"multipart/byteranges; boundary=(\S+)", answer["content-type"])[1].encode()
            first, *parts, last = answer.body.split(b"\r\n--" + boundary)
            self.assertEqual((first, last), (b"", b"--\r\n"))
            for (begin, end), part in zip(spans, parts, strict=True):
                head, _, body = part.partition(b"\r\n\r\n")
                self.assertIn(b"Content-Range: bytes %d-%d/%d" % (begin, end, len(page)), head)
                self.assertTrue(body == page[begin : end + 1])

    def test_too_many_ranges_get_the_whole_page(self) -> None:
        spans = b",".join(b"%d-%d" % (number * 1000, number * 1000) for number in range(17))
        self.assertEqual(self.get(b"/large", b"Range: bytes=" + spans).status, 200)
        self.begin_in_root(precompressed=[])
        self.assertEqual(self.get(b"/large", b"Range: bytes=" + spans[: spans.rindex(b",")]).status, 206)

    def test_a_large_page_is_sent_whole_and_in_large_parts(self) -> None:
        self.assertTrue(self.get(b"/large").body == self.large)
        answer = self.get(b"/large", b"Range: bytes=100-2000000")
        self.assertTrue(answer.body == self.large[100:2000001])

    def test_a_range_holds_only_for_the_page_it_was_asked_of(self) -> None:
        os.utime(self.root / "alphabet", (1_600_000_000, 1_600_000_000))
        page = self.get(b"/alphabet")
        tag, modified = page["etag"].encode(), page["last-modified"].encode()
        for condition, status in (
            (tag, 206),
            (b"W/" + tag, 200),
            (b'"another"', 200),
            (modified, 206),
            (b"Sun, 06 Nov 1994 08:49:37 GMT", 200),
            (b"nonsense", 200),
        ):
            answer = self.get(b"/alphabet", b"Range: bytes=0-0", b"If-Range: " + condition)
            self.assertEqual(answer.status, status, condition)


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
        static._root = Restless(str(self.root))
        for times in (1, 2):
            static._root.times = times
            answer = self.get(b"/page.html")
            self.assertEqual((answer.status, answer.body), (200, b"0 more states"))
        static._root.times = 1000
        answer = self.get(b"/page.html")
        self.assertEqual((answer.status, answer["retry-after"]), (503, "1"))


class UncachedPrecompressedTests(PrecompressedTests):
    """The same with no page kept in memory."""

    sections = {"cache": {"pages": 0}}


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
