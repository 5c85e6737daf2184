"""RFC 9110, HTTP semantics: one test for each duty of a server that pure code decides.

The number of the section stands in the name of the test, and the duty in its first line.
"""

from itertools import product

from twisted.trial.unittest import SynchronousTestCase

from occwserv.http.answer import CONTINUE, REASONS, Answer, FilePart, encode_head, framing_line, has_body
from occwserv.http.conditions import Validators, Verdict, evaluate, matches, range_holds
from occwserv.http.dates import http_date, parse_http_date
from occwserv.http.grammar import tokens
from occwserv.http.media import MediaTypes
from occwserv.http.negotiation import choose_coding
from occwserv.http.persistence import Circumstances, persists
from occwserv.http.ranges import Span, last_boundary, part_head, select

from .feeding import ReadingTestCase, chunked, get, head, post, read

END = b"0\r\n\r\n"
CHANGED = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT
PAGE = Validators(b'"x"', CHANGED)
WEAK_PAGE = Validators(b'W/"x"', CHANGED)
LATER = CHANGED + 1000.0

BEFORE = b"Sun, 06 Nov 1994 08:49:36 GMT"
SAME = b"Sun, 06 Nov 1994 08:49:37 GMT"
AFTER = b"Sun, 06 Nov 1994 08:49:38 GMT"
NO_DATES = (b"", b"0", b"-1", b"784111777", b"yesterday", b"1994-11-06T08:49:37Z", SAME + b" GMT", SAME[:-4])

GO, UNCHANGED, FAILED = Verdict.PROCEED, Verdict.NOT_MODIFIED, Verdict.FAILED


