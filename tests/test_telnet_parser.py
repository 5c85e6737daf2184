"""Bytes of a telnet client, whole, byte by byte and cut anywhere: the same lines and commands come out."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.telnet.parser import Command, Event, Line, Negotiation, Parser, Subnegotiation, TooLong

from .examples import examples

DO, WILL, WONT = 253, 251, 252

CASES: tuple[tuple[str, bytes, list[Event]], ...] = (
    ("CR LF, CR NUL, LF and a CR alone end a line", b"a\r\nb\r\0c\nd\re\n",
     [*map(Line, (b"a", b"b", b"c", b"d", b"e"))]),
    ("two LF are two lines, and so are two CR", b"\n\n\r\r", [Line(b"")] * 4),
    ("a NUL is nothing", b"\0a\0b\n", [Line(b"ab")]),
    ("RFC 854: IAC IAC is a byte of 255", b"a\xff\xffb\n", [Line(b"a\xffb")]),
    ("a command inside a line does not cut it", b"lo\xff\xf1ok\n", [Command(241), Line(b"look")]),
    ("a command between CR and LF either", b"a\r\xff\xf1\nb\n", [Line(b"a"), Command(241), Line(b"b")]),
    ("a negotiation", b"\xff\xfd\x01\xff\xfb\xff", [Negotiation(DO, 1), Negotiation(WILL, 255)]),
    ("its option is a byte like LF", b"\xff\xfc\n\n", [Negotiation(WONT, 10), Line(b"")]),
    ("RFC 855: a sub-negotiation", b"\xff\xfa\x1f\0\x50\0\x18\xff\xf0a\n",
     [Subnegotiation(31, b"\0\x50\0\x18"), Line(b"a")]),
    ("with a byte of 255, and one like SE", b"\xff\xfa\x1f\xff\xff\xf0\xff\xf0", [Subnegotiation(31, b"\xff\xf0")]),
    ("whose end is missing: the command counts", b"\xff\xfa\x1fab\xff\xfd\x01", [Negotiation(DO, 1)]),
    ("and the line that was begun before goes on", b"lo\xff\xfa\x18\0X\xff\xf0ok\n",
     [Subnegotiation(24, b"\0X"), Line(b"look")]),
    ("a line as long as allowed", b"x" * 20 + b"\n", [Line(b"x" * 20)]),
    ("a longer one", b"x" * 21 + b"\nb\n", [TooLong(), Line(b"b")]),
    ("a longer one with commands and erasures", b"x" * 15 + b"\xff\xf1" + b"x" * 9 + b"\x7f\nb\n",
     [Command(241), TooLong(), Line(b"b")]),
    ("a sub-negotiation as long as allowed", b"\xff\xfa\x01" + b"y" * 10 + b"\xff\xf0", [Subnegotiation(1, b"y" * 10)]),
    ("a longer one is empty", b"\xff\xfa\x01" + b"y" * 11 + b"\xff\xf0", [Subnegotiation(1, b"")]),
    ("SE without SB", b"\xff\xf0a\n", [Line(b"a")]),
    ("backspace and DEL", b"\x7flax\x08\x7fook\n", [Line(b"look")]),
    ("backspace takes a whole character of UTF-8", "aé€\b\bb\n".encode(), [Line(b"ab")]),
    ("RFC 854: EC and EL", b"ax\xff\xf7b\nno\xff\xf8yes\n", [Line(b"ab"), Line(b"yes")]),
)  # fmt: skip


def events(pieces: list[bytes]) -> list[Event]:
    """What a client says by these pieces."""
    parser, found = Parser(line=20, subnegotiation=10), []
    for piece in pieces:
        parser.receive(piece)
        while (event := parser.next_event()) is not None:
            found.append(event)
    return found


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=4),
        st.sampled_from(
            [b"\xff", b"\xfa", b"\xf0", b"\xff\xfa\x18", b"\xff\xf0", b"\r", b"\n", b"look", b"\x08", b"x" * 22]
        ),
    )
)


class ParserTests(SynchronousTestCase):
    def test_cases_whole_byte_by_byte_and_with_bytes_behind(self) -> None:
        for name, data, expected in CASES:
            self.assertEqual(events([data]), expected, name)
            self.assertEqual(events([bytes((byte,)) for byte in data]), expected, name)
            self.assertEqual(events([data + b"more"]), expected, name)
            for cut in range(len(data)):
                self.assertEqual(events([data[:cut], data[cut:]]), expected, name)

    @given(PIECES)
    @examples(300)
    def test_any_bytes_cut_anywhere(self, pieces: list[bytes]) -> None:
        whole = b"".join(pieces)
        self.assertEqual(events(pieces), events([whole]))
        self.assertEqual(events([bytes((byte,)) for byte in whole]), events([whole]))

    def test_what_is_not_asked_for_is_not_read(self) -> None:
        parser = Parser()
        parser.receive(b"a\nb\n")
        self.assertEqual(parser.next_event(), Line(b"a"))
        parser.receive(b"c\n")
        self.assertEqual([parser.next_event() for _ in range(3)], [Line(b"b"), Line(b"c"), None])

    def test_a_line_that_never_ends_takes_no_memory(self) -> None:
        parser = Parser(line=100, subnegotiation=100)
        for begin in (b"", b"\xff\xfa\x18"):
            parser.receive(begin)
            for _ in range(100):
                parser.receive(b"x" * 100_000)
                self.assertIsNone(parser.next_event())
            self.assertLess(len(parser._line) + len(parser._held) + len(parser._data), 300)
