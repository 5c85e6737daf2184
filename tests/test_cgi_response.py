"""What a program says, and what becomes of it: the table of answers, each with a real program and a real server."""

import os

from twisted.trial import unittest

from .cgi_site import SharedCgi

TYPE = "echo 'Content-Type: text/plain'; "
PLAIN = TYPE + "echo; echo hello"

# What the program does; then the status and reason, fields that are wanted (None: not there), and the body.
TABLE = {
    "plain": (PLAIN, "200 OK", {"content-type": "text/plain"}, b"hello\n"),
    "crlf": (r"printf 'Content-Type: text/plain\r\n\r\nhello'", "200 OK", {"content-type": "text/plain"}, b"hello"),
    "local-redirect": ("echo 'Location: /cgi-bin/target?a=b'; echo; echo dropped", "200 OK", {}, b"GET a=b\n"),
    "local-redirect-to-a-page": ("echo 'Location: /index.html'; echo", "200 OK", {"content-type": "text/html; charset=utf-8"}, b"front"),  # noqa: E501
    "local-redirect-to-nothing": ("echo 'Location: /nothing'; echo", "404 Not Found", {"location": None}, None),
    "local-redirect-in-circles": ("echo 'Location: /cgi-bin/local-redirect-in-circles'; echo", "502 Bad Gateway", {}, None),  # noqa: E501
    "local-redirect-that-goes-up": ("echo 'Location: /a/../../b'; echo", "502 Bad Gateway", {}, None),
    "local-path-with-a-status": ("echo 'Status: 303'; echo 'Location: /x'; echo", "303 See Other", {"location": "/x"}, None),  # noqa: E501
    "another-server": ("echo 'Location: //host/x'; echo", "302 Found", {"location": "//host/x"}, None),
    "client-redirect": ("echo 'Location: http://example.org/'; echo", "302 Found", {"location": "http://example.org/", "content-type": "text/plain"}, b"The page is elsewhere; the field Location says where.\n"),  # noqa: E501
    "redirect-with-body": ("echo 'Location: http://example.org/'; echo 'Status: 303 Look'; " + PLAIN, "303 Look", {"location": "http://example.org/"}, b"hello\n"),  # noqa: E501
    "status-before-location": ("echo 'Status: 301'; echo 'Location: http://example.org/'; echo", "301 Moved Permanently", {"location": "http://example.org/"}, None),  # noqa: E501
    "reason-is-kept": ("echo 'Status: 404 Nothing Here'; " + PLAIN, "404 Nothing Here", {}, b"hello\n"),
    "reason-that-is-no-text": (r"printf 'Status: 404 N\303\266\n'; " + PLAIN, "404 Not Found", {}, b"hello\n"),
    "status-is-no-number": ("echo 'Status: banana'; " + PLAIN, "502 Bad Gateway", {}, None),
    "status-is-interim": ("echo 'Status: 100'; " + PLAIN, "502 Bad Gateway", {}, None),
    "status-twice": ("echo 'Status: 200'; echo 'Status: 404'; " + PLAIN, "502 Bad Gateway", {}, None),
    "no-content": ("echo 'Status: 204'; echo; echo body", "204 No Content", {"content-length": None, "content-type": None}, b""),  # noqa: E501
    "not-modified": ("echo 'Status: 304'; echo 'ETag: \"x\"'; echo; echo body", "304 Not Modified", {"etag": '"x"'}, b""),
    "no-blank-behind-the-colon": ("echo Content-Type:text/plain; echo X-A:b; echo; echo hello", "200 OK", {"content-type": "text/plain", "x-a": "b"}, b"hello\n"),  # noqa: E501
    "no-type": ("echo 'X-A: b'; echo; echo hello", "200 OK", {"content-type": "text/plain"}, b"hello\n"),
    "no-head": ("echo hello world", "502 Bad Gateway", {}, None),
    "empty-head": ("echo; echo hello", "502 Bad Gateway", {}, None),
    "folded": ("echo 'X-A: b'; echo ' c'; " + PLAIN, "502 Bad Gateway", {}, None),
    "nothing": ("exit 0", "502 Bad Gateway", {}, None),
    "head-never-ends": ("echo 'Content-Type: text/plain'", "502 Bad Gateway", {}, None),
    "exits-with-3": (PLAIN + "; exit 3", "200 OK", {}, b"hello\n"),
    "announces-too-little": ("echo 'Content-Length: 5'; " + TYPE + "echo; printf helloworld", "200 OK", {"content-length": "5"}, b"hello"),  # noqa: E501
    "length-is-no-number": ("echo 'Content-Length: 5x'; " + PLAIN, "200 OK", {"content-length": None}, b"hello\n"),
    "frames-itself": ("echo 'Transfer-Encoding: chunked'; echo 'Connection: X-A'; echo 'X-A: b'; " + TYPE + r"printf '\n5\r\nhello\r\n0\r\n\r\n'", "200 OK", {"x-a": None, "connection": "close"}, b"5\r\nhello\r\n0\r\n\r\n"),  # noqa: E501
    "server-and-date": ("echo 'Server: mine'; echo 'Date: never'; " + PLAIN, "200 OK", {"server": "occwserv"}, b"hello\n"),
    "nph-raw": (r"printf 'HTTP/1.1 418 Teapot\r\nX-A: b\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc'", "418 Teapot", {"x-a": "b", "server": None}, b"abc"),  # noqa: E501
    "nph-that-is-none": ("echo hello", "502 Bad Gateway", {}, None),
    "status-line": ("echo 'HTTP/1.1 418 Short'; " + PLAIN, "418 Short", {}, b"hello\n"),
    "bad-interpreter": ("#!/nowhere/at/all\n", "502 Bad Gateway", {}, None),
    "long-line": ("printf 'X-A: '; head -c 20000 /dev/zero | tr '\\0' a; echo; " + PLAIN, "200 OK", {}, b"hello\n"),
    "head-too-long": ("while :; do echo 'X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'; done", "502 Bad Gateway", {}, None),  # noqa: E501
    "too-many-fields": ("for i in $(seq 300); do echo 'X: y'; done; " + PLAIN, "502 Bad Gateway", {}, None),
    "child-keeps-stdout": (PLAIN + "; sleep 1000 &", "200 OK", {}, b"hello\n"),
    "floods-stderr": ("head -c 2000000 /dev/zero | tr '\\0' 'e' >&2; " + PLAIN, "200 OK", {}, b"hello\n"),
    "killed": ("kill -9 $$", "502 Bad Gateway", {}, None),
}  # fmt: skip