class Section5FieldTests(ReadingTestCase):
    """2 to 6. Protocol versions, fields, message abstraction."""

    def test_2_5_a_higher_minor_version_is_read_as_the_highest_known(self):
        """2.5: a higher minor version SHOULD be processed as the highest the recipient conforms to."""
        for minor in range(1, 10):
            request = self.request(head(b"GET / HTTP/1.%d" % minor, b"Host: a"))
            self.assertEqual((request.minor, request.keep_alive), (1, True))

    def test_4_2_1_a_http_url_has_a_host(self):
        """4.2.1, 4.2.2: a http URI with an empty host MUST be rejected as invalid."""
        for url in (b"http:///", b"http://", b"http://:80/", b"http://?x", b"https:///x"):
            self.refuse(400, head(b"GET " + url + b" HTTP/1.1", b"Host: a"))

    def test_4_2_4_userinfo_is_an_error(self):
        """4.2.4: userinfo in a http URI from an untrusted source SHOULD be treated as an error."""
        for url in (b"http://user@a/", b"http://user:password@a/", b"http://@a/", b"http://a@b@c/"):
            self.refuse(400, head(b"GET " + url + b" HTTP/1.1", b"Host: a"))

    def test_5_1_names_are_case_insensitive(self):
        """5.1: field names are case-insensitive."""
        for name in (b"X-Name", b"x-name", b"X-NAME", b"x-NaMe"):
            self.assertEqual(self.request(get(name + b": y")).fields[b"x-name"], b"y")
        self.assertEqual(self.request(post(b"CONTENT-LENGTH: 0")).length, 0)

    def test_5_1_unknown_fields_are_no_error(self):
        """5.1: unrecognized fields SHOULD be ignored."""
        self.assertEqual(self.request(get(b"Never-Heard-Of: it")).fields[b"never-heard-of"], b"it")

    def test_5_2_repeated_lines_are_one_field(self):
        """5.2, 5.3: lines of one name are joined by a comma and a blank, in their order."""
        fields = self.request(get(b"X: 1", b"Y: 2", b"x: 3", b"X:", b"X: 4, 5")).fields
        self.assertEqual((fields[b"x"], fields[b"y"]), (b"1, 3, , 4, 5", b"2"))

    def test_5_3_a_field_that_is_no_list_is_not_repeated(self):
        """5.3: a sender MUST NOT repeat a field that is not a list; of framing and routing it is not forgiven."""
        for field in (b"Host: a", b"Content-Length: 0"):
            self.refuse(400, get(b"Content-Length: 0", field))

    def test_5_4_too_much_of_fields_is_answered_with_a_4xx(self):
        """5.4: fields larger than the server wishes to process MUST be answered with an appropriate 4xx."""
        self.refuse(431, get(b"X: " + b"y" * 20000))
        self.refuse(431, get(*([b"X: y"] * 200)))
        self.refuse(431, chunked(b"0\r\nX: " + b"y" * 20000))

    def test_5_5_values_have_no_control_characters(self):
        """5.5: CR, LF and NUL in a value MUST be rejected or replaced; the other controls are invalid too."""
        for code in (*range(9), *range(10, 32), 127):
            character = bytes([code])
            for value in (b"a" + character + b"b", character, b"a" + character, character + b"b"):
                self.refuse(400, get(b"X: " + value))

    def test_5_5_values_may_have_anything_else(self):
        """5.5: visible ASCII, blanks inside, and obs-text, which is opaque data."""
        for code in (9, *range(32, 127), *range(128, 256)):
            value = b"a" + bytes([code]) + b"b"
            self.assertEqual(self.request(get(b"X: " + value)).fields[b"x"], value)

    def test_5_6_1_empty_members_of_a_list_are_ignored(self):
        """5.6.1.2: a recipient MUST parse and ignore a reasonable number of empty list elements."""
        for value, members in (
            (b"", []),
            (b",", []),
            (b", ,\t,", []),
            (b"foo,bar", [b"foo", b"bar"]),
            (b"foo ,bar,", [b"foo", b"bar"]),
            (b"foo , ,bar,charlie", [b"foo", b"bar", b"charlie"]),
            (b",,Foo\t,, BAR ,", [b"foo", b"bar"]),
        ):
            self.assertEqual(tokens(value), members, value)
        self.assertFalse(self.request(get(b"Connection: ,, ,close,")).keep_alive)
        self.assertEqual(self.body(post(b"Transfer-Encoding: , chunked,", body=END))[0], b"")

    def test_5_6_2_tokens(self):
        """5.6.2: a token is made of letters, digits and these."""
        every = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        self.assertEqual(self.request(get(every + b": y")).fields[every.lower()], b"y")
        self.assertEqual(self.request(head(every + b" / HTTP/1.1", b"Host: a")).method, every)
        self.assertEqual(self.body(chunked(b"0;" + every + b"=" + every + b"\r\n\r\n"))[0], b"")
        for code in set(range(33, 256)) - set(every) - {ord(":")}:
            self.refuse(400, get(bytes([code]) + b": y"))

    def test_5_6_3_blanks_are_space_and_tab(self):
        """5.6.3: OWS is SP and HTAB; no other character is dropped at the ends of a value."""
        self.assertEqual(self.request(get(b"X:\t y\t ")).fields[b"x"], b"y")
        self.assertEqual(self.request(get(b"X: \xa0y\x85")).fields[b"x"], b"\xa0y\x85")

    def test_5_6_4_quoted_strings(self):
        """5.6.4: a quoted string holds anything but controls; a backslash takes the next character as it is."""
        for value in (b'""', b'" "', b'"\t;,=\\"\\\\"', b'"\x80\xff"', b'"\\a"', b'"0\\;"'):
            self.assertEqual(self.body(chunked(b"0;x=" + value + b"\r\n\r\n"))[0], b"")
        for value in (b'"', b'"""', b'"\\"', b'"\0"', b'"\x7f"', b'"\\\0"', b'"a"b'):
            self.refuse(400, chunked(b"0;x=" + value + b"\r\n\r\n"))

    def test_5_6_7_dates_are_read_in_three_forms(self):
        """5.6.7: a recipient MUST accept all three HTTP-date formats."""
        for date in (
            b"Sun, 06 Nov 1994 08:49:37 GMT",
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
        ):
            self.assertEqual(parse_http_date(date, 2024), CHANGED)

    def test_5_6_7_dates_are_written_in_one_form(self):
        """5.6.7: a sender MUST generate IMF-fixdate."""
        for seconds, date in (
            (CHANGED, SAME),
            (0, b"Thu, 01 Jan 1970 00:00:00 GMT"),
            (951782399, b"Mon, 28 Feb 2000 23:59:59 GMT"),
            (951782400, b"Tue, 29 Feb 2000 00:00:00 GMT"),
            (4102444800, b"Fri, 01 Jan 2100 00:00:00 GMT"),
        ):
            self.assertEqual(http_date(seconds), date)
            self.assertEqual(parse_http_date(date, 2024), seconds)

    def test_5_6_7_a_two_digit_year_is_at_most_fifty_years_ahead(self):
        """5.6.7: a year that seems more than 50 years ahead MUST be taken for the last one that ended so."""
        for this_year, short, year in (
            (2024, 24, 2024),
            (2024, 74, 2074),
            (2024, 75, 1975),
            (2024, 94, 1994),
            (2024, 0, 2000),
            (1999, 49, 1949),
            (1999, 0, 1900),
            (2049, 99, 2099),
            (2050, 0, 2000),
        ):
            full = parse_http_date(b"Mon, 02 Jan %d 00:00:00 GMT" % year, this_year)
            self.assertEqual(parse_http_date(b"Monday, 02-Jan-%02d 00:00:00 GMT" % short, this_year), full)

    def test_5_6_7_dates_are_case_sensitive(self):
        """5.6.7: HTTP-date is case sensitive."""
        for date in (SAME.lower(), SAME.upper(), b"Sun, 06 nov 1994 08:49:37 GMT", b"Sun, 06 Nov 1994 08:49:37 gmt"):
            self.assertIsNone(parse_http_date(date, 2024))

    def test_5_6_7_what_is_no_date_is_none(self):
        """5.6.7: no other zone, no missing or odd digit, no day or hour that is none."""
        for date in (
            *NO_DATES, b"Sun, 6 Nov 1994 08:49:37 GMT", b"Sun, 06 Nov 1994 08:49:37 UTC",
            b"Sun, 06 Nov 1994 08:49 GMT", b"Sun, 06 Nov 1994 08:49:37 +0000", b"Sun, 00 Nov 1994 08:49:37 GMT",
            b"Sun, 31 Nov 1994 08:49:37 GMT", b"Wed, 30 Feb 2000 00:00:00 GMT",
            b"Thu, 29 Feb 2001 00:00:00 GMT", b"Mon, 29 Feb 1900 00:00:00 GMT",
            b"Sun, 06 Nov 1994 24:00:00 GMT", b"Sun, 06 Nov 1994 08:60:00 GMT",
            b"Sun, 06 Nov 1994 08:49:61 GMT", b"Sun, 06 Nov 0000 08:49:37 GMT",
            b"Sun, 06 Foo 1994 08:49:37 GMT", b"Foo, 06 Nov 1994 08:49:37 GMT", b"Sun Nov 06 08:49:37 1994 GMT",
            b"Sunday, 06-Nov-1994 08:49:37 GMT", b" " + SAME, SAME + b"\n",
            "Sun, ０６ Nov 1994 08:49:37 GMT".encode(), b"Sun, 06 Nov 1994  8:49:37 GMT",
        ):  # fmt: skip
            self.assertIsNone(parse_http_date(date, 2024), date)

    def test_5_6_7_a_leap_second_is_a_second(self):
        """5.6.7: second = 2DIGIT, 60 in a leap second."""
        self.assertEqual(
            parse_http_date(b"Sat, 31 Dec 2016 23:59:60 GMT", 2024),
            parse_http_date(b"Sun, 01 Jan 2017 00:00:00 GMT", 2024),
        )

    def test_6_5_1_trailers_do_not_touch_framing_routing_or_the_head(self):
        """6.5.1: a recipient MUST NOT merge a trailer but where it knows that to be right; here never."""
        names = (b"Content-Length", b"Transfer-Encoding", b"Host", b"TE", b"Trailer", b"Connection", b"HOST", b"te")
        for name in names:
            data = chunked(b"0\r\nA: 1\r\n" + name + b": 7\r\nZ: 2\r\n\r\n")
            self.assertEqual(self.body(data), (b"", ((b"A", b"1"), (b"Z", b"2"))))
            self.assertEqual(self.request(data).fields, {b"host": b"a", b"transfer-encoding": b"chunked"})

    def test_6_6_1_a_date_can_be_told_for_every_second(self):
        """6.6.1: an origin server with a clock MUST generate Date."""
        self.assertEqual(len({http_date(CHANGED + second) for second in range(3600)}), 3600)

    def test_7_2_host_is_a_host_and_perhaps_a_port(self):
        """7.2: Host = uri-host [ ":" port ]."""
        for host in (
            b"a", b"a:80", b"a:", b"a.b.c.", b"127.0.0.1", b"[::1]", b"[::1]:80", b"[::ffff:1.2.3.4]",
            b"[v1.x]", b"a_b", b"xn--e1afmkfd", b"%41", b"a~b", b"a!b", b"",
            b"[2001:DB8:0:0:8:800:200C:417A]:65535",
        ):  # fmt: skip
            self.assertEqual(self.request(head(b"GET / HTTP/1.1", b"Host: " + host)).fields[b"host"], host)

    def test_7_6_1_connection_options_are_case_insensitive_and_a_list(self):
        """7.6.1: connection options are case-insensitive; every one of the list counts, on whatever line."""
        for fields in (
            (b"Connection: X, Close",),
            (b"Connection: x", b"connection: CLOSE"),
            (b"Connection: close,x",),
        ):
            self.assertFalse(self.request(get(*fields)).keep_alive)


