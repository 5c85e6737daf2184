"""What a program is told and what it says, as values: the environment's table, and the head in every cutting."""

from dataclasses import replace

from twisted.trial import unittest

from occwserv.http.head import Limits, Request, parse_head
from occwserv.resources.cgi.message import (
    BadOutput,
    Ends,
    Head,
    HeadReader,
    Script,
    environment,
    raw_status,
    redirected,
    search_words,
)

from .feeding import cut

ENDS = Ends(b"www.example.org", b"192.0.2.1", 8080, b"198.51.100.7", 50000)
SCRIPT = Script(b"/srv/cgi-bin/app", b"/cgi-bin/app")
DEEP = Script(b"/srv/cgi-bin/app", b"/cgi-bin/app", b"/a b", b"/srv/a b")


def request(line: str = "GET /cgi-bin/app?x=1&y HTTP/1.1", *fields: str) -> Request:
    """A request as the front end reads it."""
    return parse_head("\r\n".join((line, "Host: host.example:81", *fields, "", "")).encode("latin-1"), Limits())


def told(asked: Request, script: Script = SCRIPT, length: int = 0, ends: Ends = ENDS, **how) -> dict[str, str]:
    """The environment of a request's program."""
    how = {"base": {}, "from_header": {}, "pass_auth": False, **how}
    env = environment(asked, script, ends, b"/srv", length, **how)
    return {name.decode(): value.decode("latin-1") for name, value in env.items()}


POST = request("POST /cgi-bin/app HTTP/1.1", "Content-Type: text/x", "Content-Length: 7")
CHUNKED = request("POST /cgi-bin/app HTTP/1.1", "Transfer-Encoding: chunked")
EMPTY = request("POST /cgi-bin/app HTTP/1.1", "Content-Length: 0")
FIELDS = request(
    "GET /cgi-bin/app HTTP/1.1", "X-Dup: one", "X-Dup: two", "Cookie: a=1", "Cookie: b=2", "X_Under: no", "X.Dot: no",
    "Proxy: http://evil", "Authorization: Basic abc", "Connection: keep-alive", "TE: trailers",
    "Git-Protocol: version=2",
)  # fmt: skip

# What is told (None: nothing), of which request, by which variable.
TABLE = [
    ("GATEWAY_INTERFACE", request(), "CGI/1.1"),
    ("SERVER_SOFTWARE", request(), "occwserv"),
    ("SERVER_PROTOCOL", request(), "HTTP/1.1"),
    ("SERVER_PROTOCOL", request("GET /cgi-bin/app HTTP/1.0"), "HTTP/1.0"),
    ("SERVER_NAME", request(), "www.example.org"),
    ("SERVER_PORT", request(), "8080"),
    ("SERVER_ADDR", request(), "192.0.2.1"),
    ("REMOTE_ADDR", request(), "198.51.100.7"),
    ("REMOTE_PORT", request(), "50000"),
    ("REMOTE_HOST", request(), None),
    ("REMOTE_IDENT", request(), None),
    ("REMOTE_USER", request(), None),
    ("AUTH_TYPE", FIELDS, None),
    ("REQUEST_METHOD", request("FROB /cgi-bin/app HTTP/1.1"), "FROB"),
    ("REQUEST_SCHEME", request(), "http"),
    ("HTTPS", request(), None),
    ("REQUEST_URI", request(), "/cgi-bin/app?x=1&y"),
    ("REQUEST_URI", request("GET http://host.example/cgi-bin/app? HTTP/1.1"), "/cgi-bin/app?"),
    ("DOCUMENT_ROOT", request(), "/srv"),
    ("REDIRECT_STATUS", request(), "200"),
    ("REDIRECT_URL", request(), None),
    ("QUERY_STRING", request(), "x=1&y"),
    ("QUERY_STRING", request("GET /cgi-bin/app?a%20b HTTP/1.1"), "a%20b"),
    ("QUERY_STRING", request("GET /cgi-bin/app HTTP/1.1"), ""),
    ("SCRIPT_NAME", request(), "/cgi-bin/app"),
    ("SCRIPT_FILENAME", request(), "/srv/cgi-bin/app"),
    ("PATH_INFO", request(), None),
    ("PATH_TRANSLATED", request(), None),
    ("CONTENT_LENGTH", request(), None),
    ("CONTENT_LENGTH", POST, "7"),
    ("CONTENT_LENGTH", CHUNKED, "7"),
    ("CONTENT_LENGTH", EMPTY, "0"),
    ("CONTENT_TYPE", request(), None),
    ("CONTENT_TYPE", POST, "text/x"),
    ("HTTP_CONTENT_TYPE", POST, None),
    ("HTTP_CONTENT_LENGTH", POST, None),
    ("HTTP_TRANSFER_ENCODING", CHUNKED, None),
    ("HTTP_HOST", request(), "host.example:81"),
    ("HTTP_HOST", request("GET http://other.example/cgi-bin/app HTTP/1.1"), "other.example"),
    ("HTTP_X_DUP", FIELDS, "one, two"),
    ("HTTP_COOKIE", FIELDS, "a=1; b=2"),
    ("HTTP_X_UNDER", FIELDS, None),
    ("HTTP_X.DOT", FIELDS, None),
    ("HTTP_PROXY", FIELDS, None),
    ("HTTP_AUTHORIZATION", FIELDS, None),
    ("HTTP_CONNECTION", FIELDS, None),
    ("HTTP_TE", FIELDS, None),
    ("PATH", request(), None),
]


