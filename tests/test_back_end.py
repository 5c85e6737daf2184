"""Where connections come home: what is counted, what is logged, and whether the client is kept."""

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.backend.logline import combined, common, escape, log_time, origin, request_line
from occwserv.backend.recycle import Recycle
from occwserv.backend.stats import Stats
from occwserv.connection import Connection, Reuse
from occwserv.http.answer import Answer
from occwserv.http.errors import HTTPError

from .examples import examples
from .sockets import NOW, request
from .standstill import HELLO, FrontEndTestCase

MANY = examples(200)

ESCAPES = [
    (b"", b""),
    (
        b"plain text, with marks: ~!@#$%^&*()_+`-={}[]|;'<>?,./",
        b"plain text, with marks: ~!@#$%^&*()_+`-={}[]|;'<>?,./",
    ),
    (b'a "quote"', rb"a \x22quote\x22"),
    (b"back\\slash", rb"back\x5cslash"),
    (b"two\r\nlines", rb"two\x0d\x0alines"),
    (b"tab\tnul\0esc\x1b[31m", rb"tab\x09nul\x00esc\x1b[31m"),
    (b"\x7f\x80\xff", rb"\x7f\x80\xff"),
    ("ü".encode(), rb"\xc3\xbc"),
    (rb"\x22", rb"\x5cx22"),
]

LINE = re.compile(
    rb'(\S+) - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "([ -!#-~]*)" (\d{3}) (\d+)'
    rb'(?: "([ -!#-~]*)" "([ -!#-~]*)")?'
)


class LogLineTests(SynchronousTestCase):
    """A line of the access log."""

    def test_what_could_break_a_line_is_escaped(self) -> None:
        for value, expected in ESCAPES:
            self.assertEqual(escape(value), expected)

    def test_times_are_utc(self) -> None:
        for seconds, expected in (
            (0, b"[01/Jan/1970:00:00:00 +0000]"),
            (951782400, b"[29/Feb/2000:00:00:00 +0000]"),
            (1_700_000_000, b"[14/Nov/2023:22:13:20 +0000]"),
            (4102444799, b"[31/Dec/2099:23:59:59 +0000]"),
        ):
            self.assertEqual(log_time(seconds), expected)

    def test_the_parts_of_a_line(self) -> None:
        fields = {b"referer": b'http://a/"x"', b"user-agent": b"agent\t1"}
        self.assertEqual(request_line(b'GET /" HTTP/1.1'), rb' "GET /\x22 HTTP/1.1"')
        self.assertEqual((common(fields), common({})), (b"", b""))
        self.assertEqual(combined(fields), rb' "http://a/\x22x\x22" "agent\x091"')
        self.assertEqual(combined({}), b' "-" "-"')

    def test_whose_request_it_was_comes_first(self) -> None:
        for address in ("192.0.2.1", "2001:db8::1", "fe80::1%eth0", "unix"):
            self.assertEqual(origin(address), address.encode() + b" - - ")

    @MANY
    @given(st.binary(), st.binary(), st.binary())
    def test_whatever_is_sent_a_line_is_one_line_with_all_its_parts(self, line, referer, agent) -> None:
        fields = {b"referer": referer, b"user-agent": agent}
        for rest in (common, combined):
            parts = LINE.fullmatch(origin("192.0.2.1") + log_time(0) + request_line(line) + b" 200 5" + rest(fields))
            self.assertIsNotNone(parts)
            self.assertEqual(parts.group(2, 3, 4), (escape(line), b"200", b"5"))


class StatsTests(SynchronousTestCase):
    """The counters."""

    def test_a_station_counts_and_adds_up(self) -> None:
        stats = Stats(NOW)
        for times in ((0.0, 1.5, 1.5, 2.0), (3.0, 3.0, 4.0, 4.25), (9.0, 6.0, 7.0, 8.0)):
            stats.answers[200] = stats.answers.get(200, 0) + 1
            stats.went(*times)  # the last one is of a clock that was set back
        stations = stats.figures()["stations"]
        self.assertEqual(stations["reading"], {"count": 3, "seconds": 1.5})
        self.assertEqual(stations["answering"], {"count": 3, "seconds": 1.0})
        self.assertEqual(stations["writing"], {"count": 3, "seconds": 0.75})

    def test_the_figures_of_a_server_that_has_done_nothing(self) -> None:
        nothing = {"count": 0, "seconds": 0.0}
        self.assertEqual(
            Stats(NOW).figures(),
            {
                "requests": {"total": 0},
                "answers": {},
                "stations": {"reading": nothing, "answering": nothing, "writing": nothing},
                "resources": {},
                "faults": {"lost": 0, "twice": 0, "crashed": 0},
                "reloads": {"done": 0, "refused": 0},
            },
        )

    def test_answers_are_in_the_order_of_their_status(self) -> None:
        stats = Stats(NOW)
        for status, count in ((404, 1), (200, 2), (304, 1)):
            stats.answers[status] = count
        self.assertEqual(list(stats.figures()["answers"].items()), [("200", 2), ("304", 1), ("404", 1)])


