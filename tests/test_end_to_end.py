"""The server as `curl` sees it: whole pages, parts, conditions, methods, error pages."""

import gzip
import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .raw_client import Answer, parse_head
from .serving import Shared, needed, run

TEXT = bytes(range(32, 127)) * 20
LARGE = b"0123456789abcdef" * 10_000
NOT_FOUND = b"<p>Of this root: nothing here.</p>"


class Curl(Shared, SynchronousTestCase):
    """One server, and one run of `curl` for most questions."""

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("front")
        (root / "text.txt").write_bytes(TEXT)
        (root / "large.bin").write_bytes(LARGE)
        (root / "empty.css").touch()
        (root / "error404.html").write_bytes(NOT_FOUND)
        (root / "packed.html").write_text("plain")
        (root / "packed.html.gz").write_bytes(gzip.compress(b"plain"))
        (root / "folder").mkdir()

    def setUp(self) -> None:
        self.program = needed("curl")
        super().setUp()

    def run_curl(self, *options: str) -> bytes:
        """What `curl` writes, when it is content."""
        done = run((self.program, "-sS", "--max-time", "25", *options), self.server.folder, text=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    def curl(self, path: str, *options: str) -> Answer:
        """The answer `curl` gets, as it came."""
        head, _, body = self.run_curl("-i", *options, self.url(path)).partition(b"\r\n\r\n")
        answer = parse_head(head)
        answer.body = body
        return answer

    def test_a_page_comes_with_all_that_identifies_it(self) -> None:
        answer = self.curl("/text.txt")
        self.assertEqual((answer.status, answer.reason, answer.body), (200, "OK", TEXT))
        self.assertEqual(answer["content-length"], str(len(TEXT)))
        self.assertEqual(answer["content-type"], "text/plain; charset=utf-8")
        self.assertEqual(answer["accept-ranges"], "bytes")
        self.assertEqual(answer["server"], "occwserv")
        self.assertRegex(answer["etag"], r'^"[\x21\x23-\x7e]+"$')
        for name in ("date", "last-modified"):
            self.assertRegex(answer[name], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")

    def test_an_index_stands_for_its_folder_and_an_empty_page_is_a_page(self) -> None:
        self.assertEqual(self.curl("/").body, b"front")
        answer = self.curl("/empty.css")
        self.assertEqual((answer.status, answer["content-length"], answer.body), (200, "0", b""))

    def test_an_unchanged_page_is_not_sent_again(self) -> None:
        page = self.curl("/text.txt")
        tag, date = page["etag"], page["last-modified"]
        for condition in (
            f"If-None-Match: {tag}",
            f'If-None-Match: "other", W/{tag}',
            "If-None-Match: *",
            f"If-Modified-Since: {date}",
        ):
            answer = self.curl("/text.txt", "-H", condition)
            self.assertEqual((answer.status, answer.body, answer["etag"]), (304, b"", tag), condition)
            self.assertEqual(answer["last-modified"], date)
            self.assertNotIn("content-type", answer)
        for options in (
            ("-H", 'If-None-Match: "other"'),
            ("-H", 'If-None-Match: "other"', "-H", f"If-Modified-Since: {date}"),
            ("-H", "If-Modified-Since: Thu, 01 Jan 1998 00:00:00 GMT"),
            ("-H", "If-Modified-Since: soon"),
        ):
            self.assertEqual(self.curl("/text.txt", *options).body, TEXT, options)

    def test_curl_remembers_a_tag_and_gets_nothing(self) -> None:
        self.run_curl("-o", "page", "--etag-save", "tag", self.url("/text.txt"))
        self.assertEqual(self.curl("/text.txt", "--etag-compare", "tag").status, 304)
        self.assertEqual(self.curl("/large.bin", "--etag-compare", "tag").body, LARGE)

    def test_a_page_in_another_state_than_the_client_insists_on_is_412(self) -> None:
        tag = self.curl("/text.txt")["etag"]
        self.assertEqual(self.curl("/text.txt", "-H", 'If-Match: "other"').status, 412)
        self.assertEqual(self.curl("/text.txt", "-H", f"If-Match: {tag}").status, 200)
        past = "If-Unmodified-Since: Thu, 01 Jan 1998 00:00:00 GMT"
        self.assertEqual(self.curl("/text.txt", "-H", past).status, 412)

    def test_a_part_of_a_page_is_that_part(self) -> None:
        for path, page in (("/text.txt", TEXT), ("/large.bin", LARGE)):
            size = len(page)
            for wanted, first, last in (
                ("0-15", 0, 15), ("-16", size - 16, size - 1), ("10-", 10, size - 1), ("0-0", 0, 0),
                ("5-99999999", 5, size - 1), ("-99999999", 0, size - 1),
            ):  # fmt: skip
                answer = self.curl(path, "-r", wanted)
                self.assertEqual(answer.status, 206, wanted)
                self.assertEqual(answer["content-range"], f"bytes {first}-{last}/{size}")
                self.assertTrue(answer.body == page[first : last + 1], wanted)

    def test_a_range_behind_the_end_is_416_and_says_how_long_the_page_is(self) -> None:
        for wanted in ("9999999-", f"{len(TEXT)}-"):
            answer = self.curl("/text.txt", "-r", wanted)
            self.assertEqual((answer.status, answer["content-range"]), (416, f"bytes */{len(TEXT)}"))

    def test_several_ranges_come_as_parts_of_one_body(self) -> None:
        for path, page in (("/text.txt", TEXT), ("/large.bin", LARGE)):
            size = len(page)
            answer = self.curl(path, "-r", "0-9,500-509,-10")
            self.assertEqual((answer.status, int(answer["content-length"])), (206, len(answer.body)))
            boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer["content-type"])[1].encode()
            before, *parts, behind = answer.body.split(b"\r\n--" + boundary)
            self.assertEqual((before, behind), (b"", b"--\r\n"))
            for part, (first, last) in zip(parts, ((0, 9), (500, 509), (size - 10, size - 1)), strict=True):
                head, _, body = part.partition(b"\r\n\r\n")
                self.assertIn(b"Content-Range: bytes %d-%d/%d" % (first, last, size), head.split(b"\r\n"))
                self.assertEqual(body, page[first : last + 1])

    def test_a_range_of_a_page_that_has_changed_is_the_whole_page(self) -> None:
        tag = self.curl("/text.txt")["etag"]
        self.assertEqual(self.curl("/text.txt", "-r", "0-9", "-H", f"If-Range: {tag}").body, TEXT[:10])
        for other in ('"other"', f"W/{tag}", "Thu, 01 Jan 1998 00:00:00 GMT"):
            answer = self.curl("/text.txt", "-r", "0-9", "-H", f"If-Range: {other}")
            self.assertEqual((answer.status, answer.body), (200, TEXT))

    def test_an_error_is_the_error_page_of_the_root_or_else_the_built_in_one(self) -> None:
        own = self.curl("/gone/for/good?a=b")
        self.assertEqual((own.status, own.body), (404, NOT_FOUND))
        self.assertEqual(own["content-type"], "text/html; charset=utf-8")
        self.assertNotIn("etag", own)
        built_in = self.curl("/folder/")
        self.assertEqual((built_in.status, built_in["cache-control"]), (403, "no-store"))
        self.assertIn(b"<h1>403 Forbidden</h1>", built_in.body)

    def test_head_is_get_without_the_body(self) -> None:
        for path, *options in (
            ("/",), ("/text.txt",), ("/large.bin",), ("/empty.css",), ("/gone",), ("/folder",), ("/folder/",),
            ("/.git",), ("/text.txt", "-H", "If-None-Match: *"), ("/text.txt", "-H", 'If-Match: "x"'), ("/a%00b",),
            ("/packed.html", "-H", "Accept-Encoding: gzip"), ("/packed.html",), ("/text.txt", "-H", "Host: a b"),
        ):  # fmt: skip
            get, head = self.curl(path, *options), self.curl(path, "-I", *options)
            self.assertEqual(head.body, b"")
            self.assertEqual(
                (head.status, [field for field in head.fields if field[0] != "date"]),
                (get.status, [field for field in get.fields if field[0] != "date"]),
                path,
            )

    def test_a_client_of_the_old_version_gets_its_page_and_the_end(self) -> None:
        answer = self.curl("/large.bin", "--http1.0")
        self.assertEqual((answer.status, answer["connection"], answer.body), (200, "close", LARGE))
        self.assertNotIn("transfer-encoding", answer)

    def test_a_page_is_not_posted_to_and_the_refusal_says_what_would_do(self) -> None:
        for options in (
            ("-d", "hello"), ("-d", "hello", "-H", "Transfer-Encoding: chunked"), ("-X", "DELETE"), ("-T", "page"),
            ("-d", "hello", "-H", "Expect: 100-continue"), ("-X", "PATCH", "-d", ""), ("-X", "TRACE"),
        ):  # fmt: skip
            (self.server.folder / "page").write_text("hello")
            answer = self.curl("/text.txt", *options)
            self.assertEqual((answer.status, answer["allow"]), (405, "GET, HEAD, OPTIONS"), options)

    def test_a_method_nobody_knows_is_501(self) -> None:
        self.assertEqual(self.curl("/", "-X", "BREW").status, 501)

    def test_options_tells_the_methods_of_a_page_and_of_the_server(self) -> None:
        for options in ((), ("--request-target", "*")):
            answer = self.curl("/", "-X", "OPTIONS", *options)
            self.assertEqual((answer.status, answer["allow"], answer.body), (204, "GET, HEAD, OPTIONS", b""))

    def test_a_folder_without_its_slash_is_led_to_it(self) -> None:
        answer = self.curl("/folder?a=b")
        self.assertEqual((answer.status, answer["location"]), (301, "/folder/?a=b"))
        where = self.run_curl("-L", "-o", "page", "-w", "%{http_code} %{url_effective}", self.url("/folder?a=b"))
        self.assertEqual(where.decode(), f"403 {self.url('/folder/?a=b')}")

    def test_one_connection_serves_many_requests(self) -> None:
        pages = [self.url(path) for path in ("/", "/text.txt", "/gone", "/large.bin", "/folder")]
        counts = self.run_curl(*(word for page in pages for word in ("-o", "page", page)), "-w", "%{num_connects}")
        self.assertEqual(counts, b"10000")

    def test_what_is_packed_beside_a_page_is_sent_to_those_who_take_it(self) -> None:
        packed = self.curl("/packed.html", "-H", "Accept-Encoding: gzip")
        self.assertEqual((packed["content-encoding"], packed["vary"]), ("gzip", "Accept-Encoding"))
        self.assertEqual(gzip.decompress(packed.body), b"plain")
        plain = self.curl("/packed.html")
        self.assertEqual((plain.body, plain["vary"]), (b"plain", "Accept-Encoding"))
        self.assertNotIn("content-encoding", plain)
        self.assertNotEqual(plain["etag"], packed["etag"])
        self.assertEqual(self.run_curl("--compressed", self.url("/packed.html")), b"plain")
        self.assertNotIn("vary", self.curl("/text.txt", "-H", "Accept-Encoding: gzip"))
