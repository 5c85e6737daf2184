"""The values of HTTP, one by one: targets, hosts, ranges, conditions, codings, dates, media types, heads, chunks.

Tables, and where there is a plain model of the thing, the model beside it. What a server owes by which section is in
`test_rfc9110` and `test_rfc9112`.
"""

from datetime import UTC, datetime
from itertools import pairwise
from mimetypes import types_map

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.http.answer import REASONS, encode_head
from occwserv.http.chunked import LAST_CHUNK, ChunkedReader, End, encode_chunk
from occwserv.http.conditions import Validators, Verdict, evaluate, matches, range_holds
from occwserv.http.dates import http_date, parse_http_date
from occwserv.http.errors import BadRequest, HTTPError, TooLarge
from occwserv.http.grammar import parse_fields, tokens
from occwserv.http.head import Limits
from occwserv.http.lines import misplaced_line_end
from occwserv.http.media import MediaTypes
from occwserv.http.negotiation import choose_coding, qualities
from occwserv.http.ranges import Span, select
from occwserv.http.target import Target, decode, is_host, parse_target

from .examples import examples
from .feeding import SIZES, cut
from .test_pagecache import steps_of

MANY = examples(400)


class TargetTests(SynchronousTestCase):
    """`parse_target`, `decode`, `is_host`."""

    def test_targets(self):
        for method, raw, raw_path, path, query, authority in (
            (b"GET", b"/", b"/", b"/", None, None),
            (b"GET", b"/a%20b?c%20d", b"/a%20b", b"/a b", b"c%20d", None),
            (b"GET", b"/?", b"/", b"/", b"", None),
            (b"GET", b"/??", b"/", b"/", b"?", None),
            (b"GET", b"/a:b@c", b"/a:b@c", b"/a:b@c", None, None),
            (b"GET", b"//h/p", b"//h/p", b"//h/p", None, None),
            (b"GET", b"/*", b"/*", b"/*", None, None),
            (b"GET", b"http://h", b"/", b"/", None, b"h"),
            (b"GET", b"http://h/", b"/", b"/", None, b"h"),
            (b"GET", b"http://h?", b"/", b"/", b"", b"h"),
            (b"GET", b"http://h:1/p%41?q%41", b"/p%41", b"/pA", b"q%41", b"h:1"),
            (b"GET", b"http://h/?a?b", b"/", b"/", b"a?b", b"h"),
            (b"GET", b"http://h?a/b", b"/", b"/", b"a/b", b"h"),
            (b"GET", b"HTTPS://h//", b"//", b"//", None, b"h"),
            (b"OPTIONS", b"*", b"*", b"*", None, None),
            (b"OPTIONS", b"http://h", b"*", b"*", None, b"h"),
            (b"OPTIONS", b"http://h?q", b"/", b"/", b"q", b"h"),
            (b"OPTIONS", b"http://h/", b"/", b"/", None, b"h"),
            (b"CONNECT", b"h:1", b"h:1", b"h:1", None, b"h:1"),
            (b"CONNECT", b"[::1]:65535", b"[::1]:65535", b"[::1]:65535", None, b"[::1]:65535"),
        ):
            self.assertEqual(parse_target(method, raw), Target(raw, raw_path, path, query, authority))

    def test_targets_that_are_none(self):
        for method, raws in (
            (b"GET", (b"", b"*", b"a", b"?", b"#", b"/#", b"h:1", b"http:", b"http:/h", b"http//h", b"httpx://h/", b"://h")),
            (b"GET", (b"http://", b"http:///", b"http://?", b"http://:1", b"http://u@h", b"http://h:x", b"http://[::1")),
            (b"GET", (b"/%", b"/%0", b"/%0g", b"/%g0", b"/%00", b"/a%00b", b"/%%41", b"http://h/%", b"http://h/%00")),
            (b"OPTIONS", (b"**", b"*?", b"*/", b"*#", b"a:1")),
            (b"CONNECT", (b"", b"*", b"/", b"h", b"1", b":1", b"h:", b"h:x", b"h:0", b"h:65536", b"h:" + b"1" * 9)),
            (b"CONNECT", (b"http://h/", b"u@h:1", b"h:1/", b"h:1?", b"[::1]", b"::1:80", b"h:+1", "h:１".encode())),
        ):  # fmt: skip
            for raw in raws:
                error = self.assertRaises(BadRequest, parse_target, method, raw)
                self.assertEqual((error.status, error.close), (400, True))

    def test_a_path_is_decoded_once(self):
        for raw, path in (
            (b"/", b"/"),
            (b"/%41%62%7e", b"/Ab~"),
            (b"/%2541", b"/%41"),
            (b"/%25%34%31", b"/%41"),
            (b"/%2f%2F", b"///"),
            (b"/%2e%2E/", b"/../"),
            (b"/%5c", b"/\\"),
            (b"/%0d%0a", b"/\r\n"),
            (b"/%01%7F%80%ff", b"/\x01\x7f\x80\xff"),
            (b"/%c0%af", b"/\xc0\xaf"),
            (b"/+%2b", b"/++"),
        ):
            self.assertEqual(decode(raw), path)

    @MANY
    @given(st.binary(max_size=30).filter(lambda data: b"\0" not in data))
    def test_what_is_escaped_comes_back(self, data):
        self.assertEqual(decode(b"".join(b"%%%02X" % byte for byte in data)), data)
        self.assertEqual(decode(b"".join(b"%%%02x" % byte for byte in data)), data)

    def test_paths_that_climb_and_paths_that_hide_a_slash(self):
        for raw, climbs, hides in (
            (b"/a/b", False, False),
            (b"/../a", True, False),
            (b"/a/../b", True, False),
            (b"/a..b/", False, False),
            (b"/a/...", False, False),
            (b"/a%2fb", False, True),
            (b"/a%2Fb", False, True),
            (b"/a%2eb", False, False),
            (b"/%252f", False, False),
            (b"/a?/../", False, False),
            (b"/a?%2f", False, False),
            (b"http://h/../a", True, False),
            (b"http://h/a%2f", False, True),
        ):
            target = parse_target(b"GET", raw)
            self.assertEqual((target.climbs, target.hides_slash), (climbs, hides), raw)

    def test_hosts(self):
        for host in (
            b"", b"h", b"h:", b"h:80", b"h:99999", b"a.b-c.d_e~f", b"1.2.3.4", b"[::]", b"[::1]:80",
            b"[1:2:3:4:5:6:7:8]", b"[::1.2.3.4]", b"[v1.a:b]", b"[vF0.~]:1", b"%41", b"a%c3%a9", b"!$&'()*+,;=",
            b"localhost", b"H",
        ):  # fmt: skip
            self.assertTrue(is_host(host), host)

    def test_hosts_that_are_none(self):
        for host in (
            b" ", b"a b", b"a/", b"/", b"a?", b"a#", b"u@h", b"a:b", b"a:1:2", b"::1", b"[::1", b"::1]", b"[]",
            b"[:]", b"[:::]", b"[g::]", b"[1.2.3.4]", b"[1:2:3:4:5:6:7]", b"[1:2:3:4:5:6:7:8:9]", b"[::1%1]",
            b"[v.a]", b"[v1]", b"[v1.]", b"[::1]a", b"a[::1]", b"%", b"%4", b"%g0", b"a\\b", b'"a"', b"<a>",
            b"a^", b"a|b", b"{a}", b"`", b"\x80", b"a\0", b"a\n", b"a\r\n", b"\ta", b"[::01.2.3.4]",
            b"[00000::]", b"[::1.2.3.256]",
        ):  # fmt: skip
            self.assertFalse(is_host(host), host)