class RecycleTests(FrontEndTestCase):
    """What becomes of connections that come home."""

    def test_each_is_counted_and_logged_once(self) -> None:
        self.serve(b"/none", self.fail_404)
        client = self.connect()
        for path in (b"/", b"/none", b"/", b"/a/../b"):
            client.send(request(path))
        self.assertEqual(self.stats.requests, 4)
        self.assertEqual(dict(self.stats.answers), {200: 2, 404: 1, 400: 1})
        self.assertEqual(dict(self.stats.holders), {"root": 2, "none": 1, "frontend": 1})
        self.assertEqual(self.statuses, [200, 404, 200, 400])
        for line in self.lines:
            self.assertTrue(LINE.fullmatch(line), line)

    @staticmethod
    def fail_404(connection: Connection) -> None:
        raise HTTPError(404, "there is no such page")

    def test_all_bytes_are_counted_once(self) -> None:
        client = self.connect()
        sent = got = 0
        for piece in (
            request(),
            request(b"/echo", method=b"POST", body=b"x" * 1000),
            request() * 3,
            b"GARBAGE\r\n\r\n",
        ):
            client.send(piece)
            sent += len(piece)
            got += len(client.take(len(client.sees())))
        self.assertEqual(self.listener.traffic(), {"received": sent, "sent": got})
        self.assertEqual(self.stats.requests, 6)

    def test_the_time_at_each_station_is_taken(self) -> None:
        client = self.connect().send(request(b"/later")[:10])
        self.wait(2)
        client.send(request(b"/later")[10:])
        self.wait(3)
        connection = self.held.pop()
        connection.begin(200)
        self.wait(4)
        connection.end()
        stations = self.stats.figures()["stations"]
        self.assertEqual([stations[name]["seconds"] for name in ("reading", "answering", "writing")], [2, 3, 4])
        self.assertEqual([stations[name]["count"] for name in stations], [1, 1, 1])

    def test_the_time_that_is_logged_is_that_of_the_first_byte(self) -> None:
        client = self.connect().send(request()[:10])
        self.wait(5)
        client.send(request()[10:])
        self.assertIn(log_time(int(NOW)), self.lines[0])

    def test_a_clock_that_is_set_back_makes_no_sum_smaller(self) -> None:
        self.connect().send(request(b"/later"))
        self.reactor.rightNow -= 3600
        self.held.pop().reply(HELLO)
        self.assertEqual(self.stats.figures()["stations"]["answering"], {"count": 1, "seconds": 0.0})

    def test_what_is_logged_of_a_request_that_could_not_be_read(self) -> None:
        for sent, line in (
            (b'GET /"\x1b HTTP/1.1\r\n\r\n', rb"GET /\x22\x1b HTTP/1.1"),
            (b"\x16\x03\x01\x02", rb"\x16\x03\x01\x02"),
            (b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", b"GET / HTTP/1.1"),
        ):
            self.connect().send(sent)
            self.assertIn(b'"' + line + b'" 400', self.lines[-1])

    def test_the_client_is_kept_when_connection_and_request_allow_it(self) -> None:
        for keep, broken, verdict in (
            (True, False, Reuse.REUSE),
            (False, False, Reuse.CLOSE),
            (True, True, Reuse.CLOSE),
            (False, True, Reuse.CLOSE),
        ):
            self.connect().send(request(b"/later"))
            connection = self.held.pop()
            connection.reply(Answer(204))
            connection.keep, connection.broken = keep, broken
            self.assertIs(
                Recycle(Stats(NOW), lambda line: None, "common", self.reactor.callFromThread).home(connection), verdict
            )

    def test_the_format_is_as_told(self) -> None:
        for format, tail in (("common", b" 200 5"), ("combined", b' 200 5 "http://b/" "-"')):
            self.configure(log={"format": format})
            self.listener.site.backend = Recycle(self.stats, self.lines.append, format, self.reactor.callFromThread)
            self.new_door()
            self.connect().send(request(b"/", b"Referer: http://b/"))
            self.assertTrue(self.lines[-1].endswith(tail), self.lines)