class EnvironmentTests(unittest.SynchronousTestCase):
    """RFC 3875 4.1, variable by variable."""

    def test_the_table(self) -> None:
        for name, asked, value in TABLE:
            length = 0 if asked in (EMPTY,) or asked.method == b"GET" else 7
            self.assertEqual(told(asked, length=length).get(name), value, (name, asked.line))

    def test_a_path_behind_the_program(self) -> None:
        env = told(request(), DEEP)
        self.assertEqual((env["PATH_INFO"], env["PATH_TRANSLATED"]), ("/a b", "/srv/a b"))

    def test_over_tls_it_is_told_so(self) -> None:
        env = told(request(), ends=replace(ENDS, secure=((b"SSL_PROTOCOL", b"TLSv1.3"),)))
        self.assertEqual((env["HTTPS"], env["REQUEST_SCHEME"], env["SSL_PROTOCOL"]), ("on", "https", "TLSv1.3"))

    def test_credentials_are_shown_where_the_mount_says_so(self) -> None:
        self.assertEqual(told(FIELDS, pass_auth=True)["HTTP_AUTHORIZATION"], "Basic abc")

    def test_what_is_set_does_not_change_what_the_request_is(self) -> None:
        env = told(request(), base={b"PATH": b"/bin", b"REQUEST_METHOD": b"FORGED"})
        self.assertEqual((env["PATH"], env["REQUEST_METHOD"]), ("/bin", "GET"))

    def test_a_variable_may_have_the_value_of_a_field(self) -> None:
        mapped = {b"GIT_PROTOCOL": b"Git-Protocol", b"MISSING": b"X-Missing"}
        env = told(FIELDS, from_header=mapped)
        self.assertEqual(env["GIT_PROTOCOL"], "version=2")
        self.assertNotIn("MISSING", env)

    def test_a_redirected_request_is_another_one_and_tells_of_the_first(self) -> None:
        asked = redirected(redirected(POST, b"/one?q=1"), b"/two?r=2#part")
        self.assertEqual((asked.method, asked.target.raw, asked.length, asked.depth), (b"GET", b"/two?r=2", 0, 2))
        self.assertEqual(asked.line, POST.line)
        env = told(asked)
        self.assertEqual((env["REDIRECT_URL"], env["REDIRECT_QUERY_STRING"]), ("/one", "q=1"))
        self.assertNotIn("CONTENT_TYPE", env)
        self.assertEqual(redirected(request("HEAD /a HTTP/1.1"), b"/b").method, b"HEAD")

    def test_search_words_are_those_of_a_query_without_an_equals_sign(self) -> None:
        for line, words in (
            ("GET /a?foo+-d+b%20ar HTTP/1.1", [b"foo", b"-d", b"b ar"]),
            ("GET /a?x=1+2 HTTP/1.1", []),
            ("GET /a HTTP/1.1", []),
            ("POST /a?foo HTTP/1.1", []),
            ("GET /a?a%00b+c HTTP/1.1", [b"c"]),
        ):
            self.assertEqual(search_words(request(line)), words, line)


class OutputTests(unittest.SynchronousTestCase):
    """The head of an answer, however the program writes it."""

    def read(self, data: bytes, size: int, most: int = 1000) -> tuple[Head | None, bytes]:
        reader, head = HeadReader(most, 20), None
        pieces = list(cut(data, size))
        while pieces and head is None:
            head = reader.feed(pieces.pop(0))
        return head, reader.held + b"".join(pieces)

    def test_it_ends_with_the_first_empty_line_of_either_kind(self) -> None:
        for data, rest in (
            (b"A: b\n\nbody", b"body"),
            (b"A: b\r\n\r\nbody", b"body"),
            (b"A: b\n\r\n\nbody", b"\nbody"),
            (b"A: b\r\n\nbody\r\n\r\n", b"body\r\n\r\n"),
        ):
            for size in (0, 1, 2, 3, 5):
                head, behind = self.read(data, size)
                self.assertEqual((head.fields, behind), ([(b"A", b"b")], rest), (data, size))

    def test_one_that_is_too_long_is_refused_as_soon_as_it_is(self) -> None:
        for size in (0, 1, 7):
            self.assertRaises(BadOutput, self.read, b"A: " + b"b" * 100, size, 50)
            self.assertRaises(BadOutput, self.read, b"A: " + b"b" * 100 + b"\n\nbody", size, 50)
        self.assertEqual(self.read(b"A: b\n\n" + b"body" * 100, 0, 50)[0].fields, [(b"A", b"b")])

    def test_a_line_that_holds_more_than_a_field_is_refused(self) -> None:
        for line in (
            b"A : b",
            b": b",
            b"A\x00: b",
            b"A: b\x00",
            b"A: b\rC: d",
            b"A",
            b" A: b",
            b"A b: c",
            "Ä: b".encode(),
        ):
            self.assertRaises(BadOutput, self.read, line + b"\n\n", 0)

    def test_blanks_without_end_cost_no_more_than_other_bytes(self) -> None:
        head, _ = HeadReader(10**7, 20).feed(b"A:" + b" \t" * 10**6 + b"b" + b" " * 10**6 + b"\n\n"), None
        self.assertEqual(head.fields, [(b"A", b"b")])

    def test_the_status_of_a_raw_answer(self) -> None:
        for output, status in (
            (b"HTTP/1.1 404 Not Here\r\nA: b", 404),
            (b"HTTP/1.0 200\n", 200),
            (b"HTTP/1.1 2000 x\n", None),
            (b"hello\n", None),
            (b"", None),
        ):
            self.assertEqual(raw_status(output), status, output)
