"""What holds of the reader for every input: bytes nobody thought of, requests with a byte gone wrong, every cutting,
every limit. `feeding.read` looks at the rest on the way: no exception, no endless events, nothing held too long.
"""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.http.chunked import End
from occwserv.http.errors import BadRequest
from occwserv.http.head import Limits, Request
from occwserv.http.reader import Refusal, RequestReader

from .examples import examples
from .feeding import BEHIND, LIMITS, SIZES, ReadingTestCase, chunked, cut, get, head, post, read

FEW = examples(150)
MANY = examples(400)

CORPUS = [
    data
    for path in sorted((Path(__file__).parent / "requests").glob("*/*.http"))
    if len(data := path.read_bytes()) < 1000
]
WORDS = [
    b"\r\n", b"\r\n\r\n", b"\r", b"\n", b" ", b"\t", b"\0", b":", b";", b"=", b",", b'"', b"\\", b"/", b"*", b"%",
    b"0", b"5", b"a", b"ff", b"\x80", b"\xff", b"chunked", b"0\r\n\r\n", b"5\r\nhello\r\n", b"0;x=y\r\n",
    b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.1\r\n", b"PUT / HTTP/1.0\r\n", b"OPTIONS * HTTP/1.1\r\n",
    b"Content-Length: ", b"Transfer-Encoding: ", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"X: y\r\n",
    b"Host: a\r\n", b"1;x\r\nz\r\n", get(), chunked(b""), post(b"Content-Length: 3"),
]  # fmt: skip
ARBITRARY = st.binary(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=12).map(b"".join)
CUTS = st.lists(st.integers(1, 40), max_size=30)
NARROW = st.builds(
    Limits,
    line=st.integers(0, 40),
    head=st.integers(1, 120),
    headers=st.integers(0, 4),
    body=st.integers(0, 12),
    trailers=st.integers(0, 30),
    chunk_line=st.integers(0, 12),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A request of the corpus, or two in a row, with some bytes changed, left out, put in, or moved."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(CORPUS), min_size=1, max_size=2))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(("flip", "put in", "leave out", "swap")))
        if kind == "flip" and place < len(data):
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "put in":
            data[place:place] = draw(st.sampled_from(WORDS))
        elif kind == "leave out":
            del data[place : place + draw(st.integers(1, 3))]
        elif kind == "swap":
            data[place : place + 2] = data[place : place + 2][::-1]
    return bytes(data)


def cut_at(data: bytes, lengths: list[int]) -> list[bytes]:
    """The data in pieces of these lengths, and one piece with the rest."""
    pieces = []
    for length in lengths:
        pieces.append(data[:length])
        data = data[length:]
    return [*pieces, data]


def refusal_lines(data: bytes, size: int) -> list[bytes]:
    """What the refusals of this data show for the log."""
    reader = RequestReader(LIMITS)
    lines = []
    for piece in cut(data, size):
        reader.feed(piece)
        while (event := reader.next()) is not None:
            lines += [event.line] if isinstance(event, Refusal) else []
            reader.resume()
    return lines


class CuttingTests(SynchronousTestCase):
    """The same bytes give the same events, however they are cut."""

    def same(self, data: bytes, lengths: list[int], limits: Limits = LIMITS) -> None:
        """Read whole, byte by byte, and in these pieces."""
        whole = read([data], limits)
        self.assertEqual(read(cut(data, 1), limits), whole, f"byte by byte: {data!r}, {limits}")
        self.assertEqual(read(cut_at(data, lengths), limits), whole, f"in pieces of {lengths}: {data!r}, {limits}")

    @MANY
    @given(ARBITRARY, CUTS)
    def test_arbitrary_bytes_mean_the_same_in_every_cutting(self, data, lengths):
        self.same(data, lengths)

    @MANY
    @given(mutated(), CUTS)
    def test_a_damaged_request_means_the_same_in_every_cutting(self, data, lengths):
        self.same(data, lengths)

    @MANY
    @given(ARBITRARY, CUTS, NARROW)
    def test_narrow_limits_refuse_arbitrary_bytes_alike_early_and_late(self, data, lengths, limits):
        self.same(data, lengths, limits)

    @MANY
    @given(mutated(), CUTS, NARROW)
    def test_narrow_limits_refuse_a_damaged_request_alike_early_and_late(self, data, lengths, limits):
        self.same(data, lengths, limits)

    def test_every_request_of_the_corpus_means_the_same_cut_in_two_at_any_place(self):
        for data in CORPUS[::3]:
            whole = read([data])
            for place in range(1, len(data)):
                self.assertEqual(read([data[:place], data[place:]]), whole, f"{data!r} cut at {place}")

    @FEW
    @given(mutated())
    def test_what_a_refusal_shows_early_is_the_beginning_of_what_it_shows_late(self, data):
        late, early = refusal_lines(data, 0), refusal_lines(data, 1)
        self.assertEqual([line[: len(sooner)] for line, sooner in zip(late, early, strict=True)], early)


class RestraintTests(SynchronousTestCase):
    """The reader keeps what it was fed and no more, and is silent when it has nothing to say."""

    @FEW
    @given(mutated() | ARBITRARY)
    def test_what_was_fed_is_held_or_given_out_and_never_both(self, data):
        reader = RequestReader(LIMITS)
        reader.feed(data)
        self.assertEqual(reader.buffered, len(data))
        held = reader.buffered
        while (event := reader.next()) is not None:
            if isinstance(event, bytes):
                self.assertLessEqual(len(event), held - reader.buffered)
            self.assertLessEqual(reader.buffered, held)
            held = reader.buffered
            reader.resume()

    @FEW
    @given(mutated() | ARBITRARY)
    def test_asking_again_gives_nothing_until_more_is_fed(self, data):
        reader = RequestReader(LIMITS)
        for piece in cut(data, 5):
            reader.feed(piece)
            while reader.next() is not None:
                reader.resume()
            held = reader.buffered
            self.assertEqual([reader.next(), reader.next(), reader.buffered], [None, None, held])

    @FEW
    @given(mutated() | ARBITRARY, mutated() | ARBITRARY)
    def test_behind_a_refusal_the_reader_is_empty_and_silent(self, data, more):
        reader = RequestReader(LIMITS)
        reader.feed(data + b"\r\n\r\n\r\n\0")
        while not isinstance(event := reader.next(), Refusal | None):
            reader.resume()
        if event is None:
            return  # the end of the data belongs to a body
        reader.feed(more)
        reader.resume()
        self.assertEqual((reader.buffered, reader.next(), reader.in_head, reader.in_body), (0, None, False, False))

    @FEW
    @given(mutated() | ARBITRARY)
    def test_behind_a_request_nothing_is_read_until_it_is_answered(self, data):
        reader = RequestReader(LIMITS)
        reader.feed(get() + data)
        self.assertIsInstance(reader.next(), Request)
        self.assertEqual((reader.next(), reader.buffered), (None, len(data)))
        reader.feed(data)
        self.assertEqual((reader.next(), reader.buffered), (None, 2 * len(data)))

    @FEW
    @given(st.lists(st.binary(min_size=1, max_size=50), max_size=8))
    def test_the_caller_may_give_up_at_any_time(self, pieces):
        for end in range(len(pieces) + 1):
            reader = RequestReader(LIMITS)
            reader.feed(b"".join(pieces[:end]))
            self.assertEqual(reader.give_up(BadRequest("enough")).error.status, 400)
            self.assertTrue(reader.dead)
            reader.feed(b"".join(pieces[end:]))
            self.assertEqual((reader.buffered, reader.next()), (0, None))


TOKEN = re.compile(rb"[!#-'*+\-.0-9A-Z^-z|~]+")


class TruthTests(SynchronousTestCase):
    """What is let through is what a reader without any cleverness would have read."""

    @examples(1200)
    @given(mutated())
    def test_an_accepted_head_has_only_lines_and_fields_that_a_plain_reading_finds(self, data):
        seen = read([data])
        if not seen or not isinstance(request := seen[0], Request):
            return
        raw, end, _ = data.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        self.assertEqual(end, b"\r\n\r\n")
        first, *lines = raw.split(b"\r\n")
        self.assertEqual(request.line, first)
        self.assertFalse(re.search(rb"[\0-\x08\n-\x1f\x7f]", raw.replace(b"\r\n", b"")))
        self.assertEqual(len(first.split(b" ")), 3)
        self.assertEqual(first.split(b" ")[:2], [request.method, request.target.raw])
        fields: dict[bytes, list[bytes]] = {}
        for line in lines:
            name, colon, value = line.partition(b":")
            self.assertTrue(colon and TOKEN.fullmatch(name), line)
            fields.setdefault(name.lower(), []).append(value.strip(b" \t"))
        cookies = [b"; ".join(fields.pop(b"cookie"))] if b"cookie" in fields else []
        joined = {name: b", ".join(values) for name, values in fields.items()}
        self.assertEqual(request.fields, joined | dict.fromkeys([b"cookie"] if cookies else [], *cookies))
        self.assertEqual(len(fields.get(b"host", [b""])), 1)
        if b"transfer-encoding" in fields:
            self.assertEqual((request.length, b"content-length" in fields), (None, False))
        else:
            self.assertEqual(request.length, int(fields.get(b"content-length", [b"0"])[0]))

    @FEW
    @given(st.lists(st.binary(max_size=40), max_size=6), st.binary(max_size=40))
    def test_bodies_come_out_as_they_went_in_and_the_next_request_is_found(self, parts, body):
        chunks = b"".join(b"%x;x=y\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"
        counted = post(b"Content-Length: %d" % len(body), body=body)
        for size in SIZES:
            seen = read(cut(chunked(chunks) + counted + BEHIND, size))
            content = b"".join(parts)
            expected = [bytes] * bool(content) + [End, Request] + ([bytes] * bool(body) + [End]) * bool(body)
            self.assertEqual([type(event) for event in seen], [Request, *expected, Request])
            self.assertEqual(b"".join(e for e in seen if isinstance(e, bytes)), content + body)
            self.assertEqual(seen[-1].target.raw, b"/behind")


class LimitTests(ReadingTestCase):
    """Every limit is the largest size that is taken, and one byte more is refused."""

    def test_a_head_may_be_exactly_at_its_limit_and_not_a_byte_above(self):
        for size, filler in ((40, b"y"), (200, b"y"), (200, b" "), (2000, b"y "), (16384, b"y")):
            limits = Limits(head=size)
            exact = get((b"X: " + filler * size)[: size - len(get(b""))])
            self.assertEqual(len(exact), size)
            self.request(exact, limits)
            self.request(b"\r\n" + exact, limits)
            self.refuse(431, exact[:-4] + b"z\r\n\r\n", limits)

    def test_a_head_far_above_its_limit_is_refused_though_it_came_whole(self):
        for size in (16385, 16388, 50_000):
            self.refuse(431, get(b"X: " + b"y" * (size - len(get(b"X: ")))))

    def test_a_request_line_may_be_exactly_at_its_limit_and_not_a_byte_above(self):
        for size in (20, 21, 8192):
            limits = Limits(line=size)
            target = b"/" + b"a" * (size - len(b"GET / HTTP/1.1"))
            self.assertEqual(len(self.request(head(b"GET %b HTTP/1.1" % target, b"Host: a"), limits).line), size)
            self.refuse(414, head(b"GET %ba HTTP/1.1" % target, b"Host: a"), limits)
            self.refuse(414, head(b"GET %ba HTTP/9.9" % target), limits)
            self.refuse(414, b"x" * (size + 2), limits)

    def test_the_number_of_fields_may_be_exactly_at_its_limit_and_not_one_above(self):
        self.request(get(b"X: 1", b"Y: 2"), Limits(headers=3))
        self.refuse(431, get(b"X: 1", b"Y: 2"), Limits(headers=2))
        self.refuse(431, get(b"X: 1", b"X: 2"), Limits(headers=2))
        trailers = (b"X", b"1"), (b"Y", b"2")
        limits = Limits(headers=2)
        self.assertEqual(self.body(chunked(b"0\r\nX: 1\r\nY: 2\r\n\r\n"), limits)[1], trailers)
        self.refuse(431, chunked(b"0\r\nX: 1\r\nY: 2\r\nZ: 3\r\n\r\n"), limits)

    def test_a_chunk_line_may_be_exactly_at_its_limit_and_not_a_byte_above(self):
        for size in (3, 10, 256):
            limits = Limits(chunk_line=size)
            exact = b"5;" + b"x" * (size - 2)
            self.assertEqual(self.body(chunked(exact + b"\r\nhello\r\n0\r\n\r\n"), limits), (b"hello", ()))
            self.refuse(400, chunked(exact + b"x\r\nhello\r\n0\r\n\r\n"), limits)
            self.refuse(400, chunked(exact + b"xx"), limits)

    def test_all_chunk_extensions_may_be_exactly_at_their_limit_and_not_a_byte_above(self):
        limits = Limits(head=100)
        exact = b"1;%b\r\ny\r\n" % (b"x" * 49) + b"1;%b\r\nz\r\n" % (b"x" * 47)
        self.assertEqual(self.body(chunked(exact + b"0;x\r\n\r\n"), limits)[0], b"yz")
        self.refuse(413, chunked(exact + b"0;xx\r\n\r\n"), limits)

    def test_a_trailer_section_may_be_exactly_at_its_limit_and_not_a_byte_above(self):
        for size in (8, 9, 100, 8192):
            limits = Limits(trailers=size)
            exact = b"0\r\nX:" + b"y" * (size - 6)
            self.assertEqual(self.body(chunked(exact + b"\r\n\r\n"), limits)[1], ((b"X", b"y" * (size - 6)),))
            self.refuse(431, chunked(exact + b"y\r\n\r\n"), limits)
            self.refuse(431, chunked(exact + b"yyyy"), limits)
            self.refuse(431, chunked(exact + b"yyyy\n"), limits)
            self.refuse(431, chunked(exact + b"y" * size + b"\r\r\n"), limits)

    def test_where_no_trailers_are_allowed_a_body_still_ends(self):
        for size in range(8):
            limits = Limits(trailers=size)
            self.assertEqual(self.body(chunked(b"0\r\n\r\n"), limits), (b"", ()))
            self.refuse(431, chunked(b"0\r\nX: y\r\n\r\n"), limits)

    def test_a_body_may_be_exactly_at_its_limit_and_not_a_byte_above(self):
        limits = Limits(body=5)
        self.assertEqual(self.body(post(b"Content-Length: 5", body=b"hello"), limits)[0], b"hello")
        self.refuse(413, post(b"Content-Length: 6", body=b"hello!"), limits)
        self.assertEqual(self.body(chunked(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), limits)[0], b"hello")
        self.refuse(413, chunked(b"2\r\nhe\r\n4\r\nllo!\r\n0\r\n\r\n"), limits)
        self.refuse(413, chunked(b"6\r\nhello!\r\n0\r\n\r\n"), limits)

    def test_where_no_body_is_allowed_an_empty_one_still_is(self):
        limits = Limits(body=0)
        self.request(post(b"Content-Length: 0"), limits)
        self.assertEqual(self.body(chunked(b"0\r\n\r\n"), limits), (b"", ()))
        self.refuse(413, post(b"Content-Length: 1", body=b"x"), limits)
        self.refuse(413, chunked(b"1\r\nx\r\n"), limits)


class LinearTests(SynchronousTestCase):
    """Time grows with the bytes and not with their square: these would not come to an end in a minute if it did."""

    def test_two_hundred_heads_of_one_character_each(self):
        for character in b' \t:,;="%/\\aA0\x80\r\n':
            filler = bytes([character]) * 16000
            for data in (
                get(b"X:" + filler + b"x"),
                get(b"X:" + filler + b"\0"),
                get(filler),
                get(b"Host:" + filler),
            ):
                for _ in range(50):
                    self.assertEqual(len(read([data])), 1)

    def test_two_hundred_heads_of_short_patterns(self):
        for pattern in (
            b"a ", b" a", b", ", b",a", b"a:", b": ", b'"a', b'\\"', b";=", b"a\r\n", b"a:\r\n", b"a: b\r\n",
            b"\t \r\n",
        ):  # fmt: skip
            data = get(b"X: " + pattern * (16000 // len(pattern)))
            for _ in range(200):
                self.assertEqual(len(read([data])), 1)

    def test_two_hundred_targets_of_short_patterns(self):
        for pattern in (b"/", b"%41", b"%", b"?", b"/..", b"a", b":", b"@", b"["):
            for prefix in (b"/", b"http://", b"http://a/", b""):
                data = head(b"GET %b HTTP/1.1" % (prefix + pattern * (8000 // len(pattern))), b"Host: a")
                for _ in range(20):
                    self.assertEqual(len(read([data])), 1)

    def test_fields_that_are_lists_of_short_patterns(self):
        for pattern in (
            b",", b", ", b"chunked,", b"chunked ", b"close,", b"a;q=0,", b"  ,", b"%41", b"[:", b"::", b"1.",
        ):  # fmt: skip
            value = pattern * (16000 // len(pattern))
            for name in (b"Host", b"Transfer-Encoding", b"Content-Length", b"Connection", b"Expect"):
                data = get(name + b": " + value).replace(b"Host: a\r\n", b"" if name == b"Host" else b"Host: a\r\n")
                for _ in range(10):
                    self.assertEqual(len(read([data])), 1)

    def test_two_hundred_chunk_lines_of_short_patterns(self):
        limits = Limits(chunk_line=16000)
        for pattern in (
            b";a", b";a=b", b';a="b"', b" ", b"\t", b" ;", b"; a = b", b"=", b'"', b'\\"', b"0", b';a="\\"',
        ):  # fmt: skip
            data = chunked(b"5" + pattern * (15900 // len(pattern)) + b"\0\r\n")
            for _ in range(200):
                self.assertEqual(read([data], limits)[1:], [400])

    def test_a_long_head_and_a_long_trailer_section_byte_by_byte(self):
        limits = Limits(head=120_000, trailers=120_000)
        long = b"X: " + b"y" * 100_000
        self.assertEqual(len(read(cut(get(long), 1), limits)), 1)
        self.assertEqual(len(read(cut(chunked(b"0\r\n" + long + b"\r\n\r\n"), 1), limits)), 2)

    def test_a_body_of_a_hundred_thousand_chunks_in_one_piece(self):
        seen = read([chunked(b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")])
        self.assertEqual((len(seen), len(seen[1])), (3, 100_000))

    def test_ten_thousand_requests_in_one_piece(self):
        self.assertEqual(len(read([get() * 10_000])), 10_000)