class Section8RepresentationTests(ReadingTestCase):
    """8 to 12. Representation data, methods, context, negotiation."""

    def test_8_3_a_page_has_a_type(self):
        """8.3: a sender SHOULD generate Content-Type, unless the type is unknown."""
        types = MediaTypes()
        self.assertEqual(types.of(b"index.html"), b"text/html; charset=utf-8")
        self.assertEqual(types.of(b"README"), b"application/octet-stream")

    def test_8_6_a_length_is_digits(self):
        """8.6: Content-Length = 1*DIGIT; whatever else is invalid, and not a number to be made sense of."""
        for value, length in ((b"0", 0), (b"5", 5), (b"005", 5), (b"0" * 19, 0)):
            self.assertEqual(self.request(post(b"Content-Length: " + value, body=b"x" * length)).length, length)
        self.assertEqual(read([post(b"Content-Length: 16777216")])[0].length, 16777216)
        for value in (b"", b"-1", b"+1", b"1.0", b"0x1", b"1e1", b"1 1", b"1,1", b"\xb9", b"one"):
            self.refuse(400, post(b"Content-Length: " + value))

    def test_8_6_large_lengths_do_not_overflow(self):
        """8.6: a recipient MUST anticipate large numerals and prevent errors of overflow."""
        for value in (
            b"16777217",
            b"%d" % 2**31,
            b"%d" % 2**32,
            b"%d" % 2**63,
            b"%d" % 2**64,
            b"1" * 40,
            b"9" * 8000,
        ):
            self.refuse(413, post(b"Content-Length: " + value))

    def test_8_6_no_length_is_sent_where_there_is_no_content(self):
        """8.6: a server MUST NOT send Content-Length with 1xx or 204."""
        for status in (100, 101, 103, 204):
            for length in (None, 0, 5):
                self.assertEqual(framing_line(status, length, 1), b"")

    def test_8_6_a_304_does_not_tell_a_length_that_is_not_the_pages(self):
        """8.6: a 304 MUST NOT have a Content-Length but that of the 200 it stands for, which it does not hold."""
        for length in (None, 0, 5):
            self.assertEqual(framing_line(304, length, 1), b"")

    def test_8_6_the_length_is_that_of_all_parts(self):
        """8.6: Content-Length MUST be the octets of the content."""
        for parts, length in (((), 0), ((b"abc",), 3), ((b"ab", FilePart(0, 100, 40), b"", FilePart(0, 0, 2)), 44)):
            self.assertEqual(Answer(200, (), parts).length, length)

    def test_8_8_3_an_entity_tag_is_quoted_and_may_be_weak(self):
        """8.8.3: entity-tag = [ weak ] opaque-tag; W is case-sensitive, quotes are part of it."""
        for condition in (b'"x"', b'W/"x"', b'"y", "x"', b'"y","x"', b',, "y" ,\t"x" ,', b'"",W/"x"'):
            self.assertTrue(matches(condition, b'"x"', weakly=True), condition)
        for condition in (
            b"x", b'w/"x"', b'W"x"', b"W/x", b"'x'", b'"x', b'x"', b'"x" "y"', b'"x"y', b"", b",", b'"X"',
            b'"y", x',
        ):  # fmt: skip
            self.assertFalse(matches(condition, b'"x"', weakly=True), condition)

    def test_8_8_3_an_entity_tag_may_hold_commas_and_backslashes(self):
        """8.8.3: etagc is any visible character but the quote; there are no quoted pairs and no blanks."""
        for etag in (b'"a,b"', b'"\\"', b'"W/"', b'"\x80\xff"', b'"*"', b'"!#~"', b'""', b'","'):
            for condition in (etag, b'"z", ' + etag, etag + b',"z"', b"W/" + etag):
                self.assertTrue(matches(condition, etag, weakly=True), condition)
        for etag in (b'"a b"', b'"a\tb"', b'"\x7f"', b'"\0"'):
            self.assertFalse(matches(etag, etag, weakly=True), etag)
        self.assertFalse(matches(b'"a,x"', b'"x"', weakly=True))

    def test_8_8_3_2_strong_and_weak_comparison(self):
        """8.8.3.2: two strong tags match strongly; the same opaque tag matches weakly, whoever is weak."""
        for one, other, strong, weak in (
            (b'W/"1"', b'W/"1"', False, True),
            (b'W/"1"', b'W/"2"', False, False),
            (b'W/"1"', b'"1"', False, True),
            (b'"1"', b'W/"1"', False, True),
            (b'"1"', b'"1"', True, True),
            (b'"1"', b'"2"', False, False),
        ):
            self.assertEqual(matches(one, other, weakly=False), strong, (one, other))
            self.assertEqual(matches(one, other, weakly=True), weak, (one, other))

    def test_9_1_methods_are_case_sensitive(self):
        """9.1: the method token is case-sensitive; `get` is a method nobody has heard of."""
        self.assertEqual(self.request(head(b"get / HTTP/1.1", b"Host: a")).method, b"get")
        self.assertEqual(evaluate(b"get", {b"if-none-match": b"*"}, PAGE, LATER), FAILED)

    def test_9_3_1_content_of_a_get_is_framed_like_any(self):
        """9.3.1: content in a GET has no meaning, but it has a length; else it would be a request."""
        inner = get(b"X: smuggled")
        seen = self.events(get(b"Content-Length: %d" % len(inner)) + inner + get())
        self.assertEqual([event.fields for event in seen if hasattr(event, "fields")][1], {b"host": b"a"})
        self.assertEqual(seen[1], inner)

    def test_9_3_2_a_head_answer_has_no_content(self):
        """9.3.2: the server MUST NOT send content in the answer to HEAD."""
        for status in (200, 206, 301, 404, 500):
            self.assertFalse(has_body(b"HEAD", status))
            self.assertEqual(framing_line(status, 10, 1), b"Content-Length: 10\r\n")

    def test_9_3_6_connect_to_an_invalid_port_is_400(self):
        """9.3.6: a server MUST reject a CONNECT request that targets an empty or invalid port number."""
        for target in (
            b"a:", b"a:x", b"a:0", b"a:65536", b"a:99999", b"a:000080000", b"a:-1", b"a", b":80", b"80",
            b"a:8O",
        ):  # fmt: skip
            self.refuse(400, head(b"CONNECT " + target + b" HTTP/1.1", b"Host: a"))
        for target in (b"a:1", b"a:80", b"a:65535", b"[::1]:443", b"1.2.3.4:443"):
            self.assertEqual(
                self.request(head(b"CONNECT " + target + b" HTTP/1.1", b"Host: a")).target.authority, target
            )

    def test_9_3_7_options_of_the_server(self):
        """9.3.7: OPTIONS * asks about the server in general."""
        self.assertEqual(self.request(head(b"OPTIONS * HTTP/1.1", b"Host:")).target.path, b"*")

    def test_10_1_1_a_client_that_waits_is_told_from_one_that_does_not(self):
        """10.1.1: 100-continue is case-insensitive, and says that the client waits."""
        for value in (b"100-continue", b"100-Continue", b"100-CONTINUE", b" 100-continue\t"):
            request = self.request(post(b"Expect: " + value, b"Content-Length: 1", body=b"x"))
            self.assertTrue(request.expects_continue)
        self.assertFalse(self.request(post(b"Content-Length: 1", body=b"x")).expects_continue)

    def test_10_1_1_another_expectation_is_417(self):
        """10.1.1: a member other than 100-continue MAY be answered with 417."""
        for value in (b"tea", b"100-continue, tea", b"100", b"200-ok", b"100-continue; x", b"100_continue", b""):
            self.refuse(417, post(b"Expect: " + value))

    def test_10_1_1_http_1_0_expects_nothing(self):
        """10.1.1: a 100-continue expectation in HTTP/1.0 MUST be ignored."""
        for value in (b"100-continue", b"tea"):
            request = self.request(head(b"POST / HTTP/1.0", b"Expect: " + value, b"Content-Length: 1") + b"x")
            self.assertFalse(request.expects_continue)

    def test_10_1_1_a_body_that_was_never_asked_for_ends_the_connection(self):
        """10.1.1: answering without 100, a server that does not read the body on ought to close."""
        request = self.request(post(b"Expect: 100-continue", b"Content-Length: 1", body=b"x"))
        for unread, expected in ((0, True), (1, False), (None, False)):
            now = Circumstances(served=1, most=9, unread=unread, drain=1000, stopping=False, broken=False)
            self.assertEqual(persists(request, now), expected)

    def test_10_1_1_continue_is_a_whole_answer(self):
        """10.1.1, 15.2.1: 100 (Continue) is a status line and an empty line."""
        self.assertEqual(CONTINUE, b"HTTP/1.1 100 Continue\r\n\r\n")

    def test_12_4_2_quality_values(self):
        """12.4.2: 0 to 1 with three digits; 0 means not acceptable; none means 1; another is no weight."""
        for accept, coding in (
            (b"gzip;q=1", b"gzip"),
            (b"gzip;q=1.000", b"gzip"),
            (b"gzip;q=0.001", b"gzip"),
            (b"gzip;q=0.", None),
            (b"gzip;q=1.", b"gzip"),
            (b"gzip;Q=0.5", b"gzip"),
            (b"gzip ;\tq=0.5", b"gzip"),
            (b"gzip;q=0", None),
            (b"gzip;q=0.000", None),
            (b"gzip;q=0.0001", None),
            (b"gzip;q=1.001", None),
            (b"gzip;q=2", None),
            (b"gzip;q=-1", None),
            (b"gzip;q=", None),
            (b"gzip;q=.5", None),
            (b"gzip;q= 1", None),
            (b"gzip;q", None),
        ):
            self.assertEqual(choose_coding(accept, [b"gzip"]), coding, accept)

    def test_12_5_3_accept_encoding(self):
        """12.5.3: the acceptable coding of the highest weight; identity is acceptable unless it is excluded."""
        both = [b"br", b"gzip"]
        for accept, available, coding in (
            (None, both, None),
            (b"", both, None),
            (b"gzip", both, b"gzip"),
            (b"gzip, br", both, b"br"),
            (b"br;q=0.5, gzip", both, b"gzip"),
            (b"br;q=0.5, gzip;q=0.5", both, b"br"),
            (b"GZIP", both, b"gzip"),
            (b"x-gzip", both, b"gzip"),
            (b"*", both, b"br"),
            (b"*;q=0.5, gzip", both, b"gzip"),
            (b"br;q=0, *", both, b"gzip"),
            (b"*;q=0", both, None),
            (b"*;q=0, gzip", both, b"gzip"),
            (b"identity", both, None),
            (b"identity, gzip;q=0.5", both, None),
            (b"identity;q=0.5, gzip;q=0.5", both, b"gzip"),
            (b"identity;q=0, gzip", both, b"gzip"),
            (b"deflate, zstd", both, None),
            (b"gzip", [], None),
            (b"gzip", [b"br"], None),
            (b"compress, gzip", [b"gzip"], b"gzip"),
            (b"gzip;q=1.0, identity; q=0.5, *;q=0", both, b"gzip"),
        ):
            self.assertEqual(choose_coding(accept, available), coding, accept)


