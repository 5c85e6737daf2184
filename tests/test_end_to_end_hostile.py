"""Thirty hostile inputs, on a real socket: each has one answer, and nothing behind it is ever taken for a request.

A page that is a file does not read the body of a request; so a POST is refused with 405 as soon as its head is there,
and what is wrong with its body is seen afterwards: it ends the connection.
"""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .raw_client import Answer
from .serving import Shared

BEHIND = b"GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


def head(line: str, *lines: str) -> bytes:
    """A request up to its empty line; no Host unless it is among the lines."""
    return "\r\n".join((line, *lines, "", "")).encode("latin-1")


def get(*lines: str, target: str = "/") -> bytes:
    return head(f"GET {target} HTTP/1.1", "Host: a", *lines)


def post(*lines: str, body: bytes = b"hello") -> bytes:
    return head("POST / HTTP/1.1", "Host: a", *lines) + body


def chunked(body: bytes) -> bytes:
    return post("Transfer-Encoding: chunked", body=body)


class Hostile(Shared, SynchronousTestCase):
    """One test a row of the table; the number is its row."""

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("front")
        (root / "behind").write_text("SMUGGLED")
        (root / "last").write_text("last")
        (root.parent / "secret").write_text("SECRET")

    def all_answers(self, data: bytes) -> list[Answer]:
        """Every answer to these bytes, to the end of the connection, which must come without a reset."""
        client = self.connect(self.server)
        answers = client.send(data).answers()
        client.close()
        return answers

    def refused(self, status: int, *requests: bytes) -> None:
        """Each request has this one answer and no other, and the connection ends, whatever comes behind it."""
        for request in requests:
            for behind in (BEHIND, CHUNKS + BEHIND, b"\r\n" * 5 + BEHIND * 50):
                data = request + behind
                answers = self.all_answers(data)
                self.assertEqual([answer.status for answer in answers], [status], data[:200])
                self.assertNotIn(b"SMUGGLED", answers[0].body)
                if status != 405:
                    self.assertEqual(answers[0]["connection"], "close", data[:200])

    def served(self, statuses: list[int], *requests: bytes) -> None:
        """Each request has these answers, and the next request on the connection is answered as if nothing were."""
        for request in requests:
            *answers, last = self.all_answers(request + LAST)
            self.assertEqual([answer.status for answer in answers], statuses, request[:200])
            self.assertEqual((last.status, last.body), (200, b"last"), request[:200])

    def test_01_a_length_and_chunks_together(self) -> None:
        self.refused(
            400,
            post("Content-Length: 5", "Transfer-Encoding: chunked", body=CHUNKS),
            post("Transfer-Encoding: chunked", "Content-Length: 15", body=CHUNKS),
        )

    def test_02_two_lengths(self) -> None:
        self.refused(
            400, post("Content-Length: 5", "Content-Length: 6"), post("Content-Length: 5", "Content-Length: 5")
        )

    def test_03_a_list_of_lengths(self) -> None:
        self.refused(400, post("Content-Length: 5, 6"), post("Content-Length: 5, 5"))

    def test_04_a_length_that_is_not_digits(self) -> None:
        values = ("+5", "-1", "0x5", "1_0", "5x", "", "5 5", "5.0", "\xb2", "5;")
        self.refused(400, *(post(f"Content-Length: {value}") for value in values))

    def test_05_a_length_beyond_all_numbers(self) -> None:
        self.refused(
            413, *(post(f"Content-Length: {digits}") for digits in ("9" * 20, "9" * 5000, 2**64 + 5, 2**24 + 1))
        )

    def test_06_chunked_is_not_the_last_coding(self) -> None:
        self.refused(400, post("Transfer-Encoding: chunked, gzip", body=CHUNKS))

    def test_07_a_coding_that_is_not_known(self) -> None:
        codings = ("gzip", "xchunked", "identity", "gzip, chunked", '"chunked"', "chunked;q=1")
        self.refused(501, *(post(f"Transfer-Encoding: {coding}", body=CHUNKS) for coding in codings))

    def test_08_chunks_in_the_old_version(self) -> None:
        self.refused(400, head("POST / HTTP/1.0", "Transfer-Encoding: chunked") + CHUNKS)
        self.refused(400, head("GET / HTTP/1.0", "Connection: keep-alive", "Transfer-Encoding: chunked") + CHUNKS)

    def test_09_a_blank_before_the_colon(self) -> None:
        self.refused(400, post("Transfer-Encoding : chunked", body=CHUNKS), post("Content-Length\t: 5"))

    def test_10_odd_bytes_in_a_coding(self) -> None:
        self.refused(400, post("Transfer-Encoding: \x0bchunked"), post("Transfer-Encoding: chunked\0", body=CHUNKS))
        self.refused(501, post("Transfer-Encoding: \xffchunked", body=CHUNKS))

    def test_11_two_lines_of_codings(self) -> None:
        self.refused(400, post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=CHUNKS))

    def test_12_a_chunk_size_that_is_not_one(self) -> None:
        sizes = (b"0x5", b"+5", b"-1", b"1_0", b" 5", b"", b"5 5", b"\xb2", b"g")
        self.refused(405, *(chunked(size + b"\r\nhello\r\n0\r\n\r\n") for size in sizes))

    def test_13_a_chunk_size_beyond_all_numbers(self) -> None:
        sizes = (b"F" * 16 + b"0", b"10000000000000005", b"F" * 16, b"0" * 300 + b"5")
        self.refused(405, *(chunked(size + b"\r\nhello\r\n0\r\n\r\n") for size in sizes))

    def test_14_a_chunk_longer_than_its_size(self) -> None:
        self.refused(405, chunked(b"3\r\nhello\r\n0\r\n\r\n"), chunked(b"5\r\nhello0\r\n\r\n"))

    def test_15_a_bare_line_feed_among_chunks(self) -> None:
        self.refused(
            405, chunked(b"5\nhello\r\n0\r\n\r\n"), chunked(b"5\r\nhello\n0\r\n\r\n"), chunked(b"5\r\nhello\r\n0\n\n")
        )

    def test_16_a_bad_chunk_extension(self) -> None:
        self.refused(405, chunked(b"5;\r\nhello\r\n0\r\n\r\n"), chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n"))
        self.served([405], chunked(b'5;name;other="a \\" b"\r\nhello\r\n0;end\r\n\r\n'))

    def test_17_fields_that_must_not_be_trailers(self) -> None:
        fields = (b"Content-Length: 50", b"Transfer-Encoding: chunked", b"Host: other")
        self.served([405], *(chunked(b"5\r\nhello\r\n0\r\n" + field + b"\r\n\r\n") for field in fields))

    def test_18_no_host(self) -> None:
        self.refused(400, head("GET / HTTP/1.1"), head("GET http://a/ HTTP/1.1"))

    def test_19_two_hosts(self) -> None:
        self.refused(400, get("Host: a"), get("Host: b"))

    def test_20_a_host_that_is_none(self) -> None:
        values = ("user@h", "h/p", "a b", "h:x", "h:1:2", "[::1", "h?", "h\\", "<h>")
        self.refused(400, *(head("GET / HTTP/1.1", f"Host: {value}") for value in values))

    def test_21_a_folded_line(self) -> None:
        self.refused(400, get("X: a", " b"), get("X: a", "\tContent-Length: 5"))

    def test_22_a_blank_before_the_first_field(self) -> None:
        self.refused(400, head("GET / HTTP/1.1", " Host: a"), head("GET / HTTP/1.1", " X: a", "Host: a"))

    def test_23_a_line_that_is_no_field(self) -> None:
        self.refused(
            400, *(get(line) for line in ("no colon", ": no name", "n(me: x", "n\xe4me: x", "n\0me: x", "a b: x"))
        )

    def test_24_line_ends_and_nul_in_a_value(self) -> None:
        self.refused(400, *(get(f"X: a{byte}b") for byte in ("\0", "\r", "\n", "\x01", "\x7f")))

    def test_25_a_bare_carriage_return_or_line_feed_as_line_end(self) -> None:
        self.refused(400, get("X: a").replace(b"\r\n", b"\r"), get("X: a").replace(b"\r\n", b"\n"))

    def test_26_odd_blanks_in_the_request_line(self) -> None:
        lines = (
            "GET  / HTTP/1.1",
            "GET\t/ HTTP/1.1",
            " GET / HTTP/1.1",
            "GET / HTTP/1.1 ",
            "GET /a b HTTP/1.1",
            "GET /",
            "GET",
        )
        self.refused(400, *(head(line, "Host: a") for line in lines))

    def test_27_other_versions(self) -> None:
        self.refused(505, *(head(f"GET / HTTP/{version}", "Host: a") for version in ("9.9", "2.0", "0.9")))
        versions = ("http/1.1", "HTTP/1.1x", "HTTP/1", "HTTP/01.1", "HTTP/1.10", "HTP/1.1", "HTTP/1,1")
        self.refused(400, *(head(f"GET / {version}", "Host: a") for version in versions))
        self.refused(505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    def test_28_targets_of_another_form(self) -> None:
        targets = ("*", "page", "/page#part", "host:443", "ftp://a/", "http:///", "http://u@a/", "?")
        self.refused(400, *(get(target=target) for target in targets))
        self.refused(400, head("CONNECT / HTTP/1.1", "Host: a"))
        self.served([200], get(target="http://other/"), get(target="HTTP://other:80"))
        self.served([204], head("OPTIONS * HTTP/1.1", "Host: a"))
        self.served([405], head("CONNECT a:443 HTTP/1.1", "Host: a:443"))

    def test_29_odd_bytes_and_ways_out_in_the_target(self) -> None:
        self.refused(400, *(get(target=f"/a{byte}b") for byte in ("\0", "\x01", "\x7f", "\x80", "\xe4")))
        self.refused(400, *(get(target=target) for target in ("/%00", "/index.html%00.png", "/%", "/%4", "/%zz")))
        out = (
            "/%c0%af",
            "/..%2f",
            "/..%2fsecret",
            "/%2e%2e/secret",
            "/%2e%2e%2fsecret",
            "/..",
            "/.%2e/secret",
            "/..%5csecret",
        )
        self.served([404], *(get(target=target) for target in out))
        for target in ("/../secret", "/a/../../secret", "//../secret"):
            client = self.connect(self.server)
            self.assertEqual(client.send(get(target=target) + BEHIND).cut_off(), b"")

    def test_30_a_request_in_a_body_is_a_body(self) -> None:
        length = f"Content-Length: {len(BEHIND)}"
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BEHIND), BEHIND)
        self.served([200], get(length) + BEHIND, get("Transfer-Encoding: chunked") + chunk)
        self.served([405], post(length, body=BEHIND), chunked(chunk))
        self.served([200, 405, 200], get(length) + BEHIND + post(length, body=BEHIND) + get(length) + BEHIND)
        # More than is read for the sake of keeping the connection: what is left must not be read as requests.
        many = BEHIND * 40_000
        self.refused(405, post(f"Content-Length: {len(many)}", body=many))
        self.refused(405, chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(many), many)))
