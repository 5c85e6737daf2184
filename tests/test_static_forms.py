"""What a client gets of a file: all of it, parts, a compressed form, or the word that nothing has changed."""

import os
import re

from .test_static import StaticTestCase

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


class UncachedPrecompressedTests(PrecompressedTests):
    """The same with no page kept in memory."""

    sections = {"cache": {"pages": 0}}