def decide(method: bytes = b"GET", page: Validators = PAGE, **fields: bytes) -> Verdict:
    """The decision for these conditions, their names written with underscores."""
    return evaluate(method, {name.replace("_", "-").encode(): value for name, value in fields.items()}, page, LATER)


class Section13ConditionTests(SynchronousTestCase):
    """13. Conditional Requests."""

    def test_13_1_1_if_match(self):
        """13.1.1: * is true if there is a page; a list is true if a tag of it matches strongly; false is 412."""
        for value, verdict in ((b"*", GO), (b'"x"', GO), (b'"a", "x"', GO), (b'"a"', FAILED), (b'W/"x"', FAILED)):
            for method in (b"GET", b"HEAD", b"PUT", b"DELETE", b"POST"):
                self.assertEqual(decide(method, if_match=value), verdict, value)
        self.assertEqual(decide(page=WEAK_PAGE, if_match=b'W/"x"'), FAILED)
        self.assertEqual(decide(page=WEAK_PAGE, if_match=b"*"), GO)

    def test_13_1_1_a_malformed_if_match_names_no_page(self):
        """13.1.1: what is no list of tags can not be true, and acting on the request would be worse."""
        for value in (b"", b"x", b'"x" "a"', b"*, *", b'"x', b'*, "x"'):
            self.assertEqual(decide(b"PUT", if_match=value), FAILED, value)

    def test_13_1_2_if_none_match(self):
        """13.1.2: false if * or a tag matches weakly; then 304 for GET and HEAD, 412 for others."""
        for value, met in ((b"*", False), (b'"x"', False), (b'W/"x"', False), (b'"a", W/"x"', False), (b'"a"', True)):
            for method, otherwise in (
                (b"GET", UNCHANGED),
                (b"HEAD", UNCHANGED),
                (b"PUT", FAILED),
                (b"DELETE", FAILED),
            ):
                self.assertEqual(decide(method, if_none_match=value), GO if met else otherwise, (method, value))
                self.assertEqual(decide(method, WEAK_PAGE, if_none_match=value), GO if met else otherwise)

    def test_13_1_2_a_malformed_if_none_match_names_no_page(self):
        """13.1.2: what is no list of tags matches nothing: the page is sent."""
        for value in (b"", b"x", b"'x'", b'"x', b'"x" "a"'):
            self.assertEqual(decide(if_none_match=value), GO, value)

    def test_13_1_3_if_modified_since(self):
        """13.1.3: false, so 304, if the page is not newer than the date."""
        for value, verdict in ((BEFORE, GO), (SAME, UNCHANGED), (AFTER, UNCHANGED)):
            for method in (b"GET", b"HEAD"):
                self.assertEqual(decide(method, if_modified_since=value), verdict)
        for value in (b"Sunday, 06-Nov-94 08:49:37 GMT", b"Sun Nov  6 08:49:37 1994"):
            self.assertEqual(decide(if_modified_since=value), UNCHANGED)

    def test_13_1_3_if_modified_since_is_ignored_with_if_none_match(self):
        """13.1.3: a recipient MUST ignore it if there is an If-None-Match."""
        for tag, date in product((b'"a"', b"nonsense"), (BEFORE, SAME, AFTER)):
            self.assertEqual(decide(if_none_match=tag, if_modified_since=date), GO)

    def test_13_1_3_if_modified_since_is_ignored_when_it_is_no_date(self):
        """13.1.3: a recipient MUST ignore it if it is not a valid HTTP-date."""
        for value in NO_DATES:
            self.assertEqual(decide(if_modified_since=value), GO, value)

    def test_13_1_3_if_modified_since_is_for_get_and_head(self):
        """13.1.3: a recipient MUST ignore it if the method is neither GET nor HEAD."""
        for method in (b"POST", b"PUT", b"DELETE", b"OPTIONS"):
            self.assertEqual(decide(method, if_modified_since=AFTER), GO)

    def test_13_1_4_if_unmodified_since(self):
        """13.1.4: false, so 412, if the page is newer than the date, whatever the method."""
        for value, verdict in ((BEFORE, FAILED), (SAME, GO), (AFTER, GO)):
            for method in (b"GET", b"HEAD", b"PUT", b"DELETE"):
                self.assertEqual(decide(method, if_unmodified_since=value), verdict)

    def test_13_1_4_if_unmodified_since_is_ignored_with_if_match_or_when_it_is_no_date(self):
        """13.1.4: a recipient MUST ignore it if there is an If-Match, or if it is not a valid HTTP-date."""
        self.assertEqual(decide(b"PUT", if_match=b'"x"', if_unmodified_since=BEFORE), GO)
        for value in NO_DATES:
            self.assertEqual(decide(b"PUT", if_unmodified_since=value), GO, value)

    def test_13_1_5_if_range_with_a_tag(self):
        """13.1.5: strong comparison with one entity tag; a list is none."""
        for condition, page, holds in (
            (b'"x"', PAGE, True),
            (b'"y"', PAGE, False),
            (b'W/"x"', PAGE, False),
            (b'W/"x"', WEAK_PAGE, False),
            (b'"x"', WEAK_PAGE, False),
            (b'"x", "y"', PAGE, False),
            (b"*", PAGE, False),
            (b"x", PAGE, False),
            (b"", PAGE, False),
        ):
            self.assertEqual(range_holds(condition, page, LATER), holds, condition)

    def test_13_1_5_if_range_with_a_date(self):
        """13.1.5: the date must be exactly that of the page: neither older nor newer."""
        for condition, holds in (
            (SAME, True),
            (BEFORE, False),
            (AFTER, False),
            *((value, False) for value in NO_DATES),
        ):
            self.assertEqual(range_holds(condition, PAGE, LATER), holds, condition)

    def test_13_1_5_if_range_with_a_date_that_may_change_again(self):
        """13.1.5, 8.8.2.2: a date is a strong validator only if it is at least a second old."""
        for age, holds in ((-1, False), (0, False), (0.9, False), (1, True), (60, True)):
            self.assertEqual(range_holds(SAME, PAGE, CHANGED + age), holds, age)

    def test_13_2_2_step_1_if_match_is_first(self):
        """13.2.2, step 1: If-Match, if it is there, is evaluated first; false is 412 whatever else there is."""
        for tag, date, method in product((b'"x"', b'"a"', b"*"), (BEFORE, AFTER), (b"GET", b"PUT")):
            verdict = decide(
                method, if_match=b'"a"', if_none_match=tag, if_modified_since=date, if_unmodified_since=date
            )
            self.assertEqual(verdict, FAILED)

    def test_13_2_2_step_2_if_unmodified_since_is_second(self):
        """13.2.2, step 2: If-Unmodified-Since stands in for an If-Match that is not there."""
        for tag, method in product((b'"x"', b'"a"', b"*"), (b"GET", b"PUT")):
            self.assertEqual(decide(method, if_unmodified_since=BEFORE, if_none_match=tag), FAILED)
        self.assertEqual(decide(if_match=b'"x"', if_unmodified_since=BEFORE), GO)

    def test_13_2_2_step_3_if_none_match_is_third(self):
        """13.2.2, step 3: with the first two true or absent, If-None-Match; false is 304 or 412."""
        for fields in ({}, {"if_match": b"*"}, {"if_unmodified_since": SAME}, {"if_match": b'"x"'}):
            self.assertEqual(decide(b"GET", if_none_match=b'"x"', **fields), UNCHANGED)
            self.assertEqual(decide(b"PUT", if_none_match=b'"x"', **fields), FAILED)
            self.assertEqual(decide(b"GET", if_none_match=b'"a"', **fields), GO)

    def test_13_2_2_step_4_if_modified_since_is_fourth(self):
        """13.2.2, step 4: for GET and HEAD without If-None-Match, If-Modified-Since; false is 304."""
        for fields in ({}, {"if_match": b"*"}, {"if_unmodified_since": SAME}):
            self.assertEqual(decide(b"GET", if_modified_since=SAME, **fields), UNCHANGED)
            self.assertEqual(decide(b"GET", if_modified_since=BEFORE, **fields), GO)
            self.assertEqual(decide(b"PUT", if_modified_since=SAME, **fields), GO)

    def test_13_2_2_every_combination(self):
        """13.2.2: all four conditions, absent, true and false, for a method that reads and one that writes."""
        states = (None, True, False)
        matching = {True: b'"x"', False: b'"a"'}
        dates = {True: BEFORE, False: AFTER}
        for match, unmodified, none, modified, method in product(states, states, states, states, (b"GET", b"PUT")):
            fields = {}
            if match is not None:
                fields["if_match"] = matching[match]
            if unmodified is not None:
                fields["if_unmodified_since"] = dates[not unmodified]
            if none is not None:
                fields["if_none_match"] = matching[not none]
            if modified is not None:
                fields["if_modified_since"] = dates[modified]
            first = unmodified if match is None else match
            second = (modified if method == b"GET" else None) if none is None else none
            unmet = UNCHANGED if method == b"GET" else FAILED
            expected = FAILED if first is False else unmet if second is False else GO
            self.assertEqual(decide(method, **fields), expected, (method, fields))


