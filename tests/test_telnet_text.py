"""Texts as clients can show them."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.telnet.text import Style, columns, page, prompt, read, wrap, write

from .examples import examples

PLAIN, COLOURED = Style(), Style(colours=True)

WRITTEN = (
    ("the quay", "room", PLAIN, b"the quay\r\n"),
    ("the quay", "room", COLOURED, b"\x1b[1;36mthe quay\x1b[0m\r\n"),
    ("the quay", "", COLOURED, b"the quay\r\n"),
    ("one two three", "", Style(width=8), b"one two\r\nthree\r\n"),
    ("one two three", "", Style(width=8, quiet=True), b"one two three\r\n"),
    ("é…“x” 漢", "", PLAIN, "é…“x” 漢\r\n".encode()),
    ("é…“x” 漢", "", Style(charset="latin-1"), b'\xe9..."x" ?\r\n'),
    ("é", "", Style(charset="ascii"), b"?\r\n"),
    ("\xff", "", Style(charset="latin-1"), b"\xff\xff\r\n"),
    ("a\x1b[2J\r\n\x07b\x9bc\u202ed", "", PLAIN, b"a[2J bcd\r\n"),
    ("", "", COLOURED, b"\r\n"),
)  # fmt: skip

QUIET = Style(quiet=True)
SAID, ROOM, WELCOME = ("said", "Hi.", "Ada"), ("room", "the quay", "quay"), ("welcome", "Welcome.", "")

PAGES = (
    ((SAID, SAID), 0, PLAIN, False, None, b"Hi.\r\nHi.\r\n"),
    ((SAID,), 1, PLAIN, True, b"\xff\xf9", b"\r\n(1 line missed)\r\nHi.\r\n> \xff\xf9"),
    ((SAID,), 2, COLOURED, False, b"", b"\x1b[33m(2 lines missed)\x1b[0m\r\nHi.\r\n\x1b[36m>\x1b[0m "),
    ((WELCOME, ROOM), 0, PLAIN, False, None, b"\r\nthe quay\r\n"),
    ((WELCOME, ROOM), 0, QUIET, False, b"\xff\xef", b"the quay\r\n\xff\xef"),
    ((), 0, PLAIN, False, b"\xff\xf9", b"> \xff\xf9"),
    ((), 0, PLAIN, False, None, b""),
)  # fmt: skip

READ = (
    (b"look", "utf-8", "look"),
    ("sag schön".encode(), "utf-8", "sag schön"),
    (b"sag sch\xf6n \x80", "utf-8", "sag schön €"),
    (b"\xf6", "latin-1", "ö"),
    (b"\xf6", "ascii", "ö"),
    (b"lo\x1b[Aok\x07 \x1bOPx\ty\x00", "utf-8", "look x y"),
)  # fmt: skip


class TextTests(SynchronousTestCase):
    def test_what_is_written(self) -> None:
        for text, kind, style, expected in WRITTEN:
            self.assertEqual(write(text, kind, style), expected, (text, style))
        self.assertEqual((prompt(">", PLAIN), prompt(">", COLOURED)), (b"> ", b"\x1b[36m>\x1b[0m "))

    def test_what_is_told_at_once(self) -> None:
        for *told, expected in PAGES:
            self.assertEqual(page(*told), expected, told)

    def test_what_is_read(self) -> None:
        for data, charset, expected in READ:
            self.assertEqual(read(data, charset), expected, data)

    def test_wide_and_long_words(self) -> None:
        self.assertEqual(wrap("漢字漢字 x", 5), ["漢字", "漢字", "x"])
        self.assertEqual(wrap("a" * 12 + " b", 5), ["aaaaa", "aaaaa", "aa b"])
        self.assertEqual(columns("e\u0301"), 1)

    @examples(100)
    @given(st.text(), st.integers(2, 40))
    def test_no_line_is_too_wide_and_no_word_is_lost(self, text: str, width: int) -> None:
        lines = wrap(text, width)
        self.assertTrue(all(columns(line) <= width for line in lines), lines)
        self.assertEqual("".join(lines).replace(" ", ""), text.replace(" ", ""))

    @examples(100)
    @given(st.text(), st.sampled_from(["utf-8", "latin-1", "ascii", "cp1252", "iso8859-15"]), st.integers(0, 60))
    def test_nothing_that_is_said_is_a_command(self, text: str, charset: str, width: int) -> None:
        data = write(text, "", Style(width, charset)).replace(b"\xff\xff", b"").replace(b"\r\n", b"")
        self.assertFalse(set(data) & {*range(32), 127, 255})