class RangeTests(SynchronousTestCase):
    """`select`, against the set of bytes that was asked for."""

    SPECS = st.lists(
        st.tuples(st.integers(0, 1100), st.integers(0, 300)).map(lambda pair: b"%d-%d" % (pair[0], sum(pair)))
        | st.integers(0, 1100).map(lambda first: b"%d-" % first)
        | st.integers(0, 1100).map(lambda suffix: b"-%d" % suffix),
        min_size=1,
        max_size=6,
    )

    @MANY
    @given(SPECS, st.sampled_from((0, 1, 99, 1000, 5000)))
    def test_every_byte_asked_for_is_sent_once_and_few_others(self, specs, size):
        asked: set[int] = set()
        for spec in specs:
            first, last = spec.split(b"-")
            start = int(first) if first else max(size - int(last), 0)
            stop = min(int(last) + 1, size) if first and last else size
            asked |= set(range(start, stop))
        spans = select(b"bytes=" + b", ".join(specs), size, 10)
        if spans is None:
            # The whole page: only where that costs nothing, or where a part of nothing was asked for.
            self.assertTrue(not size or len(asked) + 80 * len(specs) >= size)
            return
        self.assertEqual(bool(spans), bool(asked))
        sent = [byte for span in spans for byte in range(span.offset, span.offset + span.length)]
        self.assertEqual(len(sent), len(set(sent)))
        self.assertLessEqual(asked, set(sent))
        self.assertLessEqual(set(sent), set(range(size)))
        self.assertLessEqual(len(sent) - len(asked), 80 * (len(specs) - len(spans)))
        ordered = sorted((span.offset, span.length) for span in spans)
        for (offset, length), (following, _) in pairwise(ordered):
            self.assertGreater(following - offset - length, 80)

    @MANY
    @given(st.binary(max_size=30) | st.text("0123456789-, =bytes\t", max_size=30).map(str.encode), st.integers(0, 100))
    def test_any_field_gives_spans_within_the_page_or_the_whole_page(self, value, size):
        for field in (value, b"bytes=" + value):
            for span in select(field, size, 5) or ():
                self.assertGreaterEqual(span.offset, 0)
                self.assertGreater(span.length, 0)
                self.assertLessEqual(span.offset + span.length, size)

    def test_the_number_of_ranges_may_be_exactly_at_its_limit(self):
        for most in (1, 2, 10):
            specs = [b"%d-%d" % (n * 200, n * 200) for n in range(most + 1)]
            self.assertEqual(len(select(b"bytes=" + b",".join(specs[:-1]), 10_000, most)), most)
            self.assertIsNone(select(b"bytes=" + b",".join(specs), 10_000, most))

    @MANY
    @given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 300)), min_size=1, max_size=30))
    def test_ranges_join_as_if_each_were_compared_with_each(self, asked):
        value = b"bytes=" + b",".join(b"%d-%d" % (first, first + length - 1) for first, length in asked)
        self.assertEqual(select(value, 1_000_000, 30), joined([Span(*span) for span in asked]))

    def test_thousands_of_ranges_cost_each_what_few_do(self):
        def cost(number):
            specs = b",".join(b"%d-%d" % (n * 200, n * 200) for n in range(number))
            return steps_of(lambda: select(b"bytes=" + specs, 10_000_000, number)) / number

        self.assertLess(cost(4_000), 1.1 * cost(100))

    def test_ranges_join_in_the_order_they_were_asked_for(self):
        for value, spans in (
            (b"bytes=0-0,100-100,200-200", [(0, 1), (100, 1), (200, 1)]),
            (b"bytes=200-200,0-0,100-100", [(200, 1), (0, 1), (100, 1)]),
            (b"bytes=0-0,81-81", [(0, 82)]),
            (b"bytes=0-0,82-82", [(0, 1), (82, 1)]),
            (b"bytes=81-81,0-0", [(0, 82)]),
            (b"bytes=0-0,160-160,80-80", [(0, 161)]),
            (b"bytes=10-20,12-15", [(10, 11)]),
            (b"bytes=12-15,10-20", [(10, 11)]),
            (b"bytes=0-5,,\t6-9 ,", [(0, 10)]),
        ):
            self.assertEqual(select(value, 10_000, 10), [Span(*span) for span in spans], value)