class Section14RangeTests(SynchronousTestCase):
    """14. Range Requests."""

    def check(self, table) -> None:
        """Rows of: the field, the page's size, and (first, last) of each span, or None for the whole page."""
        for value, size, expected in table:
            spans = select(value, size, 10)
            found = None if spans is None else [(span.offset, span.offset + span.length - 1) for span in spans]
            self.assertEqual(found, expected, (value, size))

    def test_14_1_1_an_invalid_set_of_ranges_is_no_set(self):
        """14.1.1: last-pos before first-pos is invalid; an invalid Range is ignored as a whole."""
        self.check(
            [
                (b"bytes=5-4", 10000, None),
                (b"bytes=0-1,5-4", 10000, None),
                (b"bytes=99999-99998", 10000, None),
                (b"bytes=", 10000, None),
                (b"bytes=,", 10000, None),
                (b"bytes=-", 10000, None),
                (b"bytes=--5", 10000, None),
                (b"bytes=a-b", 10000, None),
                (b"bytes=1", 10000, None),
                (b"bytes=1-2-3", 10000, None),
                (b"bytes=+1-2", 10000, None),
                (b"bytes=0x1-2", 10000, None),
                (b"bytes=1_0-20", 10000, None),
                (b"bytes=1 - 2", 10000, None),
                (b"bytes=1-2 3-4", 10000, None),
                (b"bytes=1-2;3-4", 10000, None),
                (b"bytes=\xb2-5", 10000, None),
                (b"bytes 1-2", 10000, None),
                (b"bytes", 10000, None),
                (b"", 10000, None),
                (b"=1-2", 10000, None),
            ]
        )

    def test_14_1_2_byte_ranges(self):
        """14.1.2: positions from 0, both ends included; a suffix is so many of the last bytes."""
        self.check(
            [
                (b"bytes=0-499", 10000, [(0, 499)]),
                (b"bytes=500-999", 10000, [(500, 999)]),
                (b"bytes=-500", 10000, [(9500, 9999)]),
                (b"bytes=9500-", 10000, [(9500, 9999)]),
                (b"bytes=0-0,-1", 10000, [(0, 0), (9999, 9999)]),
                (b"bytes= 0-999, 4500-5499, -1000", 10000, [(0, 999), (4500, 5499), (9000, 9999)]),
                (b"bytes=500-600,601-999", 10000, [(500, 999)]),
                (b"bytes=500-700,601-999", 10000, [(500, 999)]),
                (b"bytes=0-", 10000, [(0, 9999)]),
                (b"bytes=9999-", 10000, [(9999, 9999)]),
                (b"bytes=0-0", 1, [(0, 0)]),
            ]
        )

    def test_14_1_2_what_reaches_beyond_the_page_ends_with_it(self):
        """14.1.2: a last-pos beyond the page, or a suffix longer than it, means up to its end, or all of it."""
        self.check(
            [
                (b"bytes=0-99999", 10000, [(0, 9999)]),
                (b"bytes=9999-10000", 10000, [(9999, 9999)]),
                (b"bytes=-10000", 10000, [(0, 9999)]),
                (b"bytes=-99999", 10000, [(0, 9999)]),
                (b"bytes=5-9223372036854775807", 10000, [(5, 9999)]),
                (b"bytes=5-9999999999999999999", 10000, [(5, 9999)]),
            ]
        )

    def test_14_1_2_a_range_that_begins_behind_the_page_can_not_be_satisfied(self):
        """14.1.2: satisfiable is a first-pos within the page, or a suffix that is not 0; one of the set suffices."""
        self.check(
            [
                (b"bytes=10000-", 10000, []),
                (b"bytes=10000-10001", 10000, []),
                (b"bytes=-0", 10000, []),
                (b"bytes=10000-,-0", 10000, []),
                (b"bytes=0-0,10000-", 10000, [(0, 0)]),
                (b"bytes=10000-,0-0", 10000, [(0, 0)]),
                (b"bytes=-0,0-0", 10000, [(0, 0)]),
                (b"bytes=0-", 0, []),
                (b"bytes=0-0", 0, []),
                (b"bytes=-0", 0, []),
            ]
        )

    def test_14_1_2_the_end_of_an_empty_page_is_the_empty_page(self):
        """14.1.2: a suffix that is not 0 is satisfiable always; no Content-Range can say so, thus the whole page."""
        self.check([(b"bytes=-1", 0, None), (b"bytes=-500", 0, None), (b"bytes=0-,-500", 0, None)])

    def test_14_2_an_unknown_unit_is_ignored(self):
        """14.2: an origin server MUST ignore a Range with a unit it does not understand."""
        self.check([(b"lines=0-1", 100, None), (b"byte=0-1", 100, None), (b"bytes2=0-1", 100, None)])

    def test_14_1_units_are_case_insensitive(self):
        """14.1: range unit names are case-insensitive."""
        self.check([(b"BYTES=0-1", 100, [(0, 1)]), (b"Bytes=0-1", 100, [(0, 1)])])

    def test_14_2_many_ranges_are_an_attack(self):
        """14.2, 17.15: many small or overlapping ranges are a sign of an attack, and ought to be ignored."""
        self.assertIsNone(select(b"bytes=" + b",".join(b"%d-%d" % (n * 100, n * 100) for n in range(11)), 10000, 10))
        self.assertIsNone(select(b"bytes=" + b"0-," * 11, 10000, 10))
        self.assertIsNone(select(b"bytes=0-1" + b"," * 100, 10000, 10))
        self.assertIsNone(select(b"bytes=0-," * 2000, 10000, 10))

    def test_14_4_content_range(self):
        """14.4: unit SP first-last/complete-length."""
        for span, size, value in (
            (Span(42, 1192), 1234, b"bytes 42-1233/1234"),
            (Span(0, 1), 1, b"bytes 0-0/1"),
            (Span(0, 500), 1234, b"bytes 0-499/1234"),
        ):
            self.assertEqual(span.content_range(size), value)

    def test_14_6_parts_of_several_ranges(self):
        """14.6: each part has its Content-Type and its Content-Range, between boundaries."""
        self.assertEqual(
            part_head(b"THIS", b"application/pdf", Span(500, 500), 8000),
            b"\r\n--THIS\r\nContent-Type: application/pdf\r\nContent-Range: bytes 500-999/8000\r\n\r\n",
        )
        self.assertEqual(last_boundary(b"THIS"), b"\r\n--THIS--\r\n")

    def test_15_3_7_2_near_ranges_are_one(self):
        """15.3.7.2: ranges that overlap, or are nearer than a part's head is long, MAY be joined; order is kept."""
        self.check(
            [
                (b"bytes=0-9,90-99", 1000, [(0, 99)]),
                (b"bytes=0-9,91-99", 1000, [(0, 9), (91, 99)]),
                (b"bytes=900-909,0-9", 1000, [(900, 909), (0, 9)]),
                (b"bytes=500-509,0-9,510-519", 1000, [(500, 519), (0, 9)]),
                (b"bytes=0-9,200-209,10-199", 1000, [(0, 209)]),
                (b"bytes=5-5,5-5,5-5", 1000, [(5, 5)]),
            ]
        )

    def test_15_3_7_2_as_much_as_the_page_is_the_page(self):
        """15.3.7.2: several ranges that come to the whole page would only cost their heads."""
        self.check([(b"bytes=500-999,0-499", 1000, [(0, 999)]), (b"bytes=0-,0-", 1000, [(0, 999)])])


