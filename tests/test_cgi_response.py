"""What a program says, and what becomes of it: the table of answers, each with a real program and a real server."""

import os

from twisted.trial import unittest

from .cgi_site import SharedCgi
from .cgi_table import PLAIN, TABLE, TYPE


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
            self.assertEqual([each for name, each in answer.fields if name == field], [value] if value else [], field)
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