class ResponseTests(SharedCgi, unittest.SynchronousTestCase):
    """The table, and what does not fit into it."""

    options = ("--set", "cgi.timeouts.linger=0.1", "--set", "cgi.limits.redirects=3")
    programs = {
        **{name: row[0] for name, row in TABLE.items()},
        "target": TYPE + 'echo; echo "$REQUEST_METHOD $QUERY_STRING"; cat',
        "target-env": TYPE + "echo; env",
        "to-env": "echo 'Location: /cgi-bin/target-env/x'; echo",
        "duplicates": "echo 'Set-Cookie: a'; echo 'Set-Cookie: b'; echo 'X-A: 1'; echo 'X-B: 2'; echo 'X-A: 3'; "
        + PLAIN,
        "announces-too-much": "echo 'Content-Length: 50'; " + TYPE + "echo; printf 'ten bytes.'",
        "does-not-read": PLAIN,
        "reads": TYPE + "echo; wc -c",
        "nph-length": r"printf 'HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\nhello'",
        "closes-and-stays": TYPE + "echo; echo hello; exec >&- 2>&-; sleep 1000",
    }

    def check(self, name: str) -> None:
        _, status, fields, body = TABLE[name]
        answer = self.get(self.server, f"/cgi-bin/{name}")
        self.assertEqual(f"{answer.status} {answer.reason}", status)
        for field, value in fields.items():
            self.assertEqual(answer[field] if field in answer else None, value, field)
        if body is not None:
            self.assertEqual(answer.body, body)
        elif answer.status in (502, 404):
            self.assertIn(b"<h1>", answer.body)
            self.assertNotIn(b"Traceback", answer.body)

    def test_a_length_that_is_not_reached_cuts_the_client_off(self) -> None:
        client = self.connect(self.server).send(b"GET /cgi-bin/announces-too-much HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn(b"Content-Length: 50\r\n", client.until(b"\r\n\r\n"))
        self.assertLess(len(client.cut_off()), 50)

    def test_duplicate_fields_are_kept_in_order(self) -> None:
        fields = self.get(self.server, "/cgi-bin/duplicates").fields
        kept = [pair for pair in fields if pair[0] in ("set-cookie", "x-a", "x-b")]
        self.assertEqual(kept, [("set-cookie", "a"), ("set-cookie", "b"), ("x-a", "1"), ("x-b", "2"), ("x-a", "3")])

    def test_a_local_redirect_is_a_get_without_a_body_and_tells_where_it_came_from(self) -> None:
        sent = b"POST /cgi-bin/local-redirect HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
        self.assertEqual(self.connect(self.server).send(sent).answer().body, b"GET a=b\n")
        body = self.get(self.server, "/cgi-bin/to-env?old=query").body
        for line in (b"REDIRECT_URL=/cgi-bin/to-env", b"REDIRECT_QUERY_STRING=old=query", b"PATH_INFO=/x"):
            self.assertIn(line + b"\n", body)

    def test_a_head_has_no_body_and_the_connection_goes_on(self) -> None:
        client = self.connect(self.server)
        for name in ("plain", "announces-too-little", "client-redirect", "no-content", "local-redirect", "nothing"):
            answer = client.send(f"HEAD /cgi-bin/{name} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).answer("HEAD")
            self.assertEqual((answer.status, answer.body), (int(TABLE[name][1][:3]), b""), name)
        self.assertEqual(client.send(b"GET /cgi-bin/plain HTTP/1.1\r\nHost: a\r\n\r\n").answer().body, b"hello\n")

    def test_any_method_is_the_programs_affair(self) -> None:
        for method in ("OPTIONS", "PUT", "DELETE", "FROB"):
            answer = self.get(self.server, "/cgi-bin/target", "Content-Length: 0", method=method)
            self.assertEqual((answer.status, answer.body), (200, f"{method} \n".encode()))

    def test_a_body_that_nobody_reads_does_no_harm(self) -> None:
        body = b"x" * 2_000_000
        head = b"POST /cgi-bin/%b HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"
        client = self.connect(self.server)
        self.assertEqual(client.send(head % b"does-not-read", body).answer().body, b"hello\n")
        self.assertEqual(int(client.send(head % b"reads", body).answer().body), 2_000_000)

    def test_a_chunked_body_has_a_length(self) -> None:
        head = b"POST /cgi-bin/target-env HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        body = self.connect(self.server).send(head, b"5\r\nhello\r\n", b"3\r\nyou\r\n0\r\n\r\n").answer().body
        self.assertIn(b"CONTENT_LENGTH=8\n", body)
        self.assertNotIn(b"TRANSFER_ENCODING", body)

    def test_http_1_0_gets_the_body_to_the_end_of_the_connection(self) -> None:
        client = self.connect(self.server).send(b"GET /cgi-bin/plain HTTP/1.0\r\n\r\n")
        answer = client.answer()
        self.assertEqual((answer.body, answer["connection"]), (b"hello\n", "close"))
        self.assertNotIn("transfer-encoding", answer)

    def test_behind_a_raw_answer_the_connection_ends(self) -> None:
        client = self.connect(self.server).send(b"GET /cgi-bin/nph-length HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        self.assertEqual(client.rest(), b"HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\nhello")

    def test_output_that_is_closed_is_the_end_of_the_answer_whatever_the_program_does(self) -> None:
        self.assertEqual(self.get(self.server, "/cgi-bin/closes-and-stays").body, b"hello\n")
        (script,) = self.figures(self.server)["cgi"]["scripts"]
        self.assertEqual(script["url"], "/cgi-bin/closes-and-stays")
        os.killpg(script["pid"], 15)


def _row(name: str):
    def test(self) -> None:
        self.check(name)

    return test


for _name in TABLE:
    setattr(ResponseTests, f"test_row_{_name.replace('-', '_')}", _row(_name))
