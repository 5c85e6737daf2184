"""RFC 9112, HTTP/1.1: one test for each duty of a server that the reader or the writer of heads decides.

The number of the section stands in the name of the test, and the duty in its first line.
"""

from twisted.trial.unittest import SynchronousTestCase

from occwserv.http.answer import encode_head, framing_line, has_body
from occwserv.http.chunked import LAST_CHUNK, End, encode_chunk
from occwserv.http.head import Limits, Request
from occwserv.http.persistence import Circumstances, connection_line, persists
from occwserv.http.reader import Refusal, RequestReader

from .feeding import LIMITS, ReadingTestCase, chunked, get, head, post, read

HELLO = b"5\r\nhello\r\n"
END = b"0\r\n\r\n"
CONTROLS = [bytes([code]) for code in (*range(9), 11, 12, *range(14, 32), 127)]
ORDINARY = Circumstances(served=1, most=100, unread=0, drain=1000, stopping=False, broken=False)


class Section2MessageTests(ReadingTestCase):
    """2. Message."""

    def test_2_1_a_message_is_a_line_and_fields_and_an_empty_line_and_a_body(self):
        """2.1: a start-line, field lines, an empty line, each ended by CR LF, and perhaps a body."""
        request = self.request(post(b"Content-Length: 2", body=b"ok"))
        self.assertEqual((request.line, request.length), (b"POST / HTTP/1.1", 2))
        self.assertEqual(self.body(post(b"Content-Length: 2", body=b"ok")), (b"ok", ()))

    def test_2_1_a_start_line_alone_is_a_whole_head(self):
        """2.1: there may be no field lines at all."""
        self.assertEqual(self.request(head(b"GET / HTTP/1.0")).fields, {})

    def test_2_2_a_message_is_octets_and_not_characters_of_some_encoding(self):
        """2.2: a message is parsed as octets; what ends a line in Unicode ends none here."""
        for separator in (b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9"):
            self.assertEqual(self.request(get(b"X: a" + separator + b"b")).fields[b"x"], b"a" + separator + b"b")
        for separator in (b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e"):
            self.refuse(400, get(b"X: a" + separator + b"b"))

    def test_2_2_nothing_waits_for_an_end_that_is_already_there(self):
        """2.2: the head ends with its empty line: the request is there with the last byte, and not before."""
        for end in range(1, len(get())):
            self.assertEqual(read([get()[:end]]), [])
        self.assertEqual(len(read([get()])), 1)

    def test_2_2_a_bare_lf_is_refused(self):
        """2.2: a recipient MAY take a bare LF for a line end; this one does not, as the next server may not."""
        for place in (b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\n\r\n", get()[:-2] + b"\n"):
            self.refuse(400, place)

    def test_2_2_a_bare_cr_is_refused(self):
        """2.2: a bare CR makes the element invalid (or is replaced by a blank, which hides it)."""
        for place in (b"GET /\r HTTP/1.1", b"GET\r/ HTTP/1.1", b"GET / HTTP/1.1\rX: y"):
            self.refuse(400, head(place, b"Host: a"))
        for field in (b"X: a\rb", b"X\r: a", b"X: a\r", b"\rX: a"):
            self.refuse(400, get(field))

    def test_2_2_no_bare_cr_is_sent(self):
        """2.2: a sender MUST NOT generate a bare CR outside of content."""
        for field in ((b"X", b"a\rb"), (b"X", b"a\r"), (b"X\r", b"a")):
            self.assertRaises(ValueError, encode_head, 200, [field])
        self.assertRaises(ValueError, encode_head, 200, [], "O\rK")

    def test_2_2_one_empty_line_before_the_request_line_is_ignored(self):
        """2.2: a server SHOULD ignore at least one empty line received before the request line."""
        self.assertEqual(self.request(b"\r\n" + get()), self.request(get()))
        self.assertEqual(len(self.events(b"\r\n" + get() + b"\r\n" + get() + b"\r\n" + get())), 3)

    def test_2_2_more_empty_lines_are_not_ignored(self):
        """2.2: at least one; this server takes exactly one, as nobody may feed it empty lines for ever."""
        self.refuse(400, b"\r\n\r\n" + get())

    def test_2_2_a_blank_before_the_first_field_is_refused(self):
        """2.2: whitespace between the start-line and the first field: reject, or drop those lines."""
        for blank in (b" ", b"\t", b"  \t"):
            self.refuse(400, head(b"GET / HTTP/1.1", blank + b"Host: a"))
            self.refuse(400, head(b"GET / HTTP/1.1", blank + b"X: y", b"Host: a"))
            self.refuse(400, head(b"GET / HTTP/1.1", blank, b"Host: a"))

    def test_2_2_what_is_not_http_is_400_and_the_end(self):
        """2.2: octets that do not match the grammar SHOULD be answered with 400 and a closed connection."""
        for noise in (
            b"\x16\x03\x01\x02\x00", b"\0", b"\xff\xff", b"<xml>", b"{}", b"SSH-2.0-x\r\n\r\n",
            b"hello\r\n\r\n",
        ):  # fmt: skip
            self.refuse(400, noise)

    def test_2_2_what_can_not_become_http_is_refused_at_once(self):
        """2.2: a first byte, or a line end, that can not be HTTP is not waited upon."""
        for noise in (b"\x16", b"\n", b"\r\r", b" ", b"G\n", b"G\rx", b"GET / HTTP/1.1\n"):
            self.assertEqual(read([noise]), [400])

    def test_2_3_the_version_is_case_sensitive(self):
        """2.3: HTTP-version is case-sensitive."""
        for version in (b"http/1.1", b"Http/1.1", b"HTTp/1.1"):
            self.refuse(400, head(b"GET / " + version, b"Host: a"))

    def test_2_3_the_version_is_two_digits(self):
        """2.3: HTTP/ DIGIT . DIGIT."""
        for version in (b"HTTP/1", b"HTTP/1.", b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1.1.1", b"HTTP/-1.1", b"HTTP/1.x"):
            self.refuse(400, head(b"GET / " + version, b"Host: a"))

    def test_2_3_an_unknown_major_version_is_505(self):
        """2.3, RFC 9110 15.6.6: another major version MAY be answered with 505."""
        for version in (b"HTTP/0.9", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/9.9"):
            self.refuse(505, head(b"GET / " + version, b"Host: a"))

    def test_2_3_answers_have_the_version_of_the_server(self):
        """2.3, RFC 9110 2.5: an answer's version is the highest the server conforms to in the request's major one."""
        self.assertTrue(encode_head(200, []).startswith(b"HTTP/1.1 "))


class Section3RequestLineTests(ReadingTestCase):
    """3. Request Line."""

    def test_3_the_parts_are_divided_by_one_blank(self):
        """3: method SP request-target SP HTTP-version; other whitespace may be tolerated, and is not."""
        for line in (
            b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET /\tHTTP/1.1", b"GET / HTTP/1.1 ",
        ):  # fmt: skip
            self.refuse(400, head(line, b"Host: a"))
        for blank in (b"\x0b", b"\x0c", b"\xa0", b"\x1c"):
            self.refuse(400, head(b"GET" + blank + b"/ HTTP/1.1", b"Host: a"))
            self.refuse(400, head(b"GET /" + blank + b"HTTP/1.1", b"Host: a"))

    def test_3_an_invalid_request_line_is_not_corrected(self):
        """3: an invalid request-line SHOULD be 400, and SHOULD NOT be corrected: that has passed by filters."""
        for line in (b"GET", b"GET /", b"GET HTTP/1.1", b"/ HTTP/1.1", b"GET / x HTTP/1.1", b"GET / HTTP/1.1 x"):
            self.refuse(400, head(line, b"Host: a"))

    def test_3_lines_of_8000_octets_are_read(self):
        """3: it is RECOMMENDED to support request-line lengths of 8000 octets at least."""
        line = b"GET /" + b"a" * 7986 + b" HTTP/1.1"
        self.assertEqual((len(line), self.request(head(line, b"Host: a")).line), (8000, line))

    def test_3_a_target_too_long_is_414(self):
        """3: a request-target longer than any the server wishes to parse MUST be answered with 414."""
        self.refuse(414, head(b"GET /" + b"a" * 9000 + b" HTTP/1.1", b"Host: a"))
        self.refuse(414, b"GET /" + b"a" * 9000)

    def test_3_1_the_method_is_case_sensitive(self):
        """3.1: the request method is case-sensitive."""
        self.assertEqual(self.request(head(b"gEt / HTTP/1.1", b"Host: a")).method, b"gEt")
        self.refuse(400, head(b"options * HTTP/1.1", b"Host: a"))
        self.refuse(400, head(b"connect a:1 HTTP/1.1", b"Host: a"))

    def test_3_1_the_method_is_a_token(self):
        """3.1: method = token."""
        for character in [*CONTROLS, *(bytes([code]) for code in b'"(),/:;<=>?@[\\]{}\x80\xff')]:
            self.refuse(400, head(b"G" + character + b"T / HTTP/1.1", b"Host: a"))

    def test_3_2_no_whitespace_in_the_target(self):
        """3.2: no whitespace is allowed in the request-target."""
        for blank in (b" ", b"\t", b"\x0b", b"\x0c", b"\r", b"\n"):
            self.refuse(400, head(b"GET /a" + blank + b"b HTTP/1.1", b"Host: a"))

    def test_3_2_no_control_and_no_high_byte_in_the_target(self):
        """3.2, RFC 3986 2: a URI is visible ASCII."""
        for character in [*CONTROLS, b"\x80", b"\xe9", b"\xff"]:
            self.refuse(400, head(b"GET /a" + character + b"b HTTP/1.1", b"Host: a"))
            self.refuse(400, head(b"GET /?a" + character + b"b HTTP/1.1", b"Host: a"))

    def test_3_2_no_host_is_400(self):
        """3.2: a HTTP/1.1 request that lacks a Host MUST be answered with 400."""
        for line in (b"GET / HTTP/1.1", b"GET http://a/ HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET / HTTP/1.2"):
            self.refuse(400, head(line))
            self.refuse(400, head(line, b"X-Host: a"))
        self.assertEqual(self.request(head(b"GET / HTTP/1.0")).minor, 0)

    def test_3_2_two_hosts_are_400(self):
        """3.2: more than one Host line MUST be answered with 400, the same or not."""
        for second in (b"Host: a", b"Host: b", b"host: a", b"HOST:"):
            self.refuse(400, get(second))
            self.refuse(400, get(b"X: y", second))
            self.refuse(400, head(b"GET / HTTP/1.0", b"Host: a", second))

    def test_3_2_an_invalid_host_is_400(self):
        """3.2: a Host with an invalid value MUST be answered with 400."""
        for host in (
            b"u@a", b"a/", b"a b", b"a:x", b"a:80:80", b"a?", b"a#", b"http://a", b"a, b", b"a\\", b'"a"',
            b"\xe9", b"%4", b"[::1", b"::1", b"[]", b"[::1]a", b"[:::]", b"[1.2.3.4]", b"[fe80::1%25lo]",
            b"[v1]", b"[12345::]",
        ):  # fmt: skip
            self.refuse(400, head(b"GET / HTTP/1.1", b"Host: " + host))
            self.refuse(400, head(b"GET http://b/ HTTP/1.1", b"Host: " + host))

    def test_3_2_an_empty_host_is_a_host(self):
        """3.2: if the target URI has no authority, Host is sent with an empty value."""
        self.assertEqual(self.request(head(b"GET / HTTP/1.1", b"Host:")).fields[b"host"], b"")

    def test_3_2_a_fragment_is_no_part_of_a_target(self):
        """3.2: none of the four forms has a fragment."""
        for target in (b"/#", b"/a#b", b"/?a#b", b"http://a/#b", b"#", b"*#"):
            self.refuse(400, head(b"GET " + target + b" HTTP/1.1", b"Host: a"))

    def test_3_2_1_origin_form(self):
        """3.2.1: absolute-path [ "?" query ]."""
        target = self.request(head(b"GET /where?q=now HTTP/1.1", b"Host: a")).target
        self.assertEqual((target.path, target.query, target.authority), (b"/where", b"q=now", None))

    def test_3_2_1_a_target_begins_with_a_slash(self):
        """3.2.1: what does not begin with / is no origin-form."""
        for target in (b"where", b"?q", b"\\", b".", b"../a", b"%2f"):
            self.refuse(400, head(b"GET " + target + b" HTTP/1.1", b"Host: a"))

    def test_3_2_2_absolute_form_is_accepted(self):
        """3.2.2: a server MUST accept the absolute-form in requests."""
        target = self.request(head(b"GET http://www.example.org/pub/x.html?y HTTP/1.1", b"Host: a")).target
        self.assertEqual((target.path, target.query, target.authority), (b"/pub/x.html", b"y", b"www.example.org"))

    def test_3_2_2_the_authority_of_the_target_beats_host(self):
        """3.2.2: an origin server MUST ignore Host and use the host of an absolute-form target."""
        request = self.request(head(b"GET http://b:8080/ HTTP/1.1", b"Host: a"))
        self.assertEqual((request.target.authority, request.fields[b"host"]), (b"b:8080", b"a"))

    def test_3_2_2_the_scheme_is_case_insensitive(self):
        """3.2.2, RFC 3986 3.1: HTTP:// is http://."""
        self.assertEqual(self.request(head(b"GET hTTp://b/ HTTP/1.1", b"Host: a")).target.authority, b"b")

    def test_3_2_3_authority_form_is_for_connect_alone(self):
        """3.2.3: authority-form is only used for CONNECT, which has no other."""
        request = self.request(head(b"CONNECT www.example.org:80 HTTP/1.1", b"Host: a"))
        self.assertEqual(request.target.authority, b"www.example.org:80")
        for method in (b"GET", b"POST", b"OPTIONS"):
            self.refuse(400, head(method + b" www.example.org:80 HTTP/1.1", b"Host: a"))
        for target in (b"/", b"*", b"http://a/", b"a", b"80", b"a:", b":80", b"u@a:80"):
            self.refuse(400, head(b"CONNECT " + target + b" HTTP/1.1", b"Host: a"))

    def test_3_2_4_asterisk_form_is_for_options_alone(self):
        """3.2.4: asterisk-form is only used for a server-wide OPTIONS."""
        self.assertEqual(self.request(head(b"OPTIONS * HTTP/1.1", b"Host: a")).target.path, b"*")
        for method in (b"GET", b"HEAD", b"POST", b"CONNECT", b"Options"):
            self.refuse(400, head(method + b" * HTTP/1.1", b"Host: a"))

    def test_3_2_4_options_of_an_absolute_form_without_path_is_server_wide(self):
        """3.2.4: OPTIONS http://host:port is what a proxy sends on as OPTIONS *; a slash makes it a resource."""
        for target, path in ((b"http://b:8001", b"*"), (b"http://b:8001/", b"/"), (b"http://b:8001?x", b"/")):
            found = self.request(head(b"OPTIONS " + target + b" HTTP/1.1", b"Host: a")).target
            self.assertEqual((found.path, found.authority), (path, b"b:8001"))

    def test_3_3_without_path_the_path_is_a_slash(self):
        """3.3, RFC 9110 4.2.3: an empty path component is equivalent to /."""
        for target in (b"http://b", b"http://b?q"):
            self.assertEqual(self.request(head(b"GET " + target + b" HTTP/1.1", b"Host: a")).target.path, b"/")


class Section4StatusLineTests(SynchronousTestCase):
    """4. Status Line."""

    def test_4_the_status_line_is_version_and_code_and_reason(self):
        """4: HTTP-version SP status-code SP [ reason-phrase ]."""
        self.assertEqual(encode_head(404, []), b"HTTP/1.1 404 Not Found\r\n\r\n")
        self.assertEqual(encode_head(200, [], "Fine"), b"HTTP/1.1 200 Fine\r\n\r\n")

    def test_4_the_second_blank_is_sent_without_a_reason_too(self):
        """4: a server MUST send the space behind the code even when there is no reason phrase."""
        for unknown in (299, 499, 599):
            self.assertEqual(encode_head(unknown, []), b"HTTP/1.1 %d \r\n\r\n" % unknown)
        self.assertEqual(encode_head(200, [], ""), b"HTTP/1.1 200 \r\n\r\n")

    def test_4_a_reason_does_not_leave_its_line(self):
        """4: reason-phrase is blanks and visible characters."""
        for reason in ("OK\r\nX: y", "OK\n", "OK\r", "O\0K"):
            self.assertRaises(ValueError, encode_head, 200, [], reason)
        self.assertEqual(encode_head(200, [], "\u20ac\u2028"), b"HTTP/1.1 200 ??\r\n\r\n")


class Section5FieldTests(ReadingTestCase):
    """5. Field Syntax."""

    def test_5_a_field_line_is_name_and_colon_and_value(self):
        """5: field-name ":" OWS field-value OWS."""
        fields = self.request(get(b"X: y", b"Empty:", b"Colons: a:b::c")).fields
        self.assertEqual(fields, {b"host": b"a", b"x": b"y", b"empty": b"", b"colons": b"a:b::c"})

    def test_5_a_line_without_colon_or_name_is_refused(self):
        """5: no colon, no name: no field line."""
        for line in (b"X", b": y", b":", b"X=y", b"GET / HTTP/1.1"):
            self.refuse(400, get(line))

    def test_5_answers_are_written_alike(self):
        """5: a name, a colon, one blank, a value, CR LF."""
        self.assertEqual(encode_head(200, [(b"X", b"y"), (b"Z", b"")]), b"HTTP/1.1 200 OK\r\nX: y\r\nZ: \r\n\r\n")

    def test_5_a_name_is_a_token(self):
        """5, RFC 9110 5.1: field-name = token."""
        for character in [*CONTROLS, *(bytes([code]) for code in b' "(),/;<=>?@[\\]{}\x80\xff')]:
            self.refuse(400, get(b"X" + character + b"Y: z"))

    def test_5_1_a_blank_before_the_colon_is_400(self):
        """5.1: whitespace between name and colon MUST be rejected with 400."""
        for blank in (b" ", b"\t", b"  ", b" \t"):
            for name in (b"X", b"Host", b"Content-Length", b"Transfer-Encoding"):
                self.refuse(400, get(name + blank + b": 5"))

    def test_5_1_blanks_around_a_value_are_not_part_of_it(self):
        """5.1: leading and trailing whitespace of the line's value is excluded by the parser."""
        for line in (b"X:y", b"X: y", b"X:\ty", b"X:  \t y\t \t", b"X:y "):
            self.assertEqual(self.request(get(line)).fields[b"x"], b"y")
        self.assertEqual(self.request(get(b"X: y  z")).fields[b"x"], b"y  z")

    def test_5_2_a_folded_line_is_400(self):
        """5.2: obs-fold MUST be rejected with 400 or replaced by blanks; rejected is what no one misreads."""
        for line in (b" y", b"\ty", b" ", b"  y: z"):
            self.refuse(400, get(b"X: a", line))
            self.refuse(400, post(b"Transfer-Encoding: x,", line.replace(b"y", b"chunked"), body=END))


class Section6BodyTests(ReadingTestCase):
    """6. Message Body."""

    def test_6_a_body_is_announced_by_its_framing_and_not_by_the_method(self):
        """6: Content-Length or Transfer-Encoding signal a body, with any method."""
        for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE", b"BREW"):
            line = method + b" / HTTP/1.1"
            self.assertEqual(self.body(head(line, b"Host: a", b"Content-Length: 3") + b"abc")[0], b"abc")
            self.assertEqual(
                self.body(head(line, b"Host: a", b"Transfer-Encoding: chunked") + HELLO + END)[0], b"hello"
            )
            self.assertEqual(self.request(head(line, b"Host: a")).length, 0)

    def test_6_1_chunked_is_read(self):
        """6.1: a recipient MUST be able to parse the chunked transfer coding."""
        self.assertEqual(self.body(chunked(HELLO + b"1\r\n!\r\n" + END)), (b"hello!", ()))

    def test_6_1_a_coding_that_is_not_understood_is_501(self):
        """6.1: a transfer coding the server does not understand SHOULD be answered with 501."""
        for coding in (b"gzip", b"deflate, chunked", b"identity", b"xchunked", b"chunked-x", b"x;chunked"):
            self.refuse(501, post(b"Transfer-Encoding: " + coding, body=HELLO + END))

    def test_6_1_chunked_is_not_applied_twice(self):
        """6.1: chunked MUST NOT be applied more than once."""
        self.refuse(400, post(b"Transfer-Encoding: chunked, chunked", body=HELLO + END))
        self.refuse(400, post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=HELLO + END))

    def test_6_1_both_framings_are_refused_and_the_connection_ends(self):
        """6.1: a request with both fields MAY be rejected; the server MUST close the connection behind it."""
        for fields in (
            (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
            (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
            (b"Transfer-Encoding: CHUNKED", b"X: y", b"content-length: 0"),
            (b"Transfer-Encoding: identity", b"Content-Length: 5"),
        ):
            self.refuse(400, post(*fields, body=HELLO + END))

    def test_6_1_transfer_encoding_in_http_1_0_is_faulty(self):
        """6.1: in HTTP/1.0 a Transfer-Encoding MUST be treated as faulty framing, and the connection closed."""
        for fields in ((b"Transfer-Encoding: chunked",), (b"Transfer-Encoding: gzip",), (b"Transfer-Encoding:",)):
            self.refuse(400, head(b"POST / HTTP/1.0", *fields) + HELLO + END)
            self.refuse(400, head(b"POST / HTTP/1.0", b"Connection: keep-alive", *fields) + HELLO + END)

    def test_6_1_no_transfer_encoding_where_there_is_no_body(self):
        """6.1: a server MUST NOT send Transfer-Encoding with 1xx or 204."""
        for status in (100, 101, 103, 199, 204):
            self.assertEqual(framing_line(status, None, 1), b"")
            self.assertEqual(framing_line(status, 0, 1), b"")

    def test_6_1_no_transfer_encoding_to_a_http_1_0_client(self):
        """6.1: a server MUST NOT send Transfer-Encoding unless the request is HTTP/1.1 or later."""
        self.assertEqual(framing_line(200, None, 0), b"")
        self.assertEqual(framing_line(200, None, 1), b"Transfer-Encoding: chunked\r\n")

    def test_6_2_never_both_framings_are_sent(self):
        """6.2: a sender MUST NOT send Content-Length together with Transfer-Encoding."""
        for status in (200, 206, 304, 404, 500):
            for length in (None, 0, 5):
                self.assertLessEqual(framing_line(status, length, 1).count(b"\r\n"), 1)
        self.assertEqual(framing_line(200, 5, 1), b"Content-Length: 5\r\n")
        self.assertEqual(framing_line(200, 0, 0), b"Content-Length: 0\r\n")

    def test_6_3_1_answers_to_head_and_with_1xx_204_304_have_no_body(self):
        """6.3, rule 1: they end with the empty line behind the fields, whatever the fields say."""
        for method, status, expected in (
            (b"HEAD", 200, False),
            (b"HEAD", 404, False),
            (b"GET", 100, False),
            (b"GET", 103, False),
            (b"GET", 204, False),
            (b"GET", 304, False),
            (b"GET", 200, True),
            (b"GET", 206, True),
            (b"POST", 201, True),
            (b"GET", 404, True),
            (b"GET", 205, True),
            (b"OPTIONS", 200, True),
        ):
            self.assertEqual(has_body(method, status), expected, (method, status))

    def test_6_3_3_transfer_encoding_with_content_length_is_treated_as_an_error(self):
        """6.3, rule 3: it ought to be handled as an error, as it might be request smuggling."""
        seen = self.events(post(b"Content-Length: 0", b"Transfer-Encoding: chunked", body=END + get()))
        self.assertEqual(seen, [400])

    def test_6_3_4_a_request_whose_last_coding_is_not_chunked_is_refused(self):
        """6.3, rule 4: if chunked is not last, the length can not be told: 400, and the connection closes."""
        for codings in (
            (b"chunked, gzip",),
            (b"chunked, identity",),
            (b"chunked", b"identity"),
            (b"chunked,chunked",),
            (b"chunked, x, chunked",),
            (b"",),
            (b",",),
            (b"chunked , x",),
            (b"x, chunked, y",),
        ):
            fields = [b"Transfer-Encoding: " + coding for coding in codings]
            self.refuse(400, post(*fields, body=HELLO + END))

    def test_6_3_5_an_invalid_content_length_is_400(self):
        """6.3, rule 5: an invalid Content-Length MUST be answered with 400 and a closed connection."""
        for value in (
            b"", b"+5", b"-5", b"0x5", b"5.", b"5,", b"5 5", b"1_0", b"five", b"\xb2", b"5;", b"5\xa0", b'"5"',
        ):  # fmt: skip
            self.refuse(400, post(b"Content-Length: " + value, body=b"hello"))

    def test_6_3_5_content_length_comes_once(self):
        """6.3, rule 5: several values, even the same, MAY be rejected; different ones MUST be."""
        for first, second in ((b"5", b"6"), (b"5", b"5"), (b"5", b""), (b"0", b"5"), (b"5", b"05")):
            self.refuse(400, post(b"Content-Length: " + first, b"Content-Length: " + second, body=b"hello"))
            self.refuse(400, post(b"Content-Length: " + first + b", " + second, body=b"hello"))

    def test_6_3_6_content_length_tells_the_length(self):
        """6.3, rule 6: the body is that many octets, and the next request begins behind them."""
        for length in (1, 2, 35, 1000):
            body = (get() * 40)[:length]
            seen = self.events(post(b"Content-Length: %d" % length, body=body) + get())
            self.assertEqual(seen[1:3], [body, End()])
            self.assertEqual(seen[3].method, b"GET")

    def test_6_3_6_a_body_cut_short_has_no_end(self):
        """6.3, rule 6: if the sender closes before all octets came, the message is incomplete."""
        for data in (post(b"Content-Length: 6", body=b"hello"), post(b"Content-Length: 5")):
            self.assertFalse(any(isinstance(event, End) for event in self.events(data)))

    def test_6_3_7_without_framing_there_is_no_body(self):
        """6.3, rule 7: a request with neither field has a body of length zero."""
        for method in (b"POST", b"PUT", b"PATCH", b"GET"):
            self.assertEqual(len(self.events(head(method + b" / HTTP/1.1", b"Host: a") + get())), 2)

    def test_6_3_a_http_1_0_body_needs_a_length(self):
        """6.3: a request that may hold a body but no Content-Length MAY be rejected with 411."""
        for method in (b"POST", b"PUT", b"PATCH"):
            self.refuse(411, head(method + b" / HTTP/1.0"))
        self.assertEqual(self.request(head(b"GET / HTTP/1.0")).length, 0)

    def test_6_3_what_follows_a_message_is_the_next_one_or_garbage(self):
        """6.3: octets behind a message are never part of it."""
        self.assertEqual(self.events(post(b"Content-Length: 5", body=b"hello\0"))[1:], [b"hello", End(), 400])


class Section7TransferCodingTests(ReadingTestCase):
    """7. Transfer Codings."""

    def test_7_names_of_codings_are_case_insensitive(self):
        """7: all transfer-coding names are case-insensitive."""
        for name in (b"chunked", b"Chunked", b"CHUNKED", b"cHuNkEd"):
            self.assertEqual(self.body(post(b"Transfer-Encoding: " + name, body=HELLO + END))[0], b"hello")

    def test_7_chunked_has_no_parameters(self):
        """7.1: chunked defines no parameters; their presence SHOULD be treated as an error."""
        for coding in (b"chunked;x=y", b"chunked;", b"chunked ;q=1"):
            self.refuse(501, post(b"Transfer-Encoding: " + coding, body=HELLO + END))

    def test_7_1_a_size_is_hexadecimal_in_either_case(self):
        """7.1: chunk-size = 1*HEXDIG."""
        for size in (b"1f", b"1F", b"01f", b"000000000000001F"):
            self.assertEqual(self.body(chunked(size + b"\r\n" + b"x" * 31 + b"\r\n" + END))[0], b"x" * 31)

    def test_7_1_a_size_is_nothing_but_hexadecimal(self):
        """7.1: no sign, no prefix, no blank, no underscore, not nothing."""
        for size in (b"", b"+5", b"-5", b"0x5", b"5h", b" 5", b"5 ", b"\t5", b"1_0", b"5.0", b"g", b"\xb2", b"5\0"):
            self.refuse(400, chunked(size + b"\r\nhello\r\n" + END))

    def test_7_1_large_sizes_do_not_overflow(self):
        """7.1: recipients MUST anticipate large numerals and prevent errors of overflow."""
        for size in (b"FFFFFFFFFFFFFFFF", b"8000000000000005", b"7FFFFFFFFFFFFFFF", b"100000005"):
            self.refuse(413, chunked(size + b"\r\nhello\r\n" + END))
        for size in (b"10000000000000005", b"F" * 100, b"0" * 17):
            self.refuse(400, chunked(size + b"\r\nhello\r\n" + END))

    def test_7_1_a_chunk_is_as_long_as_its_size(self):
        """7.1: chunk-data is a sequence of chunk-size octets, and then comes CR LF."""
        for data in (b"5\r\nhello!\r\n", b"5\r\nhell\r\n", b"5\r\nhello", b"5\r\nhello \r\n", b"5\r\nhello\r\n\r\n"):
            self.refuse(400, chunked(data + END))

    def test_7_1_lines_end_with_cr_lf(self):
        """7.1: CR LF behind the size and behind the data; the leniency of 2.2 is not for these."""
        for data in (
            b"5\nhello\r\n", b"5\rhello\r\n", b"5\r\nhello\n", b"5\r\nhello\r", b"5\r\r\nhello\r\n",
            b"5\n\rhello\r\n", b"05\nhello\r\n", b"5x\nhello\r\n", b"5;xy\nhello\r\n",
        ):  # fmt: skip
            self.refuse(400, chunked(data + END))
        for end in (b"0\n\r\n", b"0\r\n\nx", b"0\r\n\rx", b"0\r\r\n\r\n"):
            self.refuse(400, chunked(HELLO + end))

    def test_7_1_the_last_chunk_ends_the_data(self):
        """7.1: a size of zero, in any number of digits."""
        for last in (b"0", b"00", b"0000000000000000"):
            self.assertEqual(self.body(chunked(HELLO + last + b"\r\n\r\n"))[0], b"hello")

    def test_7_1_data_may_be_anything(self):
        """7.1: chunk-data = 1*OCTET."""
        for data in (END, b"\r\n", b"\0\xff", get(), b"5\r\nhello"):
            self.assertEqual(self.body(chunked(encode_chunk(data) + END))[0], data)

    def test_7_1_an_empty_chunk_is_not_sent(self):
        """7.1: an empty chunk would be the last."""
        self.assertEqual(encode_chunk(b""), b"")
        self.assertEqual(encode_chunk(b"x" * 16), b"10\r\n" + b"x" * 16 + b"\r\n")
        self.assertEqual(LAST_CHUNK, END)

    def test_7_1_1_unknown_extensions_are_ignored(self):
        """7.1.1: a recipient MUST ignore unrecognized chunk extensions."""
        for extension in (b";x", b";x=y", b';x="y;z"', b';x="\\""', b" ; x = y", b";x;y;z", b';x=""', b";x\t=\ty"):
            data = chunked(b"5" + extension + b"\r\nhello\r\n0" + extension + b"\r\n\r\n")
            self.assertEqual(self.body(data), (b"hello", ()))

    def test_7_1_1_what_is_no_extension_is_refused(self):
        """7.1.1: BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ], and nothing else."""
        for extension in (
            b";", b";;x", b";=y", b";x=", b';x="', b';x="y', b" x", b";x y", b";x=y z", b";x\ry", b";x\ny",
            b";x=\0", b";x ",
        ):  # fmt: skip
            self.refuse(400, chunked(b"5" + extension + b"\r\nhello\r\n" + END))

    def test_7_1_1_extensions_are_limited_one_by_one_and_together(self):
        """7.1.1: a server ought to limit the total length of chunk extensions received in a request."""
        self.refuse(400, chunked(b"5;" + b"x" * 300 + b"\r\nhello\r\n" + END))
        self.refuse(413, chunked((b"1;" + b"x" * 200 + b"\r\ny\r\n") * 100 + END))

    def test_7_1_2_trailers_are_shown_apart(self):
        """7.1.2: trailer fields MUST NOT be merged into the header section but by those who know the field."""
        data = post(b"X: 1", b"Transfer-Encoding: chunked", body=HELLO + b"0\r\nX: 2\r\nY: 3\r\n\r\n")
        request = self.request(data)
        self.assertEqual((request.fields[b"x"], b"y" in request.fields), (b"1", False))
        self.assertEqual(self.body(data), (b"hello", ((b"X", b"2"), (b"Y", b"3"))))

    def test_7_1_2_trailers_are_read_as_strictly_as_fields(self):
        """7.1.2: the trailer section is field lines and an empty line."""
        for trailer in (
            b"X", b"X : y", b": y", b" X: y", b"X: y\r\n z", b"X: \0", b"X: y\nZ: w", b"X: y\rZ: w",
            b"X\xe9: y",
        ):  # fmt: skip
            self.refuse(400, chunked(HELLO + b"0\r\n" + trailer + b"\r\n\r\n"))

    def test_7_1_3_decoding_leaves_no_chunking_behind(self):
        """7.1.3: sizes, extensions and line ends are not part of the content."""
        data = chunked(b"2;x\r\nhe\r\n1\r\nl\r\n2;y=z\r\nlo\r\n0;w\r\nX: y\r\n\r\n")
        self.assertEqual(self.body(data), (b"hello", ((b"X", b"y"),)))

    def test_7_2_compressed_transfers_are_not_understood(self):
        """7.2: compress, deflate, gzip and their old names are codings this server answers with 501."""
        for coding in (b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"):
            self.refuse(501, post(b"Transfer-Encoding: " + coding + b", chunked", body=HELLO + END))

    def test_7_4_te_asks_for_nothing_that_must_be_done(self):
        """7.4, RFC 9110 10.1.4: TE says what the client would take; chunked is always taken, trailers may be sent."""
        for value in (b"trailers", b"deflate;q=0.5, trailers", b"", b"chunked"):
            self.assertEqual(self.request(get(b"TE: " + value, b"Connection: TE")).length, 0)


class Section8IncompleteTests(ReadingTestCase):
    """8. Handling Incomplete Messages."""

    def test_8_a_body_without_its_last_chunk_has_no_end(self):
        """8: a chunked body is incomplete if the zero-sized chunk has not come."""
        whole = HELLO + b"0\r\nX: y\r\n\r\n"
        for end in range(len(whole)):
            self.assertFalse(any(isinstance(event, End) for event in read([chunked(whole[:end])])))
        self.assertEqual(self.events(chunked(whole))[-1], End(((b"X", b"y"),)))

    def test_8_an_incomplete_request_is_told_from_an_idle_client(self):
        """8: a request cut short MAY be answered with an error; the reader knows that there was one."""
        reader = RequestReader(LIMITS)
        self.assertFalse(reader.in_head)
        reader.feed(get()[:-1])
        self.assertEqual((reader.next(), reader.in_head), (None, True))
        reader.feed(get()[-1:])
        self.assertIsInstance(reader.next(), Request)
        self.assertFalse(reader.in_head)


class Section9ConnectionTests(ReadingTestCase):
    """9. Connection Management."""

    def test_9_3_which_connections_persist(self):
        """9.3: close ends it; else HTTP/1.1 persists, and HTTP/1.0 with keep-alive; else it ends."""
        for line, fields, expected in (
            (b"GET / HTTP/1.1", (), True),
            (b"GET / HTTP/1.0", (), False),
            (b"GET / HTTP/1.2", (), True),
            (b"GET / HTTP/1.1", (b"close",), False),
            (b"GET / HTTP/1.1", (b"Close",), False),
            (b"GET / HTTP/1.1", (b"keep-alive",), True),
            (b"GET / HTTP/1.1", (b"x, close , y",), False),
            (b"GET / HTTP/1.1", (b"x", b"close"), False),
            (b"GET / HTTP/1.1", (b"keep-alive, close",), False),
            (b"GET / HTTP/1.1", (b"x-close, closed",), True),
            (b"GET / HTTP/1.1", (b"",), True),
            (b"GET / HTTP/1.0", (b"keep-alive",), True),
            (b"GET / HTTP/1.0", (b"Keep-Alive",), True),
            (b"GET / HTTP/1.0", (b"close",), False),
            (b"GET / HTTP/1.0", (b"keep-alive", b"close"), False),
        ):
            request = self.request(head(line, b"Host: a", *(b"Connection: " + value for value in fields)))
            self.assertEqual(request.keep_alive, expected, (line, fields))
            self.assertEqual(persists(request, ORDINARY), expected, (line, fields))

    def test_9_3_every_message_of_a_persistent_connection_has_its_length(self):
        """9.3: to remain persistent, all messages need a self-defined length: without one, the end is the close."""
        self.assertEqual(framing_line(200, None, 0), b"")
        for minor in (0, 1):
            self.assertEqual(framing_line(200, 0, minor).count(b"\r\n"), 1)

    def test_9_3_the_whole_body_is_read_before_the_next_request(self):
        """9.3: a server MUST read the entire request body, or close behind its answer."""
        reader = RequestReader(LIMITS)
        reader.feed(post(b"Content-Length: 3", body=b"ab"))
        reader.next()
        reader.resume()
        self.assertEqual((reader.next(), reader.next(), reader.body_left), (b"ab", None, 1))
        reader.resume()
        reader.feed(b"c" + get())
        self.assertEqual((reader.next(), reader.next(), reader.next()), (b"c", End(), None))
        self.assertEqual((reader.in_body, reader.body_left), (False, 0))
        reader.resume()
        self.assertIsInstance(reader.next(), Request)

    def test_9_3_a_chunked_body_is_of_unknown_length_until_its_end(self):
        """9.3: how much of a body is still to be read decides whether it is worth the reading."""
        reader = RequestReader(LIMITS)
        reader.feed(chunked(HELLO))
        reader.next()
        self.assertEqual((reader.next(), reader.in_body, reader.body_left), (b"hello", True, None))
        reader.feed(END)
        self.assertEqual((reader.next(), reader.in_body, reader.body_left), (End(), False, 0))

    def test_9_3_a_long_body_nobody_read_ends_the_connection(self):
        """9.3: a server MUST read the entire request body, or close behind its answer."""
        request = self.request(post(b"Content-Length: 3", body=b"abc"))
        for unread, expected in ((0, True), (1000, True), (1001, False), (None, True)):
            now = Circumstances(served=1, most=9, unread=unread, drain=1000, stopping=False, broken=False)
            self.assertEqual(persists(request, now), expected, unread)

    def test_9_3_2_requests_sent_ahead_wait_for_their_turn(self):
        """9.3.2: answers to pipelined requests MUST be sent in the order of the requests."""
        reader = RequestReader(LIMITS)
        reader.feed(b"".join(head(b"GET /%d HTTP/1.1" % number, b"Host: a") for number in range(5)))
        for number in range(5):
            self.assertEqual((reader.next().target.raw, reader.next(), reader.next()), (b"/%d" % number, None, None))
            reader.resume()
        self.assertIsNone(reader.next())

    def test_9_3_2_a_bad_request_behind_good_ones_takes_nothing_from_them(self):
        """9.3.2: what was sent ahead is judged when its turn comes, not before."""
        seen = self.events(get() + post(b"Content-Length: 2", body=b"ok") + get() + b"\0")
        self.assertEqual([type(event) for event in seen], [Request, Request, bytes, End, Request, int])

    def test_9_6_close_is_said_when_the_connection_closes(self):
        """9.6: a server SHOULD send close in its last answer on a connection."""
        for minor, keep, expected in (
            (1, True, b""),
            (1, False, b"Connection: close\r\n"),
            (0, False, b"Connection: close\r\n"),
            (0, True, b"Connection: keep-alive\r\n"),
        ):
            request = self.request(head(b"GET / HTTP/1.%d" % minor, b"Host: a"))
            self.assertEqual(connection_line(request, keep), expected)

    def test_9_6_after_a_refusal_nothing_more_is_read(self):
        """9.6: a server MUST NOT process requests behind the one after which it closes."""
        self.assertEqual(self.events(get(b"X : y") + get() + get()), [400])
        reader = RequestReader(LIMITS)
        reader.feed(b"\0" + get())
        self.assertIsInstance(reader.next(), Refusal)
        reader.resume()
        reader.feed(get())
        self.assertEqual((reader.next(), reader.buffered), (None, 0))

    def test_9_6_reasons_to_close(self):
        """9.6: an error in the framing, the server's own end, and enough answers end a connection."""
        request = self.request(get())
        self.assertTrue(persists(request, ORDINARY))
        for served, stopping, broken in ((100, False, False), (1, True, False), (1, False, True)):
            now = Circumstances(served, 100, 0, 1000, stopping, broken)
            self.assertFalse(persists(request, now), (served, stopping, broken))


class Section11SecurityTests(ReadingTestCase):
    """11. Security Considerations."""

    def test_11_1_no_answer_is_split_by_a_field(self):
        """11.1: what a client sends must not become a line of an answer: that is an error, and not two answers."""
        for field in (
            (b"Location", b"/\r\nSet-Cookie: x"),
            (b"Location", b"/\nX: y"),
            (b"Location", b"/\rX: y"),
            (b"X\r\nY", b"z"),
            (b"X\n", b"y"),
            (b"X", b"\r\n\r\n<html>"),
            (b"X", b"y\r\n"),
            (b"X", b"\0"),
            (b"X\0", b"y"),
        ):
            self.assertRaises(ValueError, encode_head, 302, [field])
            self.assertRaises(ValueError, encode_head, 302, [(b"A", b"b"), field, (b"C", b"d")])

    def test_11_2_no_request_hides_in_a_body_or_in_a_head(self):
        """11.2: bytes that look like a request are one only where the framing says that one begins."""
        hidden = get(b"X: smuggled")
        for data in (
            post(b"Content-Length: %d" % len(hidden), body=hidden),
            chunked(encode_chunk(hidden) + END),
            chunked(b'5;x="GET / HTTP/1.1"\r\nhello\r\n' + END),
            get(b"X: GET / HTTP/1.1"),
        ):
            requests = [event for event in self.events(data) if isinstance(event, Request)]
            self.assertEqual(len(requests), 1)

    def test_11_2_every_known_disagreement_is_refused(self):
        """11.2: what two servers might read differently is read by neither."""
        for fields in (
            (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
            (b"Transfer-Encoding : chunked",),
            (b"Transfer-Encoding: xchunked",),
            (b"Transfer-Encoding: chunked", b"Transfer-Encoding: x"),
            (b"Transfer-Encoding:\x0bchunked",),
            (b"X: y\nTransfer-Encoding: chunked",),
            (b" Transfer-Encoding: chunked",),
            (b"X: y", b" Transfer-Encoding: chunked"),
            (b"Transfer-Encoding\n: chunked",),
            (b"Content-Length: 4", b"Content-Length: 5"),
            (b"Content-Length: 4,5",),
            (b"Content-Length: 0x4",),
            (b"Content-Length:\r\n 4",),
            (b"Content-Length: 4\0",),
            (b"X: y\rContent-Length: 4",),
        ):
            seen = self.events(post(*fields, body=b"0\r\n\r\n" + get()))
            self.assertEqual(len(seen), 1)
            self.assertIn(seen[0], (400, 501))

    def test_11_2_limits_are_limits_for_everyone(self):
        """11.2, RFC 9110 17.5: a server ought to limit what it takes, and say so with a status."""
        for status, data in (
            (414, head(b"GET /" + b"a" * 50 + b" HTTP/1.1", b"Host: a")),
            (431, get(b"X: " + b"y" * 100)),
            (431, get(b"A:", b"B:", b"C:", b"D:")),
            (413, post(b"Content-Length: 11")),
        ):
            self.refuse(status, data, Limits(line=40, head=100, headers=4, body=10))