PHRASES = {
    (15, 2): {100: "Continue", 101: "Switching Protocols"},
    (15, 3): {
        200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
        205: "Reset Content", 206: "Partial Content",
    },
    (15, 4): {
        300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
        305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect",
    },
    (15, 5): {
        400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
        408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
        413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable",
        417: "Expectation Failed",
        421: "Misdirected Request", 422: "Unprocessable Content", 426: "Upgrade Required",
    },
    (15, 6): {
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout", 505: "HTTP Version Not Supported",
    },
}  # fmt: skip


class Section15StatusTests(ReadingTestCase):
    """15. Status Codes."""

    def check(self, *section: int) -> None:
        """Every phrase of a section, in the table and in the status line."""
        for status, phrase in PHRASES[section].items():
            self.assertEqual(REASONS[status], phrase)
            self.assertEqual(encode_head(status, ()), b"HTTP/1.1 %d %b\r\n\r\n" % (status, phrase.encode()))

    def test_15_2_informational(self):
        """15.2: 1xx."""
        self.check(15, 2)

    def test_15_3_successful(self):
        """15.3: 2xx."""
        self.check(15, 3)

    def test_15_4_redirection(self):
        """15.4: 3xx."""
        self.check(15, 4)

    def test_15_5_client_error(self):
        """15.5: 4xx."""
        self.check(15, 5)

    def test_15_6_server_error(self):
        """15.6: 5xx."""
        self.check(15, 6)

    def test_15_3_5_and_15_4_5_have_no_content(self):
        """15.3.5, 15.4.5: 204 and 304 end with the empty line behind their fields."""
        for status in (204, 304):
            self.assertFalse(has_body(b"GET", status))

    def test_15_5_14_content_too_large(self):
        """15.5.14: more than the server takes is 413, and the connection MAY be closed, lest the client go on."""
        self.refuse(413, post(b"Content-Length: 16777217"))
        self.refuse(413, chunked(b"1000001\r\n"))

    def test_15_6_6_another_major_version(self):
        """15.6.6: 505 for a major version that is not spoken."""
        self.refuse(505, head(b"GET / HTTP/2.0", b"Host: a"))
        self.refuse(505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