def joined(spans: list[Span]) -> list[Span]:
    """Each span joined with the first that it is near to, and again, until none is near another: the plain way."""
    found: list[Span] = []
    for span in spans:
        for place, other in enumerate(found):
            start, stop = min(span.offset, other.offset), max(span.stop, other.stop)
            if stop - start <= span.length + other.length + 80:
                found[place] = Span(start, stop - start)
                break
        else:
            found.append(span)
    return found if len(found) == len(spans) else joined(found)


class ConditionTests(SynchronousTestCase):
    """`evaluate`, `matches`, `range_holds`."""

    PAGE = Validators(b'"abc"', 1_000_000_000)

    def decide(self, fields: dict[bytes, bytes], method: bytes = b"GET") -> Verdict:
        return evaluate(method, fields, self.PAGE, 1_000_000_100.0)

    def test_what_browsers_send(self):
        date = http_date(self.PAGE.modified)
        for fields, verdict in (
            ({}, Verdict.PROCEED),
            ({b"if-none-match": b'"abc"', b"if-modified-since": date}, Verdict.NOT_MODIFIED),
            ({b"if-none-match": b'W/"abc"', b"if-modified-since": date}, Verdict.NOT_MODIFIED),
            ({b"if-none-match": b'"old"', b"if-modified-since": date}, Verdict.PROCEED),
            ({b"if-none-match": b'"old", "older", "abc"'}, Verdict.NOT_MODIFIED),
            ({b"if-modified-since": date}, Verdict.NOT_MODIFIED),
            ({b"if-modified-since": http_date(self.PAGE.modified - 1)}, Verdict.PROCEED),
            ({b"if-modified-since": http_date(self.PAGE.modified + 10**8)}, Verdict.NOT_MODIFIED),
            ({b"if-modified-since": date + b"; length=5"}, Verdict.PROCEED),
            ({b"if-unmodified-since": date}, Verdict.PROCEED),
            ({b"if-unmodified-since": http_date(self.PAGE.modified - 1)}, Verdict.FAILED),
            ({b"if-match": b'"abc"'}, Verdict.PROCEED),
            ({b"if-match": b'W/"abc"'}, Verdict.FAILED),
            ({b"if-range": b'"old"', b"range": b"bytes=0-"}, Verdict.PROCEED),
        ):
            self.assertEqual(self.decide(fields), verdict, fields)

    @MANY
    @given(st.binary(max_size=40) | st.text('Ww/"abc*, \t', max_size=40).map(str.encode))
    def test_any_condition_has_an_answer(self, value):
        for name in (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"):
            for method in (b"GET", b"PUT"):
                self.assertIsInstance(self.decide({name: value}, method), Verdict)
        if range_holds(value, self.PAGE, 1_000_000_100.0):
            self.assertIn(value, (self.PAGE.etag, http_date(self.PAGE.modified)))
        if matches(value, self.PAGE.etag, weakly=False):
            self.assertTrue(value == b"*" or self.PAGE.etag in value)
            self.assertTrue(matches(value, self.PAGE.etag, weakly=True))

    def test_long_lists_of_tags_take_no_long_time(self):
        for pattern in (b'"a",', b'"a" , ', b",", b" ,", b'W/"a",', b'"', b'"a"', b"W/", b"W", b'", "'):
            for end in (b"", b"x", b'"abc"', b"\0"):
                for _ in range(50):
                    matches(pattern * (16000 // len(pattern)) + end, b'"abc"', weakly=True)


class CodingTests(SynchronousTestCase):
    """`choose_coding`."""

    def test_what_browsers_send(self):
        for accept in (b"gzip, deflate, br, zstd", b"gzip, deflate, br", b"br;q=1.0, gzip;q=0.8, *;q=0.1"):
            self.assertEqual(choose_coding(accept, [b"br", b"gzip"]), b"br")
            self.assertEqual(choose_coding(accept, [b"gzip"]), b"gzip")
        self.assertEqual(choose_coding(b"gzip, deflate", [b"br", b"gzip"]), b"gzip")
        self.assertIsNone(choose_coding(b"identity", [b"br", b"gzip"]))

    @MANY
    @given(st.binary(max_size=40) | st.text("gzipbr*;q=01.5, \t", max_size=40).map(str.encode))
    def test_any_field_gives_a_coding_there_is_or_none(self, accept):
        self.assertIn(choose_coding(accept, [b"br", b"gzip"]), (None, b"br", b"gzip"))

    def test_what_is_remembered_holds_no_whole_heads(self):
        before = qualities.cache_info().currsize, parse_http_date.cache_info().currsize
        for number in range(20):
            long = b"gzip, x%d" % number + b" " * 2000
            self.assertIsNone(choose_coding(long, [b"gzip"]))
            fields = {b"if-modified-since": long, b"if-unmodified-since": long}
            evaluate(b"GET", fields, Validators(b'"x"', 0), 0.0)
        self.assertEqual((qualities.cache_info().currsize, parse_http_date.cache_info().currsize), before)


class DateTests(SynchronousTestCase):
    """`http_date` and `parse_http_date`, against the calendar of the standard library."""

    @MANY
    @given(st.integers(0, 253402300799))
    def test_dates_are_those_of_the_calendar(self, seconds):
        moment = datetime.fromtimestamp(seconds, UTC)
        self.assertEqual(http_date(seconds), moment.strftime("%a, %d %b %Y %H:%M:%S GMT").encode())
        self.assertEqual(parse_http_date(http_date(seconds), 2024), seconds)
        asctime = moment.strftime(f"%a %b {moment.day:2d} %H:%M:%S %Y").encode()
        self.assertEqual(parse_http_date(asctime, 2024), seconds)
        if 1975 <= moment.year <= 2074:
            old = moment.strftime("%A, %d-%b-%y %H:%M:%S GMT").encode()
            self.assertEqual(parse_http_date(old, 2024), seconds)

    @MANY
    @given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32), st.integers(0, 25), st.integers(0, 61))
    def test_a_day_that_is_none_is_no_date(self, year, month, day, hour, minute):
        names = (
            b"Foo",
            b"Jan",
            b"Feb",
            b"Mar",
            b"Apr",
            b"May",
            b"Jun",
            b"Jul",
            b"Aug",
            b"Sep",
            b"Oct",
            b"Nov",
            b"Dec",
            b"Bar",
        )
        found = parse_http_date(b"Mon, %02d %b %04d %02d:%02d:00 GMT" % (day, names[month], year, hour, minute), 2024)
        try:
            expected = int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
        except ValueError:
            expected = None
        self.assertEqual(found, expected)

    @MANY
    @given(st.binary(max_size=40) | st.text("SunNov 0123456789:,-GMT", max_size=40).map(str.encode))
    def test_anything_is_a_date_or_none(self, value):
        found = parse_http_date(value, 2024)
        self.assertTrue(found is None or isinstance(found, int))


class MediaTests(SynchronousTestCase):
    """`MediaTypes`."""

    def test_types_by_the_ending_of_the_name(self):
        types = MediaTypes()
        for name, media_type in (
            (b"index.html", b"text/html; charset=utf-8"),
            (b"INDEX.HTM", b"text/html; charset=utf-8"),
            (b"a.css", b"text/css; charset=utf-8"),
            (b"a.js", b"text/javascript; charset=utf-8"),
            (b"a.mjs", b"text/javascript; charset=utf-8"),
            (b"a.txt", b"text/plain; charset=utf-8"),
            (b"a.svg", b"image/svg+xml; charset=utf-8"),
            (b"a.xhtml", b"application/xhtml+xml; charset=utf-8"),
            (b"a.json", b"application/json"),
            (b"a.png", b"image/png"),
            (b"a.jpeg", b"image/jpeg"),
            (b"a.webp", b"image/webp"),
            (b"a.woff2", b"font/woff2"),
            (b"a.wasm", b"application/wasm"),
            (b"a.pdf", b"application/pdf"),
            (b"a.tar.gz", b"application/gzip"),
            (b"a.html.br", b"application/octet-stream"),
            (b"a.", b"application/octet-stream"),
            (b"a", b"application/octet-stream"),
            (b"", b"application/octet-stream"),
            (b".", b"application/octet-stream"),
            (b".html", b"text/html; charset=utf-8"),
            (b"a.b.unknown", b"application/octet-stream"),
            (b"a.html/b", b"application/octet-stream"),
            (b"\xff.\xfe", b"application/octet-stream"),
            (b"a.html\n", b"application/octet-stream"),
        ):
            self.assertEqual(types.of(name), media_type, name)

    def test_settings_beat_the_table(self):
        types = MediaTypes(
            {".foo": "text/foo", ".HTML": "text/x-mine", ".bar": "text/bar; charset=latin-1"}, charset=""
        )
        for name, media_type in (
            (b"a.foo", b"text/foo"),
            (b"a.html", b"text/x-mine"),
            (b"a.bar", b"text/bar; charset=latin-1"),
            (b"a.css", b"text/css"),
        ):
            self.assertEqual(types.of(name), media_type)
        self.assertEqual(MediaTypes({".foo": "text/foo"}, charset="latin-1").of(b"a.FOO"), b"text/foo; charset=latin-1")

    def test_every_type_can_stand_in_a_head(self):
        types = MediaTypes()
        for ending in types_map:
            media_type = types.of(b"a" + ending.encode())
            self.assertIn(b"/", media_type)
            self.assertEqual(encode_head(200, [(b"Content-Type", media_type)]).count(b"\r\n"), 3)


class HeadTests(SynchronousTestCase):
    """`encode_head`, and `parse_fields` that reads what it wrote."""

    @MANY
    @given(st.lists(st.tuples(st.binary(max_size=10), st.binary(max_size=20)), max_size=4), st.text(max_size=10))
    def test_a_head_has_as_many_lines_as_fields_or_is_an_error(self, fields, reason):
        dangerous = any(byte in b"\r\n\0" for name, value in fields for byte in name + value)
        if dangerous or any(character in reason for character in "\r\n\0"):
            self.assertRaises(ValueError, encode_head, 200, fields, reason)
            return
        lines = encode_head(200, fields, reason).split(b"\r\n")
        self.assertEqual(lines[1:], [b"%b: %b" % field for field in fields] + [b"", b""])
        self.assertTrue(lines[0].startswith(b"HTTP/1.1 200 "))

    def test_a_line_end_anywhere_in_a_field_is_an_error(self):
        for evil in (b"\r\n", b"\n", b"\r", b"\0", b"\r\n\r\n", b"\n\n", b"\r\r", b"\r\nX: y", b"\n X: y"):
            for field in ((b"X", b"a" + evil), (b"X", evil + b"a"), (b"X" + evil, b"a"), (evil, b"a"), (b"X", evil)):
                self.assertRaises(ValueError, encode_head, 200, [field])
                self.assertRaises(ValueError, encode_head, 200, [(b"A", b"b"), field])
                self.assertRaises(ValueError, encode_head, 200, [field, (b"A", b"b")])
            self.assertRaises(ValueError, encode_head, 200, [], evil.decode())

    def test_two_wrongs_do_not_make_a_right(self):
        for fields in ([(b"X", b"a\r"), (b"\nY", b"b")], [(b"X\r", b"a\n")], [(b"X", b"\n"), (b"Y", b"\r")]):
            self.assertRaises(ValueError, encode_head, 200, fields)

    def test_what_is_written_is_read_again(self):
        fields = [(b"Content-Type", b"text/html"), (b"X", b""), (b"X", b"\xe9 \t;"), (b"!#$%&'*+-.^_`|~", b":")]
        head = encode_head(200, fields)
        self.assertEqual(parse_fields(head, head.index(b"\r\n") + 2), fields)

    def test_sections_of_fields(self):
        for raw, fields in (
            (b"\r\n", []),
            (b"A: b\r\n\r\n", [(b"A", b"b")]),
            (b"A:b\r\nC:\t d\t\r\n\r\n", [(b"A", b"b"), (b"C", b"d")]),
            (b"A:\r\n\r\n", [(b"A", b"")]),
            (b"A: b", None),
            (b"A: b\r\n", None),
            (b"A: b\r\n\r\n\r\n", None),
            (b"A: b\r\n\r\nC: d\r\n\r\n", None),
            (b"\r\n\r\n", None),
            (b"", None),
            (b"A : b\r\n\r\n", None),
            (b"A: b\r\n c\r\n\r\n", None),
            (b": b\r\n\r\n", None),
            (b"A\r\n\r\n", None),
            (b"A: b\nC: d\r\n\r\n", None),
            (b"A: b\rC: d\r\n\r\n", None),
            (b"A: \0\r\n\r\n", None),
            (b"A\xe9: b\r\n\r\n", None),
        ):
            self.assertEqual(parse_fields(raw), fields, raw)
            self.assertEqual(parse_fields(b"GET / HTTP/1.1\r\n" + raw, 16), fields, raw)

    def test_every_status_of_a_refusal_has_a_reason(self):
        for status in (400, 405, 408, 411, 413, 414, 417, 431, 501, 503, 505):
            self.assertTrue(REASONS[status])

    def test_errors_say_whether_the_connection_lives(self):
        for error, status, close in (
            (HTTPError(404, "no such page"), 404, False),
            (HTTPError(417, "no", close=True), 417, True),
            (BadRequest("no"), 400, True),
            (TooLarge(413, "the body", 5), 413, True),
        ):
            self.assertEqual((error.status, error.close), (status, close))
            self.assertIn(str(status), str(error))

    def test_members_of_a_list(self):
        for value, members in (
            (b"a", [b"a"]),
            (b"A,b , C", [b"a", b"b", b"c"]),
            (b" ,,a\t,", [b"a"]),
            (b"a b", [b"a b"]),
        ):
            self.assertEqual(tokens(value), members)


class LineTests(SynchronousTestCase):
    """`misplaced_line_end`, against looking at every byte."""

    def test_where_a_line_end_is_known_to_be_wrong(self):
        for data, place in (
            (b"", None),
            (b"a\r\nb\r\n", None),
            (b"\r", None),
            (b"a\r", None),
            (b"\n", 0),
            (b"a\n", 1),
            (b"\r\n\n", 2),
            (b"\ra", 1),
            (b"\r\r\n", 1),
            (b"\n\r", 0),
            (b"a\r\nb\rc\n", 5),
        ):
            self.assertEqual(misplaced_line_end(data), place, data)

    @MANY
    @given(st.text("\r\na", max_size=12).map(str.encode))
    def test_it_is_the_first_byte_that_proves_it_wherever_the_search_begins(self, data):
        proofs = [
            place
            for place, (before, byte) in enumerate(zip(b"a" + data, data, strict=False))
            if (before == 13) != (byte == 10)
        ]
        first = proofs[0] if proofs else None
        self.assertEqual(misplaced_line_end(data), first)
        for start in range(1, len(data) + 1):
            if misplaced_line_end(data[:start]) is None:
                self.assertEqual(misplaced_line_end(data, start - 1), first)


class ChunkTests(SynchronousTestCase):
    """`encode_chunk`, and `ChunkedReader` that reads what it wrote."""

    def decode(self, data: bytes, size: int = 0, limits: Limits | None = None) -> tuple[bytes, End | None, bytes]:
        """The body, its end, and what was left over."""
        reader, buffer, body = ChunkedReader(limits or Limits()), bytearray(), b""
        pieces = cut(data, size)
        for piece in pieces:
            buffer += piece
            while (event := reader.next(buffer)) is not None:
                if isinstance(event, End):
                    return body, event, bytes(buffer) + b"".join(pieces)
                body += event
        return body, None, bytes(buffer)

    @MANY
    @given(st.lists(st.binary(max_size=300), max_size=6), st.binary(max_size=10))
    def test_what_is_written_is_read_again(self, parts, behind):
        written = b"".join(map(encode_chunk, parts)) + LAST_CHUNK
        for size in SIZES:
            self.assertEqual(self.decode(written + behind, size), (b"".join(parts), End(), behind))

    def test_long_chunks_are_written_and_read(self):
        for length in (1, 15, 16, 255, 256, 4095, 4096, 65536, 1_000_000):
            data = b"\r\n0\r\n" * (length // 5) + b"x" * (length % 5)
            self.assertEqual(encode_chunk(data)[: len(b"%x" % length) + 2], b"%x\r\n" % length)
            self.assertEqual(self.decode(encode_chunk(data) + LAST_CHUNK)[0], data)

    def test_an_empty_chunk_is_not_written_for_it_would_be_the_last(self):
        self.assertEqual(b"".join(map(encode_chunk, (b"a", b"", b"b"))), b"1\r\na\r\n1\r\nb\r\n")

    def test_data_is_given_out_as_it_comes(self):
        reader, buffer = ChunkedReader(Limits()), bytearray(b"5\r\nhe")
        self.assertEqual((reader.next(buffer), reader.next(buffer)), (b"he", None))
        buffer += b"llo\r"
        self.assertEqual((reader.next(buffer), reader.next(buffer), bytes(buffer)), (b"llo", None, b"\r"))
        buffer += b"\n0\r\n\r\n"
        self.assertEqual((reader.next(buffer), bytes(buffer)), (End(), b""))

    def test_a_body_without_its_end_has_none(self):
        whole = b"5;x\r\nhello\r\n0\r\nX: y\r\n\r\n"
        for end in range(len(whole)):
            for size in SIZES:
                self.assertIsNone(self.decode(whole[:end], size)[1])
        self.assertEqual(self.decode(whole), (b"hello", End(((b"X", b"y"),)), b""))
